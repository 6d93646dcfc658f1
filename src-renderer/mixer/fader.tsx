// A vertical fader in dB.
import { type KeyboardEvent, type PointerEvent, useRef } from 'react'
import { formatDb } from '../parts/index.ts'
import { FADER_MARKS, faderDb, faderTravel } from './meter-scale.ts'

/** Drag to set, Shift for fine steps, double-click for 0 dB. */
export const Fader = ({
  label,
  value,
  height,
  onPreview,
  onCommit,
}: {
  label: string
  value: number
  height: number
  onPreview: (db: number | null) => void
  onCommit: (db: number) => void
}) => {
  const drag = useRef<{ y: number; travel: number; last: number; moved: boolean } | null>(null)
  const down = (event: PointerEvent<HTMLDivElement>): void => {
    if (event.button !== 0) return
    event.currentTarget.setPointerCapture(event.pointerId)
    drag.current = { y: event.clientY, travel: faderTravel(value), last: value, moved: false }
  }
  const move = (event: PointerEvent): void => {
    const { current } = drag
    if (!current) return
    if (!current.moved && Math.abs(event.clientY - current.y) < 2) return
    current.moved = true
    current.travel = Math.max(0, Math.min(1, current.travel - (event.clientY - current.y) / (height * (event.shiftKey ? 8 : 1))))
    current.y = event.clientY
    current.last = Math.round(faderDb(current.travel) * 10) / 10
    onPreview(current.last)
  }
  const end = (isKept: boolean): void => {
    const { current } = drag
    drag.current = null
    onPreview(null)
    if (isKept && current?.moved) onCommit(current.last)
  }
  const key = (event: KeyboardEvent): void => {
    if (event.key === 'Escape' && drag.current) {
      event.stopPropagation()
      end(false)
    }
    const direction = { ArrowUp: 1, ArrowRight: 1, ArrowDown: -1, ArrowLeft: -1 }[event.key]
    if (direction === undefined) return
    event.preventDefault()
    event.stopPropagation()
    onCommit(Math.max(-144, Math.min(12, Math.round((Math.max(-60, value) + direction * (event.shiftKey ? 0.1 : 1)) * 10) / 10)))
  }
  return (
    <div
      className="fader"
      style={{ height }}
      role="slider"
      tabIndex={0}
      aria-orientation="vertical"
      aria-label={label}
      aria-valuemin={-60}
      aria-valuemax={12}
      aria-valuenow={Math.max(-60, Math.round(value * 10) / 10)}
      aria-valuetext={`${formatDb(value)} dB`}
      onPointerDown={down}
      onPointerMove={move}
      onPointerUp={() => end(true)}
      onPointerCancel={() => end(false)}
      onDoubleClick={() => onCommit(0)}
      onKeyDown={key}
    >
      {FADER_MARKS.map((mark) => (
        <span key={mark} className="fader-mark" style={{ bottom: `${faderTravel(mark) * 100}%` }} data-zero={mark === 0 || undefined} />
      ))}
      <span className="fader-cap" style={{ bottom: `${faderTravel(value) * 100}%` }} />
    </div>
  )
}
