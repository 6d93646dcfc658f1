// Edits of plugins: adding, setting, replacing and copying them. What a plugin's parameters mean is not known here: values are kept finite and their
// number bounded, the plugin clamps them. Pure; refusals change nothing.
import { err, fail, ok, type NewId, type Problem, type Result } from '../../std/index.ts'
import { MAX_PARAMETERS } from '../../plugins/index.ts'
import {
  areParameterIds,
  type Automation,
  type Device,
  isBase64,
  isPluginId,
  MAX_STATE_LENGTH,
  MAX_STATES_LENGTH,
  PLUGIN_KIND,
  plainText,
  type PluginUse,
  type PluginUseInput,
  type RemixSnapshot,
} from '../records.ts'
import { canKey, devicesOf, feedsOf, isReachable, recordsOf } from '../snapshot.ts'
import { newDevice, withDevice } from './chain.ts'
import { automationIdsOf, findDevice, findTrack, freshId, withChanges } from './change.ts'
import { placeAt } from './place.ts'

/** Values by parameter id; null lets a parameter be what the state says, or the plugin. */
export type PluginParams = Readonly<Record<string, number | null>>

/** Settings of a plugin as an edit may give them. A new state speaks for all parameters: those set before are forgotten with the old one. */
export interface PluginSettings {
  readonly params?: PluginParams | undefined
  /** Base64; null for none. */
  readonly state?: string | null | undefined
  /** SHA-256 of the decoded state; whoever loads the remix works it out again. */
  readonly stateSha256?: string | null | undefined
}

/** What a device is called: a plugin by its name, any other by its kind. */
export const deviceLabel = (device: Pick<Device, 'kind' | 'plugin'>): string => device.plugin?.name ?? device.kind

/** The name of a plugin out of what an edit says of it. */
export const pluginName = ({ name, id }: Pick<PluginUseInput, 'name' | 'id'>): string => plainText(name ?? '', 200) || plainText(id, 200)

const findPlugin = (snapshot: RemixSnapshot, deviceId: string): Result<Device & { readonly plugin: PluginUse }> => {
  const device = findDevice(snapshot, deviceId)
  if (!device.ok) return device
  const { plugin } = device.value
  return plugin
    ? ok({ ...device.value, plugin })
    : fail('plugin.not_a_plugin', `The ${device.value.kind} is not a plugin; set it as the device it is.`, { deviceId })
}

/**
 * A plugin as documents hold it, out of what an edit says; what it leaves out is as it was in `before`, the same plugin. Text of foreign code is made
 * fit to show.
 */
const readPlugin = (input: PluginUseInput, before?: PluginUse): Result<PluginUse> => {
  if (!isPluginId(input.format, input.id))
    return fail(
      'plugin.bad_id',
      `“${plainText(input.id, 80)}” is not an id of ${input.format.toUpperCase()} plugins; plugins are named by id, never by a path.`,
    )
  const text = (value: string | undefined, length: number): string => plainText(value ?? '', length)
  return ok({
    format: input.format,
    id: input.id,
    name: input.name === undefined && before ? before.name : pluginName(input),
    vendor: text(input.vendor ?? before?.vendor, 200),
    version: text(input.version ?? before?.version, 100),
    isInstrument: input.isInstrument ?? before?.isInstrument ?? false,
    isGenerative: input.isGenerative ?? before?.isGenerative ?? false,
    sidechainTrackId: input.sidechainTrackId ?? null,
    stateSha256: before?.stateSha256 ?? null,
  })
}

/** Refuses values no plugin can take; whether it has the parameter is known only where it runs. */
const checkParams = (params: PluginParams): Problem | null => {
  if (!areParameterIds(Object.keys(params)))
    return {
      code: 'plugin.bad_params',
      message: `Those are not parameters of a plugin: each has an id of up to 200 characters, and there are ${MAX_PARAMETERS} at most.`,
    }
  const [id] = Object.entries(params).find(([, value]) => value !== null && !Number.isFinite(value)) ?? []
  return id === undefined ? null : { code: 'plugin.bad_params', message: `The value of “${id}” must be a number.`, details: { param: id } }
}

