// Streaming loudness and true peak of stereo blocks: ITU-R BS.1770-4 (K-weighting, gating, Annex 2 true peak) and EBU Tech 3341/3342.
// Energies are kept per 100 ms; everything asked for later is derived from them.
import { frame0, frame1, frame2, frame3, loadFrame } from './frame'
import { alloc } from './memory'
import { peakOf } from './mix'

/** Taps of one phase of the Annex 2 interpolator. */
const T: i32 = 12
const CHUNK: i32 = 1024
const PAD: i32 = 16
// ITU-R BS.1770-4 Annex 2, table of the order 48 FIR; phases 2 and 3 are phases 1 and 0 backwards.
const PHASE0: StaticArray<f32> = [
  0.001708984375, 0.010986328125, -0.0196533203125, 0.033203125, -0.0594482421875, 0.1373291015625, 0.97216796875, -0.102294921875, 0.047607421875,
  -0.026611328125, 0.014892578125, -0.00830078125,
]
const PHASE1: StaticArray<f32> = [
  -0.0291748046875, 0.029296875, -0.0517578125, 0.089111328125, -0.16650390625, 0.465087890625, 0.77978515625, -0.2003173828125, 0.1015625,
  -0.0582275390625, 0.0330810546875, -0.0189208984375,
]

// @ts-ignore: decorator
@unmanaged
class Loudness {
  step: i32
  stepAt: i32
  sum: f64
  energies: usize
  count: i32
  capacity: i32
  filters: usize
  left: usize
  right: usize
  taps: usize
  overshoot: f32
  truePeak: f32
  samplePeak: f32
}

/** Writes the four phases of twelve taps, oldest sample first; returns by how much their result can at most exceed the samples. */
export function annexTaps(taps: usize): f32 {
  let total0: f64 = 0
  let total1: f64 = 0
  for (let k = 0; k < T; k++) {
    store<f32>(taps + <usize>((T - 1 - k) << 2), PHASE0[k])
    store<f32>(taps + <usize>((T - 1 - k) << 2), PHASE1[k], T * 4)
    store<f32>(taps + <usize>(k << 2), PHASE1[k], 2 * T * 4)
    store<f32>(taps + <usize>(k << 2), PHASE0[k], 3 * T * 4)
    total0 += NativeMath.abs(<f64>PHASE0[k])
    total1 += NativeMath.abs(<f64>PHASE1[k])
  }
  return <f32>(max(total0, total1) * 1.0001)
}

export function loudnessCreate(sampleRate: f64): usize {
  const ptr = alloc(offsetof<Loudness>())
  const m = changetype<Loudness>(ptr)
  m.step = <i32>NativeMath.round(sampleRate * 0.1)
  m.capacity = 4096
  m.energies = alloc(m.capacity << 3)
  m.filters = alloc(14 * 16)
  m.left = alloc((T + CHUNK + PAD) << 2)
  m.right = alloc((T + CHUNK + PAD) << 2)
  m.taps = alloc(4 * T * 4)
  m.overshoot = annexTaps(m.taps)
  // The two stages of the K curve as analogue prototypes, so that they can be had at any rate (the 48 kHz table of BS.1770 is met to 1e-9).
  shelf(m.filters, sampleRate)
  highPass(m.filters + 112, sampleRate)
  return ptr
}

export function loudnessDispose(ptr: usize): void {
  const m = changetype<Loudness>(ptr)
  heap.free(m.energies)
  heap.free(m.filters)
  heap.free(m.left)
  heap.free(m.right)
  heap.free(m.taps)
  heap.free(ptr)
}

function storeBiquad(p: usize, b0: f64, b1: f64, b2: f64, a1: f64, a2: f64): void {
  v128.store(p, f64x2.splat(b0))
  v128.store(p, f64x2.splat(b1), 16)
  v128.store(p, f64x2.splat(b2), 32)
  v128.store(p, f64x2.splat(a1), 48)
  v128.store(p, f64x2.splat(a2), 64)
}

function shelf(p: usize, sampleRate: f64): void {
  const k = NativeMath.tan((NativeMath.PI * 1681.974450955533) / sampleRate)
  const q: f64 = 0.7071752369554196
  const vh = NativeMath.pow(10.0, 3.999843853973347 / 20.0)
  const vb = NativeMath.pow(vh, 0.4996667741545416)
  const a0 = 1.0 + k / q + k * k
  storeBiquad(p, (vh + (vb * k) / q + k * k) / a0, (2.0 * (k * k - vh)) / a0, (vh - (vb * k) / q + k * k) / a0, (2.0 * (k * k - 1.0)) / a0, (1.0 - k / q + k * k) / a0)
}

