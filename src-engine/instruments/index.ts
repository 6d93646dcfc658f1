// Instruments and drum kits: scores into sound, offline and the same on every machine.
export { type InstrumentChoice, type RenderCall, renderHits, renderNotes } from './render.ts'
