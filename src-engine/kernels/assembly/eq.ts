// Parametric equaliser: six biquads of the RBJ Audio EQ Cookbook in f64, left and right as the two lanes, in transposed direct form II,
// which stays well behaved while its coefficients glide. A band that does nothing is not run.
import { frame0, frame1, frame2, frame3, loadFrame, sanitise, storeFrame, storeFrames } from './frame'
import { alloc } from './memory'

const BANDS: i32 = 6
// A band in memory, v128 each: b0 b1 b2 a1 a2, s1 s2, then the targets of the five coefficients and their steps a frame.
const BAND_BYTES: usize = 17 * 16
const STATE: usize = 5 * 16
const TARGET: usize = 7 * 16
const STEP: usize = 12 * 16
const RAMP_FRAMES: i32 = 128
// States are flushed on a fixed grid of the device's own frames, never at block borders, so that blocks of any size give the same bits.
const GRID: i32 = 256

// @ts-ignore: decorator
@unmanaged
class Eq {
  sampleRate: f64
  bands: usize
  params: usize
  isPrimed: bool
  isDirty: bool
  isIdle: bool
  dirtyBands: i32
  activeBands: i32
  rampLeft: i32
  gridAt: i32
}

export function eqCreate(sampleRate: f64): usize {
  const ptr = alloc(offsetof<Eq>())
  const eq = changetype<Eq>(ptr)
  eq.sampleRate = sampleRate
  eq.bands = alloc(<i32>BAND_BYTES * BANDS)
  eq.params = alloc(BANDS * 4 * 8)
  eq.dirtyBands = 63
  eqReset(ptr)
  return ptr
}

export function eqDispose(ptr: usize): void {
  const eq = changetype<Eq>(ptr)
  heap.free(eq.bands)
  heap.free(eq.params)
  heap.free(ptr)
}

export function eqReset(ptr: usize): void {
  const eq = changetype<Eq>(ptr)
  for (let i = 0; i < BANDS; i++) memory.fill(eq.bands + <usize>i * BAND_BYTES + STATE, 0, 32)
  eq.isPrimed = false
  eq.isIdle = true
  eq.gridAt = 0
  eq.rampLeft = 0
  eq.dirtyBands = 63
}

/** Parameters in the order of DEVICE_PARAMETERS: type, Hz, dB, Q of each band. */
export function eqSet(ptr: usize, index: i32, value: f64): void {
  const eq = changetype<Eq>(ptr)
  const at = eq.params + (<usize>index << 3)
  if (load<f64>(at) == value) return
  store<f64>(at, value)
  eq.dirtyBands |= 1 << (index >> 2)
}

/** How long a band of bandwidth f/Q rings to -100 dB. */
export function eqTail(ptr: usize): i32 {
  const eq = changetype<Eq>(ptr)
  let longest: f64 = 0
  for (let i = 0; i < BANDS; i++) {
    const p = eq.params + (<usize>i << 5)
    if (load<f64>(p) == 0) continue
    const seconds = (11.5 * max(load<f64>(p + 24), 0.5)) / (NativeMath.PI * load<f64>(p + 8))
    if (seconds > longest) longest = seconds
  }
  return <i32>NativeMath.ceil(longest * eq.sampleRate)
}

function setTarget(band: usize, b0: f64, b1: f64, b2: f64, a0: f64, a1: f64, a2: f64): void {
  const t = band + TARGET
  v128.store(t, f64x2.splat(b0 / a0))
  v128.store(t + 16, f64x2.splat(b1 / a0))
  v128.store(t + 32, f64x2.splat(b2 / a0))
  v128.store(t + 48, f64x2.splat(a1 / a0))
  v128.store(t + 64, f64x2.splat(a2 / a0))
}

