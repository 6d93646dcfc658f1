export { analyseWork, type AnalyseHooks, type AnalysisTools } from './analyse-work.ts'
