// The wire to the service: hostile addresses and replies (PROVENANCE 6.14), and stems by ranges.
import { createServer } from 'node:http'
import type { RequestListener, Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { gzipSync } from 'node:zlib'
import { afterEach, describe, expect, it } from 'vitest'
import { unwrap } from '../../../src-shared/std/index.ts'
import { startRig, WORK } from '../../../tests/rigs/service-rig.ts'
import { ensureEnrolled } from '../identity/index.ts'
import { identityIn } from '../ledger/ledger.fixture.ts'
import { createServiceClient } from './index.ts'

const servers: Server[] = []
const serve = async (listener: RequestListener): Promise<string> => {
  const server = createServer(listener)
  servers.push(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections()
    server.close()
  }
})
const clientOf = (url: string, timeoutMs = 2_000) => unwrap(createServiceClient({ url, timeoutMs }))
const codeOf = async (result: Promise<{ ok: true } | { ok: false; error: { code: string } }>): Promise<string> => {
  const settled = await result
  return settled.ok ? 'ok' : settled.error.code
}

describe('the address of a service', () => {
  it.each([
    ['http://127.0.0.1:8080', 'ok'],
    ['http://localhost', 'ok'],
    ['https://rights.example', 'ok'],
    ['http://rights.example', 'service.insecure'],
    ['http://10.0.0.5', 'service.insecure'],
    ['file:///etc/passwd', 'service.bad_url'],
    ['https://169.254.169.254', 'service.bad_url'],
    ['https://[fe80::1]', 'service.bad_url'],
    ['https://user:secret@rights.example', 'service.bad_url'],
    ['https://rights.example/path', 'service.bad_url'],
    ['javascript:alert(1)', 'service.bad_url'],
    ['', 'service.bad_url'],
  ])('%s: %s', (url, code) => {
    const result = createServiceClient({ url })
    expect(result.ok ? 'ok' : result.error.code).toBe(code)
  })
})

describe('a reply', () => {
  it.each(['file:///etc/passwd', 'http://169.254.169.254/latest/meta-data', 'http://127.0.0.1:1/'])(
    'that redirects to %s is not followed',
    async (location) => {
      const url = await serve((_request, reply) => reply.writeHead(302, { location }).end())
      expect(await codeOf(clientOf(url).catalogue())).toBe('service.redirect')
    },
  )
  it('that never ends is given up', async () => {
    const url = await serve((_request, reply) => {
      reply.writeHead(200, { 'content-type': 'application/json' })
      const block = Buffer.alloc(1024 * 1024, 32)
      const more = (): void => {
        if (!reply.destroyed) reply.write(block, more)
      }
      more()
    })
    expect(await codeOf(clientOf(url, 15_000).catalogue())).toBe('service.bad_reply')
  })
  it('that is a gzip bomb is given up', async () => {
    const bomb = gzipSync(Buffer.alloc(200 * 1024 * 1024, 32))
    const url = await serve((_request, reply) =>
      reply.writeHead(200, { 'content-encoding': 'gzip', 'content-type': 'application/json' }).end(bomb),
    )
    expect(await codeOf(clientOf(url, 15_000).catalogue())).toBe('service.bad_reply')
  })
  it('that does not come is given up with a sentence', async () => {
    const url = await serve(() => {})
    const result = await clientOf(url, 200).catalogue()
    expect(result).toMatchObject({ ok: false, error: { code: 'service.timeout' } })
  })
  it('that breaks off says so', async () => {
    const url = await serve((_request, reply) => {
      reply.writeHead(200, { 'content-length': '1000' })
      reply.write('{')
      setTimeout(() => reply.destroy(), 20)
    })
    expect(await codeOf(clientOf(url).catalogue())).toBe('service.unreachable')
  })
  it('with an error of the service passes its code and sentence on', async () => {
    const url = await serve((_request, reply) => reply.writeHead(403).end(JSON.stringify({ code: 'lease.ended', message: 'It ended.' })))
    expect(await clientOf(url).catalogue()).toMatchObject({
      ok: false,
      error: { code: 'lease.ended', message: 'It ended.', details: { status: 403 } },
    })
  })
})

describe('a stem', () => {
  it('comes whole, from an offset, and to nobody without a lease', async () => {
    const rig = await startRig()
    try {
      const { stems } = unwrap(await rig.client.work(WORK))
      const { contentSha256, bytes } = stems[0]!
      let token: string | undefined = rig.enrolment.token
      const direct = unwrap(createServiceClient({ url: rig.service.url, token: () => token }))
      const signal = new AbortController().signal
      expect(await codeOf(direct.downloadRange(contentSha256, 0, signal))).toBe('stem.no_lease')
      await rig.lease()
      const read = async (offset: number): Promise<[number, Buffer]> => {
        const opened = unwrap(await direct.downloadRange(contentSha256, offset, signal))
        const chunks: Uint8Array[] = []
        for await (const chunk of opened.body) chunks.push(chunk)
        return [opened.offset, Buffer.concat(chunks)]
      }
      const [, whole] = await read(0)
      expect(whole.length).toBe(bytes)
      expect(await read(1_000)).toEqual([1_000, whole.subarray(1_000)])
      expect(await codeOf(direct.downloadRange(contentSha256, bytes + 5, signal))).toBe('service.failed')
      expect(await codeOf(direct.downloadRange('0'.repeat(64), 0, signal))).toBe('stem.unknown')

      const raw = (headers: Record<string, string>) =>
        fetch(`${rig.service.url}/v1/stems/${contentSha256}`, { headers: { authorization: `Bearer ${token}`, ...headers } })
      const tail = await raw({ range: 'bytes=-10' })
      expect([tail.status, tail.headers.get('content-range')]).toEqual([206, `bytes ${bytes - 10}-${bytes - 1}/${bytes}`])
      expect((await raw({ range: 'bytes=5-9', 'if-range': '"other"' })).status).toBe(200)
      expect((await raw({ 'if-none-match': `"${contentSha256}"` })).status).toBe(304)
      expect((await raw({ range: 'bytes=9-5' })).status).toBe(200)

      token = unwrap(await ensureEnrolled(direct, identityIn(`${rig.dir}/stranger`), { nowMs: rig.nowMs })).token
      expect(await codeOf(direct.downloadRange(contentSha256, 0, signal))).toBe('stem.no_lease')
    } finally {
      await rig.close()
    }
  })
})
