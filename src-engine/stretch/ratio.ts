// Pitch ratios as small whole numbers, for which the resampler has an exact filter for every phase.

export interface Ratio {
  readonly up: number
  readonly down: number
}

const MAX_DOWN = 1_024

/** The best `up / down` for an interval in cents with `down` of at most 1024: less than 0.01 cent off. */
export const ratioOfCents = (cents: number): Ratio => {
  if (cents === 0) return { up: 1, down: 1 }
  const wanted = 2 ** (cents / 1_200)
  let best: Ratio = { up: Math.round(wanted), down: 1 }
  let error = Math.abs(best.up - wanted)
  for (let down = 2; down <= MAX_DOWN; down++) {
    const up = Math.round(wanted * down)
    const off = Math.abs(up / down - wanted)
    // Strictly better by far more than a rounding error, so that no machine can choose differently.
    if (off < error - 1e-9) {
      best = { up, down }
      error = off
    }
  }
  return best
}
