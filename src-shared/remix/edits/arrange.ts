// Rearranging time over all tracks: a remix is put together anew from stretches of itself. Moving, doubling, swapping and deleting sections and
// inserting time are all this one edit; clips, automation, markers, tempo and meter come along.
import { fail, ok, type NewId, type Result } from '../../std/index.ts'
import { barTicks, type Tick, tick, ticks } from '../../time/index.ts'
import type { AnyRecord, Automation, Clip, Marker, RemixRecord, RemixSnapshot } from '../records.ts'
import { recordOf, recordsOf, remixOf } from '../snapshot.ts'
import { sourceFramesBetween } from '../warp.ts'
import { clampFades, DECLICK_FRAMES, endTick, freshId, MAX_TICK, toSourceFrames, withChanges } from './change.ts'

/** A stretch of the remix as it is, or silence of that length where `fromTick` is null. */
export interface TimePiece {
  readonly fromTick: number | null
  readonly lengthTicks: number
}

/** A piece with its place in the new order. */
interface Placed {
  readonly from: number | null
  readonly to: number
  readonly at: number
  readonly end: number
}

/** Last tick at which anything is. */
const contentEnd = (snapshot: RemixSnapshot): number => {
  let last = 0
  for (const record of snapshot.values()) {
    if (record.type === 'clip') last = Math.max(last, endTick(record))
    else if (record.type === 'marker') last = Math.max(last, record.atTick + (record.lengthTicks ?? 1))
    else if (record.type === 'automation') last = Math.max(last, ...record.points.map((point) => point.atTick + 1))
  }
  return last
}

/** Pieces that go on where the one before ended are one: nothing is cut that stays together. */
const placePieces = (pieces: readonly TimePiece[]): readonly Placed[] => {
  const placed: Placed[] = []
  let at = 0
  for (const { fromTick: from, lengthTicks } of pieces) {
    if (lengthTicks <= 0) continue
    const last = placed.at(-1)
    const end = at + lengthTicks
    if (last && (from === null ? last.from === null : last.from !== null && last.to === from)) {
      placed[placed.length - 1] = { ...last, to: last.to + lengthTicks, end }
    } else placed.push({ from, to: (from ?? 0) + lengthTicks, at, end })
    at = end
  }
  return placed
}

/** Ids of copies: the first use of a record keeps its id. */
const idGiver = (snapshot: RemixSnapshot, newId: NewId): ((id: string) => Result<string>) => {
  const used = new Set<string>()
  return (id) => {
    if (!used.has(id)) {
      used.add(id)
      return ok(id)
    }
    return freshId(snapshot, newId())
  }
}

/** What of a clip lies between two positions, or null; edges that are cut fade over `fadeFrames`, so that they do not click. */
export const sliceClip = (snapshot: RemixSnapshot, clip: Clip, from: number, to: number, fadeFrames = DECLICK_FRAMES): Clip | null => {
  const start = Math.max(from, clip.startTick)
  const end = Math.min(to, endTick(clip))
  if (start >= end) return null
  if (start === clip.startTick && end === endTick(clip)) return clip
  const { tempo } = remixOf(snapshot)
  const rate = recordOf(snapshot, 'stem', clip.stemId)?.sampleRate ?? 48_000
  const isCutIn = start > clip.startTick
  return {
    ...clip,
    startTick: tick(start),
    lengthTicks: ticks(end - start),
    sourceOffsetFrames: clip.sourceOffsetFrames + toSourceFrames(sourceFramesBetween(tempo, clip, clip.startTick, start), rate),
    fadeInFrames: isCutIn ? fadeFrames : clip.fadeInFrames,
    fadeOutFrames: end < endTick(clip) ? fadeFrames : clip.fadeOutFrames,
  }
}

type Point = Automation['points'][number]