/** Robert Bristow-Johnson, "Cookbook formulae for audio EQ biquad filter coefficients". Returns whether the band does anything. */
function designBand(band: usize, type: i32, hz: f64, db: f64, q: f64, sampleRate: f64): bool {
  const isGain = type == 2 || type == 3 || type == 4
  if (type == 0 || (isGain && db == 0)) {
    setTarget(band, 1, 0, 0, 1, 0, 0)
    return false
  }
  const w = (2.0 * NativeMath.PI * min(hz, sampleRate * 0.49)) / sampleRate
  const c = NativeMath.cos(w)
  const alpha = NativeMath.sin(w) / (2.0 * q)
  if (type == 1) setTarget(band, (1 + c) / 2, -(1 + c), (1 + c) / 2, 1 + alpha, -2 * c, 1 - alpha)
  else if (type == 5) setTarget(band, (1 - c) / 2, 1 - c, (1 - c) / 2, 1 + alpha, -2 * c, 1 - alpha)
  else if (type == 6) setTarget(band, 1, -2 * c, 1, 1 + alpha, -2 * c, 1 - alpha)
  else {
    const a = NativeMath.exp(db * 0.05756462732485115)
    if (type == 3) setTarget(band, 1 + alpha * a, -2 * c, 1 - alpha * a, 1 + alpha / a, -2 * c, 1 - alpha / a)
    else {
      const s = 2 * NativeMath.sqrt(a) * alpha
      const p = a + 1
      const m = a - 1
      if (type == 2) setTarget(band, a * (p - m * c + s), 2 * a * (m - p * c), a * (p - m * c - s), p + m * c + s, -2 * (m + p * c), p + m * c - s)
      else setTarget(band, a * (p + m * c + s), -2 * a * (m + p * c), a * (p + m * c - s), p - m * c + s, 2 * (m - p * c), p - m * c - s)
    }
  }
  return true
}

function redesign(eq: Eq): void {
  for (let i = 0; i < BANDS; i++) {
    if (!(eq.dirtyBands & (1 << i))) continue
    const p = eq.params + (<usize>i << 5)
    const band = eq.bands + <usize>i * BAND_BYTES
    const isOn = designBand(band, <i32>load<f64>(p), load<f64>(p + 8), load<f64>(p + 16), load<f64>(p + 24), eq.sampleRate)
    // A band that is switched off stays until its glide to "no change" has ended.
    if (isOn) eq.activeBands |= 1 << i
    else if (!eq.isPrimed) eq.activeBands &= ~(1 << i)
  }
  eq.dirtyBands = 0
  if (!eq.isPrimed) {
    for (let i = 0; i < BANDS; i++) settle(eq.bands + <usize>i * BAND_BYTES)
    eq.isPrimed = true
    return
  }
  eq.rampLeft = RAMP_FRAMES
  const inverse = f64x2.splat(1.0 / <f64>RAMP_FRAMES)
  for (let i = 0; i < BANDS; i++) {
    const band = eq.bands + <usize>i * BAND_BYTES
    for (let k: usize = 0; k < 80; k += 16)
      v128.store(band + STEP + k, f64x2.mul(f64x2.sub(v128.load(band + TARGET + k), v128.load(band + k)), inverse))
  }
}

function settle(band: usize): void {
  memory.copy(band, band + TARGET, 80)
}

function isIdentity(band: usize): bool {
  return (
    load<f64>(band + TARGET) == 1 &&
    load<f64>(band + TARGET + 16) == 0 &&
    load<f64>(band + TARGET + 32) == 0 &&
    load<f64>(band + TARGET + 48) == 0 &&
    load<f64>(band + TARGET + 64) == 0
  )
}

function finishRamp(eq: Eq): void {
  for (let i = 0; i < BANDS; i++) {
    const band = eq.bands + <usize>i * BAND_BYTES
    settle(band)
    if (isIdentity(band)) {
      eq.activeBands &= ~(1 << i)
      memory.fill(band + STATE, 0, 32)
    }
  }
}

