// The head of a track: role, name, level, pan, mute, solo, meter.
import { Snowflake } from 'lucide-react'
import { memo, useState } from 'react'
import type { FrozenState } from '../../src-shared/protocol/index.ts'
import { type Automation, automationOf, recordsOf, type Track } from '../../src-shared/remix/index.ts'
import { classes, formatDb, formatPan, Hint, type MenuEntry, NumberField, RoleMark, WithContextMenu } from '../parts/index.ts'
import {
  cancelFreeze,
  edit,
  freezeTrack,
  pluginsStore,
  remixStore,
  selectTrack,
  unfreezeTrack,
  usePlugins,
  settledSnapshot,
  useView,
  viewStore,
  wantsFreezing,
} from '../state/index.ts'
import { LevelMeter } from '../mixer/index.ts'
import { PAN_RANGE, previewTrack, TRACK_GAIN_RANGE, toggleTrackMute, toggleTrackSolo } from '../mixer/index.ts'
import { clipsOfTrack } from './snapshot-index.ts'
import { dragTrack, useIsTrackDragged } from './track-reorder.tsx'

const laneOf = (trackId: string, param: string) => () => {
  const { lanes } = viewStore.getState()
  const { [trackId]: open, ...rest } = lanes
  viewStore.setState({
    lanes: open?.param === param && open.ownerId === trackId ? rest : { ...rest, [trackId]: { ownerId: trackId, param } },
  })
}

/** Entries of a track's menu. */
export const trackMenu = (track: Track): readonly MenuEntry[] => {
  const snapshot = settledSnapshot()
  const lane = viewStore.getState().lanes[track.id]
  const count = clipsOfTrack(snapshot, track.id).length
  const isAutomated = (param: string): boolean => automationOf(snapshot, track.id, param) !== undefined
  const clear = (automation: Automation): MenuEntry => ({
    label: `Remove automation of ${automation.param === 'gainDb' ? 'level' : automation.param}`,
    run: () => void edit([{ op: 'automation.remove', ownerId: automation.ownerId, param: automation.param }]),
  })
  return [
    { label: track.isMuted ? 'Unmute' : 'Mute', keys: 'M', run: () => toggleTrackMute(track) },
    { label: track.isSoloed ? 'Unsolo' : 'Solo', keys: 'Shift+S', run: () => toggleTrackSolo(track, false) },
    { label: 'Solo only this', run: () => toggleTrackSolo(track, true) },
    { label: 'Rename…', keys: 'F2', run: () => viewStore.setState({ renaming: track.id }) },
    'separator',
    { heading: 'Automation' },
    { label: 'Level lane', isChecked: lane?.param === 'gainDb' && lane.ownerId === track.id, run: laneOf(track.id, 'gainDb') },
    { label: 'Pan lane', isChecked: lane?.param === 'pan', run: laneOf(track.id, 'pan') },
    ...recordsOf(snapshot, 'automation').flatMap((automation) =>
      automation.ownerId === track.id && isAutomated(automation.param) ? [clear(automation)] : [],
    ),
    'separator',
    ...(track.kind !== 'audio'
      ? []
      : pluginsStore.getState().freezing?.trackId === track.id
        ? [{ label: 'Stop freezing', icon: Snowflake, run: cancelFreeze }]
        : track.frozen
          ? [
              ...(wantsFreezing(pluginsStore.getState().frozen[track.id])
                ? [{ label: 'Freeze again', icon: Snowflake, run: () => void freezeTrack(track.id) }]
                : []),
              { label: 'Unfreeze', icon: Snowflake, run: () => unfreezeTrack(track.id) },
            ]
          : [{ label: 'Freeze', icon: Snowflake, run: () => void freezeTrack(track.id) }]),
    { label: 'Move up', run: () => moveTrack(track, -1) },
    { label: 'Move down', run: () => moveTrack(track, 1) },
    {
      label: count > 0 ? `Delete track and ${count === 1 ? 'its clip' : `its ${count} clips`}` : 'Delete track',
      isDanger: true,
      run: () => void edit([{ op: 'track.delete', trackId: track.id }]),
    },
  ]
}

const moveTrack = (track: Track, by: -1 | 1): void => {
  const siblings = [...remixStore.getState().snapshot.values()]
    .filter((record): record is Track => record.type === 'track' && record.kind === track.kind)
    .sort((a, b) => a.order - b.order || (a.id < b.id ? -1 : 1))
  const index = siblings.findIndex((one) => one.id === track.id) + by
  if (index >= 0 && index < siblings.length) void edit([{ op: 'track.set', trackId: track.id, index }])
}

