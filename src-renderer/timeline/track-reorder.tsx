// Putting a track elsewhere by dragging its head: a line shows where it would go; buses stay among buses.
import type { PointerEvent } from 'react'
import { createStore } from 'zustand/vanilla'
import { useStore } from 'zustand'
import type { Track } from '../../src-shared/remix/index.ts'
import { edit, selectTrack, settledSnapshot } from '../state/index.ts'
import { rowsY, scrollAtEdge } from './camera.ts'
import { runPlainDrag } from './gesture.ts'
import { allRows } from './rows.ts'
import { shownTracks } from './snapshot-index.ts'

/** The track that is being dragged, and the height of the gap it would go into; null while it would stay. */
const dragStore = createStore<{ readonly trackId: string | null; readonly lineY: number | null }>(() => ({ trackId: null, lineY: null }))

/** Whether this track is being dragged. */
export const useIsTrackDragged = (trackId: string): boolean => useStore(dragStore, (drag) => drag.trackId === trackId)

/** Place among its own kind that a track would take at a height, and the height of the gap. */
const placeAt = (track: Track, y: number): { readonly index: number; readonly lineY: number } | null => {
  const kin = new Set(shownTracks(settledSnapshot()).flatMap((other) => (other.kind === track.kind ? [other.id] : [])))
  const rows = allRows().filter((row) => kin.has(row.trackId))
  const from = rows.findIndex((row) => row.trackId === track.id)
  const [first] = rows
  const last = rows.at(-1)
  if (from < 0 || !first || !last) return null
  const gap = rows.filter((row) => y > row.top + row.height / 2).length
  const index = gap > from ? gap - 1 : gap
  const lineY = gap >= rows.length ? last.top + last.height : (rows[gap]?.top ?? first.top)
  return index === from ? null : { index, lineY }
}

/** Starts on a press on a track's head that hit no control. */
export const dragTrack = (event: PointerEvent, track: Track): void => {
  if (event.button !== 0) return
  selectTrack(track.id)
  if (event.target instanceof Element && event.target.closest('button, input, [role="spinbutton"]')) return
  runPlainDrag(event, {
    onMove: ({ clientX, clientY }) => {
      scrollAtEdge(clientX, clientY)
      dragStore.setState({ trackId: track.id, lineY: placeAt(track, rowsY(clientY))?.lineY ?? null })
    },
    onEnd: (point) => {
      dragStore.setState({ trackId: null, lineY: null })
      const place = point && placeAt(track, rowsY(point.clientY))
      if (place) void edit([{ op: 'track.set', trackId: track.id, index: place.index }], `Move ${track.name}`)
    },
  })
}

/** Where the dragged track would go. */
export const TrackDropLine = () => {
  const lineY = useStore(dragStore, (drag) => drag.lineY)
  return lineY === null ? null : <div className="track-drop-line" style={{ transform: `translateY(${lineY - 1}px)` }} aria-hidden />
}
