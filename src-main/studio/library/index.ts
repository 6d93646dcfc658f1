export * from './library.ts'
