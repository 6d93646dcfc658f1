export * from './position-text.ts'
export * from './tempo-corrections.ts'
export * from './tempo-map.ts'
export * from './time.ts'
