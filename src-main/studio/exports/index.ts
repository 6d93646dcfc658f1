export * from './export-remix.ts'
export * from './file-names.ts'
export * from './order.ts'
export { SHEET_ENDING } from './places.ts'
