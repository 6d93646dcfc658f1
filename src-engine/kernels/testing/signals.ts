// Test signals, seeded and exact.

export interface Stereo {
  readonly left: Float32Array<ArrayBuffer>
  readonly right: Float32Array<ArrayBuffer>
}

export const stereo = (frames: number): Stereo => ({ left: new Float32Array(frames), right: new Float32Array(frames) })

/** A seeded generator of numbers in 0..1 (mulberry32). */
export const random = (seed: number): (() => number) => {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = Math.imul(state ^ (state >>> 15), state | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296
  }
}

/** White noise of the given peak. */
export const noise = (frames: number, seed: number, peak = 0.5): Stereo => {
  const next = random(seed)
  const signal = stereo(frames)
  for (let i = 0; i < frames; i++) {
    signal.left[i] = (next() * 2 - 1) * peak
    signal.right[i] = (next() * 2 - 1) * peak
  }
  return signal
}

export interface Sine {
  readonly hz: number
  readonly frames: number
  readonly rate?: number
  readonly peak?: number
  /** In radians. */
  readonly phase?: number
}

export const sine = ({ hz, frames, rate = 48_000, peak = 1, phase = 0 }: Sine): Float32Array<ArrayBuffer> => {
  const samples = new Float32Array(frames)
  for (let i = 0; i < frames; i++) samples[i] = peak * Math.sin((2 * Math.PI * hz * i) / rate + phase)
  return samples
}

export const bothSides = (samples: Float32Array<ArrayBuffer>): Stereo => ({ left: samples, right: samples.slice() })

/** Largest absolute difference, in dBFS. */
export const differenceDb = (a: Float32Array, b: Float32Array, from = 0, to = Math.min(a.length, b.length)): number => {
  let worst = 0
  for (let i = from; i < to; i++) worst = Math.max(worst, Math.abs((a[i] ?? 0) - (b[i] ?? 0)))
  return 20 * Math.log10(worst)
}
