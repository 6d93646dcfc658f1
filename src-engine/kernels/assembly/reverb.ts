// Reverb: a feedback delay network of sixteen lines with a Hadamard matrix (Jot and Chaigne 1991), absorption per line so that every mode decays
// at the same rate per second, all-pass diffusion at the input, and slow movement of half the lines against ringing. Four frames at a time with
// time in the lanes; only the absorption filters, which look back one frame, are transposed to have lines in the lanes.
import { loadFrame, sanitise, storeFrame, storeSome } from './frame'
import { sinQuarter } from './math'
import { alloc } from './memory'
import { peakOf } from './mix'
import { Ramp, RAMP_BYTES } from './ramp'

const DECAY = 0, PRE_DELAY = 1, SIZE = 2, DAMPING = 3, LOW_CUT = 4, WIDTH = 5, MIX = 6
const LINES: i32 = 16
// Everything that moves moves on this grid of the device's own frames.
const GRID: i32 = 128
const GUARD: i32 = 256
/** Bytes of a line's interpolated samples during one grid. */
const SCRATCH: usize = <usize>(GRID + 8) << 2
// Line lengths at 48 kHz and full size: primes between 27 and 81 ms, so that rings of 4096 do and all of them stay in the cache.
const LENGTHS: StaticArray<i32> = [1301, 1427, 1553, 1697, 1847, 2003, 2161, 2341, 2521, 2707, 2897, 3089, 3299, 3491, 3697, 3907]
const DIFFUSERS: StaticArray<i32> = [229, 173, 611, 447, 241, 181, 569, 431]
const PRE_FADE_GRIDS: i32 = 8
// Samples at 48 kHz by which a moving line strays from its length.
const DEPTH: f64 = 5.0

// A line in memory: ring pointer, whole frames back (i32), whether it moves (i32), at 24 present length, target length, last LFO, then the four
// interpolation weights at the start of the grid and what they change by each frame.
const LINE_BYTES: usize = 80
const WEIGHTS: usize = 48
const STEPS: usize = 64
const SIXTH: f64 = -0.16666666666666666

// @ts-ignore: decorator
@unmanaged
class Reverb {
  sampleRate: f64
  params: usize
  rings: usize
  ringMask: i32
  ringBytes: i32
  lines: usize
  /** v128 a group of four lines: gain, pole, gain target, pole target, state. */
  absorption: usize
  pre: usize
  preMask: i32
  preBytes: i32
  preTap: i32
  preNext: i32
  preWanted: i32
  preFade: i32
  diffusers: usize
  diffuserMask: i32
  diffuserBytes: i32
  cut: usize
  wet: usize
  frame: i64
  gridAt: i32
  quiet: i32
  isDirty: bool
  isIdle: bool
  isPrimed: bool
  hasSounded: bool
  perFrame: f64
  depth: f64
  cutNow: f64
  cutTarget: f64
  level: f32
  levelTarget: f32
  ramp: Ramp
}

function powerOfTwo(least: f64): i32 {
  let n = 256
  while (<f64>n < least) n <<= 1
  return n
}

export function reverbCreate(sampleRate: f64): usize {
  const ptr = alloc(offsetof<Reverb>())
  const r = changetype<Reverb>(ptr)
  r.sampleRate = sampleRate
  r.perFrame = 1.0 / sampleRate
  r.depth = DEPTH * (sampleRate / 48000.0)
  r.params = alloc(7 * 8)
  const ring = powerOfTwo((3907.0 + DEPTH) * (sampleRate / 48000.0) + 16.0)
  r.ringMask = ring - 1
  r.ringBytes = (ring + GUARD) << 2
  r.rings = alloc(r.ringBytes * LINES)
  r.lines = alloc(<i32>LINE_BYTES * LINES)
  for (let i = 0; i < LINES; i++) store<usize>(line(r, i), r.rings + <usize>(r.ringBytes * i))
  r.absorption = alloc(4 * 5 * 16)
  const pre = powerOfTwo(sampleRate * 0.25 + 2.0 * GUARD)
  r.preMask = pre - 1
  r.preBytes = (pre + GUARD) << 2
  r.pre = alloc(r.preBytes * 2)
  const diffuser = powerOfTwo(611.0 * (sampleRate / 48000.0) + 2.0 * GUARD)
  r.diffuserMask = diffuser - 1
  r.diffuserBytes = (diffuser + GUARD) << 2
  r.diffusers = alloc(r.diffuserBytes * 8)
  r.cut = alloc(32)
  r.wet = alloc((GRID + 8) << 3)
  r.ramp = changetype<Ramp>(alloc(RAMP_BYTES))
  reverbReset(ptr)
  return ptr
}

