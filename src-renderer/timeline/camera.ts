// The timeline's camera: pixels per tick, scroll, and which stretch has to be mounted. Zooming writes one CSS variable; React renders only when
// the mounted stretch changes, waveforms redraw when the zoom has come to rest.
import { useStore } from 'zustand'
import { createStore } from 'zustand/vanilla'
import { viewStore } from '../state/index.ts'

/** Width of the track headers, as `--header-width` says. */
export const HEADER_WIDTH = 216
export const ROW_HEIGHT = 44
export const LANE_HEIGHT = 64
export const RULER_HEIGHT = 34
export const SECTIONS_HEIGHT = 22

export interface Camera {
  /** Mounted stretch in ticks; a good deal wider than what is visible. */
  readonly fromTick: number
  readonly toTick: number
  /** Stretch and pixels per tick that waveforms are drawn for: these wait until a zoom has come to rest. */
  readonly drawnFromTick: number
  readonly drawnToTick: number
  readonly settledScale: number
  /** Width of the lanes that is visible, in pixels. */
  readonly width: number
}

export const cameraStore = createStore<Camera>(() => ({
  fromTick: 0,
  toTick: 0,
  drawnFromTick: 0,
  drawnToTick: 0,
  settledScale: 0.02,
  width: 0,
}))

export const useCamera = <T>(select: (camera: Camera) => T): T => useStore(cameraStore, select)

const MIN_SCALE = 0.0004
const MAX_SCALE = 4

let scroller: HTMLElement | null = null
let content: HTMLElement | null = null
let settling: ReturnType<typeof setTimeout> | undefined
let settlingFrame = 0

const settle = (): void => {
  settling = undefined
  const { fromTick, toTick } = cameraStore.getState()
  cameraStore.setState({ settledScale: viewStore.getState().scale, drawnFromTick: fromTick, drawnToTick: toTick })
}

/** Counts from the frame that shows the step: on a slow machine waveforms would else be redrawn between two steps and make it slower still. */
const settleSoon = (): void => {
  clearTimeout(settling)
  cancelAnimationFrame(settlingFrame)
  settling = setTimeout(settle, 1_000)
  settlingFrame = requestAnimationFrame(() => {
    clearTimeout(settling)
    settling = setTimeout(settle, 130)
  })
}

const laneWidth = (): number => Math.max(80, (scroller?.clientWidth ?? 800) - HEADER_WIDTH)

/** Brings the mounted stretch up to date with scroll and zoom; a no-op while both stay within it. */
export const updateRange = (): void => {
  if (!scroller) return
  const { scale } = viewStore.getState()
  const width = laneWidth()
  // Chunks are powers of two in ticks, so that small zoom steps keep the same ones.
  const chunk = 2 ** Math.ceil(Math.log2(480 / scale))
  const fromTick = Math.max(0, (Math.floor(scroller.scrollLeft / scale / chunk) - 1) * chunk)
  const toTick = (Math.ceil((scroller.scrollLeft + width) / scale / chunk) + 1) * chunk
  const now = cameraStore.getState()
  if (now.fromTick !== fromTick || now.toTick !== toTick || now.width !== width) {
    cameraStore.setState({ fromTick, toTick, width, ...(settling === undefined ? { drawnFromTick: fromTick, drawnToTick: toTick } : {}) })
  }
}

/** Gives the camera its elements; returns the way to let go. */
export const attachCamera = (scrollElement: HTMLElement, contentElement: HTMLElement): (() => void) => {
  scroller = scrollElement
  content = contentElement
  content.style.setProperty('--k', String(viewStore.getState().scale))
  const observer = new ResizeObserver(updateRange)
  observer.observe(scrollElement)
  scrollElement.addEventListener('scroll', updateRange, { passive: true })
  updateRange()
  return () => {
    observer.disconnect()
    scrollElement.removeEventListener('scroll', updateRange)
    scroller = null
    content = null
  }
}

/** Tick under a window x; may be negative left of the start. */
export const tickAtClientX = (clientX: number): number => {
  if (!scroller) return 0
  const left = scroller.getBoundingClientRect().left + HEADER_WIDTH
  return (clientX - left + scroller.scrollLeft) / viewStore.getState().scale
}

