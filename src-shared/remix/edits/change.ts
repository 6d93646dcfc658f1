// What all edits share: looking records up with a refusal, putting changes into a new snapshot, and time in sources.
import { fail, ok, type Problem, type Result } from '../../std/index.ts'
import { frameAt, type Tick, tick, type TempoPoint } from '../../time/index.ts'
import {
  REMIX_SAMPLE_RATE,
  type AnyRecord,
  type Clip,
  type Device,
  type RemixSnapshot,
  type SoundRecord,
  type StemRecord,
  type Track,
} from '../records.ts'
import { recordOf, recordsOf } from '../snapshot.ts'
import { tickAfterSourceFrames } from '../warp.ts'

/** The fade that every cut gets, so that it does not click: 5 ms at 48 kHz. */
export const DECLICK_FRAMES = 240

/** Last position a record can hold. */
export const MAX_TICK = 960 * 4 * 100_000

/** Snapshots that are still being built; see `openDraft`. */
const drafts = new WeakSet<RemixSnapshot>()

/**
 * A copy that several edits are made to in a row: until it is sealed, `withChanges` writes into it instead of copying, so that a thousand edits
 * cost their own records a thousand times and not all of them. Whoever opens one drops it where an edit is refused half-way.
 */
export const openDraft = (snapshot: RemixSnapshot): RemixSnapshot => {
  const draft = new Map(snapshot)
  drafts.add(draft)
  return draft
}

/** Ends a draft: from here on it is immutable like any other snapshot. */
export const sealDraft = (draft: RemixSnapshot): RemixSnapshot => {
  drafts.delete(draft)
  return draft
}

/** A snapshot with records put in (replacing those of the same id) and others removed. */
export const withChanges = (snapshot: RemixSnapshot, put: readonly AnyRecord[], removeIds: readonly string[] = []): RemixSnapshot => {
  const next = drafts.has(snapshot) ? (snapshot as Map<string, AnyRecord>) : new Map(snapshot)
  for (const id of removeIds) next.delete(id)
  for (const record of put) next.set(record.id, record)
  const known = frozen.get(snapshot)
  if (known) frozen.set(next, frozenAfter(known, put, removeIds))
  return next
}

/** Which tracks are frozen, by snapshot: every edit asks, and hardly any changes it. */
const frozen = new WeakMap<RemixSnapshot, ReadonlySet<string>>()

const frozenAfter = (known: ReadonlySet<string>, put: readonly AnyRecord[], removeIds: readonly string[]): ReadonlySet<string> => {
  const isChanged =
    removeIds.some((id) => known.has(id)) ||
    put.some((record) => record.type === 'track' && known.has(record.id) !== (record.frozen !== undefined))
  if (!isChanged) return known
  const next = new Set(known)
  for (const id of removeIds) next.delete(id)
  for (const record of put) {
    if (record.type !== 'track') continue
    if (record.frozen) next.add(record.id)
    else next.delete(record.id)
  }
  return next
}

/** Tracks whose sound is read from a file. */
export const frozenTrackIds = (snapshot: RemixSnapshot): ReadonlySet<string> => {
  const known = frozen.get(snapshot)
  if (known) return known
  const found = new Set<string>()
  for (const record of snapshot.values()) if (record.type === 'track' && record.frozen) found.add(record.id)
  frozen.set(snapshot, found)
  return found
}

/** Refuses an id that is in use or not an id. */
export const freshId = (snapshot: RemixSnapshot, id: string): Result<string> => {
  if (!/^[\w:.-]{1,200}$/.test(id) || id === '__proto__')
    return fail('edit.bad_id', `“${id}” cannot be used as an id: use letters, digits, “:”, “.”, “-” and “_”.`)
  return snapshot.has(id) ? fail('edit.id_taken', `The id ${id} is already used in this remix; choose another.`, { id }) : ok(id)
}

export const findTrack = (snapshot: RemixSnapshot, trackId: string): Result<Track> => {
  const track = recordOf(snapshot, 'track', trackId)
  return track ? ok(track) : fail('edit.no_such_track', `There is no track ${trackId} in this remix.`, { trackId })
}

export const findDevice = (snapshot: RemixSnapshot, deviceId: string): Result<Device> => {
  const device = recordOf(snapshot, 'device', deviceId)
  return device ? ok(device) : fail('edit.no_such_device', `There is no device ${deviceId} in this remix.`, { deviceId })
}