export function reverbDispose(ptr: usize): void {
  const r = changetype<Reverb>(ptr)
  heap.free(r.params)
  heap.free(r.rings)
  heap.free(r.lines)
  heap.free(r.absorption)
  heap.free(r.pre)
  heap.free(r.diffusers)
  heap.free(r.cut)
  heap.free(r.wet)
  heap.free(changetype<usize>(r.ramp))
  heap.free(ptr)
}

function silence(r: Reverb): void {
  memory.fill(r.rings, 0, <usize>r.ringBytes * LINES)
  memory.fill(r.pre, 0, <usize>r.preBytes * 2)
  memory.fill(r.diffusers, 0, <usize>r.diffuserBytes * 8)
  memory.fill(r.cut, 0, 32)
  for (let g: usize = 0; g < 4; g++) v128.store(r.absorption + g * 80, f32x4.splat(0), 64)
  r.isIdle = true
}

export function reverbReset(ptr: usize): void {
  const r = changetype<Reverb>(ptr)
  silence(r)
  r.frame = 0
  r.gridAt = 0
  r.quiet = 0
  r.preFade = 0
  r.hasSounded = false
  r.isPrimed = false
  r.isDirty = true
  r.ramp.reset()
}

export function reverbSet(ptr: usize, index: i32, value: f64): void {
  const r = changetype<Reverb>(ptr)
  const at = r.params + (<usize>index << 3)
  if (load<f64>(at) == value) return
  store<f64>(at, value)
  r.isDirty = true
}

// @ts-ignore: decorator
@inline
function param(r: Reverb, index: i32): f64 {
  return load<f64>(r.params + (<usize>index << 3))
}

export function reverbTail(ptr: usize): i32 {
  const r = changetype<Reverb>(ptr)
  return <i32>NativeMath.ceil((param(r, DECAY) + param(r, PRE_DELAY) * 0.001 + 0.1) * r.sampleRate)
}

// @ts-ignore: decorator
@inline
function line(r: Reverb, i: i32): usize {
  return r.lines + <usize>i * LINE_BYTES
}

