// The export: licence → render → tags → stamp → own check → licence again → receipt → name. One path for the window, the command line and the demo.
import { createHash } from 'node:crypto'
import { constants, existsSync } from 'node:fs'
import { access, link, rename, rm, stat, statfs } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import type {
  EngineClient,
  ExportedFile,
  ExportFormat,
  ExportResult,
  ExportStep,
  FileTags,
  StemFile,
} from '../../../src-shared/protocol/index.ts'
import {
  buildManifestPlan,
  buildReceiptPlugins,
  buildReceiptStems,
  type FrameRange,
  type ManifestPlan,
  usageOf,
} from '../../../src-shared/provenance/index.ts'
import type { ReceiptAsset } from '../../../src-shared/receipts/index.ts'
import {
  canonicalPlan,
  compilePlan,
  encodeDocument,
  type RemixSnapshot,
  recordsOf,
  type RenderPlan,
  remixOf,
} from '../../../src-shared/remix/index.ts'
import {
  type ApprovalHeld,
  type Decision,
  decide,
  type DecisionContext,
  type GrantInForce,
  type Usage,
} from '../../../src-shared/rights/index.ts'
import { fail, ok, type Problem, type Result } from '../../../src-shared/std/index.ts'
import { fileFailure } from '../file-problems.ts'
import type { CarriedApproval, ExportInQuestion } from '../approvals/index.ts'
import { settingsOf } from '../approvals/index.ts'
import { type Enrolment, sha256 } from '../identity/index.ts'
import type { Intent, Ledger } from '../ledger/index.ts'
import { type LicenceDesk, licenceProblem } from '../session/index.ts'
import type { Signer, StampMimeType, StampStem } from '../stamp/index.ts'
import { buildTags } from './export-tags.ts'

export interface ApprovalsHeld {
  readonly approvals: Readonly<Record<string, ApprovalHeld>>
  readonly carried: readonly CarriedApproval[]
}

/** One file to make. */
export interface ExportTarget {
  readonly format: ExportFormat
  readonly path: string
  /** Null is the mix; otherwise one track, before master processing. */
  readonly trackId: string | null
}

export interface ExportOrder {
  readonly snapshot: RemixSnapshot
  readonly targets: readonly ExportTarget[]
  readonly range: FrameRange | null
  readonly loudnessTargetLufs: number | null
  readonly threads: number
  /** Replaces a file of that name; otherwise `export.exists`. */
  readonly overwrites?: boolean
}

export interface ExportTools {
  readonly engine: EngineClient
  /** Ends an engine that does not answer. */
  readonly abandonEngine: () => void
  readonly signer: Signer
  readonly ledger: Ledger
  readonly desk: LicenceDesk
  /** Whether the artists said yes to exactly this export, and the answers that say so. */
  readonly approvals: (grants: readonly GrantInForce[], wanted: ExportInQuestion) => ApprovalsHeld
  readonly appVersion: string
  /** Folder for what is not signed yet; its own for each process. */
  readonly tempDir: string
  /** ES256 key that signs claims, PKCS #8 PEM. */
  readonly claimKeyPem: string
  readonly enrolmentFor: (issuer: string) => Enrolment | undefined
  /** Where stems lie on disk; undefined for one that is not there. */
  readonly stemFile: (stemId: string) => (StampStem & StemFile) | undefined
  readonly onExported: (file: {
    readonly receiptId: string
    readonly path: string
    readonly sha256: string
    readonly format: ExportFormat
    readonly title: string
  }) => void
}

export interface ExportHooks {
  readonly signal?: AbortSignal
  /** 0..1 over the whole job. */
  readonly onProgress?: (step: ExportStep, fraction: number, label: string) => void
}

const MIME_TYPES: Readonly<Record<ExportFormat, StampMimeType>> = {
  wav16: 'audio/wav',
  wav24: 'audio/wav',
  wav32f: 'audio/wav',
  flac16: 'audio/flac',
  flac24: 'audio/flac',
  mp3: 'audio/mpeg',
  m4a: 'audio/mp4',
}

