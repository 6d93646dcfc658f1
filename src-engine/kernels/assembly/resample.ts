// Sample rate conversion: polyphase Kaiser-windowed sinc, stereo, streaming, with no delay. Exact phases for rational ratios of up to 1024 phases,
// else neighbouring phases of 1024 are interpolated. Flat to 0.4535 of the lower rate (20 kHz at 44.1), 110 dB down from 0.5465 on, so that what
// little folds back lies above 20 kHz.
import { kaiser, sinc } from './design'
import { alloc } from './memory'

const CHUNK: i32 = 4096
const PAD: i32 = 16
const BETA: f64 = 11.3
const MAX_PHASES: i32 = 1024

// @ts-ignore: decorator
@unmanaged
class Resampler {
  /** Input advances by step / phases frames an output frame. */
  phases: i32
  step: i32
  isExact: bool
  /** Taps a phase, a multiple of four; half of them lie before the output's place. */
  taps: i32
  table: usize
  left: usize
  right: usize
  /** Frames in the buffers; the first stands `start` frames into the input. */
  held: i32
  start: i64
  received: i64
  produced: i64
  from: f64
  to: f64
}

function gcd(a: i32, b: i32): i32 {
  while (b != 0) {
    const t = a % b
    a = b
    b = t
  }
  return a
}

export function resamplerCreate(from: f64, to: f64): usize {
  const ptr = alloc(offsetof<Resampler>())
  const s = changetype<Resampler>(ptr)
  s.from = from
  s.to = to
  const divisor = gcd(<i32>from, <i32>to)
  s.phases = <i32>to / divisor
  s.step = <i32>from / divisor
  s.isExact = s.phases <= MAX_PHASES
  const rows = s.isExact ? s.phases : MAX_PHASES + 1
  // In cycles an input frame: the filter's middle is half the lower rate.
  const lower = min(to / from, 1.0)
  const width = 0.093 * lower
  s.taps = (<i32>NativeMath.ceil((112.0 - 7.95) / (14.36 * width)) + 7) & ~7
  const half = s.taps >> 1
  s.table = alloc(rows * s.taps * 4)
  const row = heap.alloc(<usize>s.taps << 3)
  for (let p = 0; p < rows; p++) {
    const place = <f64>p / <f64>(s.isExact ? s.phases : MAX_PHASES)
    let sum: f64 = 0
    for (let k = 0; k < s.taps; k++) {
      const x = <f64>(k - half + 1) - place
      const tap = sinc(x * lower) * kaiser(x / <f64>half, BETA)
      store<f64>(row + (<usize>k << 3), tap)
      sum += tap
    }
    for (let k = 0; k < s.taps; k++) store<f32>(s.table + <usize>((p * s.taps + k) << 2), <f32>(load<f64>(row + (<usize>k << 3)) / sum))
  }
  heap.free(row)
  s.left = alloc((2 * s.taps + CHUNK + PAD) << 2)
  s.right = alloc((2 * s.taps + CHUNK + PAD) << 2)
  resamplerReset(ptr)
  return ptr
}

export function resamplerDispose(ptr: usize): void {
  const s = changetype<Resampler>(ptr)
  heap.free(s.table)
  heap.free(s.left)
  heap.free(s.right)
  heap.free(ptr)
}

export function resamplerReset(ptr: usize): void {
  const s = changetype<Resampler>(ptr)
  const lead = (s.taps >> 1) - 1
  memory.fill(s.left, 0, <usize>lead << 2)
  memory.fill(s.right, 0, <usize>lead << 2)
  s.held = lead
  s.start = -(<i64>lead)
  s.received = 0
  s.produced = 0
}

/** Most frames that `push` of n frames, or `flush`, can give. */
export function resamplerCapacity(ptr: usize, n: i32): i32 {
  const s = changetype<Resampler>(ptr)
  return <i32>((<i64>(n + s.taps) * s.phases) / s.step) + 2
}

/** Takes n frames, writes what can be had at the new rate, returns how many that is. */
export function resamplerPush(ptr: usize, left: usize, right: usize, n: i32, outLeft: usize, outRight: usize): i32 {
  const s = changetype<Resampler>(ptr)
  const first = s.produced
  s.received += n
  while (n > 0) {
    const take = min(n, CHUNK)
    append(s, left, right, take)
    const done = <usize>(s.produced - first) << 2
    produce(s, outLeft + done, outRight + done, i64.MAX_VALUE)
    left += <usize>take << 2
    right += <usize>take << 2
    n -= take
  }
  return <i32>(s.produced - first)
}

