// Seeded randomness for styles: sfc32 (Chris Doty-Humphrey, PractRand), seeded by text through FNV-1a. Integer arithmetic only, so the same seed gives
// the same numbers on every machine.

/** Draws of one step of a style. Forks are independent: a draw more in one step changes nothing in another. */
export interface Random {
  /** In [0, 1), in steps of 2^-32. */
  next(): number
  /** Between the two, on a grid: rounded to the nearest `step` from `min`. */
  between(min: number, max: number, step?: number): number
  /** A whole number from 0 to `count - 1`. */
  below(count: number): number
  pick<T>(items: readonly T[]): T
  /** True once in so many: `chance(0.25)` a quarter of the time. */
  chance(share: number): boolean
  /** The items in another order. */
  shuffle<T>(items: readonly T[]): T[]
  fork(label: string): Random
}

/** 32-bit FNV-1a of the UTF-16 code units of a text. */
export const hashText32 = (text: string, basis = 0x811c9dc5): number => {
  let hash = basis
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    hash = Math.imul(hash ^ (code & 255), 0x01000193)
    hash = Math.imul(hash ^ (code >>> 8), 0x01000193)
  }
  return hash >>> 0
}

/** Rounds to a step without leaving float dust: 0.1 stays 0.1. */
export const roundTo = (value: number, step: number): number => {
  const steps = Math.round(value / step)
  return step >= 1 ? Math.round(steps * step) : Math.round(steps * step * 1e6) / 1e6
}

/** A generator seeded by text. */
export const createRandom = (seed: string): Random => {
  let a = hashText32(seed, 0x9e3779b9)
  let b = hashText32(seed, 0x243f6a88)
  let c = hashText32(seed, 0xb7e15162)
  let counter = 1
  const step = (): number => {
    const sum = (((a + b) | 0) + counter) | 0
    counter = (counter + 1) | 0
    a = b ^ (b >>> 9)
    b = (c + (c << 3)) | 0
    c = ((c << 21) | (c >>> 11)) + sum
    return sum >>> 0
  }
  for (let i = 0; i < 12; i++) step()
  const next = (): number => step() / 4_294_967_296
  const below = (count: number): number => Math.min(count - 1, Math.floor(next() * count))
  return {
    next,
    below,
    between: (min, max, size = 0.001) => Math.min(max, Math.max(min, roundTo(min + next() * (max - min), size))),
    pick: (items) => {
      const item = items[below(items.length)]
      if (item === undefined) throw new RangeError('nothing to pick from')
      return item
    },
    chance: (share) => next() < share,
    shuffle: (items) => {
      const order = [...items]
      for (let i = order.length - 1; i > 0; i--) {
        const j = below(i + 1)
        const held = order[i]
        order[i] = order[j] as (typeof order)[number]
        order[j] = held as (typeof order)[number]
      }
      return order
    },
    fork: (label) => createRandom(`${seed}/${label}`),
  }
}
