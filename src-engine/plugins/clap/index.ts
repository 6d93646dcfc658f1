export { clapLoader } from './loader.ts'
export { MAX_STATE_BYTES } from './state-stream.ts'
