// One drag, start to end: a snapshot at pointer-down, each move recomputed from it, Escape goes back, pointer-up sends one request, no effect sends none.
import type { PointerEvent as ReactPointerEvent } from 'react'
import { createStore } from 'zustand/vanilla'
import { useStore } from 'zustand'
import { applyEdits, type Clip, type EditCommand, recordsOf, type RemixSnapshot } from '../../src-shared/remix/index.ts'
import { alternativeOf, edit, endPreview, hideTip, newId, preview, remixStore, settledSnapshot, showTip, titleOf } from '../state/index.ts'
import { scrollAtEdge } from './camera.ts'
import { type LicenceWatch, watchLicence } from './licence-watch.ts'

export interface GesturePoint {
  readonly clientX: number
  readonly clientY: number
  /** Since pointer-down, in window pixels. */
  readonly dx: number
  readonly dy: number
  /** Shift: fine, or along one axis. */
  readonly isShift: boolean
  /** Ctrl or Cmd: no snapping. */
  readonly isFree: boolean
  /** Alt: copy. */
  readonly isAlt: boolean
}

export interface GestureStep {
  readonly commands: readonly EditCommand[]
  /** Position the drag caught on; drawn as a line. */
  readonly snapTick?: number | null
  /** What is read beside the pointer, e.g. `33.1.0`. */
  readonly text?: string
}

export interface GestureView {
  readonly isActive: boolean
  readonly snapTick: number | null
  /** Where the dragged clips were. */
  readonly ghosts: readonly Clip[]
  readonly text: { readonly x: number; readonly y: number; readonly value: string } | null
  /** Clips as dragged that the licence would not take; drawn as refused. */
  readonly refused: ReadonlySet<string>
}

const NONE: ReadonlySet<string> = new Set()
const IDLE: GestureView = { isActive: false, snapTick: null, ghosts: [], text: null, refused: NONE }

export const gestureStore = createStore<GestureView>(() => IDLE)

export const useGesture = <T>(select: (view: GestureView) => T): T => useStore(gestureStore, select)

/** Pixels the pointer has to go before a press becomes a drag. */
const THRESHOLD = 3

const changedClips = (base: RemixSnapshot, snapshot: RemixSnapshot, stem: string | null): ReadonlySet<string> =>
  new Set(
    recordsOf(snapshot, 'clip').flatMap((clip) => (base.get(clip.id) === clip || (stem !== null && clip.stemId !== stem) ? [] : [clip.id])),
  )

