// Effects printed into stems: filters, drive, delay, chorus, reverb, ducking, bus compression. All in place.
import type { Grid } from '../score.ts'
import { createStereo, fromDb, SAMPLE_RATE, type Stereo } from './stereo.ts'

type FilterKind = 'lowpass' | 'highpass' | 'bandpass' | 'bell' | 'low-shelf' | 'high-shelf'

/** A biquad by the Audio EQ Cookbook (R. Bristow-Johnson). */
export const filter = (signal: Stereo, kind: FilterKind, hz: number, q = 0.707, gainDb = 0): Stereo => {
  const w = (2 * Math.PI * hz) / SAMPLE_RATE
  const cos = Math.cos(w)
  const alpha = Math.sin(w) / (2 * q)
  const a = 10 ** (gainDb / 40)
  const root = 2 * Math.sqrt(a) * alpha
  const c =
    kind === 'lowpass'
      ? [(1 - cos) / 2, 1 - cos, (1 - cos) / 2, 1 + alpha, -2 * cos, 1 - alpha]
      : kind === 'highpass'
        ? [(1 + cos) / 2, -(1 + cos), (1 + cos) / 2, 1 + alpha, -2 * cos, 1 - alpha]
        : kind === 'bandpass'
          ? [alpha, 0, -alpha, 1 + alpha, -2 * cos, 1 - alpha]
          : kind === 'bell'
            ? [1 + alpha * a, -2 * cos, 1 - alpha * a, 1 + alpha / a, -2 * cos, 1 - alpha / a]
            : kind === 'low-shelf'
              ? [a * (a + 1 - (a - 1) * cos + root), 2 * a * (a - 1 - (a + 1) * cos), a * (a + 1 - (a - 1) * cos - root), a + 1 + (a - 1) * cos + root, -2 * (a - 1 + (a + 1) * cos), a + 1 + (a - 1) * cos - root]
              : [a * (a + 1 + (a - 1) * cos + root), -2 * a * (a - 1 + (a + 1) * cos), a * (a + 1 + (a - 1) * cos - root), a + 1 - (a - 1) * cos + root, 2 * (a - 1 - (a + 1) * cos), a + 1 - (a - 1) * cos - root]
  const a0 = c[3] as number
  const [b0, b1, b2, a1, a2] = [(c[0] as number) / a0, (c[1] as number) / a0, (c[2] as number) / a0, (c[4] as number) / a0, (c[5] as number) / a0]
  for (const channel of [signal.left, signal.right]) {
    let z1 = 0
    let z2 = 0
    for (let n = 0; n < channel.length; n++) {
      const x = channel[n] as number
      const y = b0 * x + z1
      z1 = b1 * x - a1 * y + z2
      z2 = b2 * x - a2 * y
      channel[n] = y
    }
    // Denormals would stay; they are gone once rounded to 16 bits.
  }
  return signal
}

/** Soft saturation; `drive` 1 is gentle. Small signals keep their level. */
export const saturate = (signal: Stereo, drive: number): Stereo => {
  for (const channel of [signal.left, signal.right]) {
    for (let n = 0; n < channel.length; n++) {
      const x = (channel[n] as number) * drive
      if (x !== 0) channel[n] = Math.tanh(x) / drive
    }
  }
  return signal
}

/** A copy, times `gain`: what a send feeds to an effect. */
export const send = (signal: Stereo, gain: number): Stereo => ({
  left: signal.left.map((value) => value * gain),
  right: signal.right.map((value) => value * gain),
})

/** A ping-pong delay, wet only; echoes lose highs and lows each time round. */
export const delay = (input: Stereo, beats: number, feedback: number, grid: Grid): Stereo => {
  const frames = input.left.length
  const wet = createStereo(frames)
  const length = Math.round(beats * grid.secondsPerBeat * SAMPLE_RATE)
  const lineLeft = new Float64Array(length)
  const lineRight = new Float64Array(length)
  let at = 0
  let lowLeft = 0
  let lowRight = 0
  let dcLeft = 0
  let dcRight = 0
  for (let n = 0; n < frames; n++) {
    const left = lineLeft[at] as number
    const right = lineRight[at] as number
    wet.left[n] = left
    wet.right[n] = right
    lowLeft += 0.35 * (left - lowLeft)
    lowRight += 0.35 * (right - lowRight)
    dcLeft += 0.02 * (lowLeft - dcLeft)
    dcRight += 0.02 * (lowRight - dcRight)
    lineLeft[at] = ((input.left[n] as number) + (input.right[n] as number)) * 0.5 + (lowRight - dcRight) * feedback + 1e-20
    lineRight[at] = (lowLeft - dcLeft) * feedback + 1e-20
    at = at + 1 === length ? 0 : at + 1
  }
  return wet
}

