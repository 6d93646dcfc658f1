// The approvals routes. A device speaks for its account, and for the artists' keys it has proved to hold.
import { Readable } from 'node:stream'
import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import { MAX_AUDIO_BYTES, MAX_STATEMENT_LENGTH } from '../../src-shared/approvals/index.ts'
import * as api from '../../src-shared/protocol/index.ts'
import { fail, jwkBytes, jwkThumbprint, ok, type Result, verifyJws } from '../../src-shared/std/index.ts'
import type { BlobStore } from '../blobs.ts'
import { sha256, verifyEd25519 } from '../keys.ts'
import { type Routes, sendProblem } from '../routes.ts'
import { sendFile } from '../stem-download.ts'
import type { ServiceReader, ServiceStore, StoredDevice } from '../store.ts'
import { acceptAnswer, acceptComment, acceptRequest, acceptRevocation, type Accepted, type StatementItem, termsOf } from './accept.ts'
import type { Visibility } from './store.ts'
import { readUsage } from './usage.ts'

export interface ApprovalDeps {
  readonly store: ServiceStore
  readonly blobs: BlobStore
  readonly issuer: string
  readonly clock: () => number
}

const hex64 = /^[0-9a-f]{64}$/
const BODY_LIMIT = 2 * MAX_STATEMENT_LENGTH

const MAGIC: Readonly<Record<string, (head: Buffer) => boolean>> = {
  'audio/wav': (head) => head.toString('latin1', 0, 4) === 'RIFF' && head.toString('latin1', 8, 12) === 'WAVE',
  'audio/flac': (head) => head.toString('latin1', 0, 4) === 'fLaC',
  'audio/mpeg': (head) => head.toString('latin1', 0, 3) === 'ID3' || (head[0] === 0xff && ((head[1] ?? 0) & 0xe0) === 0xe0),
}

class NotAudio extends Error {}

/** Passes a body on once its first bytes are those of the kind it is said to be. */
async function* audioOnly(body: AsyncIterable<Buffer>, mimeType: string): AsyncIterable<Buffer> {
  let head: Buffer | undefined = Buffer.alloc(0)
  for await (const chunk of body) {
    if (head) {
      head = Buffer.concat([head, chunk])
      if (head.length < 12) continue
      if (!MAGIC[mimeType]?.(head)) throw new NotAudio()
      yield head
      head = undefined
    } else yield chunk
  }
  if (head) throw new NotAudio()
}

const visibilityOf = async (reader: ServiceReader, device: StoredDevice): Promise<Visibility & { readonly artists: readonly string[] }> => {
  const artists = await reader.approvals.artistsOf(device.kid)
  return { account: device.account, artists, grants: artists.length === 0 ? [] : await reader.approvals.grantsOf(artists) }
}

const bindArtist = async (
  { store, issuer, clock }: ApprovalDeps,
  device: StoredDevice,
  { key, proof }: z.output<typeof api.artistRequestSchema>,
): Promise<Result<{ artist: string }>> => {
  const artist = jwkThumbprint(key, sha256)
  const verified = verifyJws(proof, {
    typ: api.ARTIST_TYP,
    schema: api.artistProofSchema,
    keyFor: (kid) => (kid === artist ? jwkBytes(key) : undefined),
    verify: verifyEd25519,
  })
  if (!verified.ok || verified.value.payload.device !== device.kid || verified.value.payload.issuer !== issuer)
    return fail(
      'approval.bad_proof',
      'The device did not prove that it holds the artist’s key. Try again; if it fails twice, make a new artist key.',
    )
  const now = new Date(clock()).toISOString()
  return store.transact(async (writer): Promise<Result<{ artist: string }>> => {
    if (!(await writer.takeChallenge(verified.value.payload.nonce, now)))
      return fail('enrol.expired', 'The proof took too long or was sent twice. Try again.')
    await writer.approvals.putArtist(artist, device.kid, now)
    return ok({ artist })
  })
}

const threads = async (
  { store: { read }, blobs }: ApprovalDeps,
  device: StoredDevice,
  { since, limit }: { readonly since: number; readonly limit: number },
): Promise<Result<api.ApprovalThreadsReply>> => {
  const visible = await visibilityOf(read, device)
  const page = await read.approvals.statements(visible, { since, limit: limit + 1 })
  const statements = page.slice(0, limit)
  const grantIds = [...new Set([...visible.grants, ...statements.map(({ grantId }) => grantId)])]
  const grants: { id: string; terms: NonNullable<Awaited<ReturnType<typeof termsOf>>> }[] = []
  for (const id of grantIds) {
    const terms = await termsOf(read, id)
    if (terms) grants.push({ id, terms })
  }
  const missing = new Set<string>()
  for (const audio of await read.approvals.audioOf(device.account))
    if ((await blobs.size(audio.sha256)) !== audio.bytes) missing.add(audio.sha256)
  return ok({
    scope: Buffer.from(sha256(Buffer.from([visible.account, ...visible.artists, '', ...visible.grants].join('\n')))).toString('base64url'),
    statements: statements.map(({ seq, kind, id, jws, receivedAt }) => ({ seq, kind, id, jws, receivedAt })),
    hasMore: page.length > limit,
    grants,
    artists: [...visible.artists],
    missingAudio: [...missing],
  })
}

