// Approvals in the service's SQLite file. Statements are append-only by trigger: what an artist signed can neither be changed nor lost.
import type Database from 'better-sqlite3'
import { RECEIPT_TYP } from '../../src-shared/receipts/index.ts'
import { decodeJws } from '../../src-shared/std/index.ts'
import type { ApprovalWriter, StoredApprovalAudio, StoredStatement, StoredUse, Visibility } from './store.ts'

export const APPROVAL_SCHEMA = `
CREATE TABLE IF NOT EXISTS approval_statement (seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, kind TEXT NOT NULL, request_id TEXT NOT NULL,
  grant_id TEXT NOT NULL, account TEXT NOT NULL, hash TEXT NOT NULL, jws TEXT NOT NULL, received_at TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS approval_by_account ON approval_statement (account, seq);
CREATE INDEX IF NOT EXISTS approval_by_grant ON approval_statement (grant_id, seq);
CREATE TABLE IF NOT EXISTS approval_audio (sha256 TEXT NOT NULL, request_id TEXT NOT NULL, bytes INTEGER NOT NULL, mime_type TEXT NOT NULL, PRIMARY KEY (sha256, request_id));
CREATE TABLE IF NOT EXISTS approval_artist (artist TEXT NOT NULL, device TEXT NOT NULL, at TEXT NOT NULL, PRIMARY KEY (device, artist));
CREATE TABLE IF NOT EXISTS approval_approver (grant_id TEXT NOT NULL, version INTEGER NOT NULL, kid TEXT NOT NULL, PRIMARY KEY (kid, grant_id, version));
CREATE INDEX IF NOT EXISTS use_of_grant ON receipt_use (grant_id, receipt_id);
CREATE TRIGGER IF NOT EXISTS approval_fixed BEFORE UPDATE ON approval_statement BEGIN SELECT RAISE(ABORT, 'a signed statement does not change'); END;
CREATE TRIGGER IF NOT EXISTS approval_kept BEFORE DELETE ON approval_statement BEGIN SELECT RAISE(ABORT, 'a signed statement is never deleted'); END;
`

const COLUMNS = 'seq, kind, id, jws, hash, request_id AS requestId, grant_id AS grantId, account, received_at AS receivedAt'
const AUDIO_COLUMNS = 'a.sha256, a.bytes, a.mime_type AS mimeType, a.request_id AS requestId'

export class SqliteApprovals implements ApprovalWriter {
  readonly #db: Database.Database
  constructor(db: Database.Database) {
    this.#db = db
  }

  #all<T>(sql: string, ...values: unknown[]): T[] {
    return this.#db.prepare(sql).all(...values) as T[]
  }
  #one<T>(sql: string, ...values: unknown[]): T | undefined {
    return this.#db.prepare(sql).get(...values) as T | undefined
  }

  async statement(id: string) {
    return this.#one<StoredStatement>(`SELECT ${COLUMNS} FROM approval_statement WHERE id = ?`, id)
  }
  async statements({ account, grants }: Visibility, { since, limit }: { readonly since: number; readonly limit: number }) {
    return this.#all<StoredStatement>(
      `SELECT ${COLUMNS} FROM approval_statement WHERE seq > ? AND (account = ? OR grant_id IN (SELECT value FROM json_each(?))) ORDER BY seq LIMIT ?`,
      since,
      account,
      JSON.stringify(grants),
      limit,
    )
  }
  async audio(sha256: string) {
    return this.#all<StoredApprovalAudio & { account: string; grantId: string }>(
      `SELECT ${AUDIO_COLUMNS}, s.account, s.grant_id AS grantId FROM approval_audio a JOIN approval_statement s ON s.id = a.request_id WHERE a.sha256 = ?`,
      sha256,
    )
  }
  async audioOf(account: string) {
    return this.#all<StoredApprovalAudio>(
      `SELECT ${AUDIO_COLUMNS} FROM approval_audio a JOIN approval_statement s ON s.id = a.request_id WHERE s.account = ? ORDER BY s.seq DESC LIMIT 2000`,
      account,
    )
  }
  async artistsOf(device: string) {
    return this.#all<{ artist: string }>('SELECT artist FROM approval_artist WHERE device = ? ORDER BY artist LIMIT 100', device).map(
      ({ artist }) => artist,
    )
  }
  async grantsOf(artists: readonly string[]) {
    return this.#all<{ id: string }>(
      `SELECT DISTINCT p.grant_id AS id FROM approval_approver p WHERE p.kid IN (SELECT value FROM json_each(?))
       AND p.version = (SELECT max(version) FROM grant_doc WHERE id = p.grant_id) ORDER BY id LIMIT 10000`,
      JSON.stringify(artists),
    ).map(({ id }) => id)
  }
  async usesOf(grants: readonly string[], { before, limit }: { readonly before: number | null; readonly limit: number }) {
    return this.#all<StoredUse>(
      `SELECT r.rowid AS at, r.id, r.kid, r.jws, r.log_index AS logIndex FROM receipt r
       WHERE r.type <> 'void' AND (? IS NULL OR r.rowid < ?)
       AND EXISTS (SELECT 1 FROM receipt_use u WHERE u.receipt_id = r.id AND u.grant_id IN (SELECT value FROM json_each(?)))
       ORDER BY r.rowid DESC LIMIT ?`,
      before,
      before,
      JSON.stringify(grants),
      limit,
    )
  }
  async withdrawnOf(kid: string) {
    return this.#all<{ jws: string }>(
      "SELECT jws FROM receipt WHERE kid = ? AND type = 'void' ORDER BY rowid DESC LIMIT 10000",
      kid,
    ).flatMap(({ jws }) => {
      const decoded = decodeJws(jws, RECEIPT_TYP)
      const voids = decoded.ok ? (decoded.value.payload as { readonly voids?: unknown }).voids : undefined
      return typeof voids === 'string' ? [voids] : []
    })
  }
  async workOf(grantId: string) {
    return this.#one<{ work: string }>('SELECT work_id AS work FROM grant_doc WHERE id = ? ORDER BY version DESC LIMIT 1', grantId)?.work
  }

  async putStatement({ kind, id, jws, hash, requestId, grantId, account, receivedAt }: Omit<StoredStatement, 'seq'>) {
    this.#db
      .prepare(
        'INSERT INTO approval_statement (id, kind, request_id, grant_id, account, hash, jws, received_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)',
      )
      .run(id, kind, requestId, grantId, account, hash, jws, receivedAt)
  }
  async putAudio({ sha256, requestId, bytes, mimeType }: StoredApprovalAudio) {
    this.#db
      .prepare('INSERT OR IGNORE INTO approval_audio (sha256, request_id, bytes, mime_type) VALUES (?, ?, ?, ?)')
      .run(sha256, requestId, bytes, mimeType)
  }
  async putArtist(artist: string, device: string, at: string) {
    this.#db.prepare('INSERT OR IGNORE INTO approval_artist (artist, device, at) VALUES (?, ?, ?)').run(artist, device, at)
  }
  async putApprovers(grantId: string, version: number, kids: readonly string[]) {
    const put = this.#db.prepare('INSERT OR IGNORE INTO approval_approver (grant_id, version, kid) VALUES (?, ?, ?)')
    for (const kid of kids) put.run(grantId, version, kid)
  }
}
