// Every step since the remix was opened; a click goes there.
import { History } from 'lucide-react'
import { classes, EmptyState, withKeys } from '../parts/index.ts'
import { jumpTo, useRemix } from '../state/index.ts'

/** The history tab. */
export const HistoryTab = () => {
  const history = useRemix((remix) => remix.history)
  if (history.entries.length === 0)
    return (
      <EmptyState icon={History} title="Nothing done yet">
        Each change appears here and can be gone back to.
      </EmptyState>
    )
  const steps = [{ label: 'As opened' }, ...history.entries]
  return (
    <ol className="history" aria-label="History">
      {withKeys(steps, ({ label }) => label).map(({ key, item: entry, place: index }) => (
        <li key={key}>
          <button
            type="button"
            className={classes('history-step', index === history.index && 'is-now', index > history.index && 'is-undone')}
            aria-current={index === history.index ? 'step' : undefined}
            onClick={() => jumpTo(index)}
          >
            <span className="history-number">{index}</span>
            <span className="ellipsis" title={entry.label}>
              {entry.label}
            </span>
            {index === history.index && <small className="muted">now</small>}
          </button>
        </li>
      ))}
    </ol>
  )
}