/** Two slowly moving delays, one per side; adds to the dry signal. */
export const chorus = (signal: Stereo, depthMs: number, rateHz: number, mix: number): Stereo => {
  const size = 4096
  const channels = [signal.left, signal.right]
  channels.forEach((channel, side) => {
    const line = new Float64Array(size)
    for (let n = 0; n < channel.length; n++) {
      const x = channel[n] as number
      line[n & (size - 1)] = x
      const ms = 12 + depthMs * Math.sin((2 * Math.PI * rateHz * n) / SAMPLE_RATE + side * 1.7)
      const behind = (ms / 1000) * SAMPLE_RATE
      const whole = Math.floor(behind)
      const part = behind - whole
      const a = line[(n - whole) & (size - 1)] as number
      const b = line[(n - whole - 1) & (size - 1)] as number
      channel[n] = x * (1 - mix * 0.3) + (a + (b - a) * part) * mix
    }
  })
  return signal
}

export interface Room {
  /** Seconds to fall by 60 dB at low frequencies. */
  readonly seconds: number
  readonly preDelayMs: number
  /** 0 dark … 1 bright. */
  readonly brightness: number
  /** Scales the delays: 0.6 a room, 1.4 a cathedral. */
  readonly size: number
}

const LINES = [1433, 1601, 1867, 2053, 2251, 2399, 2617, 2903]

/** A feedback delay network of eight lines with a Hadamard matrix (Jot), behind two diffusers per side; wet only, tails end in silence. */
export const reverb = (input: Stereo, room: Room): Stereo => {
  const frames = input.left.length
  const wet = createStereo(frames)
  const lengths = LINES.map((length) => Math.round(length * room.size))
  const lines = lengths.map((length) => new Float64Array(length))
  const gains = lengths.map((length) => 10 ** ((-3 * length) / (room.seconds * SAMPLE_RATE)))
  const damping = 0.25 + 0.7 * room.brightness
  const lows = new Float64Array(8)
  const at = new Int32Array(8)
  const out = new Float64Array(8)
  const pre = Math.max(1, Math.round((room.preDelayMs / 1000) * SAMPLE_RATE))
  const diffLeft = [createAllpass(241, 0.7), createAllpass(557, 0.62), createAllpass(83, 0.7)]
  const diffRight = [createAllpass(277, 0.7), createAllpass(523, 0.62), createAllpass(97, 0.7)]
  const [l0, l1, l2] = diffLeft as [Allpass, Allpass, Allpass]
  const [r0, r1, r2] = diffRight as [Allpass, Allpass, Allpass]
  let quiet = Number.POSITIVE_INFINITY
  for (let n = 0; n < frames; n++) {
    const inLeft = n >= pre ? (input.left[n - pre] as number) : 0
    const inRight = n >= pre ? (input.right[n - pre] as number) : 0
    if (inLeft === 0 && inRight === 0) {
      // Nothing in and nothing left ringing: silence costs nothing.
      if (++quiet > room.seconds * 1.4 * SAMPLE_RATE + 8192) continue
    } else quiet = 0
    const left = l2(l1(l0(inLeft)))
    const right = r2(r1(r0(inRight)))
    let sum = 0
    for (let i = 0; i < 8; i++) {
      const line = lines[i] as Float64Array
      const value = line[at[i] as number] as number
      const low = (lows[i] as number) + damping * (value - (lows[i] as number))
      lows[i] = low
      out[i] = low * (gains[i] as number)
    }
    // Hadamard of order 8 in three butterflies.
    for (let h = 1; h < 8; h <<= 1) {
      for (let i = 0; i < 8; i += h << 1) {
        for (let j = i; j < i + h; j++) {
          const a = out[j] as number
          const b = out[j + h] as number
          out[j] = a + b
          out[j + h] = a - b
        }
      }
    }
    for (let i = 0; i < 8; i++) {
      const line = lines[i] as Float64Array
      const position = at[i] as number
      sum = (out[i] as number) * 0.35355339
      line[position] = sum + ((i & 1) === 0 ? left : right) * 0.5
      at[i] = position + 1 === line.length ? 0 : position + 1
    }
    wet.left[n] = ((lows[0] as number) - (lows[2] as number) + (lows[4] as number) - (lows[6] as number)) * 0.5
    wet.right[n] = ((lows[1] as number) - (lows[3] as number) + (lows[5] as number) - (lows[7] as number)) * 0.5
  }
  return wet
}

