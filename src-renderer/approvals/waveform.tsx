// Remix over original, on one time axis, with the notes in place. A click puts the position there, a drag chooses a stretch; arrow keys do both.
import { type KeyboardEvent, type PointerEvent, useEffect, useRef } from 'react'
import { useStore } from 'zustand'
import { classes } from '../parts/index.ts'
import { onLookChange } from '../theme/index.ts'
import type { AbPlayer, AbSide } from './ab-player.ts'
import type { LoadedPlayer } from './use-player.ts'
import { placeOf, timeOf } from './words.ts'

/** Something said at a place. */
export interface Mark {
  readonly id: string
  readonly fromMs: number
  readonly toMs: number | null
  readonly text: string
  readonly isDraft: boolean
}

export interface Stretch {
  readonly fromMs: number
  readonly toMs: number | null
}

const STEP_MS = 1_000
/** Pixels a pointer moves before a click is a drag. */
const DRAG_PX = 4

const draw = (canvas: HTMLCanvasElement, peaks: LoadedPlayer['peaks'], side: AbSide): void => {
  const ratio = window.devicePixelRatio
  const width = Math.round(canvas.clientWidth * ratio)
  const height = Math.round(canvas.clientHeight * ratio)
  if (width === 0 || height === 0) return
  canvas.width = width
  canvas.height = height
  const pen = canvas.getContext('2d')
  if (!pen) return
  const style = getComputedStyle(canvas)
  const lanes = (['preview', 'original'] as const).filter((one) => peaks[one])
  const lane = height / lanes.length
  for (const [i, one] of lanes.entries()) {
    const data = peaks[one] as Float32Array
    const count = data.length / 2
    const middle = lane * (i + 0.5)
    pen.fillStyle = style.getPropertyValue(one === 'preview' ? '--accent' : '--effects')
    pen.globalAlpha = one === side ? 0.95 : 0.38
    for (let x = 0; x < width; x++) {
      const from = Math.floor((x / width) * count)
      const to = Math.max(from + 1, Math.floor(((x + 1) / width) * count))
      let low = 0
      let high = 0
      for (let at = from; at < to; at++) {
        low = Math.min(low, data[2 * at] ?? 0)
        high = Math.max(high, data[2 * at + 1] ?? 0)
      }
      const scale = lane * 0.44
      // Silence is empty.
      if (high - low > 0.004) pen.fillRect(x, middle - high * scale, 1, Math.max(ratio, (high - low) * scale))
    }
  }
}

const Playhead = ({ player, durationMs }: { player: AbPlayer; durationMs: number }) => {
  const line = useRef<HTMLDivElement>(null)
  const isPlaying = useStore(player.store, (state) => state.isPlaying)
  const restMs = useStore(player.store, (state) => state.restMs)
  // biome-ignore lint/correctness/useExhaustiveDependencies: at rest, the line moves with the resting position.
  useEffect(() => {
    let frame = 0
    const place = (): void => {
      if (line.current) line.current.style.left = `${(player.positionMs / Math.max(1, durationMs)) * 100}%`
      if (isPlaying) frame = requestAnimationFrame(place)
    }
    place()
    return () => cancelAnimationFrame(frame)
  }, [player, isPlaying, restMs, durationMs])
  return <div className="ab-playhead" ref={line} aria-hidden />
}

