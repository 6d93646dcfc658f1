// The ruler: click moves the playhead, dragging sets the loop.
import { memo, type PointerEvent, useState } from 'react'
import { remixOf } from '../../src-shared/remix/index.ts'
import { classes } from '../parts/index.ts'
import { edit, play, seekTick, settledSnapshot, useRemix } from '../state/index.ts'
import { tickAtClientX } from './camera.ts'
import { RulerCanvas } from './canvases.tsx'
import { tickCss } from './clip-view.tsx'
import { barText } from './clip-gestures.ts'
import { runPlainDrag } from './gesture.ts'
import { candidatesOf, snapped } from './snap-candidates.ts'

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
