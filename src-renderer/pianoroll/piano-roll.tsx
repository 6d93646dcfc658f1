// A small piano roll on a canvas: notes are moved, made longer, deleted and added with the pointer or by keys. Snaps to sixteenths; Ctrl goes free.
import { type KeyboardEvent, type PointerEvent, useCallback, useEffect, useLayoutEffect, useRef, useState } from 'react'
import type { Note } from '../../src-shared/remix/index.ts'
import { announce } from '../parts/index.ts'
import { onLookChange, tokenColor } from '../theme/index.ts'
import {
  addNote,
  deleteNotes,
  gridFrames,
  hitNote,
  isBlackKey,
  moveNotes,
  neighbourNote,
  pitchName,
  pitchRange,
  resizeNotes,
  snapFrame,
} from './note-edits.ts'
import { placeNotes, playKey, toggleNotes } from './revoice-audition.ts'
import { chooseNotes, redoNotes, setNotes, undoNotes, useRevoice } from './revoice-store.ts'
import { type RollView, useRollPlayhead } from './roll-playhead.ts'

const KEYS_WIDTH = 44
const RULER = 18
const ROW = 11
const EDGE_PIXELS = 7

const NONE: ReadonlySet<number> = new Set()

/** The roll with its keyboard at the left and bars above. `view` is what is shown in time. */
export const PianoRoll = ({ color, view, onView }: { color: string; view: RollView; onView: (view: RollView) => void }) => {
  const notes = useRevoice((state) => state.notes)
  const chosen = useRevoice((state) => state.chosen)
  const milliBpm = useRevoice((state) => state.milliBpm)
  const beatsPerBar = useRevoice((state) => state.beatsPerBar)
  const frame = useRef<HTMLDivElement>(null)
  const canvas = useRef<HTMLCanvasElement>(null)
  const [width, setWidth] = useState(700)
  /** Notes as a running drag would leave them. */
  const [dragged, setDragged] = useState<readonly Note[] | null>(null)
  const [box, setBox] = useState<{ x: number; y: number; w: number; h: number } | null>(null)
  // Rows stay put while notes are dragged, or the ground would move under the hand.
  const [range, setRange] = useState(() => pitchRange(notes))
  const playhead = useRollPlayhead(view, { left: KEYS_WIDTH, right: width }, onView)
  /** The key that a hand is on. */
  const [pressed, setPressed] = useState<number | null>(null)
  const shown = dragged ?? notes
  const grid = gridFrames(milliBpm)
  const rows = range.high - range.low + 1
  const height = RULER + rows * ROW

  useEffect(() => {
    setRange((now) => {
      const wanted = pitchRange(notes)
      return wanted.low >= now.low && wanted.high <= now.high && rows <= 60 ? now : wanted
    })
  }, [notes, rows])
  useLayoutEffect(() => {
    const element = frame.current
    if (!element) return
    const observer = new ResizeObserver(() => setWidth(Math.max(200, element.clientWidth)))
    observer.observe(element)
    return () => observer.disconnect()
  }, [])

  const xOf = useCallback((at: number) => KEYS_WIDTH + (at - view.fromFrame) / view.framesPerPixel, [view])
  const frameAtX = (x: number): number => view.fromFrame + (x - KEYS_WIDTH) * view.framesPerPixel
  const pitchAtY = (y: number): number => range.high - Math.floor((y - RULER) / ROW)

  useEffect(() => {
    const draw = (): void => {
      const element = canvas.current
      const context = element?.getContext('2d')
      if (!element || !context) return
      const ratio = window.devicePixelRatio
      element.width = Math.round(width * ratio)
      element.height = Math.round(height * ratio)
      context.setTransform(ratio, 0, 0, ratio, 0, 0)
      context.fillStyle = tokenColor('--canvas')
      context.fillRect(0, 0, width, height)
      for (let pitch = range.low; pitch <= range.high; pitch++) {
        const y = RULER + (range.high - pitch) * ROW
        if (isBlackKey(pitch)) {
          context.fillStyle = tokenColor('--panel')
          context.fillRect(KEYS_WIDTH, y, width, ROW)
        }
        if (pitch % 12 === 0) {
          context.fillStyle = tokenColor('--line')
          context.fillRect(KEYS_WIDTH, y + ROW - 1, width, 1)
        }
      }
      const beat = grid * 4
      const stepFrames = beat / view.framesPerPixel >= 36 ? grid : beat / view.framesPerPixel >= 8 ? beat : beat * beatsPerBar
      context.font = '500 10px "Inter Variable"'
      for (let at = Math.ceil(view.fromFrame / stepFrames) * stepFrames; xOf(at) < width; at += stepFrames) {
        const steps = Math.round(at / beat / beatsPerBar)
        const isBar = Math.abs(at - steps * beat * beatsPerBar) < grid / 2
        context.fillStyle = tokenColor(isBar ? '--line-strong' : Math.round(at / grid) % 4 === 0 ? '--line' : '--grid')
        context.fillRect(Math.round(xOf(at)), isBar ? 0 : RULER, 1, height)
        if (isBar) {
          context.fillStyle = tokenColor('--text-2')
          context.fillText(String(steps + 1), xOf(at) + 4, 12)
        }
      }
      const fill = tokenColor(color)
      for (const [index, note] of shown.entries()) {
        const x = xOf(note.startFrame)
        const w = Math.max(3, note.lengthFrames / view.framesPerPixel - 1)
        if (x + w < KEYS_WIDTH || x > width) continue
        const y = RULER + (range.high - note.pitch) * ROW
        const isChosen = chosen.has(index)
        context.beginPath()
        context.roundRect(x, y + 1, w, ROW - 2, 2)
        // Loud notes are strong, soft ones pale; the grid must not show through either.
        context.fillStyle = tokenColor('--canvas')
        context.fill()
        context.globalAlpha = isChosen ? 1 : 0.4 + (note.velocity / 127) * 0.55
        context.fillStyle = fill
        context.fill()
        context.globalAlpha = 1
        if (isChosen) {
          context.lineWidth = 2
          context.strokeStyle = tokenColor('--text')
          context.stroke()
        }
      }
      context.fillStyle = tokenColor('--card')
      context.fillRect(0, 0, KEYS_WIDTH, height)
      for (let pitch = range.low; pitch <= range.high; pitch++) {
        const y = RULER + (range.high - pitch) * ROW
        const isPressed = pitch === pressed
        context.fillStyle = tokenColor(isPressed ? '--accent' : isBlackKey(pitch) ? '--canvas' : '--text-2')
        context.globalAlpha = isPressed || isBlackKey(pitch) ? 1 : 0.14
        context.fillRect(0, y + 0.5, isBlackKey(pitch) ? 24 : KEYS_WIDTH - 2, ROW - 1)
        context.globalAlpha = 1
        if (pitch % 12 === 0) {
          context.fillStyle = tokenColor('--text-2')
          context.fillText(pitchName(pitch), 20, y + 9.5)
        }
      }
      if (box) {
        context.strokeStyle = tokenColor('--accent')
        context.lineWidth = 1
        context.strokeRect(box.x, box.y, box.w, box.h)
      }
    }
    draw()
    return onLookChange(draw)
  }, [shown, chosen, width, height, range, view, xOf, color, grid, beatsPerBar, box, pressed])

  const pointOf = (event: { clientX: number; clientY: number }): { x: number; y: number } => {
    const rect = canvas.current?.getBoundingClientRect()
    return { x: event.clientX - (rect?.left ?? 0), y: event.clientY - (rect?.top ?? 0) }
  }

  /** Keys sound while the hand is on them, one after another. */
  const playKeys = (element: HTMLCanvasElement, startY: number): void => {
    let pitch: number | null = null
    const press = (y: number): void => {
      const over = pitchAtY(y)
      if (y < RULER || over === pitch || over < range.low || over > range.high) return
      pitch = over
      setPressed(over)
      playKey(over)
    }
    press(startY)
    const move = (next: globalThis.PointerEvent): void => press(pointOf(next).y)
    const finish = (): void => {
      setPressed(null)
      element.removeEventListener('pointermove', move)
      element.removeEventListener('pointerup', finish)
      element.removeEventListener('pointercancel', finish)
    }
    element.addEventListener('pointermove', move)
    element.addEventListener('pointerup', finish)
    element.addEventListener('pointercancel', finish)
  }

  const onPointerDown = (event: PointerEvent<HTMLCanvasElement>): void => {
    if (event.button !== 0) return
    frame.current?.focus({ preventScroll: true })
    const element = event.currentTarget
    element.setPointerCapture(event.pointerId)
    const start = pointOf(event)
    if (start.x < KEYS_WIDTH) {
      playKeys(element, start.y)
      return
    }
    if (start.y < RULER) {
      placeNotes(frameAtX(start.x))
      return
    }
    const hit = hitNote(notes, frameAtX(start.x), pitchAtY(start.y), EDGE_PIXELS * view.framesPerPixel)
    const isAdding = event.shiftKey || event.ctrlKey || event.metaKey
    let picked = chosen
    if (hit && !chosen.has(hit.index)) picked = isAdding ? new Set([...chosen, hit.index]) : new Set([hit.index])
    if (!hit && !isAdding) picked = NONE
    chooseNotes(picked)
    const lead = hit ? notes[hit.index] : undefined
    let result: readonly Note[] | null = null
    let sounded: number | null = null
    const sound = (note: Note | undefined): void => {
      if (!note || note.pitch === sounded) return
      sounded = note.pitch
      playKey(note.pitch, note.velocity)
    }
    if (hit && !hit.isEdge) sound(lead)
    const move = (next: globalThis.PointerEvent): void => {
      const now = pointOf(next)
      if (!lead || !hit) {
        const x = Math.min(start.x, now.x)
        const y = Math.min(start.y, now.y)
        const w = Math.abs(now.x - start.x)
        const h = Math.abs(now.y - start.y)
        setBox({ x, y, w, h })
        const within = notes.flatMap((note, i) => {
          const left = xOf(note.startFrame)
          const top = RULER + (range.high - note.pitch) * ROW
          return left < x + w && left + note.lengthFrames / view.framesPerPixel > x && top < y + h && top + ROW > y ? [i] : []
        })
        chooseNotes(new Set(isAdding ? [...picked, ...within] : within))
        return
      }
      const by = (now.x - start.x) * view.framesPerPixel
      const isFree = next.ctrlKey || next.metaKey
      if (hit.isEdge) {
        const end = lead.startFrame + lead.lengthFrames
        result = resizeNotes(notes, picked, (isFree ? end + by : snapFrame(end + by, grid)) - end, grid / 4)
      } else {
        const to = isFree ? lead.startFrame + by : snapFrame(lead.startFrame + by, grid)
        const isStill = Math.abs(now.x - start.x) < 3
        result = moveNotes(notes, picked, isStill ? 0 : to - lead.startFrame, pitchAtY(now.y) - pitchAtY(start.y))
        sound(result[hit.index])
      }
      setDragged(result)
    }
    const finish = (isKept: boolean): void => {
      element.removeEventListener('pointermove', move)
      element.removeEventListener('pointerup', up)
      window.removeEventListener('keydown', onEscape, true)
      setDragged(null)
      setBox(null)
      if (isKept && result) setNotes(result, picked)
    }
    const up = (): void => finish(true)
    const onEscape = (key: globalThis.KeyboardEvent): void => {
      if (key.key !== 'Escape') return
      key.stopPropagation()
      key.preventDefault()
      finish(false)
    }
    element.addEventListener('pointermove', move)
    element.addEventListener('pointerup', up)
    window.addEventListener('keydown', onEscape, true)
  }

  const say = (list: readonly Note[], index: number | null): void => {
    const note = index === null ? undefined : list[index]
    if (note) {
      const beats = note.startFrame / (grid * 4)
      playKey(note.pitch, note.velocity)
      announce(`${pitchName(note.pitch)}, bar ${Math.floor(beats / beatsPerBar) + 1} beat ${(Math.floor(beats) % beatsPerBar) + 1}`)
    }
  }
  const reveal = (index: number): void => {
    const note = notes[index]
    if (!note) return
    const x = xOf(note.startFrame)
    if (x < KEYS_WIDTH || x > width - 20)
      onView({ ...view, fromFrame: Math.max(0, note.startFrame - (width - KEYS_WIDTH) * view.framesPerPixel * 0.2) })
  }
  const change = (next: readonly Note[]): void => {
    setNotes(next)
    say(next, [...chosen].at(-1) ?? null)
  }
  const zoom = (factor: number): void => {
    const middle = view.fromFrame + ((width - KEYS_WIDTH) / 2) * view.framesPerPixel
    const framesPerPixel = Math.max(20, Math.min(40_000, view.framesPerPixel / factor))
    onView({ framesPerPixel, fromFrame: Math.max(0, middle - ((width - KEYS_WIDTH) / 2) * framesPerPixel) })
  }
  const onKeyDown = (event: KeyboardEvent<HTMLDivElement>): void => {
    const isMod = event.ctrlKey || event.metaKey
    const key = event.key.toLowerCase()
    const step = event.altKey ? grid / 10 : grid
    const last = [...chosen].at(-1) ?? null
    const walk = (by: 1 | -1): void => {
      const next = neighbourNote(notes, last, by)
      if (next === null) return
      chooseNotes(new Set([next]))
      reveal(next)
      say(notes, next)
    }
    const horizontal = (by: 1 | -1) => (): void => {
      if (chosen.size === 0 || isMod) walk(by)
      else if (event.shiftKey) change(resizeNotes(notes, chosen, by * step, grid / 4))
      else change(moveNotes(notes, chosen, by * step, 0))
    }
    const actions: Record<string, (() => void) | undefined> = {
      arrowleft: horizontal(-1),
      arrowright: horizontal(1),
      arrowup: () => change(moveNotes(notes, chosen, 0, event.shiftKey ? 12 : 1)),
      arrowdown: () => change(moveNotes(notes, chosen, 0, event.shiftKey ? -12 : -1)),
      delete: () => setNotes(deleteNotes(notes, chosen), NONE),
      backspace: () => setNotes(deleteNotes(notes, chosen), NONE),
      insert: () => {
        const from = last === null ? view.fromFrame : (notes[last]?.startFrame ?? 0) + (notes[last]?.lengthFrames ?? 0)
        const next = addNote(notes, from, last === null ? Math.round((range.low + range.high) / 2) : (notes[last]?.pitch ?? 60), grid)
        setNotes(next, new Set([next.length - 1]))
        say(next, next.length - 1)
      },
      ' ': isMod ? undefined : toggleNotes,
      a: isMod ? () => chooseNotes(new Set(notes.keys())) : undefined,
      z: isMod ? (event.shiftKey ? redoNotes : undoNotes) : undefined,
      y: isMod ? redoNotes : undefined,
      '+': () => zoom(1.5),
      '=': () => zoom(1.5),
      '-': () => zoom(1 / 1.5),
    }
    const run = actions[key]
    if (!run) return
    event.preventDefault()
    event.stopPropagation()
    run()
  }

  useEffect(() => {
    const element = canvas.current
    if (!element) return
    const onWheel = (event: WheelEvent): void => {
      if (event.ctrlKey || event.metaKey) {
        event.preventDefault()
        const rect = element.getBoundingClientRect()
        const at = view.fromFrame + (event.clientX - rect.left - KEYS_WIDTH) * view.framesPerPixel
        const framesPerPixel = Math.max(20, Math.min(40_000, view.framesPerPixel * 1.0015 ** event.deltaY))
        onView({ framesPerPixel, fromFrame: Math.max(0, at - (event.clientX - rect.left - KEYS_WIDTH) * framesPerPixel) })
      } else if (event.shiftKey || event.deltaX !== 0) {
        event.preventDefault()
        onView({ ...view, fromFrame: Math.max(0, view.fromFrame + (event.deltaX + event.deltaY) * view.framesPerPixel) })
      }
    }
    element.addEventListener('wheel', onWheel, { passive: false })
    return () => element.removeEventListener('wheel', onWheel)
  }, [view, onView])

  return (
    <div
      ref={frame}
      className="roll"
      role="application"
      // biome-ignore lint/a11y/noNoninteractiveTabindex: an application takes keys; that is what its role says.
      tabIndex={0}
      aria-label={`Notes, ${notes.length}. Arrow keys choose and move, Shift with arrows changes length and octave, Insert adds, Delete removes, Space listens`}
      onKeyDown={onKeyDown}
    >
      <canvas
        ref={canvas}
        style={{ width, height }}
        aria-hidden
        onPointerDown={onPointerDown}
        onDoubleClick={(event) => {
          const { x, y } = pointOf(event)
          if (x < KEYS_WIDTH || hitNote(notes, frameAtX(x), pitchAtY(y), 0)) return
          const next = addNote(notes, frameAtX(x), pitchAtY(y), grid)
          setNotes(next, new Set([next.length - 1]))
        }}
      />
      <span ref={playhead} className="roll-playhead" style={{ height }} data-testid="roll-playhead" />
    </div>
  )
}
