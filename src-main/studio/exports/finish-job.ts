// The way of one rendered file into the world: licence → stamp → licence again → receipt → name.
import { stat } from 'node:fs/promises'
import { basename } from 'node:path'
import type { ExportedFile, ExportFormat, ExportReply } from '../../../src-shared/protocol/index.ts'
import { buildReceiptPlugins, buildReceiptStems } from '../../../src-shared/provenance/index.ts'
import { fail, ok, type Result } from '../../../src-shared/std/index.ts'
import type { CarriedApproval } from '../approvals/index.ts'
import { fileFailure } from '../file-problems.ts'
import type { StampMimeType } from '../stamp/index.ts'
import type { ExportRun, Job } from './jobs.ts'
import { judge } from './judge.ts'
import { checkRoom, publish } from './places.ts'
import { cancelled } from './render-jobs.ts'

const MIME_TYPES: Readonly<Record<ExportFormat, StampMimeType>> = {
  wav16: 'audio/wav',
  wav24: 'audio/wav',
  wav32f: 'audio/wav',
  flac16: 'audio/flac',
  flac24: 'audio/flac',
  mp3: 'audio/mpeg',
  m4a: 'audio/mp4',
}

/** What credentials may add to a file, in bytes: more than any export's, so that a full disk is called that. */
const CREDENTIALS_BYTES = 8 << 20

type RenderedFile = ExportReply['files'][number]

/** What the licence says now that the sound is known: the answers that cover it. */
const judgeSound = (
  { tools, order, plan, wanted }: ExportRun,
  { target, intent }: Job,
  written: RenderedFile,
): Result<readonly CarriedApproval[]> => {
  const now = tools.desk.grantsFor(plan.sources.map((source) => source.stemId))
  const held = tools.approvals(now, { ...wanted, pcmSha256: `sha256:${written.pcmSha256}` })
  const allowed = judge({ targets: [target], range: order.range }, plan, now, tools.desk.context('export', intent.receiptId), held)
  return allowed.ok ? ok(target.trackId === null ? held.carried : []) : allowed
}

/**
 * Signs one file, writes its receipt and gives it its name. `at` places a part of that, 0..1, in the whole export. Codes: `licence.*`, `approval.*`, `export.*`, `stamp.*`,
 * `ledger.*`, `disk.*`.
 */
export const finishJob = async (
  run: ExportRun,
  job: Job,
  rendered: ExportReply,
  at: (part: number) => number,
): Promise<Result<ExportedFile>> => {
  const { tools, order, grants, wanted, project, enrolment, stems, report, signal } = run
  const { target, intent } = job
  const name = basename(target.path)
  if (signal?.aborted) return cancelled()
  const written = rendered.files.find((file) => file.path === job.unsignedPath)
  if (!written) return fail('export.failed', `${name} was not rendered. Export again.`)
  const approved = judgeSound(run, job, written)
  if (!approved.ok) return approved
  report('stamp', at(0), `Signing ${name}`)
  const manifest = rendered.frozenElsewhere.length === 0 ? job.manifest : job.manifestOf(rendered.frozenElsewhere)
  const used = new Set(manifest.ingredients.map(({ source }) => source.stemId))
  const stamped = await tools.signer.stamp({
    inputPath: job.unsignedPath,
    outputPath: job.partPath,
    mimeType: MIME_TYPES[target.format],
    title: job.title,
    manifest,
    stems: stems.filter((stem) => used.has(stem.id)),
    receiptId: intent.receiptId,
    intentSha256: intent.intentSha256,
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
    const room = stamped.error.code === 'stamp.failed' ? await checkRoom(target.path, size + CREDENTIALS_BYTES) : stamped
    return room.ok ? stamped : room
  }
  if (signal?.aborted) return cancelled()
  report('commit', at(0.8), `Writing the receipt of ${name}`)
  // A lease can end, a grant be withdrawn and a yes be taken back while a long render runs: the licence has the last word.
  const still = judgeSound(run, job, written)
  if (!still.ok) return still
  if (JSON.stringify(still.value) !== JSON.stringify(approved.value))
    return fail(
      'approval.changed',
      'The artist answered anew while this was exported. Nothing was written; export again with the new answer.',
    )
  const lines = buildReceiptStems(job.usage, grants)
  if (!lines.ok) return lines
  const receipt = intent.commit({
    type: 'export',
    project,
    plan: wanted.planSha256,
    asset: {
      sha256: `sha256:${stamped.value.sha256}`,
      bytes: stamped.value.bytes,
      format: MIME_TYPES[target.format],
      durationMs: Math.round(rendered.durationFrames / 48),
      pcmSha256: `sha256:${written.pcmSha256}`,
      filePcmSha256: written.filePcmSha256 === null ? null : `sha256:${written.filePcmSha256}`,
      fingerprint: written.fingerprint,
      c2pa: stamped.value.c2paUrn,
    },
    scope: job.manifest.scope,
    stems: lines.value,
    ai: job.manifest.ai,
    plugins: buildReceiptPlugins(manifest.plugins),
    ...(approved.value.length > 0 ? { approvals: approved.value.map((one) => ({ ...one })) } : {}),
  })
  if (!receipt.ok) return receipt
  try {
    await publish(job.partPath, target.path, order.overwrites ?? false)
  } catch (error) {
    return fileFailure(error, target.path)
  }
  const finished = intent.finish()
  if (!finished.ok) return finished
  const { sha256, bytes, c2paUrn } = stamped.value
  tools.onExported({ receiptId: intent.receiptId, path: target.path, sha256, format: target.format, title: job.title })
  return ok({ format: target.format, fileName: name, bytes, sha256, c2pa: c2paUrn, receiptId: intent.receiptId, receiptState: 'queued' })
}
