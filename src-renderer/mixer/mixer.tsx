// The mixer: one strip per track, then buses, then the master with its loudness.
import { useVirtualizer } from '@tanstack/react-virtual'
import { Plus, SlidersVertical } from 'lucide-react'
import { memo, useEffect, useRef, useState } from 'react'
import { useShallow } from 'zustand/react/shallow'
import {
  type Device,
  devicesOf,
  MASTER_TRACK_ID,
  masterOf,
  recordOf,
  type Send,
  sendsOf,
  type Track,
  tracksOf,
} from '../../src-shared/remix/index.ts'
import { classes, EmptyState, formatDb, formatLevel, formatPan, Hint, NumberField, RoleMark } from '../parts/index.ts'
import { edit, lastMeters, onFrame, selectTrack, useRemix, useView, viewStore } from '../state/index.ts'
import { deviceTitle } from './device-words.ts'
import { Fader } from './fader.tsx'
import { LevelMeter, ReductionMeter } from './level-meter.tsx'
import { PAN_RANGE, previewEdit, previewTrack, SEND_RANGE, toggleTrackMute, toggleTrackSolo } from './track-edits.ts'

const STRIP_WIDTH = 104

/** Height left for devices, sends and faders beside what else `taken` pixels of the box hold. A scrollbar takes its part of the strips' box. */
const useFaderHeight = (box: React.RefObject<HTMLElement | null>, taken: number): number => {
  const [height, setHeight] = useState(110)
  useEffect(() => {
    if (!box.current) return
    const observer = new ResizeObserver(([entry]) => setHeight(Math.max(96, (entry?.contentRect.height ?? 220) - taken)))
    observer.observe(box.current)
    return () => observer.disconnect()
  }, [box, taken])
  return height
}

const Chain = ({ trackId, devices }: { trackId: string; devices: readonly Device[] }) => (
  <div className="strip-chain">
    {devices.slice(0, 2).map((device) => (
      <button
        type="button"
        key={device.id}
        className={classes('strip-device', !device.isEnabled && 'is-off')}
        title={`${deviceTitle(device)}${device.isEnabled ? '' : ', off'}: click to edit`}
        onClick={() => {
          selectTrack(trackId)
          viewStore.setState({ deviceId: device.id })
        }}
      >
        <span className="ellipsis">{deviceTitle(device)}</span>
      </button>
    ))}
    <button
      type="button"
      className="strip-device strip-add"
      aria-label="Add device"
      title={devices.length > 2 ? `${devices.length - 2} more; add another` : 'Add device'}
      onClick={() => viewStore.setState({ picking: { trackId, replaces: null } })}
    >
      <Plus size={12} aria-hidden />
      {devices.length > 2 && <span>{devices.length - 2} more</span>}
    </button>
  </div>
)

const Sends = ({ sends }: { sends: readonly Send[] }) => {
  const names = useRemix(useShallow((remix) => sends.map((send) => recordOf(remix.snapshot, 'track', send.toTrackId)?.name ?? 'bus')))
  return sends.slice(0, 1).map((send, i) => (
    <div key={send.id} className="strip-send">
      <span className="ellipsis" title={names[i]}>
        {names[i]}
      </span>
      <NumberField
        label={`Send to ${names[i]}`}
        value={send.gainDb}
        range={SEND_RANGE}
        format={formatDb}
        onPreview={(gainDb) => previewEdit(gainDb === null ? null : { op: 'send.set', sendId: send.id, gainDb })}
        onCommit={(gainDb) => void edit([{ op: 'send.set', sendId: send.id, gainDb }])}
      />
    </div>
  ))
}

