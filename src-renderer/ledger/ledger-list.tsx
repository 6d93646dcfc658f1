// The lines of the ledger, newest first; only those in view are mounted.
import { useVirtualizer } from '@tanstack/react-virtual'
import { type KeyboardEvent, useRef } from 'react'
import type { LedgerRow } from '../../src-shared/protocol/index.ts'
import { Badge, classes, formatMoment } from '../parts/index.ts'
import { ledgerStore, useLedger } from '../state/index.ts'
import { formatWord, STATE_WORDS, TYPE_WORDS } from './ledger-words.ts'

const Row = ({ row, isSelected }: { row: LedgerRow; isSelected: boolean }) => {
  const state = STATE_WORDS[row.state]
  return (
    <>
      <span className="ledger-seq">{row.seq}</span>
      <span className="ledger-title">
        <span className="ellipsis" title={row.title}>
          {row.title}
        </span>
        <span className={classes('ellipsis', 'muted', isSelected && 'is-selected')} title={row.lastError ?? undefined}>
          {row.lastError ??
            `${TYPE_WORDS[row.type]}${row.format === null ? '' : `, ${formatWord(row.format)}`}${row.stems > 0 ? `, ${row.stems} ${row.stems === 1 ? 'stem' : 'stems'}` : ''}`}
        </span>
      </span>
      <span className="ledger-when">{formatMoment(row.issuedAt)}</span>
      <Badge tone={state.tone} title={state.help}>
        {state.word}
      </Badge>
    </>
  )
}

/** The virtual list. */
export const LedgerList = ({ rows }: { rows: readonly LedgerRow[] }) => {
  const scroller = useRef<HTMLDivElement>(null)
  const selected = useLedger((ledger) => ledger.selected)
  const virtualizer = useVirtualizer({ count: rows.length, getScrollElement: () => scroller.current, estimateSize: () => 48, overscan: 8 })
  const onKeyDown = (event: KeyboardEvent): void => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key]
    if (step === undefined) return
    event.preventDefault()
    event.stopPropagation()
    const index = Math.max(0, Math.min(rows.length - 1, rows.findIndex((row) => row.id === selected) + step))
    ledgerStore.setState({ selected: rows[index]?.id ?? null })
    virtualizer.scrollToIndex(index)
  }
  return (
    <div
      className="ledger-list"
      ref={scroller}
      role="listbox"
      aria-label="Receipts"
      tabIndex={0}
      aria-activedescendant={selected === null ? undefined : `receipt-${selected}`}
      onKeyDown={onKeyDown}
    >
      <div style={{ height: virtualizer.getTotalSize(), position: 'relative' }}>
        {virtualizer.getVirtualItems().map((item) => {
          const row = rows[item.index]
          return (
            row && (
              // biome-ignore lint/a11y/useFocusableInteractive: the list holds the focus.
              // biome-ignore lint/a11y/useKeyWithClickEvents: the list answers the keys.
              <div
                key={row.id}
                id={`receipt-${row.id}`}
                role="option"
                aria-selected={row.id === selected}
                className={classes('ledger-row', row.id === selected && 'is-selected')}
                style={{ transform: `translateY(${item.start}px)` }}
                onClick={() => ledgerStore.setState({ selected: row.id })}
              >
                <Row row={row} isSelected={row.id === selected} />
              </div>
            )
          )
        })}
      </div>
    </div>
  )
}