/** Height in the rows' own coordinates of a window y. */
export const rowsY = (clientY: number): number => {
  if (!scroller) return 0
  return clientY - scroller.getBoundingClientRect().top + scroller.scrollTop - RULER_HEIGHT - SECTIONS_HEIGHT
}

/** Sets the zoom so that `anchorTick` stays at the same place of the window. */
export const setScale = (wanted: number, anchorTick: number, anchorX?: number): void => {
  const scale = Math.max(MIN_SCALE, Math.min(MAX_SCALE, wanted))
  const before = viewStore.getState().scale
  if (!scroller || !content) {
    viewStore.setState({ scale })
    return
  }
  const x = anchorX ?? anchorTick * before - scroller.scrollLeft
  content.style.setProperty('--k', String(scale))
  viewStore.setState({ scale })
  scroller.scrollLeft = anchorTick * scale - x
  settleSoon()
  updateRange()
}

let wheelFactor = 1
let wheelX = 0
let wheelFrame = 0

/** Zooms by a factor around a window x, once a frame however many steps a wheel sends. */
export const zoomByWheel = (factor: number, clientX: number): void => {
  wheelFactor *= factor
  wheelX = clientX
  if (wheelFrame !== 0) return
  wheelFrame = requestAnimationFrame(() => {
    wheelFrame = 0
    const by = wheelFactor
    wheelFactor = 1
    zoomBy(by, wheelX)
  })
}

/** Zooms by a factor around a window x, or around the middle. */
export const zoomBy = (factor: number, clientX?: number): void => {
  if (!scroller) return
  const left = scroller.getBoundingClientRect().left + HEADER_WIDTH
  const x = clientX === undefined ? laneWidth() / 2 : Math.max(0, clientX - left)
  const { scale } = viewStore.getState()
  setScale(scale * factor, (scroller.scrollLeft + x) / scale, x)
}

/** Shows a stretch with a little room on both sides. */
export const showStretch = (fromTick: number, toTick: number): void => {
  if (!scroller || toTick <= fromTick) return
  const room = 16
  const scale = Math.max(MIN_SCALE, Math.min(MAX_SCALE, (laneWidth() - 2 * room) / (toTick - fromTick)))
  setScale(scale, fromTick, fromTick === 0 ? 0 : room)
  clearTimeout(settling)
  cancelAnimationFrame(settlingFrame)
  settle()
}

/** Scrolls so that a stretch can be seen, if it cannot. */
export const revealTick = (tick: number, lengthTicks = 0): void => {
  if (!scroller) return
  const { scale } = viewStore.getState()
  const x = tick * scale
  const end = x + lengthTicks * scale
  if (x < scroller.scrollLeft || end > scroller.scrollLeft + laneWidth()) scroller.scrollLeft = Math.max(0, x - laneWidth() * 0.2)
}

/** Follows a playing position: pages on when it comes to the right edge. */
export const followTick = (tick: number): void => {
  if (!scroller) return
  const x = tick * viewStore.getState().scale - scroller.scrollLeft
  const width = laneWidth()
  if (x < 0 || x > width * 0.94) scroller.scrollLeft = Math.max(0, x + scroller.scrollLeft - width * 0.08)
}

/** Scrolls while a drag is held near an edge. */
export const scrollAtEdge = (clientX: number, clientY: number): void => {
  if (!scroller) return
  const box = scroller.getBoundingClientRect()
  const speed = (past: number): number => Math.min(24, Math.max(0, past) / 2)
  const left = box.left + HEADER_WIDTH + 24
  const top = box.top + RULER_HEIGHT + SECTIONS_HEIGHT + 12
  scroller.scrollLeft += speed(clientX - (box.right - 24)) - speed(left - clientX)
  if (clientX > box.left) scroller.scrollTop += speed(clientY - (box.bottom - 16)) - speed(clientY < box.top ? 0 : top - clientY)
}

/** Scrolls a row of the arrangement into view. */
export const revealRow = (top: number, height: number): void => {
  if (!scroller) return
  const room = scroller.clientHeight - RULER_HEIGHT - SECTIONS_HEIGHT
  if (top < scroller.scrollTop) scroller.scrollTop = top
  else if (top + height > scroller.scrollTop + room) scroller.scrollTop = top + height - room
}

/** Whether a number of pixels from the lanes' start lies right of the headers. */
export const isXInLanes = (x: number): boolean => !scroller || x >= scroller.scrollLeft - 0.5
