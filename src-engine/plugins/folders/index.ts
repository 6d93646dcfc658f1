// Where plugins lie on this machine.
export * from './find-files.ts'
export * from './stamp.ts'
export * from './standard-folders.ts'
