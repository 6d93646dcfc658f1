// The files of an export under way, each with its number in the ledger from the beginning on: what goes wrong later is on record there.
import { basename, dirname, extname, join } from 'node:path'
import type { FileTags, StemFile } from '../../../src-shared/protocol/index.ts'
import { buildManifestPlan, buildReceiptStems, type ManifestPlan } from '../../../src-shared/provenance/index.ts'
import { type RenderPlan, recordsOf, remixOf } from '../../../src-shared/remix/index.ts'
import type { GrantInForce } from '../../../src-shared/rights/index.ts'
import { fail, ok, type Result } from '../../../src-shared/std/index.ts'
import type { ExportInQuestion } from '../approvals/index.ts'
import { type Enrolment, sha256 } from '../identity/index.ts'
import type { Intent } from '../ledger/index.ts'
import type { StampStem } from '../stamp/index.ts'
import { buildTags } from './export-tags.ts'
import type { Judged } from './judge.ts'
import type { ExportHooks, ExportOrder, ExportTools } from './order.ts'

/** What is settled before anything is rendered. */
export interface ExportRun {
  readonly tools: ExportTools
  readonly order: ExportOrder
  readonly plan: RenderPlan
  readonly grants: readonly GrantInForce[]
  /** What the artists are asked about. */
  readonly wanted: ExportInQuestion
  /** `sha256:…` of the remix. */
  readonly project: string
  readonly issuer: string
  readonly enrolment: Enrolment
  readonly stems: readonly (StampStem & StemFile)[]
  readonly report: NonNullable<ExportHooks['onProgress']>
  readonly signal: AbortSignal | undefined
}

/** One file. */
export interface Job extends Judged {
  readonly intent: Intent
  readonly title: string
  readonly manifest: ManifestPlan
  /** The same, with the tracks of which the render found out that they came frozen from another machine. */
  readonly manifestOf: (frozenElsewhere: readonly string[]) => ManifestPlan
  readonly tags: FileTags
  readonly unsignedPath: string
  readonly partPath: string
}

export const emptyRange = (): Result<never> =>
  fail('export.empty', 'There is nothing to export in this range: no clip of this remix can be heard there.')

/** Voids or withdraws whatever is unfinished, so that no number in the ledger stays without an answer. */
export const abandonJobs = (jobs: readonly Job[], code: string): void => {
  for (const { intent } of jobs) intent.abandon(code)
}

const openJob = ({ tools, order, plan, grants, wanted, project, issuer, enrolment }: ExportRun, judged: Judged, i: number): Result<Job> => {
  const { target } = judged
  const { title } = remixOf(order.snapshot)
  const works = recordsOf(order.snapshot, 'work').filter((work) => plan.sources.some((source) => source.workId === work.id))
  const track = target.trackId === null ? null : plan.tracks.find(({ id }) => id === target.trackId)
  const fileTitle = track ? `${title} – ${track.name}` : title
  const lines = buildReceiptStems(judged.usage, grants)
  if (!lines.ok) return lines
  if (lines.value.length === 0) return emptyRange()
  const partPath = join(dirname(target.path), `.${basename(target.path)}.${process.pid}-${i}.part`)
  const begun = tools.ledger.beginIntent({
    issuer,
    account: enrolment.account,
    project,
    plan: wanted.planSha256,
    stems: lines.value.map(({ stem, grant, lease }) => ({ stem, grant, lease })),
    title: basename(target.path),
    partPath,
    finalPath: target.path,
  })
  if (!begun.ok) return begun
  const manifestOf = (frozenElsewhere: readonly string[]): ManifestPlan =>
    buildManifestPlan(judged.plan, grants, {
      title: fileTitle,
      sha256,
      range: order.range ?? undefined,
      isIsolated: target.trackId !== null,
      frozenElsewhere,
    })
  const manifest = manifestOf([])
  return ok({
    ...judged,
    intent: begun.value,
    title: fileTitle,
    manifest,
    manifestOf,
    tags: buildTags({ title: fileTitle, works, manifest, receiptId: begun.value.receiptId, appVersion: tools.appVersion }),
    unsignedPath: join(tools.tempDir, `${begun.value.receiptId}${extname(target.path)}`),
    partPath,
  })
}

/** Begins every file of the order. Codes: `export.empty`, `licence.*`, `ledger.*`. */
export const openJobs = (run: ExportRun, judged: readonly Judged[]): Result<readonly Job[]> => {
  const jobs: Job[] = []
  for (const [i, own] of judged.entries()) {
    const job = openJob(run, own, i)
    if (!job.ok) {
      abandonJobs(jobs, job.error.code)
      return job
    }
    jobs.push(job.value)
  }
  return ok(jobs)
}
