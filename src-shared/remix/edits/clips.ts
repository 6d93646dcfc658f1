// Edits of clips. Pure: callers run them inside `store.transact`; what they cannot do they refuse and change nothing.
import { err, fail, ok, type NewId, type Problem, type Result } from '../../std/index.ts'
import { type TempoPoint, tick, ticks } from '../../time/index.ts'
import type { Clip, RemixSnapshot, StemRecord, Track, Warp } from '../records.ts'
import { remixOf, tracksOf } from '../snapshot.ts'
import { sourceFramesBetween, tickAfterSourceFrames } from '../warp.ts'
import {
  clampFades,
  clipFrames,
  DECLICK_FRAMES,
  endTick,
  findClips,
  findSound,
  findStem,
  findTrack,
  framesBetween,
  freshId,
  inRange,
  MAX_TICK,
  stemFrames,
  toRemixFrames,
  toSourceFrames,
  withChanges,
} from './change.ts'

const audioTrack = (snapshot: RemixSnapshot, trackId: string): Result<Track> => {
  const track = findTrack(snapshot, trackId)
  if (!track.ok || track.value.kind === 'audio') return track
  return fail('clip.not_an_audio_track', `${track.value.name} is a ${track.value.kind}; clips go on audio tracks.`, { trackId })
}

/** Moves clips in time and, with `toTrackId`, to other tracks: the first clip goes there, the others keep their distance in rows. */
export const moveClips = (
  snapshot: RemixSnapshot,
  { clipIds, byTicks, toTrackId }: { clipIds: readonly string[]; byTicks: number; toTrackId?: string | undefined },
): Result<RemixSnapshot> => {
  const clips = findClips(snapshot, clipIds)
  if (!clips.ok) return clips
  const earliest = Math.min(...clips.value.map((clip) => clip.startTick))
  const latest = Math.max(...clips.value.map(endTick))
  if (earliest + byTicks < 0) {
    return fail('clip.before_start', 'A clip cannot start before the beginning of the remix.', { nearestByTicks: -earliest })
  }
  if (latest + byTicks > MAX_TICK)
    return fail('clip.too_late', 'That is beyond the end of the timeline.', { nearestByTicks: MAX_TICK - latest })
  let rows = 0
  const tracks = tracksOf(snapshot).filter((track) => track.kind === 'audio')
  const rowOf = (trackId: string): number => tracks.findIndex((track) => track.id === trackId)
  if (toTrackId !== undefined) {
    const target = audioTrack(snapshot, toTrackId)
    if (!target.ok) return target
    rows = rowOf(toTrackId) - rowOf(clips.value[0]?.trackId ?? toTrackId)
  }
  const moved: Clip[] = []
  for (const clip of clips.value) {
    const track = rows === 0 ? undefined : tracks[rowOf(clip.trackId) + rows]
    if (rows !== 0 && !track)
      return fail('clip.no_such_row', `There is no track to take ${clip.name}; add a track or move fewer clips.`, { clipId: clip.id })
    moved.push({ ...clip, startTick: tick(clip.startTick + byTicks), trackId: track?.id ?? clip.trackId })
  }
  return ok(withChanges(snapshot, moved))
}

/** A clip cut in two. Playing the halves in place sounds exactly like the whole. */
export const cutClip = (
  clip: Clip,
  { tempo, stem, atTick, rightId }: { tempo: readonly TempoPoint[]; stem: StemRecord; atTick: number; rightId: string },
): Result<readonly [Clip, Clip]> => {
  const left = framesBetween(tempo, clip.startTick, atTick)
  if (left < 1 || left >= clipFrames(tempo, clip)) return fail('split.too_short', `The cut leaves nothing of ${clip.name} on one side.`)
  const intoSource = sourceFramesBetween(tempo, clip, clip.startTick, atTick)
  return ok([
    clampFades(tempo, { ...clip, lengthTicks: ticks(atTick - clip.startTick), fadeOutFrames: DECLICK_FRAMES }),
    clampFades(tempo, {
      ...clip,
      id: rightId,
      startTick: tick(atTick),
      lengthTicks: ticks(endTick(clip) - atTick),
      sourceOffsetFrames: clip.sourceOffsetFrames + toSourceFrames(intoSource, stem.sampleRate),
      fadeInFrames: DECLICK_FRAMES,
    }),
  ])
}

