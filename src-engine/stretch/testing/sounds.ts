// Sounds whose stretched shape is known, and the measures that compare with it.
import type { PlanWarp } from '../../../src-shared/remix/index.ts'
import { loadKernels } from '../../kernels/index.ts'
import { type StretchSource, stretchSound } from '../stretch-sound.ts'

/** A sound in memory as the stretcher reads it; stretches of zeros of a second or more are told as silence. */
export const soundOf = (...channels: readonly Float32Array[]): StretchSource => {
  const [left = new Float32Array(0), right = left] = channels
  const silent: { startFrame: number; lengthFrames: number }[] = []
  let start = 0
  for (let at = 0; at <= left.length; at++) {
    if (at < left.length && left[at] === 0 && right[at] === 0) continue
    if (at - start >= 48_000) silent.push({ startFrame: start, lengthFrames: at - start })
    start = at + 1
  }
  return {
    channels: channels.length === 1 ? 1 : 2,
    lengthFrames: left.length,
    silentRanges: () => silent,
    read(from, frames, toLeft, toRight) {
      for (let i = 0; i < frames; i++) {
        toLeft[i] = left[from + i] ?? 0
        toRight[i] = right[from + i] ?? 0
      }
    },
  }
}

/** One line from start to end at a ratio of lengths. */
export const lineWarp = (frames: number, ratio: number, cents = 0, keepsFormants = false): PlanWarp => ({
  anchors: [
    [0, 0],
    [frames, Math.round(frames * ratio)],
  ],
  cents,
  keepsFormants,
})

/** The whole stretched sound. */
export const stretched = (source: StretchSource, warp: PlanWarp): readonly Float32Array[] => {
  const length = warp.anchors.at(-1)?.[1] ?? 0
  const out = Array.from({ length: source.channels }, () => new Float32Array(length))
  let at = 0
  stretchSound({
    source,
    warp,
    kernels: loadKernels(),
    emit: (channels, frames) => {
      for (const [index, channel] of channels.entries()) out[index]?.set(channel.subarray(0, frames), at)
      at += frames
    },
  })
  if (at !== length) throw new Error(`${at} frames instead of ${length}`)
  return out
}

/** Frequency of a sine in a stretch of sound, from how its phase runs against a reference near it. */
export const hzOf = (sound: Float32Array, nearHz: number, from: number, to: number): number => {
  const window = 9_600
  let hz = nearHz
  for (let pass = 0; pass < 3; pass++) {
    const phases: number[] = []
    let last = 0
    for (let start = from; start + window <= to; start += window / 2) {
      let real = 0
      let imaginary = 0
      for (let i = 0; i < window; i++) {
        const weight = (sound[start + i] ?? 0) * (0.5 - 0.5 * Math.cos((2 * Math.PI * i) / window))
        const angle = (2 * Math.PI * hz * (start + i)) / 48_000
        real += weight * Math.cos(angle)
        imaginary -= weight * Math.sin(angle)
      }
      const phase = Math.atan2(imaginary, real)
      const turn = phase - last
      phases.push((phases.at(-1) ?? 0) + (phases.length === 0 ? 0 : turn - 2 * Math.PI * Math.round(turn / (2 * Math.PI))))
      last = phase
    }
    const middle = (phases.length - 1) / 2
    let sum = 0
    let squares = 0
    for (const [i, phase] of phases.entries()) {
      sum += (i - middle) * phase
      squares += (i - middle) ** 2
    }
    hz += (((sum / squares) * 48_000) / (window / 2) / (2 * Math.PI)) as number
  }
  return hz
}

export const centsBetween = (hz: number, wanted: number): number => 1_200 * Math.log2(hz / wanted)

/** Short bursts on silence; `at` are the frames of their middles. */
export const clicks = (frames: number, every: number, first = every): { readonly sound: Float32Array; readonly at: readonly number[] } => {
  const sound = new Float32Array(frames)
  const at: number[] = []
  for (let start = first; start + 48 + every / 2 < frames; start += every) {
    at.push(start + 24)
    for (let i = 0; i < 48; i++) sound[start + i] = 0.9 * Math.sin((Math.PI * i) / 48) ** 2 * Math.sin((2 * Math.PI * i) / 12)
  }
  return { sound, at }
}

/** Milliseconds that hold 5 to 95 % of the energy around a frame, and how late its middle is. */
export const clickAt = (sound: Float32Array, frame: number, reach = 9_600): { readonly smearMs: number; readonly lateMs: number } => {
  const from = Math.max(0, Math.round(frame) - reach)
  const to = Math.min(sound.length, Math.round(frame) + reach)
  let total = 0
  for (let i = from; i < to; i++) total += (sound[i] ?? 0) ** 2
  const reaches = (share: number): number => {
    let sum = 0
    for (let i = from; i < to; i++) {
      sum += (sound[i] ?? 0) ** 2
      if (sum >= share * total) return i
    }
    return to
  }
  return { smearMs: (reaches(0.95) - reaches(0.05)) / 48, lateMs: (reaches(0.5) - frame) / 48 }
}
