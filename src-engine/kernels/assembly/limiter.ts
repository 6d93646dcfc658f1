// Look-ahead true-peak limiter. Peaks between samples are found at four times the rate, by a long interpolator and by the one that meters use
// (BS.1770-4 Annex 2), which differ near the top of the range; the gain that holds them is kept over a window, released
// exponentially and smoothed by two box filters whose sums are whole numbers, so the gain reaches its depth exactly when the peak does.
import { kaiser, sinc } from './design'
import { sanitise } from './frame'
import { annexTaps } from './loudness'
import { dbOfGain, gainOfDb } from './math'
import { alloc } from './memory'
import { Ramp, RAMP_BYTES } from './ramp'

const CEILING = 0, INPUT = 1, RELEASE = 2
/** Taps on either side of the point between two samples. */
const T: i32 = 10
/** Taps of a phase of the meters' interpolator. */
const METER_TAPS: i32 = 12
const CHUNK: i32 = 256
/** Frames that the gain stays down around a peak, because a peak between samples is made by its neighbours as well. */
const HOLD: i32 = 6
const ONE: f64 = 1073741824.0
const PAD: i32 = 16
// The gain between two samples is not constant, so what was a peak of the input may rise a little again; seen below 0.02 dB.
const MARGIN_DB: f64 = 0.03

// @ts-ignore: decorator
@unmanaged
class Limiter {
  sampleRate: f64
  params: usize
  taps: usize
  meterTaps: usize
  /** Largest factor by which a peak between samples can exceed all samples around it, for this interpolator. */
  overshoot: f32
  window: i32
  box: i32
  inverse: f64
  latency: i32
  /** Frames kept before the new ones in x, more than latency + T. */
  history: i32
  left: usize
  right: usize
  between: usize
  gains: usize
  scratch: usize
  boxes: usize
  boxAt: i32
  sum1: i64
  sum2: i64
  ceiling: f32
  release: f64
  level: f64
  isDirty: bool
  /** Frames since the gain was last held down, and since the input sounded. */
  calm: i32
  quiet: i32
  least: f64
  ramp: Ramp
}

export function limiterCreate(sampleRate: f64): usize {
  const ptr = alloc(offsetof<Limiter>())
  const s = changetype<Limiter>(ptr)
  s.sampleRate = sampleRate
  s.params = alloc(3 * 8)
  s.window = 32
  while (<f64>s.window < sampleRate * 0.0013) s.window <<= 1
  s.box = (s.window + 1 - HOLD) >> 1
  s.inverse = 1.0 / (<f64>s.box * <f64>s.box * ONE)
  s.latency = T + 2 * s.box - 2 + (s.window - 2 * s.box + 1) / 2
  s.history = (s.latency + 2 * T + 8) & ~3
  const bytes = (s.history + CHUNK + PAD) << 2
  s.left = alloc(bytes)
  s.right = alloc(bytes)
  s.between = alloc((4 + CHUNK + PAD) << 2)
  s.gains = alloc((s.window + CHUNK + PAD) << 2)
  s.scratch = alloc((s.window + CHUNK + PAD) << 2)
  s.boxes = alloc(s.box << 4)
  s.taps = alloc(T * 2 * 3 * 4)
  s.meterTaps = alloc(METER_TAPS * 4 * 4)
  s.ramp = changetype<Ramp>(alloc(RAMP_BYTES))
  designTaps(s)
  limiterReset(ptr)
  return ptr
}

/** Taps for 1/4, 2/4 and 3/4 of the way from x[0] to x[1], on x[1 - T] ... x[T]; each sums to one. */
function designTaps(s: Limiter): void {
  let worst: f64 = 0
  for (let phase = 0; phase < 3; phase++) {
    const at = s.taps + <usize>(phase * 2 * T * 4)
    let sum: f64 = 0
    for (let k = 0; k < 2 * T; k++) {
      const x = <f64>(k + 1 - T) - <f64>(phase + 1) * 0.25
      sum += sinc(x) * kaiser(x / <f64>T, 7.0)
    }
    let absolute: f64 = 0
    for (let k = 0; k < 2 * T; k++) {
      const x = <f64>(k + 1 - T) - <f64>(phase + 1) * 0.25
      const tap = (sinc(x) * kaiser(x / <f64>T, 7.0)) / sum
      absolute += NativeMath.abs(tap)
      store<f32>(at + (<usize>k << 2), <f32>tap)
    }
    if (absolute > worst) worst = absolute
  }
  s.overshoot = max(<f32>(worst * 1.001), annexTaps(s.meterTaps))
}

