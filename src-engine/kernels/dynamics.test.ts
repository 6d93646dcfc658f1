// Compressor against the curve and time constants of its paper; limiter against its ceiling on hostile material.
import { beforeAll, describe, expect, it } from 'vitest'
import { createLoudnessMeter } from '../analysis/index.ts'
import { type Kernels, loadKernels } from './index.ts'
import { makeDevice, run } from './testing/run.ts'
import { bothSides, noise, random, type Stereo, sine, stereo } from './testing/signals.ts'

const RATE = 48_000

let kernels: Kernels
beforeAll(() => {
  kernels = loadKernels()
})

const constant = (db: number, frames: number): Float32Array<ArrayBuffer> => new Float32Array(frames).fill(10 ** (db / 20))
const dbAt = (samples: Float32Array, index: number): number => 20 * Math.log10(Math.abs(samples[index] ?? 0))

/** Giannoulis, Massberg, Reiss 2012, equation 4. */
const curve = (inputDb: number, threshold: number, ratio: number, knee: number): number => {
  const over = inputDb - threshold
  if (2 * over < -knee) return inputDb
  if (knee > 0 && 2 * Math.abs(over) <= knee) return inputDb + ((1 / ratio - 1) * (over + knee / 2) ** 2) / (2 * knee)
  return threshold + over / ratio
}

describe('compressor', () => {
  it.each([
    [-18, 2, 6],
    [-30, 4, 12],
    [-24, 20, 0],
    [-12, 1, 6],
  ])('follows the published curve: threshold %d dB, ratio %d, knee %d dB', (thresholdDb, ratio, kneeDb) => {
    const compressor = makeDevice(kernels, 'compressor', { thresholdDb, ratio, kneeDb, attackMs: 0.1, releaseMs: 5 })
    for (let db = -50; db <= 0; db += 2) {
      compressor.reset()
      const out = run(kernels, compressor, bothSides(constant(db, 4_800)))
      expect(Math.abs(dbAt(out.left, 4_799) - curve(db, thresholdDb, ratio, kneeDb))).toBeLessThan(0.001)
      expect(compressor.gainReductionDb?.()).toBeCloseTo(db - curve(db, thresholdDb, ratio, kneeDb), 3)
    }
  })

  it('attacks and releases with the time constants it states', () => {
    const [attackMs, releaseMs] = [20, 200]
    const compressor = makeDevice(kernels, 'compressor', { thresholdDb: -40, ratio: 2, kneeDb: 0, attackMs, releaseMs })
    const level = constant(-60, RATE * 2)
    level.fill(10 ** (-20 / 20), 4_800, RATE)
    const out = run(kernels, compressor, bothSides(level))
    const reduction = (frame: number): number => 20 * Math.log10(level[frame] ?? 0) - dbAt(out.left, frame)
    // 20 dB over at 2:1 is 10 dB of reduction; 1 - 1/e of it after one time constant.
    expect(reduction(4_800 + (attackMs * RATE) / 1_000 - 1)).toBeCloseTo(10 * (1 - Math.exp(-1)), 2)
    expect(reduction(RATE - 1)).toBeCloseTo(10, 2)
    // The attack smoother follows the release: together the difference of two exponentials.
    const t = 0.2
    const [a, r] = [attackMs / 1_000, releaseMs / 1_000]
    const expected = (10 * (r * Math.exp(-t / r) - a * Math.exp(-t / a))) / (r - a)
    expect(reduction(RATE + t * RATE - 1)).toBeCloseTo(expected, 1)
  })

  it('treats both sides alike when one is loud', () => {
    const compressor = makeDevice(kernels, 'compressor', { thresholdDb: -30, ratio: 10 })
    const out = run(kernels, compressor, { left: constant(0, RATE), right: constant(-20, RATE) })
    expect(dbAt(out.left, RATE - 1) - dbAt(out.right, RATE - 1)).toBeCloseTo(20, 4)
  })
})

/** Signals whose peaks lie between samples, jump out of silence, or never let go. */
const HOSTILE: Readonly<Record<string, () => Stereo>> = {
  'a sine at a quarter of the rate, 45 degrees': () => bothSides(sine({ hz: 12_000, frames: RATE, phase: Math.PI / 4, peak: 1.41 })),
  'a sine near a third of the rate': () => bothSides(sine({ hz: 15_900, frames: RATE, peak: 1.3 })),
  'white noise far above full scale': () => noise(RATE, 3, 4),
  'full-scale steps of random length': () => {
    const next = random(8)
    const signal = stereo(RATE)
    let value = 1
    for (let i = 0; i < RATE; i++) {
      if (next() < 0.2) value = -value
      signal.left[i] = value
      signal.right[i] = next() < 0.5 ? 1 : -1
    }
    return signal
  },
  'bursts out of silence': () => {
    const signal = stereo(RATE)
    const next = random(9)
    for (let at = 1_000; at < RATE - 200; at += 3_000)
      for (let i = 0; i < 100; i++) signal.left[at + i] = (i % 4 < 2 ? 1 : -1) * (0.5 + 2 * next())
    return signal
  },
  'alternating pairs that interpolate highest': () => {
    const signal = stereo(RATE)
    for (let i = 0; i < RATE; i++) {
      const k = i % 96
      const sign = k < 48 ? (k % 2 ? 1 : -1) : k % 2 ? -1 : 1
      signal.left[i] = sign * 0.9
      signal.right[i] = -sign * 0.9
    }
    return signal
  },
}

const truePeakDb = ({ left, right }: Stereo): number => {
  const meter = createLoudnessMeter(kernels, RATE)
  const ptr = [kernels.alloc(left.length * 4), kernels.alloc(left.length * 4)] as const
  kernels.f32(ptr[0], left.length).set(left)
  kernels.f32(ptr[1], left.length).set(right)
  meter.push(ptr[0], ptr[1], left.length)
  for (const p of ptr) kernels.release(p)
  const db = meter.truePeakDb()
  meter.dispose()
  return db
}

describe('limiter', () => {
  it.each(Object.keys(HOSTILE))('holds -1 dBTP on %s', (name) => {
    for (const inputDb of [0, 12]) {
      const limiter = makeDevice(kernels, 'limiter', { ceilingDb: -1, inputDb, releaseMs: 20 })
      const out = run(kernels, limiter, HOSTILE[name]?.() ?? stereo(0))
      expect(truePeakDb(out)).toBeLessThanOrEqual(-1)
    }
  })

  it('leaves what is below the ceiling untouched, late by its latency', () => {
    const limiter = makeDevice(kernels, 'limiter', { ceilingDb: -1 })
    const input = noise(RATE, 4, 0.3)
    const out = run(kernels, limiter, input)
    expect(limiter.gainReductionDb?.()).toBe(0)
    expect(out.left.subarray(limiter.latencyFrames)).toEqual(input.left.subarray(0, RATE - limiter.latencyFrames))
  })

  it('reports how far it turns down and lets go again', () => {
    const limiter = makeDevice(kernels, 'limiter', { ceilingDb: -6, releaseMs: 50 })
    run(kernels, limiter, bothSides(sine({ hz: 997, frames: RATE })))
    expect(limiter.gainReductionDb?.()).toBeCloseTo(6, 0)
    run(kernels, limiter, bothSides(sine({ hz: 997, frames: RATE, peak: 0.1 })))
    expect(limiter.gainReductionDb?.()).toBe(0)
  })
})