function redesign(r: Reverb): void {
  r.isDirty = false
  const rate = r.sampleRate / 48000.0
  const size = param(r, SIZE) * 0.01 * rate
  const c = NativeMath.cos((2.0 * NativeMath.PI * min(param(r, DAMPING), r.sampleRate * 0.49)) / r.sampleRate)
  let energy: f64 = 0
  for (let i = 0; i < LINES; i++) {
    // Never so short that a segment would read what it has not written yet.
    const length = max(NativeMath.floor(<f64>LENGTHS[i] * size), <f64>(GRID + 16))
    store<f64>(line(r, i), length, 32)
    // -60 dB after the decay time; at the damping frequency twice as many dB a second (|H| there is the gain squared).
    const g = NativeMath.exp((-6.907755278982137 * length) / (param(r, DECAY) * r.sampleRate))
    energy += g * g
    const q = 1.0 - g * g
    const p = 1.0 - g * g * c
    const pole = (p - NativeMath.sqrt(max(p * p - q * q, 0.0))) / q
    const at = r.absorption + <usize>(i >> 2) * 80 + <usize>((i & 3) << 2)
    // The Hadamard matrix of order 16 is unitary at a quarter.
    store<f32>(at, <f32>(g * (1.0 - pole) * 0.25), 32)
    store<f32>(at, <f32>pole, 48)
  }
  // Wet noise is then about as loud as the dry, whatever the decay: each input enters eight lines, each output is a unit mix of sixteen.
  r.levelTarget = <f32>(NativeMath.sqrt(8.0 * (1.0 - energy / <f64>LINES)) * 0.25)
  r.preWanted = <i32>NativeMath.floor(param(r, PRE_DELAY) * 0.001 * r.sampleRate)
  const ramp = r.ramp
  ramp.setTarget(0, param(r, MIX) * 0.01)
  ramp.setTarget(1, param(r, WIDTH) * 0.01)
  ramp.start()
  r.cutTarget = NativeMath.tan((NativeMath.PI * min(param(r, LOW_CUT), r.sampleRate * 0.49)) / r.sampleRate)
  if (!r.isPrimed) {
    r.isPrimed = true
    r.level = r.levelTarget
    r.cutNow = r.cutTarget
    r.preTap = r.preWanted
    for (let i = 0; i < LINES; i++) store<f64>(line(r, i), load<f64>(line(r, i), 32), 24)
    for (let g: usize = 0; g < 4; g++) memory.copy(r.absorption + g * 80, r.absorption + g * 80 + 32, 32)
    for (let i = 0; i < LINES; i += 2) store<f64>(line(r, i), lfo(r, i), 40)
  }
}

/** Slow sine of a moving line at the present frame; every line has a rate and phase of its own. */
function lfo(r: Reverb, i: i32): f64 {
  const hz = 0.31 + 0.047 * <f64>i
  const quarters = 4.0 * (<f64>r.frame * hz * r.perFrame + 0.137 * <f64>i)
  const whole = NativeMath.floor(quarters)
  const x = quarters - whole
  const quarter = <i32>(<i64>whole & 3)
  const wave = sinQuarter(quarter & 1 ? 1.0 - x : x)
  return (quarter & 2 ? -wave : wave) * r.depth
}

/** Decides where every line reads during the next grid, and moves what glides. */
function startGrid(r: Reverb): void {
  r.frame += GRID
  for (let i = 0; i < LINES; i++) {
    const at = line(r, i)
    const length = load<f64>(at, 24)
    // A change of size bends the pitch for a moment: at most one sample a grid.
    const next = length + max(-1.0, min(1.0, load<f64>(at, 32) - length))
    let from = length
    let to = next
    if (!(i & 1)) {
      from += load<f64>(at, 40)
      const wave = lfo(r, i)
      store<f64>(at, wave, 40)
      to += wave
    }
    const whole = NativeMath.ceil(from)
    store<i32>(at, <i32>whole, 4)
    const isMoving = from != to || whole != from
    store<i32>(at, isMoving ? 1 : 0, 8)
    if (isMoving) weigh(at, whole - from, whole - to)
    store<f64>(at, next, 24)
  }
  for (let g: usize = 0; g < 4; g++) {
    const at = r.absorption + g * 80
    v128.store(at, approach(v128.load(at), v128.load(at, 32)))
    v128.store(at, approach(v128.load(at, 16), v128.load(at, 48)), 16)
  }
  r.cutNow += (r.cutTarget - r.cutNow) * 0.25
  r.level = f32x4.extract_lane(approach(f32x4.splat(r.level), f32x4.splat(r.levelTarget)), 0)
  if (r.preFade > 0) {
    r.preFade--
    if (r.preFade == 0) r.preTap = r.preNext
  }
  if (r.preFade == 0 && r.preTap != r.preWanted) {
    r.preNext = r.preWanted
    r.preFade = PRE_FADE_GRIDS
  }
}

