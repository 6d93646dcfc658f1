export * from './device-parameters.ts'
export * from './plan.ts'
export * from './records.ts'
