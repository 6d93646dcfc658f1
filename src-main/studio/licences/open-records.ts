// Ledger and licences share one database and one idea of time; they are opened together.
import { ok } from '../../../src-shared/std/index.ts'
import type { Result } from '../../../src-shared/std/index.ts'
import { openLedger } from '../ledger/index.ts'
import type { Ledger, LedgerOptions, ReceiptClock } from '../ledger/index.ts'
import { ClockGuard } from './clock-guard.ts'
import { Licences } from './licences.ts'

export interface Records {
  readonly ledger: Ledger
  readonly licences: Licences
  readonly clock: ClockGuard
  close(): void
}

/** Opens `ledger.sqlite` in `dir` with everything that lives in it. Codes: `ledger.*`. */
export const openRecords = async (
  options: Omit<LedgerOptions, 'readClock'> & { readonly monotonic?: () => number },
): Promise<Result<Records>> => {
  const { clock = Date.now, monotonic, ...rest } = options
  let guard: ClockGuard | undefined
  // Voids signed while the ledger opens come before the guard, which reads its mark from that ledger.
  const early = (): ReceiptClock => ({ src: 'system', uncertaintyMs: 86_400_000, anchor: '', mono: 0 })
  const ledger = await openLedger({ ...rest, clock, readClock: () => guard?.receiptClock() ?? early() })
  if (!ledger.ok) return ledger
  const { db, isReadOnly } = ledger.value
  guard = new ClockGuard({ db, isReadOnly, clock, ...(monotonic ? { monotonic } : {}) })
  return ok({ ledger: ledger.value, licences: new Licences({ db, clock: guard }), clock: guard, close: () => ledger.value.close() })
}
