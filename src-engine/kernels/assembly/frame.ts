// Two channels side by side: planar f32 blocks in and out of f64x2 lanes (left, right), so that recursive filters run both channels at once.

// @ts-ignore: decorator
@inline
export function loadFrame(left: usize, right: usize): v128 {
  return f64x2(<f64>load<f32>(left), <f64>load<f32>(right))
}

// @ts-ignore: decorator
@inline
export function storeFrame(left: usize, right: usize, frame: v128): void {
  const pair = f32x4.demote_f64x2_zero(frame)
  store<f32>(left, f32x4.extract_lane(pair, 0))
  store<f32>(right, f32x4.extract_lane(pair, 1))
}

/** Frame 0..3 of four left and four right samples, as (left, right) in f64. */
// @ts-ignore: decorator
@inline
export function frame0(l: v128, r: v128): v128 {
  return f64x2.promote_low_f32x4(v128.shuffle<f32>(l, r, 0, 4, 0, 4))
}
// @ts-ignore: decorator
@inline
export function frame1(l: v128, r: v128): v128 {
  return f64x2.promote_low_f32x4(v128.shuffle<f32>(l, r, 1, 5, 1, 5))
}
// @ts-ignore: decorator
@inline
export function frame2(l: v128, r: v128): v128 {
  return f64x2.promote_low_f32x4(v128.shuffle<f32>(l, r, 2, 6, 2, 6))
}
// @ts-ignore: decorator
@inline
export function frame3(l: v128, r: v128): v128 {
  return f64x2.promote_low_f32x4(v128.shuffle<f32>(l, r, 3, 7, 3, 7))
}

/** Writes four f64 frames back as planar f32. */
// @ts-ignore: decorator
@inline
export function storeFrames(left: usize, right: usize, a: v128, b: v128, c: v128, d: v128): void {
  const ab = v128.shuffle<f64>(f32x4.demote_f64x2_zero(a), f32x4.demote_f64x2_zero(b), 0, 2)
  const cd = v128.shuffle<f64>(f32x4.demote_f64x2_zero(c), f32x4.demote_f64x2_zero(d), 0, 2)
  v128.store(left, v128.shuffle<f32>(ab, cd, 0, 2, 4, 6))
  v128.store(right, v128.shuffle<f32>(ab, cd, 1, 3, 5, 7))
}

// +120 dBFS: far above any sound, far below where an f32 feedback path could overflow.
const LIMIT: f32 = 1048576

/**
 * Makes a block safe for feedback paths: NaN and infinity become 0, absurd levels are clamped, -0 becomes +0.
 * Returns whether anything in it sounds.
 */
export function sanitise(left: usize, right: usize, frames: i32): bool {
  const a = sanitiseChannel(left, frames)
  const b = sanitiseChannel(right, frames)
  return a || b
}

// @ts-ignore: decorator
@inline
function sanitise4(x: v128): v128 {
  const finite = f32x4.eq(f32x4.sub(x, x), f32x4.splat(0))
  const bounded = f32x4.pmin(f32x4.pmax(v128.and(x, finite), f32x4.splat(-LIMIT)), f32x4.splat(LIMIT))
  return f32x4.add(bounded, f32x4.splat(0))
}

function sanitiseChannel(ptr: usize, frames: i32): bool {
  let any = i32x4.splat(0)
  const vectorEnd = ptr + (<usize>(frames & ~3) << 2)
  let p = ptr
  for (; p < vectorEnd; p += 16) {
    const x = sanitise4(v128.load(p))
    v128.store(p, x)
    any = v128.or(any, x)
  }
  const end = ptr + (<usize>frames << 2)
  for (; p < end; p += 4) {
    const x = sanitise4(f32x4.splat(load<f32>(p)))
    store<f32>(p, f32x4.extract_lane(x, 0))
    any = v128.or(any, x)
  }
  return v128.any_true(any)
}

/** Up to four samples; lanes past `count` are zero. */
export function loadSome(p: usize, count: i32): v128 {
  return f32x4(load<f32>(p), count > 1 ? load<f32>(p, 4) : 0, count > 2 ? load<f32>(p, 8) : 0, count > 3 ? load<f32>(p, 12) : 0)
}

/** The first `count` lanes. */
export function storeSome(p: usize, x: v128, count: i32): void {
  store<f32>(p, f32x4.extract_lane(x, 0))
  if (count > 1) store<f32>(p, f32x4.extract_lane(x, 1), 4)
  if (count > 2) store<f32>(p, f32x4.extract_lane(x, 2), 8)
  if (count > 3) store<f32>(p, f32x4.extract_lane(x, 3), 12)
}
