// Mixing and conversion kernels on exact cases: constants, impulses, lengths that are no multiple of four.
import { beforeAll, describe, expect, it } from 'vitest'
import { type Kernels, loadKernels } from './index.ts'
import { noise, random } from './testing/signals.ts'

let kernels: Kernels
beforeAll(() => {
  kernels = loadKernels()
})

const LENGTHS = [1, 3, 4, 7, 64, 129, 1_001]

/** Runs work on a copy of samples in kernel memory, with a guard behind it that must stay untouched. */
const within = (samples: ArrayLike<number>, work: (ptr: number, n: number) => void): Float32Array => {
  const n = samples.length
  const ptr = kernels.alloc((n + 1) * 4)
  kernels.f32(ptr, n).set(samples)
  kernels.f32(ptr, n + 1)[n] = 77
  work(ptr, n)
  const out = kernels.f32(ptr, n + 1).slice()
  kernels.release(ptr)
  expect(out[n]).toBe(77)
  return out.subarray(0, n)
}

describe.each(LENGTHS)('%i samples', (n) => {
  const a = noise(n, 1).left
  const b = noise(n, 2).left

  it('adds, scales and copies exactly', () => {
    const sum = within(a, (dst) => {
      const src = kernels.alloc(n * 4)
      kernels.f32(src, n).set(b)
      kernels.raw.addScaled(dst, src, n, 0.5)
      kernels.release(src)
    })
    expect([...sum]).toEqual([...a].map((x, i) => Math.fround(x + Math.fround((b[i] ?? 0) * 0.5))))
    expect([...within(a, (dst) => kernels.raw.scale(dst, n, 0.25))]).toEqual([...a].map((x) => x * 0.25))
    expect([...within(a, (dst) => kernels.raw.scale(dst, n, 1))]).toEqual([...a])
    expect([...within(a, (dst) => kernels.raw.clear(dst, n))]).toEqual(Array(n).fill(0))
    expect(within(a, (dst) => expect(kernels.raw.peakOf(dst, n)).toBe(Math.max(...a.map(Math.abs)))))
  })

  it('draws lines and fades from their absolute position, so that pieces join', () => {
    const whole = within(new Float32Array(n), (dst) => kernels.raw.rampDbAt(dst, n, -30, 0, 0, n))
    const cut = within(new Float32Array(n), (dst) => {
      const first = n >> 1
      kernels.raw.rampDbAt(dst, first, -30, 0, 0, n)
      kernels.raw.rampDbAt(dst + first * 4, n - first, -30, 0, first, n)
    })
    expect([...cut]).toEqual([...whole])
    for (const curve of [0, 1]) {
      for (const isOut of [0, 1]) {
        const one = within(a, (dst) => kernels.raw.applyFade(dst, n, -2, n - 1, curve, isOut))
        const two = within(a, (dst) => {
          const first = n >> 1
          kernels.raw.applyFade(dst, first, -2, n - 1, curve, isOut)
          kernels.raw.applyFade(dst + first * 4, n - first, first - 2, n - 1, curve, isOut)
        })
        expect([...two]).toEqual([...one])
      }
    }
  })
})

it('fades: linear ones add up to one, equal-power ones keep their power', () => {
  const ones = new Float32Array(500).fill(1)
  const fade = (curve: number, isOut: number) => within(ones, (dst, n) => kernels.raw.applyFade(dst, n, 0, n, curve, isOut))
  const [linearIn, linearOut, powerIn, powerOut] = [fade(0, 0), fade(0, 1), fade(1, 0), fade(1, 1)]
  ones.forEach((_, i) => {
    expect((linearIn[i] ?? 0) + (linearOut[i] ?? 0)).toBeCloseTo(1, 6)
    expect((powerIn[i] ?? 0) ** 2 + (powerOut[i] ?? 0) ** 2).toBeCloseTo(1, 6)
  })
})

it('dB and gain convert to full precision; -144 dB is silence', () => {
  for (const db of [-120, -20, -6.5, 0, 6, 24]) {
    expect(kernels.raw.gainOfDb(db)).toBeCloseTo(10 ** (db / 20), 12)
    expect(kernels.raw.dbOfGain(10 ** (db / 20))).toBeCloseTo(db, 12)
  }
  expect(kernels.raw.gainOfDb(-144)).toBe(0)
  const line = within(new Float32Array(9), (dst, n) => kernels.raw.rampDbAt(dst, n, -144, -144, 0, n))
  expect([...line]).toEqual(Array(9).fill(0))
})

