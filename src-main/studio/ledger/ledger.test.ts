// The ledger over real files and real faults (PROVENANCE 6.8, 6.12). Rule ids are those of docs/spec/ledger.md.
import { spawnSync } from 'node:child_process'
import { chmodSync, existsSync, readdirSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { verifyChain, verifyReceipt, ZERO_HASH } from '../../../src-shared/receipts/index.ts'
import { unwrap } from '../../../src-shared/std/index.ts'
import { sha256, verifyEd25519 } from '../identity/index.ts'
import { openLedger } from './index.ts'
import type { Ledger } from './index.ts'
import { draftOf, exportOnce, fieldsOf, identityIn, ISSUER, ledgerIn, tempDir } from './ledger.fixture.ts'

let dir: string
const opened: Ledger[] = []
const open = async (): Promise<Ledger> => {
  const ledger = await ledgerIn(dir)
  opened.push(ledger)
  return ledger
}
const close = (ledger: Ledger): void => {
  ledger.close()
  opened.splice(opened.indexOf(ledger), 1)
}
beforeEach(() => {
  dir = tempDir()
})
afterEach(() => {
  for (const ledger of opened.splice(0)) ledger.close()
  rmSync(dir, { recursive: true, force: true })
})

const linksOf = (ledger: Ledger) => {
  const { kid, publicKey } = identityIn(dir)
  return [...ledger.exportAll()].map(({ jws }) => ({
    jws,
    receipt: unwrap(verifyReceipt(jws, { keyFor: (name) => (name === kid ? publicKey : undefined), verify: verifyEd25519 })),
  }))
}
const findingsOf = (ledger: Ledger) => verifyChain(linksOf(ledger), sha256)
const path = (name: string): string => join(dir, name)

describe('an export', () => {
  it('ledger.two_phase: gets a receipt that follows from the one before, and an outbox row with it', async () => {
    const ledger = await open()
    const ids = [exportOnce(ledger), exportOnce(ledger), exportOnce(ledger)]
    expect(findingsOf(ledger)).toEqual([])
    expect(linksOf(ledger).map(({ receipt }) => [receipt.id, receipt.seq])).toEqual(ids.map((id, seq) => [id, seq]))
    expect(linksOf(ledger)[0]!.receipt.prev).toBe(ZERO_HASH)
    expect(ledger.db.prepare('SELECT count(*) AS n FROM outbox').get()).toEqual({ n: 3 })
    expect(ledger.counts()).toEqual({ local: 3, queued: 0, synced: 0, refused: 0 })
  })

  it('ledger.no_gap: numbers are given at commit, so exports that overlap and cancel leave no gap', async () => {
    const ledger = await open()
    const [a, b, c] = [1, 2, 3].map(() => unwrap(ledger.beginIntent(draftOf())))
    unwrap(c!.commit(fieldsOf()))
    a!.abandon('export.cancelled')
    unwrap(b!.commit(fieldsOf()))
    expect(linksOf(ledger).map(({ receipt }) => [receipt.id, receipt.seq, receipt.type])).toEqual([
      [c!.receiptId, 0, 'export'],
      [a!.receiptId, 1, 'void'],
      [b!.receiptId, 2, 'export'],
    ])
    expect(findingsOf(ledger)).toEqual([])
    expect(a!.commit(fieldsOf()).ok).toBe(false)
  })

  it('ledger.guard: is voided when it fails or is cancelled, withdrawn when only the file failed, and left alone once finished', async () => {
    const ledger = await open()
    const begin = () => unwrap(ledger.beginIntent(draftOf()))
    begin().abandon('export.cancelled')
    begin().abandon('disk.full')
    const unnamed = begin()
    unwrap(unnamed.commit(fieldsOf()))
    unnamed.abandon('disk.full')
    const named = begin()
    unwrap(named.commit(fieldsOf()))
    unwrap(named.finish())
    named.abandon('disk.full')
    const rows = linksOf(ledger).map(({ receipt }) => (receipt.type === 'void' ? receipt.reason : receipt.type))
    expect(rows).toEqual(['cancelled', 'failed', 'export', 'withdrawn', 'export'])
    expect(findingsOf(ledger)).toEqual([])
  })

  it('ledger.private: a receipt holds no path, no file name and no user name', async () => {
    const ledger = await open()
    exportOnce(ledger, draftOf({ title: 'secret title.wav', partPath: path('a.part'), finalPath: path('a.wav') }))
    const text = JSON.stringify(linksOf(ledger)[0]!.receipt)
    for (const secret of ['secret title', dir, 'a.wav', process.env.USER ?? 'no-user']) expect(text).not.toContain(secret)
  })

  it('ledger.durable: five hundred exports, each with intent, receipt and finish flushed to disk, take seconds, not minutes', async () => {
    const ledger = await open()
    const started = performance.now()
    for (let i = 0; i < 500; i++) exportOnce(ledger)
    // A bound for a busy machine; the bench measures receipts per second.
    expect(performance.now() - started).toBeLessThan(60_000)
    expect(ledger.counts().local).toBe(500)
  }, 90_000)
})

describe('a signed receipt', () => {
  it('ledger.fixed: can be neither changed nor deleted in the database', async () => {
    const ledger = await open()
    const id = exportOnce(ledger)
    expect(() => ledger.db.prepare("UPDATE receipt SET jws = 'x' WHERE id = ?").run(id)).toThrow(/does not change/)
    expect(() => ledger.db.prepare('DELETE FROM receipt WHERE id = ?').run(id)).toThrow(/never deleted/)
  })

  it('ledger.withdraw: is withdrawn by another receipt, once', async () => {
    const ledger = await open()
    const id = exportOnce(ledger)
    expect(unwrap(ledger.voidReceipt(id)).receipt).toMatchObject({ type: 'void', reason: 'withdrawn', voids: id, seq: 1 })
    expect(ledger.list().map((row) => row.state)).toEqual(['void', 'void'])
    expect(ledger.voidReceipt(id)).toMatchObject({ ok: false, error: { code: 'ledger.already_void' } })
    expect(ledger.voidReceipt('0192f0c0-0000-7000-8000-000000000001')).toMatchObject({ ok: false, error: { code: 'ledger.unknown' } })
  })

  it('is found by the hash of its file', async () => {
    const ledger = await open()
    const hash = `sha256:${'cd'.repeat(32)}`
    const id = exportOnce(ledger, draftOf(), fieldsOf({ sha256: hash }))
    exportOnce(ledger)
    expect(ledger.find({ sha256: hash }).map((row) => row.id)).toEqual([id])
  })
})

describe('a program killed during an export (6.12)', () => {
  const crash = (step: string): void => {
    const { signal, stderr } = spawnSync(process.execPath, [join(import.meta.dirname, 'crash.fixture.ts'), dir, step], { encoding: 'utf8' })
    expect([signal, stderr.includes('Error')]).toEqual(['SIGKILL', false])
  }
  it.each<[string, string[], boolean]>([
    ['start', [], false],
    ['intent', ['void'], false],
    ['half', ['void'], false],
    ['signed', ['void'], false],
    ['commit', ['export'], true],
    ['rename', ['export'], true],
    ['finish', ['export'], true],
  ])('ledger.crash: after step %s leaves receipts %j, file: %s, and no part file', async (step, types, hasFile) => {
    crash(step)
    const ledger = await open()
    expect(linksOf(ledger).map(({ receipt }) => receipt.type)).toEqual(types)
    expect(existsSync(path('mix.wav'))).toBe(hasFile)
    expect(readdirSync(dir).filter((name) => name.includes('.part'))).toEqual([])
    if (hasFile) expect(readFileSync(path('mix.wav'), 'utf8')).toBe('whole file')
    expect(findingsOf(ledger)).toEqual([])
    exportOnce(ledger)
    expect(findingsOf(ledger)).toEqual([])
  })

  it('ledger.crash: withdraws a receipt whose file is gone', async () => {
    crash('commit')
    rmSync(path('.mix.wav.part-1'))
    const ledger = await open()
    expect(linksOf(ledger).map(({ receipt }) => receipt.type)).toEqual(['export', 'void'])
  })

  it('ledger.alive: leaves the export of a program that still runs alone', async () => {
    const first = await open()
    const intent = unwrap(first.beginIntent(draftOf()))
    const second = await open()
    expect(second.repairs).toEqual([])
    exportOnce(second)
    unwrap(intent.commit(fieldsOf()))
    expect(findingsOf(first)).toEqual([])
    expect(first.list()).toHaveLength(2)
  })
})

describe('a damaged ledger (6.12)', () => {
  const fill = async (count: number): Promise<void> => {
    const ledger = await open()
    for (let i = 0; i < count; i++) exportOnce(ledger)
    close(ledger)
  }
  const expectWhole = async (count: number): Promise<Ledger> => {
    const ledger = await open()
    expect(ledger.list()).toHaveLength(count)
    exportOnce(ledger)
    expect(findingsOf(ledger)).toEqual([])
    return ledger
  }

  it('ledger.rebuild: with a corrupt page is rebuilt; the damaged file is kept; numbers are not used twice', async () => {
    await fill(40)
    const bytes = readFileSync(path('ledger.sqlite'))
    for (let at = 4096; at < bytes.length; at += 4096) bytes.fill(0x5a, at, at + 200)
    writeFileSync(path('ledger.sqlite'), bytes)
    const ledger = await expectWhole(40)
    expect(ledger.repairs.length).toBeGreaterThan(0)
    expect(readdirSync(dir).some((name) => name.startsWith('ledger.sqlite.damaged-'))).toBe(true)
    const epochs = new Set(linksOf(ledger).map(({ receipt }) => receipt.epoch))
    expect(epochs.size).toBe(2)
  })
  it('ledger.rebuild: that is no database any more is rebuilt', async () => {
    await fill(3)
    writeFileSync(path('ledger.sqlite'), 'hello '.repeat(1_000))
    await expectWhole(3)
  })
  it('ledger.rebuild: of zero length, or deleted, is rebuilt', async () => {
    await fill(3)
    truncateSync(path('ledger.sqlite'), 0)
    close(await expectWhole(3))
    for (const suffix of ['', '-wal', '-shm']) rmSync(path(`ledger.sqlite${suffix}`), { force: true })
    await expectWhole(4)
  })
  it('ledger.rebuild: whose write-ahead log was deleted gets back what was in it', async () => {
    await fill(2)
    const writing = await open()
    for (let i = 0; i < 5; i++) exportOnce(writing)
    const before = readFileSync(path('ledger.sqlite'))
    close(writing)
    // The state a crash and a deleted -wal leave: the main file without the last transactions.
    writeFileSync(path('ledger.sqlite'), before)
    for (const suffix of ['-wal', '-shm']) rmSync(path(`ledger.sqlite${suffix}`), { force: true })
    await expectWhole(7)
  })
  it('ledger.copy: whose recovery copy was lost or cut short completes the copy', async () => {
    await fill(3)
    const copy = readFileSync(path('receipts.jsonl'), 'utf8')
    for (const damaged of ['', copy.slice(0, -50)]) {
      writeFileSync(path('receipts.jsonl'), damaged)
      close(await open())
      const jws = readFileSync(path('receipts.jsonl'), 'utf8')
        .split('\n')
        .flatMap((line) => {
          try {
            return [(JSON.parse(line) as { jws: string }).jws]
          } catch {
            return []
          }
        })
      expect(new Set(jws).size).toBe(3)
    }
  })
  it('ledger.forged_copy: takes no receipt from a copy that this device did not sign', async () => {
    await fill(1)
    const other = tempDir()
    const stranger = await ledgerIn(other)
    exportOnce(stranger)
    stranger.close()
    writeFileSync(path('receipts.jsonl'), readFileSync(join(other, 'receipts.jsonl')), { flag: 'a' })
    rmSync(other, { recursive: true })
    await expectWhole(1)
  })
})

describe('a ledger that cannot be written (6.12)', () => {
  it('ledger.disk_full: says so at commit, signs nothing, and goes on once there is room', async () => {
    const ledger = await open()
    exportOnce(ledger)
    const intent = unwrap(ledger.beginIntent(draftOf()))
    const pages = ledger.db.pragma('page_count', { simple: true }) as number
    ledger.db.pragma(`max_page_count = ${pages}`)
    const large = { ...fieldsOf(), plugins: Array.from({ length: 200 }, (_, i) => `${i}`.padEnd(200, 'x')) }
    expect(intent.commit(large)).toMatchObject({ ok: false, error: { code: 'ledger.disk_full' } })
    expect(ledger.list()).toHaveLength(1)
    ledger.db.pragma('max_page_count = 1073741823')
    expect(intent.commit(large).ok).toBe(true)
    expect(findingsOf(ledger)).toEqual([])
  })
  it.skipIf(process.platform === 'win32')('ledger.read_only: can be read, and refuses exports with a sentence', async () => {
    const writing = await open()
    const id = exportOnce(writing)
    close(writing)
    const asUser = process.getuid?.() === 0
    // Root writes through permissions; a database opened read-only is the same fault there.
    if (asUser) {
      const db = new Database(path('ledger.sqlite'))
      db.pragma('journal_mode = DELETE')
      db.close()
    }
    chmodSync(path('ledger.sqlite'), 0o400)
    chmodSync(dir, 0o500)
    try {
      const script = `
        const { setuid } = process; if (process.getuid() === 0) { process.setgid(65534); setuid(65534) }
        const { openLedger } = await import(${JSON.stringify(join(import.meta.dirname, 'index.ts'))})
        const opened = await openLedger({ dir: ${JSON.stringify(dir)}, key: { kid: 'x', publicKey: new Uint8Array(32), sign: () => new Uint8Array(64) }, app: { name: 'a', version: '1' } })
        if (!opened.ok) console.log(JSON.stringify({ error: opened.error }))
        else console.log(JSON.stringify({ isReadOnly: opened.value.isReadOnly, ids: opened.value.list().map((row) => row.id), begun: opened.value.beginIntent({ stems: [] }) }))
      `
      if (asUser) {
        chmodSync(dir, 0o555)
        chmodSync(path('ledger.sqlite'), 0o444)
      }
      const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' })
      expect(stderr).toBe('')
      expect(JSON.parse(stdout)).toMatchObject({ isReadOnly: true, ids: [id], begun: { ok: false, error: { code: 'ledger.read_only' } } })
    } finally {
      chmodSync(dir, 0o700)
    }
  })
  it('ledger.newer: leaves the ledger of a newer version untouched', async () => {
    const ledger = await open()
    ledger.db.pragma('user_version = 99')
    close(ledger)
    const before = statSync(path('ledger.sqlite')).size
    const result = await openLedger({ dir, key: identityIn(dir), app: { name: 'Stemma', version: '0' } })
    expect(result).toMatchObject({ ok: false, error: { code: 'ledger.newer' } })
    expect(statSync(path('ledger.sqlite')).size).toBe(before)
  })
})

describe('two services', () => {
  it('ledger.per_service: each get a chain without gaps of their own', async () => {
    const ledger = await open()
    exportOnce(ledger)
    exportOnce(ledger, draftOf({ issuer: 'urn:stemma:service:other' }))
    exportOnce(ledger)
    expect(findingsOf(ledger)).toEqual([])
    expect(ledger.head(ISSUER)?.seq).toBe(1)
    expect(ledger.head('urn:stemma:service:other')?.seq).toBe(0)
  })
})
