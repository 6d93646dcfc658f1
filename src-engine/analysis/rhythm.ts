// What the stems of a work say about its pulse, together: onset strength over time, and apart for what kicks, snares and hats usually carry.
import type { Role } from '../../src-shared/remix/index.ts'
import { quantile, sumOfGroups } from './onsets.ts'
import type { StemFeatures } from './stem-features.ts'

export interface RhythmStem {
  readonly features: StemFeatures
  readonly role: Role
}

/** Curves per 10 ms step, in units of their own spread. */
export interface Rhythm {
  readonly steps: number
  readonly total: Float32Array
  readonly kick: Float32Array
  readonly snare: Float32Array
  readonly hasDrums: boolean
  /** Whether there is enough rise and fall to find a pulse in. */
  readonly isEmpty: boolean
}

/** How much a role says about the beat where there are drums, and where there are none. */
const WEIGHTS: Readonly<Record<Role, readonly [withDrums: number, without: number]>> = {
  drums: [1, 1],
  bass: [0.35, 0.8],
  keys: [0.2, 1],
  guitar: [0.25, 1],
  synth: [0.15, 0.8],
  other: [0.15, 0.6],
  vocals: [0.05, 0.35],
  effects: [0, 0.15],
}

/** Takes off what a second around it has on the average, keeps what is above, and scales to a spread of one. */
const sharpen = (curve: Float32Array): Float32Array => {
  const HALF = 50
  const sums = new Float64Array(curve.length + 1)
  for (let i = 0; i < curve.length; i++) sums[i + 1] = sums[i]! + curve[i]!
  const out = new Float32Array(curve.length)
  let squares = 0
  let sounding = 0
  for (let i = 0; i < curve.length; i++) {
    const from = Math.max(0, i - HALF)
    const to = Math.min(curve.length, i + HALF + 1)
    const over = curve[i]! - (sums[to]! - sums[from]!) / (to - from)
    if (sums[to]! > sums[from]!) sounding++
    if (over <= 0) continue
    out[i] = over
    squares += over * over
  }
  const spread = Math.sqrt(squares / Math.max(1, sounding))
  if (spread > 0) for (let i = 0; i < out.length; i++) out[i]! /= spread
  return out
}

const isStrong = (features: StemFeatures): boolean => !features.isSilent

export const gatherRhythm = (stems: readonly RhythmStem[]): Rhythm => {
  const sounding = stems.filter(({ features }) => isStrong(features))
  const steps = stems.reduce((most, { features }) => Math.max(most, features.flux[0]?.length ?? 0), 0)
  // Drums that play a few bars only do not carry the song.
  let drumSteps = 0
  for (const { features, role } of sounding) if (role === 'drums') drumSteps += countActive(features)
  const hasDrums = drumSteps > steps * 0.2
  const total = new Float32Array(steps)
  const kick = new Float32Array(steps)
  const snare = new Float32Array(steps)
  for (const { features, role } of sounding) {
    const [withDrums, without] = WEIGHTS[role]
    const weight = hasDrums ? withDrums : without
    const [low] = features.flux
    const all = sumOfGroups(features.flux, [1, 0.7, 0.7, 0.7])
    const strong = quantile(
      all.filter((value) => value > 0.02),
      0.97,
    )
    if (strong === 0 || weight === 0 || !low) continue
    const body = features.flux[1] as Float32Array
    const presence = features.flux[2] as Float32Array
    const isRhythmic = !hasDrums || role === 'drums'
    for (let i = 0; i < all.length; i++) {
      total[i]! += (all[i]! / strong) * weight
      if (!isRhythmic) continue
      // A snare has body and presence at once; a hat lacks the one, a kick most of the other.
      kick[i]! += (Math.max(0, low[i]! - 0.3 * presence[i]!) / strong) * weight
      snare[i]! += (Math.sqrt(body[i]! * presence[i]!) / strong) * weight
    }
  }
  const sharp = sharpen(total)
  let rises = 0
  for (const value of sharp) if (value > 1) rises++
  return { steps, total: sharp, kick: sharpen(kick), snare: sharpen(snare), hasDrums, isEmpty: rises < 8 }
}

/** Steps in which a stem sounds. */
const countActive = ({ power }: StemFeatures): number => {
  let count = 0
  const steps = power[0]?.length ?? 0
  for (let i = 0; i < steps; i += 50) {
    let loudest = 0
    for (let k = i; k < Math.min(steps, i + 50); k++) for (const curve of power) if (curve[k]! > loudest) loudest = curve[k]!
    if (loudest > 1e-7) count += 50
  }
  return count
}