/** The automated value at a position, and how it goes on from there. */
const pointAt = (points: readonly Point[], at: number): { readonly value: number; readonly curve: Point['curve'] } => {
  let before: Point | undefined
  for (const point of points) {
    if (point.atTick > at) {
      if (!before) return { value: point.value, curve: 'hold' }
      if (before.curve === 'hold') return { value: before.value, curve: 'hold' }
      const share = (at - before.atTick) / (point.atTick - before.atTick)
      return { value: before.value + (point.value - before.value) * share, curve: 'linear' }
    }
    before = point
  }
  return { value: before?.value ?? 0, curve: 'hold' }
}

const arrangeAutomation = (points: readonly Point[], pieces: readonly Placed[]): readonly Point[] => {
  const made = new Map<number, Point>()
  const put = (at: number, value: number, curve: Point['curve']): void => void made.set(at, { atTick: tick(at), value, curve })
  for (const [i, { from, to, at, end }] of pieces.entries()) {
    if (from === null) {
      // Silence holds the value there was.
      const before = pieces[i - 1]
      const held = pointAt(points, before && before.from !== null ? before.to : 0)
      put(at, held.value, 'hold')
      continue
    }
    if (at > 0 || from > 0) {
      const start = pointAt(points, from)
      put(at, start.value, start.curve)
    }
    for (const point of points) if (point.atTick >= from && point.atTick < to) put(point.atTick - from + at, point.value, point.curve)
    const isLast = i === pieces.length - 1
    const last = pointAt(points, to - 1)
    if (!isLast && last.curve === 'linear' && end - 1 > at) put(end - 1, last.value, 'hold')
  }
  const sorted = [...made.values()].sort((left, right) => left.atTick - right.atTick)
  // A point that only repeats what holds already says nothing.
  return sorted.filter((point, i) => {
    const before = sorted[i - 1]
    return before?.curve !== 'hold' || before.value !== point.value || point.curve !== 'hold'
  })
}

/** Points of a map (tempo, meter) in the new order: each piece brings what was in force where it was taken. */
const arrangeMap = <P extends { readonly atTick: Tick }>(
  points: readonly P[],
  pieces: readonly Placed[],
  isSame: (left: P, right: P) => boolean,
): P[] => {
  const first = points[0] as P
  const inForce = (at: number): P => points.findLast((point) => point.atTick <= at) ?? first
  const made: P[] = []
  const put = (point: P, at: number): void => {
    const last = made.at(-1)
    if (last && isSame(last, point)) return
    if (last?.atTick === at) made.pop()
    made.push({ ...point, atTick: tick(at) })
  }
  for (const { from, to, at } of pieces) {
    if (from === null) continue
    put(inForce(from), at)
    for (const point of points) if (point.atTick > from && point.atTick < to) put(point, point.atTick - from + at)
  }
  const [head] = made
  return head && head.atTick !== 0 ? [{ ...head, atTick: tick(0) }, ...made.slice(1)] : made.length > 0 ? made : [first]
}

const arrangeMarkers = (
  markers: readonly Marker[],
  pieces: readonly Placed[],
  giveId: (id: string) => Result<string>,
): Result<readonly Marker[]> => {
  const made: Marker[] = []
  for (const marker of markers) {
    const length = marker.lengthTicks ?? 0
    const parts: { at: number; end: number; sourceEnd: number }[] = []
    for (const { from, to, at } of pieces) {
      if (from === null) continue
      const start = Math.max(from, marker.atTick)
      const end = Math.min(to, marker.atTick + Math.max(length, 1))
      if (start >= end) continue
      const before = parts.at(-1)
      // Time put into a section makes it longer and time taken out shorter; it stays one section.
      const isJoined = before?.end === start - from + at && start >= before.sourceEnd
      const isOpened = before?.sourceEnd === start && pieces.every((one) => one.from === null || one.at < before.end || one.at >= at)
      if (length > 0 && before && (isJoined || isOpened)) {
        before.end = end - from + at
        before.sourceEnd = end
      } else parts.push({ at: start - from + at, end: end - from + at, sourceEnd: end })
    }
    for (const { at, end } of parts) {
      const id = giveId(marker.id)
      if (!id.ok) return id
      made.push({ ...marker, id: id.value, atTick: tick(at), lengthTicks: length > 0 ? ticks(end - at) : null })
    }
  }
  return ok(made)
}