/** A plugin device with settings put in. */
const withSettings = (device: Device & { readonly plugin: PluginUse }, { params, state, stateSha256 }: PluginSettings): Result<Device> => {
  const refusal = params === undefined ? null : checkParams(params)
  if (refusal) return err(refusal)
  if (typeof state === 'string' && (state.length > MAX_STATE_LENGTH || !isBase64(state)))
    return fail('plugin.bad_state', 'The state of a plugin must be base64 text of 16 MB at most.')
  if (typeof stateSha256 === 'string' && typeof state !== 'string')
    return fail('plugin.bad_state', 'A hash of a state was given without the state.')
  const merged: Record<string, number> = state === undefined ? { ...device.params } : {}
  for (const [id, value] of Object.entries(params ?? {})) {
    if (value === null) delete merged[id]
    else merged[id] = value
  }
  if (Object.keys(merged).length > MAX_PARAMETERS)
    return fail('plugin.bad_params', `A plugin can have ${MAX_PARAMETERS} parameters; that would be more.`)
  if (state === undefined) return ok({ ...device, params: merged })
  const { state: _, ...rest } = device
  const plugin = { ...device.plugin, stateSha256: state === null ? null : (stateSha256 ?? null) }
  return ok({ ...rest, plugin, params: merged, ...(state === null ? {} : { state }) })
}

/** Refuses a device whose state no longer fits into the file beside those of the others. */
const checkRoom = (snapshot: RemixSnapshot, device: Device): Problem | null => {
  if (device.state === undefined) return null
  const others = recordsOf(snapshot, 'device').reduce((sum, { id, state }) => sum + (id === device.id ? 0 : (state?.length ?? 0)), 0)
  if (others + device.state.length <= MAX_STATES_LENGTH) return null
  return {
    code: 'plugin.no_room',
    message: `The plugins of this remix keep ${Math.round(others / 1024 / 1024)} MB of settings already; with those of ${deviceLabel(device)} it could not be saved. Remove another one.`,
    details: { deviceId: device.id },
  }
}

/** Refuses a sidechain that would feed a track into itself, or comes from where sound is made later. */
export const checkSidechain = (snapshot: RemixSnapshot, device: Device): Problem | null => {
  const fromTrackId = device.plugin?.sidechainTrackId ?? null
  if (fromTrackId === null) return null
  const to = findTrack(snapshot, device.trackId)
  if (!to.ok) return to.error
  const from = findTrack(snapshot, fromTrackId)
  if (!from.ok) return from.error
  const details = { deviceId: device.id, fromTrackId }
  if (fromTrackId === device.trackId)
    return { code: 'plugin.sidechain_self', message: `${from.value.name} cannot be its own sidechain; choose another track.`, details }
  if (from.value.kind === 'master')
    return { code: 'plugin.sidechain_master', message: 'The master is the last stage; it cannot be a sidechain.', details }
  if (!canKey(from.value, to.value))
    return {
      code: 'plugin.sidechain_bus',
      message: `${from.value.name} is a bus, which is mixed after ${to.value.name}; use one of the tracks that feed it as the sidechain.`,
      details,
    }
  // The device's own old sidechain is about to go: it must not count.
  const feeds = feedsOf(withoutDevice(snapshot, device.id))
  if (isReachable(feeds, device.trackId, fromTrackId))
    return {
      code: 'plugin.sidechain_cycle',
      message: `${to.value.name} already feeds ${from.value.name}; using that as its sidechain would feed the sound into itself.`,
      details,
    }
  return null
}

const withoutDevice = (snapshot: RemixSnapshot, deviceId: string): RemixSnapshot =>
  snapshot.has(deviceId) ? new Map([...snapshot].filter(([id]) => id !== deviceId)) : snapshot

/** Puts a plugin on a track at `index` of its chain, by default at the end. */
export const addPlugin = (
  snapshot: RemixSnapshot,
  args: PluginSettings & {
    readonly id?: string | undefined
    readonly trackId: string
    readonly plugin: PluginUseInput
    readonly index?: number | undefined
    readonly isEnabled?: boolean | undefined
  },
  newId: NewId,
): Result<RemixSnapshot> => {
  const bare = newDevice(snapshot, args, newId)
  if (!bare.ok) return bare
  const plugin = readPlugin(args.plugin)
  if (!plugin.ok) return plugin
  const { params, state, stateSha256 = args.plugin.stateSha256 } = args
  const device = withSettings({ ...bare.value, kind: PLUGIN_KIND, params: {}, plugin: plugin.value }, { params, state, stateSha256 })
  if (!device.ok) return device
  const refusal = checkSidechain(snapshot, device.value) ?? checkRoom(snapshot, device.value)
  if (refusal) return err(refusal)
  return ok(withDevice(snapshot, device.value, args.index))
}

