export * from './host-commands.ts'
export * from './host-connection.ts'
