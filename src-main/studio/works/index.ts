export * from './puller.ts'
