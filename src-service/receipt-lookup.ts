// Receipts that are asked for by what a file is or sounds like. Anyone may ask, so the scan by sound is bounded and lets other requests through.
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { ReceiptLookupReply } from '../src-shared/protocol/index.ts'
import { createFingerprintSearch, decodeFingerprint, MAX_QUERY_WORDS, wordsOfBytes } from '../src-shared/receipts/index.ts'
import { buildInclusion } from './log.ts'
import type { ServiceReader, StoredReceipt } from './store.ts'

const MAX_REPLIES = 100
/** Newest receipts that a look-up by sound goes through: about two seconds' work, other requests in between. */
const MAX_SCANNED = 20_000
const PAGE = 100
const MAX_SOUND_REPLIES = 20

export interface FoundReceipt {
  readonly receipt: StoredReceipt
  readonly matched: ReceiptLookupReply['receipts'][number]['matched']
}

/** What is told of them: text, key and proof; each receipt once. */
export const describeFound = async (read: ServiceReader, found: readonly FoundReceipt[]): Promise<ReceiptLookupReply['receipts']> => {
  const latest = await read.latestCheckpoint()
  const receipts: ReceiptLookupReply['receipts'] = []
  for (const { receipt, matched } of found) {
    const { id, jws, kid, logIndex } = receipt
    if (receipts.length >= MAX_REPLIES || receipts.some((one) => one.id === id)) continue
    const device = await read.device(kid)
    const proof = logIndex === null || !latest ? null : await buildInclusion(read, logIndex, latest.size)
    receipts.push({ id, jws, deviceKey: { kty: 'OKP', crv: 'Ed25519', x: device!.x }, matched, proof })
  }
  return receipts
}

let scans: Promise<unknown> = Promise.resolve()

/** Receipts whose sound matches a query in base64, best first. Scans run one after another: together they would only be slower. */
export const findBySound = (read: ServiceReader, fingerprint: string): Promise<readonly FoundReceipt[]> => {
  const found = scans.then(() => scan(read, decodeFingerprint(fingerprint, MAX_QUERY_WORDS) ?? new Uint32Array()))
  scans = found.catch(() => {})
  return found
}

const scan = async (read: ServiceReader, query: Uint32Array): Promise<readonly FoundReceipt[]> => {
  const search = createFingerprintSearch(query)
  const matches: { readonly id: string; readonly rate: number }[] = []
  let before: number | null = null
  for (let scanned = 0; scanned < MAX_SCANNED; scanned += PAGE) {
    const rows = await read.fingerprints({ before, limit: PAGE })
    for (const { receiptId, words } of rows) {
      const match = search(wordsOfBytes(words))
      if (match) matches.push({ id: receiptId, rate: match.bitErrorRate })
    }
    const last = rows.at(-1)
    if (!last) break
    before = last.at
    await nextTurn()
  }
  const best = matches.sort((one, other) => one.rate - other.rate).slice(0, MAX_SOUND_REPLIES)
  const receipts = await Promise.all(best.map(({ id }) => read.receipt(id)))
  return receipts.flatMap((receipt) => (receipt ? [{ receipt, matched: 'fingerprint' as const }] : []))
}
