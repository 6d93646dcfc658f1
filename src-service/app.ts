// The HTTP face of the service: routes, limits, headers. Everything a request says is decoded before it is used.
import { randomUUID, timingSafeEqual } from 'node:crypto'
import { createWriteStream } from 'node:fs'
import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import type { Readable } from 'node:stream'
import rateLimit from '@fastify/rate-limit'
import Fastify from 'fastify'
import type { FastifyBaseLogger, FastifyInstance, FastifyRequest } from 'fastify'
import { z } from 'zod'
import * as api from '../src-shared/protocol/index.ts'
import { TRUST_TYP } from '../src-shared/protocol/index.ts'
import type { TrustBundle } from '../src-shared/protocol/index.ts'
import { buildJws, fail, ok } from '../src-shared/std/index.ts'
import { addApprovalRoutes } from './approvals/index.ts'
import type { Authority } from './authority.ts'
import type { BlobStore } from './blobs.ts'
import { importPack, searchWords, summarise } from './catalogue.ts'
import { enrol, makeChallenge, tokenHash } from './enrolment.ts'
import type { ServiceKeys } from './keys.ts'
import { issueLease } from './leases.ts'
import { buildConsistency, buildInclusion, publishCheckpoint } from './log.ts'
import { describeFound, findBySound, type FoundReceipt } from './receipt-lookup.ts'
import { acceptReceipts } from './receipts.ts'
import { currentRevocations, revoke, revokeRequestSchema } from './revocations.ts'
import { Routes, sendProblem } from './routes.ts'
import { sendFile } from './stem-download.ts'
import type { ServiceStore, StoredDevice } from './store.ts'

export interface AppDeps {
  readonly store: ServiceStore
  readonly keys: ServiceKeys
  readonly authority: Authority
  readonly blobs: BlobStore
  /** Sounds that travel beside requests for approval. */
  readonly approvalAudio: BlobStore
  readonly dataDir: string
  readonly clock: () => number
  readonly version: string
  readonly logger: FastifyBaseLogger | undefined
  /** Requests a minute from one address. */
  readonly perMinute: number
  /** Whether it listens on loopback only; then other host names are refused, so that a web page cannot reach it through DNS. */
  readonly isLoopback: boolean
}

const KIB = 1024
const MIB = 1024 * KIB
const MAX_PACK_BYTES = 8 * 1024 * MIB
const hex64 = z.string().regex(/^[0-9a-f]{64}$/)

const HEADERS: Readonly<Record<string, string>> = {
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'cross-origin-resource-policy': 'same-origin',
  'cache-control': 'no-store',
}

const isSameSecret = (left: string, right: string): boolean => {
  const [a, b] = [Buffer.from(left), Buffer.from(right)]
  return a.length === b.length && timingSafeEqual(a, b)
}

const bearer = (request: FastifyRequest): string => /^Bearer ([\w.~+/=-]{1,500})$/.exec(request.headers.authorization ?? '')?.[1] ?? ''

const isLocalName = (host: string): boolean => /^(localhost|127(\.\d+){3}|\[::1\])(:\d+)?$/i.test(host)

const buildTrust = async ({ store, keys, authority, clock }: AppDeps): Promise<string> => {
  const bundle: TrustBundle = {
    v: 1,
    issuer: keys.issuer,
    anchors: [...new Set([authority.anchor, ...(await store.read.anchors())])],
    grantKeys: [{ ...keys.grant.jwk, kid: keys.grant.kid }],
    logKey: keys.log.verifierKey,
    issuedAt: new Date(clock()).toISOString(),
  }
  return buildJws({ typ: TRUST_TYP, kid: keys.grant.kid, payload: bundle }, keys.grant.sign)
}

