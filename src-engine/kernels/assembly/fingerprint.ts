// The loops of the acoustic fingerprint, in f64. Every sum runs in the order docs/formats/fingerprint.md was measured with: stored words must not change.
// @ts-ignore: decorator
@inline
function at(ptr: usize, index: i32): usize {
  return ptr + (<usize>index << 3)
}

/** dst = (left + right) / 2; a sample that is no number, or beyond +-8, is 0. */
export function fingerprintMono(dst: usize, left: usize, right: usize, n: i32): void {
  const half = f64x2.splat(0.5)
  const top = f64x2.splat(8)
  let i = 0
  for (; i + 2 <= n; i += 2, left += 8, right += 8, dst += 16) {
    const l = f64x2.promote_low_f32x4(v128.load64_zero(left))
    const r = f64x2.promote_low_f32x4(v128.load64_zero(right))
    const x = f64x2.mul(f64x2.add(l, r), half)
    v128.store(dst, v128.and(x, f64x2.le(f64x2.abs(x), top)))
  }
  if (i < n) {
    const x = (<f64>load<f32>(left) + <f64>load<f32>(right)) * 0.5
    store<f64>(dst, x >= -8 && x <= 8 ? x : 0)
  }
}

/** Between input samples: as many positions have taps of their own. */
const PHASES: i64 = 32
const RATE: f64 = 6000

/** Position of an output sample in the input, in whole 1/PHASES. */
// @ts-ignore: decorator
@inline
function stepOf(emitted: f64, sampleRate: f64): i64 {
  return <i64>NativeMath.round(((emitted * sampleRate) / RATE) * <f64>PHASES)
}

/**
 * Writes the samples at 6 kHz that `length` samples of input, the first of them number `start` of the stream, are enough for; returns how many.
 * `taps` holds a row of 2 * half for each phase. Four sums run side by side: each waits for its own last addition only.
 */
export function fingerprintDownsample(
  dst: usize,
  input: usize,
  length: i32,
  start: f64,
  taps: usize,
  half: i32,
  sampleRate: f64,
  emitted: f64,
): i32 {
  const size = half * 2
  const offset = <i64>half - 1 + <i64>start
  const from = dst
  // At eight times the rate, all samples have the same taps and lie eight apart: eight at once, two to a vector.
  if (sampleRate == 48000) {
    for (;;) {
      const first = <i32>(<i64>emitted * 8 - offset)
      if (first + 56 + size > length) break
      eightOf(dst, at(input, first), taps, size)
      dst += 64
      emitted += 8
    }
  }
  for (;;) {
    const step0 = stepOf(emitted, sampleRate)
    const first0 = <i32>(step0 / PHASES - offset)
    if (first0 + size > length) break
    const row0 = at(taps, <i32>(step0 % PHASES) * size)
    const x0 = at(input, first0)
    const step3 = stepOf(emitted + 3, sampleRate)
    const first3 = <i32>(step3 / PHASES - offset)
    if (first3 + size > length) {
      let sum: f64 = 0
      for (let i = 0; i < size; i++) sum += load<f64>(at(x0, i)) * load<f64>(at(row0, i))
      store<f64>(dst, sum)
      dst += 8
      emitted += 1
      continue
    }
    const step1 = stepOf(emitted + 1, sampleRate)
    const step2 = stepOf(emitted + 2, sampleRate)
    const row1 = at(taps, <i32>(step1 % PHASES) * size)
    const row2 = at(taps, <i32>(step2 % PHASES) * size)
    const row3 = at(taps, <i32>(step3 % PHASES) * size)
    const x1 = at(input, <i32>(step1 / PHASES - offset))
    const x2 = at(input, <i32>(step2 / PHASES - offset))
    const x3 = at(input, first3)
    let sum0: f64 = 0
    let sum1: f64 = 0
    let sum2: f64 = 0
    let sum3: f64 = 0
    for (let i = 0; i < size; i++) {
      sum0 += load<f64>(at(x0, i)) * load<f64>(at(row0, i))
      sum1 += load<f64>(at(x1, i)) * load<f64>(at(row1, i))
      sum2 += load<f64>(at(x2, i)) * load<f64>(at(row2, i))
      sum3 += load<f64>(at(x3, i)) * load<f64>(at(row3, i))
    }
    store<f64>(dst, sum0)
    store<f64>(dst, sum1, 8)
    store<f64>(dst, sum2, 16)
    store<f64>(dst, sum3, 24)
    dst += 32
    emitted += 4
  }
  return <i32>((dst - from) >> 3)
}

