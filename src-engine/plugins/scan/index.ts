// Talking to the child that reads plugins and tries them out. The child itself is `scanner.ts`, a program of its own.
export * from './messages.ts'
