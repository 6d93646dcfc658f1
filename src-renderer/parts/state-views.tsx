// What a view shows when there is nothing, something is on its way, or something failed.
import type { LucideIcon } from 'lucide-react'
import { AlertTriangle } from 'lucide-react'
import type { ReactNode } from 'react'
import type { Problem } from '../../src-shared/std/index.ts'

/** Nothing here yet: what it would be, and the next action. */
export const EmptyState = ({
  icon: Icon,
  title,
  children,
  action,
}: {
  icon: LucideIcon
  title: string
  children?: ReactNode
  action?: ReactNode
}) => (
  <div className="empty">
    <Icon size={28} strokeWidth={1.4} aria-hidden />
    <h3>{title}</h3>
    {children !== undefined && <p className="muted">{children}</p>}
    {action !== undefined && <div className="empty-action">{action}</div>}
  </div>
)

/** Something failed: the sentence that came with it and what can be done. */
export const ProblemState = ({ problem, action }: { problem: Problem; action?: ReactNode }) => (
  <div className="empty empty-problem" role="alert">
    <AlertTriangle size={26} strokeWidth={1.5} aria-hidden />
    <h3>{problem.code === 'service.unreachable' ? 'No connection' : 'That did not work'}</h3>
    <p className="muted selectable">{problem.message}</p>
    <code className="code-chip selectable">{problem.code}</code>
    {action !== undefined && <div className="empty-action">{action}</div>}
  </div>
)

const LINE_WIDTHS = [90, 73, 96, 61, 84, 79] as const

/** Placeholder lines while something loads. */
export const Loading = ({ label, lines = 4 }: { label: string; lines?: number }) => (
  <div className="loading" role="status" aria-label={label}>
    {LINE_WIDTHS.slice(0, lines).map((width) => (
      <span key={width} className="loading-line" style={{ width: `${width}%` }} />
    ))}
  </div>
)
