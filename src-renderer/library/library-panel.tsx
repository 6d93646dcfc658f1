// The left panel beside the timeline: works at hand, what this remix has used of its caps, the ledger in two lines.
import { PackagePlus, Plus } from 'lucide-react'
import { useShallow } from 'zustand/react/shallow'
import { recordsOf } from '../../src-shared/remix/index.ts'
import { LicenceCard } from '../inspector/index.ts'
import { Button, CardGroup, IconButton, Loading } from '../parts/index.ts'
import { importPack, showScreen, useLedger, useLibrary, useRemix } from '../state/index.ts'
import { addWork } from '../timeline/index.ts'
import { SearchField } from './library-home.tsx'
import { PullAction } from './pull-panel.tsx'
import { WorkCard } from './work-card.tsx'

/** The library as a panel. */
export const LibraryPanel = () => {
  const works = useLibrary((library) => library.works)
  const selected = useLibrary((library) => library.selected)
  const sync = useLedger((ledger) => ledger.sync)
  const hasRemix = useRemix((remix) => remix.uid !== null)
  const inRemix = useRemix(useShallow((remix) => recordsOf(remix.snapshot, 'work').map((work) => work.id)))
  const chosen = works?.find(({ work }) => work.id === selected)
  return (
    <aside className="library-panel" aria-label="Library">
      <SearchField />
      <CardGroup
        title="Works"
        isBare
        aside={<IconButton icon={PackagePlus} size={14} label="Import a licence pack" onClick={() => void importPack(null)} />}
      >
        {works === null ? (
          <Loading label="Loading the catalogue" />
        ) : (
          <div className="panel-works">
            {works.map((entry) => (
              <div key={entry.work.id}>
                <WorkCard entry={entry} isCompact />
                {entry === chosen && (
                  <div className="panel-action">
                    <PullAction entry={entry} isCompact />
                    {hasRemix && entry.pull.state === 'ready' && !inRemix.includes(entry.work.id) && (
                      <Button icon={Plus} onClick={() => void addWork(entry.work.id, entry.work.title)}>
                        Add to remix
                      </Button>
                    )}
                  </div>
                )}
              </div>
            ))}
            {works.length === 0 && <p className="muted">Nothing found.</p>}
          </div>
        )}
      </CardGroup>
      {hasRemix && (
        <CardGroup title="This remix" isBare>
          <div className="caps-list">
            <LicenceCard />
          </div>
        </CardGroup>
      )}
      <CardGroup title="Ledger" isBare>
        <button type="button" className="ledger-lines" onClick={() => showScreen('ledger')} aria-label="Open the ledger">
          <span className="cap-words">
            <span>Synced with proof</span>
            <span className="tone-good">{sync?.synced ?? '–'}</span>
          </span>
          <span className="cap-words">
            <span>Queued</span>
            <span>{sync?.queued ?? '–'}</span>
          </span>
        </button>
      </CardGroup>
    </aside>
  )
}
