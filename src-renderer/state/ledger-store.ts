// The ledger's rows and the state of sync.
import { useStore } from 'zustand'
import { createStore } from 'zustand/vanilla'
import type { LedgerRow, SyncState } from '../../src-shared/protocol/index.ts'
import type { Problem } from '../../src-shared/std/index.ts'
import { request } from './bridge.ts'
import { toastDone, toastProblem } from './notices.ts'

export interface LedgerState {
  readonly rows: readonly LedgerRow[] | null
  readonly sync: SyncState | null
  readonly problem: Problem | null
  readonly selected: string | null
}

export const ledgerStore = createStore<LedgerState>(() => ({ rows: null, sync: null, problem: null, selected: null }))

export const useLedger = <T>(select: (state: LedgerState) => T): T => useStore(ledgerStore, select)

/** Reads the ledger. */
export const loadLedger = async (): Promise<void> => {
  const reply = await request('ledger.list', {})
  if (!reply.ok) return ledgerStore.setState({ problem: reply.error })
  const { selected } = ledgerStore.getState()
  const { rows, sync } = reply.value
  ledgerStore.setState({ rows, sync, problem: null, selected: rows.some((row) => row.id === selected) ? selected : (rows[0]?.id ?? null) })
}

/** Sends what is queued now. */
export const syncNow = async (): Promise<void> => {
  const reply = await request('sync.now', {})
  if (!reply.ok) return toastProblem(reply.error)
  ledgerStore.setState({ sync: reply.value })
  await loadLedger()
}

/** Writes the whole ledger to a file the user chooses. */
export const exportLedger = async (): Promise<void> => {
  const reply = await request('ledger.export', {})
  if (!reply.ok) toastProblem(reply.error)
  else if (reply.value) toastDone('Ledger written', reply.value.fileName)
}

/** Withdraws a receipt: a void line follows it; nothing is erased. */
export const voidReceipt = async (id: string): Promise<void> => {
  const reply = await request('ledger.void', { id })
  if (!reply.ok) return toastProblem(reply.error)
  toastDone('Receipt withdrawn', 'A void line was added to the ledger and will be synced.')
  await loadLedger()
}

export const startLedger = (): void => {
  window.stemma.on('ledger.changed', () => void loadLedger())
  window.stemma.on('sync.changed', (sync) => ledgerStore.setState({ sync }))
  void loadLedger()
}
