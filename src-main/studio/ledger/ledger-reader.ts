// Reading the ledger: its lines, single receipts with what was signed, their proofs, and all of it for a copy.
import { type Receipt, verifyReceipt } from '../../../src-shared/receipts/index.ts'
import { fail, ok, type Result } from '../../../src-shared/std/index.ts'
import { verifyEd25519 } from '../identity/index.ts'
import type { LedgerDatabase } from './database.ts'

export type ReceiptRowState = 'local' | 'queued' | 'synced' | 'void' | 'refused'

/** A line of the ledger as it is listed. */
export interface ReceiptRow {
  readonly id: string
  readonly issuer: string
  readonly type: Receipt['type']
  readonly epoch: string
  readonly seq: number
  /** `void` for voids and for withdrawn receipts, wherever they are on their way to the service. */
  readonly state: ReceiptRowState
  readonly isSynced: boolean
  readonly issuedAt: string
  readonly title: string
  readonly attempts: number
  readonly nextAttemptMs: number | null
  readonly lastError: string | null
}

export interface StoredProof {
  readonly logIndex: number
  readonly treeSize: number
  readonly inclusion: readonly string[]
  readonly checkpoint: string
  readonly verifiedAt: string
}

export interface LedgerEntry {
  readonly row: ReceiptRow
  readonly receipt: Receipt
  readonly jws: string
  readonly proof: StoredProof | null
}

interface ListRow {
  id: string
  issuer: string
  type: Receipt['type']
  epoch: string
  seq: number
  state: Exclude<ReceiptRowState, 'void'>
  voided_by: string | null
  issued_at: string
  title: string
  attempts: number | null
  next_at: number | null
  last_error: string | null
  error_message: string | null
  jws: string
}

const LIST =
  'SELECT r.id, e.issuer, r.type, r.epoch, r.seq, r.state, r.voided_by, r.issued_at, r.title, r.error_message, r.jws, o.attempts, o.next_at, o.last_error FROM receipt r JOIN epoch e ON e.id = r.epoch LEFT JOIN outbox o ON o.receipt_id = r.id'

const rowOf = (row: ListRow): ReceiptRow => ({
  id: row.id,
  issuer: row.issuer,
  type: row.type,
  epoch: row.epoch,
  seq: row.seq,
  state: row.type === 'void' || row.voided_by !== null ? 'void' : row.state,
  isSynced: row.state === 'synced',
  issuedAt: row.issued_at,
  title: row.title,
  attempts: row.attempts ?? 0,
  nextAttemptMs: row.next_at || null,
  lastError: row.error_message ?? row.last_error,
})

export class LedgerReader {
  readonly db: LedgerDatabase
  readonly #key: { readonly kid: string; readonly publicKey: Uint8Array }

  constructor(db: LedgerDatabase, key: { readonly kid: string; readonly publicKey: Uint8Array }) {
    this.db = db
    this.#key = key
  }

  /** Newest receipt for a service, as a lease request states it; null before the first. */
  head(issuer: string): { readonly epoch: string; readonly seq: number; readonly hash: string } | null {
    return (
      this.db
        .prepare<[string], { epoch: string; seq: number; hash: string }>(
          'SELECT r.epoch, r.seq, r.hash FROM receipt r JOIN epoch e ON e.id = r.epoch WHERE e.issuer = ? ORDER BY r.rowid DESC LIMIT 1',
        )
        .get(issuer) ?? null
    )
  }

  /** Newest first. */
  list({ limit = 500, offset = 0 }: { limit?: number; offset?: number } = {}): ReceiptRow[] {
    return this.db.prepare<[number, number], ListRow>(`${LIST} ORDER BY r.rowid DESC LIMIT ? OFFSET ?`).all(limit, offset).map(rowOf)
  }

  /** How many receipts are in each state of sending. */
  counts(): { readonly local: number; readonly queued: number; readonly synced: number; readonly refused: number } {
    const rows = this.db.prepare<[], { state: string; n: number }>('SELECT state, count(*) AS n FROM receipt GROUP BY state').all()
    const count = (state: string): number => rows.find((row) => row.state === state)?.n ?? 0
    return { local: count('local'), queued: count('queued'), synced: count('synced'), refused: count('refused') }
  }

  /** One receipt with the exact text that was or will be sent, and its proof. Codes: `ledger.unknown`. */
  show(id: string): Result<LedgerEntry> {
    const row = this.db.prepare<[string], ListRow>(`${LIST} WHERE r.id = ?`).get(id)
    if (!row) return fail('ledger.unknown', 'There is no receipt with this id in the ledger of this device.')
    const verified = verifyReceipt(row.jws, {
      keyFor: (kid) => (kid === this.#key.kid ? this.#key.publicKey : undefined),
      verify: verifyEd25519,
    })
    if (!verified.ok) return verified
    return ok({ row: rowOf(row), receipt: verified.value, jws: row.jws, proof: this.proof(id) })
  }

  proof(id: string): StoredProof | null {
    const row = this.db
      .prepare<[string], { log_index: number; tree_size: number; inclusion: string; checkpoint: string; verified_at: string }>(
        'SELECT log_index, tree_size, inclusion, checkpoint, verified_at FROM proof WHERE receipt_id = ?',
      )
      .get(id)
    if (!row) return null
    return {
      logIndex: row.log_index,
      treeSize: row.tree_size,
      inclusion: JSON.parse(row.inclusion) as string[],
      checkpoint: row.checkpoint,
      verifiedAt: row.verified_at,
    }
  }

  /** Receipts of a file, by hashes as receipts state them (`sha256:…`): of the file, of the rendered sound, of the file's own samples. */
  find({
    sha256: asset = '',
    pcmSha256 = '',
    filePcmSha256 = '',
  }: {
    sha256?: string
    pcmSha256?: string
    filePcmSha256?: string
  }): ReceiptRow[] {
    return this.db
      .prepare<[string, string, string], ListRow>(
        `${LIST} WHERE r.asset_sha256 = ? OR r.pcm_sha256 = ? OR r.file_pcm_sha256 = ? ORDER BY r.rowid DESC LIMIT 100`,
      )
      .all(asset, pcmSha256, filePcmSha256)
      .map(rowOf)
  }

  /** Everything, oldest first, for `receipts export`: the signed texts, their proofs and the key to check them with. */
  *exportAll(): IterableIterator<{ readonly issuer: string; readonly jws: string; readonly proof: StoredProof | null }> {
    const page = this.db.prepare<[number], { at: number; id: string; issuer: string; jws: string }>(
      'SELECT r.rowid AS at, r.id, e.issuer, r.jws FROM receipt r JOIN epoch e ON e.id = r.epoch WHERE r.rowid > ? ORDER BY r.rowid LIMIT 500',
    )
    for (let at = -1; ; ) {
      const rows = page.all(at)
      for (const { id, issuer, jws } of rows) yield { issuer, jws, proof: this.proof(id) }
      const last = rows.at(-1)
      if (!last) return
      at = last.at
    }
  }
}