type Allpass = (x: number) => number

const createAllpass = (length: number, gain: number): Allpass => {
  const line = new Float64Array(length)
  let at = 0
  return (x) => {
    const delayed = line[at] as number
    const fed = x + gain * delayed
    line[at] = fed
    at = at + 1 === length ? 0 : at + 1
    return delayed - gain * fed
  }
}

/** Makes room for the kick: level falls by `depthDb` at each beat and comes back over `recoverBeats`. */
export const duck = (signal: Stereo, beats: readonly number[], grid: Grid, depthDb: number, recoverBeats: number): Stereo => {
  const depth = 1 - fromDb(-depthDb)
  const recover = Math.round(recoverBeats * grid.secondsPerBeat * SAMPLE_RATE)
  const attack = 240
  // The deepest of overlapping dips wins: a dip never jumps, however close the kicks are.
  const dips = new Float32Array(signal.left.length)
  for (const beat of beats) {
    const frame = grid.frameAt(beat)
    const end = Math.min(dips.length, frame + recover)
    for (let n = Math.max(0, frame - attack); n < end; n++) {
      const into = n - frame
      const dip = into < 0 ? (into + attack) / attack : 0.5 + 0.5 * Math.cos((Math.PI * into) / recover)
      if (dip > (dips[n] as number)) dips[n] = dip
    }
  }
  for (let n = 0; n < dips.length; n++) {
    const gain = 1 - depth * (dips[n] as number)
    signal.left[n] = (signal.left[n] as number) * gain
    signal.right[n] = (signal.right[n] as number) * gain
  }
  return signal
}

/** Multiplies by a curve over beats. */
export const shape = (signal: Stereo, grid: Grid, gainAt: (beat: number) => number): Stereo => {
  const step = 64
  const framesPerBeat = grid.secondsPerBeat * SAMPLE_RATE
  let gain = gainAt(0)
  for (let block = 0; block < signal.left.length; block += step) {
    const next = gainAt((block + step) / framesPerBeat)
    const slope = (next - gain) / step
    const end = Math.min(signal.left.length, block + step)
    for (let n = block; n < end; n++) {
      gain += slope
      signal.left[n] = (signal.left[n] as number) * gain
      signal.right[n] = (signal.right[n] as number) * gain
    }
    gain = next
  }
  return signal
}

/** Feed-forward bus compression with a soft knee, both channels by the louder one. */
export const compress = (signal: Stereo, thresholdDb: number, ratio: number, attackMs: number, releaseMs: number, makeupDb: number): Stereo => {
  const attack = 1 - Math.exp(-1 / ((attackMs / 1000) * SAMPLE_RATE))
  const release = 1 - Math.exp(-1 / ((releaseMs / 1000) * SAMPLE_RATE))
  const makeup = fromDb(makeupDb)
  const threshold = fromDb(thresholdDb)
  let level = 0
  let gain = makeup
  for (let n = 0; n < signal.left.length; n++) {
    const peak = Math.max(Math.abs(signal.left[n] as number), Math.abs(signal.right[n] as number))
    level += (peak > level ? attack : release) * (peak - level)
    if ((n & 15) === 0) gain = makeup * (1 + (level / threshold) ** 4) ** ((1 / ratio - 1) / 4)
    signal.left[n] = (signal.left[n] as number) * gain
    signal.right[n] = (signal.right[n] as number) * gain
  }
  return signal
}

/** Widens or narrows: 0 is mono, 1 leaves alone. */
export const widen = (signal: Stereo, amount: number): Stereo => {
  for (let n = 0; n < signal.left.length; n++) {
    const middle = ((signal.left[n] as number) + (signal.right[n] as number)) / 2
    const side = (((signal.left[n] as number) - (signal.right[n] as number)) / 2) * amount
    signal.left[n] = middle + side
    signal.right[n] = middle - side
  }
  return signal
}
