// What dragging the parts of a clip means: move, copy, trim, fade, gain.
import type { PointerEvent } from 'react'
import {
  type Clip,
  clipFrames,
  clipsOf,
  type EditCommand,
  endTick,
  REMIX_SAMPLE_RATE,
  recordOf,
  remixOf,
} from '../../src-shared/remix/index.ts'
import { barPositionAt, frameAt, tick } from '../../src-shared/time/index.ts'
import { formatDb } from '../parts/index.ts'
import { newId, selectClips, settledSnapshot, shownSnapshot, viewStore } from '../state/index.ts'
import { rowsY, tickAtClientX } from './camera.ts'
import { runGesture } from './gesture.ts'
import { rowAtY } from './rows.ts'
import { candidatesOf, snapped, snappedStart } from './snap-candidates.ts'

/** `33.1.0` of a tick in the shown remix. */
export const barText = (position: number): string => {
  const { bar, beat, ticks } = barPositionAt(remixOf(shownSnapshot()).meter, tick(Math.max(0, Math.round(position))))
  return `${bar}.${beat}.${ticks}`
}

const dragged = (clip: Clip): readonly string[] => {
  const { clipIds } = viewStore.getState()
  return clipIds.includes(clip.id) ? clipIds : [clip.id]
}

/** Selection by a press: plain replaces, Shift adds, Ctrl toggles. */
export const pressClip = (event: { shiftKey: boolean; ctrlKey: boolean; metaKey: boolean }, clip: Clip): void => {
  const { clipIds } = viewStore.getState()
  if (event.ctrlKey || event.metaKey) {
    selectClips(clipIds.includes(clip.id) ? clipIds.filter((id) => id !== clip.id) : [...clipIds, clip.id], clip.trackId)
  } else if (event.shiftKey) {
    selectClips([...clipIds.filter((id) => id !== clip.id), clip.id], clip.trackId)
  } else if (!clipIds.includes(clip.id)) selectClips([clip.id], clip.trackId)
}

/** Moves the chosen clips; with Alt held, copies of them. */
export const dragClips = (event: PointerEvent, clip: Clip): void => {
  const wasSelected = viewStore.getState().clipIds.includes(clip.id)
  const isPlain = !event.shiftKey && !event.ctrlKey && !event.metaKey
  pressClip(event, clip)
  const ids = [clip.id, ...dragged(clip).filter((id) => id !== clip.id)]
  const base = settledSnapshot()
  const clips = ids.flatMap((id) => recordOf(base, 'clip', id) ?? [])
  const grabTick = tickAtClientX(event.clientX) - clip.startTick
  const earliest = Math.min(...clips.map((one) => one.startTick))
  const still = candidatesOf(base, new Set(ids))
  const all = candidatesOf(base, new Set())
  const copyIds = ids.map(newId)
  runGesture(event, {
    ghosts: clips,
    onClick: () => isPlain && wasSelected && selectClips([clip.id], clip.trackId),
    onEnd: (commands) => commands.some((command) => command.op === 'clip.duplicate') && selectClips(copyIds, viewStore.getState().trackId),
    compute: (point, snapshot) => {
      const row = rowAtY(rowsY(point.clientY))
      const target = row && recordOf(snapshot, 'track', row.trackId)
      const toTrackId = target?.kind === 'audio' && target.id !== clip.trackId ? target.id : undefined
      const isSideways = !point.isShift || Math.abs(point.dx) >= Math.abs(point.dy)
      const wanted = isSideways ? tickAtClientX(point.clientX) - grabTick : clip.startTick
      const start = isSideways ? snappedStart(wanted, clip.lengthTicks, snapshot, point.isAlt ? all : still, point.isFree) : clip.startTick
      const byTicks = Math.max(-earliest, start - clip.startTick)
      const text = barText(clip.startTick + byTicks)
      const snapTick = isSideways && !point.isFree ? clip.startTick + byTicks : null
      if (point.isAlt) {
        const commands: EditCommand[] = [{ op: 'clip.duplicate', clipIds: ids, byTicks, newIds: copyIds }]
        if (toTrackId) commands.push({ op: 'clip.move', clipIds: copyIds, byTicks: 0, toTrackId })
        return { commands, snapTick, text: `copy ${text}` }
      }
      return { commands: [{ op: 'clip.move', clipIds: ids, byTicks, ...(toTrackId ? { toTrackId } : {}) }], snapTick, text }
    },
  })
}

/** Moves the sound inside the chosen clips; the clips stay where they are. Shift is fine. */
export const slipClips = (event: PointerEvent, clip: Clip): void => {
  if (!viewStore.getState().clipIds.includes(clip.id)) selectClips([clip.id], clip.trackId)
  const clipIds = [...dragged(clip)]
  const { tempo } = remixOf(settledSnapshot())
  const from = frameAt(tempo, clip.startTick, REMIX_SAMPLE_RATE)
  runGesture(event, {
    compute: (point) => {
      const byTicks = point.dx / viewStore.getState().scale / (point.isShift ? 8 : 1)
      const length = frameAt(tempo, tick(Math.round(clip.startTick + Math.abs(byTicks))), REMIX_SAMPLE_RATE) - from
      // Dragging to the right brings earlier sound into the clip.
      const byFrames = byTicks > 0 ? -length : length
      const ms = Math.round((-byFrames * 1000) / REMIX_SAMPLE_RATE)
      return { commands: [{ op: 'clip.slip', clipIds, byFrames }], text: `slip ${ms > 0 ? '+' : ms < 0 ? '−' : ''}${Math.abs(ms)} ms` }
    },
  })
}

