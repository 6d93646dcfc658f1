// Everything a host can be asked for besides sound. What comes back was written by a process that plugins may have corrupted: it is decoded.
import { z } from 'zod'
import { MAX_PARAMETERS, pluginDescriptorSchema } from '../../../src-shared/plugins/index.ts'
import type { ParameterValue } from '../transport/index.ts'
import type { HostCommand, InstanceId, OpenedPlugin, OpenPlugin, PluginTiming } from './host-connection.ts'

const frames = z.int().min(0).max(1_000_000_000)
const timingSchema = z.object({ latencyFrames: frames, tailFrames: frames.nullable() })
const openedSchema = timingSchema.extend({ instance: z.int().min(1), descriptor: pluginDescriptorSchema })
const textsSchema = z.array(z.string().max(1_000).nullable()).max(MAX_PARAMETERS)

/** Doubles as they came over the wire, where nothing is aligned. */
const doubles = (bytes: Uint8Array): Float64Array => new Float64Array(bytes.slice().buffer, 0, Math.floor(bytes.byteLength / 8))

const command = <T>(
  name: string,
  body: unknown,
  decode: (body: unknown, attachment: Uint8Array) => T,
  attachment: Uint8Array | null = null,
): HostCommand<T> => ({ name, body, attachment, decode })

const nothing = (): undefined => undefined

/** Commands by name. Where they fail, the instance is as it was before, except after `loadState` and `loadPreset`. */
export const hostCommands = {
  /** Does nothing but answer. */
  ping: (): HostCommand<undefined> => command('ping', {}, nothing),
  /** Loads a plugin, gives it state and values, and activates it. */
  open: ({ state = null, values = {}, ...plugin }: OpenPlugin): HostCommand<OpenedPlugin> =>
    command(
      'open',
      { ...plugin, values, hasState: state !== null },
      (body, attachment) => {
        const opened = openedSchema.parse(body)
        const all = doubles(attachment)
        if (all.length !== opened.descriptor.parameters.length) throw new Error('the number of values is not that of the parameters')
        return { ...opened, values: all }
      },
      state,
    ),
  close: (instance: InstanceId): HostCommand<undefined> => command('close', { instance }, nothing),
  /** Sets parameters outside a block. */
  setValues: (instance: InstanceId, values: readonly ParameterValue[]): HostCommand<undefined> =>
    command('setValues', { instance, values }, nothing),
  /** All values, by index. */
  values: (instance: InstanceId): HostCommand<Float64Array> => command('values', { instance }, (_, attachment) => doubles(attachment)),
  /** Values in the plugin's own words, null where it has none. */
  texts: (instance: InstanceId, values: readonly ParameterValue[]): HostCommand<readonly (string | null)[]> =>
    command('texts', { instance, values }, (body) => textsSchema.parse(body)),
  /** Null where the plugin keeps nothing beyond its parameters. Refused beyond `MAX_STATE_BYTES`. */
  saveState: (instance: InstanceId): HostCommand<Uint8Array | null> =>
    command('saveState', { instance }, (body, attachment) =>
      z.object({ hasState: z.boolean() }).parse(body).hasState ? attachment.slice() : null,
    ),
  loadState: (instance: InstanceId, state: Uint8Array): HostCommand<PluginTiming> =>
    command('loadState', { instance }, (body) => timingSchema.parse(body), state),
  loadPreset: (instance: InstanceId, preset: string): HostCommand<PluginTiming> =>
    command('loadPreset', { instance, preset }, (body) => timingSchema.parse(body)),
  /** Forgets sound and held notes. */
  reset: (instance: InstanceId): HostCommand<undefined> => command('reset', { instance }, nothing),
  /** As the plugin reports it now. */
  timing: (instance: InstanceId): HostCommand<PluginTiming> => command('timing', { instance }, (body) => timingSchema.parse(body)),
}
