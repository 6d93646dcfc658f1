// What styles may know of a remix, asked of the engine: only what the chosen styles use, of stems that are on this computer. What could not be had is said.
import type { ReferenceFacts, StemFactsHeard, StyleFacts, StyleNeed, WorkFactsHeard } from '../../../src-engine/styles/index.ts'
import type { EngineClient, ModelCard, StemFile, WorkSummary } from '../../../src-shared/protocol/index.ts'
import { recordsOf, type RemixSnapshot, type StemRecord } from '../../../src-shared/remix/index.ts'
import { judgeOperation } from '../../../src-shared/rights/index.ts'
import type { Result } from '../../../src-shared/std/index.ts'
import { type LicenceDesk, termsOf } from '../session/index.ts'
import type { MixHooks } from './measure-mix.ts'

export interface FactTools {
  readonly desk: LicenceDesk
  readonly engine: () => Promise<Result<EngineClient>>
  /** Where a stem of the remix lies; undefined where it is not on this computer. */
  readonly stemFile: (stemId: string) => StemFile | undefined
  readonly work: (workId: string) => WorkSummary | undefined
  /** A model of the user's by hash or name; the only one there is where the name is empty. */
  readonly model: (wanted: string) => Promise<Result<ModelCard>>
  /** A sound to match by its name in a recipe: the hash of a file that was measured, or the URN of a work. */
  readonly reference: (input: string, hooks: MixHooks) => Promise<Result<ReferenceFacts>>
}

export interface FactHooks {
  readonly signal?: AbortSignal
  readonly onProgress?: (fraction: number, label: string) => void
  /** Stems whose notes are wanted; none where left out: transcribing every stem takes long. */
  readonly notesOf?: readonly string[]
}

export interface CollectedFacts {
  readonly facts: StyleFacts
  /** What could not be had, one plain sentence each. */
  readonly notes: readonly string[]
}

const MELODIC: ReadonlySet<string> = new Set(['vocals', 'bass', 'keys', 'synth', 'guitar', 'other'])

