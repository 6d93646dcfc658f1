// The resampler: exact length, no delay, flat where music is, silent where it must be, and the same bits however the stream is cut.
import { beforeAll, describe, expect, it } from 'vitest'
import { createResampler, type Kernels, loadKernels } from './index.ts'
import { noise, type Stereo, sine, stereo } from './testing/signals.ts'

let kernels: Kernels
beforeAll(() => {
  kernels = loadKernels()
})

const resample = ({ left, right }: Stereo, from: number, to: number, block = 1_152): Stereo => {
  const resampler = createResampler(kernels, from, to)
  const parts: Stereo[] = []
  const keep = (channels: readonly Float32Array[]): void => {
    parts.push({ left: Float32Array.from(channels[0] ?? []), right: Float32Array.from(channels[1] ?? []) })
  }
  for (let at = 0; at < left.length; at += block) {
    const frames = Math.min(block, left.length - at)
    resampler.write([left.subarray(at, at + frames), right.subarray(at, at + frames)], frames, keep)
  }
  resampler.finish(keep)
  resampler.dispose()
  const output = stereo(parts.reduce((sum, part) => sum + part.left.length, 0))
  let at = 0
  for (const part of parts) {
    output.left.set(part.left, at)
    output.right.set(part.right, at)
    at += part.left.length
  }
  return output
}

const both = (samples: Float32Array<ArrayBuffer>): Stereo => ({ left: samples, right: samples.map((x) => -x) })

const PAIRS: readonly (readonly [number, number])[] = [
  [44_100, 48_000],
  [48_000, 44_100],
  [24_000, 48_000],
  [22_050, 48_000],
  [96_000, 48_000],
  [88_200, 48_000],
  [11_025, 48_000],
  [192_000, 48_000],
  [47_999, 48_000],
]

describe.each(PAIRS)('%i Hz to %i Hz', (from, to) => {
  const lower = Math.min(from, to)

  it('gives exactly the length that the ratio asks for', () => {
    for (const frames of [0, 1, 2, 999, 20_000]) {
      expect(resample(stereo(frames), from, to).left.length).toBe(Math.round((frames * to) / from))
    }
  })

  it.each([0.01, 0.2, 0.45])('reproduces a sine at %d of the lower rate in time and level', (fraction) => {
    const hz = lower * fraction
    const frames = from / 4
    const output = resample(both(sine({ hz, frames, rate: from, peak: 0.5 })), from, to)
    const expected = sine({ hz, frames: output.left.length, rate: to, peak: 0.5 })
    const margin = Math.round(to * 0.03)
    let worst = 0
    for (let i = margin; i < output.left.length - margin; i++) {
      worst = Math.max(worst, Math.abs((output.left[i] ?? 0) - (expected[i] ?? 0)), Math.abs((output.right[i] ?? 0) + (expected[i] ?? 0)))
    }
    expect(20 * Math.log10(worst / 0.5)).toBeLessThan(-100)
  })

  it('does not depend on how the stream is cut', () => {
    const input = noise(6_000, 31)
    const whole = resample(input, from, to, 6_000)
    for (const block of [1, 333, 4_096]) {
      const cut = resample(input, from, to, block)
      expect(Buffer.from(cut.left.buffer).equals(Buffer.from(whole.left.buffer)), `blocks of ${block}`).toBe(true)
      expect(Buffer.from(cut.right.buffer).equals(Buffer.from(whole.right.buffer)), `blocks of ${block}`).toBe(true)
    }
  })

  // Only then is there anything above the new range.
  if (from <= to * 1.2) return

  it('keeps what lies above the new range 110 dB down', () => {
    const hz = Math.min(lower * 0.56, from * 0.49)
    const output = resample(both(sine({ hz, frames: from / 4, rate: from })), from, to)
    const margin = Math.round(to * 0.03)
    const rest = output.left.subarray(margin, -margin)
    expect(20 * Math.log10(Math.max(...rest.map(Math.abs)))).toBeLessThan(-108)
  })
})
