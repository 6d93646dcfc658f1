// Which receipts of this device sound like a fingerprint. A scan: a few thousand receipts take a fraction of a second, and the process lives on in between.
import { setImmediate as nextTurn } from 'node:timers/promises'
import { createFingerprintSearch, wordsOfBytes } from '../../../src-shared/receipts/index.ts'
import type { LedgerDatabase } from './database.ts'

const PAGE = 200
const MAX_FOUND = 20

/** Ids of receipts whose sound matches, best first and newest first among equals. */
export const findByFingerprint = async (db: LedgerDatabase, query: Uint32Array): Promise<readonly string[]> => {
  const search = createFingerprintSearch(query)
  const page = db.prepare<[number, number], { at: number; id: string; words: Uint8Array }>(
    'SELECT rowid AS at, receipt_id AS id, words FROM fingerprint WHERE rowid < ? ORDER BY rowid DESC LIMIT ?',
  )
  const found: { readonly id: string; readonly bitErrorRate: number }[] = []
  for (let before = Number.MAX_SAFE_INTEGER; ; await nextTurn()) {
    const rows = page.all(before, PAGE)
    for (const { id, words } of rows) {
      const match = search(wordsOfBytes(words))
      if (match) found.push({ id, bitErrorRate: match.bitErrorRate })
    }
    const last = rows.at(-1)
    if (!last) break
    before = last.at
  }
  return found
    .sort((one, other) => one.bitErrorRate - other.bitErrorRate)
    .slice(0, MAX_FOUND)
    .map(({ id }) => id)
}
