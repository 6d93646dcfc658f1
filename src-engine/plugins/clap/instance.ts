// A running CLAP plugin. Parameters, notes and transport of a block reach it in one call, each event at its frame; nothing is split.
import type { BlockEvents, InstanceBus, InstanceChanges, NoteEvent, OpenOptions, PluginInstance } from '../instance.ts'
import { Arena, type Pointer } from '../native/index.ts'
import { AUDIO_BUFFER, PROCESS, TRANSPORT } from './abi.ts'
import { type AudioPort, type Description, textOf } from './describe.ts'
import { EventQueue, eventLists, withEvents, writeTransport } from './events.ts'
import type { PluginHandle } from './handle.ts'
import { collectState, MAX_STATE_BYTES, offerState } from './state-stream.ts'

/** `CLAP_RENDER_OFFLINE`. */
const RENDER_OFFLINE = 1
/** `CLAP_PROCESS_ERROR`. */
const PROCESS_ERROR = 0
/** Tails from here on are endless. */
const ENDLESS_TAIL = 0x7fff_ffff
/** No plugin needs longer; a lie here would be paid for with delay lines on every other track. */
const MAX_LATENCY_SECONDS = 20
const MIB = 2 ** 20

interface BufferList {
  /** Address of the `clap_audio_buffer` array. */
  readonly pointer: Pointer
  readonly buses: readonly InstanceBus[]
}

const channelsOf = (ports: readonly AudioPort[]) => ports.reduce((sum, port) => sum + (port.bus?.channels ?? 0), 0)

const arenaBytes = (ports: readonly AudioPort[], maxFrames: number) =>
  ports.length * (AUDIO_BUFFER.byteLength + 32) + channelsOf(ports) * (maxFrames * 4 + 64 + 32)

const layBuffers = (arena: Arena, ports: readonly AudioPort[], maxFrames: number): BufferList => {
  const list = arena.alloc(Math.max(1, ports.length) * AUDIO_BUFFER.byteLength)
  const buses: InstanceBus[] = []
  for (const [i, port] of ports.entries()) {
    const channels = Array.from({ length: port.bus?.channels ?? 0 }, () => arena.floats(maxFrames))
    const pointers = arena.alloc(Math.max(1, channels.length) * 8, 8)
    for (const [c, channel] of channels.entries()) arena.setPointer(pointers + 8 * c, channel.pointer)
    const buffer = list + i * AUDIO_BUFFER.byteLength
    arena.setPointer(buffer + AUDIO_BUFFER.at.data32, arena.pointerTo(pointers))
    arena.view.setUint32(buffer + AUDIO_BUFFER.at.channels, channels.length, true)
    if (port.bus !== null) buses.push({ ...port.bus, samples: channels.map((channel) => channel.samples) })
  }
  return { pointer: arena.pointerTo(list), buses }
}

/** A plugin that is open; see `PluginInstance`. Every method must be called on the thread that opened it. */
export class ClapInstance implements PluginInstance {
  readonly descriptor: Description['descriptor']
  readonly inputs: readonly InstanceBus[]
  readonly outputs: readonly InstanceBus[]
  readonly #handle: PluginHandle
  readonly #description: Description
  readonly #options: OpenOptions
  readonly #arena: Arena
  readonly #process: number
  readonly #transport: number
  readonly #events = new EventQueue()
  readonly #indexOf: ReadonlyMap<number, number>
  /** Last value sent for each parameter: plugins echo what they are told, and an echo is no news. */
  readonly #sent: Float64Array
  /** Values that can only be told while processing; they go first in the next block. */
  readonly #pending = new Map<number, number>()
  #isActive = false
  #isClosed = false
  #latency = 0
  #steadyTime = 0n