/** After the last input: writes the rest, so that the whole is round(frames * to / from) long. */
export function resamplerFlush(ptr: usize, outLeft: usize, outRight: usize): i32 {
  const s = changetype<Resampler>(ptr)
  const first = s.produced
  // Rounded half up in whole numbers, which a double could get wrong.
  const total = (2 * s.received * s.phases + s.step) / (2 * s.step)
  while (s.produced < total) {
    append(s, 0, 0, s.taps)
    const done = <usize>(s.produced - first) << 2
    produce(s, outLeft + done, outRight + done, total)
  }
  return <i32>(s.produced - first)
}

function append(s: Resampler, left: usize, right: usize, n: i32): void {
  const at = <usize>s.held << 2
  const bytes = <usize>n << 2
  if (left == 0) {
    memory.fill(s.left + at, 0, bytes)
    memory.fill(s.right + at, 0, bytes)
  } else {
    memory.copy(s.left + at, left, bytes)
    memory.copy(s.right + at, right, bytes)
  }
  s.held += n
}

// @ts-ignore: decorator
@inline
function sum4(x: v128): f32 {
  return f32x4.extract_lane(x, 0) + f32x4.extract_lane(x, 1) + (f32x4.extract_lane(x, 2) + f32x4.extract_lane(x, 3))
}

function produce(s: Resampler, outLeft: usize, outRight: usize, limit: i64): void {
  const taps = s.taps
  const bytes = <usize>taps << 2
  const lead = (taps >> 1) - 1
  const phases = <i64>s.phases
  let produced = s.produced
  const scaled = produced * s.step
  let whole = scaled / phases
  let phase = <i32>(scaled - whole * phases)
  let at = <i32>(whole - lead - s.start)
  const stepWhole = s.step / s.phases
  const stepPhase = s.step % s.phases
  while (at + taps <= s.held && produced < limit) {
    const l = s.left + (<usize>at << 2)
    const r = s.right + (<usize>at << 2)
    let a = f32x4.splat(0), b = a, c = a, d = a
    if (s.isExact) {
      const row = s.table + <usize>phase * bytes
      for (let k: usize = 0; k < bytes; k += 32) {
        const h0 = v128.load(row + k)
        const h1 = v128.load(row + k, 16)
        a = f32x4.add(a, f32x4.mul(h0, v128.load(l + k)))
        b = f32x4.add(b, f32x4.mul(h1, v128.load(l + k, 16)))
        c = f32x4.add(c, f32x4.mul(h0, v128.load(r + k)))
        d = f32x4.add(d, f32x4.mul(h1, v128.load(r + k, 16)))
      }
    } else {
      const place = (<f64>phase / <f64>s.phases) * <f64>MAX_PHASES
      const index = <i32>place
      const row = s.table + <usize>index * bytes
      const t = f32x4.splat(<f32>(place - <f64>index))
      for (let k: usize = 0; k < bytes; k += 16) {
        const h = v128.load(row + k)
        const blend = f32x4.add(h, f32x4.mul(t, f32x4.sub(v128.load(row + bytes + k), h)))
        a = f32x4.add(a, f32x4.mul(blend, v128.load(l + k)))
        c = f32x4.add(c, f32x4.mul(blend, v128.load(r + k)))
      }
    }
    store<f32>(outLeft, sum4(f32x4.add(a, b)))
    store<f32>(outRight, sum4(f32x4.add(c, d)))
    outLeft += 4
    outRight += 4
    produced++
    at += stepWhole
    phase += stepPhase
    if (phase >= s.phases) {
      phase -= s.phases
      at++
    }
  }
  s.produced = produced
  // What lies before the next output's first tap is no longer needed.
  const drop = min(at, s.held)
  if (drop > 0) {
    memory.copy(s.left, s.left + (<usize>drop << 2), <usize>(s.held - drop) << 2)
    memory.copy(s.right, s.right + (<usize>drop << 2), <usize>(s.held - drop) << 2)
    s.held -= drop
    s.start += drop
  }
}
