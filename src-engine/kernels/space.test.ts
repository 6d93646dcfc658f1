// Reverb by its decay, density and stereo image; delay by its echoes; saturation by its aliases; filter and equaliser by their curves.
import { beforeAll, describe, expect, it } from 'vitest'
import { type Kernels, loadKernels } from './index.ts'
import { makeDevice, run } from './testing/run.ts'
import { bothSides, noise, type Stereo, sine, stereo } from './testing/signals.ts'

const RATE = 48_000

let kernels: Kernels
beforeAll(() => {
  kernels = loadKernels()
})

const impulse = (frames: number, at = 0): Stereo => {
  const signal = stereo(frames)
  signal.left[at] = 1
  signal.right[at] = 1
  return signal
}

/** Level of one frequency in dB (Hann window), relative to a sine of peak 1. */
const levelAt = (samples: Float32Array, hz: number): number => {
  let [re, im] = [0, 0]
  const n = samples.length
  for (let i = 0; i < n; i++) {
    const window = 1 - Math.cos((2 * Math.PI * i) / n)
    const angle = (2 * Math.PI * hz * i) / RATE
    re += (samples[i] ?? 0) * window * Math.cos(angle)
    im += (samples[i] ?? 0) * window * Math.sin(angle)
  }
  return 20 * Math.log10((2 * Math.hypot(re, im)) / n)
}

/** Seconds in which energy falls by 60 dB, from the -5 to -35 dB stretch of the backward integral (Schroeder; ISO 3382 T30). */
const decayOf = (samples: Float32Array): number => {
  const curve = new Float64Array(samples.length)
  let sum = 0
  for (let i = samples.length - 1; i >= 0; i--) {
    sum += (samples[i] ?? 0) ** 2
    curve[i] = sum
  }
  const at = (db: number): number => curve.findIndex((x) => x < sum * 10 ** (db / 10))
  return ((at(-35) - at(-5)) / RATE) * 2
}

describe('reverb', () => {
  it.each([
    [0.5, 30],
    [2, 70],
    [6, 100],
  ])('decays by 60 dB in its %d s at size %d', (decaySeconds, sizePercent) => {
    const reverb = makeDevice(kernels, 'reverb', { decaySeconds, sizePercent, dampingHz: 20_000, lowCutHz: 20, preDelayMs: 0 })
    const out = run(kernels, reverb, impulse(Math.ceil(RATE * decaySeconds * 1.5)))
    // Measured below the damping: low-passed by two passes of a running mean.
    const soft = out.left.map((_, i, x) => (i < 16 ? 0 : x.subarray(i - 16, i).reduce((sum, v) => sum + v, 0) / 16))
    expect(decayOf(soft) / decaySeconds).toBeGreaterThan(0.93)
    expect(decayOf(soft) / decaySeconds).toBeLessThan(1.07)
  })

  it('decays twice as fast at its damping frequency', () => {
    const reverb = makeDevice(kernels, 'reverb', { decaySeconds: 2, dampingHz: 4_000, lowCutHz: 20 })
    const input = bothSides(sine({ hz: 4_000, frames: RATE * 4 }))
    input.left.fill(0, RATE)
    input.right.fill(0, RATE)
    const out = run(kernels, reverb, input)
    const levels = [0, 0.2, 0.4].map((t) => levelAt(out.left.subarray(RATE * (1.1 + t), RATE * (1.1 + t) + 9_600), 4_000))
    const perSecond = ((levels[0] ?? 0) - (levels[2] ?? 0)) / 0.4
    expect(perSecond).toBeGreaterThan(60 * 0.75)
    expect(perSecond).toBeLessThan(60 * 1.3)
  })

  it('fills both sides differently, evenly, and about as loud as its input', () => {
    const reverb = makeDevice(kernels, 'reverb', { lowCutHz: 20, dampingHz: 20_000 })
    const input = noise(RATE * 6, 2, 0.5)
    const out = run(kernels, reverb, input)
    const power = (x: Float32Array): number => x.subarray(RATE * 3).reduce((sum, v) => sum + v * v, 0)
    let cross = 0
    for (let i = RATE * 3; i < out.left.length; i++) cross += (out.left[i] ?? 0) * (out.right[i] ?? 0)
    expect(Math.abs(cross) / Math.sqrt(power(out.left) * power(out.right))).toBeLessThan(0.1)
    expect(Math.abs(10 * Math.log10(power(out.left) / power(out.right)))).toBeLessThan(1)
    expect(Math.abs(10 * Math.log10(power(out.left) / power(input.left)))).toBeLessThan(4)
  })

  it('is dense: its tail is distributed as noise is', () => {
    const reverb = makeDevice(kernels, 'reverb', { decaySeconds: 3, preDelayMs: 0, dampingHz: 12_000 })
    const out = run(kernels, reverb, impulse(RATE))
    // Abel and Huang's echo density: the share of samples beyond one standard deviation against that of Gaussian noise, 1 when fully mixed.
    const density = (from: number): number => {
      const part = out.left.subarray(from, from + 4_800)
      const deviation = Math.sqrt(part.reduce((sum, x) => sum + x * x, 0) / part.length)
      return part.filter((x) => Math.abs(x) > deviation).length / part.length / 0.3173
    }
    expect(density(RATE * 0.25)).toBeGreaterThan(0.9)
    expect(density(RATE * 0.6)).toBeGreaterThan(0.9)
  })

  it('starts after its pre-delay', () => {
    const first = (preDelayMs: number): number =>
      run(kernels, makeDevice(kernels, 'reverb', { preDelayMs }), impulse(RATE)).left.findIndex((x) => x !== 0)
    expect(first(100) - first(0)).toBe(4_800)
  })
})

