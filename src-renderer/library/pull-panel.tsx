// Getting the stems of a work: start, pause, go on, try again, with a line per stem.
import { Download, FolderPlus, Pause, Play, RotateCcw } from 'lucide-react'
import type { LibraryWork, PullState } from '../../src-shared/protocol/index.ts'
import { Badge, Button, formatBytes, formatLeft, ProgressBar, RoleMark } from '../parts/index.ts'
import { createRemix, libraryStore, pausePull, startPull, useLibrary } from '../state/index.ts'
import { isUsable, pullFraction } from './work-words.ts'

const STEM_WORDS: Readonly<Record<PullState['stems'][number]['state'], string>> = {
  waiting: 'waiting',
  receiving: 'receiving',
  preparing: 'preparing',
  ready: 'ready',
}

/** Opens a work as a new remix and says meanwhile that it is doing so. */
export const openAsRemix = async (work: string): Promise<void> => {
  if (libraryStore.getState().opening !== null) return
  libraryStore.setState({ opening: work })
  await createRemix(work)
  libraryStore.setState({ opening: null })
}

/** The action that comes next for a work. */
export const PullAction = ({ entry, isCompact = false }: { entry: LibraryWork; isCompact?: boolean }) => {
  const { work, pull } = entry
  const opening = useLibrary((library) => library.opening)
  const total = work.stems.reduce((sum, stem) => sum + stem.bytes, 0)
  if (pull.state === 'ready') {
    return (
      <Button tone="primary" icon={FolderPlus} disabled={opening !== null} onClick={() => void openAsRemix(work.id)}>
        {opening === work.id ? 'Opening…' : 'Open as remix'}
      </Button>
    )
  }
  if (pull.state === 'pulling') {
    return (
      <Button icon={Pause} onClick={() => void pausePull(work.id)}>
        Pause
      </Button>
    )
  }
  const isAgain = pull.state === 'failed'
  const isPaused = pull.state === 'paused'
  return (
    <Button
      tone="primary"
      icon={isAgain ? RotateCcw : isPaused ? Play : Download}
      disabled={!isUsable(work)}
      onClick={() => void startPull(work.id)}
    >
      {isAgain ? 'Try again' : isPaused ? 'Resume' : isCompact ? 'Pull' : `Pull ${work.stems.length} stems, ${formatBytes(total)}`}
    </Button>
  )
}

/** Where a pull stands, with each stem. */
export const PullProgress = ({ entry }: { entry: LibraryWork }) => {
  const { work, pull } = entry
  const isMoving = pull.state === 'pulling' || pull.state === 'paused' || pull.state === 'failed'
  const received = pull.stems.reduce((sum, stem) => sum + stem.receivedBytes, 0)
  const total = pull.stems.reduce((sum, stem) => sum + stem.totalBytes, 0)
  return (
    <div className="pull">
      {isMoving && (
        <div className="pull-all">
          <div className="cap-words">
            <span>{pull.state === 'pulling' ? 'Pulling' : pull.state === 'paused' ? 'Paused; what is here stays' : 'Stopped'}</span>
            <span>{`${formatBytes(received)} of ${formatBytes(total)}`}</span>
          </div>
          <ProgressBar
            fraction={pullFraction(pull)}
            label={`Pull of ${work.title}`}
            tone={pull.state === 'failed' ? 'bad' : pull.state === 'paused' ? 'limited' : 'accent'}
          />
        </div>
      )}
      {pull.problem && (
        <p className="pull-problem" role="alert">
          {pull.problem.message}
        </p>
      )}
      {pull.leaseEnds !== null && (
        <p className="muted">
          Lease: <strong>{formatLeft(pull.leaseEnds)}</strong> left on this machine
        </p>
      )}
      <ul className="stem-list" aria-label={`Stems of ${work.title}`}>
        {work.stems.map((stem) => {
          const state = pull.stems.find((one) => one.stem === stem.id)
          const fraction = state && state.totalBytes > 0 ? state.receivedBytes / state.totalBytes : 0
          return (
            <li key={stem.id} className="stem-row">
              <RoleMark role={stem.role} label />
              <span className="ellipsis" title={stem.title}>
                {stem.title}
              </span>
              {isMoving && state && state.state !== 'ready' ? (
                <ProgressBar fraction={state.state === 'preparing' ? null : fraction} label={`${stem.title}, ${STEM_WORDS[state.state]}`} />
              ) : (
                <span className="stem-bytes">{formatBytes(stem.bytes)}</span>
              )}
              <span className="stem-state">{state && (isMoving || state.state === 'ready') ? STEM_WORDS[state.state] : ''}</span>
            </li>
          )
        })}
      </ul>
      {pull.state === 'ready' && <Badge tone="good">All stems are on this machine</Badge>}
    </div>
  )
}
