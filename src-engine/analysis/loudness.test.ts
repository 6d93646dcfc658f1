// The meter against the test signals of EBU Tech 3341 and 3342, synthesised as those documents describe them, and against ffmpeg.
import { spawnSync } from 'node:child_process'
import { beforeAll, describe, expect, it } from 'vitest'
import { type Kernels, loadKernels } from '../kernels/index.ts'
import { noise, type Stereo, stereo } from '../kernels/testing/signals.ts'
import { createLoudnessMeter, type LoudnessMeter } from './index.ts'

let kernels: Kernels
beforeAll(() => {
  kernels = loadKernels()
})

const measure = ({ left, right }: Stereo, rate = 48_000, block = 4_096): LoudnessMeter => {
  const meter = createLoudnessMeter(kernels, rate)
  const ptr = [kernels.alloc(block * 4), kernels.alloc(block * 4)] as const
  for (let at = 0; at < left.length; at += block) {
    const frames = Math.min(block, left.length - at)
    kernels.f32(ptr[0], frames).set(left.subarray(at, at + frames))
    kernels.f32(ptr[1], frames).set(right.subarray(at, at + frames))
    meter.push(ptr[0], ptr[1], frames)
  }
  for (const p of ptr) kernels.release(p)
  return meter
}

type Part = readonly [db: number, seconds: number]

/** A stereo 1 kHz sine, in phase, through parts of given peak level. */
const tones = (parts: readonly Part[], rate = 48_000, hz = 1_000): Stereo => {
  const signal = stereo(parts.reduce((sum, [, seconds]) => sum + Math.round(seconds * rate), 0))
  let at = 0
  for (const [db, seconds] of parts) {
    const end = at + Math.round(seconds * rate)
    const gain = 10 ** (db / 20)
    for (; at < end; at++) signal.left[at] = signal.right[at] = gain * Math.sin((2 * Math.PI * hz * at) / rate)
  }
  return signal
}

describe('integrated loudness, EBU Tech 3341 table 1', () => {
  const cases: readonly (readonly [number, number, readonly Part[]])[] = [
    [1, -23, [[-23, 20]]],
    [2, -33, [[-33, 20]]],
    [
      3,
      -23,
      [
        [-36, 10],
        [-23, 60],
        [-36, 10],
      ],
    ],
    [
      4,
      -23,
      [
        [-72, 10],
        [-36, 10],
        [-23, 60],
        [-36, 10],
        [-72, 10],
      ],
    ],
    [
      5,
      -23,
      [
        [-26, 20],
        [-20, 20.1],
        [-26, 20],
      ],
    ],
  ]
  it.each(cases)('case %i reads %d LUFS within 0.1', (_number, expected, parts) => {
    const meter = measure(tones(parts))
    expect(Math.abs(meter.integratedLufs() - expected)).toBeLessThan(0.1)
    meter.dispose()
  })

  it.each([44_100, 48_000, 88_200, 96_000, 22_050])('reads the same at %i Hz', (rate) => {
    const meter = measure(tones([[-23, 10]], rate), rate)
    expect(Math.abs(meter.integratedLufs() + 23)).toBeLessThan(0.05)
    expect(Math.abs(meter.momentaryLufs() + 23)).toBeLessThan(0.05)
    expect(Math.abs(meter.shortTermLufs() + 23)).toBeLessThan(0.05)
  })

  it('is silent for silence and holds nothing of broken samples', () => {
    expect(measure(stereo(48_000)).integratedLufs()).toBe(Number.NEGATIVE_INFINITY)
    const broken = tones([[-23, 20]])
    broken.left[1_000] = Number.NaN
    expect(Math.abs(measure(broken).integratedLufs() + 23)).toBeLessThan(0.2)
  })
})

describe('short-term and momentary loudness, EBU Tech 3341 table 1', () => {
  it('case 9: short-term stays at -23 LUFS', () => {
    const signal = tones(
      Array.from({ length: 5 }, (): Part[] => [
        [-20, 1.34],
        [-30, 1.66],
      ]).flat(),
    )
    const whole = measure(signal)
    expect(Math.abs(whole.maxShortTermLufs() + 23)).toBeLessThan(0.1)
    expect(Math.abs(whole.shortTermLufs() + 23)).toBeLessThan(0.1)
  })

  it('case 12: momentary stays at -23 LUFS', () => {
    const signal = tones(
      Array.from({ length: 25 }, (): Part[] => [
        [-20, 0.18],
        [-30, 0.22],
      ]).flat(),
    )
    expect(Math.abs(measure(signal).maxMomentaryLufs() + 23)).toBeLessThan(0.1)
  })

  it.each([0, 1, 5, 19])('case 10: 3 s of tone after %i steps of 150 ms reach -23 LUFS short-term', (i) => {
    const signal = tones([
      [-150, 0.15 * i],
      [-23, 3],
      [-150, 1],
    ])
    expect(Math.abs(measure(signal).maxShortTermLufs() + 23)).toBeLessThan(0.1)
  })
})

