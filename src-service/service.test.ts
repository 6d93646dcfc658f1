// The service as clients meet it: a real server on loopback over a real database.
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { APPROVAL_PATHS, catalogueReplySchema, SERVICE_PATHS, trustReplySchema, verifyTrustBundle } from '../src-shared/protocol/index.ts'
import { unwrap } from '../src-shared/std/index.ts'
import { startService } from './index.ts'
import type { RunningService } from './index.ts'
import { sha256, verifyEd25519 } from './keys.ts'
import { buildPackFixture, randomStems, writePackFixture } from './pack.fixture.ts'

const dir = mkdtempSync(join(tmpdir(), 'stemma-service-'))
const packs = join(dir, 'packs')
let service: RunningService

const get = async (path: string, headers: Record<string, string> = {}): Promise<{ status: number; body: unknown; headers: Headers }> => {
  const reply = await fetch(service.url + path, { headers })
  return { status: reply.status, body: await reply.json().catch(() => null), headers: reply.headers }
}

beforeAll(async () => {
  const { mkdirSync } = await import('node:fs')
  mkdirSync(packs)
  await writePackFixture(join(packs, 'a.stemmapack'), buildPackFixture({ id: 'urn:work:a', title: 'Café Lumière', tempo: 128 }))
  await writePackFixture(
    join(packs, 'b.stemmapack'),
    buildPackFixture({ id: 'urn:work:b', title: 'Night Bus', key: 'C# major', tempo: 90 }),
  )
  await writePackFixture(
    join(packs, 'c.stemmapack'),
    buildPackFixture({
      id: 'urn:work:c',
      title: 'Gone',
      terms: { validity: { notBefore: '2020-01-01T00:00:00Z', notAfter: '2021-01-01T00:00:00Z' } },
    }),
  )
  service = await startService({ dataDir: join(dir, 'data'), catalogueDirs: [packs] })
})
afterAll(async () => {
  await service.close()
  rmSync(dir, { recursive: true, force: true })
})

const search = async (query: string): Promise<string[]> => {
  const { body } = await get(`${SERVICE_PATHS.catalogue}?q=${encodeURIComponent(query)}`)
  return catalogueReplySchema.parse(body).works.map((work) => work.title)
}

describe('the catalogue', () => {
  it('imports every good pack in its folders', () => {
    expect(service.refusedPacks).toEqual([])
  })
  it.each([
    ['', ['Café Lumière', 'Gone', 'Night Bus']],
    ['cafe', ['Café Lumière']],
    ['lumière 128', ['Café Lumière']],
    ['128bpm', ['Café Lumière']],
    ['c# major', ['Night Bus']],
    ['fixtures vocals', ['Café Lumière', 'Gone', 'Night Bus']],
    ['100%', []],
    ['_ight', []],
  ])('finds %j', async (query, titles) => {
    expect(await search(query)).toEqual(titles)
  })
  it('says what a licence allows and that one has ended', async () => {
    const { body } = await get(SERVICE_PATHS.catalogue)
    const states = Object.fromEntries(catalogueReplySchema.parse(body).works.map((work) => [work.title, work.licence.state]))
    expect(states).toEqual({ 'Café Lumière': 'open', Gone: 'ended', 'Night Bus': 'open' })
  })
  it('keeps the grant when the same pack comes again and gives a changed licence a new version', async () => {
    const send = async (terms: Record<string, unknown>, stems = randomStems()): Promise<number> => {
      const path = join(dir, 'upload.stemmapack')
      await writePackFixture(path, buildPackFixture({ id: 'urn:work:d', title: 'Later', terms }, stems))
      const { readFileSync } = await import('node:fs')
      const reply = await fetch(service.url + SERVICE_PATHS.adminPacks, {
        method: 'POST',
        headers: { 'content-type': 'application/zip', authorization: `Bearer ${service.adminToken}` },
        body: readFileSync(path),
      })
      return reply.status
    }
    const stems = randomStems()
    expect(await send({}, stems)).toBe(200)
    expect(await send({}, stems)).toBe(200)
    expect(await send({ shareAlike: true }, stems)).toBe(200)
    expect(await search('later')).toEqual(['Later'])
  })
})

