// One receipt: in words, and exactly as it was or will be sent.
import { Ban } from 'lucide-react'
import { Tabs } from 'radix-ui'
import { useEffect, useMemo, useState } from 'react'
import type { LedgerEntry } from '../../src-shared/protocol/index.ts'
import type { Problem } from '../../src-shared/std/index.ts'
import { Badge, Button, formatBytes, formatClock, formatMoment, Loading, ProblemState, scopeWords, shortHash } from '../parts/index.ts'
import { request, useLedger, useLibrary, voidReceipt } from '../state/index.ts'
import { formatWord, STATE_WORDS, TYPE_WORDS } from './ledger-words.ts'

/** Names of the stems that this machine knows, by id. A receipt itself carries none. */
const useStemNames = (): ReadonlyMap<string, string> => {
  const works = useLibrary((library) => library.works)
  return useMemo(
    () =>
      new Map(works?.flatMap(({ work }) => work.stems.map((stem) => [stem.id as string, `${stem.title} · ${work.title}`] as const)) ?? []),
    [works],
  )
}

const Words = ({ entry: { receipt, row } }: { entry: LedgerEntry }) => {
  const names = useStemNames()
  if (receipt.type === 'void') {
    return (
      <dl className="facts">
        <dt>Reason</dt>
        <dd>{receipt.reason}</dd>
        <dt>Voids</dt>
        <dd className="selectable">{receipt.voids ?? 'the export that was begun under this number'}</dd>
      </dl>
    )
  }
  return (
    <>
      <dl className="facts">
        <dt>File</dt>
        <dd>{`${formatWord(receipt.asset.format)}, ${formatClock(receipt.asset.durationMs / 1000)}, ${formatBytes(receipt.asset.bytes)}`}</dd>
        <dt>Sound</dt>
        <dd className="selectable" title={receipt.asset.pcmSha256}>
          {shortHash(receipt.asset.pcmSha256)}
        </dd>
        <dt>Scope</dt>
        <dd>{scopeWords(receipt.scope)}</dd>
        <dt>AI</dt>
        <dd>{receipt.ai.containsAI === 'None' ? 'none' : receipt.ai.containsAI.toLowerCase()}</dd>
        <dt>Line</dt>
        <dd>{`${row.seq}, issued ${formatMoment(receipt.issuedAt)}`}</dd>
      </dl>
      <h4 className="caps">{receipt.stems.length} stems used</h4>
      <ul className="receipt-stems">
        {receipt.stems.map((stem) => (
          <li key={stem.stem} title={`${stem.stem}\n${stem.ops.map(({ op }) => op).join(', ')}`}>
            <span className="ellipsis selectable">{names.get(stem.stem) ?? stem.stem.split(':').slice(-2).join(' · ')}</span>
            <span className="muted">{stem.role}</span>
            <span>{(stem.usedMs / 1000).toFixed(1)} s</span>
          </li>
        ))}
      </ul>
    </>
  )
}

/** The right side of the ledger. */
export const LedgerDetail = ({ id }: { id: string }) => {
  const rows = useLedger((ledger) => ledger.rows)
  const [entry, setEntry] = useState<LedgerEntry | null>(null)
  const [problem, setProblem] = useState<Problem | null>(null)
  const [isAsking, setIsAsking] = useState(false)
  // biome-ignore lint/correctness/useExhaustiveDependencies: new rows mean that this one may have changed.
  useEffect(() => {
    let isCurrent = true
    void request('ledger.show', { id }).then((reply) => {
      if (!isCurrent) return
      setEntry(reply.ok ? reply.value : null)
      setProblem(reply.ok ? null : reply.error)
    })
    return () => {
      isCurrent = false
    }
  }, [id, rows])
  // biome-ignore lint/correctness/useExhaustiveDependencies: another receipt, another question.
  useEffect(() => setIsAsking(false), [id])
  if (problem) return <ProblemState problem={problem} />
  if (!entry || entry.row.id !== id) return <Loading label="Loading the receipt" />
  const { row, receipt, jws, proof } = entry
  const state = STATE_WORDS[row.state]
  const wasSent = row.state === 'synced' || row.state === 'refused' || proof !== null
  return (
    <aside className="ledger-detail" aria-label={`Receipt ${row.seq}`}>
      <header className="ledger-detail-head">
        <div className="report-title">
          <h2 className="ellipsis" title={row.title}>
            {row.title}
          </h2>
          <p className="muted selectable ellipsis" title={row.id}>
            {TYPE_WORDS[row.type]} · {row.id}
          </p>
        </div>
        <Badge tone={state.tone}>{state.word}</Badge>
      </header>
      <p className="muted">{row.lastError ?? state.help}</p>
      <Tabs.Root defaultValue="words" className="ledger-tabs">
        <Tabs.List className="ledger-tab-list" aria-label="Receipt as">
          <Tabs.Trigger value="words" className="bottom-tab">
            In words
          </Tabs.Trigger>
          <Tabs.Trigger value="payload" className="bottom-tab">
            {wasSent ? 'What was sent' : 'What will be sent'}
          </Tabs.Trigger>
          <Tabs.Trigger value="signed" className="bottom-tab">
            Signed form
          </Tabs.Trigger>
          <Tabs.Trigger value="proof" className="bottom-tab">
            Proof
          </Tabs.Trigger>
        </Tabs.List>
        <Tabs.Content value="words" className="ledger-tab-content">
          <Words entry={entry} />
        </Tabs.Content>
        <Tabs.Content value="payload" className="ledger-tab-content">
          <p className="muted">This and nothing else: no name, no path, no machine.</p>
          <pre className="raw selectable">{JSON.stringify(receipt, null, 2)}</pre>
        </Tabs.Content>
        <Tabs.Content value="signed" className="ledger-tab-content">
          <p className="muted">The exact text, a JWS by this device’s key.</p>
          <pre className="raw raw-wrap selectable">{jws}</pre>
        </Tabs.Content>
        <Tabs.Content value="proof" className="ledger-tab-content">
          {proof ? (
            <>
              <dl className="facts">
                <dt>Leaf</dt>
                <dd>{`${proof.logIndex} of ${proof.treeSize}`}</dd>
                <dt>Checked</dt>
                <dd>{formatMoment(proof.verifiedAt)}</dd>
              </dl>
              <pre className="raw raw-wrap selectable">{proof.checkpoint}</pre>
            </>
          ) : (
            <p className="muted">There is no proof until the service has taken the receipt into its log.</p>
          )}
        </Tabs.Content>
      </Tabs.Root>
      {row.type !== 'void' && row.state !== 'void' && row.state !== 'intent' && (
        <footer className="ledger-detail-foot">
          {isAsking ? (
            <>
              <span className="muted">Add a line that withdraws this receipt? Nothing is erased.</span>
              <Button tone="danger" icon={Ban} onClick={() => void voidReceipt(row.id).then(() => setIsAsking(false))}>
                Withdraw it
              </Button>
              <Button tone="quiet" onClick={() => setIsAsking(false)}>
                Keep it
              </Button>
            </>
          ) : (
            <Button tone="quiet" icon={Ban} onClick={() => setIsAsking(true)}>
              Withdraw…
            </Button>
          )}
        </footer>
      )}
    </aside>
  )
}
