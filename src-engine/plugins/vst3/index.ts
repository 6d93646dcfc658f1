export { vst3Loader } from './loader.ts'