const licenceFormat = (format: ExportFormat): Pick<DecisionContext, 'format' | 'bitDepth'> => {
  const family = /^[a-z]+\d?[a-z]?/.exec(format.replace(/(16|24|32f)$/, ''))?.[0] as 'wav' | 'flac' | 'mp3' | 'm4a'
  const depth = /(16|24|32)f?$/.exec(format)?.[1]
  return { format: family, ...(depth === undefined ? {} : { bitDepth: Number(depth) as 16 | 24 | 32 }) }
}

const hashOf = (bytes: Uint8Array | string): string => `sha256:${createHash('sha256').update(bytes).digest('hex')}`

/** How long an engine may take to stop what was cancelled. Taking its threads down can deadlock inside the runtime; it must not hold the user. */
const CANCEL_TIMEOUT_MS = 2_500

/** Ends an engine that does not stop within the time after a cancel. Returns how to call the watch off. */
const abandonWhereStuck = ({ abandonEngine }: ExportTools, signal: AbortSignal | undefined): (() => void) => {
  let timer: NodeJS.Timeout | undefined
  const watch = (): void => {
    timer = setTimeout(abandonEngine, CANCEL_TIMEOUT_MS)
  }
  signal?.addEventListener('abort', watch, { once: true })
  return () => {
    clearTimeout(timer)
    signal?.removeEventListener('abort', watch)
  }
}

const cancelled = (): Result<never> => fail('export.cancelled', 'The export was cancelled. Nothing was written.')

/** The plan of one track alone, for what its file says about itself. */
const planOfTrack = (plan: RenderPlan, trackId: string): RenderPlan => ({
  ...plan,
  tracks: plan.tracks.map((track) => (track.id === trackId || track.kind !== 'audio' ? track : { ...track, isAudible: false })),
})

const isHeardIn = (plan: RenderPlan, range: FrameRange | null): boolean => usageOf(plan, { range: range ?? undefined }).stems.length > 0

const emptyRange = (): Result<never> =>
  fail('export.empty', 'There is nothing to export in this range: no clip of this remix can be heard there.')

interface Judged {
  readonly usage: Usage
  readonly plan: RenderPlan
}

/** A yes is to the mix that was heard; a track alone is another sound. */
const mixOnly = ({ approvals }: ApprovalsHeld): ApprovalsHeld['approvals'] =>
  Object.fromEntries(
    Object.entries(approvals).map(([grant, held]) => [
      grant,
      held.isApproved
        ? {
            isApproved: false,
            code: 'approval.mix_only',
            message: 'The artist said yes to the mix, not to its tracks one by one. Export the mix.',
          }
        : held,
    ]),
  )

/** What an export would use per target, and whether every target is allowed: `files` exports are counted, not one. */
const judge = (
  order: ExportOrder,
  plan: RenderPlan,
  grants: readonly GrantInForce[],
  context: DecisionContext,
  held: ApprovalsHeld,
): Result<readonly Judged[]> => {
  const judged: Judged[] = []
  const refused: Decision[] = []
  for (const [i, target] of order.targets.entries()) {
    const own = target.trackId === null ? plan : planOfTrack(plan, target.trackId)
    const usage = usageOf(own, { range: order.range ?? undefined, isIsolated: target.trackId !== null })
    const plus = (used: Readonly<Record<string, number>> | undefined, ids: readonly string[]) =>
      Object.fromEntries(ids.map((id) => [id, (used?.[id] ?? 0) + i]))
    const decisions = decide(grants, usage, {
      ...context,
      ...licenceFormat(target.format),
      approvals: target.trackId === null ? held.approvals : mixOnly(held),
      exportsUsed: plus(
        context.exportsUsed,
        grants.map(({ grant }) => grant.id),
      ),
      leaseExportsUsed: plus(
        context.leaseExportsUsed,
        grants.flatMap(({ lease }) => (lease ? [lease.id] : [])),
      ),
    })
    refused.push(...decisions.filter((decision) => decision.effect !== 'allow'))
    judged.push({ usage, plan: own })
  }
  return refused.length > 0 ? { ok: false, error: licenceProblem(refused) } : ok(judged)
}

