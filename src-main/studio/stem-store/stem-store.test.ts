import { createHash, randomBytes } from 'node:crypto'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { mkdirSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { fail, ok } from '../../../src-shared/std/index.ts'
import { type OpenStem, type StemFile, StemStore } from './index.ts'

const CONTENT = randomBytes(300_000)
const STEM: StemFile = {
  contentSha256: createHash('sha256').update(CONTENT).digest('hex'),
  bytes: CONTENT.length,
  mimeType: 'audio/flac',
  title: 'Kick',
}

describe('the stem store', () => {
  let dir: string
  let server: Server
  let url: string
  let cutAfter = Number.POSITIVE_INFINITY
  let cut: (() => void) | undefined
  let served = CONTENT
  let ranges: string[] = []

  const overHttp: OpenStem = async (offset, signal) => {
    const reply = await fetch(url, { headers: { range: `bytes=${offset}-` }, signal })
    if (!reply.body) return fail('test.no_body', 'no body')
    return ok({ offset, body: reply.body })
  }

  beforeEach(async () => {
    dir = mkdtempSync(join(tmpdir(), 'stemma-stems-'))
    cutAfter = Number.POSITIVE_INFINITY
    served = CONTENT
    ranges = []
    server = createServer((request, response) => {
      const offset = Number(/bytes=(\d+)-/.exec(request.headers.range ?? '')?.[1] ?? 0)
      ranges.push(request.headers.range ?? '')
      const rest = served.subarray(offset)
      response.writeHead(206, { 'content-length': rest.length })
      if (rest.length > cutAfter) {
        response.write(rest.subarray(0, cutAfter))
        cut = () => response.destroy()
      } else response.end(rest)
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
  })
  afterEach(() => {
    server.close()
    rmSync(dir, { recursive: true, force: true })
  })

  it('continues a download where the connection broke', async () => {
    const store = new StemStore(dir)
    cutAfter = 100_000
    // Once something has arrived: a client throws away what it has not handed on when the connection breaks.
    const first = await store.receive(STEM, overHttp, { onProgress: () => cut?.() })
    expect(first).toMatchObject({ ok: false, error: { code: 'stem.interrupted' } })
    const kept = store.partialBytes(STEM)
    expect(kept).toBeGreaterThan(0)
    cutAfter = Number.POSITIVE_INFINITY
    const second = await new StemStore(dir).receive(STEM, overHttp)
    expect(second).toMatchObject({ ok: true })
    expect(ranges[1]).toBe(`bytes=${kept}-`)
    expect(await store.verify(STEM)).toBe(true)
  })

  it('keeps nothing of a stem whose bytes are not the licensed ones', async () => {
    const store = new StemStore(dir)
    served = Buffer.from(CONTENT)
    served.writeUInt8((served.readUInt8(1234) ^ 1) & 255, 1234)
    expect(await store.receive(STEM, overHttp)).toMatchObject({ ok: false, error: { code: 'stem.hash_mismatch' } })
    expect(store.has(STEM)).toBe(false)
    expect(store.partialBytes(STEM)).toBe(0)
  })

  it('does not write past the length the licence names', async () => {
    const store = new StemStore(dir)
    served = Buffer.concat([CONTENT, randomBytes(10)])
    expect(await store.receive(STEM, overHttp)).toMatchObject({ ok: false, error: { code: 'stem.too_long' } })
    expect(store.has(STEM)).toBe(false)
  })

  it('pauses on request and keeps what has arrived', async () => {
    const store = new StemStore(dir)
    const controller = new AbortController()
    const paused = await store.receive(STEM, overHttp, { signal: controller.signal, onProgress: () => controller.abort() })
    expect(paused).toMatchObject({ ok: false, error: { code: 'stem.paused' } })
    expect(store.partialBytes(STEM)).toBeGreaterThan(0)
    expect(await store.receive(STEM, overHttp)).toMatchObject({ ok: true })
  })

  it('starts over from a damaged partial file and still ends with the right bytes', async () => {
    const store = new StemStore(dir)
    const part = `${store.pathOf(STEM)}.part`
    mkdirSync(dirname(part), { recursive: true })
    writeFileSync(part, randomBytes(50_000))
    expect(await store.receive(STEM, overHttp)).toMatchObject({ ok: false, error: { code: 'stem.hash_mismatch' } })
    expect(existsSync(part)).toBe(false)
    expect(await store.receive(STEM, overHttp)).toMatchObject({ ok: true })
  })

  it('evicts the least recently used stems and never a pinned one', async () => {
    const store = new StemStore(dir)
    await store.receive(STEM, overHttp)
    expect(await store.evict(0, new Set([STEM.contentSha256]))).toBe(0)
    expect(store.has(STEM)).toBe(true)
    expect(await store.evict(0, new Set())).toBe(STEM.bytes)
    expect(store.has(STEM)).toBe(false)
  })
})
