// Edits of tracks and sends: the mixer. Pure; refusals change nothing.
import { err, fail, ok, type NewId, type Problem, type Result } from '../../std/index.ts'
import type { Device, RemixSnapshot, Role, Send, Track } from '../records.ts'
import { clipsOf, devicesOf, feedsOf, isReachable, recordOf, recordsOf, tracksOf } from '../snapshot.ts'
import { automationIdsOf, findTrack, freshId, inRange, withChanges } from './change.ts'
import { placeAt } from './place.ts'

/** What `setTrack` can change. */
export interface TrackChanges {
  readonly name?: string | undefined
  readonly role?: Role | undefined
  readonly gainDb?: number | undefined
  readonly pan?: number | undefined
  readonly isMuted?: boolean | undefined
  readonly isSoloed?: boolean | undefined
  /** With `isSoloed: true`: every other solo goes off. */
  readonly isExclusive?: boolean | undefined
  /** New place among the tracks of its kind, from 0. */
  readonly index?: number | undefined
}

/** Sets level, pan, mute, solo, name, role or place of a track. */
export const setTrack = (snapshot: RemixSnapshot, { trackId, ...changes }: { trackId: string } & TrackChanges): Result<RemixSnapshot> => {
  const found = findTrack(snapshot, trackId)
  if (!found.ok) return found
  const track = found.value
  const refusal: Problem | null =
    (changes.gainDb === undefined ? null : inRange('Level', changes.gainDb, -144, 36, ' dB')) ??
    (changes.pan === undefined ? null : inRange('Pan', changes.pan, -1, 1))
  if (refusal) return err(refusal)
  if (track.kind === 'master' && changes.isSoloed) return fail('track.master_solo', 'The master hears everything; it cannot be soloed.')
  const changed: Track = {
    ...track,
    name: changes.name ?? track.name,
    role: changes.role ?? track.role,
    gainDb: changes.gainDb ?? track.gainDb,
    pan: changes.pan ?? track.pan,
    isMuted: changes.isMuted ?? track.isMuted,
    isSoloed: changes.isSoloed ?? track.isSoloed,
  }
  const put: Track[] = [changed]
  if (changes.isSoloed && changes.isExclusive) {
    for (const other of recordsOf(snapshot, 'track')) if (other.isSoloed && other.id !== trackId) put.push({ ...other, isSoloed: false })
  }
  const next = withChanges(snapshot, put)
  if (changes.index === undefined) return ok(next)
  const others = tracksOf(next).filter((other) => other.kind === track.kind && other.id !== trackId)
  return ok(withChanges(next, placeAt(others, changed, changes.index)))
}

/** Adds an empty audio track or bus at the end of its kind. */
export const addTrack = (
  snapshot: RemixSnapshot,
  { id: wanted, kind, name, role }: { id?: string | undefined; kind: 'audio' | 'bus'; name: string; role?: Role | undefined },
  newId: NewId,
): Result<RemixSnapshot> => {
  const id = freshId(snapshot, wanted ?? newId())
  if (!id.ok) return id
  const orders = recordsOf(snapshot, 'track')
    .filter((track) => track.kind === kind)
    .map((track) => track.order)
  const order = orders.length === 0 ? 0 : Math.max(...orders) + 1
  const track: Track = {
    type: 'track',
    id: id.value,
    kind,
    name,
    role: role ?? 'other',
    order,
    gainDb: 0,
    pan: 0,
    isMuted: false,
    isSoloed: false,
  }
  return ok(withChanges(snapshot, [track]))
}

