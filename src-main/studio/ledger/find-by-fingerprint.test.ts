import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { bytesOfWords, encodeFingerprint, QUERY_DENSITY } from '../../../src-shared/receipts/index.ts'
import { draftOf, exportOnce, fieldsOf, ledgerIn, tempDir } from './ledger.fixture.ts'
import { findByFingerprint, LEDGER_FILE } from './index.ts'

const wordsFor = (seed: number): Uint32Array => {
  let state = seed
  return Uint32Array.from({ length: 750 }, () => {
    state = (Math.imul(state ^ (state >>> 15), 2_246_822_519) + 0x9e3779b9) >>> 0
    return state || 1
  })
}

const queryOf = (words: Uint32Array): Uint32Array =>
  Uint32Array.from({ length: words.length * QUERY_DENSITY }, (_, i) => words[Math.floor(i / QUERY_DENSITY)]!)

it('finds an export by its sound among thousands, also in a ledger that was rebuilt', async () => {
  const dir = tempDir()
  const fieldsWith = (words: Uint32Array) => {
    const fields = fieldsOf()
    return { ...fields, asset: { ...fields.asset, fingerprint: encodeFingerprint(words) } }
  }
  let ledger = await ledgerIn(dir)
  const ids = [1, 2, 3].map((seed) => exportOnce(ledger, draftOf(), fieldsWith(wordsFor(seed))))
  exportOnce(ledger)
  expect(await findByFingerprint(ledger.db, queryOf(wordsFor(2)))).toEqual([ids[1]])
  expect(await findByFingerprint(ledger.db, queryOf(wordsFor(4)))).toEqual([])
  ledger.close()

  for (const suffix of ['', '-wal', '-shm']) rmSync(join(dir, LEDGER_FILE + suffix), { force: true })
  ledger = await ledgerIn(dir)
  const add = ledger.db.prepare('INSERT INTO fingerprint (receipt_id, words) VALUES (?, ?)')
  ledger.db.transaction(() => {
    for (let seed = 10; seed < 3_010; seed++) add.run(`other-${seed}`, bytesOfWords(wordsFor(seed)))
  })()
  const from = performance.now()
  expect(await findByFingerprint(ledger.db, queryOf(wordsFor(3)))).toEqual([ids[2]])
  const elapsedMs = performance.now() - from
  // Wide, since other tests run beside it; on an idle machine it takes well under a second.
  expect(elapsedMs).toBeLessThan(5_000)
  ledger.close()
}, 30_000)