/**
 * Exports a remix. Codes: `licence.*`, `export.*`, `plan.*`, `stem.*`, `audio.*`, `encode.*`, `stamp.*`, `ledger.*`, `disk.*`. Whatever fails,
 * files already receipted stay, the rest leaves nothing but voids in the ledger.
 */
export const exportRemix = async (
  tools: ExportTools,
  asked: ExportOrder,
  hooks: ExportHooks = {},
): Promise<Result<ExportResult & { readonly paths: readonly string[] }>> => {
  const { ledger, desk } = tools
  const report = hooks.onProgress ?? (() => {})
  report('check', 0, 'Asking the licence')

  const compiled = compilePlan(asked.snapshot)
  if (!compiled.ok) return compiled
  const plan = compiled.value
  if (plan.lengthFrames === 0) return fail('export.empty', 'There is nothing to export: no clip of this remix can be heard.')
  if (asked.targets.length === 0) return fail('export.no_format', 'No format was chosen, so there is nothing to export.')
  // A track that is silent in the range has no stem to give a receipt for; its file is left out, not the others with it.
  const order = {
    ...asked,
    targets: asked.targets.filter(({ trackId }) => trackId === null || isHeardIn(planOfTrack(plan, trackId), asked.range)),
  }
  if (order.targets.length === 0) return emptyRange()
  const grants = desk.grantsFor(plan.sources.map((source) => source.stemId))
  const wanted: ExportInQuestion = {
    planSha256: hashOf(canonicalPlan(plan)),
    pcmSha256: null,
    settings: settingsOf(order.range, order.loudnessTargetLufs),
  }
  const allowed = judge(order, plan, grants, desk.context('render'), tools.approvals(grants, wanted))
  if (!allowed.ok) return allowed
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
  const enrolment = tools.enrolmentFor(issuer)
  if (!enrolment) return fail('export.not_enrolled', `This computer is not enrolled with ${issuer}. Connect to it once, then export again.`)
  for (const { path } of order.targets) {
    if (!order.overwrites && existsSync(path))
      return fail('export.exists', `${basename(path)} is there already. Choose another name, or delete it first.`, { file: basename(path) })
    const folder = await stat(dirname(path)).catch(() => undefined)
    if (!folder?.isDirectory()) return fail('export.no_folder', `The folder for ${basename(path)} is not there. Choose another one.`)
    const room = await checkRoom(path, 0)
    if (!room.ok) return room
  }

  const stems: (StampStem & StemFile)[] = []
  for (const source of plan.sources) {
    const file = tools.stemFile(source.stemId)
    if (!file)
      return fail('export.stem_missing', `“${source.title}” is not on this computer. Pull its work again, or remove its clips.`, {
        stem: source.stemId,
      })
    stems.push(file)
  }

  const jobs = await openIntents(tools, order, allowed.value, { grants, enrolment, issuer, plan })
  if (!jobs.ok) return jobs
  try {
    const outcome = await run(tools, order, { plan, grants, wanted, enrolment, stems, jobs: jobs.value, report, signal: hooks.signal })
    if (!outcome.ok) closeOpen(jobs.value, outcome.error.code)
    return outcome
  } catch (error) {
    closeOpen(jobs.value, 'export.failed')
    throw error
  } finally {
    for (const job of jobs.value) {
      await rm(job.unsignedPath, { force: true })
      if (job.state !== 'finished') await rm(job.partPath, { force: true })
    }
    ledger.changed()
  }
}

/** Whether a file of so many bytes can be written where it is to go. Codes: `disk.full`, and those of `fileFailure`. */
const checkRoom = async (path: string, bytes: number): Promise<Result<null>> => {
  try {
    await access(dirname(path), constants.W_OK)
    const { bavail, blocks, bsize } = await statfs(dirname(path))
    // Some network volumes do not tell their size.
    if (blocks > 0 && bavail * bsize < bytes) throw Object.assign(new Error('no room'), { code: 'ENOSPC' })
    return ok(null)
  } catch (error) {
    return fileFailure(error, path)
  }
}

/** What credentials may add to a file, in bytes: more than any export's, so that a full disk is called that. */
const CREDENTIALS_BYTES = 8 << 20