const loopIn = (loop: RemixRecord['loop'], pieces: readonly Placed[]): RemixRecord['loop'] => {
  if (!loop) return null
  const piece = pieces.find(({ from, to }) => from !== null && loop.startTick >= from && loop.startTick < to)
  if (!piece || piece.from === null) return loop
  return { ...loop, startTick: tick(loop.startTick - piece.from + piece.at) }
}

/**
 * Puts the remix together from `pieces`, in order; what no piece names is left out, what two name is doubled. Codes: `arrange.empty`,
 * `arrange.breaks_meter`, `clip.too_late`.
 */
export const arrangeTime = (
  snapshot: RemixSnapshot,
  { pieces }: { readonly pieces: readonly TimePiece[] },
  newId: NewId,
): Result<RemixSnapshot> => {
  const placed = placePieces(pieces)
  const last = placed.at(-1)
  if (!last) return fail('arrange.empty', 'Nothing would be left of the remix.')
  if (last.end > MAX_TICK + 1) return fail('clip.too_late', 'The remix would be longer than the timeline.')
  const remix = remixOf(snapshot)
  const meter = arrangeMap(
    remix.meter,
    placed,
    (left, right) => left.numerator === right.numerator && left.denominator === right.denominator,
  )
  for (const [i, point] of meter.entries()) {
    const before = meter[i - 1]
    if (before && (point.atTick - before.atTick) % barTicks(before) !== 0)
      return fail('arrange.breaks_meter', 'The meter changes here, so time can only be moved in whole bars.', { atTick: point.atTick })
  }
  const put: AnyRecord[] = [
    {
      ...remix,
      tempo: arrangeMap(remix.tempo, placed, (left, right) => left.milliBpm === right.milliBpm),
      meter,
      loop: loopIn(remix.loop, placed),
    },
  ]
  const giveId = idGiver(snapshot, newId)
  const tempoNow = put[0]?.type === 'remix' ? put[0].tempo : remix.tempo
  for (const piece of placed) {
    if (piece.from === null) continue
    for (const clip of recordsOf(snapshot, 'clip')) {
      const slice = sliceClip(snapshot, clip, piece.from, piece.to)
      if (!slice) continue
      const id = giveId(clip.id)
      if (!id.ok) return id
      put.push(clampFades(tempoNow, { ...slice, id: id.value, startTick: tick(slice.startTick - piece.from + piece.at) }))
    }
  }
  const markers = arrangeMarkers(recordsOf(snapshot, 'marker'), placed, giveId)
  if (!markers.ok) return markers
  put.push(...markers.value)
  for (const automation of recordsOf(snapshot, 'automation'))
    put.push({ ...automation, points: [...arrangeAutomation(automation.points, placed)] })
  const gone = [...recordsOf(snapshot, 'clip'), ...recordsOf(snapshot, 'marker')].map((record) => record.id)
  return ok(withChanges(snapshot, put, gone))
}

const END = MAX_TICK

const stretch = (from: number, to: number): TimePiece => ({ fromTick: from, lengthTicks: to - from })

/** Opens a gap of silence at a position; a clip that lies there is cut, a section there grows. */
export const insertTime = (
  snapshot: RemixSnapshot,
  { atTick, lengthTicks }: { readonly atTick: number; readonly lengthTicks: number },
  newId: NewId,
): Result<RemixSnapshot> => {
  const end = Math.max(contentEnd(snapshot), atTick)
  return arrangeTime(snapshot, { pieces: [stretch(0, atTick), { fromTick: null, lengthTicks }, stretch(atTick, end)] }, newId)
}

