// Echo with fractional times, filtered feedback and ping-pong. A new time is reached by crossfading between two taps, so it neither clicks
// nor bends the pitch. Both channels of a frame lie side by side in one ring.
import { loadFrame, sanitise, storeFrame } from './frame'
import { alloc } from './memory'
import { Ramp, RAMP_BYTES } from './ramp'

const TIME = 0, FEEDBACK = 1, PING_PONG = 2, LOW_CUT = 3, HIGH_CUT = 4, MIX = 5
const R_FEEDBACK = 0, R_PING_PONG = 1, R_LOW_CUT = 2, R_HIGH_CUT = 3, R_MIX = 4
const FADE_FRAMES: i32 = 1024
const GRID: i32 = 256

// @ts-ignore: decorator
@unmanaged
class Delay {
  sampleRate: f64
  params: usize
  ring: usize
  mask: i32
  writeAt: i32
  /** Delay in frames of the tap that sounds, of the one it fades to, and what the parameter asks for. */
  tap: f64
  nextTap: f64
  wantedTap: f64
  fadeLeft: i32
  quiet: i32
  gridAt: i32
  isDirty: bool
  isIdle: bool
  state: usize
  ramp: Ramp
}

export function delayCreate(sampleRate: f64): usize {
  const ptr = alloc(offsetof<Delay>())
  const d = changetype<Delay>(ptr)
  d.sampleRate = sampleRate
  d.params = alloc(6 * 8)
  let frames = 1024
  while (<f64>frames < sampleRate * 2.0 + 16.0) frames <<= 1
  d.mask = frames - 1
  d.ring = alloc(frames << 3)
  d.state = alloc(32)
  d.ramp = changetype<Ramp>(alloc(RAMP_BYTES))
  d.isDirty = true
  d.isIdle = true
  return ptr
}

export function delayDispose(ptr: usize): void {
  const d = changetype<Delay>(ptr)
  heap.free(d.params)
  heap.free(d.ring)
  heap.free(d.state)
  heap.free(changetype<usize>(d.ramp))
  heap.free(ptr)
}

export function delayReset(ptr: usize): void {
  const d = changetype<Delay>(ptr)
  memory.fill(d.ring, 0, (<usize>d.mask + 1) << 3)
  memory.fill(d.state, 0, 32)
  d.writeAt = 0
  d.fadeLeft = 0
  d.quiet = 0
  d.gridAt = 0
  d.isIdle = true
  d.isDirty = true
  d.ramp.reset()
}

export function delaySet(ptr: usize, index: i32, value: f64): void {
  const d = changetype<Delay>(ptr)
  const at = d.params + (<usize>index << 3)
  if (load<f64>(at) == value) return
  store<f64>(at, value)
  d.isDirty = true
}

// @ts-ignore: decorator
@inline
function param(d: Delay, index: i32): f64 {
  return load<f64>(d.params + (<usize>index << 3))
}

/** Until the echoes are 60 dB down. */
export function delayTail(ptr: usize): i32 {
  const d = changetype<Delay>(ptr)
  const feedback = param(d, FEEDBACK) * 0.01
  let echoes = feedback > 0.001 ? 1.0 + NativeMath.ceil(-6.907755278982137 / NativeMath.log(feedback)) : 1.0
  // Ping-pong loses its feedback factor on every second echo only.
  if (param(d, PING_PONG) > 0) echoes *= 2.0
  return <i32>NativeMath.ceil(echoes * param(d, TIME) * 0.001 * d.sampleRate) + 256
}

/** Gain of a one-pole filter with trapezoidal integration. */
function onePole(hz: f64, sampleRate: f64): f64 {
  const g = NativeMath.tan((NativeMath.PI * min(hz, sampleRate * 0.49)) / sampleRate)
  return g / (1.0 + g)
}

function redesign(d: Delay): void {
  d.isDirty = false
  const ramp = d.ramp
  d.wantedTap = param(d, TIME) * 0.001 * d.sampleRate
  if (!ramp.isPrimed) {
    d.tap = d.wantedTap
    d.nextTap = d.wantedTap
  }
  ramp.setTarget(R_FEEDBACK, param(d, FEEDBACK) * 0.01)
  ramp.setTarget(R_PING_PONG, param(d, PING_PONG) >= 0.5 ? 1.0 : 0.0)
  ramp.setTarget(R_LOW_CUT, onePole(param(d, LOW_CUT), d.sampleRate))
  ramp.setTarget(R_HIGH_CUT, onePole(param(d, HIGH_CUT), d.sampleRate))
  ramp.setTarget(R_MIX, param(d, MIX) * 0.01)
  ramp.start()
}

// @ts-ignore: decorator
@inline
function ringFrame(d: Delay, index: i32): v128 {
  return f64x2.promote_low_f32x4(v128.load64_zero(d.ring + (<usize>(index & d.mask) << 3)))
}

