// The render of an export: all its files at once, while the stems they are made of are checked beside it.
import { basename } from 'node:path'
import type { EngineProgress, ExportReply } from '../../../src-shared/protocol/index.ts'
import { fail, type Problem, type Result } from '../../../src-shared/std/index.ts'
import type { ExportRun, Job } from './jobs.ts'

/** How long an engine may take to stop what was cancelled. Taking its threads down can deadlock inside the runtime; it must not hold the user. */
const CANCEL_TIMEOUT_MS = 2_500

/** Ends an engine that does not stop within the time after a cancel. Returns how to call the watch off. */
const abandonWhereStuck = ({ tools, signal }: ExportRun): (() => void) => {
  let timer: NodeJS.Timeout | undefined
  const watch = (): void => {
    timer = setTimeout(tools.abandonEngine, CANCEL_TIMEOUT_MS)
  }
  signal?.addEventListener('abort', watch, { once: true })
  return () => {
    clearTimeout(timer)
    signal?.removeEventListener('abort', watch)
  }
}

export const cancelled = (): Result<never> => fail('export.cancelled', 'The export was cancelled. Nothing was written.')

/** The engine reads and writes files under names of ours; the user knows stems by their titles and exports by the names they will have. */
const inUserNames = (problem: Problem, jobs: readonly Job[], { stems }: ExportRun): Problem => {
  const names: readonly (readonly [string, string])[] = [
    ...jobs.map(({ unsignedPath, target }) => [basename(unsignedPath), basename(target.path)] as const),
    ...stems.map(({ path, title }) => [basename(path), title] as const),
  ]
  return { ...problem, message: names.reduce((text, [ours, theirs]) => text.replaceAll(ours, theirs), problem.message) }
}

/** Says how far the whole export is. */
const progressOf = ({ plan, order, report }: ExportRun): ((progress: EngineProgress) => void) => {
  // Stretching takes longer than decoding.
  const decodeShare = plan.sources.some(({ make, warp }) => make ?? warp) ? 0.08 : 0.28
  const isMeasured = order.loudnessTargetLufs !== null
  return ({ step, fraction, stem }) => {
    if (step === 'decode') report('prepare', 0.02 + decodeShare * fraction, stem === null ? 'Preparing stems' : `Preparing ${stem}`)
    else if (step === 'derive')
      report('prepare', 0.02 + decodeShare + (0.28 - decodeShare) * fraction, `Stretching and making sounds: ${stem ?? 'stems'}`)
    else {
      const from = step !== 'measure' && isMeasured ? 0.55 : 0.3
      report('render', from + (isMeasured ? 0.25 : 0.5) * fraction, step === 'measure' ? 'Measuring loudness' : 'Rendering')
    }
  }
}

/** Renders all files under their unsigned names. Codes: `stamp.stem_*` and those of the engine's `export.run`. */
export const renderJobs = async (run: ExportRun, jobs: readonly Job[]): Promise<Result<ExportReply>> => {
  const { tools, order, plan, enrolment, stems, signal } = run
  run.report('prepare', 0.02, 'Preparing stems')
  // Stems are checked while the render runs: a bad one ends it early, a good one is not read again for the stamp.
  const badStem = new AbortController()
  const used = new Set(jobs.flatMap(({ manifest }) => manifest.ingredients.map(({ source }) => source.stemId)))
  const checking = tools.signer
    .prepare(
      stems.filter(({ id }) => used.has(id)),
      enrolment.trust.anchors,
    )
    .then((checked) => {
      // Whatever else goes wrong there is found out, and tried again, by the stamp.
      if (checked.ok || !checked.error.code.startsWith('stamp.stem_')) return undefined
      badStem.abort()
      return checked
    })
  const render = () =>
    tools.engine.request(
      'export.run',
      {
        plan,
        stems: stems.map(({ path, contentSha256, name }) => ({ path, contentSha256, name })),
        range: order.range,
        loudnessTargetLufs: order.loudnessTargetLufs,
        threads: order.threads,
        outputs: jobs.map(({ target, unsignedPath, tags }) => ({
          path: unsignedPath,
          format: target.format,
          trackId: target.trackId,
          tags,
        })),
      },
      { signal: AbortSignal.any(signal ? [signal, badStem.signal] : [badStem.signal]), onProgress: progressOf(run) },
    )
  const release = abandonWhereStuck(run)
  let rendered = await render()
  // A decoded copy that went bad on disk was thrown away when that was noticed; the next try decodes the stem anew.
  for (let tries = 0; tries < stems.length && !rendered.ok && rendered.error.code === 'audio.cache_corrupt'; tries++)
    rendered = await render()
  // An engine may answer and get stuck right after: the watch ends when it answers once more.
  if (signal?.aborted) void tools.engine.request('transport.state', {}).then(release)
  else release()
  const bad = signal?.aborted ? undefined : await checking
  if (bad) return bad
  if (rendered.ok) return rendered
  return signal?.aborted || rendered.error.code.endsWith('cancelled')
    ? cancelled()
    : { ok: false, error: inUserNames(rendered.error, jobs, run) }
}
