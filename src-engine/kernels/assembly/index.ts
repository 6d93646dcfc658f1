// Everything the kernels offer to TypeScript; the other side of `../exports.ts`.
export * from './convert'
export { eqCreate, eqDispose, eqProcess, eqReset, eqSet, eqTail } from './eq'
export { dbOfGain, gainOfDb, log10 } from './math'
export { alloc, free } from './memory'
export * from './mix'
