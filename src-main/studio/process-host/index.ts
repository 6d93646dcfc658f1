export * from './entry-file.ts'
export * from './node-process-host.ts'
export * from './parent-port.ts'
export * from './process-host.ts'
