// tanh saturation at four times the sample rate. Two half-band stages up and two down (linear phase, Kaiser, about 100 dB), in f32 with time
// in the lanes; the asymmetric part's DC is blocked; the dry part of the mix is delayed alike.
import { kaiserHalfBand } from './design'
import { loadFrame, sanitise, storeFrame } from './frame'
import { exp2x4, gainOfDb } from './math'
import { alloc } from './memory'
import { Ramp, RAMP_BYTES } from './ramp'

const DRIVE = 0, BIAS = 1, OUTPUT = 2, MIX = 3
// Coefficient pairs of the half-band filters: 1x to 2x, and 2x to 4x.
const P1: i32 = 20
const P2: i32 = 6
const LATENCY: i32 = 2 * P1 - 1 + P2
const CHUNK: i32 = 256
// Samples kept in front of each buffer; multiples of four, at least as long as the filters reach back.
const H0: i32 = 64
const H1: i32 = 16
const H2: i32 = 16
const H3: i32 = 96
const PAD: i32 = 16

// @ts-ignore: decorator
@unmanaged
class Saturation {
  sampleRate: f64
  params: usize
  taps1: usize
  taps2: usize
  /** Per channel: input, at 2x, shaped even and odd at 4x, back at 2x; each with its history in front. */
  buffers: usize
  dc: usize
  dcPole: f64
  quiet: i32
  isDirty: bool
  isDry: bool
  ramp: Ramp
}

const X_BYTES: usize = <usize>(H0 + CHUNK + PAD) << 2
const U_BYTES: usize = <usize>(H1 + 2 * CHUNK + PAD) << 2
const E_BYTES: usize = <usize>(H2 + 2 * CHUNK + PAD) << 2
const Z_BYTES: usize = <usize>(H3 + 2 * CHUNK + PAD) << 2
const CHANNEL_BYTES: usize = X_BYTES + U_BYTES + 2 * E_BYTES + Z_BYTES

export function saturationCreate(sampleRate: f64): usize {
  const ptr = alloc(offsetof<Saturation>())
  const s = changetype<Saturation>(ptr)
  s.sampleRate = sampleRate
  s.params = alloc(4 * 8)
  s.taps1 = kaiserHalfBand(P1, 10.0)
  s.taps2 = kaiserHalfBand(P2, 10.0)
  s.buffers = alloc(<i32>CHANNEL_BYTES * 2)
  s.dc = alloc(32)
  s.ramp = changetype<Ramp>(alloc(RAMP_BYTES))
  // -3 dB at 5 Hz.
  s.dcPole = NativeMath.exp((-2.0 * NativeMath.PI * 5.0) / sampleRate)
  saturationReset(ptr)
  return ptr
}

export function saturationDispose(ptr: usize): void {
  const s = changetype<Saturation>(ptr)
  heap.free(s.params)
  heap.free(s.taps1)
  heap.free(s.taps2)
  heap.free(s.buffers)
  heap.free(s.dc)
  heap.free(changetype<usize>(s.ramp))
  heap.free(ptr)
}

export function saturationReset(ptr: usize): void {
  const s = changetype<Saturation>(ptr)
  memory.fill(s.buffers, 0, CHANNEL_BYTES * 2)
  memory.fill(s.dc, 0, 32)
  s.quiet = 1 << 20
  s.isDirty = true
  s.ramp.reset()
}

export function saturationSet(ptr: usize, index: i32, value: f64): void {
  const s = changetype<Saturation>(ptr)
  const at = s.params + (<usize>index << 3)
  if (load<f64>(at) == value) return
  store<f64>(at, value)
  s.isDirty = true
}

export function saturationLatency(ptr: usize): i32 {
  return LATENCY
}

export function saturationTail(ptr: usize): i32 {
  return 2 * LATENCY
}

function redesign(s: Saturation): void {
  s.isDirty = false
  const ramp = s.ramp
  ramp.setTarget(0, gainOfDb(load<f64>(s.params)))
  ramp.setTarget(1, load<f64>(s.params + 8))
  ramp.setTarget(2, gainOfDb(load<f64>(s.params + 16)))
  ramp.setTarget(3, load<f64>(s.params + 24) * 0.01)
  ramp.start()
}

