// The scale of faders and meters: most of the travel where mixes are made.
const STOPS: readonly (readonly [db: number, travel: number])[] = [
  [-144, 0],
  [-60, 0.04],
  [-40, 0.15],
  [-24, 0.34],
  [-12, 0.56],
  [-6, 0.69],
  [0, 0.83],
  [6, 0.95],
  [12, 1],
]

/** Travel 0..1 of a level in dB. */
export const faderTravel = (db: number): number => {
  for (let i = 1; i < STOPS.length; i++) {
    const [low, from] = STOPS[i - 1] ?? [0, 0]
    const [high, to] = STOPS[i] ?? [0, 0]
    if (db <= high) return from + ((Math.max(db, low) - low) / (high - low)) * (to - from)
  }
  return 1
}

/** Level in dB at a travel 0..1; the very bottom is silence. */
export const faderDb = (travel: number): number => {
  if (travel <= 0.004) return -144
  for (let i = 1; i < STOPS.length; i++) {
    const [low, from] = STOPS[i - 1] ?? [0, 0]
    const [high, to] = STOPS[i] ?? [0, 0]
    if (travel <= to) return i === 1 ? -60 - (1 - travel / to) * 30 : low + ((travel - from) / (to - from)) * (high - low)
  }
  return 12
}

/** Decibels of a linear value. */
export const toDb = (linear: number): number => (linear <= 1e-7 ? -144 : 20 * Math.log10(linear))

/** Marks beside a fader. */
export const FADER_MARKS: readonly number[] = [12, 6, 0, -6, -12, -24, -40]