/** Cuts a stretch of time out of all tracks and closes the gap. */
export const deleteTime = (
  snapshot: RemixSnapshot,
  { fromTick, lengthTicks }: { readonly fromTick: number; readonly lengthTicks: number },
  newId: NewId,
): Result<RemixSnapshot> => {
  const end = contentEnd(snapshot)
  const to = Math.min(fromTick + lengthTicks, Math.max(end, fromTick))
  return arrangeTime(snapshot, { pieces: [stretch(0, fromTick), stretch(to, end)] }, newId)
}

const findSection = (snapshot: RemixSnapshot, markerId: string): Result<{ readonly from: number; readonly to: number }> => {
  const marker = recordOf(snapshot, 'marker', markerId)
  if (!marker) return fail('edit.no_such_marker', `There is no section ${markerId} in this remix.`, { markerId })
  if (marker.lengthTicks === null)
    return fail('section.is_marker', `“${marker.name}” is a marker, not a section: it has no length.`, { markerId })
  return ok({ from: marker.atTick, to: marker.atTick + marker.lengthTicks })
}

/** Moves a section with everything in it, so that it starts where `toTick` is now; what lay between closes up. */
export const moveSection = (
  snapshot: RemixSnapshot,
  { markerId, toTick }: { readonly markerId: string; readonly toTick: number },
  newId: NewId,
): Result<RemixSnapshot> => {
  const section = findSection(snapshot, markerId)
  if (!section.ok) return section
  const { from, to } = section.value
  if (toTick >= from && toTick <= to) return ok(snapshot)
  const end = Math.max(contentEnd(snapshot), toTick)
  const pieces =
    toTick < from
      ? [stretch(0, toTick), stretch(from, to), stretch(toTick, from), stretch(to, end)]
      : [stretch(0, from), stretch(to, toTick), stretch(from, to), stretch(toTick, end)]
  return arrangeTime(snapshot, { pieces }, newId)
}

/** Plays a section `times` times in a row; what follows moves later. 2 duplicates it. */
export const repeatSection = (
  snapshot: RemixSnapshot,
  { markerId, times }: { readonly markerId: string; readonly times: number },
  newId: NewId,
): Result<RemixSnapshot> => {
  const section = findSection(snapshot, markerId)
  if (!section.ok) return section
  if (!Number.isInteger(times) || times < 1 || times > 64) return fail('section.times', 'A section can be played 1 to 64 times in a row.')
  const { from, to } = section.value
  const again = Array.from({ length: times - 1 }, () => stretch(from, to))
  return arrangeTime(snapshot, { pieces: [stretch(0, to), ...again, stretch(to, Math.max(to, contentEnd(snapshot)))] }, newId)
}

/** Lets two sections change places. They must not overlap. */
export const swapSections = (
  snapshot: RemixSnapshot,
  { markerId, withMarkerId }: { readonly markerId: string; readonly withMarkerId: string },
  newId: NewId,
): Result<RemixSnapshot> => {
  const one = findSection(snapshot, markerId)
  if (!one.ok) return one
  const other = findSection(snapshot, withMarkerId)
  if (!other.ok) return other
  const [left, right] = one.value.from <= other.value.from ? [one.value, other.value] : [other.value, one.value]
  if (left.to > right.from) return fail('section.overlap', 'These sections overlap, so they cannot change places.')
  const pieces = [
    stretch(0, left.from),
    stretch(right.from, right.to),
    stretch(left.to, right.from),
    stretch(left.from, left.to),
    stretch(right.to, Math.max(right.to, contentEnd(snapshot))),
  ]
  return arrangeTime(snapshot, { pieces }, newId)
}

/** Cuts a section with everything in it out of the remix. */
export const deleteSection = (
  snapshot: RemixSnapshot,
  { markerId }: { readonly markerId: string },
  newId: NewId,
): Result<RemixSnapshot> => {
  const section = findSection(snapshot, markerId)
  if (!section.ok) return section
  const { from, to } = section.value
  return deleteTime(snapshot, { fromTick: from, lengthTicks: Math.min(END, to) - from }, newId)
}
