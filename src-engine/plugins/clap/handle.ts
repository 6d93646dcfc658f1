// The functions of one created plugin and of its extensions, as callables. Nothing here interprets what they answer.
import { Arena, type Pointer } from '../native/index.ts'
import { CALL, functionAt, PLUGIN } from './abi.ts'
import type { HostSide } from './host.ts'

type PluginCall<Args extends unknown[], Result> = (plugin: Pointer, ...args: Args) => Result

export interface ParamsExtension {
  readonly count: PluginCall<[], number>
  readonly info: PluginCall<[number, Pointer], boolean>
  readonly value: PluginCall<[number, Pointer], boolean>
  readonly text: PluginCall<[number, number, Pointer, number], boolean> | null
  readonly flush: PluginCall<[Pointer, Pointer], void> | null
}

export interface PortsExtension {
  readonly count: PluginCall<[boolean], number>
  readonly get: PluginCall<[number, boolean, Pointer], boolean>
}

/** A plugin that was initialised, with the extensions it offers; null where it offers none. */
export interface PluginHandle {
  readonly pointer: Pointer
  readonly host: HostSide
  readonly params: ParamsExtension | null
  readonly audioPorts: PortsExtension | null
  readonly notePorts: PortsExtension | null
  readonly state: { readonly save: PluginCall<[Pointer], boolean>; readonly load: PluginCall<[Pointer], boolean> } | null
  readonly latency: PluginCall<[], number> | null
  readonly tail: PluginCall<[], number> | null
  readonly setRender: PluginCall<[number], boolean> | null
  readonly onTimer: PluginCall<[number], void> | null
  readonly activate: PluginCall<[number, number, number], boolean>
  readonly deactivate: PluginCall<[], void>
  readonly startProcessing: PluginCall<[], boolean>
  readonly stopProcessing: PluginCall<[], void>
  readonly reset: PluginCall<[], void>
  readonly process: PluginCall<[Pointer], number>
  readonly onMainThread: PluginCall<[], void>
  readonly destroy: PluginCall<[], void>
  /** Memory for answers that are written to an address. */
  readonly scratch: { readonly arena: Arena; readonly offset: number; readonly pointer: Pointer; readonly byteLength: number }
}

const SCRATCH_BYTES = 2_048

const required = <F extends (...args: never[]) => unknown>(plugin: Pointer, offset: number, type: Parameters<typeof functionAt>[2]): F => {
  const call = functionAt<F>(plugin, offset, type)
  if (call === null) throw new Error('it leaves out a function that every plugin must have')
  return call
}

const readExtensions = (
  pointer: Pointer,
): Pick<PluginHandle, 'params' | 'audioPorts' | 'notePorts' | 'state' | 'latency' | 'tail' | 'setRender' | 'onTimer'> => {
  const getExtension = required<PluginCall<[string], Pointer | null>>(pointer, PLUGIN.at.getExtension, CALL.extension)
  const extension = (id: string) => getExtension(pointer, id)
  const onlyCall = <F extends (...args: never[]) => unknown>(
    id: string,
    offset: number,
    type: Parameters<typeof functionAt>[2],
  ): F | null => {
    const table = extension(id)
    return table === null ? null : functionAt<F>(table, offset, type)
  }
  const ports = (id: string): PortsExtension | null => {
    const table = extension(id)
    const count = table && functionAt<PortsExtension['count']>(table, 0, CALL.portCount)
    const get = table && functionAt<PortsExtension['get']>(table, 8, CALL.port)
    return count && get ? { count, get } : null
  }
  const readParams = (): ParamsExtension | null => {
    const table = extension('clap.params')
    const count = table && functionAt<ParamsExtension['count']>(table, 0, CALL.count)
    const info = table && functionAt<ParamsExtension['info']>(table, 8, CALL.info)
    const value = table && functionAt<ParamsExtension['value']>(table, 16, CALL.value)
    if (!table || !count || !info || !value) return null
    return {
      count,
      info,
      value,
      text: functionAt<NonNullable<ParamsExtension['text']>>(table, 24, CALL.valueToText),
      flush: functionAt<NonNullable<ParamsExtension['flush']>>(table, 40, CALL.flush),
    }
  }
  const readState = (): PluginHandle['state'] => {
    const table = extension('clap.state')
    const save = table && functionAt<PluginCall<[Pointer], boolean>>(table, 0, CALL.stream)
    const load = table && functionAt<PluginCall<[Pointer], boolean>>(table, 8, CALL.stream)
    return save && load ? { save, load } : null
  }
  return {
    params: readParams(),
    audioPorts: ports('clap.audio-ports'),
    notePorts: ports('clap.note-ports'),
    state: readState(),
    latency: onlyCall('clap.latency', 0, CALL.count),
    tail: onlyCall('clap.tail', 0, CALL.count),
    setRender: onlyCall('clap.render', 8, CALL.int),
    onTimer: onlyCall('clap.timer-support', 0, CALL.id),
  }
}

/** Initialises a created plugin. Throws the end of a sentence where it refuses; the plugin is destroyed then. */
export const openHandle = (pointer: Pointer, host: HostSide): PluginHandle => {
  const destroy = required<PluginHandle['destroy']>(pointer, PLUGIN.at.destroy, CALL.void)
  const init = required<PluginCall<[], boolean>>(pointer, PLUGIN.at.init, CALL.bool)
  if (!init(pointer)) {
    destroy(pointer)
    throw new Error(host.complaint === null ? 'it refused to start' : `it refused to start and says: ${host.complaint}`)
  }
  const arena = new Arena(SCRATCH_BYTES)
  const offset = arena.alloc(SCRATCH_BYTES)
  return {
    pointer,
    host,
    ...readExtensions(pointer),
    activate: required(pointer, PLUGIN.at.activate, CALL.activate),
    deactivate: required(pointer, PLUGIN.at.deactivate, CALL.void),
    startProcessing: required(pointer, PLUGIN.at.startProcessing, CALL.bool),
    stopProcessing: required(pointer, PLUGIN.at.stopProcessing, CALL.void),
    reset: required(pointer, PLUGIN.at.reset, CALL.void),
    process: required(pointer, PLUGIN.at.process, CALL.process),
    onMainThread: required(pointer, PLUGIN.at.onMainThread, CALL.void),
    destroy,
    scratch: { arena, offset, pointer: arena.pointerTo(offset), byteLength: SCRATCH_BYTES },
  }
}