  constructor(handle: PluginHandle, description: Description, options: OpenOptions) {
    this.#handle = handle
    this.#description = description
    this.#options = options
    this.descriptor = description.descriptor
    this.#indexOf = new Map(description.keys.map((key, index) => [key.id, index]))
    this.#sent = new Float64Array(description.keys.length).fill(Number.NaN)
    const bytes = arenaBytes(description.inputs, options.maxFrames) + arenaBytes(description.outputs, options.maxFrames)
    this.#arena = new Arena(bytes + 1_024)
    const inputs = layBuffers(this.#arena, description.inputs, options.maxFrames)
    const outputs = layBuffers(this.#arena, description.outputs, options.maxFrames)
    this.inputs = inputs.buses
    this.outputs = outputs.buses
    this.#transport = this.#arena.alloc(TRANSPORT.byteLength)
    this.#process = this.#arena.alloc(PROCESS.byteLength)
    const set = (field: keyof typeof PROCESS.at, value: Pointer) => this.#arena.setPointer(this.#process + PROCESS.at[field], value)
    const lists = eventLists()
    set('transport', this.#arena.pointerTo(this.#transport))
    set('audioInputs', inputs.pointer)
    set('audioOutputs', outputs.pointer)
    set('inEvents', lists.input)
    set('outEvents', lists.output)
    this.#arena.view.setUint32(this.#process + PROCESS.at.audioInputCount, description.inputs.length, true)
    this.#arena.view.setUint32(this.#process + PROCESS.at.audioOutputCount, description.outputs.length, true)
    if (options.isOffline) handle.setRender?.(handle.pointer, RENDER_OFFLINE)
  }

  activate(): void {
    if (this.#isActive) return
    const { pointer, host, activate, startProcessing, deactivate } = this.#handle
    if (!activate(pointer, this.#options.sampleRate, 1, this.#options.maxFrames)) throw this.#refusal('refused to be switched on')
    if (!host.asAudio(() => startProcessing(pointer))) {
      deactivate(pointer)
      throw this.#refusal('refused to start processing')
    }
    this.#isActive = true
    this.#readLatency()
  }

  deactivate(): void {
    if (!this.#isActive) return
    const { pointer, host, stopProcessing, deactivate } = this.#handle
    this.#isActive = false
    host.asAudio(() => stopProcessing(pointer))
    deactivate(pointer)
  }

  reset(): void {
    if (!this.#isActive) return
    this.#handle.host.asAudio(() => this.#handle.reset(this.#handle.pointer))
  }

  process(frames: number, events: BlockEvents): void {
    if (!this.#isActive) throw this.#refusal('was asked for sound before it was switched on')
    if (frames > this.#options.maxFrames) throw new RangeError(`${frames} frames asked of a plugin opened for ${this.#options.maxFrames}`)
    const { host, pointer, process } = this.#handle
    this.#queue(frames, events)
    writeTransport(this.#arena, this.#transport, events.timeline, this.#options.sampleRate)
    this.#arena.view.setBigInt64(this.#process + PROCESS.at.steadyTime, this.#steadyTime, true)
    this.#arena.view.setUint32(this.#process + PROCESS.at.frames, frames, true)
    this.#steadyTime += BigInt(frames)
    const status = host.asAudio(() =>
      withEvents(this.#events, this.#takeValue, () => process(pointer, this.#arena.pointerTo(this.#process))),
    )
    if (status === PROCESS_ERROR) {
      for (const bus of this.outputs) for (const channel of bus.samples) channel.fill(0, 0, frames)
      throw this.#refusal('failed to process a block')
    }
  }

  latencyFrames(): number {
    // CLAP allows the question only while the plugin is active.
    if (this.#isActive) this.#readLatency()
    return this.#latency
  }

  tailFrames(): number | null {
    const frames = this.#handle.tail?.(this.#handle.pointer) ?? null
    return frames === null || frames >= ENDLESS_TAIL ? null : frames
  }

  value(parameter: number): number {
    const key = this.#key(parameter)
    const pending = this.#pending.get(parameter)
    if (pending !== undefined) return pending
    const { params, pointer, scratch } = this.#handle
    const { min, max, default: otherwise } = this.descriptor.parameters[parameter]!
    if (!params?.value(pointer, key.id, scratch.pointer)) return otherwise
    const value = scratch.arena.view.getFloat64(scratch.offset, true)
    return Number.isFinite(value) ? Math.min(max, Math.max(min, value)) : otherwise
  }

  setValue(parameter: number, value: number): void {
    const settable = this.#settable(parameter, value)
    if (settable === null) return
    this.#pending.set(parameter, settable)
    if (!this.#key(parameter).mustProcess) this.#flush()
  }

  text(parameter: number, value: number): string | null {
    const { params } = this.#handle
    return params === null ? null : textOf(this.#handle, params, this.#key(parameter).id, value)
  }

  saveState(): Uint8Array | null {
    const { state, pointer } = this.#handle
    if (state === null) return null
    const saved = collectState((stream) => state.save(pointer, stream))
    if (saved === 'too large')
      throw this.#refusal(`wants to keep more than ${MAX_STATE_BYTES / MIB} MB of state, which is more than a remix can hold`)
    if (saved === null) throw this.#refusal('could not save its state')
    return saved
  }

  loadState(saved: Uint8Array): void {
    const { state, pointer, host } = this.#handle
    if (state === null) throw this.#refusal('keeps no state')
    if (!offerState(saved, (stream) => state.load(pointer, stream))) throw this.#refusal('does not accept the state it was given')
    this.#pending.clear()
    this.#sent.fill(Number.NaN)
    host.hasNewValues = true
  }

  loadPreset(_id: string): void {
    throw this.#refusal('comes without presets')
  }

  idle(): void {
    const { host, pointer, onTimer, onMainThread } = this.#handle
    for (const timer of host.timers.size > 0 ? host.dueTimers() : []) onTimer?.(pointer, timer)
    if (host.wantsMainThread) {
      host.wantsMainThread = false
      onMainThread(pointer)
    }
    if (host.wantsFlush) this.#flush()
  }

  takeChanges(): InstanceChanges {
    const { host } = this.#handle
    const changes = { hasNewLatency: host.hasNewLatency, hasNewValues: host.hasNewValues, wantsRestart: host.wantsRestart }
    host.hasNewLatency = false
    host.hasNewValues = false
    host.wantsRestart = false
    return changes
  }

  close(): void {
    if (this.#isClosed) return
    this.#isClosed = true
    this.deactivate()
    this.#handle.destroy(this.#handle.pointer)
    this.#handle.host.close()
  }

  #readLatency(): void {
    const frames = this.#handle.latency?.(this.#handle.pointer) ?? 0
    this.#latency = Math.min(frames, MAX_LATENCY_SECONDS * this.#options.sampleRate)
  }

  #key(parameter: number): Description['keys'][number] {
    const key = this.#description.keys[parameter]
    if (key === undefined) throw new RangeError(`${this.descriptor.name} has no parameter ${parameter}`)
    return key
  }

  /** The value a parameter can take, null where it cannot be set to this. */
  #settable(parameter: number, value: number): number | null {
    this.#key(parameter)
    const { min, max, isOutput } = this.descriptor.parameters[parameter]!
    return isOutput || Number.isNaN(value) ? null : Math.min(max, Math.max(min, value))
  }

  #queueValue(frame: number, parameter: number, value: number): void {
    const settable = this.#settable(parameter, value)
    if (settable === null) return
    const key = this.#key(parameter)
    this.#sent[parameter] = settable
    this.#events.parameter(frame, key.id, key.cookie, settable)
  }

  #queueNote(note: NoteEvent): void {
    if (this.#description.notes === 'clap') this.#events.note(note)
    if (this.#description.notes === 'midi') this.#events.midiNote(note)
  }

  /** Parameters and notes by frame; at the same frame parameters first, so that a note starts with the values it was given. */
  #queue(frames: number, events: BlockEvents): void {
    this.#events.clear()
    for (const [parameter, value] of this.#pending) this.#queueValue(0, parameter, value)
    this.#pending.clear()
    const last = frames - 1
    let next = 0
    for (const note of events.notes) {
      for (; next < events.parameters.length && events.parameters[next]!.frame <= note.frame; next++) {
        const event = events.parameters[next]!
        this.#queueValue(Math.min(last, event.frame), event.parameter, event.value)
      }
      this.#queueNote(note.frame > last ? { ...note, frame: last } : note)
    }
    for (; next < events.parameters.length; next++) {
      const event = events.parameters[next]!
      this.#queueValue(Math.min(last, event.frame), event.parameter, event.value)
    }
  }

  /** Tells pending values outside of a block, and takes what the plugin has to tell. */
  #flush(): void {
    const { host, params, pointer } = this.#handle
    host.wantsFlush = false
    if (!params?.flush) return
    const { flush } = params
    const lists = eventLists()
    this.#events.clear()
    for (const [parameter, value] of this.#pending) {
      if (this.#key(parameter).mustProcess) continue
      this.#queueValue(0, parameter, value)
      this.#pending.delete(parameter)
    }
    const call = () => withEvents(this.#events, this.#takeValue, () => flush(pointer, lists.input, lists.output))
    if (this.#isActive) host.asAudio(call)
    else call()
  }

  readonly #takeValue = (id: number, value: number): void => {
    const parameter = this.#indexOf.get(id)
    if (parameter === undefined || this.descriptor.parameters[parameter]!.isOutput || this.#sent[parameter] === value) return
    this.#sent[parameter] = value
    this.#handle.host.hasNewValues = true
  }

  #refusal(what: string): Error {
    const { complaint } = this.#handle.host
    return new Error(`${this.descriptor.name} ${what}${complaint === null ? '' : ` and says: ${complaint}`}.`)
  }
}
