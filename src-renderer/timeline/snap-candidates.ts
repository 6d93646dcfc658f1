// What a dragged edge may catch on: edges of other clips, markers, the playhead and the loop.
import { endTick, recordsOf, remixOf, type RemixSnapshot, snapTick } from '../../src-shared/remix/index.ts'
import { playheadTick, preferencesStore, snapGridOf, viewStore } from '../state/index.ts'
import { shownMarkers } from './snapshot-index.ts'

/** How near an edge has to come, in pixels. */
const REACH_PIXELS = 8

/** Positions to catch on, leaving out the clips that are being dragged. */
export const candidatesOf = (snapshot: RemixSnapshot, without: ReadonlySet<string>): readonly number[] => {
  const { loop } = remixOf(snapshot)
  const found: number[] = [0, playheadTick()]
  for (const clip of recordsOf(snapshot, 'clip')) if (!without.has(clip.id)) found.push(clip.startTick, endTick(clip))
  for (const marker of shownMarkers(snapshot)) found.push(marker.atTick, marker.atTick + (marker.lengthTicks ?? 0))
  if (loop) found.push(loop.startTick, loop.startTick + loop.lengthTicks)
  return found
}

/** A position snapped by the user's preference; `isFree` bypasses it (Ctrl held). */
export const snapped = (position: number, snapshot: RemixSnapshot, candidates: readonly number[], isFree: boolean): number => {
  if (isFree) return Math.max(0, Math.round(position))
  const reach = REACH_PIXELS / viewStore.getState().scale
  return snapTick(Math.max(0, position), snapGridOf(preferencesStore.getState().snap), remixOf(snapshot).meter, candidates, reach)
}

/** How far a clip of a length moves so that its start or its end catches. */
export const snappedStart = (
  start: number,
  length: number,
  snapshot: RemixSnapshot,
  candidates: readonly number[],
  isFree: boolean,
): number => {
  const byStart = snapped(start, snapshot, candidates, isFree)
  if (isFree) return byStart
  const reach = REACH_PIXELS / viewStore.getState().scale
  let best = byStart
  let away = candidates.includes(byStart) ? Math.abs(byStart - start) : reach
  for (const candidate of candidates) {
    const distance = Math.abs(candidate - (start + length))
    if (distance < away && candidate - length >= 0) {
      best = Math.round(candidate - length)
      away = distance
    }
  }
  return best
}
