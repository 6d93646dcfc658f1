import { describe, expect, it } from 'vitest'
import { delayOf } from './delay.ts'
import { noise } from './noise.ts'

const input = new Float32Array(20_000)
noise(1, 0.25)(input)

const delayed = (frames: number, gain: number): Float32Array => {
  const output = new Float32Array(input.length)
  for (let i = frames; i < output.length; i++) output[i] = gain * (input[i - frames] as number)
  return output
}

describe('measuring a delay', () => {
  it.each([
    [0, 1],
    [64, 0.01],
    [8_192, -3],
  ])('finds %i frames at gain %f', (frames, gain) => {
    const found = delayOf(input, delayed(frames, gain), { window: 4_096, maxDelay: 10_000 })
    expect(found.delay).toBe(frames)
    expect(found.likeness).toBeCloseTo(1, 5)
  })

  it('says when nothing of the input comes out', () => {
    const other = new Float32Array(input.length)
    noise(99, 0.25)(other)
    expect(delayOf(input, other, { window: 4_096, maxDelay: 4_000 }).likeness).toBeLessThan(0.1)
    expect(delayOf(input, new Float32Array(input.length), { window: 4_096, maxDelay: 4_000 }).likeness).toBe(0)
    expect(delayOf(input, new Float32Array(input.length).fill(Number.NaN), { window: 4_096, maxDelay: 10 }).likeness).toBe(0)
  })
})