describe('delay', () => {
  const params = { timeMs: 250, feedbackPercent: 50, lowCutHz: 20, highCutHz: 20_000, mixPercent: 50 }
  const peaks = (samples: Float32Array, count: number): number[] =>
    Array.from({ length: count }, (_, k) => Math.max(...samples.subarray(12_000 * k, 12_000 * k + 100).map(Math.abs)))

  it('echoes at its time, each as much quieter as the feedback says', () => {
    const out = run(kernels, makeDevice(kernels, 'delay', params), impulse(RATE * 2))
    const [dry = 0, first = 0, second = 0, third = 0] = peaks(out.left, 4)
    expect(dry).toBe(0.5)
    // The loop's filters at the edge of hearing round the impulse a little.
    expect(second / first).toBeGreaterThan(0.35)
    expect(second / first).toBeLessThan(0.5)
    expect(third).toBeLessThan(second)
  })

  it('ping-pong starts left and alternates', () => {
    const out = run(kernels, makeDevice(kernels, 'delay', { ...params, isPingPong: 1, mixPercent: 100 }), impulse(RATE * 2))
    const [left, right] = [peaks(out.left, 5), peaks(out.right, 5)]
    expect([left[1], right[2], left[3]].every((x) => (x ?? 0) > 0.2)).toBe(true)
    expect([right[1], left[2], right[3]].every((x) => (x ?? 1) < 0.01)).toBe(true)
  })

  it('changes its time without a click', () => {
    const delay = makeDevice(kernels, 'delay', { ...params, feedbackPercent: 0, mixPercent: 100 })
    const out = run(kernels, delay, bothSides(sine({ hz: 100, frames: RATE * 2, peak: 0.5 })), { gesture: [[RATE, 'timeMs', 133.3]] })
    let steepest = 0
    for (let i = RATE - 100; i < RATE + 4_000; i++) steepest = Math.max(steepest, Math.abs((out.left[i] ?? 0) - (out.left[i - 1] ?? 0)))
    // A 100 Hz sine of peak 0.5 moves by 0.0065 a frame; the crossfade adds at most 1/1024.
    expect(steepest).toBeLessThan(0.009)
  })
})

