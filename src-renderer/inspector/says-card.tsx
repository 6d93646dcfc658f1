// What this export will say, as computed now: always visible, so that nobody is surprised by a credit.
import { TriangleAlert } from 'lucide-react'
import type { LicenceNotice } from '../../src-shared/protocol/index.ts'
import { CardGroup, countOf, FieldRow, ProgressBar, scopeWords } from '../parts/index.ts'
import { noticeAlternative, useRemix, viewStore } from '../state/index.ts'

const AI_WORDS = { None: 'no AI', Partly: 'partly AI', All: 'AI' } as const

/** Model names without their URN. */
export const modelName = (urn: string): string => urn.split(':').slice(3).join(' ') || urn

/** The card at the foot of the inspector. */
export const SaysCard = () => {
  const status = useRemix((remix) => remix.status)
  if (!status) return null
  const { ai, ingredients, scope, credits, plugins } = status.says
  const unsigned = ingredients.filter((one) => !one.isSigned).length
  const models = [...new Set(ai.contributions.flatMap((one) => one.model ?? []))]
  return (
    <CardGroup
      title="What this export will say"
      aside={
        <button type="button" className="link small" onClick={() => viewStore.setState({ bottomTab: 'lineage' })}>
          In full
        </button>
      }
    >
      <FieldRow name="AI credits">{AI_WORDS[ai.containsAI]}</FieldRow>
      {ai.contributions
        .filter((one) => one.value !== 'None')
        .map((one) => (
          <FieldRow key={one.role} name={one.role}>
            {AI_WORDS[one.value]}
          </FieldRow>
        ))}
      {models.map((model) => (
        <FieldRow key={model} name="Model" title={model}>
          {modelName(model)}
        </FieldRow>
      ))}
      <FieldRow name="Ingredients">{`${countOf(ingredients.length, 'stem')}${unsigned === 0 ? (ingredients.length > 0 ? ', all signed' : '') : `, ${unsigned} unsigned`}`}</FieldRow>
      {plugins.length > 0 && (
        <FieldRow name="Plugins" title={plugins.join(', ')}>
          {plugins.length > 1 ? `${plugins[0]} and ${plugins.length - 1} more` : plugins[0]}
        </FieldRow>
      )}
      <FieldRow name="Scope">{scopeWords(scope)}</FieldRow>
      {credits.length > 0 && (
        <p className="says-credits selectable" title={credits.join('\n')}>
          {credits.slice(0, 3).join(' · ')}
          {credits.length > 3 && ` · ${credits.length - 3} more`}
        </p>
      )}
    </CardGroup>
  )
}

/** What would be allowed instead: a link where one edit does it, words where it takes more. */
export const Alternative = ({ notice }: { notice: LicenceNotice }) => {
  const alternative = noticeAlternative(notice)
  if (alternative) {
    return (
      <button type="button" className="link" onClick={alternative.run}>
        {alternative.label}
      </button>
    )
  }
  return notice.alternative ? <span className="muted">{notice.alternative.label}</span> : null
}

/** Caps as thin bars, and what the licence says against the remix as it stands. */
export const LicenceCard = () => {
  const meters = useRemix((remix) => remix.status?.meters)
  const notices = useRemix((remix) => remix.status?.notices)
  return (
    <>
      {meters?.map((meter) => {
        const fraction = meter.limit > 0 ? meter.used / meter.limit : 0
        return (
          <div key={meter.id} className="cap">
            <div className="cap-words">
              <span className="ellipsis" title={meter.label}>
                {meter.label}
              </span>
              <span>{meter.text}</span>
            </div>
            <ProgressBar
              fraction={fraction}
              label={`${meter.label}: ${meter.text}`}
              tone={fraction > 1 ? 'bad' : fraction > 0.8 ? 'limited' : 'good'}
            />
          </div>
        )
      })}
      {notices?.map((notice) => {
        return (
          <div key={`${notice.code}-${notice.stem}-${notice.message}`} className={`notice notice-${notice.effect}`} role="note">
            <TriangleAlert size={13} aria-hidden />
            <p>
              {notice.message} <Alternative notice={notice} />
            </p>
          </div>
        )
      })}
    </>
  )
}
