// Between planar f32 blocks and the interleaved sample formats of files. Integer full scale is 2^(bits-1), as decoders have it.
// Dither is hashed from (seed, frame, channel): it repeats exactly and does not depend on block borders.

/** Interleaved signed 16-bit to planar f32; `channels` 1 writes both sides alike. */
export function fromS16(src: usize, left: usize, right: usize, n: i32, channels: i32): void {
  const k = f32x4.splat(1.0 / 32768.0)
  let i = 0
  if (channels == 2) {
    for (; i + 4 <= n; i += 4) {
      const x = v128.load(src)
      src += 16
      const l = i32x4.shr_s(i32x4.shl(x, 16), 16)
      const r = i32x4.shr_s(x, 16)
      v128.store(left + (<usize>i << 2), f32x4.mul(f32x4.convert_i32x4_s(l), k))
      v128.store(right + (<usize>i << 2), f32x4.mul(f32x4.convert_i32x4_s(r), k))
    }
    for (; i < n; i++, src += 4) {
      store<f32>(left + (<usize>i << 2), <f32>load<i16>(src) * (1.0 / 32768.0))
      store<f32>(right + (<usize>i << 2), <f32>load<i16>(src, 2) * (1.0 / 32768.0))
    }
    return
  }
  for (; i + 8 <= n; i += 8, src += 16) {
    const x = v128.load(src)
    const low = f32x4.mul(f32x4.convert_i32x4_s(i32x4.extend_low_i16x8_s(x)), k)
    const high = f32x4.mul(f32x4.convert_i32x4_s(i32x4.extend_high_i16x8_s(x)), k)
    v128.store(left + (<usize>i << 2), low)
    v128.store(left + (<usize>i << 2), high, 16)
    v128.store(right + (<usize>i << 2), low)
    v128.store(right + (<usize>i << 2), high, 16)
  }
  for (; i < n; i++, src += 2) {
    const x = <f32>load<i16>(src) * (1.0 / 32768.0)
    store<f32>(left + (<usize>i << 2), x)
    store<f32>(right + (<usize>i << 2), x)
  }
}

// @ts-ignore: decorator
@inline
function s24At(p: usize): i32 {
  return (<i32>load<u16>(p) | (<i32>load<i8>(p, 2) << 16))
}

/** Interleaved packed little-endian signed 24-bit to planar f32. */
export function fromS24(src: usize, left: usize, right: usize, n: i32, channels: i32): void {
  const k: f32 = 1.0 / 8388608.0
  for (let i = 0; i < n; i++) {
    const l = <f32>s24At(src) * k
    store<f32>(left + (<usize>i << 2), l)
    store<f32>(right + (<usize>i << 2), channels == 2 ? <f32>s24At(src + 3) * k : l)
    src += 3 * <usize>channels
  }
}

/** Interleaved f32 to planar f32. */
export function fromF32(src: usize, left: usize, right: usize, n: i32, channels: i32): void {
  if (channels == 1) {
    memory.copy(left, src, <usize>n << 2)
    memory.copy(right, src, <usize>n << 2)
    return
  }
  let i = 0
  for (; i + 4 <= n; i += 4, src += 32) {
    const a = v128.load(src)
    const b = v128.load(src, 16)
    v128.store(left + (<usize>i << 2), v128.shuffle<f32>(a, b, 0, 2, 4, 6))
    v128.store(right + (<usize>i << 2), v128.shuffle<f32>(a, b, 1, 3, 5, 7))
  }
  for (; i < n; i++, src += 8) {
    store<f32>(left + (<usize>i << 2), load<f32>(src))
    store<f32>(right + (<usize>i << 2), load<f32>(src, 4))
  }
}

/** Planar to interleaved f32, unclipped. */
export function toF32(dst: usize, left: usize, right: usize, n: i32): void {
  let i = 0
  for (; i + 4 <= n; i += 4, dst += 32) {
    const l = v128.load(left + (<usize>i << 2))
    const r = v128.load(right + (<usize>i << 2))
    v128.store(dst, v128.shuffle<f32>(l, r, 0, 4, 1, 5))
    v128.store(dst, v128.shuffle<f32>(l, r, 2, 6, 3, 7), 16)
  }
  for (; i < n; i++, dst += 8) {
    store<f32>(dst, load<f32>(left + (<usize>i << 2)))
    store<f32>(dst, load<f32>(right + (<usize>i << 2)), 4)
  }
}

// @ts-ignore: decorator
@inline
function mix32(x: v128): v128 {
  let h = v128.xor(x, i32x4.shr_u(x, 16))
  h = i32x4.mul(h, i32x4.splat(0x7feb352d))
  h = v128.xor(h, i32x4.shr_u(h, 15))
  h = i32x4.mul(h, i32x4.splat(<i32>0x846ca68b))
  return v128.xor(h, i32x4.shr_u(h, 16))
}

/** Triangular noise of +-1 step: the sum of the two 16-bit halves of one hash. */
// @ts-ignore: decorator
@inline
function tpdf(hash: v128): v128 {
  const a = f32x4.convert_i32x4_s(v128.and(hash, i32x4.splat(0xffff)))
  const b = f32x4.convert_i32x4_s(i32x4.shr_u(hash, 16))
  return f32x4.mul(f32x4.sub(a, b), f32x4.splat(1.0 / 65536.0))
}

