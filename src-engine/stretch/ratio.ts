// Pitch ratios as whole numbers for the resampler, which works in whole rates. Up to 1024 it has an exact filter for every phase.

export interface Ratio {
  readonly up: number
  readonly down: number
}

const MAX_DOWN = 100_000
/** In cents: far below what anybody hears, far above what two machines' powers may differ by. */
const TOLERANCE = 0.025

/** The smallest `up / down` for an interval in cents that is less than 0.025 cent off. */
export const ratioOfCents = (cents: number): Ratio => {
  if (cents === 0) return { up: 1, down: 1 }
  const wanted = 2 ** (cents / 1_200)
  const tolerance = (wanted * TOLERANCE * Math.LN2) / 1_200
  let down = 1
  while (down < MAX_DOWN && Math.abs(Math.round(wanted * down) / down - wanted) > tolerance) down++
  return { up: Math.round(wanted * down), down }
}
