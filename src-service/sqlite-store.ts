// The service's store on SQLite: one connection writes (serialised), one reads what is committed. WAL, synchronous FULL: what was answered is on disk.
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { APPROVAL_SCHEMA, SqliteApprovals } from './approvals/index.ts'
import type { TreeNode } from '../src-shared/receipts/index.ts'
import type {
  Flag,
  ServiceStore,
  ServiceWriter,
  StoredCheckpoint,
  StoredDevice,
  StoredFingerprint,
  StoredGrant,
  StoredLease,
  StoredReceipt,
  StoredRevocations,
  StoredWork,
} from './store.ts'

const SCHEMA = `
CREATE TABLE IF NOT EXISTS work (id TEXT PRIMARY KEY, search TEXT NOT NULL, title TEXT NOT NULL, json TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS stem (sha256 TEXT NOT NULL, work_id TEXT NOT NULL, bytes INTEGER NOT NULL, mime_type TEXT NOT NULL, PRIMARY KEY (sha256, work_id));
CREATE TABLE IF NOT EXISTS anchor (pem TEXT PRIMARY KEY);
CREATE TABLE IF NOT EXISTS source (key TEXT PRIMARY KEY);
CREATE TABLE IF NOT EXISTS grant_doc (id TEXT NOT NULL, version INTEGER NOT NULL, work_id TEXT NOT NULL, jws TEXT NOT NULL, hash TEXT NOT NULL, PRIMARY KEY (id, version));
CREATE INDEX IF NOT EXISTS grant_by_work ON grant_doc (work_id, version);
CREATE TABLE IF NOT EXISTS challenge (nonce TEXT PRIMARY KEY, expires_at TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS device (kid TEXT PRIMARY KEY, x TEXT NOT NULL, account TEXT NOT NULL, enrolled_at TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS device_token (hash TEXT PRIMARY KEY, kid TEXT NOT NULL, expires_at TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS lease (id TEXT PRIMARY KEY, kid TEXT NOT NULL, account TEXT NOT NULL, grant_id TEXT NOT NULL, grant_version INTEGER NOT NULL,
  grant_hash TEXT NOT NULL, exports_cap INTEGER, issued_at TEXT NOT NULL, not_after TEXT NOT NULL, jws TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS lease_by_account ON lease (account, grant_id, not_after);
CREATE TABLE IF NOT EXISTS receipt (id TEXT PRIMARY KEY, kid TEXT NOT NULL, account TEXT NOT NULL, epoch TEXT NOT NULL, seq INTEGER NOT NULL, hash TEXT NOT NULL,
  jws TEXT NOT NULL, type TEXT NOT NULL, outcome TEXT NOT NULL, log_index INTEGER, proof_size INTEGER, asset_sha256 TEXT, pcm_sha256 TEXT, file_pcm_sha256 TEXT,
  issued_at TEXT NOT NULL, received_at TEXT NOT NULL);
CREATE UNIQUE INDEX IF NOT EXISTS receipt_chain ON receipt (kid, epoch, seq) WHERE outcome <> 'fork';
CREATE INDEX IF NOT EXISTS receipt_hash ON receipt (kid, hash);
CREATE UNIQUE INDEX IF NOT EXISTS receipt_log ON receipt (log_index) WHERE log_index IS NOT NULL;
CREATE INDEX IF NOT EXISTS receipt_asset ON receipt (asset_sha256) WHERE asset_sha256 IS NOT NULL;
CREATE INDEX IF NOT EXISTS receipt_pcm ON receipt (pcm_sha256) WHERE pcm_sha256 IS NOT NULL;
CREATE INDEX IF NOT EXISTS receipt_file_pcm ON receipt (file_pcm_sha256) WHERE file_pcm_sha256 IS NOT NULL;
CREATE TABLE IF NOT EXISTS fingerprint (at INTEGER PRIMARY KEY, receipt_id TEXT NOT NULL UNIQUE, words BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS receipt_use (receipt_id TEXT NOT NULL, account TEXT NOT NULL, grant_id TEXT NOT NULL, lease_id TEXT NOT NULL, issued_at TEXT NOT NULL,
  PRIMARY KEY (receipt_id, grant_id, lease_id));
CREATE INDEX IF NOT EXISTS use_by_lease ON receipt_use (lease_id);
CREATE INDEX IF NOT EXISTS use_by_grant ON receipt_use (account, grant_id, issued_at);
CREATE TABLE IF NOT EXISTS log_node (level INTEGER NOT NULL, idx INTEGER NOT NULL, hash BLOB NOT NULL, PRIMARY KEY (level, idx)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS log_size (one INTEGER PRIMARY KEY CHECK (one = 1), size INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS checkpoint (size INTEGER PRIMARY KEY, root BLOB NOT NULL, note TEXT NOT NULL, at TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS revocations (seq INTEGER PRIMARY KEY, jws TEXT NOT NULL, hash TEXT NOT NULL, next_update TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS flag (id INTEGER PRIMARY KEY, at TEXT NOT NULL, kid TEXT NOT NULL, account TEXT NOT NULL, kind TEXT NOT NULL, json TEXT NOT NULL);
CREATE TRIGGER IF NOT EXISTS receipt_keeps BEFORE DELETE ON receipt BEGIN SELECT RAISE(ABORT, 'receipts are kept'); END;
CREATE TRIGGER IF NOT EXISTS receipt_fixed BEFORE UPDATE OF jws, hash, log_index ON receipt BEGIN SELECT RAISE(ABORT, 'receipts do not change'); END;
CREATE TRIGGER IF NOT EXISTS log_fixed BEFORE UPDATE ON log_node BEGIN SELECT RAISE(ABORT, 'the log only grows'); END;
CREATE TRIGGER IF NOT EXISTS log_keeps BEFORE DELETE ON log_node BEGIN SELECT RAISE(ABORT, 'the log only grows'); END;
`

