export * from './arena.ts'
export * from './private-folders.ts'