// @ts-ignore: decorator
@inline
function tanh4(x: v128): v128 {
  // 1 - 2 / (e^2x + 1)
  const bounded = f32x4.pmin(f32x4.pmax(x, f32x4.splat(-15)), f32x4.splat(15))
  const e = exp2x4(f32x4.mul(bounded, f32x4.splat(2.8853900817779268)))
  return f32x4.sub(f32x4.splat(1), f32x4.div(f32x4.splat(2), f32x4.add(e, f32x4.splat(1))))
}

/** The sample half-way between p[0] and p[1], for four positions: sum of c[k] (p[-k] + p[1 + k]). */
// @ts-ignore: decorator
@inline
function between(p: usize, taps: usize, pairs: i32): v128 {
  let a = f32x4.splat(0)
  let b = f32x4.splat(0)
  for (let k = 0; k < pairs; k += 2) {
    const o = <usize>k << 2
    a = f32x4.add(a, f32x4.mul(v128.load32_splat(taps + o), f32x4.add(v128.load(p - o), v128.load(p + o, 4))))
    b = f32x4.add(b, f32x4.mul(v128.load32_splat(taps + o, 4), f32x4.add(v128.load(p - o - 4), v128.load(p + o, 8))))
  }
  return f32x4.add(a, b)
}

function shape(s: Saturation, x: usize, n: i32): void {
  const u = x + X_BYTES
  const even = u + U_BYTES
  const odd = even + E_BYTES
  const z = odd + E_BYTES
  const newX = x + (<usize>H0 << 2)
  const newU = u + (<usize>H1 << 2)
  const newEven = even + (<usize>H2 << 2)
  const newOdd = odd + (<usize>H2 << 2)
  const newZ = z + (<usize>H3 << 2)
  const gain = f32x4.splat(<f32>s.ramp.at(0))
  const bias = f32x4.splat(<f32>s.ramp.at(1))
  const rest = tanh4(bias)
  // Up to 2x: the old samples and those between them, P1 late.
  for (let i = 0; i < n; i += 4) {
    const p = newX + (<usize>i << 2) - (<usize>P1 << 2)
    const here = v128.load(p)
    const half = between(p, s.taps1, P1)
    const q = newU + (<usize>i << 3)
    v128.store(q, v128.shuffle<f32>(here, half, 0, 4, 1, 5))
    v128.store(q, v128.shuffle<f32>(here, half, 2, 6, 3, 7), 16)
  }
  // Up to 4x and shaped; even and odd samples stay apart. 2x samples number 2n.
  const n2 = n << 1
  for (let i = 0; i < n2; i += 4) {
    const p = newU + (<usize>i << 2) - (<usize>P2 << 2)
    const here = v128.load(p)
    const half = between(p, s.taps2, P2)
    v128.store(newEven + (<usize>i << 2), f32x4.sub(tanh4(f32x4.add(f32x4.mul(here, gain), bias)), rest))
    v128.store(newOdd + (<usize>i << 2), f32x4.sub(tanh4(f32x4.add(f32x4.mul(half, gain), bias)), rest))
  }
  // Down to 2x: (even + the odd ones' value at the same place) / 2, P2 - 1 late.
  for (let i = 0; i < n2; i += 4) {
    const back = (<usize>i << 2) - (<usize>(P2 - 1) << 2)
    const sum = f32x4.add(v128.load(newEven + back), between(newOdd + back - 4, s.taps2, P2))
    v128.store(newZ + (<usize>i << 2), f32x4.mul(sum, f32x4.splat(0.5)))
  }
}

export function saturationProcess(ptr: usize, left: usize, right: usize, frames: i32): void {
  const s = changetype<Saturation>(ptr)
  if (s.isDirty) redesign(s)
  const sounds = sanitise(left, right, frames)
  // Silence in, buffers run empty and the DC blocker at rest: nothing to do.
  if (!sounds && s.quiet >= 4 * LATENCY && s.ramp.left == 0 && isRested(s)) return
  const xl = s.buffers
  const xr = s.buffers + CHANNEL_BYTES
  while (frames > 0) {
    const n = s.ramp.left > 0 ? 1 : min(frames, CHUNK)
    if (s.ramp.left > 0) s.ramp.step()
    const bytes = <usize>n << 2
    memory.copy(xl + (<usize>H0 << 2), left, bytes)
    memory.copy(xr + (<usize>H0 << 2), right, bytes)
    shape(s, xl, n)
    shape(s, xr, n)
    finish(s, left, right, n)
    shift(xl, n)
    shift(xr, n)
    left += bytes
    right += bytes
    frames -= n
  }
}

