// Variations: how long a thousand take to make and judge, and how fast their previews render.
import { join } from 'node:path'
import { judge, type Outcome } from '../compare.ts'
import { potassiumDir, scratchDir } from '../material.ts'
import { measure } from '../measure.ts'

interface Report {
  readonly legal: number
  readonly recipesMs: number
  readonly recipesCpuMs: number
  readonly recipesAgainMs: number
  readonly previewTimesRealtime: number | null
}

export const variationCases = async ({ node }: { readonly node: string }): Promise<readonly Outcome[]> => {
  const { stdout } = await measure(
    { file: node, args: [join(import.meta.dirname, '../runners/variations.ts'), scratchDir(), potassiumDir() ?? ''] },
    { withMemory: false },
  )
  const report = JSON.parse(stdout) as Report
  const base = { rounds: 1, peer: null, wallRatio: null, cpuRatio: null, peakMemoryMiB: null }
  return [
    {
      ...base,
      name: 'variations-recipes',
      ours: { wallMs: report.recipesMs, cpuMs: report.recipesCpuMs },
      target: judge({ figure: 'wallMs', limit: 2_000, is: 'at most' }, report.recipesMs),
      figures: { legal: report.legal, againMs: report.recipesAgainMs },
      notes:
        '1,000 variations of a restricted remix of 19 tracks and 250 s, each run, compiled and judged by its licence, in threads that are up but new; againMs: 1,000 more',
    },
    {
      ...base,
      name: 'variations-previews',
      ours: null,
      target: judge({ figure: 'timesRealtime', limit: 150, is: 'at least' }, report.previewTimesRealtime),
      notes: '30 s previews of Potassium, 19 stems, rendered and measured in one thread; seconds of sound a CPU second',
    },
  ]
}