/** Cuts those of the clips that lie across a position in two. Playing the halves in place sounds exactly like the whole. */
export const splitClips = (
  snapshot: RemixSnapshot,
  { clipIds, atTick, rightIds }: { clipIds: readonly string[]; atTick: number; rightIds?: readonly string[] | undefined },
  newId: NewId,
): Result<RemixSnapshot> => {
  const clips = findClips(snapshot, clipIds)
  if (!clips.ok) return clips
  const across = clips.value.filter((clip) => atTick > clip.startTick && atTick < endTick(clip))
  if (across.length === 0) {
    return fail('split.outside_clip', 'The cut is not inside a selected clip; move the playhead into the clip and split again.')
  }
  const { tempo } = remixOf(snapshot)
  let next = snapshot
  for (const [i, clip] of across.entries()) {
    const id = freshId(next, rightIds?.[i] ?? newId())
    if (!id.ok) return id
    const stem = findStem(snapshot, clip.stemId)
    if (!stem.ok) return stem
    const halves = cutClip(clip, { tempo, stem: stem.value, atTick, rightId: id.value })
    if (!halves.ok) return halves
    next = withChanges(next, halves.value)
  }
  return ok(next)
}

/** A clip with one edge elsewhere, the audio where it was. An edge goes no further than the source does and leaves at least one tick. */
export const trimmedClip = (
  clip: Clip,
  { tempo, stem, edge, toTick }: { tempo: readonly TempoPoint[]; stem: StemRecord; edge: 'start' | 'end'; toTick: number },
): Result<Clip> => {
  const end = endTick(clip)
  if (edge === 'end') {
    const room = stemFrames(stem) - toRemixFrames(clip.sourceOffsetFrames, stem.sampleRate)
    const last = Math.max(clip.startTick + 1, tickAfterSourceFrames(tempo, clip, clip.startTick, room))
    const to = Math.min(toTick, last)
    if (to <= clip.startTick) return fail('trim.empty', `Trimming ${clip.name} that far leaves nothing of it; delete it instead.`)
    const isCut = to < last
    const fadeOutFrames = isCut && clip.fadeOutFrames === 0 ? DECLICK_FRAMES : clip.fadeOutFrames
    return ok(clampFades(tempo, { ...clip, lengthTicks: ticks(to - clip.startTick), fadeOutFrames }))
  }
  if (toTick >= end) return fail('trim.empty', `Trimming ${clip.name} that far leaves nothing of it; delete it instead.`)
  let to = Math.max(0, toTick)
  // The first tick whose audio exists: where the source begins on the timeline.
  const available = toRemixFrames(clip.sourceOffsetFrames, stem.sampleRate)
  while (to < clip.startTick && sourceFramesBetween(tempo, clip, to, clip.startTick) > available) {
    const excess = sourceFramesBetween(tempo, clip, to, clip.startTick) - available
    to = Math.min(clip.startTick, Math.max(to + 1, tickAfterSourceFrames(tempo, clip, to, excess)))
  }
  const shift = toSourceFrames(sourceFramesBetween(tempo, clip, clip.startTick, to), stem.sampleRate)
  const sourceOffsetFrames = Math.max(0, clip.sourceOffsetFrames + shift)
  const fadeInFrames = sourceOffsetFrames > 0 && clip.fadeInFrames === 0 ? DECLICK_FRAMES : clip.fadeInFrames
  return ok(clampFades(tempo, { ...clip, startTick: tick(to), lengthTicks: ticks(end - to), sourceOffsetFrames, fadeInFrames }))
}

