export * from './remix-session.ts'