function isRested(s: Saturation): bool {
  return !v128.any_true(v128.or(v128.load(s.dc), v128.load(s.dc, 16)))
}

/** Down to 1x (one 2x sample late, so that the total is whole), DC blocked, mixed with the input of LATENCY frames ago. */
function finish(s: Saturation, left: usize, right: usize, n: i32): void {
  const out = f64x2.splat(s.ramp.at(2) * s.ramp.at(3))
  const dry = f64x2.splat(1.0 - s.ramp.at(3))
  const pole = f64x2.splat(s.dcPole)
  let last = v128.load(s.dc)
  let level = v128.load(s.dc, 16)
  const toZ = X_BYTES + U_BYTES + 2 * E_BYTES + (<usize>H3 << 2)
  for (let i = 0; i < n; i++) {
    const at = <usize>i << 2
    const z = s.buffers + toZ + (at << 1)
    const wet = f64x2(<f64>downAt(s, z), <f64>downAt(s, z + CHANNEL_BYTES))
    level = f64x2.add(f64x2.sub(wet, last), f64x2.mul(pole, level))
    level = v128.and(level, f64x2.gt(f64x2.abs(level), f64x2.splat(1e-15)))
    last = wet
    const x = s.buffers + at + (<usize>(H0 - LATENCY) << 2)
    const input = loadFrame(x, x + CHANNEL_BYTES)
    s.quiet = v128.any_true(loadFrame(s.buffers + at + (<usize>H0 << 2), s.buffers + CHANNEL_BYTES + at + (<usize>H0 << 2))) ? 0 : min(s.quiet + 1, 1 << 20)
    storeFrame(left + at, right + at, f64x2.add(f64x2.add(f64x2.mul(dry, input), f64x2.mul(out, level)), f64x2.splat(0)))
  }
  v128.store(s.dc, last)
  v128.store(s.dc, level, 16)
}

/** z is where the newest pair of 2x samples starts; pairs are taken one sample earlier, centred P1 - 1 pairs back. */
// @ts-ignore: decorator
@inline
function downAt(s: Saturation, z: usize): f32 {
  const centre = z - 4 - (<usize>(P1 - 1) << 3)
  let a = f32x4.splat(0)
  for (let k = 0; k < P1; k += 4) {
    const o = <usize>k << 3
    // Odd samples before the centre (nearest first after reversal) and after it.
    const after = v128.shuffle<f32>(v128.load(centre + o), v128.load(centre + o, 16), 1, 3, 5, 7)
    const before = v128.shuffle<f32>(v128.load(centre - o - 32), v128.load(centre - o - 16), 7, 5, 3, 1)
    a = f32x4.add(a, f32x4.mul(v128.load(s.taps1 + (o >> 1)), f32x4.add(before, after)))
  }
  const odd = f32x4.extract_lane(a, 0) + f32x4.extract_lane(a, 1) + (f32x4.extract_lane(a, 2) + f32x4.extract_lane(a, 3))
  return (load<f32>(centre) + odd) * 0.5
}

function shift(x: usize, n: i32): void {
  const bytes = <usize>n << 2
  const u = x + X_BYTES
  const even = u + U_BYTES
  const odd = even + E_BYTES
  const z = odd + E_BYTES
  memory.copy(x, x + bytes, <usize>H0 << 2)
  memory.copy(u, u + 2 * bytes, <usize>H1 << 2)
  memory.copy(even, even + 2 * bytes, <usize>H2 << 2)
  memory.copy(odd, odd + 2 * bytes, <usize>H2 << 2)
  memory.copy(z, z + 2 * bytes, <usize>H3 << 2)
}