/** Moves one edge of a clip; see `trimmedClip`. */
export const trimClip = (
  snapshot: RemixSnapshot,
  { clipId, edge, toTick }: { clipId: string; edge: 'start' | 'end'; toTick: number },
): Result<RemixSnapshot> => {
  const clips = findClips(snapshot, [clipId])
  if (!clips.ok) return clips
  const clip = clips.value[0] as Clip
  const stem = findStem(snapshot, clip.stemId)
  if (!stem.ok) return stem
  const trimmed = trimmedClip(clip, { tempo: remixOf(snapshot).tempo, stem: stem.value, edge, toTick })
  return trimmed.ok ? ok(withChanges(snapshot, [trimmed.value])) : trimmed
}

/** Moves the audio inside clips that stay where they are; stops where the source begins or ends. `byFrames` at 48 kHz, positive plays later audio. */
export const slipClips = (
  snapshot: RemixSnapshot,
  { clipIds, byFrames }: { clipIds: readonly string[]; byFrames: number },
): Result<RemixSnapshot> => {
  const clips = findClips(snapshot, clipIds)
  if (!clips.ok) return clips
  const { tempo } = remixOf(snapshot)
  const put: Clip[] = []
  for (const clip of clips.value) {
    const stem = findStem(snapshot, clip.stemId)
    if (!stem.ok) return stem
    const { sampleRate, lengthFrames } = stem.value
    const covered = sourceFramesBetween(tempo, clip, clip.startTick, endTick(clip))
    const last = Math.max(0, lengthFrames - toSourceFrames(covered, sampleRate))
    put.push({ ...clip, sourceOffsetFrames: Math.max(0, Math.min(last, clip.sourceOffsetFrames + toSourceFrames(byFrames, sampleRate))) })
  }
  return ok(withChanges(snapshot, put))
}

/** Removes clips; the tracks and stems stay. */
export const deleteClips = (snapshot: RemixSnapshot, { clipIds }: { clipIds: readonly string[] }): Result<RemixSnapshot> => {
  const clips = findClips(snapshot, clipIds)
  if (!clips.ok) return clips
  const ids = clips.value.map((clip) => clip.id)
  return ok(withChanges(snapshot, [], ids))
}

/** Copies clips later by `byTicks`, or by the span of the selection so that the copy follows on. */
export const duplicateClips = (
  snapshot: RemixSnapshot,
  { clipIds, byTicks, newIds }: { clipIds: readonly string[]; byTicks?: number | undefined; newIds?: readonly string[] | undefined },
  newId: NewId,
): Result<RemixSnapshot> => {
  const clips = findClips(snapshot, clipIds)
  if (!clips.ok) return clips
  const first = Math.min(...clips.value.map((clip) => clip.startTick))
  const last = Math.max(...clips.value.map(endTick))
  const by = byTicks ?? last - first
  if (first + by < 0) return fail('clip.before_start', 'A clip cannot start before the beginning of the remix.', { nearestByTicks: -first })
  if (last + by > MAX_TICK) return fail('clip.too_late', 'That is beyond the end of the timeline.')
  let next = snapshot
  for (const [i, clip] of clips.value.entries()) {
    const id = freshId(next, newIds?.[i] ?? newId())
    if (!id.ok) return id
    next = withChanges(next, [{ ...clip, id: id.value, startTick: tick(clip.startTick + by) }])
  }
  return ok(next)
}

/** What `setClips` can change. Fades are frames at 48 kHz; longer than the clip they are shortened to fit. */
export interface ClipChanges {
  readonly name?: string | undefined
  readonly gainDb?: number | undefined
  readonly isMuted?: boolean | undefined
  readonly fadeInFrames?: number | undefined
  readonly fadeOutFrames?: number | undefined
  readonly fadeCurve?: Clip['fadeCurve'] | undefined
}

