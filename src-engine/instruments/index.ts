// Instruments and drum kits: scores into sound, offline and the same on every machine.
export { type RenderCall, renderHits, renderNotes } from './render.ts'
