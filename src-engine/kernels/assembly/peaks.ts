// Waveform peaks: smallest and largest sample of every 256 frames as pairs of i16, and the same of pairs of pairs.

const FRAMES: i32 = 256

// @ts-ignore: decorator
@inline
function toI16(x: f32): i32 {
  // NaN becomes 0 by the saturating conversion.
  return <i32>max<f32>(-32768, min<f32>(32767, x))
}

/** Extends (low, high) of a bucket by n samples; the bucket is two f32 at `state`. */
export function peaksExtend(src: usize, n: i32, state: usize): void {
  let low = f32x4.splat(load<f32>(state))
  let high = f32x4.splat(load<f32>(state, 4))
  let low2 = low
  let high2 = high
  const end = src + (<usize>n << 2)
  for (; src + 32 <= end; src += 32) {
    const a = v128.load(src)
    const b = v128.load(src, 16)
    low = f32x4.pmin(low, a)
    high = f32x4.pmax(high, a)
    low2 = f32x4.pmin(low2, b)
    high2 = f32x4.pmax(high2, b)
  }
  for (; src < end; src += 4) {
    const x = v128.load32_splat(src)
    low = f32x4.pmin(low, x)
    high = f32x4.pmax(high, x)
  }
  low = f32x4.pmin(low, low2)
  high = f32x4.pmax(high, high2)
  store<f32>(state, min(min(f32x4.extract_lane(low, 0), f32x4.extract_lane(low, 1)), min(f32x4.extract_lane(low, 2), f32x4.extract_lane(low, 3))))
  store<f32>(state, max(max(f32x4.extract_lane(high, 0), f32x4.extract_lane(high, 1)), max(f32x4.extract_lane(high, 2), f32x4.extract_lane(high, 3))), 4)
}

/** Writes a bucket as two i16, rounded outwards, and empties it. */
export function peaksClose(state: usize, dst: usize): void {
  store<i16>(dst, <i16>toI16(NativeMathf.floor(load<f32>(state) * 32768)))
  store<i16>(dst, <i16>toI16(NativeMathf.ceil(load<f32>(state, 4) * 32768)), 2)
  store<f32>(state, Infinity)
  store<f32>(state, -Infinity, 4)
}

/** Whole buckets of 256 frames from src; `state` must be empty. */
export function peaksOf(src: usize, buckets: i32, state: usize, dst: usize): void {
  for (let i = 0; i < buckets; i++) {
    peaksExtend(src, FRAMES, state)
    peaksClose(state, dst)
    src += FRAMES << 2
    dst += 4
  }
}

/** Halves a level: `pairs` (low, high) become ceil(pairs / 2). */
export function peaksHalve(src: usize, pairs: i32, dst: usize): void {
  let i = 0
  for (; i + 1 < pairs; i += 2, src += 8, dst += 4) {
    store<i16>(dst, min<i16>(load<i16>(src), load<i16>(src, 4)))
    store<i16>(dst, max<i16>(load<i16>(src, 2), load<i16>(src, 6)), 2)
  }
  if (i < pairs) store<i32>(dst, load<i32>(src))
}
