export * from './grant.ts'
export * from './usage.ts'
