import './ledger.css'

export { LedgerScreen, LedgerSummary } from './ledger-screen.tsx'
export { STATE_WORDS } from './ledger-words.ts'
