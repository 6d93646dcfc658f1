export { exportPlan, renderPlan, type ExportContext, type RenderPlanOptions } from './render/index.ts'
export { EngineServer } from './server.ts'