// Coefficients and states of up to three bands stay in registers; four frames a turn.
// @ts-ignore: decorator
@inline
function tick(x: v128, b0: v128, s1: v128): v128 {
  return f64x2.add(f64x2.mul(b0, x), s1)
}
// @ts-ignore: decorator
@inline
function next1(x: v128, y: v128, b1: v128, a1: v128, s2: v128): v128 {
  return f64x2.sub(f64x2.add(f64x2.mul(b1, x), s2), f64x2.mul(a1, y))
}
// @ts-ignore: decorator
@inline
function next2(x: v128, y: v128, b2: v128, a2: v128): v128 {
  return f64x2.sub(f64x2.mul(b2, x), f64x2.mul(a2, y))
}

export function biquad1(band: usize, left: usize, right: usize, n: i32): void {
  const b0 = v128.load(band), b1 = v128.load(band, 16), b2 = v128.load(band, 32), a1 = v128.load(band, 48), a2 = v128.load(band, 64)
  let s1 = v128.load(band, 80), s2 = v128.load(band, 96)
  const last = left + (<usize>n << 2)
  const vectorEnd = left + (<usize>(n & ~3) << 2)
  for (; left < vectorEnd; left += 16, right += 16) {
    const l = v128.load(left)
    const r = v128.load(right)
    let x = frame0(l, r)
    const y0 = tick(x, b0, s1)
    s1 = next1(x, y0, b1, a1, s2)
    s2 = next2(x, y0, b2, a2)
    x = frame1(l, r)
    const y1 = tick(x, b0, s1)
    s1 = next1(x, y1, b1, a1, s2)
    s2 = next2(x, y1, b2, a2)
    x = frame2(l, r)
    const y2 = tick(x, b0, s1)
    s1 = next1(x, y2, b1, a1, s2)
    s2 = next2(x, y2, b2, a2)
    x = frame3(l, r)
    const y3 = tick(x, b0, s1)
    s1 = next1(x, y3, b1, a1, s2)
    s2 = next2(x, y3, b2, a2)
    storeFrames(left, right, y0, y1, y2, y3)
  }
  for (; left < last; left += 4, right += 4) {
    const x = loadFrame(left, right)
    const y = tick(x, b0, s1)
    s1 = next1(x, y, b1, a1, s2)
    s2 = next2(x, y, b2, a2)
    storeFrame(left, right, y)
  }
  v128.store(band, s1, 80)
  v128.store(band, s2, 96)
}

export function biquad2(p: usize, q: usize, left: usize, right: usize, n: i32): void {
  const b0 = v128.load(p), b1 = v128.load(p, 16), b2 = v128.load(p, 32), a1 = v128.load(p, 48), a2 = v128.load(p, 64)
  const d0 = v128.load(q), d1 = v128.load(q, 16), d2 = v128.load(q, 32), c1 = v128.load(q, 48), c2 = v128.load(q, 64)
  let s1 = v128.load(p, 80), s2 = v128.load(p, 96), t1 = v128.load(q, 80), t2 = v128.load(q, 96)
  const last = left + (<usize>n << 2)
  const vectorEnd = left + (<usize>(n & ~3) << 2)
  for (; left < vectorEnd; left += 16, right += 16) {
    const l = v128.load(left)
    const r = v128.load(right)
    let x = frame0(l, r)
    let y = tick(x, b0, s1)
    s1 = next1(x, y, b1, a1, s2)
    s2 = next2(x, y, b2, a2)
    const z0 = tick(y, d0, t1)
    t1 = next1(y, z0, d1, c1, t2)
    t2 = next2(y, z0, d2, c2)
    x = frame1(l, r)
    y = tick(x, b0, s1)
    s1 = next1(x, y, b1, a1, s2)
    s2 = next2(x, y, b2, a2)
    const z1 = tick(y, d0, t1)
    t1 = next1(y, z1, d1, c1, t2)
    t2 = next2(y, z1, d2, c2)
    x = frame2(l, r)
    y = tick(x, b0, s1)
    s1 = next1(x, y, b1, a1, s2)
    s2 = next2(x, y, b2, a2)
    const z2 = tick(y, d0, t1)
    t1 = next1(y, z2, d1, c1, t2)
    t2 = next2(y, z2, d2, c2)
    x = frame3(l, r)
    y = tick(x, b0, s1)
    s1 = next1(x, y, b1, a1, s2)
    s2 = next2(x, y, b2, a2)
    const z3 = tick(y, d0, t1)
    t1 = next1(y, z3, d1, c1, t2)
    t2 = next2(y, z3, d2, c2)
    storeFrames(left, right, z0, z1, z2, z3)
  }
  for (; left < last; left += 4, right += 4) {
    const x = loadFrame(left, right)
    const y = tick(x, b0, s1)
    s1 = next1(x, y, b1, a1, s2)
    s2 = next2(x, y, b2, a2)
    const z = tick(y, d0, t1)
    t1 = next1(y, z, d1, c1, t2)
    t2 = next2(y, z, d2, c2)
    storeFrame(left, right, z)
  }
  v128.store(p, s1, 80)
  v128.store(p, s2, 96)
  v128.store(q, t1, 80)
  v128.store(q, t2, 96)
}