/** Third-order Lagrange between the four frames around the tap; exact where the delay is whole. */
function readTap(d: Delay, frames: f64): v128 {
  const whole = <i32>frames
  const f = frames - <f64>whole
  const at = d.writeAt - whole
  const c0 = (-f * (f - 1.0) * (f - 2.0)) / 6.0
  const c1 = ((f + 1.0) * (f - 1.0) * (f - 2.0)) / 2.0
  const c2 = (-(f + 1.0) * f * (f - 2.0)) / 2.0
  const c3 = ((f + 1.0) * f * (f - 1.0)) / 6.0
  const a = f64x2.add(f64x2.mul(f64x2.splat(c0), ringFrame(d, at + 1)), f64x2.mul(f64x2.splat(c1), ringFrame(d, at)))
  const b = f64x2.add(f64x2.mul(f64x2.splat(c2), ringFrame(d, at - 1)), f64x2.mul(f64x2.splat(c3), ringFrame(d, at - 2)))
  return f64x2.add(a, b)
}

export function delayProcess(ptr: usize, left: usize, right: usize, frames: i32): void {
  const d = changetype<Delay>(ptr)
  if (d.isDirty) redesign(d)
  const sounds = sanitise(left, right, frames)
  if (!sounds && d.isIdle && d.ramp.left == 0 && d.fadeLeft == 0 && d.tap == d.wantedTap) {
    d.writeAt = (d.writeAt + frames) & d.mask
    d.gridAt = (d.gridAt + frames) & (GRID - 1)
    return
  }
  if (sounds) d.isIdle = false
  while (frames > 0) {
    const n = min(frames, GRID - d.gridAt)
    run(d, left, right, n)
    frames -= n
    left += <usize>n << 2
    right += <usize>n << 2
    d.gridAt += n
    if (d.gridAt == GRID) {
      d.gridAt = 0
      const s = v128.load(d.state)
      const t = v128.load(d.state, 16)
      const loud = v128.or(f64x2.gt(f64x2.abs(s), f64x2.splat(1e-20)), f64x2.gt(f64x2.abs(t), f64x2.splat(1e-20)))
      v128.store(d.state, v128.and(s, loud))
      v128.store(d.state, v128.and(t, loud), 16)
      d.isIdle = d.quiet > d.mask && !v128.any_true(loud)
    }
  }
}

function run(d: Delay, left: usize, right: usize, n: i32): void {
  const ramp = d.ramp
  let low = v128.load(d.state)
  let high = v128.load(d.state, 16)
  let isFresh = true
  let feedback = f64x2.splat(0), pong = feedback, straight = feedback, lowCut = feedback, highCut = feedback, mix = feedback, dry = feedback
  for (const last = left + (<usize>n << 2); left < last; left += 4, right += 4) {
    if (ramp.left > 0) {
      ramp.step()
      isFresh = true
    }
    if (isFresh) {
      feedback = f64x2.splat(ramp.at(R_FEEDBACK))
      pong = f64x2.splat(ramp.at(R_PING_PONG))
      straight = f64x2.splat(1.0 - ramp.at(R_PING_PONG))
      lowCut = f64x2.splat(ramp.at(R_LOW_CUT))
      highCut = f64x2.splat(ramp.at(R_HIGH_CUT))
      mix = f64x2.splat(ramp.at(R_MIX))
      dry = f64x2.splat(1.0 - ramp.at(R_MIX))
      isFresh = false
    }
    if (d.fadeLeft == 0 && d.tap != d.wantedTap) {
      d.nextTap = d.wantedTap
      d.fadeLeft = FADE_FRAMES
    }
    const x = loadFrame(left, right)
    let echo = readTap(d, d.tap)
    if (d.fadeLeft > 0) {
      const t = <f64>(FADE_FRAMES - d.fadeLeft) / <f64>FADE_FRAMES
      echo = f64x2.add(f64x2.mul(f64x2.splat(1.0 - t), echo), f64x2.mul(f64x2.splat(t), readTap(d, d.nextTap)))
      d.fadeLeft--
      if (d.fadeLeft == 0) d.tap = d.nextTap
    }
    let v = f64x2.mul(f64x2.sub(echo, low), lowCut)
    const bottom = f64x2.add(v, low)
    low = f64x2.add(bottom, v)
    const cut = f64x2.sub(echo, bottom)
    v = f64x2.mul(f64x2.sub(cut, high), highCut)
    const wet = f64x2.add(v, high)
    high = f64x2.add(wet, v)
    // Ping-pong: the sum of both sides enters left, left feeds right, right feeds back to left.
    const fed = f64x2.mul(feedback, wet)
    const mono = (f64x2.extract_lane(x, 0) + f64x2.extract_lane(x, 1)) * 0.5
    const crossed = f64x2(mono + f64x2.extract_lane(fed, 1), f64x2.extract_lane(wet, 0))
    const written = f32x4.demote_f64x2_zero(f64x2.add(f64x2.mul(straight, f64x2.add(x, fed)), f64x2.mul(pong, crossed)))
    const audible = v128.and(written, f32x4.gt(f32x4.abs(written), f32x4.splat(1e-18)))
    v128.store64_lane(d.ring + (<usize>d.writeAt << 3), audible, 0)
    d.quiet = v128.any_true(audible) ? 0 : min(d.quiet + 1, 1 << 30)
    d.writeAt = (d.writeAt + 1) & d.mask
    storeFrame(left, right, f64x2.add(f64x2.add(f64x2.mul(dry, x), f64x2.mul(mix, wet)), f64x2.splat(0)))
  }
  v128.store(d.state, low)
  v128.store(d.state, high, 16)
}
