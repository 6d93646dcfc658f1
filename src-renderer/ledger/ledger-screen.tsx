// The ledger: every receipt, its state, and exactly what was or will be sent.
import { Download, ReceiptText, RefreshCw } from 'lucide-react'
import { useEffect, useState } from 'react'
import { Badge, Button, EmptyState, Loading, ProblemState } from '../parts/index.ts'
import { exportLedger, loadLedger, showScreen, syncNow, useLedger } from '../state/index.ts'
import { LedgerDetail } from './ledger-detail.tsx'
import { LedgerList } from './ledger-list.tsx'
import { syncSentence, syncTone } from './ledger-words.ts'

const SyncLine = () => {
  const sync = useLedger((ledger) => ledger.sync)
  const [isBusy, setIsBusy] = useState(false)
  if (!sync) return null
  return (
    <div className="sync" role="status" aria-label="Sync">
      <Badge tone={syncTone(sync)}>{`${sync.synced} synced, ${sync.queued} queued`}</Badge>
      <span className="muted ellipsis" title={syncSentence(sync)}>
        {syncSentence(sync)}
      </span>
      <span className="spacer" />
      <Button
        icon={RefreshCw}
        disabled={isBusy || sync.state === 'syncing'}
        onClick={() => {
          setIsBusy(true)
          void syncNow().then(() => setIsBusy(false))
        }}
      >
        Sync now
      </Button>
      <Button icon={Download} onClick={() => void exportLedger()}>
        Export ledger…
      </Button>
    </div>
  )
}

/** The ledger as a screen. */
export const LedgerScreen = () => {
  const rows = useLedger((ledger) => ledger.rows)
  const problem = useLedger((ledger) => ledger.problem)
  const selected = useLedger((ledger) => ledger.selected)
  // What sync says may be from before the service was there.
  useEffect(() => void loadLedger(), [])
  return (
    <div className="ledger">
      <div className="ledger-main">
        <header className="page-head">
          <div>
            <h1>Ledger</h1>
            <p className="muted">One signed line per export, written here first and synced after.</p>
          </div>
        </header>
        <SyncLine />
        {problem ? (
          <ProblemState problem={problem} action={<Button onClick={() => void loadLedger()}>Try again</Button>} />
        ) : rows === null ? (
          <Loading label="Loading the ledger" lines={6} />
        ) : rows.length === 0 ? (
          <EmptyState
            icon={ReceiptText}
            title="No receipts yet"
            action={<Button onClick={() => showScreen('library')}>Choose a work</Button>}
          >
            Each export writes one: which stems, for how long, under which grant. You see it before anything is sent.
          </EmptyState>
        ) : (
          <LedgerList rows={rows} />
        )}
      </div>
      {selected !== null && rows !== null && rows.length > 0 && <LedgerDetail id={selected} />}
    </div>
  )
}

/** The ledger under the arrangement. */
export const LedgerSummary = () => {
  const rows = useLedger((ledger) => ledger.rows)
  return (
    <div className="ledger-summary">
      <SyncLine />
      {rows === null ? (
        <Loading label="Loading the ledger" />
      ) : rows.length === 0 ? (
        <EmptyState icon={ReceiptText} title="No receipts yet">
          Your first export writes one.
        </EmptyState>
      ) : (
        <LedgerList rows={rows} />
      )}
    </div>
  )
}
