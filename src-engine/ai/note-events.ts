// From how likely each pitch begins and sounds to notes. Pure. The rules are those of the Basic Pitch paper (section 2.3): notes from onset peaks, forward
// while they sound, latest first; then what still sounds without an onset, loudest first.
import type { Posteriors } from './basic-pitch.ts'
import { LOWEST_PITCH, PITCHES } from './rates.ts'

/** A note in columns; `strength` is how surely it sounded on average, 0..1. */
export interface NoteEvent {
  readonly from: number
  readonly to: number
  readonly pitch: number
  readonly strength: number
  /** Whether a beginning was heard, not only a sound. */
  readonly hasOnset: boolean
}

export interface NoteRules {
  readonly onsetAtLeast: number
  readonly frameAtLeast: number
  /** A note is longer than this many columns. */
  readonly longerThan: number
  /** Columns a note may fall below `frameAtLeast` within. */
  readonly gap: number
}

export const NOTE_RULES: NoteRules = { onsetAtLeast: 0.5, frameAtLeast: 0.3, longerThan: 5, gap: 11 }

/** A stroke too short to be sure of is taken where its onset is at least this sure, and its pitch this. */
const STROKE_ONSET = 0.6
const STROKE_FRAME = 0.2

export const notesOf = (posteriors: Posteriors, rules: NoteRules = NOTE_RULES): readonly NoteEvent[] => {
  const { columns, frames } = posteriors
  const onsets = withRises(posteriors)
  const left = frames.slice()
  const notes: NoteEvent[] = []
  const at = (column: number, pitch: number): number => column * PITCHES + pitch
  const spend = (column: number, pitch: number): void => {
    left[at(column, pitch)] = 0
    if (pitch + 1 < PITCHES) left[at(column, pitch + 1)] = 0
    if (pitch > 0) left[at(column, pitch - 1)] = 0
  }
  const add = (from: number, to: number, pitch: number, hasOnset: boolean): void => {
    if (to - from <= rules.longerThan) return
    let sum = 0
    for (let column = from; column < to; column++) sum += frames[at(column, pitch)] as number
    notes.push({ from, to, pitch: pitch + LOWEST_PITCH, strength: sum / (to - from), hasOnset })
  }
  /** First column after `start`, in a direction, from which it stays quiet for longer than the gap. */
  const runs = (start: number, pitch: number, step: 1 | -1, visit?: (column: number) => void): number => {
    let quiet = 0
    let column = start + step
    for (; column >= 0 && column < columns - 1 && quiet < rules.gap; column += step) {
      quiet = (left[at(column, pitch)] as number) < rules.frameAtLeast ? quiet + 1 : 0
      visit?.(column)
    }
    return column - step * quiet
  }

  /** Whether a stroke is the surest thing that sounds within its time, and nothing else does. */
  const standsAlone = (start: number, pitch: number): boolean => {
    let own = 0
    let others = 0
    for (let column = start; column < Math.min(columns, start + rules.longerThan); column++) {
      for (let other = 0; other < PITCHES; other++) {
        const value = frames[at(column, other)] as number
        if (other === pitch) own = Math.max(own, value)
        else others = Math.max(others, value)
      }
    }
    return own >= STROKE_FRAME && own > others && others < rules.frameAtLeast
  }

  for (let start = columns - 2; start >= 0; start--) {
    for (let pitch = PITCHES - 1; pitch >= 0; pitch--) {
      const value = onsets[at(start, pitch)] as number
      if (value <= rules.onsetAtLeast) continue
      if (start > 0 && value <= (onsets[at(start - 1, pitch)] as number)) continue
      if (value <= (onsets[at(start + 1, pitch)] as number)) continue
      let end = runs(start, pitch, 1)
      // Short strokes begin clearly and are gone before the model is sure that they sound.
      if (end - start <= rules.longerThan) {
        if (value < STROKE_ONSET || !standsAlone(start, pitch)) continue
        end = Math.min(columns - 1, start + rules.longerThan + 1)
      }
      for (let column = start; column < end; column++) spend(column, pitch)
      add(start, end, pitch, true)
    }
  }

  const sounding: number[] = []
  for (let cell = 0; cell < left.length; cell++) if ((left[cell] as number) > rules.frameAtLeast) sounding.push(cell)
  // What is spent only falls, so one sort serves the whole search; equal cells go by their place.
  const level = left.slice()
  sounding.sort((a, b) => (level[b] as number) - (level[a] as number) || a - b)
  for (const cell of sounding) {
    if ((left[cell] as number) <= rules.frameAtLeast) continue
    const pitch = cell % PITCHES
    const middle = (cell - pitch) / PITCHES
    left[cell] = 0
    const end = runs(middle, pitch, 1, (column) => spend(column, pitch))
    const start = runs(middle, pitch, -1, (column) => spend(column, pitch)) + 1
    add(start, end, pitch, false)
  }
  return joined(notes.sort((a, b) => a.from - b.from || a.pitch - b.pitch))
}

/** What sounds on right after a note, on its pitch and without a beginning of its own, belongs to it. */
const joined = (notes: readonly NoteEvent[]): readonly NoteEvent[] => {
  const whole: NoteEvent[] = []
  const last = new Map<number, number>()
  for (const note of notes) {
    const index = last.get(note.pitch)
    const before = index === undefined ? undefined : whole[index]
    if (before && index !== undefined && !note.hasOnset && note.from - before.to <= 2) {
      const columns = before.to - before.from
      const strength = (before.strength * columns + note.strength * (note.to - note.from)) / (columns + note.to - note.from)
      whole[index] = { ...before, to: note.to, strength }
    } else {
      last.set(note.pitch, whole.length)
      whole.push(note)
    }
  }
  return whole
}

/** Onsets, and where a pitch rises faster than over either of the last two columns, scaled to the onsets' range. */
const withRises = ({ columns, onsets, frames }: Posteriors): Float32Array => {
  const rises = new Float32Array(frames.length)
  let highestRise = 0
  let highestOnset = 0
  for (let cell = 0; cell < onsets.length; cell++) highestOnset = Math.max(highestOnset, onsets[cell] as number)
  for (let cell = 2 * PITCHES; cell < columns * PITCHES; cell++) {
    const now = frames[cell] as number
    const rise = Math.max(0, Math.min(now - (frames[cell - PITCHES] as number), now - (frames[cell - 2 * PITCHES] as number)))
    rises[cell] = rise
    highestRise = Math.max(highestRise, rise)
  }
  if (highestRise === 0) return onsets
  for (let cell = 0; cell < rises.length; cell++)
    rises[cell] = Math.max(onsets[cell] as number, ((rises[cell] as number) * highestOnset) / highestRise)
  return rises
}