/** Sets gain, mute, name or fades of clips. */
export const setClips = (
  snapshot: RemixSnapshot,
  { clipIds, ...changes }: { clipIds: readonly string[] } & ClipChanges,
): Result<RemixSnapshot> => {
  const clips = findClips(snapshot, clipIds)
  if (!clips.ok) return clips
  const { tempo } = remixOf(snapshot)
  const refusal: Problem | null =
    (changes.gainDb === undefined ? null : inRange('Clip gain', changes.gainDb, -144, 36, ' dB')) ??
    (changes.fadeInFrames === undefined ? null : inRange('A fade', changes.fadeInFrames, 0, 2 ** 31)) ??
    (changes.fadeOutFrames === undefined ? null : inRange('A fade', changes.fadeOutFrames, 0, 2 ** 31))
  if (refusal) return err(refusal)
  const put = clips.value.map((clip) => {
    const room = clipFrames(tempo, clip)
    const fadeOutFrames = Math.min(changes.fadeOutFrames ?? clip.fadeOutFrames, room)
    const fadeInFrames = Math.min(changes.fadeInFrames ?? clip.fadeInFrames, room)
    // The fade being dragged wins the room; the other one gives way.
    const isInFirst = changes.fadeOutFrames === undefined
    return {
      ...clip,
      name: changes.name ?? clip.name,
      gainDb: changes.gainDb ?? clip.gainDb,
      isMuted: changes.isMuted ?? clip.isMuted,
      fadeCurve: changes.fadeCurve ?? clip.fadeCurve,
      fadeInFrames: isInFirst ? fadeInFrames : Math.min(fadeInFrames, room - fadeOutFrames),
      fadeOutFrames: isInFirst ? Math.min(fadeOutFrames, room - fadeInFrames) : fadeOutFrames,
    }
  })
  return ok(withChanges(snapshot, put))
}

/** Puts a stretch of a stem on a track; without a length, all of the stem from the offset on. Edges that cut into the source get the de-click fade. */
export const addClip = (
  snapshot: RemixSnapshot,
  args: {
    readonly id?: string | undefined
    readonly trackId: string
    readonly stemId: string
    readonly startTick: number
    readonly lengthTicks?: number | undefined
    readonly sourceOffsetFrames?: number | undefined
    readonly name?: string | undefined
    readonly gainDb?: number | undefined
    readonly warp?: Warp | undefined
    readonly soundId?: string | undefined
    readonly foundBy?: string | undefined
  },
  newId: NewId,
): Result<RemixSnapshot> => {
  const track = audioTrack(snapshot, args.trackId)
  if (!track.ok) return track
  const stem = findStem(snapshot, args.stemId)
  if (!stem.ok) return stem
  const id = freshId(snapshot, args.id ?? newId())
  if (!id.ok) return id
  const sound = args.soundId === undefined ? ok(undefined) : findSound(snapshot, args.soundId, stem.value.id)
  if (!sound.ok) return sound
  const { sampleRate, lengthFrames, title } = stem.value
  const offset = args.sourceOffsetFrames ?? 0
  if (offset >= lengthFrames)
    return fail('clip.after_source', `${title} is over before that point; choose an earlier one.`, { lengthFrames })
  const refusal = inRange('Clip gain', args.gainDb ?? 0, -144, 36, ' dB')
  if (refusal) return err(refusal)
  const { tempo } = remixOf(snapshot)
  const room = Math.max(1, stemFrames(stem.value) - toRemixFrames(offset, sampleRate))
  const bent = args.warp === undefined ? {} : { warp: args.warp }
  const whole = Math.max(1, tickAfterSourceFrames(tempo, bent, args.startTick, room) - args.startTick)
  const length = Math.min(args.lengthTicks ?? whole, whole)
  if (args.startTick + length > MAX_TICK) return fail('clip.too_late', 'That is beyond the end of the timeline.')
  const clip: Clip = {
    type: 'clip',
    id: id.value,
    trackId: track.value.id,
    stemId: stem.value.id,
    name: args.name ?? title,
    startTick: tick(args.startTick),
    lengthTicks: ticks(length),
    sourceOffsetFrames: offset,
    gainDb: args.gainDb ?? 0,
    isMuted: false,
    // A stem's own beginning and end are no cuts: a fade there would dull the first transient.
    fadeInFrames: offset > 0 ? DECLICK_FRAMES : 0,
    fadeOutFrames: length < whole ? DECLICK_FRAMES : 0,
    fadeCurve: 'linear',
    ...bent,
    ...(sound.value === undefined ? {} : { soundId: sound.value.id }),
    ...(args.foundBy === undefined ? {} : { foundBy: args.foundBy }),
  }
  return ok(withChanges(snapshot, [clampFades(tempo, clip)]))
}
