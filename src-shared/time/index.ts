export * from './tempo-map.ts'
export * from './time.ts'