export function biquad3(p: usize, q: usize, o: usize, left: usize, right: usize, n: i32): void {
  const b0 = v128.load(p), b1 = v128.load(p, 16), b2 = v128.load(p, 32), a1 = v128.load(p, 48), a2 = v128.load(p, 64)
  const d0 = v128.load(q), d1 = v128.load(q, 16), d2 = v128.load(q, 32), c1 = v128.load(q, 48), c2 = v128.load(q, 64)
  const f0 = v128.load(o), f1 = v128.load(o, 16), f2 = v128.load(o, 32), e1 = v128.load(o, 48), e2 = v128.load(o, 64)
  let s1 = v128.load(p, 80), s2 = v128.load(p, 96), t1 = v128.load(q, 80), t2 = v128.load(q, 96), u1 = v128.load(o, 80), u2 = v128.load(o, 96)
  const last = left + (<usize>n << 2)
  const vectorEnd = left + (<usize>(n & ~3) << 2)
  for (; left < vectorEnd; left += 16, right += 16) {
    const l = v128.load(left)
    const r = v128.load(right)
    let x = frame0(l, r)
    let y = tick(x, b0, s1)
    s1 = next1(x, y, b1, a1, s2)
    s2 = next2(x, y, b2, a2)
    let z = tick(y, d0, t1)
    t1 = next1(y, z, d1, c1, t2)
    t2 = next2(y, z, d2, c2)
    const w0 = tick(z, f0, u1)
    u1 = next1(z, w0, f1, e1, u2)
    u2 = next2(z, w0, f2, e2)
    x = frame1(l, r)
    y = tick(x, b0, s1)
    s1 = next1(x, y, b1, a1, s2)
    s2 = next2(x, y, b2, a2)
    z = tick(y, d0, t1)
    t1 = next1(y, z, d1, c1, t2)
    t2 = next2(y, z, d2, c2)
    const w1 = tick(z, f0, u1)
    u1 = next1(z, w1, f1, e1, u2)
    u2 = next2(z, w1, f2, e2)
    x = frame2(l, r)
    y = tick(x, b0, s1)
    s1 = next1(x, y, b1, a1, s2)
    s2 = next2(x, y, b2, a2)
    z = tick(y, d0, t1)
    t1 = next1(y, z, d1, c1, t2)
    t2 = next2(y, z, d2, c2)
    const w2 = tick(z, f0, u1)
    u1 = next1(z, w2, f1, e1, u2)
    u2 = next2(z, w2, f2, e2)
    x = frame3(l, r)
    y = tick(x, b0, s1)
    s1 = next1(x, y, b1, a1, s2)
    s2 = next2(x, y, b2, a2)
    z = tick(y, d0, t1)
    t1 = next1(y, z, d1, c1, t2)
    t2 = next2(y, z, d2, c2)
    const w3 = tick(z, f0, u1)
    u1 = next1(z, w3, f1, e1, u2)
    u2 = next2(z, w3, f2, e2)
    storeFrames(left, right, w0, w1, w2, w3)
  }
  for (; left < last; left += 4, right += 4) {
    const x = loadFrame(left, right)
    const y = tick(x, b0, s1)
    s1 = next1(x, y, b1, a1, s2)
    s2 = next2(x, y, b2, a2)
    const z = tick(y, d0, t1)
    t1 = next1(y, z, d1, c1, t2)
    t2 = next2(y, z, d2, c2)
    const w = tick(z, f0, u1)
    u1 = next1(z, w, f1, e1, u2)
    u2 = next2(z, w, f2, e2)
    storeFrame(left, right, w)
  }
  v128.store(p, s1, 80)
  v128.store(p, s2, 96)
  v128.store(q, t1, 80)
  v128.store(q, t2, 96)
  v128.store(o, u1, 80)
  v128.store(o, u2, 96)
}

