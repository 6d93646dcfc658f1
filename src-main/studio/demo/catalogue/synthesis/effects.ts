// Effects printed into stems: filters, drive, delay, chorus, reverb, ducking, bus compression. All in place.
import type { Grid } from '../score.ts'
import { addInto, createStereo, fromDb, SAMPLE_RATE, type Stereo } from './stereo.ts'

type FilterKind = 'lowpass' | 'highpass' | 'bandpass' | 'bell' | 'low-shelf' | 'high-shelf'

/** A biquad by the Audio EQ Cookbook (R. Bristow-Johnson). */
export const filter = (signal: Stereo, kind: FilterKind, hz: number, q = Math.SQRT1_2, gainDb = 0): Stereo => {
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
              ? [
                  a * (a + 1 - (a - 1) * cos + root),
                  2 * a * (a - 1 - (a + 1) * cos),
                  a * (a + 1 - (a - 1) * cos - root),
                  a + 1 + (a - 1) * cos + root,
                  -2 * (a - 1 + (a + 1) * cos),
                  a + 1 + (a - 1) * cos - root,
                ]
              : [
                  a * (a + 1 + (a - 1) * cos + root),
                  -2 * a * (a - 1 + (a + 1) * cos),
                  a * (a + 1 + (a - 1) * cos - root),
                  a + 1 - (a - 1) * cos + root,
                  2 * (a - 1 - (a + 1) * cos),
                  a + 1 - (a - 1) * cos - root,
                ]
  const a0 = c[3] as number
  const [b0, b1, b2, a1, a2] = [
    (c[0] as number) / a0,
    (c[1] as number) / a0,
    (c[2] as number) / a0,
    (c[4] as number) / a0,
    (c[5] as number) / a0,
  ]
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
export const send = (signal: Stereo, gain: number): Stereo => addInto(createStereo(signal.left.length), signal, gain)

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

const LINES = [1433, 1601, 1867, 2053, 2251, 2399, 2617, 2903] as const
const LINE_SIZE = 4096
const LINE_MASK = LINE_SIZE - 1

/** A feedback delay network of eight lines with a Hadamard matrix (Jot), behind three diffusers per side; wet only. `size` at most 1.4. */
export const reverb = (input: Stereo, room: Room): Stereo => {
  const wet = createStereo(input.left.length)
  runReverb(input, wet, 1, room)
  return wet
}

/** Adds the room to the signal itself, the signal sent to it at `level`. */
export const addReverb = (signal: Stereo, level: number, room: Room): Stereo => {
  runReverb(signal, signal, level, room)
  return signal
}

/** Adds the room's answer to `input` into `output`, which may be the same. Unrolled: this is the hottest loop of the catalogue. */
const runReverb = (input: Stereo, output: Stereo, level: number, room: Room): void => {
  const lines = new Float64Array(LINE_SIZE * 8)
  const [n0, n1, n2, n3, n4, n5, n6, n7] = LINES.map((length) => Math.round(length * room.size)) as [
    number,
    number,
    number,
    number,
    number,
    number,
    number,
    number,
  ]
  const decay = (length: number): number => 10 ** ((-3 * length) / (room.seconds * SAMPLE_RATE)) * Math.sqrt(1 / 8)
  const [g0, g1, g2, g3, g4, g5, g6, g7] = [decay(n0), decay(n1), decay(n2), decay(n3), decay(n4), decay(n5), decay(n6), decay(n7)]
  const damping = 0.25 + 0.7 * room.brightness
  const pre = Math.max(1, Math.round((room.preDelayMs / 1000) * SAMPLE_RATE))
  // The input is kept before the room is added to it, so that in and out can be one buffer.
  const waitLeft = new Float32Array(pre)
  const waitRight = new Float32Array(pre)
  let waiting = 0
  const smears = new Float64Array(SMEAR_SIZE * 6)
  let d0 = 0
  let d1 = 0
  let d2 = 0
  let d3 = 0
  let d4 = 0
  let d5 = 0
  let d6 = 0
  let d7 = 0
  let quiet = Number.POSITIVE_INFINITY
  const ringing = room.seconds * 1.4 * SAMPLE_RATE + 8192
  for (let n = 0; n < input.left.length; n++) {
    const inLeft = (waitLeft[waiting] as number) * level
    const inRight = (waitRight[waiting] as number) * level
    waitLeft[waiting] = input.left[n] as number
    waitRight[waiting] = input.right[n] as number
    waiting = waiting + 1 === pre ? 0 : waiting + 1
    if (inLeft === 0 && inRight === 0) {
      // Nothing in and nothing left ringing: silence costs nothing.
      if (++quiet > ringing) continue
    } else quiet = 0
    const left = smear(smears, 2, n, 83, 0.7, smear(smears, 1, n, 557, 0.62, smear(smears, 0, n, 241, 0.7, inLeft))) * 0.5
    const right = smear(smears, 5, n, 97, 0.7, smear(smears, 4, n, 523, 0.62, smear(smears, 3, n, 277, 0.7, inRight))) * 0.5
    d0 += damping * ((lines[(n - n0) & LINE_MASK] as number) - d0)
    d1 += damping * ((lines[4096 + ((n - n1) & LINE_MASK)] as number) - d1)
    d2 += damping * ((lines[8192 + ((n - n2) & LINE_MASK)] as number) - d2)
    d3 += damping * ((lines[12288 + ((n - n3) & LINE_MASK)] as number) - d3)
    d4 += damping * ((lines[16384 + ((n - n4) & LINE_MASK)] as number) - d4)
    d5 += damping * ((lines[20480 + ((n - n5) & LINE_MASK)] as number) - d5)
    d6 += damping * ((lines[24576 + ((n - n6) & LINE_MASK)] as number) - d6)
    d7 += damping * ((lines[28672 + ((n - n7) & LINE_MASK)] as number) - d7)
    // Hadamard of order 8 in three butterflies.
    const a0 = d0 * g0 + d1 * g1
    const a1 = d0 * g0 - d1 * g1
    const a2 = d2 * g2 + d3 * g3
    const a3 = d2 * g2 - d3 * g3
    const a4 = d4 * g4 + d5 * g5
    const a5 = d4 * g4 - d5 * g5
    const a6 = d6 * g6 + d7 * g7
    const a7 = d6 * g6 - d7 * g7
    const b0 = a0 + a2
    const b1 = a1 + a3
    const b2 = a0 - a2
    const b3 = a1 - a3
    const b4 = a4 + a6
    const b5 = a5 + a7
    const b6 = a4 - a6
    const b7 = a5 - a7
    const at = n & LINE_MASK
    lines[at] = b0 + b4 + left
    lines[4096 + at] = b1 + b5 + right
    lines[8192 + at] = b2 + b6 + left
    lines[12288 + at] = b3 + b7 + right
    lines[16384 + at] = b0 - b4 + left
    lines[20480 + at] = b1 - b5 + right
    lines[24576 + at] = b2 - b6 + left
    lines[28672 + at] = b3 - b7 + right
    output.left[n] = (output.left[n] as number) + (d0 - d2 + d4 - d6) * 0.5
    output.right[n] = (output.right[n] as number) + (d1 - d3 + d5 - d7) * 0.5
  }
}

const SMEAR_SIZE = 1024

/** One all-pass of six that share a buffer: smears a click without colouring it. */
const smear = (rings: Float64Array, slot: number, n: number, length: number, gain: number, x: number): number => {
  const base = slot * SMEAR_SIZE
  const delayed = rings[base + ((n - length) & (SMEAR_SIZE - 1))] as number
  const fed = x + gain * delayed
  rings[base + (n & (SMEAR_SIZE - 1))] = fed
  return delayed - gain * fed
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
export const compress = (
  signal: Stereo,
  thresholdDb: number,
  ratio: number,
  attackMs: number,
  releaseMs: number,
  makeupDb: number,
): Stereo => {
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
