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

/** Stems are told apart in so many rows; more share rows. */
const ROWS = 48

/** What of each stem is heard at each sampled moment: its own time in steps of 20 ms from 1 on, 0 where it rests. Row by row, a row for a stem. */
export type Layout = Int32Array

/** Reads a plan's layout. Plans of different length are sampled over the same `lengthFrames`. Where a stem plays twice at once the first clip counts. */
export const layoutOf = (plan: RenderPlan, lengthFrames: number): Layout => {
  const layout = new Int32Array(SAMPLES * ROWS)
  for (const track of plan.tracks) {
    if (!track.isAudible) continue
    for (const clip of track.clips) {
      const source = plan.sources[clip.source]
      if (!source) continue
      const row = (hashOf(source.stemId) % ROWS) * SAMPLES
      const last = source.warp?.anchors.at(-1)
      const end = clip.startFrame + clip.lengthFrames
      for (let i = Math.max(0, Math.ceil((clip.startFrame * SAMPLES) / lengthFrames - 0.5)); i < SAMPLES; i++) {
        const at = ((i + 0.5) * lengthFrames) / SAMPLES
        if (at >= end) break
        const out = clip.sourceStartFrame + at - clip.startFrame
        const heard = last ? (out * last[0]) / last[1] : out
        if (layout[row + i] === 0) layout[row + i] = 1 + Math.round(heard / SAME_FRAMES)
      }
    }
  }
  return layout
}

const hashOf = (text: string): number => {
  let hash = 0x811c9dc5
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193)
  return (hash ^ (hash >>> 15)) >>> 0
}

/** What counts where all stems moved together: the song goes on elsewhere, but it is the song. */
const MOVED_TOGETHER = 0.3

const isNear = (left: number, right: number): boolean => Math.abs(left - right) <= 1

/** How much of what either plays the other plays differently, 0..1: another moment or rest counts whole, a moment that all stems moved to less. */
export const layoutDistance = (left: Layout, right: Layout): number => {
  let different = 0
  let heard = 0
  for (let i = 0; i < SAMPLES; i++) {
    let moved = 0
    let together = 0
    let shift: number | undefined
    for (let at = i; at < left.length; at += SAMPLES) {
      const [was, is] = [left[at] ?? 0, right[at] ?? 0]
      if (was === 0 && is === 0) continue
      heard++
      if (was === 0 || is === 0) different++
      else if (!isNear(was, is)) {
        moved++
        shift ??= is - was
        if (isNear(shift, is - was)) together++
      }
    }
    different += together > moved / 2 ? together * MOVED_TOGETHER + (moved - together) : moved
  }
  return heard === 0 ? 0 : different / heard
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
