// Opening the ledger: check the database, restore what is missing, close what was cut off.
import { join } from 'node:path'
import { ok } from '../../../src-shared/std/index.ts'
import type { Result } from '../../../src-shared/std/index.ts'
import { ChainWriter } from './chain-writer.ts'
import type { ReceiptClock } from './chain-writer.ts'
import { ledgerFailure, openDatabase } from './database.ts'
import { Ledger } from './ledger.ts'
import type { LedgerKey } from './ledger.ts'
import { closeLeftovers, completeCopy, restoreMissing } from './recovery.ts'
import { openRecoveryCopy } from './recovery-copy.ts'
import type { RecoveryCopy } from './recovery-copy.ts'
import { holdSession } from './session-lock.ts'
import type { SessionLock } from './session-lock.ts'
import { uuidV7 } from './uuid.ts'

export interface LedgerOptions {
  /** Folder for `ledger.sqlite` and `receipts.jsonl`. */
  readonly dir: string
  readonly key: LedgerKey
  readonly app: { readonly name: string; readonly version: string }
  readonly clock?: () => number
  /** How well the time is known; without it, receipts say that the system clock alone was used. */
  readonly readClock?: () => ReceiptClock
}

/** System clock alone: nobody vouches for it, so the stated uncertainty is a day. */
const systemClock = (): ReceiptClock => ({ src: 'system', uncertaintyMs: 86_400_000, anchor: '', mono: Math.floor(performance.now()) })

/**
 * Opens the ledger of a folder, checks it, restores what is missing from its recovery copy and closes exports that were cut off. Codes: `ledger.*`.
 * A folder that cannot be written gives a ledger that can be read (`isReadOnly`).
 */
export const openLedger = async ({ dir, key, app, clock = Date.now, readClock = systemClock }: LedgerOptions): Promise<Result<Ledger>> => {
  const opened = openDatabase(dir, clock())
  if (!opened.ok) return opened
  const { db, isReadOnly, wasDamaged } = opened.value
  const writer = new ChainWriter({ db, kid: key.kid, sign: key.sign, app, clock, readClock })
  const repairs: string[] = []
  const parts = { db, isReadOnly, repairs, key, clock, writer }
  if (isReadOnly) return ok(new Ledger({ ...parts, session: undefined, copy: undefined }))
  let session: SessionLock | undefined
  let copy: RecoveryCopy | undefined
  try {
    session = holdSession(join(dir, 'sessions'), uuidV7(clock()))
    copy = openRecoveryCopy(dir)
    const newest = db
      .prepare<[], { jws: string; n: number }>('SELECT jws, (SELECT count(*) FROM receipt) AS n FROM receipt ORDER BY rowid DESC LIMIT 1')
      .get()
    if (wasDamaged) repairs.push('The ledger was damaged on disk and has been rebuilt; the damaged file is kept beside it.')
    if (copy.last?.jws !== newest?.jws) {
      const restored = await restoreMissing(dir, db, writer, key)
      if (restored > 0) {
        repairs.push(`${restored} receipts were restored from the recovery copy.`)
        // What was signed between the copy and the loss is unknown, so numbers must not be used twice.
        const issuers = db.prepare<[], { issuer: string }>('SELECT DISTINCT issuer FROM epoch').all()
        db.transaction(() => {
          for (const { issuer } of issuers) {
            const last = db
              .prepare<[string], { hash: string }>(
                'SELECT r.hash FROM receipt r JOIN epoch e ON e.id = r.epoch WHERE e.issuer = ? ORDER BY r.rowid DESC LIMIT 1',
              )
              .get(issuer)
            if (last) writer.startEpoch(issuer, last.hash, 'rebuilt')
          }
        }).immediate()
      }
      await completeCopy(dir, db, copy)
    }
    const ledger = new Ledger({ ...parts, session, copy })
    repairs.push(...(await closeLeftovers(ledger, dir, writer, copy, clock)))
    return ok(ledger)
  } catch (error) {
    copy?.close()
    session?.release()
    db.close()
    return ledgerFailure(error)
  }
}