/** Gives the finished file its name. A file that took the name while the render ran is left alone, unless it is meant to be replaced. */
const publish = async (partPath: string, path: string, overwrites: boolean): Promise<void> => {
  if (!overwrites) {
    try {
      // A link never replaces; looking first and renaming then would.
      await link(partPath, path)
      await rm(partPath)
      return
    } catch (error) {
      if (existsSync(path)) throw error
      // This file system has no links.
    }
  }
  await rename(partPath, path)
}

interface Job {
  readonly target: ExportTarget
  readonly intent: Intent
  readonly judged: Judged
  readonly title: string
  readonly manifest: ManifestPlan
  /** The same, with the tracks of which the render found out that they came frozen from another machine. */
  readonly manifestOf: (frozenElsewhere: readonly string[]) => ManifestPlan
  readonly tags: FileTags
  readonly unsignedPath: string
  readonly partPath: string
  state: 'open' | 'committed' | 'finished'
}

/** Voids what is still open, so that no number in the ledger stays without an answer. */
const closeOpen = (jobs: readonly Job[], code: string): void => {
  for (const job of jobs) {
    if (job.state === 'open') job.intent.void(code.endsWith('cancelled') ? 'cancelled' : 'failed')
    if (job.state === 'committed') job.intent.withdraw()
  }
}

const openIntents = async (
  tools: ExportTools,
  order: ExportOrder,
  judged: readonly Judged[],
  {
    grants,
    enrolment,
    issuer,
    plan,
  }: { readonly grants: readonly GrantInForce[]; readonly enrolment: Enrolment; readonly issuer: string; readonly plan: RenderPlan },
): Promise<Result<Job[]>> => {
  const jobs: Job[] = []
  const { title } = remixOf(order.snapshot)
  const works = recordsOf(order.snapshot, 'work').filter((work) => plan.sources.some((source) => source.workId === work.id))
  const project = hashOf(encodeDocument(order.snapshot))
  const planHash = hashOf(canonicalPlan(plan))
  for (const [i, target] of order.targets.entries()) {
    const own = judged[i]
    if (!own) continue
    const track = target.trackId === null ? null : plan.tracks.find(({ id }) => id === target.trackId)
    const fileTitle = track ? `${title} – ${track.name}` : title
    const lines = buildReceiptStems(own.usage, grants)
    if (!lines.ok) {
      closeOpen(jobs, lines.error.code)
      return lines
    }
    if (lines.value.length === 0) {
      closeOpen(jobs, 'export.empty')
      return emptyRange()
    }
    const partPath = join(dirname(target.path), `.${basename(target.path)}.${process.pid}-${i}.part`)
    const begun = tools.ledger.beginIntent({
      issuer,
      account: enrolment.account,
      project,
      plan: planHash,
      stems: lines.value.map(({ stem, grant, lease }) => ({ stem, grant, lease })),
      title: basename(target.path),
      partPath,
      finalPath: target.path,
    })
    if (!begun.ok) {
      closeOpen(jobs, begun.error.code)
      return begun
    }
    const manifestOf = (frozenElsewhere: readonly string[]): ManifestPlan =>
      buildManifestPlan(own.plan, grants, {
        title: fileTitle,
        sha256,
        range: order.range ?? undefined,
        isIsolated: target.trackId !== null,
        frozenElsewhere,
      })
    const manifest = manifestOf([])
    jobs.push({
      target,
      intent: begun.value,
      judged: own,
      title: fileTitle,
      manifest,
      manifestOf,
      tags: buildTags({ title: fileTitle, works, manifest, receiptId: begun.value.receiptId, appVersion: tools.appVersion }),
      unsignedPath: join(tools.tempDir, `${begun.value.receiptId}${/\.\w+$/.exec(target.path)?.[0] ?? ''}`),
      partPath,
      state: 'open',
    })
  }
  return ok(jobs)
}

/** The engine reads and writes files under names of ours; the user knows stems by their titles and exports by the names they will have. */
const inUserNames = (problem: Problem, { jobs, stems }: Pick<RunContext, 'jobs' | 'stems'>): Problem => {
  const names: readonly (readonly [string, string])[] = [
    ...jobs.map(({ unsignedPath, target }) => [basename(unsignedPath), basename(target.path)] as const),
    ...stems.map(({ path, title }) => [basename(path), title] as const),
  ]
  return { ...problem, message: names.reduce((text, [ours, theirs]) => text.replaceAll(ours, theirs), problem.message) }
}

