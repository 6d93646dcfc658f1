// Takes out notes that are only overtones, or only the octave below, of another. A model that hears timbre as harmony finds them in organs and
// basses. Pure. The measure is spectral smoothness (Klapuri 2003): a partial that stands no higher than its neighbours belongs to the tone below.
import { hzOf, magnitudeAt } from './goertzel.ts'
import type { NoteEvent } from './note-events.ts'
import { HOP } from './rates.ts'

/** Semitones above a tone at which its partials 2 to 8 lie. */
const OVERTONES: ReadonlyMap<number, number> = new Map([
  [12, 2],
  [19, 3],
  [24, 4],
  [28, 5],
  [31, 6],
  [34, 7],
  [36, 8],
])

/** A partial this much above its neighbours' mean is a note of its own: where both begin at once, and where it begins later. */
const OWN_AT_ONCE = 1.6
const OWN_LATER = 0.8
/** Columns (12 ms) within which two notes begin at once. */
const AT_ONCE = 4
/** A tone whose lowest partial is below this share of its second one is not there: only its octave is, or a chord that shares its partials. */
const LOWEST_SHARE = 0.1
/** So it is where its odd partials hold less than this share of its even ones. */
const ODD_SHARE = 0.12

const WINDOW = 3_072
/** Past the attack, where everything sounds at every pitch. */
const SKIP = 512

/** Share by which real partials stray from whole multiples. */
const STRAY = 0.007

const window = Float64Array.from({ length: WINDOW }, (_, n) => 0.5 - 0.5 * Math.cos((2 * Math.PI * (n + 0.5)) / WINDOW))

const pieceAt = (samples: Float32Array, column: number): Float64Array => {
  const from = column * HOP + SKIP
  return Float64Array.from(window, (gain, n) => gain * (samples[from + n] ?? 0))
}

/** The partial of a tone, wherever it strayed to. */
const partial = (piece: Float64Array, hz: number, number: number): number => {
  const at = hz * number
  return number === 1
    ? magnitudeAt(piece, at)
    : Math.max(magnitudeAt(piece, at), magnitudeAt(piece, at * (1 + STRAY)), magnitudeAt(piece, at * (1 - STRAY)))
}

/** The notes without those that another one explains. `events` in order of their beginnings. */
export const withoutGhosts = (events: readonly NoteEvent[], samples: Float32Array): readonly NoteEvent[] => {
  const kept = new Set(events)
  for (const event of [...events].sort((a, b) => b.pitch - a.pitch || a.from - b.from)) {
    const others = events.filter(
      (other) => kept.has(other) && other !== event && other.from <= event.from + AT_ONCE && other.to > event.from,
    )
    const below = others.filter((other) => OVERTONES.has(event.pitch - other.pitch))
    const above = others.filter((other) => other.pitch === event.pitch + 12 && Math.abs(other.from - event.from) <= AT_ONCE)
    if (below.length === 0 && above.length === 0) continue
    const piece = pieceAt(samples, event.from)
    if (below.some((other) => isOvertone(piece, event, other)) || (above.length > 0 && isOctaveBelow(piece, event))) kept.delete(event)
  }
  return events.filter((event) => kept.has(event))
}

const isOvertone = (piece: Float64Array, event: NoteEvent, other: NoteEvent): boolean => {
  const number = OVERTONES.get(event.pitch - other.pitch) as number
  const hz = hzOf(other.pitch)
  const isAtOnce = Math.abs(event.from - other.from) <= AT_ONCE
  const mean = Math.sqrt(partial(piece, hz, number - 1) * partial(piece, hz, number + 1))
  return partial(piece, hz, number) <= mean * (isAtOnce ? OWN_AT_ONCE : OWN_LATER)
}

const isOctaveBelow = (piece: Float64Array, { pitch }: NoteEvent): boolean => {
  const hz = hzOf(pitch)
  const [first = 0, second = 0, third = 0, fourth = 0, fifth = 0, sixth = 0] = [1, 2, 3, 4, 5, 6].map((number) =>
    partial(piece, hz, number),
  )
  return first < LOWEST_SHARE * second || first + third + fifth < ODD_SHARE * (second + fourth + sixth)
}