/** The picture. `stretch` is what is chosen now. */
export const Waveform = ({
  loaded,
  marks,
  stretch,
  onStretch,
  onMark,
}: {
  loaded: LoadedPlayer
  marks: readonly Mark[]
  stretch: Stretch | null
  onStretch: (stretch: Stretch) => void
  onMark: (mark: Mark) => void
}) => {
  const { player, peaks } = loaded
  const canvas = useRef<HTMLCanvasElement>(null)
  const area = useRef<HTMLDivElement>(null)
  const side = useStore(player.store, (state) => state.side)
  const durationMs = useStore(player.store, (state) => state.durationMs)
  const restMs = useStore(player.store, (state) => state.restMs)
  const pressed = useRef<{ readonly x: number; readonly ms: number; isDrag: boolean } | null>(null)
  const percent = (ms: number): string => `${(Math.min(ms, durationMs) / Math.max(1, durationMs)) * 100}%`

  useEffect(() => {
    const element = canvas.current
    if (!element) return
    const redraw = (): void => draw(element, peaks, side)
    const observer = new ResizeObserver(redraw)
    observer.observe(element)
    const stop = onLookChange(redraw)
    redraw()
    return () => {
      observer.disconnect()
      stop()
    }
  }, [peaks, side])

  const msAt = (event: PointerEvent): number => {
    const box = area.current?.getBoundingClientRect()
    return box && box.width > 0 ? Math.round(Math.max(0, Math.min(1, (event.clientX - box.left) / box.width)) * durationMs) : 0
  }
  const onPointerDown = (event: PointerEvent): void => {
    if (event.button !== 0 || (event.target instanceof Element && event.target.closest('button'))) return
    event.currentTarget.setPointerCapture(event.pointerId)
    pressed.current = { x: event.clientX, ms: msAt(event), isDrag: false }
  }
  const onPointerMove = (event: PointerEvent): void => {
    const start = pressed.current
    if (!start) return
    if (Math.abs(event.clientX - start.x) >= DRAG_PX) start.isDrag = true
    if (!start.isDrag) return
    const now = msAt(event)
    onStretch({ fromMs: Math.min(start.ms, now), toMs: Math.max(start.ms, now) })
  }
  const onPointerUp = (event: PointerEvent): void => {
    const start = pressed.current
    pressed.current = null
    if (!start) return
    if (!start.isDrag) onStretch({ fromMs: msAt(event), toMs: null })
    player.seek(start.isDrag ? Math.min(start.ms, msAt(event)) : start.ms)
  }
  const onKeyDown = (event: KeyboardEvent): void => {
    const step = { ArrowLeft: -STEP_MS, ArrowRight: STEP_MS, PageUp: 5 * STEP_MS, PageDown: -5 * STEP_MS }[event.key]
    const to = event.key === 'Home' ? 0 : event.key === 'End' ? durationMs : step === undefined ? null : player.positionMs + step
    if (to === null) return
    event.preventDefault()
    event.stopPropagation()
    const at = Math.round(Math.max(0, Math.min(durationMs, to)))
    const from = stretch?.fromMs ?? Math.round(player.positionMs)
    player.seek(at)
    // Shift keeps where the stretch begins, as in any text.
    onStretch(event.shiftKey && at > from ? { fromMs: from, toMs: at } : { fromMs: at, toMs: null })
  }
  return (
    <div
      ref={area}
      className="ab-wave"
      role="slider"
      tabIndex={0}
      aria-label="Position. Arrow keys move it, Shift and arrow keys choose a stretch"
      aria-valuemin={0}
      aria-valuemax={Math.round(durationMs)}
      aria-valuenow={Math.round(restMs)}
      aria-valuetext={timeOf(restMs)}
      onPointerDown={onPointerDown}
      onPointerMove={onPointerMove}
      onPointerUp={onPointerUp}
      onPointerCancel={() => (pressed.current = null)}
      onKeyDown={onKeyDown}
    >
      <canvas ref={canvas} aria-hidden />
      <span className={classes('ab-lane-name', side === 'preview' && 'is-heard')}>Remix</span>
      {peaks.original && <span className={classes('ab-lane-name is-low', side === 'original' && 'is-heard')}>Original</span>}
      {stretch && (
        <div
          className={classes('ab-stretch', stretch.toMs === null && 'is-point')}
          style={{ left: percent(stretch.fromMs), width: stretch.toMs === null ? 0 : percent(stretch.toMs - stretch.fromMs) }}
          aria-hidden
        />
      )}
      {marks.map((mark, i) => (
        <button
          key={mark.id}
          type="button"
          className={classes('ab-mark', mark.toMs !== null && 'is-range', mark.isDraft && 'is-draft')}
          style={{ left: percent(mark.fromMs), ...(mark.toMs === null ? {} : { width: percent(mark.toMs - mark.fromMs) }) }}
          title={`${placeOf(mark.fromMs, mark.toMs)}: ${mark.text}`}
          aria-label={`Note ${i + 1}, ${placeOf(mark.fromMs, mark.toMs)}: ${mark.text}`}
          onClick={() => onMark(mark)}
        >
          <b>{i + 1}</b>
        </button>
      ))}
      <Playhead player={player} durationMs={durationMs} />
    </div>
  )
}
