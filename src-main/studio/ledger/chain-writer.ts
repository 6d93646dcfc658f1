// Appends signed receipts to the chain. Number, link, signature, outbox row and intent change in one transaction: there is never a gap to explain.
import { bytesOfWords, decodeFingerprint, receiptHash, receiptSchema, signReceipt, ZERO_HASH } from '../../../src-shared/receipts/index.ts'
import type { ExportReceipt, Receipt, VoidReceipt } from '../../../src-shared/receipts/index.ts'
import type { SignEd25519 } from '../../../src-shared/std/index.ts'
import { sha256 } from '../identity/index.ts'
import type { LedgerDatabase } from './database.ts'
import { uuidV7 } from './uuid.ts'

export type ReceiptClock = Receipt['clock']

/** What an export states; numbers, links, times and signature are the ledger's. */
export type ExportFields = Omit<ExportReceipt, 'v' | 'id' | 'device' | 'epoch' | 'seq' | 'prev' | 'issuedAt' | 'clock' | 'account' | 'app'>
export type VoidFields = Pick<VoidReceipt, 'type' | 'reason' | 'voids'>

export interface SignedReceipt {
  readonly receipt: Receipt
  readonly jws: string
  readonly hash: string
}

export interface ChainWriterOptions {
  readonly db: LedgerDatabase
  readonly kid: string
  readonly sign: SignEd25519
  readonly app: { readonly name: string; readonly version: string }
  readonly clock: () => number
  readonly readClock: () => ReceiptClock
}

interface EpochRow {
  readonly id: string
  readonly first_prev: string
}

interface HeadRow {
  readonly seq: number
  readonly hash: string
}

export class ChainWriter {
  readonly #options: ChainWriterOptions
  readonly #statements
  constructor(options: ChainWriterOptions) {
    this.#options = options
    const { db } = options
    this.#statements = {
      epoch: db.prepare<[string], EpochRow>('SELECT id, first_prev FROM epoch WHERE issuer = ? AND is_current = 1'),
      head: db.prepare<[string], HeadRow>('SELECT seq, hash FROM receipt WHERE epoch = ? ORDER BY seq DESC LIMIT 1'),
      endEpochs: db.prepare('UPDATE epoch SET is_current = 0 WHERE issuer = ?'),
      addEpoch: db.prepare('INSERT INTO epoch (id, issuer, first_prev, reason, started_at) VALUES (?, ?, ?, ?, ?)'),
      addReceipt: db.prepare(
        "INSERT INTO receipt (id, epoch, seq, prev, hash, jws, type, state, issued_at, title, voids, asset_sha256, pcm_sha256, file_pcm_sha256) VALUES (?, ?, ?, ?, ?, ?, ?, 'local', ?, ?, ?, ?, ?, ?)",
      ),
      addUse: db.prepare('INSERT OR IGNORE INTO receipt_use (receipt_id, grant_id, lease_id, issued_at) VALUES (?, ?, ?, ?)'),
      addFingerprint: db.prepare('INSERT OR IGNORE INTO fingerprint (receipt_id, words) VALUES (?, ?)'),
      addOutbox: db.prepare('INSERT OR IGNORE INTO outbox (receipt_id) VALUES (?)'),
      markVoided: db.prepare('UPDATE receipt SET voided_by = ? WHERE id = ?'),
    }
  }

  /** Starts a new series; its first receipt will name `prev`. Runs inside a transaction. */
  startEpoch(issuer: string, prev: string, reason: string): string {
    const id = uuidV7(this.#options.clock())
    this.#statements.endEpochs.run(issuer)
    this.#statements.addEpoch.run(id, issuer, prev, reason, new Date(this.#options.clock()).toISOString())
    return id
  }

  /** Signs and stores the next receipt of a service's chain. Runs inside a transaction. */
  append(
    id: string,
    { issuer, account, title }: { issuer: string; account: string; title: string },
    fields: ExportFields | VoidFields,
  ): SignedReceipt {
    const { kid, sign, app, clock, readClock } = this.#options
    let epoch = this.#statements.epoch.get(issuer)
    if (!epoch) epoch = { id: this.startEpoch(issuer, ZERO_HASH, 'first'), first_prev: ZERO_HASH }
    const head = this.#statements.head.get(epoch.id)
    const receipt = receiptSchema.parse({
      v: 1,
      id,
      device: kid,
      epoch: epoch.id,
      seq: head ? head.seq + 1 : 0,
      prev: head ? head.hash : epoch.first_prev,
      issuedAt: new Date(clock()).toISOString(),
      clock: readClock(),
      account,
      app,
      ...fields,
    })
    const jws = signReceipt(receipt, sign)
    const hash = receiptHash(jws, sha256)
    this.insert({ receipt, jws, hash }, title)
    return { receipt, jws, hash }
  }

  /** Stores a receipt that is signed already, and what goes with it. Runs inside a transaction. */
  insert({ receipt, jws, hash }: SignedReceipt, title: string): void {
    const { id, epoch, seq, prev, type, issuedAt } = receipt
    const voids = receipt.type === 'void' ? receipt.voids : null
    const asset = receipt.type === 'void' ? undefined : receipt.asset
    const hashes = [asset?.sha256 ?? null, asset?.pcmSha256 ?? null, asset?.filePcmSha256 ?? null]
    this.#statements.addReceipt.run(id, epoch, seq, prev, hash, jws, type, issuedAt, title, voids, ...hashes)
    if (receipt.type === 'export') for (const { grant, lease } of receipt.stems) this.#statements.addUse.run(id, grant, lease, issuedAt)
    const words = asset?.fingerprint ? decodeFingerprint(asset.fingerprint) : undefined
    if (words) this.#statements.addFingerprint.run(id, bytesOfWords(words))
    if (voids) this.#statements.markVoided.run(id, voids)
    this.#statements.addOutbox.run(id)
  }
}
