// The export: licence → render → tags → stamp → own check → licence again → receipt → name. One path for the window, the command line and the demo.
import { rm } from 'node:fs/promises'
import { basename } from 'node:path'
import type { ExportedFile, ExportResult } from '../../../src-shared/protocol/index.ts'
import { canonicalPlan, compilePlan, encodeDocument } from '../../../src-shared/remix/index.ts'
import type { GrantInForce } from '../../../src-shared/rights/index.ts'
import { fail, hashText, ok, type Result } from '../../../src-shared/std/index.ts'
import { type ExportInQuestion, settingsOf } from '../approvals/index.ts'
import { type Enrolment, sha256 } from '../identity/index.ts'
import { stemFilesOf } from '../stem-files.ts'
import { writeCreditsSheets } from './credits-sheets.ts'
import { finishJob } from './finish-job.ts'
import { abandonJobs, emptyRange, type ExportRun, type Job, openJobs } from './jobs.ts'
import { audibleTargets, judge } from './judge.ts'
import type { ExportHooks, ExportOrder, ExportTools } from './order.ts'
import { checkPlaces } from './places.ts'
import { renderJobs } from './render-jobs.ts'

/** The one service whose licences an export is under. */
const serviceOf = (
  { enrolmentFor }: ExportTools,
  grants: readonly GrantInForce[],
): Result<{ readonly issuer: string; readonly enrolment: Enrolment }> => {
  const issuers = [...new Set(grants.map(({ grant }) => grant.issuer))]
  const [issuer] = issuers
  if (issuer === undefined)
    return fail(
      'export.no_licence',
      'None of the stems in this remix has a licence on this computer. Pull their work from the catalogue first.',
    )
  if (issuers.length > 1)
    return fail(
      'export.many_services',
      `This remix uses stems of ${issuers.length} rights services (${issuers.join(', ')}). Export it with the stems of one at a time.`,
    )
  const enrolment = enrolmentFor(issuer)
  return enrolment
    ? ok({ issuer, enrolment })
    : fail('export.not_enrolled', `This computer is not enrolled with ${issuer}. Connect to it once, then export again.`)
}

type Exported = ExportResult & { readonly paths: readonly string[]; readonly sheetPaths: readonly string[] }

const runJobs = async (run: ExportRun, jobs: readonly Job[]): Promise<Result<Exported>> => {
  const rendered = await renderJobs(run, jobs)
  if (!rendered.ok) return rendered
  const files: ExportedFile[] = []
  for (const [i, job] of jobs.entries()) {
    const file = await finishJob(run, job, rendered.value, (part) => 0.8 + (0.2 * (i + part)) / jobs.length)
    if (!file.ok) return file
    files.push(file.value)
  }
  const { sheetPaths, sheetProblem } = run.order.creditsSheet
    ? await writeCreditsSheets(run, jobs, files)
    : { sheetPaths: [], sheetProblem: null }
  run.report('commit', 1, 'Done')
  const { durationFrames, pcmSha256, loudness, gainDb, shortfall } = rendered.value
  const manifest = jobs[0]?.manifest
  return ok({
    files,
    paths: jobs.map(({ target }) => target.path),
    sheets: sheetPaths.map((path) => basename(path)),
    sheetPaths,
    sheetProblem,
    durationMs: Math.round(durationFrames / 48),
    pcmSha256,
    loudness: { ...loudness, gainDb, shortfall },
    ai: manifest?.ai ?? { containsAI: 'None', contributions: [], dst: '' },
    credits: manifest?.credits ?? [],
    ingredients: manifest?.ingredients.length ?? 0,
  })
}

/**
 * Exports a remix. Codes: `licence.*`, `export.*`, `plan.*`, `stem.*`, `audio.*`, `encode.*`, `stamp.*`, `ledger.*`, `disk.*`. Whatever fails,
 * files already receipted stay, the rest leaves nothing but voids in the ledger.
 */
export const exportRemix = async (tools: ExportTools, asked: ExportOrder, hooks: ExportHooks = {}): Promise<Result<Exported>> => {
  const { ledger, desk } = tools
  const report = hooks.onProgress ?? (() => {})
  report('check', 0, 'Asking the licence')

  const compiled = compilePlan(asked.snapshot)
  if (!compiled.ok) return compiled
  const plan = compiled.value
  if (plan.lengthFrames === 0) return fail('export.empty', 'There is nothing to export: no clip of this remix can be heard.')
  if (asked.targets.length === 0) return fail('export.no_format', 'No format was chosen, so there is nothing to export.')
  const order = { ...asked, targets: audibleTargets(asked, plan) }
  if (order.targets.length === 0) return emptyRange()
  const grants = desk.grantsFor(plan.sources.map((source) => source.stemId))
  const wanted: ExportInQuestion = {
    planSha256: hashText(canonicalPlan(plan), sha256),
    pcmSha256: null,
    settings: settingsOf(order.range, order.loudnessTargetLufs),
  }
  const allowed = judge(order, plan, grants, desk.context('render'), tools.approvals(grants, wanted))
  if (!allowed.ok) return allowed
  const service = serviceOf(tools, grants)
  if (!service.ok) return service
  const places = await checkPlaces(order)
  if (!places.ok) return places
  const stems = stemFilesOf(plan, tools.stemFile)
  if (!stems.ok) return stems

  const project = hashText(encodeDocument(order.snapshot), sha256)
  const run: ExportRun = {
    tools,
    order,
    plan,
    grants,
    wanted,
    project,
    ...service.value,
    stems: stems.value,
    report,
    signal: hooks.signal,
  }
  const jobs = openJobs(run, allowed.value)
  if (!jobs.ok) return jobs
  try {
    const outcome = await runJobs(run, jobs.value)
    if (!outcome.ok) abandonJobs(jobs.value, outcome.error.code)
    return outcome
  } catch (error) {
    abandonJobs(jobs.value, 'export.failed')
    throw error
  } finally {
    for (const { unsignedPath, partPath } of jobs.value) {
      await rm(unsignedPath, { force: true })
      await rm(partPath, { force: true })
    }
    ledger.changed()
  }
}