/** A name that can be typed over: double-click or the menu. */
export const NameField = ({
  id,
  name,
  onRename,
  className,
}: {
  id: string
  name: string
  onRename: (name: string) => void
  className?: string
}) => {
  const isRenaming = useView((view) => view.renaming === id)
  const [text, setText] = useState(name)
  if (!isRenaming) {
    return (
      // biome-ignore lint/a11y/noStaticElementInteractions: the menu beside it renames by key.
      <span
        className={classes('ellipsis', className)}
        title={name}
        onDoubleClick={(event) => {
          event.stopPropagation()
          setText(name)
          viewStore.setState({ renaming: id })
        }}
      >
        {name}
      </span>
    )
  }
  const finish = (isKept: boolean): void => {
    viewStore.setState({ renaming: null })
    if (isKept && text.trim() !== '' && text.trim() !== name) onRename(text.trim())
  }
  return (
    <input
      className="name-input"
      aria-label="Name"
      value={text}
      maxLength={300}
      ref={(input) => {
        if (input && input !== document.activeElement) {
          setText(name)
          input.focus()
          requestAnimationFrame(() => input.select())
        }
      }}
      onPointerDown={(event) => event.stopPropagation()}
      onChange={(event) => setText(event.target.value)}
      onBlur={() => finish(true)}
      onKeyDown={(event) => {
        event.stopPropagation()
        if (event.key === 'Enter') finish(true)
        if (event.key === 'Escape') finish(false)
      }}
    />
  )
}

/** What a frozen track's mark says. */
const FROZEN_WORDS: Readonly<Record<FrozenState, string>> = {
  kept: 'Frozen',
  outdated: 'Frozen, but what its devices listen to has changed since',
  elsewhere: 'Frozen on another computer',
  lost: 'Frozen, but its sound is not here',
}

/** A snowflake on a frozen track; how far freezing is while it runs. */
const FrozenMark = ({ track }: { track: Track }) => {
  const fraction = usePlugins(({ freezing }) => (freezing?.trackId === track.id ? freezing.fraction : null))
  const state = usePlugins(({ frozen }) => frozen[track.id])
  if (fraction !== null)
    return (
      <button type="button" className="track-freezing" title="Freezing. Click to stop" onClick={cancelFreeze}>
        <Snowflake size={11} aria-hidden /> {Math.round(fraction * 100)} %
      </button>
    )
  if (!track.frozen) return null
  const words = FROZEN_WORDS[state ?? 'kept']
  return (
    <span className={classes('track-frozen', wantsFreezing(state) && 'is-outdated')} title={words}>
      <Snowflake size={12} role="img" aria-label={words} />
    </span>
  )
}

/** The head of one track. */
export const TrackHeader = memo(({ track }: { track: Track }) => {
  const isSelected = useView((view) => view.trackId === track.id)
  const isDragged = useIsTrackDragged(track.id)
  return (
    <WithContextMenu entries={() => trackMenu(track)} onOpen={() => selectTrack(track.id)}>
      {/* biome-ignore lint/a11y/useSemanticElements: a table cannot hold free-floating clips; the grid pattern of ARIA can. */}
      <div
        tabIndex={-1}
        className={classes('track-head', isSelected && 'is-selected', track.isMuted && 'is-muted', isDragged && 'is-dragged')}
        style={{ '--role': `var(--${track.role})` } as React.CSSProperties}
        role="rowheader"
        aria-label={`${track.name}, ${track.kind === 'bus' ? 'bus' : track.role}`}
        onPointerDown={(event) => dragTrack(event, track)}
      >
        <span className="track-bar" />
        <div className="track-words">
          <div className="track-name">
            <RoleMark role={track.role} />
            <FrozenMark track={track} />
            <NameField id={track.id} name={track.name} onRename={(name) => void edit([{ op: 'track.set', trackId: track.id, name }])} />
          </div>
          <div className="track-numbers">
            <NumberField
              label={`Level of ${track.name}`}
              value={track.gainDb}
              range={TRACK_GAIN_RANGE}
              format={(db) => `${formatDb(db)} dB`}
              onPreview={(gainDb) => previewTrack(track.id, gainDb === null ? null : { gainDb })}
              onCommit={(gainDb) => void edit([{ op: 'track.set', trackId: track.id, gainDb }])}
            />
            <NumberField
              label={`Pan of ${track.name}`}
              value={track.pan}
              range={PAN_RANGE}
              format={formatPan}
              onPreview={(pan) => previewTrack(track.id, pan === null ? null : { pan })}
              onCommit={(pan) => void edit([{ op: 'track.set', trackId: track.id, pan }])}
            />
          </div>
        </div>
        <Hint text="Mute" keys="M">
          <button
            type="button"
            className={classes('ms-button', track.isMuted && 'is-mute')}
            aria-pressed={track.isMuted}
            aria-label={`Mute ${track.name}`}
            onClick={() => toggleTrackMute(track)}
          >
            M
          </button>
        </Hint>
        <Hint text="Solo (Ctrl: only this)" keys="Shift+S">
          <button
            type="button"
            className={classes('ms-button', track.isSoloed && 'is-solo')}
            aria-pressed={track.isSoloed}
            aria-label={`Solo ${track.name}`}
            onClick={(event) => toggleTrackSolo(track, event.ctrlKey || event.metaKey)}
          >
            S
          </button>
        </Hint>
        <LevelMeter trackId={track.id} width={7} height={34} />
      </div>
    </WithContextMenu>
  )
})
