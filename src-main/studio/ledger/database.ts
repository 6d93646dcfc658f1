// The ledger's database file: schema, checks at start, and the rules the database itself enforces (a signed receipt is never changed or deleted).
import { existsSync, renameSync, statSync } from 'node:fs'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { fail } from '../../../src-shared/std/index.ts'
import type { Problem, Result } from '../../../src-shared/std/index.ts'

export type LedgerDatabase = Database.Database

export const LEDGER_FILE = 'ledger.sqlite'

const SCHEMA_VERSION = 1

const SCHEMA = `
CREATE TABLE IF NOT EXISTS epoch (id TEXT PRIMARY KEY, issuer TEXT NOT NULL, first_prev TEXT NOT NULL, reason TEXT NOT NULL, started_at TEXT NOT NULL,
  is_current INTEGER NOT NULL DEFAULT 1);
CREATE UNIQUE INDEX IF NOT EXISTS epoch_current ON epoch (issuer) WHERE is_current = 1;
CREATE TABLE IF NOT EXISTS intent (id TEXT PRIMARY KEY, issuer TEXT NOT NULL, account TEXT NOT NULL, session TEXT NOT NULL, created_at TEXT NOT NULL, json TEXT NOT NULL,
  hash TEXT NOT NULL, state TEXT NOT NULL CHECK (state IN ('open', 'committed', 'finished', 'void')), part_path TEXT, final_path TEXT);
CREATE INDEX IF NOT EXISTS intent_state ON intent (state) WHERE state IN ('open', 'committed');
CREATE TABLE IF NOT EXISTS intent_use (intent_id TEXT NOT NULL, grant_id TEXT NOT NULL, lease_id TEXT NOT NULL, PRIMARY KEY (intent_id, grant_id, lease_id));
CREATE TABLE IF NOT EXISTS receipt (id TEXT PRIMARY KEY, epoch TEXT NOT NULL, seq INTEGER NOT NULL, prev TEXT NOT NULL, hash TEXT NOT NULL, jws TEXT NOT NULL,
  type TEXT NOT NULL, state TEXT NOT NULL CHECK (state IN ('local', 'queued', 'synced', 'refused')), issued_at TEXT NOT NULL, title TEXT NOT NULL DEFAULT '',
  voids TEXT, voided_by TEXT, asset_sha256 TEXT, pcm_sha256 TEXT, file_pcm_sha256 TEXT, error_code TEXT, error_message TEXT, UNIQUE (epoch, seq));
CREATE INDEX IF NOT EXISTS receipt_state ON receipt (state);
CREATE INDEX IF NOT EXISTS receipt_hash ON receipt (hash);
CREATE INDEX IF NOT EXISTS receipt_asset ON receipt (asset_sha256) WHERE asset_sha256 IS NOT NULL;
CREATE INDEX IF NOT EXISTS receipt_pcm ON receipt (pcm_sha256) WHERE pcm_sha256 IS NOT NULL;
CREATE INDEX IF NOT EXISTS receipt_file_pcm ON receipt (file_pcm_sha256) WHERE file_pcm_sha256 IS NOT NULL;
CREATE TABLE IF NOT EXISTS fingerprint (receipt_id TEXT PRIMARY KEY, words BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS receipt_use (receipt_id TEXT NOT NULL, grant_id TEXT NOT NULL, lease_id TEXT NOT NULL, issued_at TEXT NOT NULL, PRIMARY KEY (receipt_id, grant_id, lease_id));
CREATE INDEX IF NOT EXISTS use_by_grant ON receipt_use (grant_id, issued_at);
CREATE INDEX IF NOT EXISTS use_by_lease ON receipt_use (lease_id);
CREATE TABLE IF NOT EXISTS outbox (id INTEGER PRIMARY KEY, receipt_id TEXT NOT NULL UNIQUE, attempts INTEGER NOT NULL DEFAULT 0, next_at INTEGER NOT NULL DEFAULT 0,
  last_error TEXT);
CREATE TABLE IF NOT EXISTS proof (receipt_id TEXT PRIMARY KEY, log_index INTEGER NOT NULL, tree_size INTEGER NOT NULL, inclusion TEXT NOT NULL, checkpoint TEXT NOT NULL,
  verified_at TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS checkpoint (origin TEXT NOT NULL, size INTEGER NOT NULL, root BLOB NOT NULL, note TEXT NOT NULL, PRIMARY KEY (origin, size));
CREATE TABLE IF NOT EXISTS evidence (id INTEGER PRIMARY KEY, issuer TEXT NOT NULL, at TEXT NOT NULL, code TEXT NOT NULL, json TEXT NOT NULL, is_seen INTEGER NOT NULL DEFAULT 0);
CREATE TABLE IF NOT EXISTS grant_doc (hash TEXT PRIMARY KEY, id TEXT NOT NULL, version INTEGER NOT NULL, issuer TEXT NOT NULL, work TEXT NOT NULL, jws TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS lease (id TEXT PRIMARY KEY, issuer TEXT NOT NULL, grant_hash TEXT NOT NULL, issued_at TEXT NOT NULL, not_after TEXT NOT NULL, jws TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS lease_by_grant ON lease (grant_hash, issued_at);
CREATE TABLE IF NOT EXISTS revocations (issuer TEXT NOT NULL, seq INTEGER NOT NULL, hash TEXT NOT NULL, jws TEXT NOT NULL, PRIMARY KEY (issuer, seq));
CREATE TABLE IF NOT EXISTS clock (one INTEGER PRIMARY KEY CHECK (one = 1), ms INTEGER NOT NULL, anchor TEXT NOT NULL);
CREATE TRIGGER IF NOT EXISTS receipt_fixed BEFORE UPDATE OF id, epoch, seq, prev, hash, jws, type, issued_at ON receipt
  BEGIN SELECT RAISE(ABORT, 'a signed receipt does not change'); END;
CREATE TRIGGER IF NOT EXISTS receipt_kept BEFORE DELETE ON receipt BEGIN SELECT RAISE(ABORT, 'a signed receipt is never deleted'); END;
CREATE TRIGGER IF NOT EXISTS proof_kept BEFORE DELETE ON proof BEGIN SELECT RAISE(ABORT, 'a proof is never deleted'); END;
CREATE TRIGGER IF NOT EXISTS evidence_kept BEFORE DELETE ON evidence BEGIN SELECT RAISE(ABORT, 'evidence is never deleted'); END;
`

