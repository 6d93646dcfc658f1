// Sounds whose stretched shape is known, and the measures that compare with it.
import { createHash } from 'node:crypto'
import type { PlanWarp } from '../../../src-shared/remix/index.ts'
import { loadKernels } from '../../kernels/index.ts'
import { noise } from '../../kernels/testing/index.ts'
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

/** A sung /a/: pulses through three resonances, at 730, 1090 and 2440 Hz. */
export const vowel = (hz: number, frames: number): Float32Array<ArrayBuffer> => {
  let samples = new Float64Array(frames)
  for (let i = 0, phase = 0; i < frames; i++) {
    phase += hz / 48_000
    if (phase < 1) continue
    phase -= 1
    samples[i] = 1
  }
  for (const [formant, width] of [
    [730, 80],
    [1_090, 90],
    [2_440, 120],
  ] as const) {
    const radius = Math.exp((-Math.PI * width) / 48_000)
    const turn = 2 * radius * Math.cos((2 * Math.PI * formant) / 48_000)
    const next = new Float64Array(frames)
    for (let i = 0; i < frames; i++) next[i] = (samples[i] ?? 0) + turn * (next[i - 1] ?? 0) - radius * radius * (next[i - 2] ?? 0)
    samples = next
  }
  const peak = samples.reduce((most, sample) => Math.max(most, Math.abs(sample)), 0)
  return Float32Array.from(samples, (sample) => (sample / peak) * 0.6)
}

/** Frequency of the resonance nearest to one, of an all-pole model (order 10 at 8 kHz) of half a second from the middle. */
export const resonanceNear = (sound: Float32Array, nearHz: number): number => {
  const [count, step, order] = [4_096, 6, 10]
  const start = Math.floor(sound.length / 2 - (count * step) / 2)
  const low = Float64Array.from({ length: count }, (_, i) => {
    let sum = 0
    for (let k = -36; k <= 36; k++) {
      const place = (Math.PI * k) / step
      sum +=
        ((sound[start + i * step + k] ?? 0) * (k === 0 ? 1 : Math.sin(place) / place) * (0.5 + 0.5 * Math.cos((Math.PI * k) / 37))) / step
    }
    return sum
  })
  // Voices fall off with frequency; levelled, the model sees every resonance.
  const level = low.map((sample, i) => (sample - 0.6 * (low[i - 1] ?? 0)) * (0.5 - 0.5 * Math.cos((2 * Math.PI * i) / count)))
  const correlation = Array.from({ length: order + 1 }, (_, lag) =>
    level.reduce((sum, sample, i) => sum + sample * (level[i - lag] ?? 0), 0),
  )
  let model = [1]
  let error = (correlation[0] ?? 0) * 1.0001
  for (let i = 1; i <= order; i++) {
    const reflection = -model.reduce((sum, one, j) => sum + one * (correlation[i - j] ?? 0), 0) / error
    const longer = [...model, 0]
    model = longer.map((one, j) => one + reflection * (longer[i - j] ?? 0))
    error *= 1 - reflection * reflection
  }
  const levels = Array.from({ length: 800 }, (_, i) => {
    let real = 0
    let imaginary = 0
    for (const [k, one] of model.entries()) {
      real += one * Math.cos((2 * Math.PI * i * 5 * k) / 8_000)
      imaginary -= one * Math.sin((2 * Math.PI * i * 5 * k) / 8_000)
    }
    return -Math.log(real * real + imaginary * imaginary)
  })
  let best = 0
  for (let i = 1; i < levels.length - 1; i++) {
    const isPeak = (levels[i] ?? 0) > (levels[i - 1] ?? 0) && (levels[i] ?? 0) >= (levels[i + 1] ?? 0)
    if (isPeak && Math.abs(i * 5 - nearHz) < Math.abs(best - nearHz)) best = i * 5
  }
  return best
}

/** SHA-256 of a mixed bag: lengthened, shortened, transposed with formants, several stages, a tempo map. */
export const hashOf = (): string => {
  const hash = createHash('sha256')
  const { left, right } = noise(60_000, 77)
  const warps: readonly PlanWarp[] = [
    lineWarp(60_000, 1.25),
    lineWarp(60_000, 0.7, 333, true),
    lineWarp(60_000, 3, -555),
    {
      anchors: [
        [3, 0],
        [20_000, 31_000],
        [50_000, 50_000],
      ],
      cents: 100,
      keepsFormants: false,
    },
  ]
  for (const warp of warps) for (const channel of stretched(soundOf(left, right), warp)) hash.update(new Uint8Array(channel.buffer))
  return hash.digest('hex')
}