export function limiterDispose(ptr: usize): void {
  const s = changetype<Limiter>(ptr)
  heap.free(s.params)
  heap.free(s.left)
  heap.free(s.right)
  heap.free(s.between)
  heap.free(s.gains)
  heap.free(s.scratch)
  heap.free(s.boxes)
  heap.free(s.taps)
  heap.free(s.meterTaps)
  heap.free(changetype<usize>(s.ramp))
  heap.free(ptr)
}

export function limiterReset(ptr: usize): void {
  const s = changetype<Limiter>(ptr)
  memory.fill(s.left, 0, <usize>(s.history + CHUNK + PAD) << 2)
  memory.fill(s.right, 0, <usize>(s.history + CHUNK + PAD) << 2)
  memory.fill(s.between, 0, <usize>(4 + CHUNK + PAD) << 2)
  for (let i = 0; i < s.window + CHUNK + PAD; i++) store<f32>(s.gains + (<usize>i << 2), 1)
  settle(s)
  s.quiet = 1 << 20
  s.least = 1
  s.isDirty = true
  s.ramp.reset()
}

function settle(s: Limiter): void {
  const one = <i64>ONE
  for (let i = 0; i < s.box; i++) {
    store<i64>(s.boxes + (<usize>i << 4), one)
    store<i64>(s.boxes + (<usize>i << 4), one * s.box, 8)
  }
  s.boxAt = 0
  s.sum1 = one * s.box
  s.sum2 = one * s.box * s.box
  s.level = 1
  s.calm = 1 << 20
}

export function limiterSet(ptr: usize, index: i32, value: f64): void {
  const s = changetype<Limiter>(ptr)
  const at = s.params + (<usize>index << 3)
  if (load<f64>(at) == value) return
  store<f64>(at, value)
  s.isDirty = true
}

export function limiterLatency(ptr: usize): i32 {
  return changetype<Limiter>(ptr).latency
}

export function limiterTail(ptr: usize): i32 {
  return changetype<Limiter>(ptr).latency
}

export function limiterReduction(ptr: usize): f64 {
  return max(0.0, -dbOfGain(changetype<Limiter>(ptr).least))
}

function redesign(s: Limiter): void {
  s.isDirty = false
  s.ceiling = <f32>gainOfDb(load<f64>(s.params) - MARGIN_DB)
  s.release = 1.0 - NativeMath.exp(-1000.0 / (load<f64>(s.params + 16) * s.sampleRate))
  s.ramp.setTarget(0, gainOfDb(load<f64>(s.params + 8)))
  s.ramp.start()
}

export function limiterProcess(ptr: usize, left: usize, right: usize, frames: i32): void {
  const s = changetype<Limiter>(ptr)
  if (s.isDirty) redesign(s)
  s.least = 1
  const sounds = sanitise(left, right, frames)
  if (!sounds && s.quiet > 2 * s.history && s.ramp.left == 0 && s.calm > 2 * s.window) return
  s.quiet = sounds ? 0 : min(s.quiet + frames, 1 << 20)
  while (frames > 0) {
    const n = min(frames, CHUNK)
    chunk(s, left, right, n)
    left += <usize>n << 2
    right += <usize>n << 2
    frames -= n
  }
}

// @ts-ignore: decorator
@inline
function maxLane(x: v128): f32 {
  return max(max(f32x4.extract_lane(x, 0), f32x4.extract_lane(x, 1)), max(f32x4.extract_lane(x, 2), f32x4.extract_lane(x, 3)))
}