/** Builds the server; it does not listen yet. */
export const buildApp = async (deps: AppDeps): Promise<FastifyInstance> => {
  const { store, keys, authority, blobs, clock } = deps
  const app = Fastify({
    ...(deps.logger ? { loggerInstance: deps.logger } : {}),
    bodyLimit: 256 * KIB,
    trustProxy: false,
    requestTimeout: 0,
    connectionTimeout: 0,
    keepAliveTimeout: 30_000,
    routerOptions: { maxParamLength: 400 },
    forceCloseConnections: true,
  })
  await app.register(rateLimit, {
    global: true,
    max: deps.perMinute,
    timeWindow: 60_000,
    errorResponseBuilder: (_request, context) => ({
      statusCode: 429,
      code: 'service.busy',
      message: `Too many requests; try again in ${Math.max(1, Math.ceil(context.ttl / 1000))} s.`,
    }),
  })
  app.addHook('onRequest', async (request, reply) => {
    void reply.headers(HEADERS)
    if (deps.isLoopback && !isLocalName(request.headers.host ?? ''))
      return sendProblem(reply, {
        code: 'service.forbidden',
        message: 'This rights service answers on this computer only. Start it with a public address to reach it by another name.',
      })
  })
  app.setNotFoundHandler((_request, reply) =>
    sendProblem(reply, { code: 'service.not_found', message: 'There is nothing at this address of the rights service.' }),
  )
  app.setErrorHandler((error: Error & { statusCode?: number; code?: string }, request, reply) => {
    const status = error.statusCode ?? 500
    if (error.code === 'service.busy') return reply.code(429).send({ code: error.code, message: error.message })
    if (status === 413)
      return sendProblem(reply, {
        code: 'service.too_large',
        message: 'The request is larger than the rights service accepts. Send less at once.',
      })
    if (status < 500)
      return sendProblem(reply, { code: 'service.bad_request', message: 'The request was not understood. Update Stemma and try again.' })
    request.log.error(error)
    return sendProblem(reply, {
      code: 'service.failed',
      message: 'The rights service failed inside. Nothing was changed; try again later.',
    })
  })

  const routes = new Routes(app, {
    admin: (request) => isSameSecret(bearer(request), keys.adminToken),
    device: async (request): Promise<StoredDevice | undefined> => {
      const token = bearer(request)
      return token === '' ? undefined : store.read.deviceByToken(tokenHash(token), new Date(clock()).toISOString())
    },
  })

  routes.add({
    method: 'GET',
    path: api.SERVICE_PATHS.health,
    summary: 'Whether the service is ready',
    auth: 'none',
    reply: api.healthReplySchema,
    handle: async () => ok({ isReady: true as const, issuer: keys.issuer, works: await store.read.countWorks(), version: deps.version }),
  })
  routes.add({
    method: 'GET',
    path: api.SERVICE_PATHS.trust,
    summary: 'Keys and certificates to check everything else with, signed',
    auth: 'none',
    reply: api.trustReplySchema,
    handle: async () => ok({ trustJws: await buildTrust(deps) }),
  })
  routes.add({
    method: 'GET',
    path: api.SERVICE_PATHS.catalogue,
    summary: 'Search works by words of title, artist, stem, role, key and tempo',
    auth: 'none',
    query: z.object({
      q: z.string().max(300).default(''),
      limit: z.coerce.number().int().min(1).max(1_000).default(100),
      offset: z.coerce.number().int().min(0).max(1e6).default(0),
    }),
    reply: api.catalogueReplySchema,
    handle: async ({ query }) => {
      const { works, total } = await store.read.searchWorks({
        words: searchWords(query.q).slice(0, 20),
        limit: query.limit,
        offset: query.offset,
      })
      return ok({ works: await summarise(store.read, works, clock()), total })
    },
  })
  routes.add({
    method: 'GET',
    path: api.SERVICE_PATHS.work,
    summary: 'One work',
    auth: 'none',
    params: z.object({ work: z.string().min(1).max(300) }),
    reply: api.workSummarySchema,
    handle: async ({ params }) => {
      const work = await store.read.work(params.work)
      if (!work)
        return fail('work.unknown', 'This work is not in the catalogue of this rights service. Search again; it may have been withdrawn.')
      return ok((await summarise(store.read, [work], clock()))[0]!)
    },
  })
  routes.add({
    method: 'POST',
    path: api.SERVICE_PATHS.enrolChallenge,
    summary: 'A nonce for one enrolment',
    auth: 'none',
    perMinute: Math.min(120, deps.perMinute),
    reply: api.enrolChallengeReplySchema,
    handle: async () => ok(await makeChallenge(store, clock())),
  })
  routes.add({
    method: 'POST',
    path: api.SERVICE_PATHS.enrol,
    summary: 'Enrol a device or renew its certificate',
    auth: 'none',
    perMinute: Math.min(120, deps.perMinute),
    body: api.enrolRequestSchema,
    reply: api.enrolReplySchema,
    handle: ({ body }) => enrol({ store, keys, authority }, body, clock()),
  })
  routes.add({
    method: 'POST',
    path: api.SERVICE_PATHS.lease,
    summary: 'Grant, lease and revocation list for a work',
    auth: 'device',
    body: api.leaseRequestSchema,
    reply: api.leaseReplySchema,
    handle: ({ body, device }) => issueLease(store, keys, device!, body, clock()),
  })
  routes.addRaw({
    method: 'GET',
    path: api.SERVICE_PATHS.stem,
    summary: 'The file of a stem; one byte range and If-Range are understood',
    auth: 'device',
    replyType: 'application/octet-stream',
    handle: async (request, reply, device) => {
      const { sha256 } = request.params as { readonly sha256: string }
      const stem = hex64.safeParse(sha256).success ? await store.read.stem(sha256) : undefined
      const size = stem && (await blobs.size(sha256))
      if (!stem || size !== stem.bytes)
        return sendProblem(reply, {
          code: 'stem.unknown',
          message: 'The rights service does not have this stem. Search the catalogue again.',
        })
      if (!(await store.read.hasLease(device!.account, stem.workIds, new Date(clock()).toISOString())))
        return sendProblem(reply, {
          code: 'stem.no_lease',
          message: 'This device holds no lease for this stem. Pull the work again to get one.',
        })
      return sendFile(request, reply, { path: blobs.pathOf(sha256), size, sha256, mimeType: stem.mimeType })
    },
  })
  routes.add({
    method: 'POST',
    path: api.SERVICE_PATHS.receipts,
    summary: 'Hand in up to 100 receipts; each is answered on its own, and the same one again gets the same answer',
    auth: 'device',
    bodyLimit: 32 * MIB,
    body: api.receiptsRequestSchema,
    reply: api.receiptsReplySchema,
    handle: async ({ body, device }) => ok({ results: await acceptReceipts(store, keys, device!, body.receipts, clock()) }),
  })
  const lookupQuery = z.object({ sha256: hex64.optional(), pcmSha256: hex64.optional(), filePcmSha256: hex64.optional() })
  routes.add({
    method: 'GET',
    path: api.SERVICE_PATHS.receiptLookup,
    summary: 'Receipts of a file, by its hash, by the hash of the rendered sound or by the hash of its decoded samples',
    auth: 'none',
    perMinute: Math.min(300, deps.perMinute),
    query: lookupQuery,
    reply: api.receiptLookupReplySchema,
    handle: async ({ query }) => {
      const columns = { sha256: 'asset_sha256', pcmSha256: 'pcm_sha256', filePcmSha256: 'file_pcm_sha256' } as const
      const found: FoundReceipt[] = []
      for (const matched of ['sha256', 'pcmSha256', 'filePcmSha256'] as const) {
        const hash = query[matched]
        if (!hash) continue
        for (const receipt of await store.read.findReceipts(columns[matched], hash)) found.push({ receipt, matched })
      }
      return ok({ receipts: await describeFound(store.read, found) })
    },
  })
  routes.add({
    method: 'POST',
    path: api.SERVICE_PATHS.soundLookup,
    summary: 'Receipts of exports that sound like a file: by its acoustic fingerprint, best first, among the newest receipts',
    auth: 'none',
    perMinute: Math.min(30, deps.perMinute),
    bodyLimit: 64 * KIB,
    body: api.soundLookupRequestSchema,
    reply: api.receiptLookupReplySchema,
    handle: async ({ body }) => ok({ receipts: await describeFound(store.read, await findBySound(store.read, body.fingerprint)) }),
  })
  routes.addRaw({
    method: 'GET',
    path: api.SERVICE_PATHS.checkpoint,
    summary: 'The newest checkpoint of the receipt log (C2SP tlog-checkpoint)',
    auth: 'none',
    replyType: 'text/plain',
    handle: async (_request, reply) => {
      const latest =
        (await store.read.latestCheckpoint()) ??
        (await store.transact((writer) => publishCheckpoint(writer, keys, new Date(clock()).toISOString())))
      return reply.type('text/plain; charset=utf-8').send(latest.note)
    },
  })
  routes.add({
    method: 'GET',
    path: api.SERVICE_PATHS.consistency,
    summary: 'Proof that the log of one size only adds to the log of a smaller size',
    auth: 'none',
    query: z.object({ from: z.coerce.number().int().min(0), to: z.coerce.number().int().min(0) }),
    reply: api.consistencyReplySchema,
    handle: async ({ query: { from, to } }) => {
      if (from > to || to > (await store.read.logSize())) return fail('log.unknown', 'The receipt log has no such size.')
      return ok({ from, to, proof: await buildConsistency(store.read, from, to) })
    },
  })
  routes.add({
    method: 'GET',
    path: api.SERVICE_PATHS.inclusion,
    summary: 'Proof that a receipt is in the log as it is now',
    auth: 'none',
    params: z.object({ id: z.uuid() }),
    reply: api.inclusionSchema,
    handle: async ({ params }) => {
      const receipt = await store.read.receipt(params.id)
      const latest = await store.read.latestCheckpoint()
      if (receipt?.logIndex == null || !latest) return fail('log.unknown', 'This receipt is not in the log of this rights service.')
      return ok(await buildInclusion(store.read, receipt.logIndex, latest.size))
    },
  })
  routes.add({
    method: 'GET',
    path: api.SERVICE_PATHS.revocations,
    summary: 'The list of withdrawn grants, stems and certificates, signed',
    auth: 'none',
    reply: api.revocationsReplySchema,
    handle: async () => ok({ revocationListJws: (await currentRevocations(store, keys, clock())).jws }),
  })
  routes.add({
    method: 'POST',
    path: api.SERVICE_PATHS.adminRevocations,
    summary: 'Withdraw a grant, stem or certificate from now on',
    auth: 'admin',
    body: revokeRequestSchema,
    reply: api.revocationsReplySchema,
    handle: async ({ body }) => ok({ revocationListJws: (await revoke(store, keys, body, clock())).jws }),
  })
  app.addContentTypeParser('application/zip', (_request, payload, done) => done(null, payload))
  routes.addRaw({
    method: 'POST',
    path: api.SERVICE_PATHS.adminPacks,
    summary: 'Import a licence pack (body: the pack, application/zip)',
    auth: 'admin',
    replyType: 'application/json',
    bodyLimit: MAX_PACK_BYTES,
    handle: async (request, reply) => {
      const body = request.body as Readable | undefined
      if (!body || typeof body.pipe !== 'function')
        return sendProblem(reply, { code: 'service.bad_request', message: 'Send the pack as application/zip.' })
      const folder = join(deps.dataDir, 'incoming')
      await mkdir(folder, { recursive: true, mode: 0o700 })
      const path = join(folder, `${randomUUID()}.stemmapack`)
      try {
        let received = 0
        await pipeline(
          body,
          async function* (source) {
            for await (const chunk of source as AsyncIterable<Buffer>) {
              received += chunk.length
              if (received > MAX_PACK_BYTES) throw Object.assign(new Error('too large'), { statusCode: 413 })
              yield chunk
            }
          },
          createWriteStream(path, { mode: 0o600 }),
        )
        const name = String((request.query as { name?: unknown }).name ?? 'pack').slice(0, 200)
        const imported = await importPack(deps, path, name)
        return imported.ok ? reply.send(imported.value) : sendProblem(reply, imported.error)
      } finally {
        await rm(path, { force: true })
      }
    },
  })
  addApprovalRoutes(app, routes, { store, blobs: deps.approvalAudio, issuer: keys.issuer, clock })
  const document = routes.openApi({ title: 'Stemma rights service', version: deps.version })
  app.get(api.SERVICE_PATHS.openapi, async () => document)
  return app
}