export const findStem = (snapshot: RemixSnapshot, stemId: string): Result<StemRecord> => {
  const stem = recordOf(snapshot, 'stem', stemId)
  return stem ? ok(stem) : fail('edit.no_such_stem', `There is no stem ${stemId} in this remix.`, { stemId })
}

/** A made sound, which has to be of the stem whose place it takes. */
export const findSound = (snapshot: RemixSnapshot, soundId: string, stemId: string): Result<SoundRecord> => {
  const sound = recordOf(snapshot, 'sound', soundId)
  if (!sound) return fail('edit.no_such_sound', `There is no made sound ${soundId} in this remix.`, { soundId })
  return sound.stemId === stemId
    ? ok(sound)
    : fail('clip.other_stem', `“${sound.name}” was made from another stem than this clip plays.`, { soundId, stemId })
}

/** The clips with these ids, in the order given; refuses an empty list and unknown ids. */
export const findClips = (snapshot: RemixSnapshot, clipIds: readonly string[]): Result<readonly Clip[]> => {
  if (clipIds.length === 0) return fail('edit.no_clips', 'No clip is selected.')
  const clips: Clip[] = []
  for (const clipId of new Set(clipIds)) {
    const clip = recordOf(snapshot, 'clip', clipId)
    if (!clip) return fail('edit.no_such_clip', `There is no clip ${clipId} in this remix.`, { clipId })
    clips.push(clip)
  }
  return ok(clips)
}

export const endTick = (clip: Clip): Tick => tick(clip.startTick + clip.lengthTicks)

/** A clip's length in frames at 48 kHz. Both ends are rounded as positions, so neighbours never gap or overlap by a frame. */
export const clipFrames = (tempo: readonly TempoPoint[], clip: Clip): number =>
  frameAt(tempo, endTick(clip), REMIX_SAMPLE_RATE) - frameAt(tempo, clip.startTick, REMIX_SAMPLE_RATE)

/** Frames at 48 kHz between two timeline positions. */
export const framesBetween = (tempo: readonly TempoPoint[], from: number, to: number): number =>
  frameAt(tempo, tick(to), REMIX_SAMPLE_RATE) - frameAt(tempo, tick(from), REMIX_SAMPLE_RATE)

/** 48 kHz frames to frames of a source, and back. */
export const toSourceFrames = (frames48: number, sampleRate: number): number => Math.round((frames48 * sampleRate) / REMIX_SAMPLE_RATE)
export const toRemixFrames = (sourceFrames: number, sampleRate: number): number =>
  Math.round((sourceFrames * REMIX_SAMPLE_RATE) / sampleRate)

/** Frames of a stem at 48 kHz. */
export const stemFrames = (stem: StemRecord): number => toRemixFrames(stem.lengthFrames, stem.sampleRate)

/** The first tick at or after the moment `frames48` frames after `from`. */
export const tickAfterFrames = (tempo: readonly TempoPoint[], from: number, frames48: number): Tick =>
  tickAfterSourceFrames(tempo, {}, from, frames48)

/** Shortens fades that do not fit into a clip: each keeps its share. */
export const clampFades = (tempo: readonly TempoPoint[], clip: Clip): Clip => {
  const room = clipFrames(tempo, clip)
  const wanted = clip.fadeInFrames + clip.fadeOutFrames
  if (wanted <= room) return clip
  const fadeInFrames = Math.floor((clip.fadeInFrames * room) / wanted)
  return { ...clip, fadeInFrames, fadeOutFrames: Math.min(clip.fadeOutFrames, room - fadeInFrames) }
}

/** Refuses a value outside its range, naming both. */
export const inRange = (name: string, value: number, min: number, max: number, unit = ''): Problem | null =>
  Number.isFinite(value) && value >= min && value <= max
    ? null
    : { code: 'edit.out_of_range', message: `${name} must be between ${min}${unit} and ${max}${unit}.`, details: { min, max } }

/** Automation of any of these tracks, sends and devices: it goes with them. */
export const automationIdsOf = (snapshot: RemixSnapshot, ownerIds: readonly string[]): readonly string[] =>
  recordsOf(snapshot, 'automation')
    .filter((automation) => ownerIds.includes(automation.ownerId))
    .map((automation) => automation.id)