describe('what a stranger gets', () => {
  it('reads the signed trust bundle', async () => {
    const { body } = await get(SERVICE_PATHS.trust)
    const bundle = unwrap(verifyTrustBundle(trustReplySchema.parse(body).trustJws, { pinned: undefined, sha256, verify: verifyEd25519 }))
    expect(bundle.anchors[0]).toContain('BEGIN CERTIFICATE')
    expect(bundle.logKey).toMatch(/^log\.stemma\.example\/[0-9a-f-]+\+[0-9a-f]{8}\+/)
  })
  it('finds an OpenAPI document with every path', async () => {
    const { body } = await get(SERVICE_PATHS.openapi)
    const document = body as { openapi: string; paths: Record<string, unknown> }
    expect(document.openapi).toBe('3.1.0')
    const expected = [...Object.values(SERVICE_PATHS), ...Object.values(APPROVAL_PATHS)].filter((path) => path !== SERVICE_PATHS.openapi)
    expect(Object.keys(document.paths).sort()).toEqual(expected.map((path) => path.replace(/:(\w+)/g, '{$1}')).sort())
  })
  it.each([
    ['GET', '/v1/stems/../../etc/passwd', 404],
    ['GET', '/v1/stems/..%2f..%2fkeys%2fadmin-token', 401],
    ['GET', `/v1/stems/${'0'.repeat(64)}`, 401],
    ['POST', SERVICE_PATHS.lease, 401],
    ['POST', SERVICE_PATHS.receipts, 401],
    ['POST', SERVICE_PATHS.adminRevocations, 401],
    ['GET', '/v1/works/urn:work:none', 404],
    ['GET', '/v1/log/consistency?from=5&to=2', 404],
    ['GET', '/v1/log/consistency?from=NaN&to=2', 400],
    ['GET', '/v1/catalogue?limit=100000', 400],
    ['GET', '/nowhere', 404],
  ])('%s %s answers %i with a sentence', async (method, path, status) => {
    const reply = await fetch(service.url + path, {
      method,
      ...(method === 'POST' ? { body: '{}', headers: { 'content-type': 'application/json' } } : {}),
    })
    const problem = (await reply.json()) as { code: string; message: string }
    expect([reply.status, typeof problem.code]).toEqual([status, 'string'])
    expect(problem.message.length).toBeGreaterThan(20)
    expect(reply.headers.get('x-content-type-options')).toBe('nosniff')
  })
  it('is refused under another host name, as a page that rebinds DNS would come', async () => {
    const { request } = await import('node:http')
    const status = await new Promise<number>((resolve) => {
      request(service.url + SERVICE_PATHS.health, { headers: { host: 'evil.example' } }, (reply) => {
        reply.resume()
        resolve(reply.statusCode ?? 0)
      }).end()
    })
    expect(status).toBe(403)
  })
  it('may not send a body larger than the route takes', async () => {
    const reply = await fetch(service.url + SERVICE_PATHS.enrol, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ csr: 'x'.repeat(300 * 1024) }),
    })
    expect([reply.status, ((await reply.json()) as { code: string }).code]).toEqual([413, 'service.too_large'])
  })
  it.skipIf(process.platform === 'win32')('cannot read the keys', () => {
    for (const name of ['grant-signing.pem', 'log.pem', 'root.key.pem', 'intermediate.key.pem', 'admin-token'])
      expect(statSync(join(dir, 'data/keys', name)).mode & 0o077).toBe(0)
  })
})

describe('a restart', () => {
  it('keeps keys, works and issuer, and takes well under a second', async () => {
    const before = (await get(SERVICE_PATHS.health)).body
    await service.close()
    const started = performance.now()
    service = await startService({ dataDir: join(dir, 'data'), catalogueDirs: [packs] })
    const took = performance.now() - started
    expect((await get(SERVICE_PATHS.health)).body).toEqual(before)
    expect(took).toBeLessThan(1_000)
  })
  it('names the packs it did not take, and starts all the same', async () => {
    writeFileSync(join(packs, 'junk.stemmapack'), 'not a zip')
    await service.close()
    service = await startService({ dataDir: join(dir, 'data'), catalogueDirs: [packs] })
    expect(service.refusedPacks.map((problem) => problem.code)).toEqual(['pack.refused'])
    rmSync(join(packs, 'junk.stemmapack'))
  })
})
