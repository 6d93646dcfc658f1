// What an editor asks of a plugin that plays: its words for values, its presets, its state. Quick ones are answered between two blocks; loading a preset
// or a state takes its time, and sound passes by the plugin meanwhile.
import { createHash } from 'node:crypto'
import type { z } from 'zod'
import type { EnginePluginReplies, enginePluginRequestSchemas, PluginSnapshot } from '../../../src-shared/protocol/index.ts'
import { MAX_STATE_LENGTH } from '../../../src-shared/remix/index.ts'
import { err, ok, type Result } from '../../../src-shared/std/index.ts'
import { type HostCommand, hostCommands, type HostReply, type InstanceId } from '../client/index.ts'
import { constantValues } from './heard-plugins.ts'
import type { LivePlugin } from './live-plugin.ts'
import type { PluginRack } from './plugin-rack.ts'
import { pluginNotInUse, pluginNotReady, pluginRefused, stateTooLong } from './problems.ts'
import type { RackHost } from './rack-host.ts'
import { changedValues, valuesById } from './values.ts'

type Payload<N extends keyof EnginePluginReplies> = z.infer<(typeof enginePluginRequestSchemas)[N]>
type RackRequest =
  | 'plugins.texts'
  | 'plugins.presets'
  | 'plugins.loadPreset'
  | 'plugins.captureState'
  | 'plugins.loadState'
  | 'plugins.reload'
export type RackHandlers = {
  readonly [N in RackRequest]: (payload: Payload<N>) => Promise<Result<EnginePluginReplies[N]>>
}

/** A plugin that runs, and where. */
interface Seat {
  readonly plugin: LivePlugin
  readonly host: RackHost
  readonly instance: InstanceId
}

/** An open or a restart under way is worth waiting for. */
const PATIENCE_MS = 3_000

/** Handlers for the engine's table. */
export const rackHandlers = (rackOf: () => PluginRack): RackHandlers => {
  const seatOf = async (deviceId: string): Promise<Result<Seat>> => {
    const rack = rackOf()
    const plugin = rack.find(deviceId)
    if (!plugin) return err(pluginNotInUse)
    if (plugin.state === 'loading' || plugin.state === 'restarting') await rack.settled(PATIENCE_MS)
    const { host, instance } = plugin
    return host && instance !== null && plugin.state === 'ready' ? ok({ plugin, host, instance }) : err(pluginNotReady(namesOf(plugin)))
  }
  const onSeat = async <T>(deviceId: string, run: (seat: Seat) => Promise<Result<T>>): Promise<Result<T>> => {
    const seat = await seatOf(deviceId)
    return seat.ok ? run(seat.value) : seat
  }
  return {
    'plugins.texts': ({ deviceId, values }) =>
      onSeat(deviceId, async (seat) => {
        await syncValues(seat)
        const places = values.map(({ parameter, value }) => ({ parameter: seat.plugin.indexOf(parameter), value }))
        const known = places.flatMap(({ parameter, value }) => (parameter === undefined ? [] : [{ parameter, value }]))
        const texts = known.length === 0 ? ok([]) : await soon(seat, hostCommands.texts(seat.instance, known))
        if (!texts.ok) return err(pluginRefused(namesOf(seat.plugin), texts.error))
        const now = await soon(seat, hostCommands.values(seat.instance))
        if (!now.ok) return err(pluginRefused(namesOf(seat.plugin), now.error))
        let next = 0
        return ok({
          texts: places.map(({ parameter }) => (parameter === undefined ? null : (texts.value[next++] ?? null))),
          values: changedValues(seat.plugin, valuesById(seat.plugin, now.value)),
        })
      }),
    'plugins.presets': ({ deviceId }) => onSeat(deviceId, async ({ plugin }) => ok({ presets: plugin.descriptor?.presets ?? [] })),
    'plugins.loadPreset': ({ deviceId, presetId }) =>
      onSeat(deviceId, async (seat) => {
        const loaded = await seat.host.callLater(seat.plugin, hostCommands.loadPreset(seat.instance, presetId))
        if (!loaded.ok) return err(pluginRefused(namesOf(seat.plugin), loaded.error))
        seat.plugin.retime(loaded.value)
        return snapshot(seat)
      }),
    'plugins.captureState': ({ deviceId }) =>
      onSeat(deviceId, async (seat) => {
        await syncValues(seat)
        return snapshot(seat)
      }),
    'plugins.loadState': ({ deviceId, state, params }) =>
      onSeat(deviceId, async (seat) => {
        if (state !== null) {
          const loaded = await seat.host.callLater(seat.plugin, hostCommands.loadState(seat.instance, Buffer.from(state, 'base64')))
          if (!loaded.ok) return err(pluginRefused(namesOf(seat.plugin), loaded.error))
          seat.plugin.retime(loaded.value)
        }
        const values = Object.entries(params).flatMap(([id, value]) => {
          const parameter = seat.plugin.indexOf(id)
          return parameter === undefined ? [] : [{ parameter, value }]
        })
        const set = values.length === 0 ? ok(undefined) : await soon(seat, hostCommands.setValues(seat.instance, values))
        return set.ok ? snapshot(seat) : err(pluginRefused(namesOf(seat.plugin), set.error))
      }),
    'plugins.reload': async ({ deviceId }) => {
      const plugin = rackOf().find(deviceId)
      if (!plugin) return err(pluginNotInUse)
      rackOf().reload(plugin)
      return ok(null)
    },
  }
}

