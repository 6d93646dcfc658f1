// Feed-forward compressor: soft knee, stereo-linked peak level, smooth decoupled ballistics in the log domain.
// Giannoulis, Massberg, Reiss, "Digital Dynamic Range Compressor Design", JAES 60(6), 2012: equations 4 (knee) and 17 (ballistics).
import { loadSome, sanitise, storeSome } from './frame'
import { exp2x4, log2x4 } from './math'
import { alloc } from './memory'
import { Ramp, RAMP_BYTES } from './ramp'

const THRESHOLD = 0, RATIO = 1, KNEE = 2, ATTACK = 3, RELEASE = 4, MAKEUP = 5, MIX = 6
const DB_PER_OCTAVE: f32 = 6.020599913279624
// Reduction never quite ends, so that no subnormals arise; this much is a gain of exactly 1 in f32.
const FLOOR: f64 = 1e-12
const GRID: i32 = 256
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
  isIdle: bool
  gridAt: i32
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
  c.held = FLOOR
  c.smoothed = FLOOR
  c.isIdle = true
  c.gridAt = 0
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
  const reduction = changetype<Compressor>(ptr).reduction
  return reduction < 1e-6 ? 0 : reduction
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
  c.reduction = 0
  if (!sounds && c.isIdle && c.ramp.left == 0) {
    c.gridAt = (c.gridAt + frames) & (GRID - 1)
    return
  }
  if (sounds) c.isIdle = false
  while (frames > 0) {
    const n = min(frames, GRID - c.gridAt)
    run(c, left, right, n)
    frames -= n
    left += <usize>n << 2
    right += <usize>n << 2
    c.gridAt += n
    if (c.gridAt == GRID) {
      c.gridAt = 0
      if (c.held < 1e-9 && c.smoothed < 1e-9) {
        c.held = FLOOR
        c.smoothed = FLOOR
        c.isIdle = true
      }
    }
  }
}

/** A grid of frames, in three passes: what depends on the frame before is a small part, and the rest must not wait for it. */
function run(c: Compressor, left: usize, right: usize, frames: i32): void {
  const octaves = memory.data(GRID * 4, 16)
  const mixes = memory.data(GRID * 4, 16)
  wanted(c, left, right, frames, octaves)
  follow(c, frames, octaves, mixes)
  turnDown(left, right, frames, octaves, mixes)
}

/** Writes by how many dB each frame wants to be turned down. */
function wanted(c: Compressor, left: usize, right: usize, frames: i32, over: usize): void {
  const threshold = f32x4.splat(c.threshold), slope = f32x4.splat(c.slope), knee = f32x4.splat(c.knee)
  const halfKnee = f32x4.splat(c.knee * 0.5), halfOverKnee = f32x4.splat(c.halfOverKnee)
  for (let i = 0; i < frames; i += 4, left += 16, right += 16, over += 16) {
    const count = frames - i
    const l = count >= 4 ? v128.load(left) : loadSome(left, count)
    const r = count >= 4 ? v128.load(right) : loadSome(right, count)
    // -120 dBFS is quiet enough to be the bottom.
    const peak = f32x4.pmax(f32x4.pmax(f32x4.abs(l), f32x4.abs(r)), f32x4.splat(1e-6))
    const excess = f32x4.sub(f32x4.mul(log2x4(peak), f32x4.splat(DB_PER_OCTAVE)), threshold)
    const bend = f32x4.pmin(f32x4.pmax(f32x4.add(excess, halfKnee), f32x4.splat(0)), knee)
    const straight = f32x4.pmax(f32x4.sub(excess, halfKnee), f32x4.splat(0))
    v128.store(over, f32x4.mul(slope, f32x4.add(f32x4.mul(f32x4.mul(bend, bend), halfOverKnee), straight)))
  }
}

