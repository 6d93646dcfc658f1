// What this export will say, in full: credits, every ingredient with the time it is used, AI by role, scope.
import { GitFork } from 'lucide-react'
import { modelName } from '../inspector/index.ts'
import { Badge, EmptyState, formatClock, RoleMark, scopeWords } from '../parts/index.ts'
import { useRemix } from '../state/index.ts'
import { ROLES } from '../../src-shared/remix/index.ts'

/** IPTC's digital source types in words; the title has the term itself. */
const SOURCE_WORDS: Readonly<Record<string, string>> = {
  composite: 'put together from different kinds of sound',
  compositeCapture: 'put together from recordings',
  compositeWithTrainedAlgorithmicMedia: 'put together, in part by a trained model',
  trainedAlgorithmicMedia: 'made by a trained model',
}
const sourceWords = (dst: string): string => SOURCE_WORDS[dst.split('/').at(-1) ?? ''] ?? dst.split('/').at(-1) ?? dst

const roleOf = (text: string) => ROLES.find((role) => role === text) ?? 'other'

/** The lineage tab. */
export const LineageTab = () => {
  const says = useRemix((remix) => remix.status?.says)
  const length = useRemix((remix) => remix.status?.lengthFrames ?? 0)
  if (!says) return null
  const lengthMs = Math.max(1, length / 48)
  return (
    <div className="lineage">
      <section aria-label="Statement">
        <h3 className="caps">Statement</h3>
        <dl className="facts">
          <dt>Scope</dt>
          <dd>{scopeWords(says.scope)}</dd>
          <dt>AI credits</dt>
          <dd>
            {says.ai.containsAI === 'None'
              ? 'None: no trained model takes part. Signal processing is not AI.'
              : says.ai.containsAI === 'Partly'
                ? 'Partly'
                : 'All of it'}
          </dd>
          {says.ai.contributions.map((one) => (
            <div key={one.role} className="facts-row">
              <dt>{one.role}</dt>
              <dd>
                {one.value}
                {one.model === undefined ? '' : ` · ${modelName(one.model)}`}
              </dd>
            </div>
          ))}
          {says.plugins.length > 0 && (
            <>
              <dt>Run through</dt>
              <dd className="selectable">{says.plugins.join(', ')}</dd>
            </>
          )}
          <dt>Source type</dt>
          <dd className="selectable ellipsis" title={says.ai.dst}>
            {sourceWords(says.ai.dst)}
          </dd>
        </dl>
        <h3 className="caps">Credits</h3>
        {says.credits.length === 0 ? (
          <p className="muted">The grants ask for none.</p>
        ) : (
          says.credits.map((line) => (
            <p key={line} className="selectable">
              {line}
            </p>
          ))
        )}
      </section>
      <section aria-label="Ingredients" className="ingredients">
        <h3 className="caps">{says.ingredients.length} ingredients</h3>
        {says.ingredients.length === 0 ? (
          <EmptyState icon={GitFork} title="No stem is heard">
            Everything is muted or deleted, so there is nothing to credit or to export.
          </EmptyState>
        ) : (
          <ul>
            {says.ingredients.map((one) => (
              <li key={one.stem} className="ingredient" title={one.stem}>
                <RoleMark role={roleOf(one.role)} label />
                <span className="ellipsis">{one.title}</span>
                <span className="ingredient-bar" style={{ '--role': `var(--${roleOf(one.role)})` } as React.CSSProperties}>
                  <span style={{ width: `${Math.min(100, (one.usedMs / lengthMs) * 100)}%` }} />
                </span>
                <span className="ingredient-time">{formatClock(one.usedMs / 1000, 1)}</span>
                <Badge tone={one.isSigned ? 'good' : 'neutral'}>{one.isSigned ? 'signed' : 'by hash'}</Badge>
              </li>
            ))}
          </ul>
        )}
      </section>
    </div>
  )
}