describe('saturation', () => {
  it.each([6, 12])('keeps aliases of a loud 5 kHz tone below -80 dB at %d dB drive', (driveDb) => {
    const hz = 5_001
    const saturation = makeDevice(kernels, 'saturation', { driveDb })
    const out = run(kernels, saturation, bothSides(sine({ hz, frames: RATE, peak: 0.5 })))
    const steady = out.left.subarray(4_800, 4_800 + 38_400)
    const fundamental = levelAt(steady, hz)
    for (let harmonic = 5; harmonic < 60; harmonic += 2) {
      // Where the harmonic would fold to without oversampling.
      const folded = Math.abs(((harmonic * hz + RATE / 2) % RATE) - RATE / 2)
      if (folded > 20_000 || Math.abs(folded / hz - Math.round(folded / hz)) < 0.005) continue
      expect(levelAt(steady, folded) - fundamental, `harmonic ${harmonic} at ${folded} Hz`).toBeLessThan(-80)
    }
  })

  it('follows tanh on slow signals and passes quiet ones at unity', () => {
    const saturation = makeDevice(kernels, 'saturation', { driveDb: 12 })
    const input = sine({ hz: 200, frames: RATE, peak: 0.8 })
    const out = run(kernels, saturation, bothSides(input))
    const late = saturation.latencyFrames
    let worst = 0
    for (let i = RATE / 2; i < RATE; i++)
      worst = Math.max(worst, Math.abs((out.left[i] ?? 0) - Math.tanh(10 ** (12 / 20) * (input[i - late] ?? 0))))
    // What remains is the phase of the DC blocker.
    expect(worst).toBeLessThan(0.04)
    const quiet = run(kernels, makeDevice(kernels, 'saturation', { driveDb: 0 }), bothSides(sine({ hz: 1_000, frames: RATE, peak: 0.001 })))
    expect(levelAt(quiet.left.subarray(4_800, 43_200), 1_000)).toBeCloseTo(-60, 1)
  })

  it('leaves no DC behind a bias', () => {
    const saturation = makeDevice(kernels, 'saturation', { driveDb: 18, bias: 0.4 })
    const out = run(kernels, saturation, bothSides(sine({ hz: 480, frames: RATE * 2, peak: 0.5 })))
    expect(Math.abs(out.left.subarray(RATE).reduce((sum, x) => sum + x, 0) / RATE)).toBeLessThan(1e-4)
  })
})

describe('filter', () => {
  it.each([
    [0, [0, -3, -48]],
    [1, [-48, -3, 0]],
    [2, [-21, 0, -21]],
    [3, [0, -60, 0]],
  ])('mode %i passes what it should two octaves and more around 1 kHz', (mode, expected) => {
    const at = (hz: number): number => {
      const out = run(kernels, makeDevice(kernels, 'filter', { mode, cutoffHz: 1_000 }), bothSides(sine({ hz, frames: RATE })))
      return levelAt(out.left.subarray(9_600), hz)
    }
    ;[62.5, 1_000, 16_000].forEach((hz, i) => {
      const wanted = expected[i] ?? 0
      if (wanted > -10) expect(Math.abs(at(hz) - wanted)).toBeLessThan(0.2)
      else expect(at(hz)).toBeLessThan(wanted + 1)
    })
  })
})

describe('equaliser and filter', () => {
  it.each([
    ['eq', [[RATE, 'band3Db', 18]]],
    ['eq', [[RATE, 'band3Type', 0]]],
    ['eq', [[RATE, 'band2Type', 5]]],
    ['filter', [[RATE, 'cutoffHz', 300]]],
    ['filter', [[RATE, 'mode', 3]]],
  ] as const)('%s glides through %j without a click', (kind, gesture) => {
    const params = kind === 'eq' ? { band3Db: -6 } : {}
    const out = run(kernels, makeDevice(kernels, kind, params), bothSides(sine({ hz: 100, frames: RATE * 2, peak: 0.25 })), { gesture })
    let steepest = 0
    for (let i = RATE - 10; i < RATE + 2_000; i++) {
      const [a = 0, b = 0] = [out.left[i - 1], out.left[i]]
      steepest = Math.max(steepest, Math.abs(b - a))
    }
    // The sine itself moves by 0.0033 a frame; a jump of its level at once would be up to 0.25.
    expect(steepest).toBeLessThan(0.02)
  })
})
