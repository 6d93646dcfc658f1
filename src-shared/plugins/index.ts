export * from './descriptor.ts'
export * from './status.ts'
