// The rights service as the studio sees it: one call per route, replies decoded, failures as problems.
import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { basename } from 'node:path'
import { Readable } from 'node:stream'
import { z } from 'zod'
import type { StatementKind } from '../../../src-shared/approvals/index.ts'
import * as api from '../../../src-shared/protocol/index.ts'
import { ok } from '../../../src-shared/std/index.ts'
import type { Result } from '../../../src-shared/std/index.ts'
import { fileFailure } from '../file-problems.ts'
import { checkServiceUrl, Transport } from './transport.ts'

const PATHS = api.SERVICE_PATHS
const fill = (path: string, value: string): string => path.replace(/:\w+/, encodeURIComponent(value))
/** Previews are a few megabytes, and lines can be slow. */
const UPLOAD_TIMEOUT_MS = 10 * 60_000
const STATEMENT_PATHS: Readonly<Record<StatementKind, string>> = {
  request: api.APPROVAL_PATHS.requests,
  answer: api.APPROVAL_PATHS.answers,
  revocation: api.APPROVAL_PATHS.revocations,
  comment: api.APPROVAL_PATHS.comments,
}
const packReplySchema = z.object({ work: z.string().max(300), title: z.string().max(300) })

export interface ServiceClientOptions {
  readonly url: string
  /** Bearer token of this device; asked for before each call. */
  readonly token?: () => string | undefined
  readonly timeoutMs?: number
}

export type ServiceClient = ReturnType<typeof build>

const build = (transport: Transport) => ({
  url: transport.origin,
  health: (signal?: AbortSignal) => transport.call(PATHS.health, { schema: api.healthReplySchema, signal }),
  trust: () => transport.call(PATHS.trust, { schema: api.trustReplySchema }),
  /** Works that fit all words of a query, a page at a time. */
  catalogue: ({ query = '', limit = 100, offset = 0 }: { query?: string; limit?: number; offset?: number } = {}) =>
    transport.call(`${PATHS.catalogue}?${new URLSearchParams({ q: query.slice(0, 300), limit: String(limit), offset: String(offset) })}`, {
      schema: api.catalogueReplySchema,
    }),
  work: (id: string) => transport.call(fill(PATHS.work, id), { schema: api.workSummarySchema }),
  enrolChallenge: () => transport.call(PATHS.enrolChallenge, { method: 'POST', body: {}, schema: api.enrolChallengeReplySchema }),
  enrol: (body: api.EnrolRequest) => transport.call(PATHS.enrol, { method: 'POST', body, schema: api.enrolReplySchema }),
  lease: (body: api.LeaseRequest) => transport.call(PATHS.lease, { method: 'POST', body, schema: api.leaseReplySchema }),
  /** Hands in up to 100 receipts; the ids double as idempotency keys. */
  receipts: (receipts: readonly { readonly id: string; readonly jws: string }[], signal?: AbortSignal) =>
    transport.call(PATHS.receipts, {
      method: 'POST',
      body: { receipts },
      schema: api.receiptsReplySchema,
      signal,
      headers: { 'idempotency-key': receipts[0]?.id ?? '' },
    }),
  checkpoint: () => transport.text(PATHS.checkpoint, {}),
  consistency: (from: number, to: number) =>
    transport.call(`${PATHS.consistency}?from=${from}&to=${to}`, { schema: api.consistencyReplySchema }),
  inclusion: (id: string) => transport.call(fill(PATHS.inclusion, id), { schema: api.inclusionSchema }),
  revocations: () => transport.call(PATHS.revocations, { schema: api.revocationsReplySchema }),
  /** Receipts of a file, by lower-case hex hashes. */
  lookup: (hashes: { sha256?: string; pcmSha256?: string; filePcmSha256?: string }) =>
    transport.call(`${PATHS.receiptLookup}?${new URLSearchParams(hashes)}`, { schema: api.receiptLookupReplySchema }),
  /** Receipts of exports that sound like this: base64 of a fingerprint at query density. */
  lookupSound: (fingerprint: string) =>
    transport.call(PATHS.soundLookup, { method: 'POST', body: { fingerprint }, schema: api.receiptLookupReplySchema }),
  bindArtist: (body: z.input<typeof api.artistRequestSchema>) =>
    transport.call(api.APPROVAL_PATHS.artists, { method: 'POST', body, schema: api.artistReplySchema }),
  /** Hands in a signed statement of an approval; its id doubles as idempotency key. */
  approvalStatement: (kind: StatementKind, body: { readonly id: string; readonly jws: string }, signal?: AbortSignal) =>
    transport.call(STATEMENT_PATHS[kind], {
      method: 'POST',
      body,
      schema: api.statementReplySchema,
      signal,
      headers: { 'idempotency-key': body.id },
    }),
  approvalThreads: (since: number, signal?: AbortSignal) =>
    transport.call(`${api.APPROVAL_PATHS.threads}?since=${since}`, { schema: api.approvalThreadsReplySchema, signal }),
  /** A page of what the log says of this artist's stems. */
  artistUsage: (before: number | null, signal?: AbortSignal) =>
    transport.call(`${api.APPROVAL_PATHS.usage}${before === null ? '' : `?before=${before}`}`, { schema: api.usageReplySchema, signal }),
  /** Sends a sound that a submitted request names. */
  uploadApprovalAudio: (sha256: string, mimeType: string, bytes: Uint8Array<ArrayBuffer>, signal?: AbortSignal) =>
    transport.text(fill(api.APPROVAL_PATHS.audio, sha256), {
      method: 'POST',
      signal,
      headers: { 'content-type': mimeType },
      body: bytes,
      timeoutMs: UPLOAD_TIMEOUT_MS,
    }),
  downloadApprovalAudio: (sha256: string, signal: AbortSignal) =>
    transport.download(fill(api.APPROVAL_PATHS.audio, sha256), { offset: 0, etag: `"${sha256}"`, signal }),
  /** Opens a stem's bytes from `offset` on, in the form the stem store takes. */
  downloadRange: (sha256: string, offset: number, signal: AbortSignal) =>
    transport.download(fill(PATHS.stem, sha256), { offset, etag: `"${sha256}"`, signal }),
})

