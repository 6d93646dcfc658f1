// The Fourier transform of the fingerprint. Plain arithmetic only, tables too: the same bits wherever it runs.

/** Cosine of a whole number of turns over a whole number, by the series of the reduced angle: no `Math.cos`, whose last digit differs between runtimes. */
export const cosineOf = (numerator: number, denominator: number): number => {
  const part = (((numerator % denominator) + denominator) % denominator) / denominator
  const half = part > 0.5 ? 1 - part : part
  // On [0, 1/4] turn directly, mirrored beyond it.
  if (half > 0.25) return -series((0.5 - half) * 2 * Math.PI)
  return series(half * 2 * Math.PI)
}

const series = (x: number): number => {
  const square = x * x
  let term = 1
  let sum = 1
  for (let n = 1; n <= 12; n++) {
    term *= -square / ((2 * n - 1) * (2 * n))
    sum += term
  }
  return sum
}

export interface PowerSpectra {
  /** Power of bins `fromBin` to `toBin` of two real frames of the transform's size, which are not changed. */
  run(first: Float64Array, second: Float64Array, firstPower: Float64Array, secondPower: Float64Array): void
}

/** Transforms two real frames at a time as one complex one. `size` is a power of two. */
export const createPowerSpectra = (size: number, fromBin: number, toBin: number): PowerSpectra => {
  const half = size / 2
  const cosines = Float64Array.from({ length: half }, (_, i) => cosineOf(i, size))
  const sines = Float64Array.from({ length: half }, (_, i) => -cosineOf(i - size / 4, size))
  const reversed = new Uint32Array(size)
  for (let i = 1; i < size; i++) reversed[i] = (reversed[i >> 1]! >> 1) | (i & 1 ? half : 0)
  const re = new Float64Array(size)
  const im = new Float64Array(size)
  return {
    run(first, second, firstPower, secondPower) {
      for (let i = 0; i < size; i++) {
        const at = reversed[i]!
        re[i] = first[at]!
        im[i] = second[at]!
      }
      for (let span = 1; span < size; span *= 2) {
        const step = half / span
        for (let k = 0; k < span; k++) {
          const c = cosines[k * step]!
          const s = sines[k * step]!
          for (let a = k; a < size; a += 2 * span) {
            const b = a + span
            const x = re[b]! * c - im[b]! * s
            const y = re[b]! * s + im[b]! * c
            re[b] = re[a]! - x
            im[b] = im[a]! - y
            re[a] = re[a]! + x
            im[a] = im[a]! + y
          }
        }
      }
      for (let bin = fromBin; bin < toBin; bin++) {
        const [a, b, c, d] = [re[bin]!, im[bin]!, re[size - bin]!, im[size - bin]!]
        firstPower[bin - fromBin] = ((a + c) * (a + c) + (b - d) * (b - d)) / 4
        secondPower[bin - fromBin] = ((b + d) * (b + d) + (a - c) * (a - c)) / 4
      }
    },
  }
}
