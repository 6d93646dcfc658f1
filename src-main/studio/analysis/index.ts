export { analyseWork, type AnalyseHooks } from './analyse-work.ts'
