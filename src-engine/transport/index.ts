export { type AudioOutput, openOutput, type OutputVoice } from './output.ts'
export { Transport, type TransportListener, type TransportOptions } from './transport.ts'
