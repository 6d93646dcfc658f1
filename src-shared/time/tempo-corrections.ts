// One-click corrections of a tempo and a bar line that were heard wrongly, and a tempo tapped by hand. Pure: callers decide what becomes of them.

/** Slowest and fastest tempo a remix takes, in thousandths of a quarter note per minute. */
export const TEMPO_LIMITS = { slowest: 20_000, fastest: 400_000 } as const

export const TEMPO_CORRECTIONS = ['half', 'double', 'two-thirds', 'three-halves'] as const
export type TempoCorrection = (typeof TEMPO_CORRECTIONS)[number]

const FACTORS: Readonly<Record<TempoCorrection, readonly [up: number, down: number]>> = {
  half: [1, 2],
  double: [2, 1],
  'two-thirds': [2, 3],
  'three-halves': [3, 2],
}

/** The corrected tempo, rounded to a thousandth; null where a remix could not take it. */
export const correctTempo = (milliBpm: number, correction: TempoCorrection): number | null => {
  const [up, down] = FACTORS[correction]
  const corrected = Math.round((milliBpm * up) / down)
  return corrected >= TEMPO_LIMITS.slowest && corrected <= TEMPO_LIMITS.fastest ? corrected : null
}

export interface TappedTempo {
  readonly milliBpm: number
  /** 0..1: taps that agree, and enough of them. */
  readonly confidence: number
  /** How many taps counted. */
  readonly taps: number
}

/** A pause this long starts over, milliseconds. */
export const TAP_PAUSE_MS = 3_000
const MAX_TAPS = 64

const median = (values: readonly number[]): number => {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? (sorted[middle] ?? 0) : ((sorted[middle - 1] ?? 0) + (sorted[middle] ?? 0)) / 2
}

/**
 * The tempo of taps at these times in milliseconds, ascending; one tap a quarter note. Only what follows the last long pause counts. A missed or doubled
 * tap is left out or counted as what it is; null before there are three taps, or where they make no tempo a remix can take.
 */
export const tempoOfTaps = (timesMs: readonly number[]): TappedTempo | null => {
  let start = 0
  for (let i = 1; i < timesMs.length; i++) {
    const gap = (timesMs[i] ?? 0) - (timesMs[i - 1] ?? 0)
    if (!Number.isFinite(gap) || gap < 0 || gap > TAP_PAUSE_MS) start = i
  }
  const taps = timesMs.slice(Math.max(start, timesMs.length - MAX_TAPS))
  if (taps.length < 3 || !taps.every(Number.isFinite)) return null
  const gaps = taps.slice(1).map((time, i) => time - (taps[i] ?? 0))
  const usual = median(gaps)
  if (!(usual > 0)) return null
  // Each tap is numbered by how many beats it lies after the one before; one that lies between two beats is a slip.
  const kept: { readonly beat: number; readonly time: number }[] = [{ beat: 0, time: taps[0] ?? 0 }]
  for (const time of taps.slice(1)) {
    const last = kept.at(-1)
    if (!last) break
    const beats = (time - last.time) / usual
    const whole = Math.round(beats)
    if (whole >= 1 && Math.abs(beats - whole) <= 0.22) kept.push({ beat: last.beat + whole, time })
  }
  if (kept.length < 3) return null
  const meanBeat = kept.reduce((sum, { beat }) => sum + beat, 0) / kept.length
  const meanTime = kept.reduce((sum, { time }) => sum + time, 0) / kept.length
  let up = 0
  let down = 0
  for (const { beat, time } of kept) {
    up += (beat - meanBeat) * (time - meanTime)
    down += (beat - meanBeat) ** 2
  }
  const period = up / down
  const spread = Math.sqrt(kept.reduce((sum, { beat, time }) => sum + (time - meanTime - (beat - meanBeat) * period) ** 2, 0) / kept.length)
  const milliBpm = Math.round(60_000_000 / period)
  if (milliBpm < TEMPO_LIMITS.slowest || milliBpm > TEMPO_LIMITS.fastest) return null
  const evenness = Math.max(0, 1 - (5 * spread) / period)
  const confidence = evenness * (kept.length / taps.length) * Math.min(1, kept.length / 8)
  return { milliBpm, confidence: Math.round(confidence * 1_000) / 1_000, taps: kept.length }
}
