export * from './journal.ts'
export * from './recovery.ts'
export * from './remix-file.ts'
