// A work in the list: cover, title, who, tempo and key, roles, licence.
import { HardDrive } from 'lucide-react'
import { memo } from 'react'
import type { LibraryWork } from '../../src-shared/protocol/index.ts'
import { Badge, classes, ProgressBar, RoleMark } from '../parts/index.ts'
import { libraryStore, useLibrary } from '../state/index.ts'
import { openAsRemix } from './pull-panel.tsx'
import { coverStyle, lengthWords, licenceTone, musicWords, pullFraction, rolesOf } from './work-words.ts'

/** A card in the home view, or a row in the side panel. */
export const WorkCard = memo(({ entry, isCompact = false }: { entry: LibraryWork; isCompact?: boolean }) => {
  const { work, pull } = entry
  const isSelected = useLibrary((library) => library.selected === work.id)
  const artists = work.artists.join(', ')
  return (
    <button
      type="button"
      className={classes('work', isCompact && 'work-compact', isSelected && 'is-selected')}
      aria-pressed={isSelected}
      aria-label={`${work.title} by ${artists}, ${musicWords(work)}, ${work.licence.badge}`}
      onClick={() => libraryStore.setState({ selected: work.id })}
      onDoubleClick={() => pull.state === 'ready' && void openAsRemix(work.id)}
    >
      <span className="work-cover" style={coverStyle(work)} aria-hidden />
      <span className="work-words">
        <strong className="ellipsis" title={work.title}>
          {work.title}
        </strong>
        <span className="muted ellipsis" title={artists}>
          {artists}
        </span>
        <span className="work-music ellipsis">{isCompact ? musicWords(work) : `${musicWords(work)} · ${lengthWords(work)}`}</span>
        {!isCompact && (
          <span className="work-roles">
            {rolesOf(work).map(({ role, count }) => (
              <span key={role} className="work-role" title={`${count} × ${role}`}>
                <RoleMark role={role} />
                {count}
              </span>
            ))}
          </span>
        )}
        <span className="work-state">
          <Badge tone={licenceTone(work)} title={work.licence.badge}>
            {work.licence.badge}
          </Badge>
          {pull.state === 'ready' && (
            <span className="work-here" title="All stems are on this machine">
              <HardDrive size={13} role="img" aria-label="On this machine" />
            </span>
          )}
        </span>
        {(pull.state === 'pulling' || pull.state === 'paused') && (
          <ProgressBar
            fraction={pullFraction(pull)}
            label={`Pull of ${work.title}`}
            tone={pull.state === 'paused' ? 'limited' : 'accent'}
          />
        )}
      </span>
    </button>
  )
})
