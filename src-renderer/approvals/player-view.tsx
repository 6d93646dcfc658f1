// Listening: both sounds equally loud and in step, one button and one key (X) between them.
import { ArrowLeftRight, CloudDownload, Pause, Play } from 'lucide-react'
import { useEffect, useState } from 'react'
import { useStore } from 'zustand'
import { lengthNoteOf, type RequestView } from '../../src-shared/approvals/index.ts'
import { announce, Button, classes, EmptyState, formatDb, Keys, Loading, ProblemState } from '../parts/index.ts'
import type { AbPlayer } from './ab-player.ts'
import { type LoadedPlayer, usePlayer } from './use-player.ts'
import { type Mark, type Stretch, Waveform } from './waveform.tsx'
import { timeOf } from './words.ts'

const isTyping = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement && target.matches('input:not([type=radio]):not([type=checkbox]), textarea, select, [contenteditable]')

const useKeys = (player: AbPlayer): void => {
  useEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target) || document.querySelector('[role="dialog"]')) return
      const { target } = event
      if (event.key.toLowerCase() === 'x' && !event.repeat) {
        player.switchSide()
        announce(player.store.getState().side === 'preview' ? 'Remix' : 'Original')
      } else if (event.key === ' ') {
        // A button that the keyboard chose answers Space itself.
        if (target instanceof HTMLElement && target.matches('button:focus-visible:not([role="tab"])')) return
        player.toggle()
      } else return
      event.preventDefault()
    }
    window.addEventListener('keydown', onKey)
    return () => window.removeEventListener('keydown', onKey)
  }, [player])
}

const Clock = ({ player }: { player: AbPlayer }) => {
  const isPlaying = useStore(player.store, (state) => state.isPlaying)
  const restMs = useStore(player.store, (state) => state.restMs)
  const durationMs = useStore(player.store, (state) => state.durationMs)
  const [now, setNow] = useState(restMs)
  useEffect(() => {
    if (!isPlaying) return setNow(restMs)
    const timer = setInterval(() => setNow(player.positionMs), 100)
    return () => clearInterval(timer)
  }, [player, isPlaying, restMs])
  return (
    <span className="ab-clock">
      <b>{timeOf(now)}</b> <small>/ {timeOf(durationMs)}</small>
    </span>
  )
}

/** Less than this nobody hears, and it would read as 0.0 dB. */
const AUDIBLE_DB = 0.05

const matchWords = ({ previewGainDb, originalGainDb }: RequestView['levelMatch']): string =>
  previewGainDb < -AUDIBLE_DB
    ? `Equally loud: the remix plays at ${formatDb(previewGainDb)} dB`
    : originalGainDb < -AUDIBLE_DB
      ? `Equally loud: the original plays at ${formatDb(originalGainDb)} dB`
      : 'Equally loud as they are'

interface Props {
  readonly view: RequestView
  readonly marks: readonly Mark[]
  readonly stretch: Stretch | null
  readonly onStretch: (stretch: Stretch) => void
}

const Ready = ({ view, marks, stretch, onStretch, loaded }: Props & { loaded: LoadedPlayer }) => {
  const { player } = loaded
  useKeys(player)
  const isPlaying = useStore(player.store, (state) => state.isPlaying)
  const side = useStore(player.store, (state) => state.side)
  const hasOriginal = view.request.original !== null
  const lengthNote = lengthNoteOf(view.request.preview, view.request.original)
  return (
    <div className="ab">
      <Waveform
        loaded={loaded}
        marks={marks}
        stretch={stretch}
        onStretch={onStretch}
        onMark={({ fromMs, toMs }) => {
          onStretch({ fromMs, toMs })
          player.seek(fromMs)
        }}
      />
      <div className="ab-bar">
        <Button icon={isPlaying ? Pause : Play} aria-pressed={isPlaying} onClick={() => player.toggle()} title="Space">
          {isPlaying ? 'Pause' : 'Play'}
        </Button>
        <button
          type="button"
          className={classes('ab-switch', side === 'original' && 'is-original')}
          aria-label={`Now the ${side === 'preview' ? 'remix' : 'original'}. Switch to the ${side === 'preview' ? 'original' : 'remix'}`}
          disabled={!hasOriginal}
          onClick={() => player.switchSide()}
        >
          <span className={classes(side === 'preview' && 'is-heard')}>Remix</span>
          <ArrowLeftRight size={14} aria-hidden />
          <span className={classes(side === 'original' && 'is-heard')}>Original</span>
          <Keys keys="X" />
        </button>
        <Clock player={player} />
        <span className="muted ellipsis ab-match" title={hasOriginal ? matchWords(view.levelMatch) : undefined}>
          {hasOriginal
            ? matchWords(view.levelMatch)
            : 'The original could not be made on the producer’s computer, so there is nothing to compare with.'}
        </span>
      </div>
      {lengthNote !== null && <p className="muted">{lengthNote}</p>}
    </div>
  )
}

/** The player of one request. */
export const PlayerView = (props: Props) => {
  const state = usePlayer(props.view)
  if (state.state === 'loading')
    return (
      <div className="ab ab-loading">
        <Loading label="Loading the sound" lines={5} />
      </div>
    )
  if (state.state === 'failed' && state.problem.code === 'approval.unknown_audio')
    return (
      <EmptyState icon={CloudDownload} title="Not here yet" action={<Button onClick={state.retry}>Look again</Button>}>
        The sound of this version is on its way: the producer’s computer is still sending it. It appears here by itself.
      </EmptyState>
    )
  if (state.state === 'failed') return <ProblemState problem={state.problem} action={<Button onClick={state.retry}>Try again</Button>} />
  return <Ready {...props} loaded={state} />
}