// @ts-ignore: decorator
@inline
function quantise(x: v128, full: f32, noise: v128): v128 {
  const scaled = f32x4.add(f32x4.mul(x, f32x4.splat(full)), noise)
  const bounded = f32x4.pmin(f32x4.pmax(f32x4.nearest(scaled), f32x4.splat(-full)), f32x4.splat(full - 1))
  return i32x4.trunc_sat_f32x4_s(bounded)
}

// @ts-ignore: decorator
@inline
function noiseAt(seed: i32, frame: i64, isDithered: bool): v128 {
  if (!isDithered) return f32x4.splat(0)
  const f = <i32>frame * 2
  const index = i32x4.add(i32x4.splat(f), i32x4(0, 1, 2, 3))
  return tpdf(mix32(v128.xor(mix32(index), i32x4.splat(seed ^ <i32>(frame >> 31)))))
}

/** Planar f32 to interleaved signed 16-bit, clipped, with TPDF dither of one step if asked. `frame` is the absolute position of the block. */
export function toS16(dst: usize, left: usize, right: usize, n: i32, isDithered: bool, seed: i32, frame: f64): void {
  const at = <i64>frame
  for (let i = 0; i < n; i += 2, dst += 8) {
    const p = <usize>i << 2
    const isPair = i + 1 < n
    const x = f32x4(load<f32>(left + p), load<f32>(right + p), isPair ? load<f32>(left + p, 4) : 0, isPair ? load<f32>(right + p, 4) : 0)
    const q = quantise(x, 32768, noiseAt(seed, at + i, isDithered))
    const packed = i16x8.narrow_i32x4_s(q, q)
    if (isPair) store<i64>(dst, i64x2.extract_lane(packed, 0))
    else store<i32>(dst, i32x4.extract_lane(packed, 0))
  }
}

/** As `toS16`, packed 24-bit. f32 holds 24 bits, so what comes from 24-bit sources at unity gain goes through unchanged without dither. */
export function toS24(dst: usize, left: usize, right: usize, n: i32, isDithered: bool, seed: i32, frame: f64): void {
  const at = <i64>frame
  for (let i = 0; i < n; i += 2, dst += 12) {
    const p = <usize>i << 2
    const isPair = i + 1 < n
    const x = f32x4(load<f32>(left + p), load<f32>(right + p), isPair ? load<f32>(left + p, 4) : 0, isPair ? load<f32>(right + p, 4) : 0)
    const q = quantise(x, 8388608, noiseAt(seed, at + i, isDithered))
    const packed = i8x16.shuffle(q, q, 0, 1, 2, 4, 5, 6, 8, 9, 10, 12, 13, 14, 0, 0, 0, 0)
    if (isPair) {
      v128.store64_lane(dst, packed, 0)
      v128.store32_lane(dst, packed, 2, 8)
    } else {
      v128.store32_lane(dst, packed, 0)
      v128.store16_lane(dst, packed, 2, 4)
    }
  }
}

/** Packed signed 16-bit to 32-bit, left-justified. */
export function widenS16(dst: usize, src: usize, n: i32): void {
  const zero = i32x4.splat(0)
  let i = 0
  for (; i + 8 <= n; i += 8, src += 16, dst += 32) {
    const x = v128.load(src)
    v128.store(dst, v128.shuffle<i16>(zero, x, 0, 8, 0, 9, 0, 10, 0, 11))
    v128.store(dst, v128.shuffle<i16>(zero, x, 0, 12, 0, 13, 0, 14, 0, 15), 16)
  }
  for (; i < n; i++, src += 2, dst += 4) store<i32>(dst, <i32>load<i16>(src) << 16)
}

/** The same from packed signed 24-bit. */
export function widenS24(dst: usize, src: usize, n: i32): void {
  const zero = i32x4.splat(0)
  let i = 0
  // Four samples lie in the first twelve of sixteen bytes: two samples more have to be there to be read over.
  for (; i + 6 <= n; i += 4, src += 12, dst += 16)
    v128.store(dst, i8x16.shuffle(zero, v128.load(src), 0, 16, 17, 18, 0, 19, 20, 21, 0, 22, 23, 24, 0, 25, 26, 27))
  for (; i < n; i++, src += 3, dst += 4) store<i32>(dst, s24At(src) << 8)
}

/** One channel of f32 that came from 16-bit integers back to them, exactly. */
export function backToS16(dst: usize, src: usize, n: i32): void {
  const k = f32x4.splat(32768.0)
  let i = 0
  for (; i + 8 <= n; i += 8, src += 32, dst += 16) {
    const low = i32x4.trunc_sat_f32x4_s(f32x4.mul(v128.load(src), k))
    const high = i32x4.trunc_sat_f32x4_s(f32x4.mul(v128.load(src, 16), k))
    v128.store(dst, i16x8.narrow_i32x4_s(low, high))
  }
  for (; i < n; i++, src += 4, dst += 2) store<i16>(dst, <i16>(load<f32>(src) * 32768.0))
}