interface SqliteError extends Error {
  readonly code?: string
}

const codeOf = (error: unknown): string => (error as SqliteError)?.code ?? ''

/** What a database error means to the user. Codes: `ledger.disk_full`, `ledger.read_only`, `ledger.damaged`, `ledger.busy`, `ledger.failed`. */
export const ledgerProblem = (error: unknown): Problem => {
  const code = codeOf(error)
  if (code.startsWith('SQLITE_FULL') || code === 'ENOSPC')
    return {
      code: 'ledger.disk_full',
      message: 'The disk is full, so the receipt could not be written and nothing was exported. Free some space and export again.',
    }
  if (code.startsWith('SQLITE_READONLY') || code === 'EROFS' || code === 'EACCES' || code === 'EPERM' || code.startsWith('SQLITE_CANTOPEN'))
    return {
      code: 'ledger.read_only',
      message:
        'The ledger cannot be written, so nothing can be exported. Check the permissions of the application data folder and its disk.',
    }
  if (code.startsWith('SQLITE_CORRUPT') || code.startsWith('SQLITE_NOTADB'))
    return {
      code: 'ledger.damaged',
      message: 'The ledger is damaged on disk. Start the program again: it rebuilds the ledger from its recovery copy.',
    }
  if (code.startsWith('SQLITE_BUSY') || code.startsWith('SQLITE_LOCKED'))
    return {
      code: 'ledger.busy',
      message: 'Another program is writing to the ledger and does not finish. Close other windows and commands of Stemma, then try again.',
    }
  if (code.startsWith('SQLITE_IOERR'))
    return {
      code: 'ledger.disk_failed',
      message: 'The disk reported an error while the ledger was written; nothing was exported. Check the disk and try again.',
    }
  return {
    code: 'ledger.failed',
    message: `The ledger could not be used: ${error instanceof Error ? error.message : String(error)}.`,
    details: { sqlite: code },
  }
}

export const ledgerFailure = (error: unknown): Result<never> => {
  const { code, message, details } = ledgerProblem(error)
  return fail(code, message, details)
}

const isDamage = (error: unknown): boolean => /^SQLITE_(CORRUPT|NOTADB)/.test(codeOf(error))

const openReadOnly = (path: string): LedgerDatabase => new Database(path, { readonly: true, timeout: 5_000 })

const openWritable = (path: string): LedgerDatabase => {
  const db = new Database(path, { timeout: 10_000 })
  try {
    db.pragma('journal_mode = WAL')
    db.pragma('synchronous = FULL')
    if ((db.pragma('user_version', { simple: true }) as number) > SCHEMA_VERSION) return db
    db.exec('BEGIN IMMEDIATE')
    db.exec(SCHEMA)
    db.pragma(`user_version = ${SCHEMA_VERSION}`)
    db.exec('COMMIT')
    return db
  } catch (error) {
    db.close()
    throw error
  }
}

export interface OpenedDatabase {
  readonly db: LedgerDatabase
  readonly isReadOnly: boolean
  /** True where the file was damaged or empty and a new one was started; the damaged one is kept beside it. */
  readonly wasDamaged: boolean
}

const setAside = (path: string, nowMs: number): void => {
  for (const suffix of ['', '-wal', '-shm']) if (existsSync(path + suffix)) renameSync(path + suffix, `${path}.damaged-${nowMs}${suffix}`)
}

/** Opens `ledger.sqlite` in a folder and checks it. A damaged file is set aside, never deleted. */
export const openDatabase = (dir: string, nowMs: number): Result<OpenedDatabase> => {
  const path = join(dir, LEDGER_FILE)
  const existed = existsSync(path) && statSync(path).size > 0
  try {
    let db: LedgerDatabase
    try {
      db = openWritable(path)
    } catch (error) {
      if (!/^SQLITE_(READONLY|CANTOPEN|IOERR)/.test(codeOf(error)) || !existed) throw error
      return { ok: true, value: { db: openReadOnly(path), isReadOnly: true, wasDamaged: false } }
    }
    if ((db.pragma('user_version', { simple: true }) as number) > SCHEMA_VERSION) {
      db.close()
      return fail('ledger.newer', 'This ledger was written by a newer version of Stemma. Update Stemma to use it; it was not touched.')
    }
    const verdict = db.pragma('quick_check(1)', { simple: true })
    if (verdict === 'ok') return { ok: true, value: { db, isReadOnly: false, wasDamaged: false } }
    db.close()
    setAside(path, nowMs)
    return { ok: true, value: { db: openWritable(path), isReadOnly: false, wasDamaged: true } }
  } catch (error) {
    if (!isDamage(error)) return ledgerFailure(error)
    try {
      setAside(path, nowMs)
      return { ok: true, value: { db: openWritable(path), isReadOnly: false, wasDamaged: true } }
    } catch (second) {
      return ledgerFailure(second)
    }
  }
}
