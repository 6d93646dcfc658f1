// Windowed-sinc filter design: Kaiser windows, computed here so that every machine has the same taps.
import { alloc } from './memory'

/** Modified Bessel function of the first kind, order zero. */
function bessel0(x: f64): f64 {
  let sum: f64 = 1
  let term: f64 = 1
  for (let k = 1; k < 60; k++) {
    const factor = x / (2.0 * <f64>k)
    term *= factor * factor
    sum += term
  }
  return sum
}

/** Kaiser window at x in -1..1. */
export function kaiser(x: f64, beta: f64): f64 {
  return x <= -1.0 || x >= 1.0 ? 0.0 : bessel0(beta * NativeMath.sqrt(1.0 - x * x)) / bessel0(beta)
}

export function sinc(x: f64): f64 {
  if (NativeMath.abs(x) < 1e-12) return 1.0
  return NativeMath.sin(NativeMath.PI * x) / (NativeMath.PI * x)
}

/**
 * f32 taps of a half-band interpolator: the sample half-way between x[0] and x[1] is the sum of c[k] (x[-k] + x[1 + k]), k < pairs.
 * Normalised so that a constant stays that constant.
 */
export function kaiserHalfBand(pairs: i32, beta: f64): usize {
  const taps = alloc(pairs * 4 + 16)
  let sum: f64 = 0
  for (let pass = 0; pass < 2; pass++) {
    const scale = pass == 0 ? 1.0 : 0.5 / sum
    for (let k = 0; k < pairs; k++) {
      const at = <f64>k + 0.5
      const tap = sinc(at) * kaiser(at / (<f64>pairs + 0.5), beta)
      if (pass == 0) sum += tap
      else store<f32>(taps + (<usize>k << 2), <f32>(tap * scale))
    }
  }
  return taps
}