/** A client for the service at `url`. Codes: `service.bad_url`, `service.insecure`. */
export const createServiceClient = ({ url, token = () => undefined, timeoutMs }: ServiceClientOptions): Result<ServiceClient> => {
  const origin = checkServiceUrl(url)
  if (!origin.ok) return origin
  return ok(build(new Transport({ origin: origin.value, token, ...(timeoutMs === undefined ? {} : { timeoutMs }) })))
}

/** The operator's calls, with the admin token of the service. */
export const createServiceAdmin = ({ url, adminToken }: { url: string; adminToken: string }) => {
  const origin = checkServiceUrl(url)
  // A pack of gigabytes takes minutes to arrive and be unpacked.
  const transport = origin.ok ? new Transport({ origin: origin.value, token: () => adminToken, timeoutMs: 30 * 60_000 }) : undefined
  const refused = origin as Result<never>
  return {
    /** Sends a licence pack to the catalogue. Codes: `pack.*`, `file.*`, `service.*`. */
    importPack: async (path: string): Promise<Result<{ work: string; title: string }>> => {
      if (!transport) return refused
      let bytes: number
      try {
        bytes = (await stat(path)).size
      } catch (error) {
        return fileFailure(error, path)
      }
      const text = await transport.text(`${PATHS.adminPacks}?name=${encodeURIComponent(basename(path))}`, {
        method: 'POST',
        headers: { 'content-type': 'application/zip', 'content-length': String(bytes) },
        body: Readable.toWeb(createReadStream(path)) as unknown as BodyInit,
        duplex: 'half',
      })
      return text.ok ? ok(packReplySchema.parse(JSON.parse(text.value))) : text
    },
    /** Withdraws a grant, stem or certificate from now on. */
    revoke: async (body: {
      kind: 'grant' | 'stem' | 'certificate' | 'artist'
      id: string
      reason: string
    }): Promise<Result<{ revocationListJws: string }>> =>
      transport ? transport.call(PATHS.adminRevocations, { method: 'POST', body, schema: api.revocationsReplySchema }) : refused,
  }
}
