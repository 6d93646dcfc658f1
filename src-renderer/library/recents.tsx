// Remixes opened lately, and unsaved work that waits to be recovered.
import { FileMusic, History, X } from 'lucide-react'
import type { RecentRemix } from '../../src-shared/protocol/index.ts'
import { Badge, Button, formatMoment, IconButton } from '../parts/index.ts'
import { discardRecovery, forgetRecent, openRecent, openRemix, recoverRemix, useLibrary } from '../state/index.ts'

const Recoverable = ({ recent }: { recent: RecentRemix }) => (
  <fieldset className="recovery" aria-label={`Recover ${recent.title}`}>
    <History size={18} className="recovery-mark" aria-hidden />
    <div className="recovery-words">
      <strong className="ellipsis" title={recent.title}>
        {recent.title}
      </strong>
      <span className="muted">Stemma closed before this was saved. Last change {formatMoment(recent.openedAt)}.</span>
    </div>
    <Button tone="primary" onClick={() => void recoverRemix(recent.uid)}>
      Recover
    </Button>
    <Button tone="quiet" onClick={() => void discardRecovery(recent.uid)}>
      Discard
    </Button>
  </fieldset>
)

/** Work that would be lost otherwise, at the top of the home view. */
export const Recoveries = () => {
  const recents = useLibrary((library) => library.recents)
  return recents.filter((recent) => recent.isRecoverable).map((recent) => <Recoverable key={recent.uid} recent={recent} />)
}

/** Recent remixes as a list. */
export const Recents = () => {
  const recents = useLibrary((library) => library.recents).filter((recent) => !recent.isRecoverable)
  return (
    <section className="recents" aria-label="Recent remixes">
      <header className="recents-head">
        <h3 className="caps">Recent remixes</h3>
        <Button tone="quiet" icon={FileMusic} onClick={() => void openRemix()}>
          Open file…
        </Button>
      </header>
      {recents.length === 0 ? (
        <p className="muted">Remixes you save appear here.</p>
      ) : (
        <ul className="recent-list">
          {recents.slice(0, 8).map((recent) => (
            <li key={recent.recent} className="recent">
              <button
                type="button"
                className="recent-open"
                disabled={recent.isMissing}
                onClick={() => void openRecent(recent.recent)}
                title={recent.fileName}
              >
                <FileMusic size={15} aria-hidden />
                <span className="ellipsis">{recent.title}</span>
                <span className="muted ellipsis">{recent.fileName}</span>
                {recent.isMissing ? (
                  <Badge tone="limited">file is gone</Badge>
                ) : (
                  <span className="muted recent-when">{formatMoment(recent.openedAt)}</span>
                )}
              </button>
              <IconButton icon={X} size={13} label={`Forget ${recent.title}`} onClick={() => void forgetRecent(recent.recent)} />
            </li>
          ))}
        </ul>
      )}
    </section>
  )
}
