// Key: pitch classes of spectral peaks against key profiles, in the whole and in parts; unsure rather than wrong. Profiles by Temperley, "The
// Cognition of Basic Musical Structures" (2001), chapter 7; harmonics folded back as in Gómez, "Tonal description of music audio signals" (2006).
import type { KeyFinding } from '../../src-shared/protocol/index.ts'
import { TONAL_STEP_FRAMES, type TonalPeaks } from './stem-features.ts'

/** 12 pitch classes, C first, for all of the harmony and for the lowest notes, of one tonal step each. */
export interface Chroma {
  readonly steps: number
  readonly all: Float32Array
  readonly bass: Float32Array
}

const HIGHEST_BASS = 52
const HARMONIC_DECAY = 0.55
/** Semitones down to what a peak may be a harmonic of. */
const FOLDS = [0, 12, 19.019_55, 24, 27.863_14] as const

/** How far the peaks lie from the semitones of 440 Hz, in cents, -50..50, and how much they agree on it. */
export const tuningOf = (peaks: TonalPeaks): { readonly cents: number; readonly agreement: number } => {
  let x = 0
  let y = 0
  let total = 0
  for (let i = 0; i < peaks.pitch.length; i++) {
    const pitch = peaks.pitch[i]!
    // Lower ones are too coarse.
    if (pitch < 50) continue
    const weight = Math.sqrt(peaks.level[i]!)
    const turn = (pitch - Math.round(pitch)) * 2 * Math.PI
    x += weight * Math.cos(turn)
    y += weight * Math.sin(turn)
    total += weight
  }
  if (total === 0) return { cents: 0, agreement: 0 }
  return { cents: (Math.atan2(y, x) / (2 * Math.PI)) * 100, agreement: Math.sqrt(x * x + y * y) / total }
}

/** Chroma per tonal step. */
export const chromaOf = (peaks: TonalPeaks, tuningCents: number): Chroma => {
  const steps = peaks.starts.length - 1
  const all = new Float32Array(steps * 12)
  const bass = new Float32Array(steps * 12)
  for (let step = 0; step < steps; step++) {
    const from = peaks.starts[step]!
    const to = peaks.starts[step + 1]!
    let loudest = 0
    let loudestLow = 0
    for (let i = from; i < to; i++) {
      loudest = Math.max(loudest, peaks.level[i]!)
      if (peaks.pitch[i]! < HIGHEST_BASS) loudestLow = Math.max(loudestLow, peaks.level[i]!)
    }
    let hasBass = loudestLow <= loudest * 0.1
    for (let i = from; i < to; i++) {
      const pitch = peaks.pitch[i]! - tuningCents / 100
      // Amplitudes are compressed, or one loud note would decide.
      const weight = Math.sqrt(peaks.level[i]!)
      if (!hasBass && pitch < HIGHEST_BASS && peaks.level[i]! > loudestLow * 0.4) {
        hasBass = true
        addPitch(bass, step * 12, pitch, weight)
      }
      let share = weight
      for (const fold of FOLDS) {
        if (pitch - fold < 28) break
        addPitch(all, step * 12, pitch - fold, share)
        share *= HARMONIC_DECAY
      }
    }
  }
  return { steps, all, bass }
}

const addPitch = (target: Float32Array, at: number, pitch: number, weight: number): void => {
  const nearest = Math.round(pitch)
  const off = pitch - nearest
  // Half a semitone off says nothing either way.
  const share = weight * Math.max(0, 1 - 4 * off * off)
  target[at + (((nearest % 12) + 12) % 12)]! += share
}

const MAJOR = [5, 2, 3.5, 2, 4.5, 4, 2, 4.5, 2, 3.5, 1.5, 4] as const
/** The leading note and the lowered seventh both belong: popular music in minor has either. */
const MINOR = [5, 2, 3.5, 4.5, 2, 4, 2, 4.5, 3.5, 2, 3.2, 3] as const

const NAMES_MAJOR = ['C', 'Db', 'D', 'Eb', 'E', 'F', 'F#', 'G', 'Ab', 'A', 'Bb', 'B'] as const
const NAMES_MINOR = ['C', 'C#', 'D', 'Eb', 'E', 'F', 'F#', 'G', 'G#', 'A', 'Bb', 'B'] as const