/** Changes a plugin; what is not named stays. */
export const setPlugin = (
  snapshot: RemixSnapshot,
  args: PluginSettings & {
    readonly deviceId: string
    readonly isEnabled?: boolean | undefined
    readonly sidechainTrackId?: string | null | undefined
    readonly isGenerative?: boolean | undefined
  },
): Result<RemixSnapshot> => {
  const found = findPlugin(snapshot, args.deviceId)
  if (!found.ok) return found
  const old = found.value
  const { sidechainTrackId = old.plugin.sidechainTrackId, isGenerative = old.plugin.isGenerative, isEnabled = old.isEnabled } = args
  const device = withSettings({ ...old, isEnabled, plugin: { ...old.plugin, sidechainTrackId, isGenerative } }, args)
  if (!device.ok) return device
  const refusal =
    (sidechainTrackId === old.plugin.sidechainTrackId ? null : checkSidechain(snapshot, device.value)) ??
    (args.state === undefined ? null : checkRoom(snapshot, device.value))
  if (refusal) return err(refusal)
  return ok(withChanges(snapshot, [device.value]))
}

/**
 * Puts a plugin in the place of a device. It keeps its place, switch and sidechain; settings and automation stay only where it is the same plugin,
 * such as another version of it.
 */
export const replacePlugin = (
  snapshot: RemixSnapshot,
  args: PluginSettings & { readonly deviceId: string; readonly plugin: PluginUseInput },
): Result<RemixSnapshot> => {
  const found = findDevice(snapshot, args.deviceId)
  if (!found.ok) return found
  const { state: oldState, plugin: before, params: oldParams, ...old } = found.value
  const same = before?.format === args.plugin.format && before.id === args.plugin.id ? before : undefined
  const plugin = readPlugin({ ...args.plugin, sidechainTrackId: args.plugin.sidechainTrackId ?? before?.sidechainTrackId ?? null }, same)
  if (!plugin.ok) return plugin
  const kept = {
    ...old,
    kind: PLUGIN_KIND,
    plugin: plugin.value,
    params: same ? oldParams : {},
    ...(same && oldState !== undefined ? { state: oldState } : {}),
  }
  const { params, state, stateSha256 = state === undefined ? undefined : args.plugin.stateSha256 } = args
  const device = withSettings(kept, { params, state, stateSha256 })
  if (!device.ok) return device
  const refusal = checkSidechain(snapshot, device.value) ?? checkRoom(snapshot, device.value)
  if (refusal) return err(refusal)
  const orphans = same ? [] : automationIdsOf(snapshot, [args.deviceId])
  return ok(withChanges(snapshot, [device.value], orphans))
}

/** Copies a device with its settings and automation: after itself, or at the end of another track. */
export const copyDevice = (
  snapshot: RemixSnapshot,
  args: {
    readonly deviceId: string
    readonly id?: string | undefined
    readonly toTrackId?: string | undefined
    readonly index?: number | undefined
  },
  newId: NewId,
): Result<RemixSnapshot> => {
  const found = findDevice(snapshot, args.deviceId)
  if (!found.ok) return found
  const track = findTrack(snapshot, args.toTrackId ?? found.value.trackId)
  if (!track.ok) return track
  const id = freshId(snapshot, args.id ?? newId())
  if (!id.ok) return id
  const copy: Device = { ...found.value, id: id.value, trackId: track.value.id }
  const refusal = checkSidechain(snapshot, copy) ?? checkRoom(snapshot, copy)
  if (refusal) return err(refusal)
  const automation: Automation[] = []
  for (const one of recordsOf(snapshot, 'automation')) {
    if (one.ownerId !== args.deviceId) continue
    const automationId = freshId(snapshot, newId())
    if (!automationId.ok) return automationId
    automation.push({ ...one, id: automationId.value, ownerId: id.value })
  }
  const chain = devicesOf(snapshot, track.value.id)
  const after = chain.findIndex((device) => device.id === args.deviceId)
  const index = args.index ?? (after < 0 ? chain.length : after + 1)
  return ok(withChanges(snapshot, [...placeAt(chain, copy, index), ...automation]))
}