/** Third-order Lagrange weights for a place `f` between two samples, going to `g` by the end of the grid. */
function weigh(at: usize, f: f64, g: f64): void {
  const low = (f - 1.0) * (f - 2.0)
  const high = (f + 1.0) * f
  const low2 = (g - 1.0) * (g - 2.0)
  const high2 = (g + 1.0) * g
  weight(at, 0, f * low * SIXTH, g * low2 * SIXTH)
  weight(at, 4, (f + 1.0) * low * 0.5, (g + 1.0) * low2 * 0.5)
  weight(at, 8, high * (f - 2.0) * -0.5, high2 * (g - 2.0) * -0.5)
  weight(at, 12, high * (f - 1.0) * -SIXTH, high2 * (g - 1.0) * -SIXTH)
}

function weight(at: usize, slot: usize, from: f64, to: f64): void {
  store<f32>(at + slot, <f32>from, WEIGHTS)
  store<f32>(at + slot, <f32>((to - from) * (1.0 / <f64>GRID)), STEPS)
}

function approach(now: v128, target: v128): v128 {
  const gap = f32x4.sub(target, now)
  const near = f32x4.lt(f32x4.abs(gap), f32x4.splat(1e-6))
  return v128.bitselect(target, f32x4.add(now, f32x4.mul(gap, f32x4.splat(0.25))), near)
}

export function reverbProcess(ptr: usize, left: usize, right: usize, frames: i32): void {
  const r = changetype<Reverb>(ptr)
  if (r.isDirty) redesign(r)
  const sounds = sanitise(left, right, frames)
  if (sounds) r.isIdle = false
  while (frames > 0) {
    if (r.gridAt == 0) startGrid(r)
    const n = min(frames, GRID - r.gridAt)
    if (!r.isIdle || r.ramp.left > 0) {
      if (sounds && !r.hasSounded && (peakOf(left, n) > 0 || peakOf(right, n) > 0)) r.hasSounded = true
      segment(r, left, right, n)
    }
    r.gridAt += n
    if (r.gridAt == GRID) {
      r.gridAt = 0
      if (!r.isIdle) rest(r)
    }
    left += <usize>n << 2
    right += <usize>n << 2
    frames -= n
  }
}

/** Once nothing above -240 dB has circulated for longer than the longest way through, the network is emptied. */
function rest(r: Reverb): void {
  let top = f32x4.splat(0)
  for (let g: usize = 0; g < 4; g++) top = f32x4.pmax(top, f32x4.abs(v128.load(r.absorption + g * 80, 64)))
  if (r.hasSounded || v128.any_true(f32x4.gt(top, f32x4.splat(1e-12)))) r.quiet = 0
  else {
    r.quiet += GRID
    if (r.quiet > r.ringMask + r.preMask + r.diffuserMask) silence(r)
  }
  r.hasSounded = false
  const s1 = v128.load(r.cut)
  const s2 = v128.load(r.cut, 16)
  const loud = v128.or(f64x2.gt(f64x2.abs(s1), f64x2.splat(1e-20)), f64x2.gt(f64x2.abs(s2), f64x2.splat(1e-20)))
  v128.store(r.cut, v128.and(s1, loud))
  v128.store(r.cut, v128.and(s2, loud), 16)
}

