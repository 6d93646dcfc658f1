// Full-jitter back-off: a random wait below a ceiling that doubles, so that devices which lost the service together do not return together.

const BASE_MS = 1_000
const CEILING_MS = 15 * 60_000
const FLOOR_MS = 250

/** Wait before the next attempt after `attempts` failed ones, in milliseconds: 1 s to 15 min at most. */
export const backoffMs = (attempts: number, random: () => number = Math.random): number =>
  Math.max(FLOOR_MS, Math.floor(random() * Math.min(CEILING_MS, BASE_MS * 2 ** Math.min(attempts, 30))))
