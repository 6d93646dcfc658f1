// How far variations are from the original and from one another: in structure, read off the plans, and in sound, by what their previews measured.
import { SIGNATURE_BANDS } from '../../../src-shared/protocol/index.ts'
import type { RenderPlan } from '../../../src-shared/remix/index.ts'

const SAMPLES = 128
/** Two moments of a stem closer than this are the same moment: 20 ms. */
const SAME_FRAMES = 960
/** Below this a band is silence, however far below. */
const FLOOR_DB = -80
/** Mean difference of band levels at which sounds have nothing in common any more. */
const FAR_DB = 14

/** What plays when: one hash per sampled moment, over the audible clips of a plan. Plans of different length are sampled over the same `lengthFrames`. */
export const layoutOf = (plan: RenderPlan, lengthFrames: number): Uint32Array => {
  const hashes = new Uint32Array(SAMPLES)
  for (const track of plan.tracks) {
    if (!track.isAudible) continue
    for (const clip of track.clips) {
      const source = plan.sources[clip.source]
      if (!source) continue
      const first = Math.max(0, Math.ceil((clip.startFrame * SAMPLES) / lengthFrames - 0.5))
      for (let i = first; i < SAMPLES; i++) {
        const at = ((i + 0.5) * lengthFrames) / SAMPLES
        if (at >= clip.startFrame + clip.lengthFrames) break
        const out = clip.sourceStartFrame + at - clip.startFrame
        const last = source.warp?.anchors.at(-1)
        const heard = last ? (out * last[0]) / last[1] : out
        hashes[i] = ((hashes[i] ?? 0) + mix(clip.source, source.stemId, Math.round(heard / SAME_FRAMES))) >>> 0
      }
    }
  }
  return hashes
}

const mix = (_source: number, stem: string, moment: number): number => {
  let hash = 0x811c9dc5 ^ moment
  for (let i = 0; i < stem.length; i++) hash = Math.imul(hash ^ stem.charCodeAt(i), 0x01000193)
  hash ^= hash >>> 15
  return Math.imul(hash, 0x85ebca6b) >>> 0
}

/** Share of moments, 0..1, at which two layouts differ. */
export const layoutDistance = (left: Uint32Array, right: Uint32Array): number => {
  let different = 0
  for (let i = 0; i < SAMPLES; i++) if (left[i] !== right[i]) different++
  return different / SAMPLES
}

/** Mean difference in dB of band levels, without the difference in loudness. */
export const spectralDifferenceDb = (left: readonly number[], right: readonly number[]): number => {
  let offset = 0
  let count = 0
  const level = (one: readonly number[], i: number): number => Math.max(FLOOR_DB, one[i] ?? FLOOR_DB)
  for (let i = 0; i < left.length; i++) {
    if (level(left, i) === FLOOR_DB && level(right, i) === FLOOR_DB) continue
    offset += level(right, i) - level(left, i)
    count++
  }
  if (count === 0) return 0
  offset /= count
  let sum = 0
  for (let i = 0; i < left.length; i++) {
    if (level(left, i) === FLOOR_DB && level(right, i) === FLOOR_DB) continue
    sum += Math.abs(level(right, i) - level(left, i) - offset)
  }
  return sum / count
}

/** Distance in sound, 0..1. */
export const soundDistance = (left: readonly number[], right: readonly number[]): number =>
  Math.min(1, spectralDifferenceDb(left, right) / FAR_DB)

/** Bands of a signature, averaged over time. */
export const bandsOf = (signature: readonly number[]): number[] => {
  const bands = new Array<number>(SIGNATURE_BANDS).fill(0)
  const segments = signature.length / SIGNATURE_BANDS
  for (const [i, value] of signature.entries()) bands[i % SIGNATURE_BANDS] = (bands[i % SIGNATURE_BANDS] ?? 0) + value / segments
  return bands
}