/** Second-order Butterworth low cut into the pre-delay, then out of it into `wet`. */
function preDelay(r: Reverb, left: usize, right: usize, n: i32, at: i32): void {
  let s1 = v128.load(r.cut)
  let s2 = v128.load(r.cut, 16)
  const mask = r.preMask
  const ringL = r.pre
  const ringR = r.pre + <usize>r.preBytes
  const write = <usize>(at & mask) << 2
  const g = r.cutNow
  const a = 1.0 / (1.0 + g * (g + 1.4142135623730951))
  const b0 = f64x2.splat(a), b1 = f64x2.splat(-2.0 * a)
  const a1 = f64x2.splat(2.0 * (g * g - 1.0) * a), a2 = f64x2.splat((1.0 - 1.4142135623730951 * g + g * g) * a)
  for (let i: usize = 0; i < <usize>n << 2; i += 4) {
    const x = loadFrame(left + i, right + i)
    const first = f64x2.mul(b0, x)
    const y = f64x2.add(first, s1)
    s1 = f64x2.sub(f64x2.add(f64x2.mul(b1, x), s2), f64x2.mul(a1, y))
    s2 = f64x2.sub(first, f64x2.mul(a2, y))
    const audible = v128.and(y, f64x2.gt(f64x2.abs(y), f64x2.splat(1e-15)))
    storeFrame(ringL + write + i, ringR + write + i, audible)
  }
  v128.store(r.cut, s1)
  v128.store(r.cut, s2, 16)
  if ((at & mask) < GUARD) {
    const mirror = <usize>(mask + 1) << 2
    memory.copy(ringL + write + mirror, ringL + write, <usize>n << 2)
    memory.copy(ringR + write + mirror, ringR + write, <usize>n << 2)
  }
  const wetL = r.wet
  const wetR = r.wet + <usize>((GRID + 8) << 2)
  const tap = <usize>((at - r.preTap) & mask) << 2
  memory.copy(wetL, ringL + tap, <usize>n << 2)
  memory.copy(wetR, ringR + tap, <usize>n << 2)
  if (r.preFade > 0) {
    const other = <usize>((at - r.preNext) & mask) << 2
    const done = (PRE_FADE_GRIDS - r.preFade) * GRID + r.gridAt
    for (let i = 0; i < n; i++) {
      const t = <f32>(done + i) / <f32>(PRE_FADE_GRIDS * GRID)
      const o = <usize>i << 2
      store<f32>(wetL + o, load<f32>(wetL + o) * (1 - t) + load<f32>(ringL + other + o) * t)
      store<f32>(wetR + o, load<f32>(wetR + o) * (1 - t) + load<f32>(ringR + other + o) * t)
    }
  }
}

function diffuse(r: Reverb, x: usize, index: i32, gain: f32, n: i32, at: i32): void {
  const ring = r.diffusers + <usize>(r.diffuserBytes * index)
  const mask = r.diffuserMask
  const delay = max(<i32>(<f64>DIFFUSERS[index] * (r.sampleRate / 48000.0)), GRID + 16)
  const g = f32x4.splat(gain)
  const to = <usize>(at & mask) << 2
  const from = <usize>((at - delay) & mask) << 2
  for (let i = 0; i < n; i += 4) {
    const p = x + (<usize>i << 2)
    const old = v128.load(ring + from + (<usize>i << 2))
    const w = f32x4.sub(v128.load(p), f32x4.mul(g, old))
    v128.store(p, f32x4.add(old, f32x4.mul(g, w)))
    put(ring + to + (<usize>i << 2), w, min(4, n - i))
  }
  if ((at & mask) < GUARD) memory.copy(ring + to + (<usize>(mask + 1) << 2), ring + to, <usize>n << 2)
}

/** Where a line's next n frames can be read: in its ring if it stands still, else interpolated into `scratch`. */
function readLine(r: Reverb, i: i32, frame: i32, n: i32, scratch: usize): usize {
  const at = line(r, i)
  const ring = load<usize>(at)
  const back = frame - load<i32>(at, 4)
  if (!load<i32>(at, 8)) return ring + (<usize>(back & r.ringMask) << 2)
  let p = ring + (<usize>((back - 1) & r.ringMask) << 2)
  const w0 = v128.load32_splat(at, WEIGHTS), w1 = v128.load32_splat(at, WEIGHTS + 4)
  const w2 = v128.load32_splat(at, WEIGHTS + 8), w3 = v128.load32_splat(at, WEIGHTS + 12)
  const d0 = v128.load32_splat(at, STEPS), d1 = v128.load32_splat(at, STEPS + 4)
  const d2 = v128.load32_splat(at, STEPS + 8), d3 = v128.load32_splat(at, STEPS + 12)
  let k = f32x4.add(f32x4.splat(<f32>r.gridAt), f32x4(0, 1, 2, 3))
  const end = scratch + (<usize>n << 2)
  for (let q = scratch; q < end; q += 16, p += 16) {
    const a = f32x4.mul(f32x4.add(w0, f32x4.mul(d0, k)), v128.load(p))
    const b = f32x4.mul(f32x4.add(w1, f32x4.mul(d1, k)), v128.load(p, 4))
    const c = f32x4.mul(f32x4.add(w2, f32x4.mul(d2, k)), v128.load(p, 8))
    const d = f32x4.mul(f32x4.add(w3, f32x4.mul(d3, k)), v128.load(p, 12))
    v128.store(q, f32x4.add(f32x4.add(a, b), f32x4.add(c, d)))
    k = f32x4.add(k, f32x4.splat(4))
  }
  return scratch
}

