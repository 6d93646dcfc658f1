// Peak memory of an export at two sizes: it may grow gently with tracks and not at all with length.
import { judge, type Outcome } from '../compare.ts'
import { measure, median } from '../measure.ts'
import { ourMix } from './mix.ts'

/** Stems and seconds. */
type Size = readonly [count: number, seconds: number]

export interface MemoryCase {
  readonly name: string
  readonly small: Size
  readonly large: Size
  readonly atMost: number
  readonly rounds: number
  readonly node: string
}

/** Nothing decoded before, two threads; the whole process tree. */
export const memoryCase = async ({ name, small, large, atMost, rounds, node }: MemoryCase): Promise<Outcome> => {
  const peaks = { small: [] as number[], large: [] as number[] }
  const sizes = { small: await ourMix({ size: small, threads: 2, node }), large: await ourMix({ size: large, threads: 2, node }) }
  // Memory scatters far less than time.
  const runs = Math.min(3, rounds)
  for (let round = 0; round < runs; round++) {
    for (const size of ['small', 'large'] as const) {
      sizes[size].forgetDecoded()
      peaks[size].push((await measure(sizes[size].command, { withMemory: true })).peakMemoryMiB ?? Number.NaN)
    }
  }
  sizes.large.forgetDecoded()
  const smallMiB = median(peaks.small)
  const largeMiB = median(peaks.large)
  const memoryRatio = Number.isNaN(largeMiB / smallMiB) ? null : largeMiB / smallMiB
  return {
    name,
    rounds: runs,
    ours: null,
    peer: null,
    wallRatio: null,
    cpuRatio: null,
    peakMemoryMiB: memoryRatio === null ? null : largeMiB,
    target: judge({ figure: 'memoryRatio', limit: atMost, is: 'at most' }, memoryRatio),
    ...(memoryRatio === null ? {} : { figures: { smallMiB, largeMiB, memoryRatio } }),
    notes: `${large[0]} stems of ${large[1]} s against ${small[0]} of ${small[1]} s, sum of all processes (PSS)`,
  }
}