/** `A minor` of a tonic 0..11. */
export const keyName = (tonic: number, isMinor: boolean): string =>
  isMinor ? `${NAMES_MINOR[tonic % 12]} minor` : `${NAMES_MAJOR[tonic % 12]} major`

const LETTERS: Readonly<Record<string, number>> = { C: 0, D: 2, E: 4, F: 5, G: 7, A: 9, B: 11 }

/** Tonic and mode of a key's name; undefined for what is none. */
export const parseKey = (key: string): { readonly tonic: number; readonly isMinor: boolean } | undefined => {
  const match = /^([A-G])(#|b)? (major|minor)$/.exec(key)
  if (!match) return undefined
  const tonic = (LETTERS[match[1] as string] as number) + (match[2] === '#' ? 1 : match[2] === 'b' ? -1 : 0)
  return { tonic: (tonic + 12) % 12, isMinor: match[3] === 'minor' }
}

/** Whether two names mean the same key: `C# minor` is `Db minor`. */
export const isSameKey = (a: string, b: string): boolean => {
  const [x, y] = [parseKey(a), parseKey(b)]
  return x !== undefined && y !== undefined && x.tonic === y.tonic && x.isMinor === y.isMinor
}

/** Whether they share their seven notes, as A minor and C major do. */
export const isRelatedKey = (a: string, b: string): boolean => {
  const [x, y] = [parseKey(a), parseKey(b)]
  if (!x || !y) return false
  const scale = ({ tonic, isMinor }: { tonic: number; isMinor: boolean }): number => (isMinor ? (tonic + 3) % 12 : tonic)
  return scale(x) === scale(y)
}

const centred = (profile: readonly number[]): readonly number[] => {
  const mean = profile.reduce((sum, value) => sum + value, 0) / 12
  const apart = profile.map((value) => value - mean)
  const size = Math.sqrt(apart.reduce((sum, value) => sum + value * value, 0))
  return apart.map((value) => value / size)
}
const PROFILES = [centred(MAJOR), centred(MINOR)] as const

/** Correlation with each of the 24 keys (0..11 major, 12..23 minor), the bass counting for its tonic and fifth. */
const scores = (all: Float64Array, bass: Float64Array): Float64Array => {
  const out = new Float64Array(24)
  const vector = centred([...all])
  const bassTotal = bass.reduce((sum, value) => sum + value, 0)
  for (let mode = 0; mode < 2; mode++)
    for (let tonic = 0; tonic < 12; tonic++) {
      let sum = 0
      for (let i = 0; i < 12; i++) sum += (vector[(tonic + i) % 12] ?? 0) * (PROFILES[mode]?.[i] ?? 0)
      if (bassTotal > 0) sum += 0.3 * (bass[tonic]! / bassTotal) + 0.08 * (bass[(tonic + 7) % 12]! / bassTotal)
      out[mode * 12 + tonic] = Number.isFinite(sum) ? sum : 0
    }
  return out
}

/** A stem's part in a key: its chroma and how much it counts. */
export interface KeyVoice {
  readonly chroma: Chroma
  readonly weight: number
  readonly isBass: boolean
}

const HOME_SECONDS = 5

/** Share of each pitch class in the bass of the first and, counting twice, the last seconds that have one. */
const homeOf = (voices: readonly KeyVoice[], steps: number): Float64Array => {
  const sum = new Float64Array(12)
  const wanted = Math.round((HOME_SECONDS * 48_000) / TONAL_STEP_FRAMES)
  for (const isEnd of [false, true]) {
    const side = new Float64Array(12)
    let left = wanted
    for (let n = 0; n < steps && left > 0; n++) {
      const step = isEnd ? steps - 1 - n : n
      let isSounding = false
      for (const { chroma, weight, isBass } of voices) {
        if (step >= chroma.steps) continue
        for (let i = 0; i < 12; i++) {
          const value = chroma.bass[step * 12 + i]! * weight * (isBass ? 2 : 1)
          if (value > 0) isSounding = true
          side[i]! += value
        }
      }
      if (isSounding) left--
    }
    const total = side.reduce((a, b) => a + b, 0)
    if (total > 0) for (let i = 0; i < 12; i++) sum[i]! += ((isEnd ? 2 : 1) / 3) * (side[i]! / total)
  }
  return sum
}

const PART_SECONDS = 16
const SURE = 0.45

/** Key of some voices together. `confidence` under 0.45 leaves the key null. */
export const findKey = (voices: readonly KeyVoice[], tuning: { readonly cents: number; readonly agreement: number }): KeyFinding => {
  const steps = voices.reduce((most, { chroma }) => Math.max(most, chroma.steps), 0)
  const perPart = Math.max(1, Math.round((PART_SECONDS * 48_000) / TONAL_STEP_FRAMES))
  const partCount = Math.max(1, Math.round(steps / perPart))
  const all = new Float64Array(12)
  const bass = new Float64Array(12)
  const parts = Array.from({ length: partCount }, () => ({ all: new Float64Array(12), bass: new Float64Array(12) }))
  let sounding = 0
  for (let step = 0; step < steps; step++) {
    const part = parts[Math.min(partCount - 1, Math.floor(step / perPart))]!
    let isSounding = false
    for (const { chroma, weight, isBass } of voices) {
      if (step >= chroma.steps) continue
      for (let i = 0; i < 12; i++) {
        const value = chroma.all[step * 12 + i]! * weight
        const low = chroma.bass[step * 12 + i]! * weight * (isBass ? 2 : 1)
        if (value > 0) isSounding = true
        all[i]! += value
        bass[i]! += low
        part.all[i]! += value
        part.bass[i]! += low
      }
    }
    if (isSounding) sounding++
  }
  const seconds = (sounding * TONAL_STEP_FRAMES) / 48_000
  const whole = scores(all, bass)
  // Songs come home: what the bass ends and begins on speaks for the tonic, which relative keys cannot be told apart by otherwise.
  const home = homeOf(voices, steps)
  for (let i = 0; i < 24; i++) whole[i]! += 0.16 * home[i % 12]!
  const order = [...whole.keys()].sort((a, b) => whole[b]! - whole[a]! || a - b)
  const best = order[0] ?? 0
  // Each part votes with how much it holds.
  let votes = 0
  let agreeing = 0
  for (const part of parts) {
    const amount = part.all.reduce((sum, value) => sum + value, 0)
    if (amount === 0) continue
    const local = scores(part.all, part.bass)
    let first = 0
    for (let i = 1; i < 24; i++) if (local[i]! > local[first]!) first = i
    votes += amount
    agreeing += amount * (first === best ? 1 : local[best]! > local[first]! - 0.06 ? 0.6 : 0)
  }
  const agreement = votes === 0 ? 0 : agreeing / votes
  const margin = whole[best]! - whole[order[1] ?? 0]!
  const rivals = order.slice(1, 3).filter((index) => whole[index]! > whole[best]! - 0.25)
  const bassTotal = bass.reduce((sum, value) => sum + value, 0)
  const evidence = (index: number): number => home[index % 12]! + (bassTotal > 0 ? bass[index % 12]! / bassTotal : 0)
  const tonic = rivals.reduce(
    (least, rival) => Math.min(least, Math.max(0, Math.min(1, 0.65 + (evidence(best) - evidence(rival)) * 1.5))),
    1,
  )
  const fit = Math.min(1, Math.max(0, (whole[best]! - 0.45) / 0.35))
  const clear = Math.min(1, margin / 0.14)
  const enough = Math.min(1, seconds / 8)
  const tuned = Math.min(1, Math.max(0, (tuning.agreement - 0.12) / 0.2))
  const confidence = round3(fit * enough * tuned * tonic * (0.35 + 0.65 * clear) * (0.3 + 0.7 * agreement))
  const nameOf = (index: number): string => keyName(index % 12, index >= 12)
  // Shares fall off with the distance in score.
  const weights = order.slice(0, 4).map((index) => Math.exp((whole[index]! - whole[best]!) / 0.08))
  const hasSound = seconds > 0 && whole[best]! > 0
  return {
    key: confidence >= SURE ? nameOf(best) : null,
    confidence,
    tuningCents: hasSound ? Math.max(-50, Math.min(50, Math.round(tuning.cents))) : 0,
    candidates: hasSound
      ? order.slice(0, 4).map((index, i) => ({ key: nameOf(index), confidence: round3(confidence * (weights[i] ?? 0)) }))
      : [],
  }
}

const round3 = (value: number): number => Math.round(Math.min(1, Math.max(0, value)) * 1_000) / 1_000
