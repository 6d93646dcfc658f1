// Seeded randomness: a performance is humanised, yet the same every time it is rendered.

/** Next value in [0, 1). */
export type Random = () => number

/** A generator seeded by text (FNV-1a into mulberry32). */
export const seededRandom = (seed: string): Random => {
  let state = 0x811c9dc5
  for (let i = 0; i < seed.length; i++) state = Math.imul(state ^ seed.charCodeAt(i), 0x01000193)
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }
}

/** Roughly normal, mean 0, deviation 1, never beyond ±3. */
export const gaussian = (random: Random): number => (random() + random() + random() + random() - 2) * 1.5
