export * from './stem-store.ts'
