// Peak pyramids against a plain scan of the same samples.
import { beforeAll, describe, expect, it } from 'vitest'
import { type Kernels, loadKernels } from '../kernels/index.ts'
import { noise } from '../kernels/testing/signals.ts'
import { createPeakBuilder, PEAK_FRAMES } from './index.ts'

let kernels: Kernels
beforeAll(() => {
  kernels = loadKernels()
})

const FRAMES = 256 * 37 + 11

describe('peak pyramid', () => {
  it.each([1, 100, 256, 1_000, FRAMES])('holds the extremes of every span, pushed in blocks of %i', (block) => {
    const signal = noise(FRAMES, 21, 1.5)
    const builder = createPeakBuilder(kernels, FRAMES)
    const left = kernels.alloc(block * 4)
    const right = kernels.alloc(block * 4)
    for (let at = 0; at < FRAMES; at += block) {
      const frames = Math.min(block, FRAMES - at)
      kernels.f32(left, frames).set(signal.left.subarray(at, at + frames))
      kernels.f32(right, frames).set(signal.right.subarray(at, at + frames))
      builder.push(left, right, frames)
    }
    const pyramid = builder.finish()
    expect(pyramid.lengthFrames).toBe(FRAMES)
    expect(pyramid.levels.at(-1)?.data[0]).toHaveLength(2)
    for (const { framesPerPair, data } of pyramid.levels) {
      ;[signal.left, signal.right].forEach((samples, channel) => {
        const expected: number[] = []
        for (let at = 0; at < FRAMES; at += framesPerPair) {
          const span = samples.subarray(at, at + framesPerPair)
          expected.push(Math.max(-32_768, Math.floor(Math.min(...span) * 32_768)), Math.min(32_767, Math.ceil(Math.max(...span) * 32_768)))
        }
        expect([...(data[channel] ?? [])]).toEqual(expected)
      })
    }
    expect(pyramid.levels[0]?.framesPerPair).toBe(PEAK_FRAMES)
  })
})
