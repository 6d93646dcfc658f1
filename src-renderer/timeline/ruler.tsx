// The ruler: click moves the playhead, dragging sets the loop. Below it the named sections.
import { memo, type PointerEvent, useState } from 'react'
import { type Marker, remixOf } from '../../src-shared/remix/index.ts'
import { classes, WithContextMenu } from '../parts/index.ts'
import { edit, play, seekTick, settledSnapshot, useRemix } from '../state/index.ts'
import { sectionLook } from '../theme/index.ts'
import { tickAtClientX } from './camera.ts'
import { RulerCanvas } from './canvases.tsx'
import { tickCss } from './clip-view.tsx'
import { barText } from './clip-gestures.ts'
import { runGesture, runPlainDrag } from './gesture.ts'
import { candidatesOf, snapped } from './snap-candidates.ts'
import { shownMarkers } from './snapshot-index.ts'
import { NameField } from './track-header.tsx'

/** Bars, minutes and the loop. */
export const Ruler = memo(() => {
  const loop = useRemix((remix) => remixOf(remix.snapshot).loop)
  const [drawn, setDrawn] = useState<{ from: number; to: number } | null>(null)
  const shown = drawn ?? (loop ? { from: loop.startTick, to: loop.startTick + loop.lengthTicks } : null)

  const drag = (event: PointerEvent, from: number, move: 'draw' | 'slide'): void => {
    if (event.button !== 0) return
    event.stopPropagation()
    const base = settledSnapshot()
    const candidates = candidatesOf(base, new Set())
    const at = (clientX: number, isFree: boolean): number => snapped(tickAtClientX(clientX), base, candidates, isFree)
    const start = move === 'draw' ? (event.type === 'pointerdown' && from < 0 ? at(event.clientX, event.ctrlKey) : from) : from
    const rangeAt = (clientX: number, isFree: boolean): { from: number; to: number } => {
      if (move === 'slide' && loop) {
        const begin = Math.max(0, at(clientX, isFree) - at(event.clientX, isFree) + loop.startTick)
        return { from: begin, to: begin + loop.lengthTicks }
      }
      const end = at(clientX, isFree)
      return { from: Math.min(start, end), to: Math.max(start, end) }
    }
    runPlainDrag(event, {
      onMove: (point) => setDrawn(rangeAt(point.clientX, point.isFree)),
      onEnd: (point, isEscaped) => {
        setDrawn(null)
        if (isEscaped) return
        if (!point) {
          seekTick(event.ctrlKey ? tickAtClientX(event.clientX) : at(event.clientX, false))
          return
        }
        const range = rangeAt(point.clientX, point.isFree)
        if (range.to > range.from)
          void edit([{ op: 'loop.set', startTick: range.from, lengthTicks: range.to - range.from, isEnabled: true }])
      },
    })
  }
  return (
    <div
      className="ruler"
      role="slider"
      tabIndex={-1}
      aria-label="Ruler: click to move the playhead, drag to set the loop"
      aria-valuenow={0}
      aria-valuetext={loop ? `Loop from ${barText(loop.startTick)} to ${barText(loop.startTick + loop.lengthTicks)}` : 'No loop'}
      onPointerDown={(event) => drag(event, -1, 'draw')}
      onDoubleClick={(event) => {
        seekTick(tickAtClientX(event.clientX))
        play()
      }}
    >
      {shown && (
        <div
          className={classes('loop-range', (drawn !== null || loop?.isEnabled) && 'is-on')}
          style={{ left: tickCss(shown.from), width: tickCss(shown.to - shown.from) }}
          onPointerDown={(event) => drag(event, 0, 'slide')}
        >
          <span className="loop-edge" onPointerDown={(event) => drag(event, shown.to, 'draw')} />
          <span className="loop-edge loop-edge-end" onPointerDown={(event) => drag(event, shown.from, 'draw')} />
        </div>
      )}
      <RulerCanvas />
    </div>
  )
})

const Section = ({ marker }: { marker: Marker }) => {
  const select = (): void => seekTick(marker.atTick)
  const entries = () => [
    {
      label: 'Play from here',
      run: () => {
        select()
        play()
      },
    },
    ...(marker.lengthTicks
      ? [
          {
            label: 'Loop it',
            run: () =>
              void edit([{ op: 'loop.set' as const, startTick: marker.atTick, lengthTicks: marker.lengthTicks ?? 1, isEnabled: true }]),
          },
        ]
      : []),
    { label: 'Delete', isDanger: true, run: () => void edit([{ op: 'marker.remove', markerId: marker.id }]) },
  ]
  return (
    <WithContextMenu entries={entries}>
      <div
        className={classes('section', marker.lengthTicks === null && 'section-point')}
        style={
          {
            left: tickCss(marker.atTick),
            ...(marker.lengthTicks === null ? {} : { width: tickCss(marker.lengthTicks) }),
            '--section': sectionLook(marker.color),
          } as React.CSSProperties
        }
        onPointerDown={(event) => {
          if (event.button !== 0) return
          if (marker.lengthTicks !== null) return select()
          const candidates = candidatesOf(settledSnapshot(), new Set()).filter((at) => at !== marker.atTick)
          runGesture(event, {
            label: `Move ${marker.name}`,
            onClick: select,
            compute: (point, base) => {
              const by = tickAtClientX(point.clientX) - tickAtClientX(event.clientX)
              const atTick = snapped(marker.atTick + by, base, candidates, point.isFree)
              return {
                commands: [{ op: 'marker.set', markerId: marker.id, atTick }],
                snapTick: point.isFree ? null : atTick,
                text: barText(atTick),
              }
            },
          })
        }}
      >
        <NameField
          id={marker.id}
          name={marker.name}
          className="section-name"
          onRename={(name) => void edit([{ op: 'marker.set', markerId: marker.id, name }])}
        />
      </div>
    </WithContextMenu>
  )
}

/** Named sections and markers. */
export const Sections = memo(() => {
  const markers = useRemix((remix) => shownMarkers(remix.snapshot))
  return (
    <fieldset className="sections" aria-label="Sections">
      {markers.map((marker) => (
        <Section key={marker.id} marker={marker} />
      ))}
    </fieldset>
  )
})
