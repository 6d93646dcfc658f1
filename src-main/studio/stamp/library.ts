// The C2PA library (c2pa-node 0.8.0), wrapped: its errors are sentences without codes, its readers are null for "no credentials".
// Loaded in the signing process only: it is 48 MB of native code that parses hostile files.
import { createPrivateKey, sign, X509Certificate, type KeyObject } from 'node:crypto'
import { stat } from 'node:fs/promises'
import { Builder, Reader } from '@contentauth/c2pa-node'
import { fail, ok, type Result } from '../../../src-shared/std/index.ts'
import type { IngredientDefinition, ManifestDefinition } from './definition.ts'
import { librarySettings, signerConfig } from './profile.ts'
import { MAX_STAMP_BYTES, type InspectRequest, type LibraryVerdict, type SigningIdentity } from './request.ts'

interface Status {
  readonly code: string
  readonly explanation?: string
}

/** The parts of the library's report that are used. */
interface Report {
  readonly active_manifest?: string
  readonly validation_state?: string
  readonly manifests?: Readonly<Record<string, { readonly signature_info?: { readonly time?: string } }>>
  readonly validation_results?: {
    readonly activeManifest?: { readonly failure?: readonly Status[] }
    readonly ingredientDeltas?: readonly { readonly validationDeltas?: { readonly failure?: readonly Status[] } }[]
  }
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))

const STATES: Readonly<Record<string, LibraryVerdict['state']>> = { Trusted: 'trusted', Valid: 'valid', Invalid: 'invalid' }

/** The library's verdict on a file. Never throws: what it cannot read is `unreadable`. */
export const inspect = async ({ path, mimeType, anchors }: InspectRequest): Promise<LibraryVerdict> => {
  const nothing = { activeManifest: null, failures: [], signedAt: null, reason: null }
  let report: Report
  try {
    if ((await stat(path)).size > MAX_STAMP_BYTES) return { ...nothing, state: 'unreadable', reason: 'the file is larger than 2 GB' }
    const reader = await Reader.fromAsset({ path, mimeType }, librarySettings(anchors))
    if (!reader) return { ...nothing, state: 'none' }
    report = reader.json() as unknown as Report
  } catch (error) {
    return { ...nothing, state: 'unreadable', reason: messageOf(error) }
  }
  const activeManifest = report.active_manifest ?? null
  const results = report.validation_results
  const own = (results?.activeManifest?.failure ?? []).map((status) => ({ status, isIngredient: false }))
  const inherited = (results?.ingredientDeltas ?? []).flatMap((delta) =>
    (delta.validationDeltas?.failure ?? []).map((status) => ({ status, isIngredient: true })),
  )
  return {
    state: STATES[report.validation_state ?? ''] ?? 'invalid',
    activeManifest,
    failures: [...own, ...inherited]
      .slice(0, 300)
      .map(({ status, isIngredient }) => ({ code: status.code, message: (status.explanation ?? '').slice(0, 500), isIngredient })),
    signedAt: (activeManifest === null ? undefined : report.manifests?.[activeManifest]?.signature_info?.time) ?? null,
    reason: null,
  }
}

/** Key and certificate of a signer, checked: they belong together and the certificate holds now. */
export const openIdentity = (identity: SigningIdentity, now: number): Result<KeyObject> => {
  let key: KeyObject
  let leaf: X509Certificate
  try {
    key = createPrivateKey(identity.privateKey)
    leaf = new X509Certificate(identity.certificates[0] ?? '')
  } catch {
    return fail('stamp.identity_malformed', 'The signing key or its certificate cannot be read. Enrol this machine again.')
  }
  if (key.asymmetricKeyType !== 'ec' || !leaf.checkPrivateKey(key)) {
    return fail('stamp.identity_mismatch', 'The signing key does not belong to its certificate. Enrol this machine again.')
  }
  if (now > new Date(leaf.validTo).getTime() || now < new Date(leaf.validFrom).getTime()) {
    return fail(
      'stamp.certificate_expired',
      'The signing certificate of this machine does not hold today. Go online once to renew it, then export again.',
      {
        notBefore: leaf.validFrom,
        notAfter: leaf.validTo,
      },
    )
  }
  return ok(key)
}

/** What the library says to have happened, as a problem a person can act on. */
const explain = (error: unknown): { readonly code: string; readonly message: string } => {
  const text = messageOf(error)
  if (/No space left|os error 28|ENOSPC/i.test(text)) {
    return { code: 'stamp.disk_full', message: 'The disk is full: the file could not be signed. Free some space and export again.' }
  }
  if (/Permission denied|os error 13|EACCES/i.test(text)) {
    return { code: 'stamp.not_writable', message: 'The folder cannot be written to. Choose another one and export again.' }
  }
  return { code: 'stamp.failed', message: `The file could not be signed (${text}). Nothing was kept; export again.` }
}

export interface SignJob {
  readonly definition: ManifestDefinition
  readonly ingredients: readonly IngredientDefinition[]
  readonly inputPath: string
  readonly outputPath: string
  readonly mimeType: string
  readonly identity: SigningIdentity
  readonly key: KeyObject
  readonly anchors: readonly string[]
  readonly timestampUrl: string | undefined
}

/** Signs `inputPath` into `outputPath`. On failure `outputPath` may be left behind, empty; callers remove it. */
export const signAsset = async (job: SignJob): Promise<Result<null>> => {
  try {
    const builder = Builder.withJson(job.definition as unknown as Parameters<typeof Builder.withJson>[0], librarySettings(job.anchors))
    for (const { json, stem } of job.ingredients) {
      if (stem) await builder.addIngredient(JSON.stringify(json), { path: stem.path, mimeType: stem.mimeType })
      else await builder.addIngredient(JSON.stringify(json))
    }
    // Not `CallbackSigner`: as long as one is reachable, the process does not end.
    await builder.signConfigAsync(
      async (data) => sign('sha256', data, { key: job.key, dsaEncoding: 'ieee-p1363' }),
      signerConfig(job.identity, job.timestampUrl),
      { path: job.inputPath, mimeType: job.mimeType },
      { path: job.outputPath, mimeType: job.mimeType },
    )
    return ok(null)
  } catch (error) {
    const { code, message } = explain(error)
    return fail(code, message)
  }
}