export const addApprovalRoutes = (app: FastifyInstance, routes: Routes, deps: ApprovalDeps): void => {
  const { store, blobs, clock } = deps
  routes.add({
    method: 'POST',
    path: api.APPROVAL_PATHS.artists,
    summary: 'Bind an artist’s key to this device: it sees the threads of works whose licence names that key',
    auth: 'device',
    body: api.artistRequestSchema,
    reply: api.artistReplySchema,
    handle: ({ body, device }) => bindArtist(deps, device!, body),
  })
  const statement = (
    path: string,
    summary: string,
    accept: (device: StoredDevice, item: StatementItem, nowMs: number) => Promise<Result<Accepted>>,
  ): void =>
    routes.add({
      method: 'POST',
      path,
      summary,
      auth: 'device',
      bodyLimit: BODY_LIMIT,
      body: api.statementRequestSchema,
      reply: api.statementReplySchema,
      handle: ({ body, device }) => accept(device!, body, clock()),
    })
  statement(
    api.APPROVAL_PATHS.requests,
    'Submit a remix for approval; then its sounds are uploaded. The same request again gets the same answer',
    (device, item, now) => acceptRequest(deps, device, item, now),
  )
  statement(api.APPROVAL_PATHS.answers, 'Hand in an artist’s signed answer; it counts once', (device, item, now) =>
    acceptAnswer(store, device, item, now),
  )
  statement(api.APPROVAL_PATHS.revocations, 'Hand in an artist’s signed withdrawal of an answer', (device, item, now) =>
    acceptRevocation(store, device, item, now),
  )
  statement(api.APPROVAL_PATHS.comments, 'Hand in a signed comment or reminder', (device, item, now) =>
    acceptComment(store, device, item, now),
  )
  routes.add({
    method: 'GET',
    path: api.APPROVAL_PATHS.threads,
    summary: 'Statements of this account’s threads and of those its artists may answer, in order of arrival',
    auth: 'device',
    query: z.object({
      since: z.coerce.number().int().min(0).default(0),
      limit: z.coerce.number().int().min(1).max(1_000).default(200),
    }),
    reply: api.approvalThreadsReplySchema,
    handle: ({ query, device }) => threads(deps, device!, query),
  })
  routes.add({
    method: 'GET',
    path: api.APPROVAL_PATHS.usage,
    summary:
      'Every export that used a stem of works whose licence names a key of this device’s artists, newest first, with these stems only',
    auth: 'device',
    query: z.object({
      before: z.coerce.number().int().min(1).optional(),
      limit: z.coerce.number().int().min(1).max(200).default(100),
    }),
    reply: api.usageReplySchema,
    handle: async ({ query, device }) => {
      const { grants, artists } = await visibilityOf(store.read, device!)
      if (artists.length === 0)
        return fail('approval.no_artist', 'No artist’s key is bound to this device. Make an artist profile, sync once, and ask again.')
      return ok(await readUsage(store.read, grants, { before: query.before ?? null, limit: query.limit }))
    },
  })
  const unknown = { code: 'approval.unknown_audio', message: 'No request names this sound, or it has not arrived yet.' } as const
  app.addContentTypeParser(/^audio\//, (_request, payload, done) => done(null, payload))
  routes.addRaw({
    method: 'POST',
    path: api.APPROVAL_PATHS.audio,
    summary: 'Upload a sound that a request of this account names (body: the file); its hash must be the one in the request',
    auth: 'device',
    replyType: 'application/json',
    bodyLimit: MAX_AUDIO_BYTES,
    handle: async (request, reply, device) => {
      const name = (request.params as { readonly sha256: string }).sha256
      const named = hex64.test(name)
        ? (await store.read.approvals.audio(name)).find(({ account }) => account === device!.account)
        : undefined
      if (!named) return sendProblem(reply, unknown)
      const done = { sha256: name, bytes: named.bytes }
      if ((await blobs.size(name)) === named.bytes) return reply.send(done)
      const body = request.body as Readable | undefined
      if (!body || typeof body.pipe !== 'function')
        return sendProblem(reply, { code: 'service.bad_request', message: 'Send the sound as audio/mpeg, audio/flac or audio/wav.' })
      try {
        const isStored = await blobs.put(name, named.bytes, async () =>
          Readable.from(audioOnly(body as AsyncIterable<Buffer>, named.mimeType)),
        )
        if (isStored) return reply.send(done)
      } catch (error) {
        if (!(error instanceof NotAudio)) throw error
      }
      return sendProblem(reply, {
        code: 'approval.other_audio',
        message: 'What arrived is not the sound that the request names. It was not kept; submit the remix again.',
      })
    },
  })
  routes.addRaw({
    method: 'GET',
    path: api.APPROVAL_PATHS.audio,
    summary: 'A sound of a visible request; one byte range and If-Range are understood',
    auth: 'device',
    replyType: 'audio/*',
    handle: async (request, reply, device) => {
      const name = (request.params as { readonly sha256: string }).sha256
      const visible = await visibilityOf(store.read, device!)
      const named = hex64.test(name)
        ? (await store.read.approvals.audio(name)).find(
            ({ account, grantId }) => account === visible.account || visible.grants.includes(grantId),
          )
        : undefined
      const size = named && (await blobs.size(name))
      if (!named || size !== named.bytes) return sendProblem(reply, unknown)
      return sendFile(request, reply, { path: blobs.pathOf(name), size, sha256: name, mimeType: named.mimeType })
    },
  })
}
