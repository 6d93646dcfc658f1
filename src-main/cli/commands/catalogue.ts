// `stemma catalogue` and `stemma pull`.
import type { PullState, WorkSummary } from '../../../src-shared/protocol/index.ts'
import { ok } from '../../../src-shared/std/index.ts'
import type { Studio } from '../../studio/index.ts'
import type { Run } from '../command.ts'
import { done, formatDuration, reportOf, refused, table } from '../output.ts'

const tempo = ({ milliBpm }: WorkSummary): string => (milliBpm === null ? '–' : `${milliBpm / 1000} BPM`)

const describe = (work: WorkSummary, state: PullState['state']): unknown => ({ ...work, pull: state })

export const catalogueCommand: Run<{ readonly query: string }> = async (context, { query }) => {
  const studio = await context.studio()
  if (!studio.ok) return refused(studio.error)
  const found = await studio.value.works.catalogue(query)
  return reportOf(found, ({ works, isOffline }) => {
    const stateOf = (work: WorkSummary) => studio.value.works.puller.stateOf(work).state
    const rows = works.map((work) => [
      work.title,
      work.artists.join(', '),
      tempo(work),
      work.key ?? '–',
      `${work.meter.numerator}/${work.meter.denominator}`,
      formatDuration(work.lengthMs),
      `${work.stems.length} stems`,
      work.licence.badge,
      stateOf(work) === 'ready' ? 'here' : '',
    ])
    const lines =
      works.length === 0 ? [query === '' ? 'The catalogue is empty.' : `Nothing in the catalogue fits “${query}”.`] : table(rows)
    return done({ ok: true, isOffline, works: works.map((work) => describe(work, stateOf(work))) }, [
      ...(isOffline ? ['The rights service cannot be reached; this is what is on this computer.'] : []),
      ...lines,
    ])
  })
}

/** Pulls and shows how far it is; resolves with the studio's result. */
export const pullWithProgress = (
  studio: Studio,
  work: WorkSummary,
  show: (label: string, fraction: number) => void,
  signal: AbortSignal,
) => {
  const timer = setInterval(() => {
    const { stems } = studio.works.puller.stateOf(work)
    const total = stems.reduce((sum, stem) => sum + stem.totalBytes, 0)
    const received = stems.reduce((sum, stem) => sum + stem.receivedBytes, 0)
    show(`Pulling ${work.title}`, total === 0 ? 0 : received / total)
  }, 100)
  const stop = (): void => studio.works.puller.pause(work.id)
  signal.addEventListener('abort', stop)
  return studio.works.pull(work).finally(() => {
    clearInterval(timer)
    signal.removeEventListener('abort', stop)
  })
}

export const pullCommand: Run<{ readonly work: string }> = async (context, { work: reference }) => {
  const studio = await context.studio()
  if (!studio.ok) return refused(studio.error)
  const work = await studio.value.works.find(reference)
  if (!work.ok) return refused(work.error)
  const pulled = await pullWithProgress(
    studio.value,
    work.value,
    (label, fraction) => context.progress.show(label, fraction),
    context.signal,
  )
  if (!pulled.ok) return refused(pulled.error)
  const { leaseEnds } = studio.value.works.puller.stateOf(work.value)
  const bytes = work.value.stems.reduce((sum, stem) => sum + stem.bytes, 0)
  return reportOf(ok(null), () =>
    done(
      {
        ok: true,
        work: work.value.id,
        title: work.value.title,
        stems: work.value.stems.length,
        bytes,
        leaseEnds,
        licence: work.value.licence,
      },
      [
        `${work.value.title}: ${work.value.stems.length} stems, ${(bytes / 1e6).toFixed(1)} MB`,
        ...(leaseEnds === null ? [] : [`The lease ends on ${leaseEnds.slice(0, 16).replace('T', ' ')} UTC.`]),
        ...work.value.licence.sentences,
      ],
    ),
  )
}
