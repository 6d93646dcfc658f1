// The ledger: what this device exported, signed line by line. Written here first, sent after. Other programs of the same user may use it at once.
import type { Transaction } from 'better-sqlite3'
import { verifyReceipt } from '../../../src-shared/receipts/index.ts'
import type { Receipt } from '../../../src-shared/receipts/index.ts'
import { canonicalText, fail, hashText, ok } from '../../../src-shared/std/index.ts'
import type { Result, SignEd25519 } from '../../../src-shared/std/index.ts'
import { sha256, verifyEd25519 } from '../identity/index.ts'
import type { ChainWriter, ExportFields, SignedReceipt } from './chain-writer.ts'
import { ledgerFailure } from './database.ts'
import type { LedgerDatabase } from './database.ts'
import type { IntentDraft } from './intent.ts'
import type { RecoveryCopy } from './recovery-copy.ts'
import type { SessionLock } from './session-lock.ts'
import { uuidV7 } from './uuid.ts'

export interface LedgerKey {
  readonly kid: string
  readonly publicKey: Uint8Array
  readonly sign: SignEd25519
}

/** An export that has begun. It ends with `commit` and `finish`, or with `abandon`. */
export interface Intent {
  readonly receiptId: string
  /** `sha256:…`; goes into the file's manifest, so that file and receipt name each other. */
  readonly intentSha256: string
  /** Signs and stores the receipt. The file must be complete on disk under its part path. Codes: `ledger.*`. */
  commit(fields: ExportFields): Result<SignedReceipt>
  /** The file has its final name. */
  finish(): Result<null>
  /**
   * Nothing came of it, for what a code says. Signs a void in the intent's place or, where the receipt was committed but its file could not get its name,
   * one that withdraws it. Does nothing to what is finished.
   */
  abandon(code: string): void
}

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

/** What every export runs, prepared once. */
const prepare = (db: LedgerDatabase) => ({
  addIntent: db.prepare(
    "INSERT INTO intent (id, issuer, account, session, created_at, json, hash, state, part_path, final_path) VALUES (?, ?, ?, ?, ?, ?, ?, 'open', ?, ?)",
  ),
  addIntentUse: db.prepare('INSERT OR IGNORE INTO intent_use (intent_id, grant_id, lease_id) VALUES (?, ?, ?)'),
  moveIntent: db.prepare('UPDATE intent SET state = ? WHERE id = ? AND state = ?'),
})

const readOnlyFailure = (): Result<never> =>
  fail(
    'ledger.read_only',
    'The ledger cannot be written, so nothing can be exported. Check the permissions of the application data folder and its disk.',
  )

export class Ledger {
  readonly db: LedgerDatabase
  readonly isReadOnly: boolean
  /** What was put right at start, one sentence each. */
  readonly repairs: readonly string[]
  readonly #key: LedgerKey
  readonly #clock: () => number
  readonly #writer: ChainWriter
  readonly #session: SessionLock | undefined
  readonly #copy: RecoveryCopy | undefined
  readonly #listeners = new Set<() => void>()
  readonly #transact: Transaction<(work: () => unknown) => unknown>
  readonly #statements: ReturnType<typeof prepare>

  constructor(parts: {
    db: LedgerDatabase
    isReadOnly: boolean
    repairs: readonly string[]
    key: LedgerKey
    clock: () => number
    writer: ChainWriter
    session: SessionLock | undefined
    copy: RecoveryCopy | undefined
  }) {
    this.db = parts.db
    this.isReadOnly = parts.isReadOnly
    this.repairs = parts.repairs
    this.#key = parts.key
    this.#clock = parts.clock
    this.#writer = parts.writer
    this.#session = parts.session
    this.#copy = parts.copy
    this.#transact = this.db.transaction((work) => work())
    this.#statements = prepare(this.db)
  }

  /** Calls back after every change made through this object. Returns how to stop. */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** Tells listeners that rows changed; for the sync, which writes states. */
  changed(): void {
    for (const listener of this.#listeners) listener()
  }

  /**
   * Runs `work` in one transaction and copies the receipts it signed to the recovery file. Waits for the disk unless told not to, which is for
   * what the next start finds out by itself: that a receipted file has its name.
   */
  #write<T extends { readonly signed?: SignedReceipt; readonly issuer: string; readonly title: string }>(
    work: () => T,
    { isFlushed = true }: { readonly isFlushed?: boolean } = {},
  ): Result<T> {
    if (this.isReadOnly) return readOnlyFailure()
    let value: T
    try {
      if (!isFlushed) this.db.pragma('synchronous = NORMAL')
      value = this.#transact.immediate(work) as T
      if (!isFlushed) this.db.pragma('synchronous = FULL')
    } catch (error) {
      if (!isFlushed && this.db.open) this.db.pragma('synchronous = FULL')
      return ledgerFailure(error)
    }
    if (value.signed) {
      try {
        this.#copy?.append({ jws: value.signed.jws, issuer: value.issuer, title: value.title })
      } catch {
        // The database has the receipt; the next start sees that the copy is behind and completes it.
      }
    }
    this.changed()
    return ok(value)
  }

