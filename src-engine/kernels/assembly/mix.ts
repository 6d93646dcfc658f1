// Mixing: planar f32 blocks of any length. Every sample depends on its own position only, so results never depend on block borders.
import { exp2x4, gainOfDb, sinQuarter } from './math'

// @ts-ignore: decorator
@inline
function end4(ptr: usize, n: i32): usize {
  return ptr + (<usize>(n & ~3) << 2)
}
// @ts-ignore: decorator
@inline
function end(ptr: usize, n: i32): usize {
  return ptr + (<usize>n << 2)
}

export function clear(dst: usize, n: i32): void {
  memory.fill(dst, 0, <usize>n << 2)
}

export function copy(dst: usize, src: usize, n: i32): void {
  memory.copy(dst, src, <usize>n << 2)
}

/** dst += src * gain */
export function addScaled(dst: usize, src: usize, n: i32, gain: f32): void {
  const g = f32x4.splat(gain)
  const vectorEnd = end4(dst, n)
  const last = end(dst, n)
  for (; dst < vectorEnd; dst += 16, src += 16) v128.store(dst, f32x4.add(v128.load(dst), f32x4.mul(v128.load(src), g)))
  for (; dst < last; dst += 4, src += 4) store<f32>(dst, load<f32>(dst) + load<f32>(src) * gain)
}

/** dst += src * envelope, sample by sample */
export function addEnveloped(dst: usize, src: usize, envelope: usize, n: i32): void {
  const vectorEnd = end4(dst, n)
  const last = end(dst, n)
  for (; dst < vectorEnd; dst += 16, src += 16, envelope += 16)
    v128.store(dst, f32x4.add(v128.load(dst), f32x4.mul(v128.load(src), v128.load(envelope))))
  for (; dst < last; dst += 4, src += 4, envelope += 4) store<f32>(dst, load<f32>(dst) + load<f32>(src) * load<f32>(envelope))
}

export function scale(dst: usize, n: i32, gain: f32): void {
  if (gain == 1) return
  const g = f32x4.splat(gain)
  const vectorEnd = end4(dst, n)
  const last = end(dst, n)
  for (; dst < vectorEnd; dst += 16) v128.store(dst, f32x4.mul(v128.load(dst), g))
  for (; dst < last; dst += 4) store<f32>(dst, load<f32>(dst) * gain)
}

/** dst *= envelope, sample by sample */
export function applyEnvelope(dst: usize, envelope: usize, n: i32): void {
  const vectorEnd = end4(dst, n)
  const last = end(dst, n)
  for (; dst < vectorEnd; dst += 16, envelope += 16) v128.store(dst, f32x4.mul(v128.load(dst), v128.load(envelope)))
  for (; dst < last; dst += 4, envelope += 4) store<f32>(dst, load<f32>(dst) * load<f32>(envelope))
}

export function fill(dst: usize, n: i32, value: f32): void {
  const last = end(dst, n)
  for (; dst < last; dst += 4) store<f32>(dst, value)
}

/** dst[i] = from + (to - from) * (position + i) / length: a piece of a line that is `length` samples long. */
export function rampAt(dst: usize, n: i32, from: f64, to: f64, position: f64, length: f64): void {
  const slope = (to - from) / length
  for (let i: i32 = 0; i < n; i++) store<f32>(dst + (<usize>i << 2), <f32>(from + slope * (position + <f64>i)))
}

/** As `rampAt`, for a line in dB that is written as gain; -144 dB and below is silence. */
export function rampDbAt(dst: usize, n: i32, fromDb: f64, toDb: f64, position: f64, length: f64): void {
  const slope = (toDb - fromDb) / length
  // log2(10) / 20
  const toLog2: f64 = 0.16609640474436813
  for (let i: i32 = 0; i < n; i += 4) {
    const at = position + <f64>i
    const a = fromDb + slope * at
    const b = fromDb + slope * (at + 1)
    const c = fromDb + slope * (at + 2)
    const d = fromDb + slope * (at + 3)
    const db = f32x4(<f32>a, <f32>b, <f32>c, <f32>d)
    const exponent = f32x4(<f32>(a * toLog2), <f32>(b * toLog2), <f32>(c * toLog2), <f32>(d * toLog2))
    const gain = v128.and(exp2x4(exponent), f32x4.gt(db, f32x4.splat(-144)))
    const p = dst + (<usize>i << 2)
    if (i + 4 <= n) v128.store(p, gain)
    else {
      store<f32>(p, f32x4.extract_lane(gain, 0))
      if (i + 1 < n) store<f32>(p + 4, f32x4.extract_lane(gain, 1))
      if (i + 2 < n) store<f32>(p + 8, f32x4.extract_lane(gain, 2))
    }
  }
}

/** Turns a block of dB values into gains in place. */
export function gainsOfDbs(dst: usize, n: i32): void {
  for (let i: i32 = 0; i < n; i++) {
    const p = dst + (<usize>i << 2)
    store<f32>(p, <f32>gainOfDb(<f64>load<f32>(p)))
  }
}

