export { stemFileOf } from './puller.ts'
export * from './works.ts'
