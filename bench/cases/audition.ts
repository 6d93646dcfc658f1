// How soon a variation is heard once somebody asks for it: rendered before, not rendered, and under a tempo that nothing was stretched to.
import { join } from 'node:path'
import { judge, type Outcome, skip } from '../compare.ts'
import { potassiumDir, scratchDir } from '../material.ts'
import { measure } from '../measure.ts'

interface Report {
  readonly renderedMs: number
  readonly freshMs: number
  readonly stretchedMs: number
}

const STARTS = [
  ['audition-rendered', 'renderedMs', 100, 'a preview that was rendered before'],
  ['audition-fresh', 'freshMs', 1_000, 'a mix of 19 stems that was not rendered yet'],
  ['audition-stretched', 'stretchedMs', 1_000, 'the same under a tempo that nothing was stretched to yet'],
] as const

export const auditionCases = async ({ node }: { readonly node: string }): Promise<readonly Outcome[]> => {
  const song = potassiumDir()
  if (song === undefined) return STARTS.map(([name]) => skip(name, 'none', 'the real song is not here'))
  const { stdout } = await measure(
    { file: node, args: [join(import.meta.dirname, '../runners/audition.ts'), scratchDir(), song] },
    { withMemory: false },
  )
  const report = JSON.parse(stdout) as Report
  return STARTS.map(([name, figure, limit, what]) => ({
    name,
    rounds: 1,
    peer: null,
    wallRatio: null,
    cpuRatio: null,
    peakMemoryMiB: null,
    ours: { wallMs: report[figure], cpuMs: null },
    target: judge({ figure: 'wallMs', limit, is: 'at most' }, report[figure]),
    notes: `from the request until it plays: ${what}; Potassium, the middle of five places`,
  }))
}