/** Four frames of four lines, one v128 a line, absorbed: frames in the lanes again, and their sums and differences in `out`. Returns the filters' state. */
// @ts-ignore: decorator
@inline
function absorb4(l0: v128, l1: v128, l2: v128, l3: v128, gain: v128, pole: v128, state: v128, left: i32, out: usize): v128 {
  const t0 = v128.shuffle<f32>(l0, l1, 0, 4, 1, 5)
  const t1 = v128.shuffle<f32>(l0, l1, 2, 6, 3, 7)
  const t2 = v128.shuffle<f32>(l2, l3, 0, 4, 1, 5)
  const t3 = v128.shuffle<f32>(l2, l3, 2, 6, 3, 7)
  const y0 = f32x4.add(f32x4.mul(v128.shuffle<f64>(t0, t2, 0, 2), gain), f32x4.mul(pole, state))
  const y1 = f32x4.add(f32x4.mul(v128.shuffle<f64>(t0, t2, 1, 3), gain), f32x4.mul(pole, y0))
  const y2 = f32x4.add(f32x4.mul(v128.shuffle<f64>(t1, t3, 0, 2), gain), f32x4.mul(pole, y1))
  const y3 = f32x4.add(f32x4.mul(v128.shuffle<f64>(t1, t3, 1, 3), gain), f32x4.mul(pole, y2))
  // Back with time in the lanes: sums and differences within the group.
  const u0 = v128.shuffle<f32>(y0, y1, 0, 4, 1, 5)
  const u1 = v128.shuffle<f32>(y0, y1, 2, 6, 3, 7)
  const u2 = v128.shuffle<f32>(y2, y3, 0, 4, 1, 5)
  const u3 = v128.shuffle<f32>(y2, y3, 2, 6, 3, 7)
  butterfly(v128.shuffle<f64>(u0, u2, 0, 2), v128.shuffle<f64>(u0, u2, 1, 3), v128.shuffle<f64>(u1, u3, 0, 2), v128.shuffle<f64>(u1, u3, 1, 3), out, 16)
  return left >= 4 ? y3 : left == 3 ? y2 : left == 2 ? y1 : y0
}

/**
 * Reads eight lines, absorbs, and leaves in `out` the first half of the matrix: for every four frames one v128 a line, LINES apart. Two groups of four
 * side by side, since a filter alone would wait for itself.
 */
function absorb(r: Reverb, group: i32, frame: i32, n: i32, out: usize): void {
  const first = group << 2
  const scratch = memory.data(8 * (128 + 8) * 4, 16)
  const a = readLine(r, first, frame, n, scratch)
  const b = readLine(r, first + 1, frame, n, scratch + SCRATCH)
  const c = readLine(r, first + 2, frame, n, scratch + 2 * SCRATCH)
  const d = readLine(r, first + 3, frame, n, scratch + 3 * SCRATCH)
  const e = readLine(r, first + 4, frame, n, scratch + 4 * SCRATCH)
  const f = readLine(r, first + 5, frame, n, scratch + 5 * SCRATCH)
  const g = readLine(r, first + 6, frame, n, scratch + 6 * SCRATCH)
  const h = readLine(r, first + 7, frame, n, scratch + 7 * SCRATCH)
  const at = r.absorption + <usize>group * 80
  const gain = v128.load(at), pole = v128.load(at, 16)
  const gain2 = v128.load(at, 80), pole2 = v128.load(at, 80 + 16)
  let state = v128.load(at, 64)
  let state2 = v128.load(at, 80 + 64)
  for (let i: usize = 0; i < <usize>n << 2; i += 16) {
    const left = n - <i32>(i >> 2)
    state = absorb4(v128.load(a + i), v128.load(b + i), v128.load(c + i), v128.load(d + i), gain, pole, state, left, out)
    state2 = absorb4(v128.load(e + i), v128.load(f + i), v128.load(g + i), v128.load(h + i), gain2, pole2, state2, left, out + 64)
    out += 256
  }
  v128.store(at, state, 64)
  v128.store(at, state2, 80 + 64)
}

