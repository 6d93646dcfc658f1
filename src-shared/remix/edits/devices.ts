// Edits of devices and of their places in a chain; those only plugins take are in `plugins.ts`. Pure; refusals change nothing.
import { err, fail, ok, type NewId, type Problem, type Result } from '../../std/index.ts'
import { DEVICE_PARAMETERS } from '../device-parameters.ts'
import { DEVICE_KINDS, type AnyRecord, isDeviceKind, isParameterId, MAX_PLUGIN_VALUE, type RemixSnapshot } from '../records.ts'
import { automationIdsOf, findDevice, findTrack, inRange, withChanges } from './change.ts'
import { newDevice, withDevice } from './chain.ts'
import { checkSidechain, setPlugin } from './plugins.ts'

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
  const bare = newDevice(snapshot, args, newId)
  if (!bare.ok) return bare
  if (!isDeviceKind(args.kind))
    return fail('device.unknown_kind', `There is no device “${args.kind}”; there are ${DEVICE_KINDS.join(', ')}.`)
  const params = args.params ?? {}
  const refusal = checkParams(args.kind, params)
  if (refusal) return err(refusal)
  return ok(withDevice(snapshot, { ...bare.value, kind: args.kind, params: { ...params } }, args.index))
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
  return ok(withDevice(snapshot, moved, index))
}

/** Takes a device off its track, with its automation. */
export const removeDevice = (snapshot: RemixSnapshot, { deviceId }: { deviceId: string }): Result<RemixSnapshot> => {
  const device = findDevice(snapshot, deviceId)
  if (!device.ok) return device
  return ok(withChanges(snapshot, [], [deviceId, ...automationIdsOf(snapshot, [deviceId])]))
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