  /** Reserves a receipt for an export. Codes: `ledger.read_only`, `ledger.disk_full`, `ledger.busy`, … */
  beginIntent(draft: IntentDraft): Result<Intent> {
    const session = this.#session
    if (this.isReadOnly || !session) return readOnlyFailure()
    const { issuer, account, project, plan, stems, title, partPath = null, finalPath = null } = draft
    const receiptId = uuidV7(this.#clock())
    const createdAt = new Date(this.#clock()).toISOString()
    const json = canonicalText({
      v: 1,
      receiptId,
      issuer,
      account,
      project,
      plan,
      createdAt,
      stems: stems.map(({ stem, grant, lease }) => ({ stem, grant, lease })),
    })
    const intentSha256 = hashText(json, sha256)
    const begun = this.#write(() => {
      this.#statements.addIntent.run(receiptId, issuer, account, session.id, createdAt, json, intentSha256, partPath, finalPath)
      for (const { grant, lease } of stems) this.#statements.addIntentUse.run(receiptId, grant, lease)
      return { issuer, title }
    })
    if (!begun.ok) return begun
    let state: 'open' | 'committed' | 'closed' = 'open'
    return ok({
      receiptId,
      intentSha256,
      commit: (fields) => {
        const committed = this.#close(receiptId, 'open', 'committed', draft, () => this.#writer.append(receiptId, draft, fields))
        if (committed.ok) state = 'committed'
        return committed
      },
      finish: () => {
        const finished = this.#write(
          () => {
            this.#moveIntent(receiptId, 'committed', 'finished')
            return { issuer, title }
          },
          { isFlushed: false },
        )
        if (finished.ok) state = 'closed'
        return finished.ok ? ok(null) : finished
      },
      abandon: (code) => {
        const reason = code.endsWith('cancelled') ? 'cancelled' : 'failed'
        if (state === 'open')
          this.#close(receiptId, 'open', 'void', draft, () => this.#writer.append(receiptId, draft, { type: 'void', reason, voids: null }))
        else if (state === 'committed')
          this.#close(receiptId, 'committed', 'void', draft, () =>
            this.#writer.append(uuidV7(this.#clock()), draft, { type: 'void', reason: 'withdrawn', voids: receiptId }),
          )
        state = 'closed'
      },
    })
  }

  #moveIntent(id: string, from: string, to: string): void {
    const { changes } = this.#statements.moveIntent.run(to, id, from)
    if (changes !== 1) throw new Error(`the export is not ${from} any more`)
  }

  #close(
    id: string,
    from: string,
    to: string,
    { issuer, title }: { issuer: string; title: string },
    sign: () => SignedReceipt,
  ): Result<SignedReceipt> {
    const written = this.#write(() => {
      this.#moveIntent(id, from, to)
      return { signed: sign(), issuer, title }
    })
    return written.ok ? ok(written.value.signed) : written
  }

  /** Withdraws a receipt: signs a void that names it. The withdrawn receipt stays. Codes: `ledger.unknown`, `ledger.already_void`. */
  voidReceipt(id: string): Result<SignedReceipt> {
    const entry = this.show(id)
    if (!entry.ok) return entry
    const { row, receipt } = entry.value
    if (row.state === 'void') return fail('ledger.already_void', 'This receipt is void already; there is nothing to withdraw.')
    const written = this.#write(() => ({
      signed: this.#writer.append(
        uuidV7(this.#clock()),
        { issuer: row.issuer, account: receipt.account, title: row.title },
        { type: 'void', reason: 'withdrawn', voids: id },
      ),
      issuer: row.issuer,
      title: row.title,
    }))
    return written.ok ? ok(written.value.signed) : written
  }

  /** Starts a new series of receipts for a service; the next receipt names the last one it acknowledged. */
  startEpoch(issuer: string, reason: 'fork' | 'rebuilt' | 'refused'): Result<null> {
    const written = this.#write(() => {
      const last = this.db
        .prepare<[string], { hash: string }>(
          "SELECT r.hash FROM receipt r JOIN epoch e ON e.id = r.epoch WHERE e.issuer = ? AND r.state = 'synced' ORDER BY r.rowid DESC LIMIT 1",
        )
        .get(issuer)
      this.#writer.startEpoch(issuer, last?.hash ?? `sha256:${'0'.repeat(64)}`, reason)
      return { issuer, title: '' }
    })
    return written.ok ? ok(null) : written
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

  close(): void {
    this.#copy?.close()
    this.#session?.release()
    this.db.close()
  }
}
