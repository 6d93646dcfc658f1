// What tempo, meter and key are alike in: the value with its controls, what asks back, and what the work states and what was heard, as lines.
import type { ReactNode } from 'react'
import type { WorkAnalysis } from '../../../src-shared/protocol/index.ts'
import type { WorkRecord } from '../../../src-shared/remix/index.ts'
import { Badge, Button, type Tone } from '../../parts/index.ts'

/** What each part goes by. */
export interface MusicFacts {
  readonly work: WorkRecord | undefined
  readonly analysis: WorkAnalysis | undefined
}

const percent = (confidence: number): string => `${Math.round(confidence * 100)} % sure`
const sureTone = (confidence: number): Tone => (confidence >= 0.7 ? 'good' : confidence >= 0.4 ? 'limited' : 'neutral')

/** How sure the analysis is. */
export const Sure = ({ confidence }: { confidence: number }) => <Badge tone={sureTone(confidence)}>{percent(confidence)}</Badge>

/** One thing that is known, with what can be done about it. */
export const Line = ({ name, children, action }: { name: string; children: ReactNode; action?: ReactNode }) => (
  <div className="music-line">
    <dt>{name}</dt>
    <dd>{children}</dd>
    <span className="music-action">{action}</span>
  </div>
)

export const MusicPart = ({
  name,
  controls,
  ask,
  children,
}: {
  name: string
  controls: ReactNode
  ask?: ReactNode
  children: ReactNode
}) => (
  <section className="music-part" aria-label={name}>
    <header className="music-now">
      <h3 className="caps">{name}</h3>
      {controls}
    </header>
    {ask}
    <dl className="music-facts">{children}</dl>
  </section>
)

/** Asks how a change is meant, before it is made. */
export const MusicAsk = ({
  label,
  onLeave,
  actions,
  children,
}: {
  label: string
  onLeave: () => void
  actions: ReactNode
  children: ReactNode
}) => (
  <fieldset className="music-ask" aria-label={label}>
    {children}
    <div className="music-buttons">
      <Button tone="quiet" onClick={onLeave}>
        Leave it
      </Button>
      {actions}
    </div>
  </fieldset>
)

/** Takes over what was heard. */
export const ApplyButton = ({ title, onClick }: { title?: string; onClick: () => void }) => (
  <Button className="music-small" title={title} onClick={onClick}>
    Apply
  </Button>
)