/** Runs a drag that edits the document. */
export const runGesture = (
  event: ReactPointerEvent,
  {
    compute,
    onClick,
    onEnd,
    ghosts = [],
    label = null,
  }: {
    /** The edits for a pointer position, from the snapshot at pointer-down. */
    readonly compute: (point: GesturePoint, base: RemixSnapshot) => GestureStep
    /** Runs instead when the pointer hardly moved. */
    readonly onClick?: (() => void) | undefined
    /** Runs after the edit was decided. */
    readonly onEnd?: ((commands: readonly EditCommand[]) => void) | undefined
    readonly ghosts?: readonly Clip[]
    readonly label?: string | null
  },
): void => {
  const base = settledSnapshot()
  const { isReadOnly } = remixStore.getState()
  const startX = event.clientX
  const startY = event.clientY
  let isDragging = false
  let decided: readonly EditCommand[] = []
  let latest: GesturePoint | null = null
  let frame = 0
  let licence: LicenceWatch | null = null

  const step = (): void => {
    frame = 0
    if (!latest || !isDragging) return
    scrollAtEdge(latest.clientX, latest.clientY)
    const { commands, snapTick = null, text } = compute(latest, base)
    const result = applyEdits(base, commands, { newId })
    let refused = NONE
    if (result.ok) {
      decided = commands
      preview(result.value.snapshot)
      licence ??= watchLicence(base)
      const decision = licence.judge(commands, result.value.snapshot)
      if (decision) {
        refused = changedClips(base, result.value.snapshot, decision.stem)
        const { message, alternative } = decision
        showTip({
          title: titleOf(decision),
          message: alternative ? `${message} ${alternative.words}` : message,
          alternative: null,
          isLive: true,
        })
      } else hideTip()
    } else {
      const { details, message } = result.error
      showTip({
        title: titleOf(result.error),
        message: message.replace(/^Edit \d+ \([^)]*\): /, ''),
        alternative: alternativeOf(details?.alternative),
        isLive: true,
      })
    }
    gestureStore.setState({
      isActive: true,
      snapTick,
      ghosts,
      refused,
      text: text === undefined ? null : { x: latest.clientX, y: latest.clientY, value: text },
    })
    // Held at an edge: the view goes on scrolling without a new move.
    if (isDragging) frame = requestAnimationFrame(step)
  }
  const onMove = (move: PointerEvent): void => {
    latest = {
      clientX: move.clientX,
      clientY: move.clientY,
      dx: move.clientX - startX,
      dy: move.clientY - startY,
      isShift: move.shiftKey,
      isFree: move.ctrlKey || move.metaKey,
      isAlt: move.altKey,
    }
    if (!isDragging && Math.hypot(latest.dx, latest.dy) >= THRESHOLD && !isReadOnly) isDragging = true
    if (isDragging && frame === 0) frame = requestAnimationFrame(step)
  }
  const finish = (): void => {
    cancelAnimationFrame(frame)
    window.removeEventListener('pointermove', onMove)
    window.removeEventListener('pointerup', onUp)
    window.removeEventListener('pointercancel', onCancel)
    window.removeEventListener('keydown', onKey, true)
    gestureStore.setState(IDLE)
  }
  const onUp = (up: PointerEvent): void => {
    onMove(up)
    if (isDragging) {
      cancelAnimationFrame(frame)
      step()
    }
    const wasDragging = isDragging
    isDragging = false
    finish()
    if (!wasDragging) {
      onClick?.()
      return
    }
    hideTip()
    if (decided.length === 0) endPreview()
    else {
      void edit(decided, label)
      onEnd?.(decided)
    }
  }
  const onCancel = (): void => {
    isDragging = false
    finish()
    hideTip()
    endPreview()
  }
  const onKey = (key: KeyboardEvent): void => {
    if (key.key !== 'Escape') return
    key.stopPropagation()
    key.preventDefault()
    onCancel()
  }
  window.addEventListener('pointermove', onMove)
  window.addEventListener('pointerup', onUp)
  window.addEventListener('pointercancel', onCancel)
  window.addEventListener('keydown', onKey, true)
}

/** Runs a drag that changes only what is seen (marquee, loop preview). `onMove` gets each point, `onEnd` the last one, or null if it was a click or Escape. */
export const runPlainDrag = (
  event: ReactPointerEvent,
  { onMove, onEnd }: { onMove: (point: GesturePoint) => void; onEnd: (point: GesturePoint | null, isEscaped: boolean) => void },
): void => {
  const startX = event.clientX
  const startY = event.clientY
  let latest: GesturePoint | null = null
  const pointOf = (move: PointerEvent): GesturePoint => ({
    clientX: move.clientX,
    clientY: move.clientY,
    dx: move.clientX - startX,
    dy: move.clientY - startY,
    isShift: move.shiftKey,
    isFree: move.ctrlKey || move.metaKey,
    isAlt: move.altKey,
  })
  const move = (next: PointerEvent): void => {
    const point = pointOf(next)
    if (!latest && Math.hypot(point.dx, point.dy) < THRESHOLD) return
    latest = point
    scrollAtEdge(point.clientX, point.clientY)
    onMove(point)
  }
  const finish = (isEscaped: boolean): void => {
    window.removeEventListener('pointermove', move)
    window.removeEventListener('pointerup', up)
    window.removeEventListener('keydown', key, true)
    onEnd(isEscaped ? null : latest, isEscaped)
  }
  const up = (): void => finish(false)
  const key = (pressed: KeyboardEvent): void => {
    if (pressed.key !== 'Escape') return
    pressed.stopPropagation()
    finish(true)
  }
  window.addEventListener('pointermove', move)
  window.addEventListener('pointerup', up)
  window.addEventListener('keydown', key, true)
}
