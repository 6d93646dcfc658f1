// Puts a ledger right at start: receipts that only the recovery copy has, exports that a program left unfinished.
import { join } from 'node:path'
import { verifyReceipt } from '../../../src-shared/receipts/index.ts'
import { hashText } from '../../../src-shared/std/index.ts'
import { sha256, verifyEd25519 } from '../identity/index.ts'
import type { ChainWriter, SignedReceipt } from './chain-writer.ts'
import type { LedgerDatabase } from './database.ts'
import { publishPart, removePart } from './intent.ts'
import type { Ledger, LedgerKey } from './ledger.ts'
import { readRecoveryCopy } from './recovery-copy.ts'
import type { RecoveryCopy } from './recovery-copy.ts'
import { isSessionAlive } from './session-lock.ts'
import { uuidV7 } from './uuid.ts'

/** Receipts of the recovery copy that the database does not have, put back. Returns how many. */
export const restoreMissing = async (dir: string, db: LedgerDatabase, writer: ChainWriter, key: LedgerKey): Promise<number> => {
  const known = new Set(
    db
      .prepare<[], { id: string }>('SELECT id FROM receipt')
      .all()
      .map((row) => row.id),
  )
  const addEpoch = db.prepare(
    'INSERT OR IGNORE INTO epoch (id, issuer, first_prev, reason, started_at, is_current) VALUES (?, ?, ?, ?, ?, 0)',
  )
  const closeIntent = db.prepare("UPDATE intent SET state = ? WHERE id = ? AND state = 'open'")
  let restored = 0
  for await (const { jws, issuer, title } of readRecoveryCopy(dir)) {
    const verified = verifyReceipt(jws, { keyFor: (kid) => (kid === key.kid ? key.publicKey : undefined), verify: verifyEd25519 })
    // A line of another device or a damaged one is no receipt of this ledger.
    if (!verified.ok || known.has(verified.value.id)) continue
    const receipt = verified.value
    const isFree = db.prepare('SELECT 1 FROM receipt WHERE epoch = ? AND seq = ?').get(receipt.epoch, receipt.seq) === undefined
    // Another receipt has this number: the database was exchanged for an old copy and used. The service hears of both as a fork.
    if (!isFree) continue
    db.transaction(() => {
      addEpoch.run(receipt.epoch, issuer, receipt.prev, 'restored', receipt.issuedAt)
      writer.insert({ receipt, jws, hash: hashText(jws, sha256) }, title)
      closeIntent.run(receipt.type === 'void' ? 'void' : 'committed', receipt.id)
    }).immediate()
    known.add(receipt.id)
    restored++
  }
  return restored
}

/** Appends to the copy what the database has and the copy has not. */
export const completeCopy = async (dir: string, db: LedgerDatabase, copy: RecoveryCopy): Promise<void> => {
  const copied = new Set<string>()
  for await (const { jws } of readRecoveryCopy(dir)) copied.add(hashText(jws, sha256))
  const rows = db.prepare<[], { hash: string; jws: string; issuer: string; title: string }>(
    'SELECT r.hash, r.jws, e.issuer, r.title FROM receipt r JOIN epoch e ON e.id = r.epoch ORDER BY r.rowid',
  )
  const missing = rows.all().filter(({ hash }) => !copied.has(hash))
  for (const { jws, issuer, title } of missing) copy.append({ jws, issuer, title })
}

interface IntentRow {
  readonly id: string
  readonly issuer: string
  readonly account: string
  readonly session: string
  readonly state: string
  readonly part_path: string | null
  readonly final_path: string | null
  readonly title: string
}

/** Closes what programs that are gone left behind. */
export const closeLeftovers = async (
  ledger: Ledger,
  dir: string,
  writer: ChainWriter,
  copy: RecoveryCopy,
  clock: () => number,
): Promise<string[]> => {
  const { db } = ledger
  const repairs: string[] = []
  const rows = db
    .prepare<[], IntentRow>(
      "SELECT id, issuer, account, session, state, part_path, final_path, '' AS title FROM intent WHERE state IN ('open', 'committed')",
    )
    .all()
  for (const row of rows) {
    if (isSessionAlive(join(dir, 'sessions'), row.session)) continue
    const file = { partPath: row.part_path, finalPath: row.final_path }
    const close = (from: string, to: string, sign?: () => SignedReceipt): void => {
      const signed = db
        .transaction(() => {
          const { changes } = db.prepare('UPDATE intent SET state = ? WHERE id = ? AND state = ?').run(to, row.id, from)
          // Another program may have closed it in between.
          return changes === 1 ? sign?.() : undefined
        })
        .immediate()
      if (signed) copy.append({ jws: signed.jws, issuer: row.issuer, title: '' })
    }
    if (row.state === 'open') {
      removePart(file)
      close('open', 'void', () => writer.append(row.id, row, { type: 'void', reason: 'interrupted', voids: null }))
      repairs.push('An export that was interrupted is recorded as void; no file was made.')
      continue
    }
    const entry = ledger.show(row.id)
    const receipt = entry.ok ? entry.value.receipt : undefined
    if (receipt && receipt.type !== 'void' && (await publishPart(file, receipt.asset.sha256))) {
      close('committed', 'finished')
      repairs.push('An export that was interrupted at its last step has been finished; its file is in place.')
    } else {
      removePart(file)
      close('committed', 'void', () => writer.append(uuidV7(clock()), row, { type: 'void', reason: 'withdrawn', voids: row.id }))
      repairs.push('An export whose file was lost before it was finished has been withdrawn.')
    }
  }
  return repairs
}
