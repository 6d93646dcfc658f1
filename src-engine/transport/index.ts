export { type AudioOutput, openOutput } from './output.ts'
export { Transport, type TransportOptions } from './transport.ts'