function highPass(p: usize, sampleRate: f64): void {
  const k = NativeMath.tan((NativeMath.PI * 38.13547087602444) / sampleRate)
  const q: f64 = 0.5003270373238773
  const a0 = 1.0 + k / q + k * k
  storeBiquad(p, 1.0, -2.0, 1.0, (2.0 * (k * k - 1.0)) / a0, (1.0 - k / q + k * k) / a0)
}

export function loudnessPush(ptr: usize, left: usize, right: usize, frames: i32): void {
  const m = changetype<Loudness>(ptr)
  truePeaks(m, left, right, frames)
  while (frames > 0) {
    const n = min(frames, m.step - m.stepAt)
    weigh(m, left, right, n)
    left += <usize>n << 2
    right += <usize>n << 2
    frames -= n
    m.stepAt += n
    if (m.stepAt == m.step) {
      if (m.count == m.capacity) {
        const grown = alloc(m.capacity << 4)
        memory.copy(grown, m.energies, <usize>m.capacity << 3)
        heap.free(m.energies)
        m.energies = grown
        m.capacity <<= 1
      }
      // Broken input must not poison what comes after it.
      const isFinite = m.sum - m.sum == 0
      if (!isFinite) resetStates(m)
      store<f64>(m.energies + (<usize>m.count << 3), isFinite ? m.sum / <f64>m.step : 0.0)
      m.count++
      m.sum = 0
      m.stepAt = 0
      flush(m)
    }
  }
}

function resetStates(m: Loudness): void {
  memory.fill(m.filters + 80, 0, 32)
  memory.fill(m.filters + 112 + 80, 0, 32)
}

function flush(m: Loudness): void {
  for (let p = m.filters; p < m.filters + 224; p += 112) {
    const s1 = v128.load(p, 80)
    const s2 = v128.load(p, 96)
    v128.store(p, v128.and(s1, f64x2.gt(f64x2.abs(s1), f64x2.splat(1e-30))), 80)
    v128.store(p, v128.and(s2, f64x2.gt(f64x2.abs(s2), f64x2.splat(1e-30))), 96)
  }
}

// @ts-ignore: decorator
@inline
function next1(x: v128, y: v128, b1: v128, a1: v128, s2: v128): v128 {
  return f64x2.sub(f64x2.add(f64x2.mul(b1, x), s2), f64x2.mul(a1, y))
}

