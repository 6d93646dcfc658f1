// Transcendental functions for audio, all computed in WebAssembly so that every machine gets the same bits.

const LN10_OVER_20: f64 = 0.11512925464970229

/** Gain of a level in dB; -144 dB and below is silence. */
export function gainOfDb(db: f64): f64 {
  return db <= -144.0 ? 0.0 : NativeMath.exp(db * LN10_OVER_20)
}

/** Level in dB of a gain; zero is -infinity. */
export function dbOfGain(gain: f64): f64 {
  return 20.0 * NativeMath.log10(gain)
}

export function log10(x: f64): f64 {
  return NativeMath.log10(x)
}

// sin(x * pi/2) on 0..1, odd Taylor series to x^15: off by less than 1e-11, exact at both ends once rounded to f32.
const S1: f64 = 1.5707963267948966
const S3: f64 = -0.6459640975062462
const S5: f64 = 0.07969262624616703
const S7: f64 = -0.004681754135318687
const S9: f64 = 0.00016044118478735983
const S11: f64 = -0.0000035988432352120853
const S13: f64 = 5.692172921967926e-8
const S15: f64 = -6.688035109811467e-10

/** sin(x * pi / 2) for x in 0..1. */
// @ts-ignore: decorator
@inline
export function sinQuarter(x: f64): f64 {
  const q = x * x
  return x * (S1 + q * (S3 + q * (S5 + q * (S7 + q * (S9 + q * (S11 + q * (S13 + q * S15)))))))
}

/** 2^x in four lanes, relative error below 2e-7; x between -126 and 126. */
// @ts-ignore: decorator
@inline
export function exp2x4(x: v128): v128 {
  const clamped = f32x4.pmin(f32x4.pmax(x, f32x4.splat(-126)), f32x4.splat(126))
  const whole = f32x4.nearest(clamped)
  const f = f32x4.sub(clamped, whole)
  let p = f32x4.splat(1.535336188319500e-4)
  p = f32x4.add(f32x4.mul(p, f), f32x4.splat(1.339887440266574e-3))
  p = f32x4.add(f32x4.mul(p, f), f32x4.splat(9.618437357674640e-3))
  p = f32x4.add(f32x4.mul(p, f), f32x4.splat(5.550332471162809e-2))
  p = f32x4.add(f32x4.mul(p, f), f32x4.splat(2.402264791363012e-1))
  p = f32x4.add(f32x4.mul(p, f), f32x4.splat(6.931472028550421e-1))
  p = f32x4.add(f32x4.mul(p, f), f32x4.splat(1))
  const exponent = i32x4.shl(i32x4.add(i32x4.trunc_sat_f32x4_s(whole), i32x4.splat(127)), 23)
  return f32x4.mul(p, exponent)
}

/** log2(x) in four lanes for x > 0 and no subnormals, absolute error below 2e-7 near 1 and 1 ulp elsewhere (Cephes logf polynomial). */
// @ts-ignore: decorator
@inline
export function log2x4(x: v128): v128 {
  const offset = i32x4.sub(x, i32x4.splat(0x3f3504f3))
  const exponent = i32x4.shr_s(offset, 23)
  const mantissa = i32x4.sub(x, i32x4.shl(exponent, 23))
  const m = f32x4.sub(mantissa, f32x4.splat(1))
  const z = f32x4.mul(m, m)
  let p = f32x4.splat(7.0376836292e-2)
  p = f32x4.add(f32x4.mul(p, m), f32x4.splat(-1.1514610310e-1))
  p = f32x4.add(f32x4.mul(p, m), f32x4.splat(1.1676998740e-1))
  p = f32x4.add(f32x4.mul(p, m), f32x4.splat(-1.2420140846e-1))
  p = f32x4.add(f32x4.mul(p, m), f32x4.splat(1.4249322787e-1))
  p = f32x4.add(f32x4.mul(p, m), f32x4.splat(-1.6668057665e-1))
  p = f32x4.add(f32x4.mul(p, m), f32x4.splat(2.0000714765e-1))
  p = f32x4.add(f32x4.mul(p, m), f32x4.splat(-2.4999993993e-1))
  p = f32x4.add(f32x4.mul(p, m), f32x4.splat(3.3333331174e-1))
  const ln = f32x4.add(m, f32x4.sub(f32x4.mul(f32x4.mul(m, z), p), f32x4.mul(z, f32x4.splat(0.5))))
  return f32x4.add(f32x4.convert_i32x4_s(exponent), f32x4.mul(ln, f32x4.splat(1.4426950408889634)))
}