/** Collects what styles with these needs use. Never fails: a style does without what is missing, and says so. */
export const collectFacts = async (
  tools: FactTools,
  snapshot: RemixSnapshot,
  needs: Iterable<StyleNeed>,
  { signal, onProgress, notesOf = [] }: FactHooks = {},
): Promise<CollectedFacts> => {
  const terms = termsOf(snapshot, tools.desk, 'edit')
  const wanted = new Set(needs)
  const notes: string[] = []
  const heardStems = new Map<string, StemFactsHeard>()
  const works: Record<string, WorkFactsHeard> = {}
  const played = new Set(recordsOf(snapshot, 'clip').flatMap((clip) => (clip.isMuted ? [] : [clip.stemId])))
  const stems = recordsOf(snapshot, 'stem').filter((stem) => played.has(stem.id))
  const done = (): CollectedFacts => ({ facts: { terms, stems: Object.fromEntries(heardStems), works }, notes })
  const note = (text: string): void => {
    if (!notes.includes(text)) notes.push(text)
  }
  const mayAnalyse = (stem: StemRecord): boolean =>
    terms.grants.every(
      ({ grant }) =>
        !grant.assets.some((asset) => asset.stem === stem.id) ||
        judgeOperation(grant, stem.role, stem.title, { op: 'ai.analyse', fromMs: 0, toMs: 1 })?.effect !== 'deny',
    )
  const ofStem = (stem: StemRecord): boolean => {
    if (stem.role === 'drums') return wanted.has('onsets') || wanted.has('hits') || wanted.has('profile')
    return wanted.has('profile')
  }
  const isStated = (workId: string): boolean => {
    const work = tools.work(workId)
    return work !== undefined && work.sections.length > 0 && work.milliBpm !== null
  }
  const hasMarkers = recordsOf(snapshot, 'marker').some((marker) => marker.lengthTicks !== null)
  const workIds = [...new Set(stems.map((stem) => stem.workId))]
  const needsWork = workIds.filter(
    (id) => (wanted.has('sections') && !hasMarkers && !isStated(id)) || wanted.has('second-work') || (wanted.has('beats') && !isStated(id)),
  )
  const jobs = [
    ...needsWork.map((id) => ({ kind: 'work' as const, id })),
    ...stems.filter(ofStem).map((stem) => ({ kind: 'stem' as const, stem })),
    ...(wanted.has('phrases') ? stems.filter((stem) => stem.role === 'vocals').map((stem) => ({ kind: 'phrases' as const, stem })) : []),
    ...stems.filter((stem) => notesOf.includes(stem.id) && MELODIC.has(stem.role)).map((stem) => ({ kind: 'notes' as const, stem })),
  ]
  if (jobs.length === 0) return done()
  const client = await tools.engine()
  if (!client.ok) {
    note(client.error.message)
    return done()
  }
  const options = signal ? { signal } : {}
  const ready = new Set<string>()
  const prepare = async (list: readonly StemRecord[]): Promise<boolean> => {
    const files = list.flatMap((stem) => (ready.has(stem.id) ? [] : (tools.stemFile(stem.id) ?? [])))
    const missing = list.filter((stem) => tools.stemFile(stem.id) === undefined)
    for (const stem of missing) note(`${stem.title} is not on this computer, so nothing was heard in it.`)
    if (missing.length > 0) return false
    if (files.length === 0) return true
    const prepared = await client.value.request(
      'sources.prepare',
      { stems: files.map(({ path, contentSha256, name }) => ({ path, contentSha256, name })) },
      options,
    )
    if (!prepared.ok) note(prepared.error.message)
    else for (const stem of list) ready.add(stem.id)
    return prepared.ok
  }
  const put = (stem: StemRecord, more: StemFactsHeard): void => void heardStems.set(stem.id, { ...heardStems.get(stem.id), ...more })
  for (const [i, job] of jobs.entries()) {
    if (signal?.aborted) break
    onProgress?.(i / jobs.length, job.kind === 'work' ? 'Listening to the work' : `Listening to ${job.stem.title}`)
    if (job.kind === 'work') {
      const own = stems.filter((stem) => stem.workId === job.id)
      if (!(await prepare(own))) continue
      const work = tools.work(job.id)
      const reply = await client.value.request(
        'analysis.work',
        {
          stems: own.map(({ contentSha256, role, title }) => ({ contentSha256, role, title })),
          stated: work ? { milliBpm: work.milliBpm, key: work.key, meter: work.meter, sections: work.sections } : null,
        },
        options,
      )
      if (!reply.ok) note(reply.error.message)
      else {
        const { tempo, beats, sections, bars, groove, profile } = reply.value
        works[job.id] = { tempo: tempo.detected, beats, sections: sections.list, bars, groove, profile }
      }
      continue
    }
    const { stem } = job
    if (job.kind !== 'stem' && !mayAnalyse(stem)) {
      note(`The licence for ${stem.title} rules out listening to it with a model.`)
      continue
    }
    if (!(await prepare([stem]))) continue
    const { contentSha256 } = stem
    if (job.kind === 'stem') {
      const reply = await client.value.request('analysis.stem', { contentSha256 }, options)
      if (!reply.ok) note(reply.error.message)
      else {
        const { isSilent, onsets, drums, groove, profile, integratedLufs, truePeakDb, centroidHz } = reply.value
        put(stem, { isSilent, onsets: onsets.frames, hits: drums.hits, groove, profile, integratedLufs, truePeakDb, centroidHz })
      }
    } else if (job.kind === 'phrases') {
      const reply = await client.value.request('ai.phrases', { contentSha256 }, options)
      if (!reply.ok) note(reply.error.message)
      else put(stem, { phrases: { model: reply.value.model.urn, phrases: reply.value.phrases } })
    } else {
      const reply = await client.value.request('ai.transcribe', { contentSha256 }, options)
      if (!reply.ok) note(reply.error.message)
      else put(stem, { notes: { model: reply.value.model.urn, notes: reply.value.notes } })
    }
  }
  onProgress?.(1, 'Listening')
  return done()
}