/** Hadamard matrix of order 4. */
// @ts-ignore: decorator
@inline
function butterfly(a: v128, b: v128, c: v128, d: v128, out: usize, stride: usize): void {
  const ab = f32x4.add(a, b)
  const cd = f32x4.add(c, d)
  const amb = f32x4.sub(a, b)
  const cmd = f32x4.sub(c, d)
  v128.store(out, f32x4.add(ab, cd))
  v128.store(out + stride, f32x4.add(amb, cmd))
  v128.store(out + 2 * stride, f32x4.sub(ab, cd))
  v128.store(out + 3 * stride, f32x4.sub(amb, cmd))
}

function segment(r: Reverb, left: usize, right: usize, n: i32): void {
  // `frame` counts grids already begun; positions in rings need only its low bits.
  const at = <i32>(r.frame - GRID) + r.gridAt
  const wetL = r.wet
  const wetR = r.wet + <usize>((GRID + 8) << 2)
  preDelay(r, left, right, n, at)
  for (let i = 0; i < 4; i++) {
    const gain: f32 = i < 2 ? 0.7 : 0.6
    diffuse(r, wetL, i, gain, n, at)
    diffuse(r, wetR, i + 4, gain, n, at)
  }
  let h = memory.data(16 * 128 * 4, 16)
  absorb(r, 0, at, n, h)
  absorb(r, 2, at, n, h + 128)
  const level = f32x4.splat(r.level)
  // 1 / sqrt(8): each side spreads over eight lines.
  const share = f32x4.splat(0.35355338)
  const to = <usize>(at & r.ringMask) << 2
  for (let i = 0; i < n; i += 4, h += 256) {
    const count = min(4, n - i)
    const xl = f32x4.mul(v128.load(wetL + (<usize>i << 2)), share)
    const xr = f32x4.mul(v128.load(wetR + (<usize>i << 2)), share)
    mixLines(h)
    // What the listener hears: even and odd lines with mixed signs; their sum and difference are uncorrelated.
    let even = f32x4.sub(f32x4.add(v128.load(h), v128.load(h, 32)), f32x4.add(v128.load(h, 64), v128.load(h, 128)))
    even = f32x4.add(even, f32x4.sub(f32x4.add(v128.load(h, 96), v128.load(h, 192)), f32x4.add(v128.load(h, 160), v128.load(h, 224))))
    let odd = f32x4.sub(f32x4.add(v128.load(h, 16), v128.load(h, 80)), f32x4.add(v128.load(h, 48), v128.load(h, 208)))
    odd = f32x4.add(odd, f32x4.sub(f32x4.add(v128.load(h, 112), v128.load(h, 144)), f32x4.add(v128.load(h, 176), v128.load(h, 240))))
    const p = to + (<usize>i << 2)
    feed(r, 0, p, h, f32x4.neg(xl), xr, count)
    feed(r, 4, p, h + 64, xl, f32x4.neg(xr), count)
    feed(r, 8, p, h + 128, f32x4.neg(xl), xr, count)
    feed(r, 12, p, h + 192, xl, f32x4.neg(xr), count)
    v128.store(wetL + (<usize>i << 2), f32x4.mul(f32x4.add(even, odd), level))
    v128.store(wetR + (<usize>i << 2), f32x4.mul(f32x4.sub(even, odd), level))
  }
  if ((at & r.ringMask) < GUARD) {
    const mirror = <usize>(r.ringMask + 1) << 2
    for (let i = 0; i < LINES; i++) {
      const ring = load<usize>(line(r, i)) + to
      memory.copy(ring + mirror, ring, <usize>n << 2)
    }
  }
  blend(r, left, right, n)
}

