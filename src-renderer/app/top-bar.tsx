// The top bar: transport, position, snap and ripple, master, export.
import { Play, Redo2, Repeat, Share, SkipBack, Square, Undo2 } from 'lucide-react'
import { remixOf } from '../../src-shared/remix/index.ts'
import { Badge, Button, classes, Hint, IconButton, MenuButton } from '../parts/index.ts'
import {
  openSheet,
  redo,
  redoText,
  SNAP_CHOICES,
  seek,
  setPreferences,
  snapGridOf,
  stop,
  togglePlay,
  undo,
  undoText,
  useLibrary,
  usePreference,
  useRemix,
  useTransport,
  useView,
} from '../state/index.ts'
import { toggleLoop } from '../timeline/index.ts'
import { MasterReadout, OutputState } from './master-readout.tsx'
import { Position } from './position.tsx'

const Transport = () => {
  const isPlaying = useTransport((transport) => transport.isPlaying)
  const isLooping = useRemix((remix) => remixOf(remix.snapshot).loop?.isEnabled ?? false)
  return (
    <fieldset className="transport" aria-label="Transport">
      <IconButton icon={SkipBack} label="To the start" keys="Home" className="framed" onClick={() => seek(0)} />
      <Hint text={isPlaying ? 'Stop' : 'Play'} keys="Space">
        <button
          type="button"
          className={classes('icon-button', 'framed', isPlaying && 'is-playing')}
          aria-label="Play"
          aria-pressed={isPlaying}
          onClick={togglePlay}
        >
          <Play size={15} aria-hidden fill="currentColor" />
        </button>
      </Hint>
      <IconButton icon={Square} size={13} label="Stop" className="framed" onClick={stop} />
      <IconButton
        icon={Repeat}
        label={isLooping ? 'Loop: on' : 'Loop: off'}
        keys="L"
        isOn={isLooping}
        className="framed"
        onClick={toggleLoop}
      />
    </fieldset>
  )
}

const Undoing = () => {
  const history = useRemix((remix) => remix.history)
  const back = undoText(history)
  const forth = redoText(history)
  return (
    <div className="undoing">
      <IconButton icon={Undo2} label={back ?? 'Nothing to undo'} keys="Mod+Z" disabled={back === null} onClick={undo} />
      <IconButton icon={Redo2} label={forth ?? 'Nothing to redo'} keys="Mod+Shift+Z" disabled={forth === null} onClick={redo} />
    </div>
  )
}

const RIPPLES = [
  { value: 'off', label: 'Off', help: 'Gaps stay' },
  { value: 'track', label: 'Track', help: 'Gaps close on the track' },
  { value: 'all', label: 'All', help: 'Gaps close everywhere' },
] as const

const Modes = () => {
  const snap = usePreference('snap')
  const ripple = usePreference('ripple')
  const grid = snapGridOf(snap)
  return (
    <div className="modes">
      <MenuButton
        entries={SNAP_CHOICES.map(({ value, label }) => ({ label, isChecked: grid === value, run: () => setPreferences({ snap: value }) }))}
      >
        <button
          type="button"
          className={classes('mode', grid !== 'off' && 'is-on')}
          title="Snap grid (N); hold Ctrl while dragging to go free"
        >
          Snap <b>{SNAP_CHOICES.find(({ value }) => value === grid)?.label ?? 'Off'}</b>
        </button>
      </MenuButton>
      <MenuButton
        entries={RIPPLES.map(({ value, label, help }) => ({
          label: `${label}: ${help.toLowerCase()}`,
          isChecked: ripple === value,
          run: () => setPreferences({ ripple: value }),
        }))}
      >
        <button type="button" className={classes('mode', ripple !== 'off' && 'is-on')} title="What deleting does with the gap">
          Ripple <b>{RIPPLES.find(({ value }) => value === ripple)?.label ?? 'Off'}</b>
        </button>
      </MenuButton>
    </div>
  )
}

const TitleArea = () => {
  const title = useRemix((remix) => remixOf(remix.snapshot).title)
  const isDirty = useRemix((remix) => remix.isDirty)
  const fileName = useRemix((remix) => remix.fileName)
  const isReadOnly = useRemix((remix) => remix.isReadOnly)
  const state = isReadOnly ? 'read only' : fileName === null ? 'not saved yet' : isDirty ? 'changed' : 'saved'
  return (
    <div className="remix-title" title={`${title} · ${fileName ?? 'never saved; kept in the journal'}`}>
      <span className="ellipsis">{title}</span>
      <small className="muted">{state}</small>
    </div>
  )
}

const ServiceState = () => {
  const service = useLibrary((library) => library.info?.service)
  // A catalogue that could not be fetched says it before the service's own state does.
  const isUnreachable = useLibrary((library) => library.isOffline || library.problem?.code === 'service.unreachable')
  if (!service) return null
  const state = isUnreachable ? 'offline' : service.state
  return (
    <>
      <span className="spacer" />
      <Badge
        tone={state === 'online' ? 'good' : 'limited'}
        title="The rights service: where works, licences and receipts are"
      >{`${service.name.replace(/^https?:\/\//, '')}: ${state}`}</Badge>
    </>
  )
}

/** The bar over everything. */
export const TopBar = () => {
  const screen = useView((view) => view.screen)
  const hasRemix = useRemix((remix) => remix.uid !== null)
  const isFull = hasRemix && screen === 'remix'
  return (
    <header className={classes('top-bar', isFull && 'is-full')}>
      <span className="brand" role="img" aria-label="Stemma">
        stem<i>ma</i>
      </span>
      {!hasRemix && <ServiceState />}
      {hasRemix && (
        <>
          <Transport />
          <Position />
          {(isFull || screen === 'variations') && <Undoing />}
          {isFull && <Modes />}
          <span className="spacer" />
          {isFull && <TitleArea />}
          <MasterReadout />
          <OutputState />
          <Button tone="primary" icon={Share} className="export-button" onClick={() => openSheet('export')}>
            Export
          </Button>
        </>
      )}
    </header>
  )
}