describe.each([1, 2, 5, 1_001])('conversion of %i frames', (n) => {
  const next = random(n)
  const left = integers(n, next, 16)
  const right = integers(n, next, 16)

  it('16-bit goes to float and back unchanged', () => {
    const file = new Int16Array(n * 2)
    for (let i = 0; i < n; i++) file.set([left[i] ?? 0, right[i] ?? 0], i * 2)
    const [src, l, r] = [kernels.alloc(n * 4), kernels.alloc(n * 4), kernels.alloc(n * 4)] as const
    kernels.i16(src, n * 2).set(file)
    kernels.raw.fromS16(src, l, r, n, 2)
    expect([...kernels.f32(l, n)]).toEqual(left.map((x) => x / 32_768))
    expect([...kernels.f32(r, n)]).toEqual(right.map((x) => x / 32_768))
    kernels.raw.toS16(src, l, r, n, 0, 0, 0)
    expect([...kernels.i16(src, n * 2)]).toEqual([...file])
  })

  it('24-bit and float go to float and back unchanged', () => {
    const [src, l, r] = [kernels.alloc(n * 8), kernels.alloc(n * 4), kernels.alloc(n * 4)] as const
    const fine = left.map((x, i) => (x * 256 + (i % 256)) / 8_388_608)
    kernels.f32(l, n).set(fine)
    kernels.f32(r, n).set(right.map((x) => x / 32_768))
    const [first, second] = [kernels.f32(l, n).slice(), kernels.f32(r, n).slice()]
    kernels.raw.toS24(src, l, r, n, 0, 0, 0)
    kernels.raw.fromS24(src, l, r, n, 2)
    expect([...kernels.f32(l, n)]).toEqual([...first])
    expect([...kernels.f32(r, n)]).toEqual([...second])
    kernels.raw.toF32(src, l, r, n)
    kernels.raw.clear(l, n)
    kernels.raw.fromF32(src, l, r, n, 2)
    expect([...kernels.f32(l, n)]).toEqual([...first])
    kernels.raw.fromF32(src, l, r, n, 1)
    expect(kernels.f32(r, n)[0]).toBe(first[0])
  })
})

function integers(n: number, next: () => number, bits: number): number[] {
  return Array.from({ length: n }, () => Math.floor((next() - 0.5) * 2 ** bits))
}

describe('dither', () => {
  const toS16 = (value: number, n: number, seed: number, block = n): number[] => {
    const [dst, l] = [kernels.alloc(n * 4), kernels.alloc(n * 4)] as const
    kernels.raw.fill(l, n, value)
    for (let at = 0; at < n; at += block)
      kernels.raw.toS16(dst + at * 4, l + at * 4, l + at * 4, Math.min(block, n - at), 1, seed, 1_000 + at)
    return [...kernels.i16(dst, n * 2)]
  }

  it('keeps levels below one step on average, with triangular noise', () => {
    const n = 200_000
    const samples = toS16(0.3 / 32_768, n, 5)
    const mean = samples.reduce((sum, x) => sum + x, 0) / samples.length
    const variance = samples.reduce((sum, x) => sum + (x - mean) ** 2, 0) / samples.length
    expect(mean).toBeCloseTo(0.3, 2)
    // A quarter of a step squared: dither 1/6 and rounding 1/12.
    expect(variance).toBeCloseTo(0.25, 2)
    let product = 0
    for (let i = 0; i < n; i++) product += ((samples[2 * i] ?? 0) - mean) * ((samples[2 * i + 1] ?? 0) - mean)
    expect(Math.abs(product / n)).toBeLessThan(0.005)
  })

  it('repeats exactly, differs by seed, and does not depend on blocks', () => {
    const samples = toS16(0.4 / 32_768, 999, 5)
    expect(toS16(0.4 / 32_768, 999, 5)).toEqual(samples)
    expect(toS16(0.4 / 32_768, 999, 5, 7)).toEqual(samples)
    expect(toS16(0.4 / 32_768, 999, 6)).not.toEqual(samples)
  })

  it('clips instead of wrapping', () => {
    expect(toS16(1.5, 3, 1)).toEqual(Array(6).fill(32_767))
    expect(toS16(-1.5, 3, 1)).toEqual(Array(6).fill(-32_768))
  })
})
