// What hands and keys do to notes. Pure; frames are at 48 kHz in the stem's own time.
import type { Note } from '../../src-shared/remix/index.ts'

/** A sixteenth at a tempo. */
export const gridFrames = (milliBpm: number): number => Math.round((48_000 * 60_000) / milliBpm / 4)

/** Nearest line of a grid. */
export const snapFrame = (frame: number, grid: number): number => Math.max(0, Math.round(frame / grid) * grid)

const NAMES = ['C', 'C♯', 'D', 'E♭', 'E', 'F', 'F♯', 'G', 'A♭', 'A', 'B♭', 'B'] as const

/** `C4` is 60. */
export const pitchName = (pitch: number): string => `${NAMES[((pitch % 12) + 12) % 12]}${Math.floor(pitch / 12) - 1}`

export const isBlackKey = (pitch: number): boolean => [1, 3, 6, 8, 10].includes(((pitch % 12) + 12) % 12)

const clampPitch = (pitch: number): number => Math.max(0, Math.min(127, pitch))

/** Moves the chosen notes together: none leaves the range, so that their distances stay. */
export const moveNotes = (notes: readonly Note[], chosen: ReadonlySet<number>, byFrames: number, byPitch: number): readonly Note[] => {
  const moved = notes.filter((_, i) => chosen.has(i))
  if (moved.length === 0) return notes
  const earliest = Math.min(...moved.map((note) => note.startFrame))
  const lowest = Math.min(...moved.map((note) => note.pitch))
  const highest = Math.max(...moved.map((note) => note.pitch))
  const frames = Math.max(-earliest, Math.round(byFrames))
  const pitch = Math.max(-lowest, Math.min(127 - highest, byPitch))
  return notes.map((note, i) => (chosen.has(i) ? { ...note, startFrame: note.startFrame + frames, pitch: note.pitch + pitch } : note))
}

/** Makes the chosen notes longer or shorter by some frames; none gets shorter than `shortest`. */
export const resizeNotes = (notes: readonly Note[], chosen: ReadonlySet<number>, byFrames: number, shortest: number): readonly Note[] =>
  notes.map((note, i) =>
    chosen.has(i)
      ? { ...note, lengthFrames: Math.max(Math.min(shortest, note.lengthFrames), Math.round(note.lengthFrames + byFrames)) }
      : note,
  )

export const deleteNotes = (notes: readonly Note[], chosen: ReadonlySet<number>): readonly Note[] => notes.filter((_, i) => !chosen.has(i))

/** A note on the grid where somebody pointed. */
export const addNote = (notes: readonly Note[], frame: number, pitch: number, grid: number): readonly Note[] => [
  ...notes,
  { startFrame: Math.max(0, Math.floor(frame / grid) * grid), lengthFrames: grid, pitch: clampPitch(Math.round(pitch)), velocity: 90 },
]

export interface Hit {
  readonly index: number
  /** Whether the pointer is at the note's end, where it is made longer. */
  readonly isEdge: boolean
}

/** The note under a place; `edgeFrames` is how near to its end counts as its edge. The later note lies above. */
export const hitNote = (notes: readonly Note[], frame: number, pitch: number, edgeFrames: number): Hit | null => {
  const row = Math.round(pitch)
  for (let index = notes.length - 1; index >= 0; index--) {
    const note = notes[index]
    if (!note || note.pitch !== row) continue
    const end = note.startFrame + note.lengthFrames
    if (frame < note.startFrame || frame > end) continue
    return { index, isEdge: end - frame <= Math.min(edgeFrames, note.lengthFrames / 2) }
  }
  return null
}

/** The note that begins next after a note in time, or before it; the first or last without one. */
export const neighbourNote = (notes: readonly Note[], from: number | null, by: 1 | -1): number | null => {
  const order = notes
    .map((note, index) => ({ note, index }))
    .sort((left, right) => left.note.startFrame - right.note.startFrame || left.note.pitch - right.note.pitch)
    .map(({ index }) => index)
  if (order.length === 0) return null
  if (from === null) return (by === 1 ? order[0] : order.at(-1)) ?? null
  return order[Math.max(0, Math.min(order.length - 1, order.indexOf(from) + by))] ?? null
}

/** Lowest and highest row to show: what is played with some room, at least two octaves. */
export const pitchRange = (notes: readonly Note[]): { readonly low: number; readonly high: number } => {
  if (notes.length === 0) return { low: 48, high: 72 }
  let low = 127
  let high = 0
  for (const { pitch } of notes) {
    low = Math.min(low, pitch)
    high = Math.max(high, pitch)
  }
  const room = Math.max(3, Math.ceil((24 - (high - low)) / 2))
  return { low: Math.max(0, low - room), high: Math.min(127, high + room) }
}