/** K-weights n frames and adds up their squares. */
function weigh(m: Loudness, left: usize, right: usize, n: i32): void {
  const p = m.filters
  const b0 = v128.load(p), b1 = v128.load(p, 16), b2 = v128.load(p, 32), a1 = v128.load(p, 48), a2 = v128.load(p, 64)
  const c1 = v128.load(p, 112 + 48), c2 = v128.load(p, 112 + 64)
  let s1 = v128.load(p, 80), s2 = v128.load(p, 96), t1 = v128.load(p, 112 + 80), t2 = v128.load(p, 112 + 96)
  const minusTwo = f64x2.splat(-2)
  let sum = f64x2.splat(0)
  const last = left + (<usize>n << 2)
  const vectorEnd = left + (<usize>(n & ~3) << 2)
  for (; left < vectorEnd; left += 16, right += 16) {
    const l = v128.load(left)
    const r = v128.load(right)
    let x = frame0(l, r)
    let y = f64x2.add(f64x2.mul(b0, x), s1)
    s1 = next1(x, y, b1, a1, s2)
    s2 = f64x2.sub(f64x2.mul(b2, x), f64x2.mul(a2, y))
    let z = f64x2.add(y, t1)
    t1 = next1(y, z, minusTwo, c1, t2)
    t2 = f64x2.sub(y, f64x2.mul(c2, z))
    sum = f64x2.add(sum, f64x2.mul(z, z))
    x = frame1(l, r)
    y = f64x2.add(f64x2.mul(b0, x), s1)
    s1 = next1(x, y, b1, a1, s2)
    s2 = f64x2.sub(f64x2.mul(b2, x), f64x2.mul(a2, y))
    z = f64x2.add(y, t1)
    t1 = next1(y, z, minusTwo, c1, t2)
    t2 = f64x2.sub(y, f64x2.mul(c2, z))
    sum = f64x2.add(sum, f64x2.mul(z, z))
    x = frame2(l, r)
    y = f64x2.add(f64x2.mul(b0, x), s1)
    s1 = next1(x, y, b1, a1, s2)
    s2 = f64x2.sub(f64x2.mul(b2, x), f64x2.mul(a2, y))
    z = f64x2.add(y, t1)
    t1 = next1(y, z, minusTwo, c1, t2)
    t2 = f64x2.sub(y, f64x2.mul(c2, z))
    sum = f64x2.add(sum, f64x2.mul(z, z))
    x = frame3(l, r)
    y = f64x2.add(f64x2.mul(b0, x), s1)
    s1 = next1(x, y, b1, a1, s2)
    s2 = f64x2.sub(f64x2.mul(b2, x), f64x2.mul(a2, y))
    z = f64x2.add(y, t1)
    t1 = next1(y, z, minusTwo, c1, t2)
    t2 = f64x2.sub(y, f64x2.mul(c2, z))
    sum = f64x2.add(sum, f64x2.mul(z, z))
  }
  for (; left < last; left += 4, right += 4) {
    const x = loadFrame(left, right)
    const y = f64x2.add(f64x2.mul(b0, x), s1)
    s1 = next1(x, y, b1, a1, s2)
    s2 = f64x2.sub(f64x2.mul(b2, x), f64x2.mul(a2, y))
    const z = f64x2.add(y, t1)
    t1 = next1(y, z, minusTwo, c1, t2)
    t2 = f64x2.sub(y, f64x2.mul(c2, z))
    sum = f64x2.add(sum, f64x2.mul(z, z))
  }
  v128.store(p, s1, 80)
  v128.store(p, s2, 96)
  v128.store(p, t1, 112 + 80)
  v128.store(p, t2, 112 + 96)
  m.sum += f64x2.extract_lane(sum, 0) + f64x2.extract_lane(sum, 1)
}

function truePeaks(m: Loudness, left: usize, right: usize, frames: i32): void {
  while (frames > 0) {
    const n = min(frames, CHUNK)
    channelPeaks(m, m.left, left, n)
    channelPeaks(m, m.right, right, n)
    left += <usize>n << 2
    right += <usize>n << 2
    frames -= n
  }
}

function channelPeaks(m: Loudness, buffer: usize, samples: usize, n: i32): void {
  const bytes = <usize>n << 2
  const newest = buffer + (T << 2)
  memory.copy(newest, samples, bytes)
  memory.fill(newest + bytes, 0, PAD << 2)
  const top = peakOf(newest, n)
  if (top > m.samplePeak) m.samplePeak = top
  for (let i: usize = 0; i < bytes; i += 64) {
    const from = newest + i - (T << 2)
    // Where no sample could make a larger peak than the largest so far, none is looked for.
    if (peakOf(from, 16 + T) * m.overshoot <= m.truePeak) continue
    let peaks = f32x4.splat(0)
    for (let j: usize = 0; j < 64; j += 16) {
      if (i + j >= bytes) break
      // Oldest of the twelve samples that end at the newest one.
      const p = from + j + 4
      let a = f32x4.splat(0), b = a, c = a, d = a
      for (let k: usize = 0; k < <usize>(T << 2); k += 4) {
        const x = v128.load(p + k)
        a = f32x4.add(a, f32x4.mul(x, v128.load32_splat(m.taps + k)))
        b = f32x4.add(b, f32x4.mul(x, v128.load32_splat(m.taps + k, T * 4)))
        c = f32x4.add(c, f32x4.mul(x, v128.load32_splat(m.taps + k, 2 * T * 4)))
        d = f32x4.add(d, f32x4.mul(x, v128.load32_splat(m.taps + k, 3 * T * 4)))
      }
      let four = f32x4.pmax(f32x4.pmax(f32x4.abs(a), f32x4.abs(b)), f32x4.pmax(f32x4.abs(c), f32x4.abs(d)))
      const rest = (bytes - i - j) >> 2
      if (rest < 4) four = v128.and(four, i32x4.gt_s(i32x4.splat(<i32>rest), i32x4(0, 1, 2, 3)))
      peaks = f32x4.pmax(peaks, four)
    }
    const best = max(
      max(f32x4.extract_lane(peaks, 0), f32x4.extract_lane(peaks, 1)),
      max(f32x4.extract_lane(peaks, 2), f32x4.extract_lane(peaks, 3)),
    )
    if (best > m.truePeak) m.truePeak = best
  }
  memory.copy(buffer, buffer + bytes, T << 2)
}

