// Previews: short renders of plans, measured, kept for instant listening, and the requests that play them.
export { previewHandlers, previewKey, type PreviewTools } from './handlers.ts'
export { PreviewListener } from './listen.ts'
export { previewPlan, windowPlan, withGain } from './window-plan.ts'
