// Onsets: peaks of the spectral flux (after Böck & Widmer, "Maximum filter vibrato suppression for onset detection", DAFx 2013), each then moved to
// where the sound really starts to rise, in the one-millisecond envelope.
import { FINE, GROUPS, STEP, type StemFeatures } from './stem-features.ts'

export interface Onset {
  /** At 48 kHz, to the millisecond. */
  readonly frame: number
  /** Against the strongest of the stem, 0..1. */
  readonly strength: number
  /** Step of the feature curves it was found at. */
  readonly step: number
}

/** Nearer than this, two peaks are one onset. */
const APART_STEPS = 4
const MEAN_BACK = 12
const MEAN_AHEAD = 8

/** The sum of some groups' flux. */
export const sumOfGroups = (flux: readonly Float32Array[], weights: readonly number[]): Float32Array => {
  const sum = new Float32Array(flux[0]?.length ?? 0)
  for (let g = 0; g < GROUPS; g++) {
    const weight = weights[g] ?? 0
    const curve = flux[g]
    if (weight === 0 || !curve) continue
    for (let i = 0; i < sum.length; i++) sum[i]! += weight * curve[i]!
  }
  return sum
}

/** The value that a share of all others lies under. */
export const quantile = (values: ArrayLike<number>, share: number): number => {
  const sorted = Float64Array.from(values).sort()
  return sorted.length === 0 ? 0 : (sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] as number)
}

/** Steps where a curve peaks above what surrounds it. `least` is an absolute floor. */
export const pickPeaks = (curve: Float32Array, { least, ratio }: { readonly least: number; readonly ratio: number }): number[] => {
  const found: number[] = []
  const before = new Float64Array(curve.length + 1)
  for (let i = 0; i < curve.length; i++) before[i + 1] = before[i]! + curve[i]!
  for (let i = 0; i < curve.length; i++) {
    const value = curve[i]!
    if (value < least) continue
    let isPeak = true
    for (let k = Math.max(0, i - 2); k <= Math.min(curve.length - 1, i + 2) && isPeak; k++)
      isPeak = k < i ? curve[k]! < value : curve[k]! <= value
    if (!isPeak) continue
    const from = Math.max(0, i - MEAN_BACK)
    const to = Math.min(curve.length, i + MEAN_AHEAD + 1)
    if (value < (ratio * (before[to]! - before[from]!)) / (to - from)) continue
    const last = found.at(-1)
    if (last !== undefined && i - last < APART_STEPS) {
      if (curve[last]! < value) found[found.length - 1] = i
    } else found.push(i)
  }
  return found
}

const BACK_MS = 32
const AHEAD_MS = 14
const OVER_MS = 4

/** The frame where the envelope rises most steeply near a step; the middle of the step where nothing does. */
export const placeOnset = (step: number, ...envelopes: readonly Float32Array[]): number => {
  const middle = (step * STEP) / FINE
  let best = middle
  let steepest = 0.7
  for (const envelope of envelopes) {
    const from = Math.max(OVER_MS, middle - BACK_MS)
    const to = Math.min(envelope.length - OVER_MS, middle + AHEAD_MS)
    let loudest = 0
    for (let i = from; i < to; i++) if (envelope[i]! > loudest) loudest = envelope[i]!
    if (loudest === 0) continue
    const floor = loudest * 1e-3
    for (let i = from; i < to; i++) {
      let before = 0
      let after = 0
      for (let k = 1; k <= OVER_MS; k++) before += envelope[i - k]!
      for (let k = 0; k < OVER_MS; k++) after += envelope[i + k]!
      const rise = Math.log((after / OVER_MS + floor) / (before / OVER_MS + floor))
      if (rise > steepest + 1e-9) {
        steepest = rise
        best = i
      }
    }
  }
  // The steepest rise over four milliseconds begins as its first one does.
  return Math.round(best * FINE)
}

/** All onsets of a stem, ascending. */
export const findOnsets = (features: StemFeatures): readonly Onset[] => {
  if (features.isSilent) return []
  const curve = sumOfGroups(features.flux, [1, 1, 1, 1])
  const strong = quantile(
    curve.filter((value) => value > 0),
    0.98,
  )
  if (strong === 0) return []
  const steps = pickPeaks(curve, { least: strong * 0.12, ratio: 1.6 })
  let strongest = 0
  for (const step of steps) strongest = Math.max(strongest, curve[step]!)
  const onsets: Onset[] = []
  for (const step of steps) {
    const frame = Math.min(features.lengthFrames, placeOnset(step, features.fine, features.fineLow))
    const last = onsets.at(-1)
    if (last && frame - last.frame < 1_200) continue
    onsets.push({ frame, strength: curve[step]! / strongest, step })
  }
  return onsets
}