/** Makes of what is wanted what happens, in octaves of gain with the makeup, in place; and writes how much of it is mixed in. */
function follow(c: Compressor, frames: i32, octaves: usize, mixes: usize): void {
  const ramp = c.ramp
  const attack = f64x2.splat(c.attack), release = f64x2.splat(c.release)
  // Both lanes hold the same: there is one envelope, but vector maximum is a single instruction.
  let held = f64x2.splat(c.held), smoothed = f64x2.splat(c.smoothed), most = f64x2.splat(c.reduction)
  for (let i = 0; i < frames; i += 4, octaves += 16, mixes += 16) {
    const count = min(4, frames - i)
    const over = v128.load(octaves)
    const low = f64x2.pmax(f64x2.promote_low_f32x4(over), f64x2.splat(FLOOR))
    const high = f64x2.pmax(f64x2.promote_low_f32x4(v128.shuffle<f64>(over, over, 1, 1)), f64x2.splat(FLOOR))
    if (count == 4 && ramp.left == 0) {
      held = hold(held, v128.shuffle<f64>(low, low, 0, 0), release)
      const a = ease(smoothed, held, attack)
      held = hold(held, v128.shuffle<f64>(low, low, 1, 1), release)
      const b = ease(a, held, attack)
      held = hold(held, v128.shuffle<f64>(high, high, 0, 0), release)
      const d = ease(b, held, attack)
      held = hold(held, v128.shuffle<f64>(high, high, 1, 1), release)
      smoothed = ease(d, held, attack)
      const first = v128.shuffle<f64>(a, b, 0, 2)
      const second = v128.shuffle<f64>(d, smoothed, 0, 2)
      most = f64x2.pmax(most, f64x2.pmax(first, second))
      const makeup = f64x2.splat(ramp.at(0))
      const scale = f64x2.splat(OCTAVES_PER_DB)
      const two = f32x4.demote_f64x2_zero(f64x2.sub(makeup, f64x2.mul(first, scale)))
      const more = f32x4.demote_f64x2_zero(f64x2.sub(makeup, f64x2.mul(second, scale)))
      v128.store(octaves, v128.shuffle<f64>(two, more, 0, 2))
      v128.store(mixes, f32x4.splat(<f32>ramp.at(1)))
    } else {
      for (let k = 0; k < count; k++) {
        const pair = k < 2 ? low : high
        held = hold(held, k & 1 ? v128.shuffle<f64>(pair, pair, 1, 1) : v128.shuffle<f64>(pair, pair, 0, 0), release)
        smoothed = ease(smoothed, held, attack)
        most = f64x2.pmax(most, smoothed)
        if (ramp.left > 0) ramp.step()
        store<f32>(octaves + (<usize>k << 2), <f32>(ramp.at(0) - f64x2.extract_lane(smoothed, 0) * OCTAVES_PER_DB))
        store<f32>(mixes + (<usize>k << 2), <f32>ramp.at(1))
      }
    }
  }
  c.held = f64x2.extract_lane(held, 0)
  c.smoothed = f64x2.extract_lane(smoothed, 0)
  c.reduction = max(f64x2.extract_lane(most, 0), f64x2.extract_lane(most, 1))
}

function turnDown(left: usize, right: usize, frames: i32, octaves: usize, mixes: usize): void {
  for (let i = 0; i < frames; i += 4, left += 16, right += 16, octaves += 16, mixes += 16) {
    const count = frames - i
    const mix = v128.load(mixes)
    const gain = f32x4.add(f32x4.sub(f32x4.splat(1), mix), f32x4.mul(mix, exp2x4(v128.load(octaves))))
    if (count >= 4) {
      v128.store(left, f32x4.add(f32x4.mul(v128.load(left), gain), f32x4.splat(0)))
      v128.store(right, f32x4.add(f32x4.mul(v128.load(right), gain), f32x4.splat(0)))
    } else {
      storeSome(left, f32x4.add(f32x4.mul(loadSome(left, count), gain), f32x4.splat(0)), count)
      storeSome(right, f32x4.add(f32x4.mul(loadSome(right, count), gain), f32x4.splat(0)), count)
    }
  }
}

/** Peak with exponential release. */
// @ts-ignore: decorator
@inline
function hold(held: v128, over: v128, release: v128): v128 {
  return f64x2.pmax(over, f64x2.add(over, f64x2.mul(release, f64x2.sub(held, over))))
}

// @ts-ignore: decorator
@inline
function ease(smoothed: v128, held: v128, attack: v128): v128 {
  return f64x2.add(held, f64x2.mul(attack, f64x2.sub(smoothed, held)))
}
