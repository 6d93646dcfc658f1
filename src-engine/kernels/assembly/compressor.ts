// Feed-forward compressor: soft knee, stereo-linked peak level, smooth decoupled ballistics in the log domain.
// Giannoulis, Massberg, Reiss, "Digital Dynamic Range Compressor Design", JAES 60(6), 2012: equations 4 (knee) and 17 (ballistics).
import { loadSome, sanitise, storeSome } from './frame'
import { exp2x4, log2x4 } from './math'
import { alloc } from './memory'
import { Ramp, RAMP_BYTES } from './ramp'

const THRESHOLD = 0, RATIO = 1, KNEE = 2, ATTACK = 3, RELEASE = 4, MAKEUP = 5, MIX = 6
const DB_PER_OCTAVE: f32 = 6.020599913279624
const OCTAVES_PER_DB: f64 = 0.16609640474436813

// @ts-ignore: decorator
@unmanaged
class Compressor {
  sampleRate: f64
  params: usize
  isDirty: bool
  threshold: f32
  slope: f32
  knee: f32
  halfOverKnee: f32
  attack: f64
  release: f64
  held: f64
  smoothed: f64
  reduction: f64
  ramp: Ramp
}

export function compressorCreate(sampleRate: f64): usize {
  const ptr = alloc(offsetof<Compressor>())
  const c = changetype<Compressor>(ptr)
  c.sampleRate = sampleRate
  c.params = alloc(7 * 8)
  c.ramp = changetype<Ramp>(alloc(RAMP_BYTES))
  compressorReset(ptr)
  return ptr
}

export function compressorDispose(ptr: usize): void {
  const c = changetype<Compressor>(ptr)
  heap.free(c.params)
  heap.free(changetype<usize>(c.ramp))
  heap.free(ptr)
}

export function compressorReset(ptr: usize): void {
  const c = changetype<Compressor>(ptr)
  c.held = 0
  c.smoothed = 0
  c.reduction = 0
  c.ramp.reset()
  c.isDirty = true
}

export function compressorSet(ptr: usize, index: i32, value: f64): void {
  const c = changetype<Compressor>(ptr)
  const at = c.params + (<usize>index << 3)
  if (load<f64>(at) == value) return
  store<f64>(at, value)
  c.isDirty = true
}

export function compressorTail(ptr: usize): i32 {
  return 0
}

export function compressorReduction(ptr: usize): f64 {
  return changetype<Compressor>(ptr).reduction
}

// @ts-ignore: decorator
@inline
function param(c: Compressor, index: i32): f64 {
  return load<f64>(c.params + (<usize>index << 3))
}

function redesign(c: Compressor): void {
  c.isDirty = false
  c.threshold = <f32>param(c, THRESHOLD)
  c.slope = <f32>(1.0 - 1.0 / param(c, RATIO))
  c.knee = <f32>param(c, KNEE)
  c.halfOverKnee = c.knee > 0 ? 0.5 / c.knee : 0
  c.attack = NativeMath.exp(-1000.0 / (param(c, ATTACK) * c.sampleRate))
  c.release = NativeMath.exp(-1000.0 / (param(c, RELEASE) * c.sampleRate))
  c.ramp.setTarget(0, param(c, MAKEUP) * OCTAVES_PER_DB)
  c.ramp.setTarget(1, param(c, MIX) * 0.01)
  c.ramp.start()
}

