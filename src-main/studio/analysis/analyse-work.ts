// Has the engine listen to a work: its stems are decoded where need be, and what the work states goes along to be compared.
import type { EngineClient, StemFile, StemSummary, WorkAnalysis, WorkSummary } from '../../../src-shared/protocol/index.ts'
import { fail, type Result } from '../../../src-shared/std/index.ts'

export interface AnalysisTools {
  readonly engine: () => Promise<Result<EngineClient>>
  /** Where a stem lies on disk; undefined where it is not on this computer. */
  readonly fileOf: (stem: StemSummary) => StemFile | undefined
}

export interface AnalyseHooks {
  readonly signal?: AbortSignal
  readonly onProgress?: (fraction: number, label: string) => void
  /** Only these stems of the work; all of them where left out. */
  readonly stemIds?: ReadonlySet<string>
}

/** What the engine hears in a work that is on this computer. Codes: `work.not_pulled`, `analysis.*`, those of decoding. */
export const analyseWork = async (
  { engine, fileOf }: AnalysisTools,
  work: WorkSummary,
  { signal, onProgress, stemIds }: AnalyseHooks = {},
): Promise<Result<WorkAnalysis>> => {
  const stems = work.stems.filter(({ id }) => stemIds?.has(id) ?? true)
  const files = stems.flatMap((stem) => fileOf(stem) ?? [])
  if (files.length < stems.length || stems.length === 0) {
    return fail(
      'work.not_pulled',
      `${stems.length - files.length} of ${stems.length} stems of “${work.title}” are not on this computer yet. Pull the work first.`,
    )
  }
  const client = await engine()
  if (!client.ok) return client
  const options = signal ? { signal } : {}
  const prepared = await client.value.request(
    'sources.prepare',
    { stems: files },
    { ...options, onProgress: ({ fraction, stem }) => onProgress?.(fraction / 2, `Decoding ${stem ?? work.title}`) },
  )
  if (!prepared.ok) return prepared
  const { milliBpm, key, meter, sections } = work
  return client.value.request(
    'analysis.work',
    {
      stems: stems.map(({ contentSha256, role, title }) => ({ contentSha256, role, title })),
      stated: { milliBpm, key, meter, sections },
    },
    { ...options, onProgress: ({ fraction }) => onProgress?.(0.5 + fraction / 2, `Listening to ${work.title}`) },
  )
}
