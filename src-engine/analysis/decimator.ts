// From 48 kHz to 8 kHz for the tonal spectra: a windowed sinc, flat to 2.5 kHz, computed only where a sample comes out.
import { cosineOf } from './fourier.ts'

export const TONAL_RATE = 8_000
const FACTOR = 6
const HALF = 36
const CUTOFF_HZ = 3_300

const buildTaps = (): Float64Array => {
  const taps = new Float64Array(2 * HALF + 1)
  let sum = 0
  for (let i = 0; i < taps.length; i++) {
    const distance = i - HALF
    // sin(x) as the cosine of a quarter turn less, from the exact table.
    const sine = cosineOf(4 * CUTOFF_HZ * distance - 48_000, 4 * 48_000)
    const x = (2 * Math.PI * CUTOFF_HZ * distance) / 48_000
    taps[i] = (distance === 0 ? 1 : sine / x) * (0.5 + 0.5 * cosineOf(distance, 2 * (HALF + 1)))
    sum += taps[i]!
  }
  return taps.map((tap) => tap / sum)
}

export interface Decimator {
  /** Takes `count` samples of `input` from `from`, which has at least 72 samples of what came before; writes to `output` from `at`, returns how many. */
  run(input: Float64Array, from: number, count: number, output: Float64Array, at: number): number
  /** The same for silence: only the count. */
  skip(count: number): number
}

/** Its output is 36 samples of input late. */
export const createDecimator = (): Decimator => {
  const taps = buildTaps()
  let phase = 0
  return {
    run(input, from, count, output, at) {
      let made = 0
      let i = phase
      for (; i < count; i += FACTOR) {
        const middle = from + i - HALF
        let sum = taps[HALF]! * input[middle]!
        for (let k = 1; k <= HALF; k++) sum += taps[HALF + k]! * (input[middle - k]! + input[middle + k]!)
        output[at + made++] = sum
      }
      phase = i - count
      return made
    },
    skip(count) {
      let made = 0
      let i = phase
      for (; i < count; i += FACTOR) made++
      phase = i - count
      return made
    },
  }
}
