// Band-limited waves: one table per half octave, each with the partials that stay below 20 kHz, summed from an exact sine.
import { sinTurns } from './exact-math.ts'

export const TABLE_SIZE = 4_096
const MASK = TABLE_SIZE - 1
const HIGHEST_HZ = 20_000
const LOWEST_HZ = 16.35
const MOST_PARTIALS = 512
const LEVELS = 21
const SQRT2 = Math.SQRT2

export type Wave = 'sine' | 'saw' | 'square' | 'triangle'

const sine = Float64Array.from({ length: TABLE_SIZE + 1 }, (_, at) => sinTurns(at / TABLE_SIZE))

/** Amplitude of partial `n`. */
const PARTIALS: Readonly<Record<Wave, (n: number) => number>> = {
  sine: (n) => (n === 1 ? 1 : 0),
  saw: (n) => 0.6366197723675814 / n,
  square: (n) => (n % 2 === 1 ? 1.2732395447351628 / n : 0),
  triangle: (n) => (n % 2 === 1 ? ((n % 4 === 1 ? 1 : -1) * 0.8105694691387022) / (n * n) : 0),
}

const made = new Map<string, Float64Array>()

/** The highest frequency that level `level` is good for. */
const topOf = (level: number): number => {
  let hz = LOWEST_HZ
  for (let n = 0; n <= level; n++) hz *= SQRT2
  return hz
}

const levelOf = (hz: number): number => {
  let level = 0
  while (level < LEVELS - 1 && topOf(level) < hz) level++
  return level
}

/** One period of a wave for tones up to `hz`, with its first sample again at the end. Peak near 1. */
export const wavetable = (wave: Wave, hz: number): Float64Array => {
  const level = wave === 'sine' ? 0 : levelOf(hz)
  const key = `${wave}${level}`
  const known = made.get(key)
  if (known) return known
  const partials = Math.max(1, Math.min(MOST_PARTIALS, Math.floor(HIGHEST_HZ / topOf(level))))
  const table = new Float64Array(TABLE_SIZE + 1)
  for (let n = 1; n <= partials; n++) {
    const amplitude = PARTIALS[wave](n)
    if (amplitude === 0) continue
    for (let at = 0; at <= TABLE_SIZE; at++) table[at] = (table[at] as number) + amplitude * (sine[(n * at) & MASK] as number)
  }
  made.set(key, table)
  return table
}
