// Statements of approvals on this device: written here first, sent after, never changed and never deleted. One SQLite file; window and command line may
// use it at once.
import { existsSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { type KnownStatement, type StatementKind, statementHash } from '../../../src-shared/approvals/index.ts'
import { type ApprovalTerms, approvalTermsSchema } from '../../../src-shared/rights/index.ts'
import { sha256 } from '../identity/index.ts'

const SCHEMA = `
CREATE TABLE IF NOT EXISTS statement (seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, kind TEXT NOT NULL, issuer TEXT NOT NULL, request_id TEXT NOT NULL,
  jws TEXT NOT NULL, hash TEXT NOT NULL, received_at TEXT NOT NULL, origin TEXT NOT NULL CHECK (origin IN ('own', 'service', 'file')));
CREATE TABLE IF NOT EXISTS outbox (id TEXT PRIMARY KEY, attempts INTEGER NOT NULL DEFAULT 0, next_at INTEGER NOT NULL DEFAULT 0, last_error TEXT);
CREATE TABLE IF NOT EXISTS delivery (id TEXT PRIMARY KEY, state TEXT NOT NULL CHECK (state IN ('sent', 'refused')), at TEXT NOT NULL, message TEXT);
CREATE TABLE IF NOT EXISTS cursor (issuer TEXT PRIMARY KEY, scope TEXT NOT NULL, seq INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS grant_terms (id TEXT PRIMARY KEY, json TEXT NOT NULL);
CREATE TRIGGER IF NOT EXISTS statement_fixed BEFORE UPDATE ON statement BEGIN SELECT RAISE(ABORT, 'a signed statement does not change'); END;
CREATE TRIGGER IF NOT EXISTS statement_kept BEFORE DELETE ON statement BEGIN SELECT RAISE(ABORT, 'a signed statement is never deleted'); END;
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
    this.#db.exec(SCHEMA)
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
   * nothing; another one under a known id is left out. Returns the ids that were new.
   */
  add(statements: readonly NewStatement[], { isToSend }: { readonly isToSend: boolean }): string[] {
    const added: string[] = []
    this.#db
      .transaction(() => {
        const put = this.#db.prepare(
          'INSERT OR IGNORE INTO statement (id, kind, issuer, request_id, jws, hash, received_at, origin) VALUES (?, ?, ?, ?, ?, ?, ?, ?)',
        )
        const queue = this.#db.prepare('INSERT OR IGNORE INTO outbox (id) VALUES (?)')
        for (const { id, kind, issuer, requestId, jws, receivedAt, origin } of statements) {
          if (put.run(id, kind, issuer, requestId, jws, statementHash(jws, sha256), receivedAt, origin).changes !== 1) continue
          added.push(id)
          if (isToSend) queue.run(id)
        }
      })
      .immediate()
    if (added.length > 0) this.#changed()
    return added
  }

  has(id: string): boolean {
    return this.#db.prepare('SELECT 1 FROM statement WHERE id = ?').get(id) !== undefined
  }

  /** Oldest first. */
  statements(): KnownStatement[] {
    return this.#db
      .prepare<[], Row>(
        `SELECT s.kind, s.id, s.jws, s.hash, s.received_at AS receivedAt, s.origin, o.attempts AS queued, o.last_error AS lastError, d.state, d.at, d.message
         FROM statement s LEFT JOIN outbox o ON o.id = s.id LEFT JOIN delivery d ON d.id = s.id ORDER BY s.seq`,
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
        'SELECT s.id, s.kind, s.issuer, s.jws, o.attempts FROM outbox o JOIN statement s ON s.id = o.id WHERE s.issuer = ? AND o.next_at <= ? ORDER BY s.seq',
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

  postpone(id: string, nextAt: number, reason: string): void {
    this.#db.prepare('UPDATE outbox SET attempts = attempts + 1, next_at = ?, last_error = ? WHERE id = ?').run(nextAt, reason, id)
    this.#changed()
  }

  settle(id: string, state: 'sent' | 'refused', at: string, message: string | null): void {
    this.#db
      .transaction(() => {
        this.#db.prepare('INSERT OR REPLACE INTO delivery (id, state, at, message) VALUES (?, ?, ?, ?)').run(id, state, at, message)
        this.#db.prepare('DELETE FROM outbox WHERE id = ?').run(id)
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

  putTerms(grant: string, terms: ApprovalTerms): void {
    this.#db.prepare('INSERT OR REPLACE INTO grant_terms (id, json) VALUES (?, ?)').run(grant, JSON.stringify(terms))
  }

  close(): void {
    this.#db.close()
  }
}