/** Largest sample, linear. */
export function loudnessSamplePeak(ptr: usize): f64 {
  return <f64>changetype<Loudness>(ptr).samplePeak
}

/** Largest value found at four times the rate, linear; never below the sample peak. */
export function loudnessTruePeak(ptr: usize): f64 {
  const m = changetype<Loudness>(ptr)
  return <f64>max(m.truePeak, m.samplePeak)
}

function lufs(energy: f64): f64 {
  return energy > 0 ? -0.691 + 10.0 * NativeMath.log10(energy) : -Infinity
}

/** Mean energy of the `steps` hundred-millisecond steps that end with step `last`. */
function energyAt(m: Loudness, last: i32, steps: i32): f64 {
  let sum: f64 = 0
  for (let i = last - steps + 1; i <= last; i++) if (i >= 0) sum += load<f64>(m.energies + (<usize>i << 3))
  return sum / <f64>steps
}

/** Loudness of the last `steps` x 100 ms: 4 is momentary, 30 short-term. What has not been heard yet counts as silence. */
export function loudnessRecent(ptr: usize, steps: i32): f64 {
  const m = changetype<Loudness>(ptr)
  return m.count == 0 ? -Infinity : lufs(energyAt(m, m.count - 1, steps))
}

/** Largest such loudness so far. */
export function loudnessMaximum(ptr: usize, steps: i32): f64 {
  const m = changetype<Loudness>(ptr)
  let top: f64 = 0
  for (let i = steps - 1; i < m.count; i++) top = max(top, energyAt(m, i, steps))
  return lufs(top)
}

// -70 LUFS as energy.
const ABSOLUTE_GATE: f64 = 1.1724653045822964e-7

/** Integrated loudness, gated at -70 LUFS and then 10 LU below the mean (BS.1770-4, 400 ms blocks overlapping by 75 %); -infinity if nothing passes. */
export function loudnessIntegrated(ptr: usize): f64 {
  const m = changetype<Loudness>(ptr)
  const relative = gatedMean(m, 4, ABSOLUTE_GATE) * 0.1
  return lufs(gatedMean(m, 4, max(relative, ABSOLUTE_GATE)))
}

function gatedMean(m: Loudness, steps: i32, gate: f64): f64 {
  let sum: f64 = 0
  let blocks = 0
  for (let i = steps - 1; i < m.count; i++) {
    const energy = energyAt(m, i, steps)
    if (energy <= gate) continue
    sum += energy
    blocks++
  }
  return blocks > 0 ? sum / <f64>blocks : 0
}

/** Loudness range in LU: 10th to 95th percentile of short-term loudness, gated at -70 LUFS and 20 LU below the mean (EBU Tech 3342). */
export function loudnessRange(ptr: usize): f64 {
  const m = changetype<Loudness>(ptr)
  const gate = max(gatedMean(m, 30, ABSOLUTE_GATE) * 0.01, ABSOLUTE_GATE)
  const kept = heap.alloc(<usize>max(m.count, 1) << 3)
  let count = 0
  for (let i = 29; i < m.count; i++) {
    const energy = energyAt(m, i, 30)
    if (energy <= gate) continue
    store<f64>(kept + (<usize>count << 3), energy)
    count++
  }
  let range: f64 = 0
  if (count > 1) {
    sort(kept, count)
    const low = load<f64>(kept + (<usize>NativeMath.round(<f64>(count - 1) * 0.1) << 3))
    const high = load<f64>(kept + (<usize>NativeMath.round(<f64>(count - 1) * 0.95) << 3))
    range = lufs(high) - lufs(low)
  }
  heap.free(kept)
  return range
}

/** Shell sort (gaps near 9/4, after Tokuda), ascending. */
function sort(values: usize, count: i32): void {
  let gap = 1
  while (gap < count) gap = gap * 9 / 4 + 1
  for (;;) {
    gap = max((gap - 1) * 4 / 9, 1)
    for (let i = gap; i < count; i++) {
      const x = load<f64>(values + (<usize>i << 3))
      let j = i
      for (; j >= gap; j -= gap) {
        const y = load<f64>(values + (<usize>(j - gap) << 3))
        if (y <= x) break
        store<f64>(values + (<usize>j << 3), y)
      }
      store<f64>(values + (<usize>j << 3), x)
    }
    if (gap == 1) break
  }
}
