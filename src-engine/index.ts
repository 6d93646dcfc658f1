export { exportPlan, renderPlan, type RenderPlanOptions } from './render/index.ts'
export { EngineServer } from './server.ts'
