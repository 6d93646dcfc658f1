// Reads of the shown snapshot that many components share, computed once per snapshot.
import {
  type Clip,
  clipsOf,
  endTick,
  type Marker,
  markersOf,
  recordsOf,
  type RemixSnapshot,
  type Track,
  tracksOf,
} from '../../src-shared/remix/index.ts'

const memo = <T>(compute: (snapshot: RemixSnapshot) => T): ((snapshot: RemixSnapshot) => T) => {
  const known = new WeakMap<RemixSnapshot, T>()
  return (snapshot) => {
    let value = known.get(snapshot)
    if (value === undefined) {
      value = compute(snapshot)
      known.set(snapshot, value)
    }
    return value
  }
}

const NO_CLIPS: readonly Clip[] = []

const byTrack = memo((snapshot): ReadonlyMap<string, readonly Clip[]> => {
  const lists = new Map<string, Clip[]>()
  for (const clip of clipsOf(snapshot)) {
    const list = lists.get(clip.trackId)
    if (list) list.push(clip)
    else lists.set(clip.trackId, [clip])
  }
  return lists
})

/** Clips of a track by start. */
export const clipsOfTrack = (snapshot: RemixSnapshot, trackId: string): readonly Clip[] => byTrack(snapshot).get(trackId) ?? NO_CLIPS

/** Tracks in the order they are shown: audio, buses; the master lives in the mixer. */
export const shownTracks: (snapshot: RemixSnapshot) => readonly Track[] = memo((snapshot) =>
  tracksOf(snapshot).filter((track) => track.kind !== 'master'),
)

/** Markers by position. */
export const shownMarkers: (snapshot: RemixSnapshot) => readonly Marker[] = memo(markersOf)

/** End of the last clip or section, in ticks. */
export const lastTick: (snapshot: RemixSnapshot) => number = memo((snapshot) => {
  let last = 0
  for (const clip of recordsOf(snapshot, 'clip')) last = Math.max(last, endTick(clip))
  for (const marker of recordsOf(snapshot, 'marker')) last = Math.max(last, marker.atTick + (marker.lengthTicks ?? 0))
  return last
})