/**
 * Multiplies dst by a piece of a fade that is `length` frames long, starting `position` frames into it; outside 0..length the fade
 * rests at its end value. curve 0 linear, 1 equal power (sine). A fade out is the same fade run backwards: frame i of one is frame
 * length - 1 - i of the other, so that linear fades sum to 1 - 1/(2 length) at worst and equal power ones keep their power.
 */
export function applyFade(dst: usize, n: i32, position: f64, length: f64, curve: i32, isOut: bool): void {
  if (length <= 0) return
  const step = 1.0 / length
  for (let i: i32 = 0; i < n; i++) {
    // Half a frame in: fade in and fade out of the same length are then exact mirrors and add up to one.
    let t = (position + <f64>i + 0.5) * step
    if (isOut) t = 1.0 - t
    if (t >= 1.0) continue
    const gain: f64 = t <= 0.0 ? 0.0 : curve == 0 ? t : sinQuarter(t)
    const p = dst + (<usize>i << 2)
    store<f32>(p, load<f32>(p) * <f32>gain)
  }
}

/** Web Audio StereoPannerNode for a stereo input: equal power, -1 left to 1 right, 0 leaves the block untouched. */
export function panStereo(left: usize, right: usize, n: i32, pan: f32): void {
  if (pan == 0) return
  const p = <f64>pan
  const x: f64 = p < 0 ? 1.0 + p : p
  const g0 = f32x4.splat(<f32>sinQuarter(1.0 - x))
  const g1 = f32x4.splat(<f32>sinQuarter(x))
  // From the channel that loses signal to the one that gains it.
  const from = p < 0 ? right : left
  const to = p < 0 ? left : right
  const keep = p < 0 ? g1 : g0
  const move = p < 0 ? g0 : g1
  const whole = <usize>(n & ~3) << 2
  const total = <usize>n << 2
  let i: usize = 0
  for (; i < whole; i += 16) {
    const x = v128.load(from + i)
    v128.store(to + i, f32x4.add(v128.load(to + i), f32x4.mul(x, move)))
    v128.store(from + i, f32x4.mul(x, keep))
  }
  for (; i < total; i += 4) {
    const x = load<f32>(from + i)
    store<f32>(to + i, load<f32>(to + i) + x * f32x4.extract_lane(move, 0))
    store<f32>(from + i, x * f32x4.extract_lane(keep, 0))
  }
}

/** As `panStereo` with one pan value a frame. */
export function panStereoEnveloped(left: usize, right: usize, pans: usize, n: i32): void {
  const total = <usize>n << 2
  for (let i: usize = 0; i < total; i += 4) {
    const p = <f64>load<f32>(pans + i)
    if (p == 0) continue
    const l = load<f32>(left + i)
    const r = load<f32>(right + i)
    if (p < 0) {
      const x = p < -1.0 ? 0.0 : 1.0 + p
      store<f32>(left + i, l + r * <f32>sinQuarter(1.0 - x))
      store<f32>(right + i, r * <f32>sinQuarter(x))
    } else {
      const x = p > 1.0 ? 1.0 : p
      store<f32>(left + i, l * <f32>sinQuarter(1.0 - x))
      store<f32>(right + i, r + l * <f32>sinQuarter(x))
    }
  }
}

/** Largest absolute sample of a block. */
export function peakOf(src: usize, n: i32): f32 {
  let top = f32x4.splat(0)
  const vectorEnd = end4(src, n)
  const last = end(src, n)
  for (; src < vectorEnd; src += 16) top = f32x4.pmax(top, f32x4.abs(v128.load(src)))
  let peak = max(
    max(f32x4.extract_lane(top, 0), f32x4.extract_lane(top, 1)),
    max(f32x4.extract_lane(top, 2), f32x4.extract_lane(top, 3)),
  )
  for (; src < last; src += 4) {
    const x = abs(load<f32>(src))
    if (x > peak) peak = x
  }
  return peak
}

/** Sum of squares of a block, in f64, for RMS meters. */
export function energyOf(src: usize, n: i32): f64 {
  let a = f64x2.splat(0)
  let b = f64x2.splat(0)
  const vectorEnd = end4(src, n)
  const last = end(src, n)
  for (; src < vectorEnd; src += 16) {
    const x = v128.load(src)
    const lo = f64x2.promote_low_f32x4(x)
    const hi = f64x2.promote_low_f32x4(v128.shuffle<f64>(x, x, 1, 1))
    a = f64x2.add(a, f64x2.mul(lo, lo))
    b = f64x2.add(b, f64x2.mul(hi, hi))
  }
  const s = f64x2.add(a, b)
  let sum = f64x2.extract_lane(s, 0) + f64x2.extract_lane(s, 1)
  for (; src < last; src += 4) {
    const x = <f64>load<f32>(src)
    sum += x * x
  }
  return sum
}