/** Moves one edge of a clip; with several chosen, the same edge of each by the same distance. */
export const dragEdge = (event: PointerEvent, clip: Clip, edge: 'start' | 'end'): void => {
  if (!viewStore.getState().clipIds.includes(clip.id)) selectClips([clip.id], clip.trackId)
  const ids = dragged(clip)
  const base = settledSnapshot()
  const candidates = candidatesOf(base, new Set(ids))
  const from = edge === 'start' ? clip.startTick : endTick(clip)
  const grab = tickAtClientX(event.clientX) - from
  runGesture(event, {
    ghosts: [clip],
    compute: (point, snapshot) => {
      const to = snapped(tickAtClientX(point.clientX) - grab, snapshot, candidates, point.isFree)
      const commands = ids.flatMap((clipId): EditCommand[] => {
        const one = recordOf(snapshot, 'clip', clipId)
        if (!one) return []
        const own = edge === 'start' ? one.startTick : endTick(one)
        return [{ op: 'clip.trim', clipId, edge, toTick: Math.max(0, own + to - from) }]
      })
      return { commands, snapTick: point.isFree ? null : to, text: barText(to) }
    },
  })
}

/** Sets the fade at one end of the chosen clips. */
export const dragFade = (event: PointerEvent, clip: Clip, end: 'in' | 'out'): void => {
  if (!viewStore.getState().clipIds.includes(clip.id)) selectClips([clip.id], clip.trackId)
  const { tempo } = remixOf(settledSnapshot())
  const frames = (from: number, to: number): number =>
    frameAt(tempo, tick(Math.round(to)), REMIX_SAMPLE_RATE) - frameAt(tempo, tick(Math.round(from)), REMIX_SAMPLE_RATE)
  runGesture(event, {
    compute: (point) => {
      const at = Math.max(clip.startTick, Math.min(endTick(clip), tickAtClientX(point.clientX)))
      const length = Math.max(0, end === 'in' ? frames(clip.startTick, at) : frames(at, endTick(clip)))
      const ms = Math.round((length * 1000) / REMIX_SAMPLE_RATE)
      const field = end === 'in' ? { fadeInFrames: length } : { fadeOutFrames: length }
      return { commands: [{ op: 'clip.set', clipIds: [...dragged(clip)], ...field }], text: `fade ${end} ${ms} ms` }
    },
  })
}

/** Pixels for one decibel of clip gain. */
const PIXELS_PER_DB = 4

/** Sets the gain of the chosen clips by dragging up and down; Shift is fine. */
export const dragGain = (event: PointerEvent, clip: Clip): void => {
  if (!viewStore.getState().clipIds.includes(clip.id)) selectClips([clip.id], clip.trackId)
  const ids = dragged(clip)
  runGesture(event, {
    compute: (point, snapshot) => {
      const by = -point.dy / PIXELS_PER_DB / (point.isShift ? 8 : 1)
      const rounded = Math.round((clip.gainDb + by) * 10) / 10 - clip.gainDb
      const commands = ids.flatMap((id): EditCommand[] => {
        const one = recordOf(snapshot, 'clip', id)
        return one ? [{ op: 'clip.set', clipIds: [id], gainDb: Math.max(-48, Math.min(24, one.gainDb + rounded)) }] : []
      })
      return { commands, text: `${formatDb(Math.max(-48, Math.min(24, clip.gainDb + rounded)))} dB` }
    },
  })
}

/** Clips that a rectangle of ticks and rows touches. */
export const clipsWithin = (fromTick: number, toTick: number, trackIds: ReadonlySet<string>): readonly string[] =>
  clipsOf(settledSnapshot())
    .filter((clip) => trackIds.has(clip.trackId) && clip.startTick < toTick && endTick(clip) > fromTick)
    .map((clip) => clip.id)

/** How a clip is read aloud: name, position, length, what the licence says. */
export const spokenClip = (clip: Clip, licence: string): string => {
  const { tempo, meter } = remixOf(shownSnapshot())
  const start = barPositionAt(meter, clip.startTick)
  const seconds = (clipFrames(tempo, clip) / REMIX_SAMPLE_RATE).toFixed(1)
  const track = recordOf(shownSnapshot(), 'track', clip.trackId)
  return `${clip.name}, bar ${start.bar} beat ${start.beat}, ${seconds} seconds, on ${track?.name ?? 'track'}${clip.isMuted ? ', muted' : ''}${licence === '' ? '' : `, ${licence}`}`
}
