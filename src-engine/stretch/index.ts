// Time-stretching and transposing of whole sounds, the same bits on every machine.
export { type Ratio, ratioOfCents } from './ratio.ts'
export { type StretchRequest, type StretchSource, stretchSound } from './stretch-sound.ts'
