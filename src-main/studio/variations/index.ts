// Variations: many versions of one remix, made by recipe, checked, measured, marked, mixed and comped.
export { MarkStore } from './marks.ts'
export type { VariationTools } from './sheet.ts'
export { type VariationOrder, Variations } from './variations.ts'
