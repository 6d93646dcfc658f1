// What every device promises, tested on each of them over a grid of block lengths.
import { beforeAll, describe, expect, it } from 'vitest'
import { DEVICE_KINDS, DEVICE_PARAMETERS, type DeviceKind } from '../../src-shared/remix/index.ts'
import { type DeviceProcessor, type Kernels, loadKernels } from './index.ts'
import { bitsOf, type Gesture, makeDevice, run } from './testing/run.ts'
import { noise, type Stereo, stereo } from './testing/signals.ts'

const RATE = 48_000
const FRAMES = 12_000

/** Settings that make each device do something. */
const AT_WORK: Readonly<Record<DeviceKind, Readonly<Record<string, number>>>> = {
  eq: { band2Db: 6, band3Db: -5, band4Db: 3, band5Db: 2, band6Type: 5 },
  compressor: { thresholdDb: -30, ratio: 4, makeupDb: 6 },
  reverb: { decaySeconds: 0.7, preDelayMs: 4 },
  delay: { timeMs: 7.3, feedbackPercent: 60, isPingPong: 1 },
  saturation: { driveDb: 18, bias: 0.2, mixPercent: 70 },
  filter: { cutoffHz: 900, resonance: 4, mixPercent: 80 },
  limiter: { inputDb: 9, ceilingDb: -2, releaseMs: 30 },
}

/** A gesture in the middle of the sound: parameter changes at given frames. */
const GESTURE: Readonly<Record<DeviceKind, Gesture>> = {
  eq: [
    [3_001, 'band3Db', 9],
    [3_050, 'band2Type', 0],
    [7_000, 'band1Hz', 200],
  ],
  compressor: [
    [3_001, 'thresholdDb', -10],
    [3_050, 'makeupDb', 0],
    [7_000, 'mixPercent', 50],
  ],
  reverb: [
    [3_001, 'sizePercent', 40],
    [3_050, 'decaySeconds', 3],
    [7_000, 'preDelayMs', 20],
  ],
  delay: [
    [3_001, 'timeMs', 30],
    [3_050, 'feedbackPercent', 10],
    [7_000, 'isPingPong', 0],
  ],
  saturation: [
    [3_001, 'driveDb', 3],
    [3_050, 'bias', 0],
    [7_000, 'mixPercent', 100],
  ],
  filter: [
    [3_001, 'cutoffHz', 5_000],
    [3_050, 'mode', 2],
    [7_000, 'resonance', 1],
  ],
  limiter: [
    [3_001, 'ceilingDb', -6],
    [3_050, 'inputDb', 3],
    [7_000, 'releaseMs', 200],
  ],
}

let kernels: Kernels
beforeAll(() => {
  kernels = loadKernels()
})

const device = (kind: DeviceKind, params = AT_WORK[kind]): DeviceProcessor => makeDevice(kernels, kind, params)
const process = (processor: DeviceProcessor, input: Stereo, block: number, gesture: Gesture = []): Stereo =>
  run(kernels, processor, input, { block, gesture })

/** Noise, then silence long enough for devices to flush, then noise again. */
const material = (): Stereo => {
  const input = noise(FRAMES, 7)
  input.left.fill(0, 5_000, 9_000)
  input.right.fill(0, 5_000, 9_000)
  return input
}

describe.each(DEVICE_KINDS)('%s', (kind) => {
  it('sounds the same whatever the block length, through parameter changes', () => {
    const input = material()
    const whole = bitsOf(process(device(kind), input, FRAMES, GESTURE[kind]))
    for (const block of [1, 3, 64, 127, 128, 1_000, 4_096]) {
      expect(bitsOf(process(device(kind), input, block, GESTURE[kind])) === whole, `blocks of ${block}`).toBe(true)
    }
  })

  it('starts afresh after reset', () => {
    const processor = device(kind)
    const first = bitsOf(process(processor, material(), 512))
    processor.reset()
    expect(bitsOf(process(processor, material(), 512)) === first).toBe(true)
  })

  it('recovers from NaN and infinity', () => {
    const processor = device(kind)
    const broken = noise(1_024, 3)
    broken.left[100] = Number.NaN
    broken.right[200] = Number.POSITIVE_INFINITY
    broken.left[300] = 3e38
    process(processor, broken, 256)
    const after = process(processor, noise(RATE, 4), 1_000)
    expect(after.left.every(Number.isFinite) && after.right.every(Number.isFinite)).toBe(true)
  })

  it('falls silent after its input has ended', () => {
    const processor = device(kind)
    process(processor, noise(4_096, 5), 512)
    const rest = process(processor, stereo(RATE * 6), 4_096)
    expect(Math.max(...rest.left.subarray(-4_096), ...rest.right.subarray(-4_096))).toBe(0)
  })

  const hasMix = DEVICE_PARAMETERS[kind].some(({ name }) => name === 'mixPercent')
  if (!hasMix) return

  it('is its input, late by its latency, at mix 0', () => {
    const processor = device(kind, { ...AT_WORK[kind], mixPercent: 0 })
    const input = noise(FRAMES, 9)
    const output = process(processor, input, 500)
    const { latencyFrames } = processor
    expect(output.left.subarray(latencyFrames)).toEqual(input.left.subarray(0, FRAMES - latencyFrames))
    expect(output.right.subarray(latencyFrames)).toEqual(input.right.subarray(0, FRAMES - latencyFrames))
  })
})
