// Musical analysis as the engine is asked for it: in threads of its own, kept on disk. And by itself, for whoever has the samples at hand.
export { analyseStem, buildStemMusic, type StemMusic } from '../stem-music.ts'
export { analyseWork, type WorkStem } from '../work-music.ts'
export { analysisHandlers } from './handlers.ts'
