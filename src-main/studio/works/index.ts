export { type Puller, stemFileOf } from './puller.ts'
export * from './works.ts'
