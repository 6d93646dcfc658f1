// Bars: how many beats make one and which beat starts it. What kicks, what snares, where the bass moves, where the harmony changes, where
// sections begin: each beat is described by these and meters are judged by how much of the description repeats every bar.
import { nearby } from './beats.ts'
import type { Chroma } from './key.ts'
import type { Rhythm } from './rhythm.ts'
import { STEP, TONAL_STEP_FRAMES } from './stem-features.ts'

export interface BeatView {
  readonly kick: readonly number[]
  readonly snare: readonly number[]
  readonly total: readonly number[]
  /** How much the harmony differs from the beat before, 0..1. */
  readonly change: readonly number[]
  /** How strongly the bass starts anew. */
  readonly bass: readonly number[]
  readonly hasDrums: boolean
}

const perBeatChroma = (
  beats: readonly number[],
  chromas: readonly { readonly chroma: Chroma; readonly weight: number }[],
): Float64Array[] =>
  beats.map((beat, i) => {
    const sum = new Float64Array(12)
    const next = beats[i + 1] ?? beat + (beat - (beats[i - 1] ?? beat - 50))
    const from = Math.round((beat * STEP) / TONAL_STEP_FRAMES)
    const to = Math.max(from + 1, Math.round((next * STEP) / TONAL_STEP_FRAMES))
    for (const { chroma, weight } of chromas)
      for (let step = Math.max(0, from); step < Math.min(chroma.steps, to); step++)
        for (let k = 0; k < 12; k++) sum[k]! += weight * (chroma.all[step * 12 + k]! + 2 * chroma.bass[step * 12 + k]!)
    return sum
  })

const cosine = (a: Float64Array, b: Float64Array): number => {
  let [ab, aa, bb] = [0, 0, 0]
  for (let i = 0; i < a.length; i++) {
    ab += a[i]! * b[i]!
    aa += a[i]! * a[i]!
    bb += b[i]! * b[i]!
  }
  return aa > 0 && bb > 0 ? ab / Math.sqrt(aa * bb) : 1
}

/** Describes each beat. */
export const viewBeats = (
  beats: readonly number[],
  rhythm: Rhythm,
  {
    chromas,
    bassFlux,
  }: { readonly chromas: readonly { readonly chroma: Chroma; readonly weight: number }[]; readonly bassFlux: Float32Array },
): BeatView => {
  const chroma = perBeatChroma(beats, chromas)
  return {
    hasDrums: rhythm.hasDrums,
    kick: beats.map((beat) => nearby(rhythm.kick, beat, 3)),
    snare: beats.map((beat) => nearby(rhythm.snare, beat, 3)),
    total: beats.map((beat) => nearby(rhythm.total, beat, 3)),
    bass: beats.map((beat) => nearby(bassFlux, beat, 4)),
    change: chroma.map((here, i) => {
      const before = chroma[i - 1]
      return before ? Math.max(0, 1 - cosine(before, here)) : 0
    }),
  }
}

const WINDOW_BEATS = 48

/** How much of a row of values repeats every `period` beats, above what chance gives; windows of 48 beats, so that a lost beat costs one window. */
const repeats = (values: readonly number[], period: number): number => {
  let sum = 0
  let weights = 0
  for (let from = 0; from < values.length; from += WINDOW_BEATS) {
    const part = values.slice(from, from + WINDOW_BEATS)
    if (part.length < period * 3) continue
    const mean = part.reduce((a, b) => a + b, 0) / part.length
    const total = part.reduce((a, b) => a + (b - mean) ** 2, 0)
    if (total <= 1e-9) continue
    let explained = 0
    for (let phase = 0; phase < period; phase++) {
      let count = 0
      let inside = 0
      for (let i = phase; i < part.length; i += period) {
        inside += part[i]!
        count++
      }
      explained += count * (inside / count - mean) ** 2
    }
    const chance = (period - 1) / (part.length - 1)
    sum += part.length * (explained / total - chance) * (1 / (1 - chance))
    weights += part.length
  }
  return weights === 0 ? 0 : sum / weights
}

/** Evidence that bars of so many beats repeat, about 0..1. */
export const meterEvidence = (view: BeatView, beatsPerBar: number): number => {
  const { kick, snare, total, change, bass } = view
  return (
    0.25 * repeats(kick, beatsPerBar) +
    0.2 * repeats(snare, beatsPerBar) +
    0.15 * repeats(total, beatsPerBar) +
    0.25 * repeats(change, beatsPerBar) +
    0.15 * repeats(bass, beatsPerBar)
  )
}

const scaled = (values: readonly number[]): number[] => {
  const mean = values.reduce((a, b) => a + b, 0) / Math.max(1, values.length)
  const spread = Math.sqrt(values.reduce((a, b) => a + (b - mean) ** 2, 0) / Math.max(1, values.length))
  return values.map((value) => (spread > 0 ? Math.max(-2.5, Math.min(2.5, (value - mean) / spread)) : 0))
}

export interface Downbeat {
  readonly phase: number
  readonly confidence: number
}

/** Which beat of `beatsPerBar` starts the bar. */
export const findDownbeat = (view: BeatView, beatsPerBar: number): Downbeat => {
  const count = view.kick.length
  if (count === 0 || beatsPerBar < 2) return { phase: 0, confidence: 0 }
  const rows = [
    { values: scaled(view.kick), weight: 1 },
    // Without drums what has body and presence is a chord, and chords like to start bars.
    { values: scaled(view.snare), weight: view.hasDrums ? -0.8 : 0.6 },
    { values: scaled(view.change), weight: 1.4 },
    { values: scaled(view.bass), weight: 0.8 },
    { values: scaled(view.total), weight: 0.3 },
  ]
  const scores = Array.from({ length: beatsPerBar }, (_, phase) => {
    let sum = 0
    let beats = 0
    for (let i = phase; i < count; i += beatsPerBar) {
      for (const { values, weight } of rows) sum += weight * (values[i] ?? 0)
      beats++
    }
    return beats === 0 ? 0 : sum / beats
  })
  const order = [...scores.keys()].sort((a, b) => (scores[b] ?? 0) - (scores[a] ?? 0) || a - b)
  const best = scores[order[0] ?? 0] ?? 0
  const second = scores[order[1] ?? 0] ?? 0
  return { phase: order[0] ?? 0, confidence: Math.max(0, Math.min(1, (best - second) / 1.5)) * Math.min(1, count / 32) }
}
