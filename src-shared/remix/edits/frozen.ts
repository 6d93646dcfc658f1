// Frozen tracks. Their sound before the fader is in a file, so nothing that would make another sound may change: every edit is held against what the
// track was before, whatever the edit was. Level, pan, sends, mute and solo come after and stay free.
import { canonicalText, fail, ok, type Result } from '../../std/index.ts'
import type { AnyRecord, Automation, Clip, Device, Frozen, RemixRecord, RemixSnapshot, Track } from '../records.ts'
import { byOrder, remixOf } from '../snapshot.ts'
import { findTrack, frozenTrackIds, withChanges } from './change.ts'

/** What a track's sound before the fader is made of. */
interface Making {
  readonly clips: Map<string, Clip>
  readonly devices: Device[]
}

/** What all frozen tracks are made of, as it is now: a draft may change under whoever holds it. */
export interface FrozenSounds {
  readonly tracks: ReadonlyMap<string, Making>
  readonly automation: ReadonlyMap<string, Automation>
  readonly sounds: ReadonlyMap<string, AnyRecord>
  readonly remix: Pick<RemixRecord, 'tempo' | 'meter'>
}

/** Null where no track is frozen, which costs nothing. */
export const readFrozen = (snapshot: RemixSnapshot, trackIds: Iterable<string> = frozenTrackIds(snapshot)): FrozenSounds | null => {
  const tracks = new Map<string, Making>()
  for (const id of trackIds) tracks.set(id, { clips: new Map(), devices: [] })
  if (tracks.size === 0) return null
  const automation = new Map<string, Automation>()
  const sounds = new Map<string, AnyRecord>()
  for (const record of snapshot.values()) {
    if (record.type === 'clip') tracks.get(record.trackId)?.clips.set(record.id, record)
    else if (record.type === 'device') tracks.get(record.trackId)?.devices.push(record)
    else if (record.type === 'automation') automation.set(`${record.ownerId}\n${record.param}`, record)
    else if (record.type === 'sound') sounds.set(record.id, record)
  }
  for (const { devices } of tracks.values()) devices.sort(byOrder)
  return { tracks, automation, sounds, remix: remixOf(snapshot) }
}

const isSame = (left: unknown, right: unknown): boolean =>
  left === right || (left !== undefined && right !== undefined && canonicalText(left) === canonicalText(right))

/** Compares fields one by one: a state of megabytes is the same text, and need not be written out to see that. */
const isAlike = <T extends object>(left: T | undefined, right: T | undefined, except: readonly string[]): boolean => {
  if (left === right) return true
  if (!left || !right) return false
  const keys = new Set([...Object.keys(left), ...Object.keys(right)])
  return [...keys].every((key) => except.includes(key) || isSame(left[key as keyof T], right[key as keyof T]))
}

/** A track that keys a sidechain may be deleted: what was frozen has its sound in it. */
const withoutLostKey = (device: Device, after: RemixSnapshot): Device => {
  const { plugin } = device
  if (!plugin || plugin.sidechainTrackId === null || after.has(plugin.sidechainTrackId)) return device
  return { ...device, plugin: { ...plugin, sidechainTrackId: null } }
}

const soundsTheSame = (before: FrozenSounds, now: FrozenSounds, trackId: string, after: RemixSnapshot): boolean => {
  const [old, made] = [before.tracks.get(trackId), now.tracks.get(trackId)]
  if (!old || !made) return true
  if (!isSame(before.remix.tempo, now.remix.tempo)) return false
  if (old.devices.some((device) => device.plugin) && !isSame(before.remix.meter, now.remix.meter)) return false
  if (old.clips.size !== made.clips.size || old.devices.length !== made.devices.length) return false
  for (const [id, clip] of old.clips) {
    if (!isAlike(clip, made.clips.get(id), ['name'])) return false
    if (clip.soundId !== undefined && !isAlike(before.sounds.get(clip.soundId), now.sounds.get(clip.soundId), ['name'])) return false
  }
  if (!old.devices.every((device, i) => isAlike(withoutLostKey(device, after), made.devices[i], ['order']))) return false
  const owners = new Set(old.devices.map((device) => device.id))
  const movesOf = ({ automation }: FrozenSounds) => [...automation].filter(([, one]) => owners.has(one.ownerId))
  const moves = movesOf(before)
  return moves.length === movesOf(now).length && moves.every(([key, one]) => isAlike(one, now.automation.get(key), ['id']))
}

/** Refuses what would change the sound of a track that was frozen before and is frozen after. */
export const checkFrozen = (before: FrozenSounds | null, after: RemixSnapshot): Result<null> => {
  if (!before) return ok(null)
  const still = [...frozenTrackIds(after)].filter((id) => before.tracks.has(id))
  const now = readFrozen(after, still)
  const changed = now && still.find((id) => !soundsTheSame(before, now, id, after))
  if (changed == null) return ok(null)
  const track = findTrack(after, changed)
  if (!track.ok) return track
  return fail(
    'track.frozen',
    `${track.value.name} is frozen, so its sound cannot be changed. Its level, pan and sends can; for all else unfreeze it.`,
    {
      trackId: changed,
      alternative: { label: 'Unfreeze', command: [{ op: 'track.unfreeze', trackId: changed }] },
    },
  )
}

/** Notes that a track plays from a file from now on. `key` is the SHA-256 that names what was frozen, `sha256` that of the sound. */
export const freezeTrack = (
  snapshot: RemixSnapshot,
  { trackId, key, sha256 }: { readonly trackId: string } & Frozen,
): Result<RemixSnapshot> => {
  const track = findTrack(snapshot, trackId)
  if (!track.ok) return track
  if (track.value.kind !== 'audio')
    return fail(
      'track.cannot_freeze',
      `${track.value.name} carries the sound of other tracks, which may still change; freeze those instead.`,
      { trackId },
    )
  if (track.value.frozen) return fail('track.frozen_already', `${track.value.name} is frozen already.`, { trackId })
  if (![key, sha256 ?? key].every((hash) => /^[0-9a-f]{64}$/.test(hash)))
    return fail('track.bad_freeze', 'A frozen sound is named by a SHA-256 in lower-case hex.', { trackId })
  return ok(withChanges(snapshot, [{ ...track.value, frozen: { key, ...(sha256 === undefined ? {} : { sha256 }) } }]))
}

/** Lets a track make its sound as it plays again. */
export const unfreezeTrack = (snapshot: RemixSnapshot, { trackId }: { readonly trackId: string }): Result<RemixSnapshot> => {
  const track = findTrack(snapshot, trackId)
  if (!track.ok) return track
  if (!track.value.frozen) return fail('track.not_frozen', `${track.value.name} is not frozen.`, { trackId })
  const { frozen: _, ...thawed }: Track = track.value
  return ok(withChanges(snapshot, [thawed]))
}
