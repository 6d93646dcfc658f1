export * from './pack.ts'
export * from './service.ts'
