// What may be known of plugin hosting without loading a plugin: where they lie, how to talk to the child that reads them, and what an instance is.
export * from './environment.ts'
export * from './folders/index.ts'
export * from './instance.ts'
export * from './scan/index.ts'
