// State variable filter with zero-delay feedback (Zavalishin, "The Art of VA Filter Design", ch. 4; trapezoidal form by Simper): stays
// stable and clean while cutoff and resonance move. All four modes and the dry part are one weighted sum.
import { loadFrame, sanitise, storeFrame } from './frame'
import { alloc } from './memory'
import { Ramp, RAMP_BYTES } from './ramp'

const GRID: i32 = 256
// Slots of the ramp: g, 1/Q, and the weights of input, band and low.
const G = 0, K = 1, INPUT = 2, BAND = 3, LOW = 4

// @ts-ignore: decorator
@unmanaged
class Filter {
  sampleRate: f64
  params: usize
  isDirty: bool
  isIdle: bool
  gridAt: i32
  state: usize
  ramp: Ramp
}

export function filterCreate(sampleRate: f64): usize {
  const ptr = alloc(offsetof<Filter>())
  const f = changetype<Filter>(ptr)
  f.sampleRate = sampleRate
  f.params = alloc(4 * 8)
  f.state = alloc(32)
  f.ramp = changetype<Ramp>(alloc(RAMP_BYTES))
  filterReset(ptr)
  return ptr
}

export function filterDispose(ptr: usize): void {
  const f = changetype<Filter>(ptr)
  heap.free(f.params)
  heap.free(f.state)
  heap.free(changetype<usize>(f.ramp))
  heap.free(ptr)
}

export function filterReset(ptr: usize): void {
  const f = changetype<Filter>(ptr)
  memory.fill(f.state, 0, 32)
  f.isIdle = true
  f.isDirty = true
  f.gridAt = 0
  f.ramp.reset()
}

export function filterSet(ptr: usize, index: i32, value: f64): void {
  const f = changetype<Filter>(ptr)
  const at = f.params + (<usize>index << 3)
  if (load<f64>(at) == value) return
  store<f64>(at, value)
  f.isDirty = true
}

export function filterTail(ptr: usize): i32 {
  const f = changetype<Filter>(ptr)
  return <i32>NativeMath.ceil((11.5 * max(load<f64>(f.params + 16), 0.5) * f.sampleRate) / (NativeMath.PI * load<f64>(f.params + 8)))
}

function redesign(f: Filter): void {
  f.isDirty = false
  const mode = <i32>load<f64>(f.params)
  const k = 1.0 / load<f64>(f.params + 16)
  const mix = load<f64>(f.params + 24) * 0.01
  const ramp = f.ramp
  ramp.setTarget(G, NativeMath.tan((NativeMath.PI * min(load<f64>(f.params + 8), f.sampleRate * 0.49)) / f.sampleRate))
  ramp.setTarget(K, k)
  // low-pass, high-pass = input - k band - low, band-pass = k band (0 dB at the centre), notch = input - k band
  ramp.setTarget(INPUT, 1.0 - mix + (mode == 1 || mode == 3 ? mix : 0.0))
  ramp.setTarget(BAND, mode == 0 ? 0.0 : mode == 2 ? mix * k : -mix * k)
  ramp.setTarget(LOW, mode == 0 ? mix : mode == 1 ? -mix : 0.0)
  ramp.start()
}

export function filterProcess(ptr: usize, left: usize, right: usize, frames: i32): void {
  const f = changetype<Filter>(ptr)
  if (f.isDirty) redesign(f)
  const sounds = sanitise(left, right, frames)
  if (!sounds && f.isIdle && f.ramp.left == 0) {
    f.gridAt = (f.gridAt + frames) & (GRID - 1)
    return
  }
  if (sounds) f.isIdle = false
  while (frames > 0) {
    const n = min(frames, GRID - f.gridAt)
    run(f, left, right, n)
    frames -= n
    left += <usize>n << 2
    right += <usize>n << 2
    f.gridAt += n
    if (f.gridAt == GRID) {
      f.gridAt = 0
      const s1 = v128.load(f.state)
      const s2 = v128.load(f.state, 16)
      const loud = v128.or(f64x2.gt(f64x2.abs(s1), f64x2.splat(1e-20)), f64x2.gt(f64x2.abs(s2), f64x2.splat(1e-20)))
      v128.store(f.state, v128.and(s1, loud))
      v128.store(f.state, v128.and(s2, loud), 16)
      f.isIdle = !v128.any_true(loud)
    }
  }
}

function run(f: Filter, left: usize, right: usize, n: i32): void {
  const ramp = f.ramp
  let s1 = v128.load(f.state)
  let s2 = v128.load(f.state, 16)
  let isFresh = true
  let a1 = f64x2.splat(0), a2 = a1, a3 = a1, input = a1, band = a1, low = a1
  for (const last = left + (<usize>n << 2); left < last; left += 4, right += 4) {
    if (ramp.left > 0) {
      ramp.step()
      isFresh = true
    }
    if (isFresh) {
      const g = ramp.at(G)
      const a = 1.0 / (1.0 + g * (g + ramp.at(K)))
      a1 = f64x2.splat(a)
      a2 = f64x2.splat(g * a)
      a3 = f64x2.splat(g * g * a)
      input = f64x2.splat(ramp.at(INPUT))
      band = f64x2.splat(ramp.at(BAND))
      low = f64x2.splat(ramp.at(LOW))
      isFresh = false
    }
    const x = loadFrame(left, right)
    const v3 = f64x2.sub(x, s2)
    const v1 = f64x2.add(f64x2.mul(a1, s1), f64x2.mul(a2, v3))
    const v2 = f64x2.add(s2, f64x2.add(f64x2.mul(a2, s1), f64x2.mul(a3, v3)))
    s1 = f64x2.sub(f64x2.add(v1, v1), s1)
    s2 = f64x2.sub(f64x2.add(v2, v2), s2)
    storeFrame(left, right, f64x2.add(f64x2.mul(input, x), f64x2.add(f64x2.mul(band, v1), f64x2.mul(low, v2))))
  }
  v128.store(f.state, s1)
  v128.store(f.state, s2, 16)
}
