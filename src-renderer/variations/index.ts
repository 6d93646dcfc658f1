import './variations.css'

export { startAudition } from './audition.ts'
export { areVariationsActive, variationKeys } from './variation-keys.ts'
export { startVariations, useVariations } from './variation-store.ts'
export { VariationsScreen, VariationsTab } from './variations-screen.tsx'
