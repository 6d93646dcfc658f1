export { addWork } from './add-work.ts'
export { stemFileOf } from './puller.ts'
export * from './works.ts'