/** Removes a track with its clips, devices, sends from and to it, and their automation; it stops keying sidechains. */
export const deleteTrack = (snapshot: RemixSnapshot, { trackId }: { trackId: string }): Result<RemixSnapshot> => {
  const track = findTrack(snapshot, trackId)
  if (!track.ok) return track
  if (track.value.kind === 'master') return fail('track.master_delete', 'The master cannot be deleted.')
  const owned = [
    trackId,
    ...devicesOf(snapshot, trackId).map((device) => device.id),
    ...recordsOf(snapshot, 'send')
      .filter((send) => send.fromTrackId === trackId || send.toTrackId === trackId)
      .map((send) => send.id),
  ]
  const clipIds = clipsOf(snapshot, trackId).map((clip) => clip.id)
  const unkeyed = recordsOf(snapshot, 'device').flatMap((device): Device[] =>
    device.plugin?.sidechainTrackId === trackId && device.trackId !== trackId
      ? [{ ...device, plugin: { ...device.plugin, sidechainTrackId: null } }]
      : [],
  )
  return ok(withChanges(snapshot, unkeyed, [...owned, ...clipIds, ...automationIdsOf(snapshot, owned)]))
}

/** Sends a track to a bus. Refuses a second send to the same bus and any that would close a loop. */
export const addSend = (
  snapshot: RemixSnapshot,
  args: {
    readonly id?: string | undefined
    readonly fromTrackId: string
    readonly toTrackId: string
    readonly gainDb?: number | undefined
    readonly isPreFader?: boolean | undefined
  },
  newId: NewId,
): Result<RemixSnapshot> => {
  const from = findTrack(snapshot, args.fromTrackId)
  if (!from.ok) return from
  const to = findTrack(snapshot, args.toTrackId)
  if (!to.ok) return to
  if (from.value.kind === 'master') return fail('send.from_master', 'The master is the last stage; it cannot be sent anywhere.')
  if (to.value.kind !== 'bus') return fail('send.not_a_bus', `${to.value.name} is not a bus; sends go to buses.`)
  const sends = recordsOf(snapshot, 'send')
  if (isReachable(feedsOf(snapshot), to.value.id, from.value.id)) {
    return fail('send.cycle', `${to.value.name} already feeds ${from.value.name}; sending back would feed the sound into itself.`)
  }
  if (sends.some((send) => send.fromTrackId === from.value.id && send.toTrackId === to.value.id)) {
    return fail('send.exists', `${from.value.name} is already sent to ${to.value.name}; change the level of that send.`)
  }
  const refusal = inRange('Send level', args.gainDb ?? 0, -144, 36, ' dB')
  if (refusal) return err(refusal)
  const id = freshId(snapshot, args.id ?? newId())
  if (!id.ok) return id
  const send: Send = {
    type: 'send',
    id: id.value,
    fromTrackId: from.value.id,
    toTrackId: to.value.id,
    gainDb: args.gainDb ?? 0,
    isPreFader: args.isPreFader ?? false,
  }
  return ok(withChanges(snapshot, [send]))
}

const findSend = (snapshot: RemixSnapshot, sendId: string): Result<Send> => {
  const send = recordOf(snapshot, 'send', sendId)
  return send ? ok(send) : fail('edit.no_such_send', `There is no send ${sendId} in this remix.`, { sendId })
}

/** Sets level or tap point of a send. */
export const setSend = (
  snapshot: RemixSnapshot,
  { sendId, gainDb, isPreFader }: { sendId: string; gainDb?: number | undefined; isPreFader?: boolean | undefined },
): Result<RemixSnapshot> => {
  const send = findSend(snapshot, sendId)
  if (!send.ok) return send
  const refusal = gainDb === undefined ? null : inRange('Send level', gainDb, -144, 36, ' dB')
  if (refusal) return err(refusal)
  return ok(
    withChanges(snapshot, [{ ...send.value, gainDb: gainDb ?? send.value.gainDb, isPreFader: isPreFader ?? send.value.isPreFader }]),
  )
}

/** Removes a send, with its automation. */
export const removeSend = (snapshot: RemixSnapshot, { sendId }: { sendId: string }): Result<RemixSnapshot> => {
  const send = findSend(snapshot, sendId)
  if (!send.ok) return send
  return ok(withChanges(snapshot, [], [sendId, ...automationIdsOf(snapshot, [sendId])]))
}