interface RunContext {
  readonly plan: RenderPlan
  readonly wanted: ExportInQuestion
  readonly grants: readonly GrantInForce[]
  readonly enrolment: Enrolment
  readonly stems: readonly (StampStem & StemFile)[]
  readonly jobs: readonly Job[]
  readonly report: NonNullable<ExportHooks['onProgress']>
  readonly signal: AbortSignal | undefined
}

const run = async (
  tools: ExportTools,
  order: ExportOrder,
  context: RunContext,
): Promise<Result<ExportResult & { readonly paths: readonly string[] }>> => {
  const { plan, grants, wanted, enrolment, stems, jobs, report, signal } = context
  const planHash = hashOf(canonicalPlan(plan))
  const project = hashOf(encodeDocument(order.snapshot))
  report('prepare', 0.02, 'Preparing stems')
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
  // Stretching takes longer than decoding.
  const decodeShare = plan.sources.some(({ make, warp }) => make ?? warp) ? 0.08 : 0.28
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
      {
        signal: AbortSignal.any(signal ? [signal, badStem.signal] : [badStem.signal]),
        onProgress: ({ step, fraction, stem }) => {
          if (step === 'decode') report('prepare', 0.02 + decodeShare * fraction, stem === null ? 'Preparing stems' : `Preparing ${stem}`)
          else if (step === 'derive')
            report('prepare', 0.02 + decodeShare + (0.28 - decodeShare) * fraction, `Stretching and making sounds: ${stem ?? 'stems'}`)
          else
            report(
              'render',
              (step === 'measure' ? 0.3 : order.loudnessTargetLufs === null ? 0.3 : 0.55) +
                (order.loudnessTargetLufs === null ? 0.5 : 0.25) * fraction,
              step === 'measure' ? 'Measuring loudness' : 'Rendering',
            )
        },
      },
    )
  const release = abandonWhereStuck(tools, signal)
  let rendered = await render()
  // A decoded copy that went bad on disk was thrown away when that was noticed; the next try decodes the stem anew.
  for (let tries = 0; tries < stems.length && !rendered.ok && rendered.error.code === 'audio.cache_corrupt'; tries++)
    rendered = await render()
  // An engine may answer and get stuck right after: the watch ends when it answers once more.
  if (signal?.aborted) void tools.engine.request('transport.state', {}).then(release)
  else release()
  const bad = signal?.aborted ? undefined : await checking
  if (bad) return bad
  if (!rendered.ok)
    return signal?.aborted || rendered.error.code.endsWith('cancelled')
      ? cancelled()
      : { ok: false, error: inUserNames(rendered.error, { jobs, stems }) }
  const { value } = rendered
  const durationMs = Math.round(value.durationFrames / 48)
  const files: ExportedFile[] = []
  for (const [i, job] of jobs.entries()) {
    if (signal?.aborted) return cancelled()
    const written = value.files.find((file) => file.path === job.unsignedPath)
    if (!written) return fail('export.failed', `${basename(job.target.path)} was not rendered. Export again.`)
    const at = (part: number): number => 0.8 + (0.2 * (i + part)) / jobs.length
    /** What the licence says now that the sound is known. */
    const judgeSound = () => {
      const now = tools.desk.grantsFor(plan.sources.map((source) => source.stemId))
      const held = tools.approvals(now, { ...wanted, pcmSha256: `sha256:${written.pcmSha256}` })
      const allowed = judge({ ...order, targets: [job.target] }, plan, now, tools.desk.context('export', job.intent.receiptId), held)
      return allowed.ok ? ok(job.target.trackId === null ? held.carried : []) : allowed
    }
    const approved = judgeSound()
    if (!approved.ok) return approved
    report('stamp', at(0), `Signing ${basename(job.target.path)}`)
    const manifest = value.frozenElsewhere.length === 0 ? job.manifest : job.manifestOf(value.frozenElsewhere)
    const used = new Set(manifest.ingredients.map(({ source }) => source.stemId))
    const stamped = await tools.signer.stamp({
      inputPath: job.unsignedPath,
      outputPath: job.partPath,
      mimeType: MIME_TYPES[job.target.format],
      title: job.title,
      manifest,
      stems: stems.filter((stem) => used.has(stem.id)),
      receiptId: job.intent.receiptId,
      intentSha256: job.intent.intentSha256,
      log: enrolment.trust.logKey.split('+')[0] ?? '',
      grants: grants.flatMap(({ grant, hash }) =>
        grant.assets
          .filter((asset) => used.has(asset.stem))
          .map((asset) => ({ stem: asset.stem, grant: grant.id, version: grant.version, hash })),
      ),
      approvals: approved.value.map(({ id, sha256, verdict, artist }) => ({ id, sha256, verdict, artist })),
      identity: { certificates: enrolment.certificates, privateKey: tools.claimKeyPem },
      anchors: enrolment.trust.anchors,
      appVersion: tools.appVersion,
    })
    if (!stamped.ok) {
      // The library does not tell a full disk from other failures.
      const { size } = await stat(job.unsignedPath)
      const room = stamped.error.code === 'stamp.failed' ? await checkRoom(job.target.path, size + CREDENTIALS_BYTES) : stamped
      return room.ok ? stamped : room
    }
    if (signal?.aborted) return cancelled()
    report('commit', at(0.8), `Writing the receipt of ${basename(job.target.path)}`)
    // A lease can end, a grant be withdrawn and a yes be taken back while a long render runs: the licence has the last word.
    const still = judgeSound()
    if (!still.ok) return still
    if (JSON.stringify(still.value) !== JSON.stringify(approved.value))
      return fail(
        'approval.changed',
        'The artist answered anew while this was exported. Nothing was written; export again with the new answer.',
      )
    const asset: ReceiptAsset = {
      sha256: `sha256:${stamped.value.sha256}`,
      bytes: stamped.value.bytes,
      format: MIME_TYPES[job.target.format],
      durationMs,
      pcmSha256: `sha256:${written.pcmSha256}`,
      filePcmSha256: written.filePcmSha256 === null ? null : `sha256:${written.filePcmSha256}`,
      fingerprint: written.fingerprint,
      c2pa: stamped.value.c2paUrn,
    }
    const lines = buildReceiptStems(job.judged.usage, grants)
    if (!lines.ok) return lines
    const receipt = job.intent.commit({
      type: 'export',
      project,
      plan: planHash,
      asset,
      scope: job.manifest.scope,
      stems: lines.value,
      ai: job.manifest.ai,
      plugins: buildReceiptPlugins(manifest.plugins),
      ...(approved.value.length > 0 ? { approvals: approved.value.map((one) => ({ ...one })) } : {}),
    })
    if (!receipt.ok) return receipt
    job.state = 'committed'
    try {
      await publish(job.partPath, job.target.path, order.overwrites ?? false)
    } catch (error) {
      return fileFailure(error, job.target.path)
    }
    const finished = job.intent.finish()
    if (!finished.ok) return finished
    job.state = 'finished'
    tools.onExported({
      receiptId: job.intent.receiptId,
      path: job.target.path,
      sha256: stamped.value.sha256,
      format: job.target.format,
      title: job.title,
    })
    files.push({
      format: job.target.format,
      fileName: basename(job.target.path),
      bytes: stamped.value.bytes,
      sha256: stamped.value.sha256,
      c2pa: stamped.value.c2paUrn,
      receiptId: job.intent.receiptId,
      receiptState: 'queued',
    })
  }
  report('commit', 1, 'Done')
  const [first] = jobs
  return ok({
    files,
    paths: jobs.map((job) => job.target.path),
    durationMs,
    pcmSha256: value.pcmSha256,
    loudness: { ...value.loudness, gainDb: value.gainDb, shortfall: value.shortfall },
    ai: first?.manifest.ai ?? { containsAI: 'None', contributions: [], dst: '' },
    credits: first?.manifest.credits ?? [],
    ingredients: first?.manifest.ingredients.length ?? 0,
  })
}