/** Largest absolute value between p[0] and p[1], for four positions of one channel. */
// @ts-ignore: decorator
@inline
function betweenPeaks(p: usize, taps: usize, meterTaps: usize): v128 {
  let a = f32x4.splat(0), b = f32x4.splat(0), c = f32x4.splat(0)
  let e = f32x4.splat(0), f = f32x4.splat(0), g = f32x4.splat(0), h = f32x4.splat(0)
  const q = p - <usize>((METER_TAPS / 2 - 1) << 2)
  for (let k: usize = 0; k < <usize>(METER_TAPS << 2); k += 4) {
    const x = v128.load(q + k)
    e = f32x4.add(e, f32x4.mul(x, v128.load32_splat(meterTaps + k)))
    f = f32x4.add(f, f32x4.mul(x, v128.load32_splat(meterTaps + k, METER_TAPS * 4)))
    g = f32x4.add(g, f32x4.mul(x, v128.load32_splat(meterTaps + k, METER_TAPS * 8)))
    h = f32x4.add(h, f32x4.mul(x, v128.load32_splat(meterTaps + k, METER_TAPS * 12)))
  }
  const meter = f32x4.pmax(f32x4.pmax(f32x4.abs(e), f32x4.abs(f)), f32x4.pmax(f32x4.abs(g), f32x4.abs(h)))
  p -= <usize>(T - 1) << 2
  for (let k: usize = 0; k < <usize>(2 * T) << 2; k += 4) {
    const x = v128.load(p + k)
    a = f32x4.add(a, f32x4.mul(x, v128.load32_splat(taps + k)))
    b = f32x4.add(b, f32x4.mul(x, v128.load32_splat(taps + k, 2 * T * 4)))
    c = f32x4.add(c, f32x4.mul(x, v128.load32_splat(taps + k, 4 * T * 4)))
  }
  return f32x4.pmax(meter, f32x4.pmax(f32x4.pmax(f32x4.abs(a), f32x4.abs(b)), f32x4.abs(c)))
}

// @ts-ignore: decorator
@inline
function spanPeak(left: usize, right: usize, bytes: usize): f32 {
  // Four maxima side by side: one alone would wait for itself.
  let a = f32x4.splat(0), b = f32x4.splat(0), c = f32x4.splat(0), d = f32x4.splat(0)
  let k: usize = 0
  for (; k + 32 <= bytes; k += 32) {
    a = f32x4.pmax(a, f32x4.abs(v128.load(left + k)))
    b = f32x4.pmax(b, f32x4.abs(v128.load(right + k)))
    c = f32x4.pmax(c, f32x4.abs(v128.load(left + k, 16)))
    d = f32x4.pmax(d, f32x4.abs(v128.load(right + k, 16)))
  }
  if (k < bytes) {
    a = f32x4.pmax(a, f32x4.abs(v128.load(left + k)))
    b = f32x4.pmax(b, f32x4.abs(v128.load(right + k)))
  }
  return maxLane(f32x4.pmax(f32x4.pmax(a, b), f32x4.pmax(c, d)))
}

function chunk(s: Limiter, left: usize, right: usize, n: i32): void {
  const bytes = <usize>n << 2
  const h = <usize>s.history << 2
  const newLeft = s.left + h
  const newRight = s.right + h
  const ramp = s.ramp
  let i: usize = 0
  if (ramp.left > 0) {
    for (; i < bytes; i += 4) {
      if (ramp.left > 0) ramp.step()
      const g = <f32>ramp.at(0)
      store<f32>(newLeft + i, load<f32>(left + i) * g)
      store<f32>(newRight + i, load<f32>(right + i) * g)
    }
  } else {
    const g = <f32>ramp.at(0)
    for (; i + 16 <= bytes; i += 16) {
      v128.store(newLeft + i, f32x4.mul(v128.load(left + i), f32x4.splat(g)))
      v128.store(newRight + i, f32x4.mul(v128.load(right + i), f32x4.splat(g)))
    }
    for (; i < bytes; i += 4) {
      store<f32>(newLeft + i, load<f32>(left + i) * g)
      store<f32>(newRight + i, load<f32>(right + i) * g)
    }
  }
  // Position i of `between` is the space after sample i - T; one older space lies before it.
  const late = <usize>T << 2
  const newBetween = s.between + 16
  const newGains = s.gains + (<usize>s.window << 2)
  const ceiling = f32x4.splat(s.ceiling)
  const safe = s.ceiling / s.overshoot
  // Whole vectors back.
  const reach = (<usize>(2 * T) << 2) + 15 & ~15
  for (i = 0; i < bytes; i += 64) {
    const end = i + min(64, bytes - i)
    const isSafe = spanPeak(newLeft + i - reach, newRight + i - reach, reach + 64) <= safe
    if (isSafe) {
      // No sample around is loud enough to make a peak: the exact values do not matter below the ceiling.
      for (let k = i; k < end; k += 16) {
        v128.store(newBetween + k, f32x4.splat(0))
        v128.store(newGains + k, f32x4.splat(1))
      }
      // The space before may still be loud.
      const before = load<f32>(newBetween + i - 4)
      if (before > s.ceiling) store<f32>(newGains + i, s.ceiling / before)
      continue
    }
    for (let k = i; k < end; k += 16) {
      const l = newLeft + k - late
      const r = newRight + k - late
      const space = f32x4.pmax(betweenPeaks(l, s.taps, s.meterTaps), betweenPeaks(r, s.taps, s.meterTaps))
      v128.store(newBetween + k, space)
      const here = f32x4.pmax(f32x4.abs(v128.load(l)), f32x4.abs(v128.load(r)))
      const peak = f32x4.pmax(here, f32x4.pmax(space, v128.load(newBetween + k - 4)))
      v128.store(newGains + k, f32x4.div(ceiling, f32x4.pmax(peak, ceiling)))
    }
  }
  // Lanes past the end were computed from stale samples.
  let lowest = f32x4.splat(1)
  for (i = 0; i + 16 <= bytes; i += 16) lowest = f32x4.pmin(lowest, v128.load(newGains + i))
  for (; i < bytes; i += 4) lowest = f32x4.pmin(lowest, v128.load32_splat(newGains + i))
  const isOpen = i32x4.all_true(f32x4.ge(lowest, f32x4.splat(1)))
  if (isOpen && s.calm > 2 * s.window) {
    // Unity gain throughout, as the long way would find: minima and boxes hold nothing else.
    s.calm = min(s.calm + n, 1 << 20)
    output(s, left, right, n)
  } else smooth(s, left, right, n)
  memory.copy(s.left, s.left + bytes, h)
  memory.copy(s.right, s.right + bytes, h)
  memory.copy(s.gains, s.gains + bytes, <usize>s.window << 2)
  store<f32>(s.between, load<f32>(newBetween + bytes - 4), 12)
}

