export * from './harmony.ts'
export * from './instruments.ts'
