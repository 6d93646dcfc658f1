export * from './arena.ts'