describe('true peak, EBU Tech 3341 table 1', () => {
  /** A sine at a fraction of the rate and a phase, faded in and out so that only the steady part peaks. */
  const peakTone = (divisor: number, degrees: number, peak: number): Stereo => {
    const signal = stereo(24_000)
    for (let i = 0; i < 24_000; i++) {
      const fade = Math.min(1, i / 4_800, (23_999 - i) / 4_800)
      signal.left[i] = signal.right[i] = fade * peak * Math.sin((2 * Math.PI * i) / divisor + (degrees * Math.PI) / 180)
    }
    return signal
  }
  it.each([
    [15, 4, 0, 0.5, -6],
    [16, 4, 45, 0.5, -6],
    [17, 6, 60, 0.5, -6],
    [18, 8, 67.5, 0.5, -6],
    [19, 4, 45, 1.41, 3],
  ])('case %i (rate/%i, %d degrees) is within +0.2/-0.4 dB', (_number, divisor, degrees, peak, expected) => {
    const db = measure(peakTone(divisor, degrees, peak)).truePeakDb()
    expect(db).toBeLessThan(expected + 0.2)
    expect(db).toBeGreaterThan(expected - 0.4)
  })

  it.each([20, 21, 22, 23])('case %i: a peak between samples reads 0 dBTP, at any offset', (number) => {
    // Four times oversampled burst of which every fourth sample is kept.
    const offset = number - 20
    const signal = stereo(9_600)
    for (let i = 0; i < 9_600; i++) {
      const at = 4 * i + offset - 19_200
      // A band-limited pulse whose largest value lies exactly on the four-times grid.
      const x = (Math.PI * at) / 4
      const window = Math.abs(at) < 400 ? 0.5 + 0.5 * Math.cos((Math.PI * at) / 400) : 0
      signal.left[i] = signal.right[i] = (at === 0 ? 1 : Math.sin(0.8 * x) / (0.8 * x)) * window
    }
    const db = measure(signal).truePeakDb()
    expect(db).toBeLessThan(0.2)
    expect(db).toBeGreaterThan(-0.4)
  })

  it('reads the same whatever the block length', () => {
    const signal = noise(20_000, 5)
    const whole = measure(signal, 48_000, 20_000)
    for (const block of [1, 7, 480, 4_800]) {
      const meter = measure(signal, 48_000, block)
      expect(meter.truePeakDb()).toBe(whole.truePeakDb())
      expect(meter.samplePeakDb()).toBe(whole.samplePeakDb())
      expect(meter.integratedLufs()).toBeCloseTo(whole.integratedLufs(), 12)
    }
  })
})

describe('loudness range, EBU Tech 3342', () => {
  const cases: readonly (readonly [number, number, readonly Part[]])[] = [
    [
      1,
      10,
      [
        [-20, 20],
        [-30, 20],
      ],
    ],
    [
      2,
      5,
      [
        [-20, 20],
        [-15, 20],
      ],
    ],
    [
      3,
      20,
      [
        [-40, 20],
        [-20, 20],
      ],
    ],
    [
      4,
      15,
      [
        [-50, 20],
        [-35, 20],
        [-20, 20],
        [-35, 20],
        [-50, 20],
      ],
    ],
  ]
  it.each(cases)('case %i reads %d LU within 1', (_number, expected, parts) => {
    expect(Math.abs(measure(tones(parts)).rangeLu() - expected)).toBeLessThan(1)
  })
})

const hasFfmpeg = spawnSync('ffmpeg', ['-version']).status === 0

describe.skipIf(!hasFfmpeg)('against ffmpeg ebur128', () => {
  it('agrees to its printed precision', () => {
    const signal = noise(48_000 * 20, 11, 0.8)
    for (let i = 0; i < signal.left.length; i++) {
      const swell = 0.05 + 0.95 * Math.abs(Math.sin((Math.PI * i) / (48_000 * 7)))
      signal.left[i] = (signal.left[i] ?? 0) * swell
      signal.right[i] = (signal.right[i] ?? 0) * swell * 0.5
    }
    // Music has little near the top, where interpolators differ by design.
    for (const samples of [signal.left, signal.right])
      for (let i = 2; i < samples.length; i++) samples[i] = ((samples[i] ?? 0) + (samples[i - 1] ?? 0) + (samples[i - 2] ?? 0)) / 2
    const interleaved = new Float32Array(signal.left.length * 2)
    for (let i = 0; i < signal.left.length; i++) {
      interleaved[i * 2] = signal.left[i] ?? 0
      interleaved[i * 2 + 1] = signal.right[i] ?? 0
    }
    const { stderr } = spawnSync(
      'ffmpeg',
      '-nostats -hide_banner -f f32le -ar 48000 -ac 2 -i pipe:0 -af ebur128=peak=true -f null -'.split(' '),
      { input: Buffer.from(interleaved.buffer), encoding: 'utf8', maxBuffer: 2 ** 26 },
    )
    const summary = stderr.slice(stderr.lastIndexOf('Summary:'))
    const read = (name: string): number => Number(new RegExp(`${name}:\\s+(-?[\\d.]+)`).exec(summary)?.[1])
    const meter = measure(signal)
    expect(Math.abs(meter.integratedLufs() - read('I'))).toBeLessThan(0.06)
    expect(Math.abs(meter.rangeLu() - read('LRA'))).toBeLessThan(0.2)
    expect(Math.abs(meter.truePeakDb() - read('Peak'))).toBeLessThan(0.2)
  })
})
