// Statements of approvals on this device: written here first, sent after, never changed and never deleted. A row is one text, by its hash: a damaged
// statement under an id never stands in the way of the genuine one. One SQLite file; window and command line may use it at once.
import { existsSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { type Approver, type KnownStatement, type StatementKind, statementHash } from '../../../src-shared/approvals/index.ts'
import { type ApprovalTerms, approvalTermsSchema } from '../../../src-shared/rights/index.ts'
import { sha256 } from '../identity/index.ts'

const SCHEMA = `
CREATE TABLE IF NOT EXISTS statement (seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL, kind TEXT NOT NULL, issuer TEXT NOT NULL, request_id TEXT NOT NULL,
  jws TEXT NOT NULL, hash TEXT NOT NULL, received_at TEXT NOT NULL, origin TEXT NOT NULL CHECK (origin IN ('own', 'service', 'file')), UNIQUE (id, hash));
CREATE TABLE IF NOT EXISTS outbox (hash TEXT PRIMARY KEY, attempts INTEGER NOT NULL DEFAULT 0, next_at INTEGER NOT NULL DEFAULT 0, last_error TEXT);
CREATE TABLE IF NOT EXISTS delivery (hash TEXT PRIMARY KEY, state TEXT NOT NULL CHECK (state IN ('sent', 'refused')), at TEXT NOT NULL, message TEXT);
CREATE TABLE IF NOT EXISTS cursor (issuer TEXT PRIMARY KEY, scope TEXT NOT NULL, seq INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS grant_terms (id TEXT PRIMARY KEY, json TEXT NOT NULL);
CREATE TRIGGER IF NOT EXISTS statement_fixed BEFORE UPDATE ON statement BEGIN SELECT RAISE(ABORT, 'a signed statement does not change'); END;
CREATE TRIGGER IF NOT EXISTS statement_kept BEFORE DELETE ON statement BEGIN SELECT RAISE(ABORT, 'a signed statement is never deleted'); END;
`
const SCHEMA_VERSION = 2
/** Version 1 held one row for each id, whatever it was worth. */
const SET_V1_ASIDE = `
DROP TRIGGER IF EXISTS statement_fixed;
DROP TRIGGER IF EXISTS statement_kept;
ALTER TABLE statement RENAME TO statement_v1;
ALTER TABLE outbox RENAME TO outbox_v1;
ALTER TABLE delivery RENAME TO delivery_v1;
`
/** What version 1 turned away under a taken id, or gave up because a clock was fast, gets its second chance: fetched from the beginning, and sent again. */
const TAKE_OVER_V1 = `
INSERT INTO statement (seq, id, kind, issuer, request_id, jws, hash, received_at, origin)
  SELECT seq, id, kind, issuer, request_id, jws, hash, received_at, origin FROM statement_v1 ORDER BY seq;
INSERT INTO outbox (hash, attempts, next_at, last_error) SELECT s.hash, o.attempts, o.next_at, o.last_error FROM outbox_v1 o JOIN statement_v1 s ON s.id = o.id;
INSERT OR IGNORE INTO outbox (hash) SELECT s.hash FROM delivery_v1 d JOIN statement_v1 s ON s.id = d.id
  WHERE d.state = 'refused' AND d.message LIKE '%is dated in the future.%';
INSERT INTO delivery (hash, state, at, message) SELECT s.hash, d.state, d.at, d.message FROM delivery_v1 d JOIN statement_v1 s ON s.id = d.id
  WHERE NOT EXISTS (SELECT 1 FROM outbox o WHERE o.hash = s.hash);
UPDATE cursor SET seq = 0;
DROP TABLE outbox_v1;
DROP TABLE delivery_v1;
DROP TABLE statement_v1;
`

export type StatementOrigin = 'own' | 'service' | 'file'

export interface NewStatement {
  readonly kind: StatementKind
  readonly id: string
  readonly issuer: string
  readonly requestId: string
  readonly jws: string
  readonly receivedAt: string
  readonly origin: StatementOrigin
}

export interface OutboxStatement {
  readonly id: string
  /** What it is settled or postponed by. */
  readonly hash: string
  readonly kind: StatementKind
  readonly issuer: string
  readonly jws: string
  readonly attempts: number
}

interface Row {
  readonly kind: StatementKind
  readonly id: string
  readonly jws: string
  readonly hash: string
  readonly receivedAt: string
  readonly origin: StatementOrigin
  readonly queued: number | null
  readonly lastError: string | null
  readonly state: 'sent' | 'refused' | null
  readonly at: string | null
  readonly message: string | null
}

const deliveryOf = ({ state, origin, queued }: Row): KnownStatement['delivery'] => {
  if (state) return state
  if (origin === 'service') return 'sent'
  if (queued === null) return origin === 'file' ? 'file' : 'local'
  return queued > 0 ? 'queued' : origin === 'file' ? 'file' : 'local'
}

export class ApprovalStore {
  readonly #db: Database.Database
  readonly #listeners = new Set<() => void>()
  constructor(dir: string) {
    mkdirSync(dir, { recursive: true, mode: 0o700 })
    this.#db = new Database(join(dir, 'approvals.sqlite'), { timeout: 10_000 })
    this.#db.pragma('journal_mode = WAL')
    this.#db.pragma('synchronous = FULL')
    this.#prepare()
  }

  #prepare(): void {
    this.#db
      .transaction(() => {
        const isCurrent = Number(this.#db.pragma('user_version', { simple: true })) >= SCHEMA_VERSION
        const isV1 =
          !isCurrent && this.#db.prepare("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'statement'").get() !== undefined
        if (isV1) this.#db.exec(SET_V1_ASIDE)
        this.#db.exec(SCHEMA)
        if (isV1) this.#db.exec(TAKE_OVER_V1)
        if (!isCurrent) this.#db.pragma(`user_version = ${SCHEMA_VERSION}`)
      })
      .immediate()
  }

  /** Whether a folder holds any threads; asks the disk only, so that nothing is opened for homes that never had one. */
  static exists(dir: string): boolean {
    return existsSync(join(dir, 'approvals.sqlite'))
  }

  /** Calls back after every change made through this object. Returns how to stop. */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }
  #changed(): void {
    for (const listener of this.#listeners) listener()
  }

  /**
   * Stores statements that are new, all or none, and puts those to be sent into the outbox in the same transaction. The same statement again changes
   * nothing; another one under a known id lies beside it, and whoever reads takes the first whose signature holds. Returns the ids of what was new.
   */
  add(statements: readonly NewStatement[], { isToSend }: { readonly isToSend: boolean }): string[] {
    const added: string[] = []
    this.#db
      .transaction(() => {
        const put = this.#db.prepare(
          'INSERT OR IGNORE INTO statement (id, kind, issuer, request_id, jws, hash, received_at, origin) VALUES (?, ?, ?, ?, ?, ?, ?, ?)',
        )
        const queue = this.#db.prepare('INSERT OR IGNORE INTO outbox (hash) VALUES (?)')
        for (const { id, kind, issuer, requestId, jws, receivedAt, origin } of statements) {
          const hash = statementHash(jws, sha256)
          if (put.run(id, kind, issuer, requestId, jws, hash, receivedAt, origin).changes !== 1) continue
          added.push(id)
          if (isToSend) queue.run(hash)
        }
      })
      .immediate()
    if (added.length > 0) this.#changed()
    return added
  }

  /** Oldest first. */
  statements(): KnownStatement[] {
    return this.#db
      .prepare<[], Row>(
        `SELECT s.kind, s.id, s.jws, s.hash, s.received_at AS receivedAt, s.origin, o.attempts AS queued, o.last_error AS lastError, d.state, d.at, d.message
         FROM statement s LEFT JOIN outbox o ON o.hash = s.hash LEFT JOIN delivery d ON d.hash = s.hash ORDER BY s.seq`,
      )
      .all()
      .map((row) => ({
        kind: row.kind,
        id: row.id,
        jws: row.jws,
        hash: row.hash,
        receivedAt: row.receivedAt,
        delivery: deliveryOf(row),
        deliveryMessage: row.message ?? row.lastError,
      }))
  }

  issuerOf(id: string): string | undefined {
    return this.#db.prepare<[string], { issuer: string }>('SELECT issuer FROM statement WHERE id = ?').get(id)?.issuer
  }

  outbox(issuer: string, dueMs: number): OutboxStatement[] {
    return this.#db
      .prepare<[string, number], OutboxStatement>(
        'SELECT s.id, s.hash, s.kind, s.issuer, s.jws, o.attempts FROM outbox o JOIN statement s ON s.hash = o.hash WHERE s.issuer = ? AND o.next_at <= ? ORDER BY s.seq',
      )
      .all(issuer, dueMs)
  }

  waiting(): { readonly count: number; readonly nextAt: number | null; readonly lastError: string | null } {
    const row = this.#db
      .prepare<[], { count: number; nextAt: number | null; lastError: string | null }>(
        'SELECT count(*) AS count, min(next_at) AS nextAt, max(last_error) AS lastError FROM outbox',
      )
      .get()
    return row ?? { count: 0, nextAt: null, lastError: null }
  }

  postpone(hash: string, nextAt: number, reason: string): void {
    this.#db.prepare('UPDATE outbox SET attempts = attempts + 1, next_at = ?, last_error = ? WHERE hash = ?').run(nextAt, reason, hash)
    this.#changed()
  }

  settle(hash: string, state: 'sent' | 'refused', at: string, message: string | null): void {
    this.#db
      .transaction(() => {
        this.#db.prepare('INSERT OR REPLACE INTO delivery (hash, state, at, message) VALUES (?, ?, ?, ?)').run(hash, state, at, message)
        this.#db.prepare('DELETE FROM outbox WHERE hash = ?').run(hash)
      })
      .immediate()
    this.#changed()
  }

  cursor(issuer: string): { readonly scope: string; readonly seq: number } {
    return (
      this.#db.prepare<[string], { scope: string; seq: number }>('SELECT scope, seq FROM cursor WHERE issuer = ?').get(issuer) ?? {
        scope: '',
        seq: 0,
      }
    )
  }

  setCursor(issuer: string, scope: string, seq: number): void {
    this.#db.prepare('INSERT OR REPLACE INTO cursor (issuer, scope, seq) VALUES (?, ?, ?)').run(issuer, scope, seq)
  }

  /** Approval terms of grants that this device holds no licence of: an artist's view, never what an export is judged by. */
  terms(grant: string): ApprovalTerms | undefined {
    const row = this.#db.prepare<[string], { json: string }>('SELECT json FROM grant_terms WHERE id = ?').get(grant)
    const parsed = row && approvalTermsSchema.safeParse(JSON.parse(row.json))
    return parsed?.success ? parsed.data : undefined
  }

  /** Everyone whom terms kept here name. */
  approvers(): readonly Approver[] {
    return this.#db
      .prepare<[], { json: string }>('SELECT json FROM grant_terms')
      .all()
      .flatMap(({ json }) => approvalTermsSchema.safeParse(JSON.parse(json)).data?.approvers ?? [])
  }

  putTerms(grant: string, terms: ApprovalTerms): void {
    this.#db.prepare('INSERT OR REPLACE INTO grant_terms (id, json) VALUES (?, ?)').run(grant, JSON.stringify(terms))
  }

  close(): void {
    this.#db.close()
  }
}