export function compressorProcess(ptr: usize, left: usize, right: usize, frames: i32): void {
  const c = changetype<Compressor>(ptr)
  if (c.isDirty) redesign(c)
  const sounds = sanitise(left, right, frames)
  if (!sounds && c.held == 0 && c.smoothed == 0 && c.ramp.left == 0) {
    c.reduction = 0
    return
  }
  const ramp = c.ramp
  const attack = c.attack, release = c.release
  const threshold = f32x4.splat(c.threshold), slope = f32x4.splat(c.slope), knee = f32x4.splat(c.knee)
  const halfKnee = f32x4.splat(c.knee * 0.5), halfOverKnee = f32x4.splat(c.halfOverKnee)
  let held = c.held, smoothed = c.smoothed, most: f64 = 0
  for (let i = 0; i < frames; i += 4) {
    const count = min(4, frames - i)
    let l: v128, r: v128
    if (count == 4) {
      l = v128.load(left)
      r = v128.load(right)
    } else {
      l = loadSome(left, count)
      r = loadSome(right, count)
    }
    // -120 dBFS is quiet enough to be the bottom.
    const peak = f32x4.max(f32x4.max(f32x4.abs(l), f32x4.abs(r)), f32x4.splat(1e-6))
    const excess = f32x4.sub(f32x4.mul(log2x4(peak), f32x4.splat(DB_PER_OCTAVE)), threshold)
    const bend = f32x4.min(f32x4.max(f32x4.add(excess, halfKnee), f32x4.splat(0)), knee)
    const straight = f32x4.max(f32x4.sub(excess, halfKnee), f32x4.splat(0))
    const over = f32x4.mul(slope, f32x4.add(f32x4.mul(f32x4.mul(bend, bend), halfOverKnee), straight))
    let octaves = f32x4.splat(0)
    let mix = f32x4.splat(<f32>ramp.at(1))
    if (count == 4 && ramp.left == 0) {
      const makeup = ramp.at(0)
      held = hold(held, <f64>f32x4.extract_lane(over, 0), release)
      const a = (smoothed = ease(smoothed, held, attack))
      held = hold(held, <f64>f32x4.extract_lane(over, 1), release)
      const b = (smoothed = ease(smoothed, held, attack))
      held = hold(held, <f64>f32x4.extract_lane(over, 2), release)
      const c = (smoothed = ease(smoothed, held, attack))
      held = hold(held, <f64>f32x4.extract_lane(over, 3), release)
      const d = (smoothed = ease(smoothed, held, attack))
      most = max(max(most, max(a, b)), max(c, d))
      octaves = f32x4(
        <f32>(makeup - a * OCTAVES_PER_DB),
        <f32>(makeup - b * OCTAVES_PER_DB),
        <f32>(makeup - c * OCTAVES_PER_DB),
        <f32>(makeup - d * OCTAVES_PER_DB),
      )
    } else {
      for (let k = 0; k < count; k++) {
        held = hold(held, <f64>laneOf(over, k), release)
        smoothed = ease(smoothed, held, attack)
        most = max(most, smoothed)
        if (ramp.left > 0) ramp.step()
        octaves = withLane(octaves, k, <f32>(ramp.at(0) - smoothed * OCTAVES_PER_DB))
        mix = withLane(mix, k, <f32>ramp.at(1))
      }
    }
    const gain = f32x4.add(f32x4.sub(f32x4.splat(1), mix), f32x4.mul(mix, exp2x4(octaves)))
    l = f32x4.add(f32x4.mul(l, gain), f32x4.splat(0))
    r = f32x4.add(f32x4.mul(r, gain), f32x4.splat(0))
    if (count == 4) {
      v128.store(left, l)
      v128.store(right, r)
    } else {
      storeSome(left, l, count)
      storeSome(right, r, count)
    }
    left += 16
    right += 16
  }
  c.held = held
  c.smoothed = smoothed
  c.reduction = most
}

/** Peak with exponential release. What is too small to matter is zero, so that silence ends. */
// @ts-ignore: decorator
@inline
function hold(held: f64, over: f64, release: f64): f64 {
  const next = max(over, over + release * (held - over))
  return next < 1e-9 ? 0 : next
}

// @ts-ignore: decorator
@inline
function ease(smoothed: f64, held: f64, attack: f64): f64 {
  const next = held + attack * (smoothed - held)
  return next < 1e-9 ? 0 : next
}

// @ts-ignore: decorator
@inline
function laneOf(x: v128, lane: i32): f32 {
  return lane == 0 ? f32x4.extract_lane(x, 0) : lane == 1 ? f32x4.extract_lane(x, 1) : lane == 2 ? f32x4.extract_lane(x, 2) : f32x4.extract_lane(x, 3)
}

// @ts-ignore: decorator
@inline
function withLane(x: v128, lane: i32, value: f32): v128 {
  if (lane == 0) return f32x4.replace_lane(x, 0, value)
  if (lane == 1) return f32x4.replace_lane(x, 1, value)
  return lane == 2 ? f32x4.replace_lane(x, 2, value) : f32x4.replace_lane(x, 3, value)
}