/** Writes four lines: what came back plus the input, left into even and right into odd ones. */
// @ts-ignore: decorator
@inline
function feed(r: Reverb, first: i32, p: usize, h: usize, even: v128, odd: v128, count: i32): void {
  put(load<usize>(line(r, first)) + p, f32x4.add(v128.load(h), even), count)
  put(load<usize>(line(r, first + 1)) + p, f32x4.add(v128.load(h, 16), odd), count)
  put(load<usize>(line(r, first + 2)) + p, f32x4.add(v128.load(h, 32), even), count)
  put(load<usize>(line(r, first + 3)) + p, f32x4.add(v128.load(h, 48), odd), count)
}

// @ts-ignore: decorator
@inline
function put(p: usize, x: v128, count: i32): void {
  if (count == 4) v128.store(p, x)
  else storeSome(p, x, count)
}

/** The second half of the Hadamard matrix of order 16: across the four groups. */
// @ts-ignore: decorator
@inline
function mixLines(h: usize): void {
  butterfly(v128.load(h), v128.load(h, 64), v128.load(h, 128), v128.load(h, 192), h, 64)
  butterfly(v128.load(h, 16), v128.load(h, 80), v128.load(h, 144), v128.load(h, 208), h + 16, 64)
  butterfly(v128.load(h, 32), v128.load(h, 96), v128.load(h, 160), v128.load(h, 224), h + 32, 64)
  butterfly(v128.load(h, 48), v128.load(h, 112), v128.load(h, 176), v128.load(h, 240), h + 48, 64)
}

function blend(r: Reverb, left: usize, right: usize, n: i32): void {
  const ramp = r.ramp
  const wetL = r.wet
  const wetR = r.wet + <usize>((GRID + 8) << 2)
  const bytes = <usize>n << 2
  let i: usize = 0
  if (ramp.left == 0) {
    const mix = f32x4.splat(<f32>ramp.at(0))
    const dry = f32x4.sub(f32x4.splat(1), mix)
    const side = f32x4.splat(<f32>ramp.at(1) * 0.5)
    for (; i + 16 <= bytes; i += 16) {
      const l = v128.load(wetL + i)
      const q = v128.load(wetR + i)
      const m = f32x4.mul(f32x4.add(l, q), f32x4.splat(0.5))
      const s = f32x4.mul(f32x4.sub(l, q), side)
      const x = f32x4.add(f32x4.mul(v128.load(left + i), dry), f32x4.mul(f32x4.add(m, s), mix))
      const y = f32x4.add(f32x4.mul(v128.load(right + i), dry), f32x4.mul(f32x4.sub(m, s), mix))
      v128.store(left + i, f32x4.add(x, f32x4.splat(0)))
      v128.store(right + i, f32x4.add(y, f32x4.splat(0)))
    }
  }
  for (; i < bytes; i += 4) {
    if (ramp.left > 0) ramp.step()
    const mix = <f32>ramp.at(0)
    const dry: f32 = 1 - mix
    const side: f32 = <f32>ramp.at(1) * 0.5
    const l = load<f32>(wetL + i)
    const q = load<f32>(wetR + i)
    const m: f32 = (l + q) * 0.5
    const s: f32 = (l - q) * side
    store<f32>(left + i, load<f32>(left + i) * dry + (m + s) * mix + 0)
    store<f32>(right + i, load<f32>(right + i) * dry + (m - s) * mix + 0)
  }
}
