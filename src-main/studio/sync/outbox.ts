// The sync's view of the ledger database: what is due, proofs, checkpoints, evidence.
import type { Inclusion } from '../../../src-shared/protocol/index.ts'
import type { Ledger } from '../ledger/index.ts'
import type { KnownCheckpoint } from './check-proof.ts'

export interface OutboxItem {
  readonly id: string
  readonly jws: string
  readonly epoch: string
  readonly seq: number
  readonly attempts: number
}

/** Something the service said that it must not say. */
export interface Evidence {
  readonly id: number
  readonly issuer: string
  readonly at: string
  readonly code: string
  readonly details: Readonly<Record<string, unknown>>
  readonly isSeen: boolean
}

export class Outbox {
  readonly #ledger: Ledger
  readonly #clock: () => number
  constructor(ledger: Ledger, clock: () => number) {
    this.#ledger = ledger
    this.#clock = clock
  }

  get #db() {
    return this.#ledger.db
  }

  count(): number {
    return this.#db.prepare<[], { n: number }>('SELECT count(*) AS n FROM outbox').get()?.n ?? 0
  }

  countDue(isForced: boolean): number {
    return (
      this.#db
        .prepare<[number], { n: number }>('SELECT count(*) AS n FROM outbox WHERE next_at <= ?')
        .get(isForced ? Number.MAX_SAFE_INTEGER : this.#clock())?.n ?? 0
    )
  }

  /** When the next item is due, milliseconds since the epoch; undefined for an empty outbox. */
  nextDueMs(): number | undefined {
    return this.#db.prepare<[], { at: number | null }>('SELECT min(next_at) AS at FROM outbox').get()?.at ?? undefined
  }

  /** The oldest items, in the order they were signed, up to the first that is not due. */
  take(issuer: string | undefined, isForced: boolean, limit: number, maxChars: number): OutboxItem[] {
    const rows = this.#db
      .prepare<[string | null, string | null, number], OutboxItem & { next_at: number }>(
        'SELECT r.id, r.jws, r.epoch, r.seq, o.attempts, o.next_at FROM outbox o JOIN receipt r ON r.id = o.receipt_id JOIN epoch e ON e.id = r.epoch WHERE (? IS NULL OR e.issuer = ?) ORDER BY r.rowid LIMIT ?',
      )
      .all(issuer ?? null, issuer ?? null, limit)
    const taken: OutboxItem[] = []
    let chars = 0
    for (const { next_at, ...item } of rows) {
      chars += item.jws.length
      if ((!isForced && next_at > this.#clock()) || (taken.length > 0 && chars > maxChars)) break
      taken.push(item)
    }
    return taken
  }

  postpone(id: string, waitMs: number, reason: string): void {
    this.#db
      .transaction(() => {
        this.#db
          .prepare('UPDATE outbox SET attempts = attempts + 1, next_at = ?, last_error = ? WHERE receipt_id = ?')
          .run(this.#clock() + waitMs, reason, id)
        this.#db.prepare("UPDATE receipt SET state = 'queued' WHERE id = ? AND state = 'local'").run(id)
      })
      .immediate()
  }

  markSynced(id: string, origin: string, proof: Inclusion, checkpoint: KnownCheckpoint): void {
    this.#db
      .transaction(() => {
        this.#db
          .prepare(
            'INSERT OR IGNORE INTO proof (receipt_id, log_index, tree_size, inclusion, checkpoint, verified_at) VALUES (?, ?, ?, ?, ?, ?)',
          )
          .run(id, proof.logIndex, proof.treeSize, JSON.stringify(proof.inclusion), proof.checkpoint, new Date(this.#clock()).toISOString())
        this.#db
          .prepare('INSERT OR IGNORE INTO checkpoint (origin, size, root, note) VALUES (?, ?, ?, ?)')
          .run(origin, checkpoint.size, checkpoint.root, checkpoint.note)
        this.#db.prepare("UPDATE receipt SET state = 'synced', error_code = NULL, error_message = NULL WHERE id = ?").run(id)
        this.#db.prepare('DELETE FROM outbox WHERE receipt_id = ?').run(id)
      })
      .immediate()
  }

  /** Refused for good: it stays in the ledger with the reason and is not sent again. */
  markRefused(id: string, code: string, message: string): void {
    this.#db
      .transaction(() => {
        this.#db.prepare("UPDATE receipt SET state = 'refused', error_code = ?, error_message = ? WHERE id = ?").run(code, message, id)
        this.#db.prepare('DELETE FROM outbox WHERE receipt_id = ?').run(id)
      })
      .immediate()
  }

  newestCheckpoint(origin: string): KnownCheckpoint | undefined {
    return this.#db
      .prepare<[string], KnownCheckpoint>('SELECT size, root, note FROM checkpoint WHERE origin = ? ORDER BY size DESC LIMIT 1')
      .get(origin)
  }

  checkpoint(origin: string, size: number): KnownCheckpoint | undefined {
    return this.#db
      .prepare<[string, number], KnownCheckpoint>('SELECT size, root, note FROM checkpoint WHERE origin = ? AND size = ?')
      .get(origin, size)
  }

  /** Highest number in a series that has a checked proof, or -1. */
  newestSynced(epoch: string): number {
    return (
      this.#db
        .prepare<[string], { seq: number | null }>("SELECT max(seq) AS seq FROM receipt WHERE epoch = ? AND state = 'synced'")
        .get(epoch)?.seq ?? -1
    )
  }

  /** Whether a receipt before this one in its series was refused in a way that breaks the chain. */
  hasBrokenPredecessor(epoch: string, seq: number, codes: ReadonlySet<string>): boolean {
    const rows = this.#db
      .prepare<[string, number], { code: string }>(
        "SELECT error_code AS code FROM receipt WHERE epoch = ? AND seq < ? AND state = 'refused'",
      )
      .all(epoch, seq)
    return rows.some((row) => codes.has(row.code) || row.code === 'chain-gap')
  }

  currentEpoch(issuer: string): string | undefined {
    return this.#db.prepare<[string], { id: string }>('SELECT id FROM epoch WHERE issuer = ? AND is_current = 1').get(issuer)?.id
  }

  keepEvidence(issuer: string, code: string, details: Readonly<Record<string, unknown>>): void {
    this.#db
      .prepare('INSERT INTO evidence (issuer, at, code, json) VALUES (?, ?, ?, ?)')
      .run(issuer, new Date(this.#clock()).toISOString(), code, JSON.stringify(details))
  }

  evidence(): Evidence[] {
    return this.#db
      .prepare<[], { id: number; issuer: string; at: string; code: string; json: string; is_seen: number }>(
        'SELECT id, issuer, at, code, json, is_seen FROM evidence ORDER BY id',
      )
      .all()
      .map(({ json, is_seen, ...rest }) => ({ ...rest, details: JSON.parse(json) as Record<string, unknown>, isSeen: is_seen === 1 }))
  }

  /** The user has looked at the evidence; sending goes on, the evidence stays. */
  markEvidenceSeen(): void {
    this.#db.prepare('UPDATE evidence SET is_seen = 1').run()
    this.#ledger.changed()
  }

  hasUnseenEvidence(): boolean {
    return this.#db.prepare('SELECT 1 FROM evidence WHERE is_seen = 0 LIMIT 1').get() !== undefined
  }
}
