export { KeyPart } from './key-part.tsx'
export { MeterPart } from './meter-part.tsx'
export { TempoPart } from './tempo-part.tsx'
