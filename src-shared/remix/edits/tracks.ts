// Edits of tracks, sends and devices: the mixer. Pure; refusals change nothing.
import { err, fail, ok, type NewId, type Problem, type Result } from '../../std/index.ts'
import { DEVICE_PARAMETERS } from '../device-parameters.ts'
import {
  DEVICE_KINDS,
  type AnyRecord,
  type Device,
  type DeviceKind,
  isParameterId,
  MAX_PLUGIN_VALUE,
  type RemixSnapshot,
  type Role,
  type Send,
  type Track,
} from '../records.ts'
import { clipsOf, devicesOf, feedsOf, isReachable, recordOf, recordsOf, tracksOf } from '../snapshot.ts'
import { findTrack, freshId, inRange, withChanges } from './change.ts'
import { placeAt } from './place.ts'
import { checkSidechain, setPlugin } from './plugins.ts'

const automationIdsOf = (snapshot: RemixSnapshot, ownerIds: readonly string[]): readonly string[] =>
  recordsOf(snapshot, 'automation')
    .filter((automation) => ownerIds.includes(automation.ownerId))
    .map((automation) => automation.id)

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

const isDeviceKind = (kind: string): kind is DeviceKind => (DEVICE_KINDS as readonly string[]).includes(kind)

/** Refuses parameters a device does not have and values out of range. Devices of unknown kind keep what they have: nobody can judge it. */
const checkParams = (kind: string, params: Readonly<Record<string, number>>): Problem | null => {
  if (!isDeviceKind(kind))
    return { code: 'device.unknown_kind', message: `The device “${kind}” is not installed, so its settings cannot be changed.` }
  for (const [name, value] of Object.entries(params)) {
    const parameter = DEVICE_PARAMETERS[kind].find((candidate) => candidate.name === name)
    if (!parameter) {
      const names = DEVICE_PARAMETERS[kind].map((candidate) => candidate.name).join(', ')
      return { code: 'device.unknown_param', message: `The ${kind} has no setting “${name}”; it has ${names}.`, details: { name } }
    }
    const refusal = inRange(
      parameter.label,
      value,
      parameter.min,
      parameter.max,
      parameter.unit.length > 0 && parameter.scale !== 'step' ? ` ${parameter.unit}` : '',
    )
    if (refusal) return { ...refusal, code: 'device.param_out_of_range' }
    if (parameter.scale === 'step' && !Number.isInteger(value)) {
      return {
        code: 'device.param_out_of_range',
        message: `${parameter.label} takes whole numbers from ${parameter.min} to ${parameter.max}.`,
      }
    }
  }
  return null
}

const findDevice = (snapshot: RemixSnapshot, deviceId: string): Result<Device> => {
  const device = recordOf(snapshot, 'device', deviceId)
  return device ? ok(device) : fail('edit.no_such_device', `There is no device ${deviceId} in this remix.`, { deviceId })
}

/** Puts a device on a track at `index` of its chain, by default at the end. Settings not given are the defaults. */
export const addDevice = (
  snapshot: RemixSnapshot,
  args: {
    readonly id?: string | undefined
    readonly trackId: string
    readonly kind: string
    readonly params?: Readonly<Record<string, number>> | undefined
    readonly index?: number | undefined
    readonly isEnabled?: boolean | undefined
  },
  newId: NewId,
): Result<RemixSnapshot> => {
  const track = findTrack(snapshot, args.trackId)
  if (!track.ok) return track
  const id = freshId(snapshot, args.id ?? newId())
  if (!id.ok) return id
  if (!isDeviceKind(args.kind))
    return fail('device.unknown_kind', `There is no device “${args.kind}”; there are ${DEVICE_KINDS.join(', ')}.`)
  const params = args.params ?? {}
  const refusal = checkParams(args.kind, params)
  if (refusal) return err(refusal)
  const device: Device = {
    type: 'device',
    id: id.value,
    trackId: track.value.id,
    order: 0,
    kind: args.kind,
    isEnabled: args.isEnabled ?? true,
    params: { ...params },
  }
  const chain = devicesOf(snapshot, track.value.id)
  return ok(withChanges(snapshot, placeAt(chain, device, args.index ?? chain.length)))
}

/** Changes settings of a device (those not named stay) or switches it on or off. */
export const setDevice = (
  snapshot: RemixSnapshot,
  {
    deviceId,
    params,
    isEnabled,
  }: { deviceId: string; params?: Readonly<Record<string, number>> | undefined; isEnabled?: boolean | undefined },
): Result<RemixSnapshot> => {
  const device = findDevice(snapshot, deviceId)
  if (!device.ok) return device
  if (device.value.plugin) return setPlugin(snapshot, { deviceId, params, isEnabled })
  const refusal = params === undefined ? null : checkParams(device.value.kind, params)
  if (refusal) return err(refusal)
  return ok(
    withChanges(snapshot, [
      { ...device.value, isEnabled: isEnabled ?? device.value.isEnabled, params: { ...device.value.params, ...params } },
    ]),
  )
}

/** Moves a device within its chain or to another track. */
export const moveDevice = (
  snapshot: RemixSnapshot,
  { deviceId, toTrackId, index }: { deviceId: string; toTrackId?: string | undefined; index?: number | undefined },
): Result<RemixSnapshot> => {
  const device = findDevice(snapshot, deviceId)
  if (!device.ok) return device
  const track = findTrack(snapshot, toTrackId ?? device.value.trackId)
  if (!track.ok) return track
  const moved = { ...device.value, trackId: track.value.id }
  const refusal = moved.trackId === device.value.trackId ? null : checkSidechain(snapshot, moved)
  if (refusal) return err(refusal)
  const others = devicesOf(snapshot, track.value.id).filter((other) => other.id !== deviceId)
  return ok(withChanges(snapshot, placeAt(others, moved, index ?? others.length)))
}

/** Takes a device off its track, with its automation. */
export const removeDevice = (snapshot: RemixSnapshot, { deviceId }: { deviceId: string }): Result<RemixSnapshot> => {
  const device = findDevice(snapshot, deviceId)
  if (!device.ok) return device
  return ok(withChanges(snapshot, [], [deviceId, ...automationIdsOf(snapshot, [deviceId])]))
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

/** Range of an automatable parameter, or the refusal: level, pan and mute-free targets of `automationRecordSchema`. */
export const automationRange = (
  snapshot: RemixSnapshot,
  ownerId: string,
  param: string,
): Result<{ readonly min: number; readonly max: number; readonly label: string }> => {
  const owner: AnyRecord | undefined = snapshot.get(ownerId)
  if (owner?.type === 'track' && param === 'gainDb') return ok({ min: -144, max: 36, label: `${owner.name} level` })
  if (owner?.type === 'track' && param === 'pan') return ok({ min: -1, max: 1, label: `${owner.name} pan` })
  if (owner?.type === 'send' && param === 'gainDb') return ok({ min: -144, max: 36, label: 'Send level' })
  if (owner?.type === 'device' && isDeviceKind(owner.kind)) {
    const parameter = DEVICE_PARAMETERS[owner.kind].find((candidate) => candidate.name === param)
    if (parameter) return ok({ min: parameter.min, max: parameter.max, label: parameter.label })
  }
  // What a plugin takes is known where it runs; it is asked for what it was given, and clamps.
  if (owner?.type === 'device' && owner.plugin && isParameterId(param))
    return ok({ min: -MAX_PLUGIN_VALUE, max: MAX_PLUGIN_VALUE, label: `${owner.plugin.name} ${param}` })
  return fail('automation.no_such_target', `There is nothing called “${param}” on ${ownerId} to automate.`, { ownerId, param })
}