const namesOf = ({ track, device }: LivePlugin): Pick<LivePlugin, 'track' | 'device'> => ({ track, device })

/** Between two blocks where that is enough, else beside them. */
const soon = async <T>({ plugin, host }: Seat, command: HostCommand<T>): Promise<HostReply<T>> => {
  const reply = host.call(plugin, command)
  return !reply.ok && (reply.error.kind === 'late' || reply.error.kind === 'busy') ? host.callLater(plugin, command) : reply
}

/** Sets what the plan says and no block has brought yet: nothing plays while playback rests. */
const syncValues = async (seat: Seat): Promise<void> => {
  const { plugin } = seat
  const due = Object.entries(plugin.device.params).flatMap(([id, { value, points }]) => {
    const parameter = plugin.indexOf(id)
    if (parameter === undefined || (points && points.length > 0) || plugin.sent.get(id) === value) return []
    plugin.sent.set(id, value)
    return [{ parameter, value }]
  })
  for (const id of [...plugin.sent.keys()]) {
    if (Object.hasOwn(plugin.device.params, id)) continue
    const parameter = plugin.indexOf(id)
    const value = plugin.baseValue(id)
    plugin.sent.delete(id)
    if (parameter !== undefined && value !== undefined) due.push({ parameter, value })
  }
  if (due.length > 0) await soon(seat, hostCommands.setValues(seat.instance, due))
}

/** The plugin as it is now. The plan that brings it back finds it already there. */
const snapshot = async (seat: Seat): Promise<Result<PluginSnapshot>> => {
  const { plugin } = seat
  const saved = await soon(seat, hostCommands.saveState(seat.instance))
  if (!saved.ok) return err(pluginRefused(namesOf(plugin), saved.error))
  const read = await soon(seat, hostCommands.values(seat.instance))
  if (!read.ok) return err(pluginRefused(namesOf(plugin), read.error))
  const values = valuesById(plugin, read.value)
  const bytes = saved.value
  if (bytes === null) {
    plugin.captured = null
    return ok({ state: null, stateSha256: null, params: changedValues(plugin, values) })
  }
  const state = Buffer.from(bytes).toString('base64')
  if (state.length > MAX_STATE_LENGTH) return err(stateTooLong(namesOf(plugin)))
  const stateSha256 = createHash('sha256').update(bytes).digest('hex')
  // A state that did not change although values did does not hold them.
  const params = stateSha256 === plugin.stateSha256 ? constantValues(plugin.device) : {}
  plugin.captured = { stateSha256, values }
  return ok({ state, stateSha256, params })
}