// @ts-ignore: decorator
@inline
function output(s: Limiter, left: usize, right: usize, n: i32): void {
  const from = <usize>(s.history - s.latency) << 2
  memory.copy(left, s.left + from, <usize>n << 2)
  memory.copy(right, s.right + from, <usize>n << 2)
}

function smooth(s: Limiter, left: usize, right: usize, n: i32): void {
  // Sliding minimum over `window` frames, by doubling.
  const total = <usize>(s.window + n) << 2
  let from = s.gains
  for (let width = 1; width < s.window; width <<= 1) {
    const w = <usize>width << 2
    // In place from the end, so that what is read has not been overwritten.
    const first = max(w, 16)
    for (let p = (total - 1) & ~15; p >= first; p -= 16)
      v128.store(s.scratch + p, f32x4.pmin(v128.load(from + p), v128.load(from + p - w)))
    for (let p: isize = first - 4; p >= 0; p -= 4) {
      const here = load<f32>(from + p)
      store<f32>(s.scratch + p, <usize>p >= w ? min(here, load<f32>(from + p - w)) : here)
    }
    from = s.scratch
  }
  const minima = s.scratch + (<usize>s.window << 2)
  const source = <usize>(s.history - s.latency) << 2
  const one = <i64>ONE
  const box = s.box
  let level = s.level, sum1 = s.sum1, sum2 = s.sum2, at = s.boxAt, calm = s.calm, least = s.least
  for (let i: usize = 0; i < <usize>n << 2; i += 4) {
    const wanted = <f64>load<f32>(minima + i)
    if (wanted <= level) level = wanted
    else {
      level += (wanted - level) * s.release
      if (wanted == 1 && level > 0.9999999) level = 1
    }
    calm = level == 1 ? min(calm + 1, 1 << 20) : 0
    const fixed = level == 1 ? one : <i64>NativeMath.floor(level * ONE)
    const slot = s.boxes + (<usize>at << 4)
    sum1 += fixed - load<i64>(slot)
    store<i64>(slot, fixed)
    sum2 += sum1 - load<i64>(slot, 8)
    store<i64>(slot, sum1, 8)
    if (++at == box) at = 0
    const gain = <f64>sum2 * s.inverse
    if (gain < least) least = gain
    const g = <f32>gain
    store<f32>(left + i, load<f32>(s.left + source + i) * g)
    store<f32>(right + i, load<f32>(s.right + source + i) * g)
  }
  s.level = level
  s.sum1 = sum1
  s.sum2 = sum2
  s.boxAt = at
  s.calm = calm
  s.least = least
}