const Strip = memo(({ track, faderHeight }: { track: Track; faderHeight: number }) => {
  const devices = useRemix(useShallow((remix) => devicesOf(remix.snapshot, track.id)))
  const sends = useRemix(useShallow((remix) => sendsOf(remix.snapshot, track.id)))
  const isSelected = useView((view) => view.trackId === track.id)
  const isMaster = track.kind === 'master'
  // What devices and sends leave.
  const height = Math.max(56, Math.min(260, faderHeight - 26 * (Math.min(2, devices.length) + 1) - 24 * Math.min(1, sends.length)))
  return (
    <fieldset
      className={classes('strip', isSelected && 'is-selected', isMaster && 'strip-master')}
      aria-label={isMaster ? 'Master' : track.name}
      style={{ '--role': `var(--${track.role})` } as React.CSSProperties}
      onPointerDown={() => viewStore.getState().trackId !== track.id && selectTrack(track.id)}
    >
      <div className="strip-name">
        {isMaster ? <SlidersVertical size={13} aria-hidden /> : <RoleMark role={track.role} />}
        <span className="ellipsis" title={track.name}>
          {track.name}
        </span>
      </div>
      <Chain trackId={track.id} devices={devices} />
      {sends.length > 0 && <Sends sends={sends} />}
      <div className="strip-body">
        <Fader
          label={`Level of ${track.name}`}
          value={track.gainDb}
          height={height}
          onPreview={(gainDb) => previewTrack(track.id, gainDb === null ? null : { gainDb })}
          onCommit={(gainDb) => void edit([{ op: 'track.set', trackId: track.id, gainDb }])}
        />
        <LevelMeter trackId={track.id} width={14} height={height} />
        {isMaster && <ReductionMeter width={5} height={height} />}
        <div className="strip-side">
          {!isMaster && (
            <>
              <Hint text="Mute" keys="M" side="right">
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
              <Hint text="Solo (Ctrl: only this)" keys="Shift+S" side="right">
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
            </>
          )}
        </div>
      </div>
      <div className="strip-numbers">
        <NumberField
          label={`Level of ${track.name} in dB`}
          value={track.gainDb}
          range={{ min: -60, max: 12, default: 0, scale: 'linear', step: 0.5 }}
          format={formatDb}
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
    </fieldset>
  )
})

/** Rows of loudness numbers, written into the page four times a second. */
const Loudness = () => {
  const list = useRef<HTMLDListElement>(null)
  useEffect(() => {
    let last = 0
    return onFrame((now) => {
      if (now - last < 250 || !list.current) return
      last = now
      const master = lastMeters()?.master
      const values = [
        master?.momentaryLufs,
        master?.shortTermLufs,
        master?.integratedLufs,
        master?.truePeakDb,
        master ? master.gainReductionDb : null,
      ]
      for (const [i, cell] of [...list.current.querySelectorAll('dd')].entries()) {
        const text = formatLevel(values[i])
        if (cell.textContent !== text) cell.textContent = text
      }
    })
  }, [])
  return (
    <section className="loudness" aria-label="Loudness">
      <h3 className="caps">Loudness</h3>
      <dl ref={list}>
        <div>
          <dt>Momentary</dt>
          <dd>–</dd>
          <span>LUFS</span>
        </div>
        <div>
          <dt>Short-term</dt>
          <dd>–</dd>
          <span>LUFS</span>
        </div>
        <div className="is-main">
          <dt>Integrated</dt>
          <dd>–</dd>
          <span>LUFS</span>
        </div>
        <div>
          <dt>True peak</dt>
          <dd>–</dd>
          <span>dBTP</span>
        </div>
        <div>
          <dt>Reduction</dt>
          <dd>–</dd>
          <span>dB</span>
        </div>
      </dl>
    </section>
  )
}

/** The mixer tab. */
export const Mixer = () => {
  const panel = useRef<HTMLDivElement>(null)
  const scroller = useRef<HTMLFieldSetElement>(null)
  const tracks = useRemix(useShallow((remix) => tracksOf(remix.snapshot).filter((track) => track.id !== MASTER_TRACK_ID)))
  const master = useRemix((remix) => masterOf(remix.snapshot))
  const faderHeight = useFaderHeight(scroller, 84)
  const masterHeight = useFaderHeight(panel, 94)
  const virtualizer = useVirtualizer({
    horizontal: true,
    count: tracks.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => STRIP_WIDTH,
    overscan: 3,
  })
  return (
    <div className="mixer" ref={panel}>
      <fieldset className="mixer-strips" ref={scroller} aria-label="Channel strips">
        {tracks.length === 0 && <EmptyState icon={SlidersVertical} title="No tracks to mix" />}
        <div style={{ width: virtualizer.getTotalSize(), height: '100%', position: 'relative' }}>
          {virtualizer.getVirtualItems().map((item) => {
            const track = tracks[item.index]
            return (
              track && (
                <div key={track.id} className="strip-place" style={{ transform: `translateX(${item.start}px)`, width: STRIP_WIDTH }}>
                  <Strip track={track} faderHeight={faderHeight} />
                </div>
              )
            )
          })}
        </div>
      </fieldset>
      <div className="mixer-master">
        <Strip track={master} faderHeight={masterHeight} />
        <Loudness />
      </div>
    </div>
  )
}
