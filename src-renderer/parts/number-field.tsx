// A number that can be dragged, typed, stepped and reset. While it is dragged only `onPreview` runs; the change is one undo step at the end.
import { type KeyboardEvent, type PointerEvent, useRef, useState } from 'react'
import { classes } from './classes.ts'

export interface NumberRange {
  readonly min: number
  readonly max: number
  readonly default: number
  readonly scale: 'linear' | 'log' | 'step'
  /** Change per arrow key; Shift makes it a tenth. */
  readonly step: number
}

const clamp = (value: number, { min, max }: NumberRange): number => Math.max(min, Math.min(max, value))

const toTravel = (value: number, range: NumberRange): number =>
  range.scale === 'log'
    ? Math.log(clamp(value, range) / range.min) / Math.log(range.max / range.min)
    : (value - range.min) / (range.max - range.min)

const fromTravel = (travel: number, range: NumberRange): number => {
  const t = Math.max(0, Math.min(1, travel))
  const value = range.scale === 'log' ? range.min * (range.max / range.min) ** t : range.min + t * (range.max - range.min)
  return range.scale === 'step' ? Math.round(value) : value
}

/** Pixels of drag for the whole range; Shift needs eight times as many. */
const DRAG_PIXELS = 220

const parse = (text: string): number | null => {
  const plain = text
    .trim()
    .replace('−', '-')
    .replace(',', '.')
    .replace(/(khz)$/i, 'e3')
    .replace(/[^\d.eE+-]+$/u, '')
  if (/^-?(∞|inf)/i.test(plain)) return -144
  const value = Number.parseFloat(plain)
  return Number.isFinite(value) ? value : null
}

/** A labelled, scrubbable number. */
export const NumberField = ({
  label,
  value,
  range,
  format,
  parseText,
  onPreview,
  onCommit,
  isDisabled = false,
}: {
  label: string
  value: number
  range: NumberRange
  format: (value: number) => string
  /** Reads what was typed; plain numbers without it. */
  parseText?: ((text: string) => number | null) | undefined
  onPreview?: ((value: number | null) => void) | undefined
  onCommit: (value: number) => void
  isDisabled?: boolean
}) => {
  const [text, setText] = useState<string | null>(null)
  const [dragged, setDragged] = useState<number | null>(null)
  const drag = useRef<{ x: number; y: number; travel: number; moved: boolean; from: number; last: number } | null>(null)
  const shown = dragged ?? value

  const finish = (commit: boolean): void => {
    const { current } = drag
    drag.current = null
    setDragged(null)
    onPreview?.(null)
    // `value` itself follows what is previewed.
    if (commit && current?.moved && current.last !== current.from) onCommit(current.last)
  }
  const onPointerDown = (event: PointerEvent<HTMLButtonElement>): void => {
    if (event.button !== 0 || isDisabled) return
    event.currentTarget.setPointerCapture(event.pointerId)
    drag.current = { x: event.clientX, y: event.clientY, travel: toTravel(value, range), moved: false, from: value, last: value }
  }
  const onPointerMove = (event: PointerEvent<HTMLButtonElement>): void => {
    const { current } = drag
    if (!current) return
    const moved = event.clientX - current.x - (event.clientY - current.y)
    if (!current.moved && Math.abs(moved) < 3) return
    current.moved = true
    current.travel += moved / (DRAG_PIXELS * (event.shiftKey ? 8 : 1))
    current.x = event.clientX
    current.y = event.clientY
    current.last = clamp(fromTravel(current.travel, range), range)
    setDragged(current.last)
    onPreview?.(current.last)
  }
  const onKeyDown = (event: KeyboardEvent<HTMLButtonElement>): void => {
    if (event.key === 'Escape' && drag.current) {
      event.stopPropagation()
      finish(false)
      return
    }
    const direction = { ArrowUp: 1, ArrowRight: 1, ArrowDown: -1, ArrowLeft: -1 }[event.key]
    if (direction === undefined) return
    event.preventDefault()
    event.stopPropagation()
    const next =
      range.scale === 'log'
        ? fromTravel(toTravel(value, range) + direction * (event.shiftKey ? 0.002 : 0.02), range)
        : value + direction * range.step * (event.shiftKey && range.scale !== 'step' ? 0.1 : 1)
    onCommit(clamp(Math.round(next * 1e6) / 1e6, range))
  }
  const commitText = (): void => {
    const typed = text === null ? null : (parseText ?? parse)(text)
    setText(null)
    if (typed !== null && typed !== value) onCommit(parseText ? typed : clamp(range.scale === 'step' ? Math.round(typed) : typed, range))
  }

  if (text !== null) {
    return (
      <input
        className="number-input"
        aria-label={label}
        value={text}
        ref={(input) => {
          if (input && document.activeElement !== input) {
            input.focus()
            input.select()
          }
        }}
        onChange={(event) => setText(event.target.value)}
        onBlur={commitText}
        onKeyDown={(event) => {
          event.stopPropagation()
          if (event.key === 'Enter') commitText()
          if (event.key === 'Escape') setText(null)
        }}
      />
    )
  }
  return (
    <button
      type="button"
      className={classes('number', dragged !== null && 'is-dragged')}
      role="spinbutton"
      aria-label={label}
      aria-valuenow={Math.round(shown * 1000) / 1000}
      aria-valuemin={range.min}
      aria-valuemax={range.max}
      aria-valuetext={format(shown)}
      disabled={isDisabled}
      title="Drag to change, Shift for fine steps, Enter to type, double-click to reset"
      onPointerDown={onPointerDown}
      onPointerMove={onPointerMove}
      onPointerUp={() => finish(true)}
      onPointerCancel={() => finish(false)}
      onDoubleClick={() => onCommit(range.default)}
      onClick={(event) => event.detail === 0 && setText(format(value))}
      onKeyDown={onKeyDown}
    >
      {format(shown)}
    </button>
  )
}
