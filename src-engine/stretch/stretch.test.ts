// What a stretched sound promises: exact length and pitch, sharp attacks in their places, formants where they belong, the same bits every time.
import { beforeAll, describe, expect, it } from 'vitest'
import { buildKernels } from '../../scripts/build-kernels.mjs'
import { noise, sine } from '../kernels/testing/index.ts'
import { ratioOfCents } from './index.ts'
import { centsBetween, clickAt, clicks, hashOf, hzOf, lineWarp, resonanceNear, soundOf, stretched, vowel } from './testing/sounds.ts'

const SECOND = 48_000

beforeAll(() => void buildKernels())

describe('a stretched and transposed sound', { timeout: 120_000 }, () => {
  it.each([
    [0.5, 0],
    [0.5, 1_200],
    [0.5, -1_200],
    [0.8, -300],
    [1, 700],
    [1, -1_200],
    [1.25, 0],
    [1.25, 300],
    [1.6, -700],
    [2, 0],
    [2, 1_200],
    [2, -700],
    [0.9995, 0],
    [1.0003, 0],
    [1.00116, 0],
    [1.0025, 0],
    [1, 1],
    [1, -3],
    [1.5, -700],
  ])('at %f times the length and %i cents is exact in length and within half a cent, from 110 Hz to 2 kHz', (ratio, cents) => {
    const frames = 3 * SECOND + 7
    for (const hz of [110, 440, 2_000]) {
      const wanted = hz * 2 ** (cents / 1_200)
      const [out = new Float32Array(0)] = stretched(soundOf(sine({ hz, frames, peak: 0.5 })), lineWarp(frames, ratio, cents))
      expect(out.length).toBe(Math.round(frames * ratio))
      expect(Math.abs(centsBetween(hzOf(out, wanted, 9_600, out.length - 9_600), wanted))).toBeLessThan(0.5)
      const level = out.subarray(9_600, out.length - 9_600).reduce((most, sample) => Math.max(most, sample), 0)
      expect(Math.abs(20 * Math.log10(level / 0.5))).toBeLessThan(1)
    }
  })

  it.each([
    [0.5, 0],
    [0.8, 0],
    [0.95, 300],
    [1.0007, 0],
    [1.03, 0],
    [1.1, 0],
    [1.25, 0],
    [1.25, 300],
    [1.25, -300],
    [1.6, -700],
    [2, 0],
    [2, -700],
    [2, 1_200],
    [0.5, -1_200],
    [1, -1_200],
  ])('at %f times the length and %i cents keeps clicks within 2.5 ms and 1 ms of their place', (ratio, cents) => {
    const { sound, at } = clicks(4 * SECOND, SECOND / 2)
    const [out = new Float32Array(0)] = stretched(soundOf(sound), lineWarp(sound.length, ratio, cents))
    for (const frame of at) {
      const { smearMs, lateMs } = clickAt(out, frame * ratio, Math.min(9_600, 10_000 * ratio))
      expect(smearMs).toBeLessThanOrEqual(2.5)
      expect(Math.abs(lateMs)).toBeLessThanOrEqual(1)
    }
  })

  it('follows a tempo map: every anchor is hit within 1 ms', () => {
    const { sound, at } = clicks(10 * SECOND, SECOND, SECOND)
    const anchors: [number, number][] = [[0, 0]]
    for (const slope of [1, 1.2, 0.85, 1.4, 0.75, 1.05, 1.1, 0.9, 1.25, 1]) {
      const [source, out] = anchors.at(-1) ?? [0, 0]
      anchors.push([source + SECOND, out + Math.round(SECOND * slope)])
    }
    const [out = new Float32Array(0)] = stretched(soundOf(sound), { anchors, cents: 0, keepsFormants: false })
    expect(out.length).toBe(anchors.at(-1)?.[1])
    for (const frame of at) {
      const anchor = anchors.find(([source]) => source === frame - 24)
      expect(Math.abs(clickAt(out, (anchor?.[1] ?? 0) + 24, 6_000).lateMs)).toBeLessThanOrEqual(1)
    }
  })

  it('starts in the middle of a sound and ends there, exactly as long as asked', () => {
    const frames = 6 * SECOND
    const warp = {
      anchors: [
        [SECOND, 0],
        [2 * SECOND, 55_555],
        [3 * SECOND, 99_999],
      ],
      cents: 150,
      keepsFormants: false,
    } as const
    const [out = new Float32Array(0)] = stretched(soundOf(sine({ hz: 440, frames, peak: 0.5 })), warp)
    expect(out.length).toBe(99_999)
    // No hole and no click at either end: the sound was there before and goes on after.
    for (const part of [out.subarray(0, 2_000), out.subarray(-2_000)]) expect(Math.max(...part)).toBeGreaterThan(0.4)
  })

  it.each([115, 130, 200])('takes the formants of a voice at %i Hz along, or keeps them', (hz) => {
    const frames = 2 * SECOND
    const sound = vowel(hz, frames)
    const before = resonanceNear(sound, 2_440)
    expect(before).toBeGreaterThan(2_340)
    for (const cents of [-400, 400]) {
      const factor = 2 ** (cents / 1_200)
      const [moved = sound] = stretched(soundOf(sound), lineWarp(frames, 1, cents))
      const [kept = sound] = stretched(soundOf(sound), lineWarp(frames, 1, cents, true))
      expect(Math.abs(resonanceNear(moved, 2_440 * factor) / (before * factor) - 1)).toBeLessThan(0.04)
      expect(Math.abs(resonanceNear(kept, 2_440) / before - 1)).toBeLessThan(0.04)
      expect(Math.abs(centsBetween(hzOf(kept, hz * factor, 9_600, frames - 9_600), hz * factor))).toBeLessThan(0.5)
    }
  })

  it('is silent where the source is for long, and whole on both sides of it', () => {
    const sound = new Float32Array(12 * SECOND)
    sound.set(sine({ hz: 300, frames: 2 * SECOND, peak: 0.5 }), SECOND)
    sound.set(sine({ hz: 300, frames: 2 * SECOND, peak: 0.5 }), 9 * SECOND)
    const [out = new Float32Array(0)] = stretched(soundOf(sound), lineWarp(sound.length, 1.25))
    expect(out.subarray(5 * SECOND, 10 * SECOND).every((sample) => sample === 0)).toBe(true)
    for (const from of [1.5, 11.5]) {
      const part = out.subarray(from * SECOND, (from + 1.5) * SECOND)
      expect(Math.abs(centsBetween(hzOf(part, 300, 0, part.length), 300))).toBeLessThan(0.5)
    }
  })

  it('keeps both sides of a stereo sound apart, and a mono one single', () => {
    const frames = 2 * SECOND
    const [left = new Float32Array(0), right = left] = stretched(
      soundOf(sine({ hz: 500, frames, peak: 0.5 }), new Float32Array(frames)),
      lineWarp(frames, 1.1, 200),
    )
    expect(Math.max(...left)).toBeGreaterThan(0.4)
    expect(Math.max(...right.map(Math.abs))).toBeLessThan(1e-4)
    expect(stretched(soundOf(sine({ hz: 500, frames })), lineWarp(frames, 0.9)).length).toBe(1)
  })

  it('takes what no music has: a sound rushed through, slowed 40 times, a single frame', () => {
    const { left } = noise(3 * SECOND, 1)
    const rushed = {
      anchors: [
        [0, 0],
        [3 * SECOND, 100],
      ] as const,
      cents: 0,
      keepsFormants: false,
    }
    expect(stretched(soundOf(left), rushed)[0]?.length).toBe(100)
    const [slow = left] = stretched(soundOf(left.subarray(0, 2_000)), lineWarp(2_000, 40, 2_400))
    expect(slow.length).toBe(80_000)
    expect(slow.every(Number.isFinite)).toBe(true)
    expect(stretched(soundOf(left.subarray(0, 1)), lineWarp(1, 1, -100))[0]?.length).toBe(1)
  })

  it('is the same, bit by bit, every time', () => {
    expect(hashOf()).toBe(hashOf())
  })
})

describe('pitch ratios', () => {
  it('are within 0.03 cents for every cent of two octaves each way, and exact for octaves', () => {
    for (let cents = -2_400; cents <= 2_400; cents++) {
      const { up, down } = ratioOfCents(cents)
      expect(Math.abs(centsBetween(up / down, 2 ** (cents / 1_200)))).toBeLessThan(0.03)
    }
    expect(ratioOfCents(1_200)).toEqual({ up: 2, down: 1 })
    expect(ratioOfCents(-2_400)).toEqual({ up: 1, down: 4 })
  })
})
