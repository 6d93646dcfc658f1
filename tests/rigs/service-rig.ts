// A rights service with one work, a device enrolled with it, and a wire in between that a test can cut, delay or lie on.
import { createServer } from 'node:http'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { mkdirSync, rmSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { ReadableStream } from 'node:stream/web'
import { unwrap } from '../../src-shared/std/index.ts'
import { startService } from '../../src-service/index.ts'
import type { RunningService } from '../../src-service/index.ts'
import { buildPackFixture, writePackFixture } from '../../src-service/pack.fixture.ts'
import { ensureEnrolled } from '../../src-main/studio/identity/index.ts'
import type { Enrolment, Identity } from '../../src-main/studio/identity/index.ts'
import { identityIn, tempDir } from '../../src-main/studio/ledger/ledger.fixture.ts'
import { openRecords } from '../../src-main/studio/licences/index.ts'
import type { Records, WorkLicence } from '../../src-main/studio/licences/index.ts'
import { createServiceClient } from '../../src-main/studio/service-client/index.ts'
import type { ServiceClient } from '../../src-main/studio/service-client/index.ts'
import type { ExportFields, IntentDraft } from '../../src-main/studio/ledger/index.ts'
import { fieldsOf } from '../../src-main/studio/ledger/ledger.fixture.ts'

export interface Wire {
  readonly url: string
  /** Sees each reply before the client; returns what the client gets. `lost` closes the connection instead. */
  tamper: (path: string, body: string, status: number) => { body?: string; status?: number } | 'lost'
  /** Sees each request before the service; what it returns is waited for. */
  hold: (method: string, path: string) => Promise<void> | undefined
  /** Requests that reached the service, newest last. */
  readonly paths: string[]
  close(): Promise<void>
}

const readAll = async (stream: IncomingMessage): Promise<Buffer> => {
  const chunks: Buffer[] = []
  for await (const chunk of stream) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks)
}

export const startWire = async (target: () => string): Promise<Wire> => {
  const handle = async (request: IncomingMessage, reply: ServerResponse): Promise<void> => {
    const path = request.url ?? ''
    const body = await readAll(request)
    const headers = Object.fromEntries(
      Object.entries(request.headers).filter(([name]) => !['host', 'connection', 'content-length', 'transfer-encoding'].includes(name)),
    ) as Record<string, string>
    await wire.hold(request.method ?? 'GET', path)
    const answer = await fetch(target() + path, {
      method: request.method ?? 'GET',
      headers,
      ...(body.length > 0 ? { body: new Uint8Array(body) } : {}),
    })
    wire.paths.push(path)
    const type = answer.headers.get('content-type') ?? 'application/json'
    if (!/json|text/.test(type) && answer.body) {
      // Sounds pass through as they are.
      const kept = ['content-type', 'content-length', 'content-range', 'accept-ranges', 'etag'].flatMap((name) => {
        const value = answer.headers.get(name)
        return value === null ? [] : [[name, value] as const]
      })
      reply.writeHead(answer.status, Object.fromEntries(kept))
      await pipeline(Readable.fromWeb(answer.body as ReadableStream<Uint8Array>), reply)
      return
    }
    const text = await answer.text()
    const changed = wire.tamper(path, text, answer.status)
    if (changed === 'lost') return void request.socket.destroy()
    reply.writeHead(changed.status ?? answer.status, { 'content-type': type })
    reply.end(changed.body ?? text)
  }
  const server = createServer((request, reply) => {
    handle(request, reply).catch(() => request.socket.destroy())
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const wire: Wire = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    tamper: () => ({}),
    hold: () => undefined,
    paths: [],
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections()
        server.close(() => resolve())
      }),
  }
  return wire
}

export interface Rig {
  readonly dir: string
  service: RunningService
  readonly wire: Wire
  identity: Identity
  records: Records
  enrolment: Enrolment
  client: ServiceClient
  nowMs: number
  restartService(): Promise<void>
  lease(work?: string): Promise<WorkLicence>
  /** One export under a lease; returns the receipt's id. */
  exportUnder(licence: WorkLicence, sha256?: string): string
  draft(licence: WorkLicence): IntentDraft
  fields(licence: WorkLicence, sha256?: string): ExportFields
  close(): Promise<void>
}

export const WORK = 'urn:work:rig'

export const startRig = async (terms: Record<string, unknown> = {}): Promise<Rig> => {
  const dir = tempDir()
  const packs = join(dir, 'packs')
  mkdirSync(packs)
  await writePackFixture(join(packs, 'rig.stemmapack'), buildPackFixture({ id: WORK, title: 'Rig', terms }))
  let nowMs = Date.now()
  const clock = (): number => rig.nowMs
  const start = (): Promise<RunningService> => startService({ dataDir: join(dir, 'service'), catalogueDirs: [packs], clock })
  const identity = identityIn(dir)
  let token: string | undefined
  const rig = { dir, nowMs, identity } as Rig
  rig.service = await start()
  const wire = await startWire(() => rig.service.url)
  const client = unwrap(createServiceClient({ url: wire.url, token: () => token, timeoutMs: 5_000 }))
  const enrolment = unwrap(await ensureEnrolled(client, identity, { nowMs }))
  token = enrolment.token
  const records = unwrap(await openRecords({ dir, key: identity, app: { name: 'Stemma', version: '0.1.0' }, clock }))
  nowMs = rig.nowMs
  return Object.assign(rig, {
    wire,
    client,
    enrolment,
    records,
    restartService: async () => {
      await rig.service.close()
      rig.service = await start()
    },
    lease: async (work = WORK) =>
      unwrap(await rig.records.licences.lease(client, enrolment, { work, ledgerHead: rig.records.ledger.head(enrolment.issuer) })),
    draft: (licence: WorkLicence): IntentDraft => ({
      issuer: enrolment.issuer,
      account: enrolment.account,
      project: `sha256:${'11'.repeat(32)}`,
      plan: `sha256:${'22'.repeat(32)}`,
      stems: [{ stem: licence.grant.assets[0]!.stem, grant: licence.grant.id, lease: licence.lease!.id }],
      title: 'rig.wav',
    }),
    fields: (licence: WorkLicence, sha256?: string): ExportFields =>
      fieldsOf({
        ...(sha256 ? { sha256 } : {}),
        stems: {
          stem: licence.grant.assets[0]!.stem,
          grant: licence.grant.id,
          grantVersion: licence.grant.version,
          grantHash: licence.hash,
          lease: licence.lease!.id,
        },
      }),
    exportUnder: (licence: WorkLicence, sha256?: string): string => {
      const intent = unwrap(rig.records.ledger.beginIntent(rig.draft(licence)))
      unwrap(intent.commit(rig.fields(licence, sha256)))
      unwrap(intent.finish())
      return intent.receiptId
    },
    close: async () => {
      rig.records.close()
      await wire.close()
      await rig.service.close()
      rmSync(dir, { recursive: true, force: true })
    },
  })
}
