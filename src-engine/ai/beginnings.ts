// Where a note begins, finer than the model tells. Bows, breath and slow envelopes are told up to 90 ms late: the sound at the note's own pitch is followed
// back to where it is not there yet. Pure.
import { hzOf, magnitudeAt } from './goertzel.ts'
import type { NoteEvent } from './note-events.ts'
import { HOP } from './rates.ts'

const WINDOW = 512
const STEP = 128
/** How far back a beginning may be, in samples: 93 ms. */
const REACH = 8 * HOP
/** It is not there yet below this share of its level a little later. */
const ABSENT = 0.2
/** A window that ends this long after the beginning holds that share of the level. */
const WITHIN = 192
/** Below this the window is too short to tell neighbouring pitches apart. */
const LOWEST_PITCH = 48

const window = Float64Array.from({ length: WINDOW }, (_, n) => 0.5 - 0.5 * Math.cos((2 * Math.PI * (n + 0.5)) / WINDOW))
const piece = new Float64Array(WINDOW)

/** First sample of a note. */
export const beginningOf = ({ from, pitch }: NoteEvent, samples: Float32Array): number => {
  const told = from * HOP
  if (pitch < LOWEST_PITCH) return told
  const hz = hzOf(pitch)
  const levelAt = (middle: number): number => {
    for (let n = 0; n < WINDOW; n++) piece[n] = (window[n] as number) * (samples[middle - WINDOW / 2 + n] ?? 0)
    return magnitudeAt(piece, hz) + magnitudeAt(piece, 2 * hz)
  }
  let level = 0
  for (let after = WINDOW; after <= 5 * WINDOW; after += WINDOW) level = Math.max(level, levelAt(told + after))
  for (let at = told; at >= told - REACH; at -= STEP) if (levelAt(at) < ABSENT * level) return Math.max(0, Math.min(told, at + WITHIN))
  return told
}