function eightOf(dst: usize, x: usize, taps: usize, size: i32): void {
  let sum0 = f64x2.splat(0)
  let sum1 = f64x2.splat(0)
  let sum2 = f64x2.splat(0)
  let sum3 = f64x2.splat(0)
  const end = at(taps, size)
  for (; taps < end; taps += 8, x += 8) {
    const tap = v128.load64_splat(taps)
    sum0 = f64x2.add(sum0, f64x2.mul(v128.load64_lane(x, v128.load64_zero(x), 1, 64), tap))
    sum1 = f64x2.add(sum1, f64x2.mul(v128.load64_lane(x, v128.load64_zero(x, 128), 1, 192), tap))
    sum2 = f64x2.add(sum2, f64x2.mul(v128.load64_lane(x, v128.load64_zero(x, 256), 1, 320), tap))
    sum3 = f64x2.add(sum3, f64x2.mul(v128.load64_lane(x, v128.load64_zero(x, 384), 1, 448), tap))
  }
  v128.store(dst, sum0)
  v128.store(dst, sum1, 16)
  v128.store(dst, sum2, 32)
  v128.store(dst, sum3, 48)
}

/** dst[i] = src[order[i]] * window[order[i]]: a frame on its way into the transform, which wants its input in bit-reversed order. */
export function fingerprintWindow(dst: usize, src: usize, window: usize, order: usize, size: i32): void {
  for (let i = 0; i < size; i++) {
    const from = <i32>load<u32>(order + (<usize>i << 2))
    store<f64>(at(dst, i), load<f64>(at(src, from)) * load<f64>(at(window, from)))
  }
}

/**
 * Transforms two real frames, one as `re` and one as `im`, in place, and writes the power of bins `fromBin` to `toBin` of each. `twiddles` holds,
 * for spans 1, 2, 4 and so on, the cosines of the span and then its sines.
 */
export function fingerprintSpectra(
  re: usize,
  im: usize,
  twiddles: usize,
  size: i32,
  fromBin: i32,
  toBin: i32,
  power0: usize,
  power1: usize,
): void {
  for (let a = 0; a < size; a += 2) {
    const c = load<f64>(twiddles)
    const s = load<f64>(twiddles, 8)
    butterfly(at(re, a), at(im, a), at(re, a + 1), at(im, a + 1), c, s)
  }
  twiddles += 16
  for (let span = 2; span < size; span <<= 1) {
    const sines = at(twiddles, span)
    for (let block = 0; block < size; block += 2 * span) {
      const reA = at(re, block)
      const imA = at(im, block)
      const reB = at(reA, span)
      const imB = at(imA, span)
      const bytes = <usize>span << 3
      for (let k: usize = 0; k < bytes; k += 16) {
        const c = v128.load(twiddles + k)
        const s = v128.load(sines + k)
        const rb = v128.load(reB + k)
        const ib = v128.load(imB + k)
        const x = f64x2.sub(f64x2.mul(rb, c), f64x2.mul(ib, s))
        const y = f64x2.add(f64x2.mul(rb, s), f64x2.mul(ib, c))
        const ra = v128.load(reA + k)
        const ia = v128.load(imA + k)
        v128.store(reB + k, f64x2.sub(ra, x))
        v128.store(imB + k, f64x2.sub(ia, y))
        v128.store(reA + k, f64x2.add(ra, x))
        v128.store(imA + k, f64x2.add(ia, y))
      }
    }
    twiddles = at(sines, span)
  }
  for (let bin = fromBin; bin < toBin; bin++, power0 += 8, power1 += 8) {
    const a = load<f64>(at(re, bin))
    const b = load<f64>(at(im, bin))
    const c = load<f64>(at(re, size - bin))
    const d = load<f64>(at(im, size - bin))
    store<f64>(power0, ((a + c) * (a + c) + (b - d) * (b - d)) / 4)
    store<f64>(power1, ((b + d) * (b + d) + (a - c) * (a - c)) / 4)
  }
}

// @ts-ignore: decorator
@inline
function butterfly(reA: usize, imA: usize, reB: usize, imB: usize, c: f64, s: f64): void {
  const x = load<f64>(reB) * c - load<f64>(imB) * s
  const y = load<f64>(reB) * s + load<f64>(imB) * c
  store<f64>(reB, load<f64>(reA) - x)
  store<f64>(imB, load<f64>(imA) - y)
  store<f64>(reA, load<f64>(reA) + x)
  store<f64>(imA, load<f64>(imA) + y)
}