/** One frame at a time while coefficients glide. Rounds to f32 between the same groups of three as the fast path does not: only glides differ. */
function processRamp(eq: Eq, left: usize, right: usize, n: i32): void {
  for (let k = 0; k < n; k++) {
    let x = loadFrame(left, right)
    for (let i = 0; i < BANDS; i++) {
      if (!(eq.activeBands & (1 << i))) continue
      const band = eq.bands + <usize>i * BAND_BYTES
      for (let c: usize = 0; c < 80; c += 16) v128.store(band + c, f64x2.add(v128.load(band + c), v128.load(band + STEP + c)))
      const y = tick(x, v128.load(band), v128.load(band, 80))
      v128.store(band, next1(x, y, v128.load(band, 16), v128.load(band, 48), v128.load(band, 96)), 80)
      v128.store(band, next2(x, y, v128.load(band, 32), v128.load(band, 64)), 96)
      x = y
    }
    storeFrame(left, right, x)
    left += 4
    right += 4
  }
}

function processSteady(eq: Eq, left: usize, right: usize, n: i32): void {
  let a: usize = 0
  let b: usize = 0
  for (let i = 0; i < BANDS; i++) {
    if (!(eq.activeBands & (1 << i))) continue
    const band = eq.bands + <usize>i * BAND_BYTES
    if (a == 0) a = band
    else if (b == 0) b = band
    else {
      biquad3(a, b, band, left, right, n)
      a = 0
      b = 0
    }
  }
  if (b != 0) biquad2(a, b, left, right, n)
  else if (a != 0) biquad1(a, left, right, n)
}

/** States too small to hear become zero, so that silence ends and no subnormals slow the loop. */
function flush(eq: Eq): void {
  let any = i32x4.splat(0)
  for (let i = 0; i < BANDS; i++) {
    const band = eq.bands + <usize>i * BAND_BYTES
    const s1 = v128.load(band, 80)
    const s2 = v128.load(band, 96)
    const loud = v128.or(f64x2.gt(f64x2.abs(s1), f64x2.splat(1e-20)), f64x2.gt(f64x2.abs(s2), f64x2.splat(1e-20)))
    v128.store(band, v128.and(s1, loud), 80)
    v128.store(band, v128.and(s2, loud), 96)
    any = v128.or(any, loud)
  }
  eq.isIdle = !v128.any_true(any)
}

export function eqProcess(ptr: usize, left: usize, right: usize, frames: i32): void {
  const eq = changetype<Eq>(ptr)
  if (eq.dirtyBands) redesign(eq)
  const sounds = sanitise(left, right, frames)
  if (!sounds && eq.isIdle && eq.rampLeft == 0) {
    eq.gridAt = (eq.gridAt + frames) & (GRID - 1)
    return
  }
  if (sounds) eq.isIdle = false
  while (frames > 0) {
    let n = min(frames, GRID - eq.gridAt)
    if (eq.rampLeft > 0) {
      n = min(n, eq.rampLeft)
      processRamp(eq, left, right, n)
      eq.rampLeft -= n
      if (eq.rampLeft == 0) finishRamp(eq)
    } else processSteady(eq, left, right, n)
    frames -= n
    left += <usize>n << 2
    right += <usize>n << 2
    eq.gridAt += n
    if (eq.gridAt == GRID) {
      eq.gridAt = 0
      flush(eq)
    }
  }
}