type Row = Record<string, unknown>

const RECEIPT_COLUMNS =
  'id, kid, epoch, seq, hash, jws, type, outcome, log_index AS logIndex, proof_size AS proofSize, asset_sha256 AS assetSha256, pcm_sha256 AS pcmSha256, file_pcm_sha256 AS filePcmSha256, issued_at AS issuedAt'

const escapeLike = (word: string): string => word.replace(/[\\%_]/g, (match) => `\\${match}`)

/** Statements on one connection. All calls settle at once; the signatures are those of a remote database. */
class SqliteSession implements ServiceWriter {
  readonly #db: Database.Database
  readonly #statements = new Map<string, Database.Statement>()
  readonly approvals: SqliteApprovals
  constructor(db: Database.Database) {
    this.#db = db
    this.approvals = new SqliteApprovals(db)
  }

  #sql(text: string): Database.Statement {
    let statement = this.#statements.get(text)
    if (!statement) {
      statement = this.#db.prepare(text)
      this.#statements.set(text, statement)
    }
    return statement
  }
  #one<T>(text: string, ...values: unknown[]): T | undefined {
    return this.#sql(text).get(...values) as T | undefined
  }
  #all<T>(text: string, ...values: unknown[]): T[] {
    return this.#sql(text).all(...values) as T[]
  }
  #run(text: string, ...values: unknown[]): number {
    return this.#sql(text).run(...values).changes
  }

  async searchWorks({ words, limit, offset }: { words: readonly string[]; limit: number; offset: number }) {
    const where = words.length === 0 ? '' : `WHERE ${words.map(() => "search LIKE ? ESCAPE '\\'").join(' AND ')}`
    const values = words.map((word) => `% ${escapeLike(word)}%`)
    const total = this.#one<{ n: number }>(`SELECT count(*) AS n FROM work ${where}`, ...values)?.n ?? 0
    const rows = this.#all<{ json: string }>(`SELECT json FROM work ${where} ORDER BY title, id LIMIT ? OFFSET ?`, ...values, limit, offset)
    return { works: rows.map((row) => JSON.parse(row.json) as StoredWork), total }
  }
  async work(id: string) {
    const row = this.#one<{ json: string }>('SELECT json FROM work WHERE id = ?', id)
    return row && (JSON.parse(row.json) as StoredWork)
  }
  async stem(sha256: string) {
    const rows = this.#all<{ bytes: number; mimeType: string; workId: string }>(
      'SELECT bytes, mime_type AS mimeType, work_id AS workId FROM stem WHERE sha256 = ?',
      sha256,
    )
    const first = rows[0]
    return first && { bytes: first.bytes, mimeType: first.mimeType, workIds: rows.map((row) => row.workId) }
  }
  async countWorks() {
    return this.#one<{ n: number }>('SELECT count(*) AS n FROM work')?.n ?? 0
  }
  async anchors() {
    return this.#all<{ pem: string }>('SELECT pem FROM anchor ORDER BY rowid').map((row) => row.pem)
  }
  async sourceSeen(key: string) {
    return this.#one('SELECT 1 FROM source WHERE key = ?', key) !== undefined
  }
  async currentGrant(workId: string) {
    return this.#one<StoredGrant>(
      'SELECT id, version, work_id AS workId, jws, hash FROM grant_doc WHERE work_id = ? ORDER BY version DESC LIMIT 1',
      workId,
    )
  }
  async device(kid: string) {
    return this.#one<StoredDevice>('SELECT kid, x, account, enrolled_at AS enrolledAt FROM device WHERE kid = ?', kid)
  }
  async deviceByToken(tokenHash: string, now: string) {
    return this.#one<StoredDevice>(
      'SELECT d.kid, d.x, d.account, d.enrolled_at AS enrolledAt FROM device_token t JOIN device d ON d.kid = t.kid WHERE t.hash = ? AND t.expires_at > ?',
      tokenHash,
      now,
    )
  }
  async lease(id: string) {
    return this.#one<StoredLease>(
      'SELECT id, kid, account, grant_id AS grantId, grant_version AS grantVersion, grant_hash AS grantHash, exports_cap AS exportsCap, issued_at AS issuedAt, not_after AS notAfter, jws FROM lease WHERE id = ?',
      id,
    )
  }
  async hasLease(account: string, workIds: readonly string[], now: string) {
    return workIds.some(
      (workId) =>
        this.#one(
          'SELECT 1 FROM lease l JOIN grant_doc g ON g.id = l.grant_id AND g.version = l.grant_version WHERE l.account = ? AND g.work_id = ? AND l.not_after > ? LIMIT 1',
          account,
          workId,
          now,
        ) !== undefined,
    )
  }
  #withUses(row: Row | undefined): StoredReceipt | undefined {
    if (!row) return undefined
    const uses = this.#all<{ grant: string; lease: string }>(
      'SELECT grant_id AS "grant", lease_id AS lease FROM receipt_use WHERE receipt_id = ?',
      row.id,
    )
    return { ...(row as unknown as StoredReceipt), uses }
  }
  async receipt(id: string) {
    return this.#withUses(this.#one<Row>(`SELECT ${RECEIPT_COLUMNS} FROM receipt WHERE id = ?`, id))
  }
  async receiptByHash(kid: string, hash: string) {
    return this.#withUses(this.#one<Row>(`SELECT ${RECEIPT_COLUMNS} FROM receipt WHERE kid = ? AND hash = ?`, kid, hash))
  }
  async head(kid: string, epoch: string) {
    return this.#one<{ seq: number; hash: string }>(
      "SELECT seq, hash FROM receipt WHERE kid = ? AND epoch = ? AND outcome <> 'fork' ORDER BY seq DESC LIMIT 1",
      kid,
      epoch,
    )
  }
  async hasReceipts(kid: string) {
    return this.#one('SELECT 1 FROM receipt WHERE kid = ? LIMIT 1', kid) !== undefined
  }
  async countExports(by: { lease: string } | { account: string; grant: string; since: string }) {
    const row =
      'lease' in by
        ? this.#one<{ n: number }>('SELECT count(DISTINCT receipt_id) AS n FROM receipt_use WHERE lease_id = ?', by.lease)
        : this.#one<{ n: number }>(
            'SELECT count(DISTINCT receipt_id) AS n FROM receipt_use WHERE account = ? AND grant_id = ? AND issued_at >= ?',
            by.account,
            by.grant,
            by.since,
          )
    return row?.n ?? 0
  }
  async findReceipts(by: 'asset_sha256' | 'pcm_sha256' | 'file_pcm_sha256', hash: string) {
    return this.#all<Row>(`SELECT ${RECEIPT_COLUMNS} FROM receipt WHERE ${by} = ? ORDER BY received_at LIMIT 100`, hash).map(
      (row) => this.#withUses(row)!,
    )
  }
  async fingerprints({ before, limit }: { readonly before: number | null; readonly limit: number }) {
    return this.#all<StoredFingerprint>(
      'SELECT at, receipt_id AS receiptId, words FROM fingerprint WHERE at < ? ORDER BY at DESC LIMIT ?',
      before ?? Number.MAX_SAFE_INTEGER,
      limit,
    )
  }
  async logSize() {
    return this.#one<{ size: number }>('SELECT size FROM log_size')?.size ?? 0
  }
  async logNodes(nodes: readonly TreeNode[]) {
    return nodes.map(({ level, index }) => {
      const row = this.#one<{ hash: Uint8Array }>('SELECT hash FROM log_node WHERE level = ? AND idx = ?', level, index)
      if (!row) throw new Error(`log node ${level}/${index} is missing`)
      return row.hash
    })
  }
  async checkpoint(size: number) {
    return this.#one<StoredCheckpoint>('SELECT size, root, note FROM checkpoint WHERE size = ?', size)
  }
  async latestCheckpoint() {
    return this.#one<StoredCheckpoint>('SELECT size, root, note FROM checkpoint ORDER BY size DESC LIMIT 1')
  }
  async latestRevocations() {
    return this.#one<StoredRevocations>('SELECT seq, jws, hash, next_update AS nextUpdate FROM revocations ORDER BY seq DESC LIMIT 1')
  }
  async flags() {
    return this.#all<Row>('SELECT at, kid, account, kind, json FROM flag ORDER BY id').map(
      ({ json, ...rest }) => ({ ...rest, details: JSON.parse(json as string) }) as Flag,
    )
  }

  async putWork(work: StoredWork, searchText: string) {
    this.#run(
      'INSERT OR REPLACE INTO work (id, search, title, json) VALUES (?, ?, ?, ?)',
      work.id,
      searchText,
      work.facts.title,
      JSON.stringify(work),
    )
    this.#run('DELETE FROM stem WHERE work_id = ?', work.id)
    for (const stem of work.stems)
      this.#run(
        'INSERT OR REPLACE INTO stem (sha256, work_id, bytes, mime_type) VALUES (?, ?, ?, ?)',
        stem.contentSha256,
        work.id,
        stem.bytes,
        stem.mimeType,
      )
    for (const pem of work.anchors) this.#run('INSERT OR IGNORE INTO anchor (pem) VALUES (?)', pem)
  }
  async markSource(key: string) {
    this.#run('INSERT OR IGNORE INTO source (key) VALUES (?)', key)
  }
  async putGrant(grant: StoredGrant) {
    this.#run(
      'INSERT INTO grant_doc (id, version, work_id, jws, hash) VALUES (?, ?, ?, ?, ?)',
      grant.id,
      grant.version,
      grant.workId,
      grant.jws,
      grant.hash,
    )
  }
  async putChallenge(nonce: string, expiresAt: string) {
    this.#run('INSERT INTO challenge (nonce, expires_at) VALUES (?, ?)', nonce, expiresAt)
  }
  async takeChallenge(nonce: string, now: string) {
    this.#run('DELETE FROM challenge WHERE expires_at <= ?', now)
    return this.#run('DELETE FROM challenge WHERE nonce = ?', nonce) === 1
  }
  async putDevice(device: StoredDevice, token: { readonly hash: string; readonly expiresAt: string }) {
    this.#run(
      'INSERT INTO device (kid, x, account, enrolled_at) VALUES (?, ?, ?, ?) ON CONFLICT (kid) DO NOTHING',
      device.kid,
      device.x,
      device.account,
      device.enrolledAt,
    )
    this.#run('INSERT INTO device_token (hash, kid, expires_at) VALUES (?, ?, ?)', token.hash, device.kid, token.expiresAt)
    // The app and the command line may renew side by side: the newest few tokens of a device stay good.
    this.#run(
      'DELETE FROM device_token WHERE kid = ? AND hash NOT IN (SELECT hash FROM device_token WHERE kid = ? ORDER BY rowid DESC LIMIT 4)',
      device.kid,
      device.kid,
    )
  }
  async putLease(lease: StoredLease) {
    this.#run(
      'INSERT INTO lease (id, kid, account, grant_id, grant_version, grant_hash, exports_cap, issued_at, not_after, jws) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)',
      lease.id,
      lease.kid,
      lease.account,
      lease.grantId,
      lease.grantVersion,
      lease.grantHash,
      lease.exportsCap,
      lease.issuedAt,
      lease.notAfter,
      lease.jws,
    )
  }
  async putReceipt(receipt: StoredReceipt, account: string, receivedAt: string) {
    this.#run(
      'INSERT INTO receipt (id, kid, account, epoch, seq, hash, jws, type, outcome, log_index, proof_size, asset_sha256, pcm_sha256, file_pcm_sha256, issued_at, received_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)',
      receipt.id,
      receipt.kid,
      account,
      receipt.epoch,
      receipt.seq,
      receipt.hash,
      receipt.jws,
      receipt.type,
      receipt.outcome,
      receipt.logIndex,
      receipt.proofSize,
      receipt.assetSha256,
      receipt.pcmSha256,
      receipt.filePcmSha256,
      receipt.issuedAt,
      receivedAt,
    )
    if (receipt.fingerprint)
      this.#run('INSERT OR IGNORE INTO fingerprint (receipt_id, words) VALUES (?, ?)', receipt.id, receipt.fingerprint)
    for (const use of receipt.uses)
      this.#run(
        'INSERT OR IGNORE INTO receipt_use (receipt_id, account, grant_id, lease_id, issued_at) VALUES (?, ?, ?, ?, ?)',
        receipt.id,
        account,
        use.grant,
        use.lease,
        receipt.issuedAt,
      )
  }
  async fixProofSize(id: string, size: number) {
    this.#run('UPDATE receipt SET proof_size = ? WHERE id = ? AND proof_size IS NULL', size, id)
    return this.#one<{ size: number }>('SELECT proof_size AS size FROM receipt WHERE id = ?', id)?.size ?? size
  }
  async putLogNode({ level, index }: TreeNode, hash: Uint8Array) {
    this.#run('INSERT INTO log_node (level, idx, hash) VALUES (?, ?, ?)', level, index, hash)
  }
  async setLogSize(size: number) {
    this.#run('INSERT INTO log_size (one, size) VALUES (1, ?) ON CONFLICT (one) DO UPDATE SET size = excluded.size', size)
  }
  async putCheckpoint({ size, root, note }: StoredCheckpoint, at: string) {
    this.#run('INSERT OR IGNORE INTO checkpoint (size, root, note, at) VALUES (?, ?, ?, ?)', size, root, note, at)
  }
  async putRevocations({ seq, jws, hash, nextUpdate }: StoredRevocations) {
    this.#run('INSERT INTO revocations (seq, jws, hash, next_update) VALUES (?, ?, ?, ?)', seq, jws, hash, nextUpdate)
  }
  async putFlag({ at, kid, account, kind, details }: Flag) {
    this.#run('INSERT INTO flag (at, kid, account, kind, json) VALUES (?, ?, ?, ?, ?)', at, kid, account, kind, JSON.stringify(details))
  }
}

/** Opens `service.sqlite` in a folder. */
export const openSqliteStore = (dataDir: string): ServiceStore => {
  const path = join(dataDir, 'service.sqlite')
  const writing = new Database(path)
  writing.pragma('journal_mode = WAL')
  writing.pragma('synchronous = FULL')
  writing.exec(SCHEMA + APPROVAL_SCHEMA)
  const reading = new Database(path, { readonly: true })
  const writer = new SqliteSession(writing)
  let queue: Promise<unknown> = Promise.resolve()
  return {
    read: new SqliteSession(reading),
    transact: (work) => {
      const run = async () => {
        writing.exec('BEGIN IMMEDIATE')
        try {
          const value = await work(writer)
          writing.exec('COMMIT')
          return value
        } catch (error) {
          if (writing.inTransaction) writing.exec('ROLLBACK')
          throw error
        }
      }
      const result = queue.then(run)
      queue = result.catch(() => {})
      return result
    },
    close: async () => {
      await queue
      reading.close()
      writing.close()
    },
  }
}
