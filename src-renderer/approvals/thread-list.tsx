// Threads, the newest word first. The list holds the focus; arrow keys choose.
import type { KeyboardEvent } from 'react'
import type { ApprovalThreadView } from '../../src-shared/protocol/index.ts'
import { Badge, classes, formatMoment } from '../parts/index.ts'
import { selectThread, useApprovals } from './approvals-store.ts'
import { sinceOf, STATE_WORDS } from './words.ts'

const lineOf = ({ waitingSince, isOverdue, dueAt, updatedAt, requests }: ApprovalThreadView): string => {
  const versions = requests.length > 1 ? `version ${requests.length} · ` : ''
  if (waitingSince === null) return `${versions}${formatMoment(updatedAt)}`
  const since = sinceOf(waitingSince)
  return `${versions}waits ${since === 'today' ? 'since today' : `for ${since}`}${isOverdue ? ', overdue' : dueAt === null ? '' : `, due ${formatMoment(dueAt)}`}`
}

const isQueued = ({ requests }: ApprovalThreadView): boolean =>
  requests.some(
    ({ delivery, answers }) =>
      delivery === 'queued' || delivery === 'local' || answers.some((one) => one.delivery === 'queued' || one.delivery === 'local'),
  )

/** The list. */
export const ThreadList = ({ threads }: { threads: readonly ApprovalThreadView[] }) => {
  const selected = useApprovals((state) => state.selected)
  const onKeyDown = (event: KeyboardEvent): void => {
    const at = threads.findIndex(({ id }) => id === selected)
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: threads.length - 1 }[event.key]
    if (to === undefined) return
    event.preventDefault()
    event.stopPropagation()
    const next = threads[Math.max(0, Math.min(threads.length - 1, to))]
    if (!next) return
    selectThread(next.id)
    document.getElementById(`thread-${next.id}`)?.scrollIntoView({ block: 'nearest' })
  }
  return (
    <div
      className="thread-list"
      role="listbox"
      aria-label="Threads"
      tabIndex={0}
      aria-activedescendant={selected === null ? undefined : `thread-${selected}`}
      onKeyDown={onKeyDown}
    >
      {threads.map((thread) => {
        const { tone, word } = STATE_WORDS[thread.state]
        return (
          // biome-ignore lint/a11y/useFocusableInteractive: the list holds the focus.
          // biome-ignore lint/a11y/useKeyWithClickEvents: the list answers the keys.
          <div
            key={thread.id}
            id={`thread-${thread.id}`}
            role="option"
            aria-selected={thread.id === selected}
            className={classes('thread', thread.id === selected && 'is-selected')}
            onClick={() => selectThread(thread.id)}
          >
            <b className="ellipsis" title={thread.remix.title}>
              {thread.remix.title}
            </b>
            <span className="muted ellipsis" title={thread.work.title}>
              of {thread.work.title}
            </span>
            <span className="thread-state">
              <Badge tone={thread.isOverdue ? 'limited' : tone}>{word}</Badge>
              {isQueued(thread) && <Badge tone="pending">queued</Badge>}
            </span>
            <small className="muted ellipsis" title={lineOf(thread)}>
              {lineOf(thread)}
            </small>
          </div>
        )
      })}
    </div>
  )
}
