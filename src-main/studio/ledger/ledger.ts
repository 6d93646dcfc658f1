// The ledger: what this device exported, signed line by line. Written here first, sent after. Other programs of the same user may use it at once.
import type { Transaction } from 'better-sqlite3'
import { canonicalText, fail, hashText, ok } from '../../../src-shared/std/index.ts'
import type { Result, SignEd25519 } from '../../../src-shared/std/index.ts'
import { sha256 } from '../identity/index.ts'
import type { ChainWriter, ExportFields, SignedReceipt } from './chain-writer.ts'
import { ledgerFailure } from './database.ts'
import type { LedgerDatabase } from './database.ts'
import type { IntentDraft } from './intent.ts'
import { LedgerReader } from './ledger-reader.ts'
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

export class Ledger extends LedgerReader {
  readonly isReadOnly: boolean
  /** What was put right at start, one sentence each. */
  readonly repairs: readonly string[]
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
    super(parts.db, parts.key)
    this.isReadOnly = parts.isReadOnly
    this.repairs = parts.repairs
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

  close(): void {
    this.#copy?.close()
    this.#session?.release()
    this.db.close()
  }
}
