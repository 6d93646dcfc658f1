export * from './engine.ts'
export * from './pack.ts'
export * from './render-plan.ts'
export * from './service.ts'
