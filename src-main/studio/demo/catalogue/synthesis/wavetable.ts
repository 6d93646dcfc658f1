// Band-limited waveforms, one table per octave, so that no partial ever folds back.

const SIZE = 2048
const LEVELS = 11
const LOWEST_HZ = 20

export type Wave = 'saw' | 'square' | 'triangle' | 'hollow'

/** Amplitude of the sine partial `k`. */
const PARTIALS: Readonly<Record<Wave, (k: number) => number>> = {
  saw: (k) => (2 / Math.PI) * (k % 2 === 0 ? -1 / k : 1 / k),
  square: (k) => (k % 2 === 1 ? (4 / Math.PI) * (1 / k) : 0),
  triangle: (k) => (k % 2 === 1 ? ((8 / Math.PI ** 2) * (((k - 1) / 2) % 2 === 0 ? 1 : -1)) / (k * k) : 0),
  // A reed-like wave: odd partials strong, even ones faint.
  hollow: (k) => (k % 2 === 1 ? 1 / k ** 1.3 : 0.25 / k ** 1.3),
}

const built = new Map<Wave, readonly Float32Array[]>()

const build = (wave: Wave): readonly Float32Array[] =>
  Array.from({ length: LEVELS }, (_, level) => {
    const table = new Float32Array(SIZE + 1)
    const topHz = LOWEST_HZ * 2 ** (level + 1)
    const partials = Math.max(1, Math.min(SIZE / 2 - 1, Math.floor(20_000 / topHz)))
    for (let k = 1; k <= partials; k++) {
      const amplitude = PARTIALS[wave](k)
      if (amplitude === 0) continue
      // sin((n+1)a) = 2 cos(a) sin(na) - sin((n-1)a)
      const turn = 2 * Math.cos((2 * Math.PI * k) / SIZE)
      let before = -Math.sin((2 * Math.PI * k) / SIZE)
      let now = 0
      for (let i = 0; i < SIZE; i++) {
        table[i] = (table[i] as number) + amplitude * now
        const next = turn * now - before
        before = now
        now = next
      }
    }
    table[SIZE] = table[0] as number
    return table
  })

/** The table for a fundamental of `hz`: `WAVETABLE_SIZE` samples of one period, and the first once more. */
export const wavetable = (wave: Wave, hz: number): Float32Array => {
  let tables = built.get(wave)
  if (tables === undefined) {
    tables = build(wave)
    built.set(wave, tables)
  }
  const level = Math.max(0, Math.min(LEVELS - 1, Math.floor(Math.log2(Math.max(hz, LOWEST_HZ) / LOWEST_HZ))))
  return tables[level] as Float32Array
}

export const WAVETABLE_SIZE = SIZE
