// One running LV2 plugin. Everything happens on the calling thread; `process` does not allocate more than its call into native code needs.
import koffi, { type TypeObject } from 'koffi'
import type { PluginDescriptor } from '../../../src-shared/plugins/index.ts'
import type { BlockEvents, InstanceBus, InstanceChanges, OpenOptions, PluginInstance } from '../instance.ts'
import { Arena, type NativeFloats, type Pointer } from '../native/index.ts'
import { LAYOUT, PROTOTYPES } from './abi.ts'
import type { Bus } from './buses.ts'
import { throwRemembered } from './callbacks.ts'
import type { Model } from './describe.ts'
import { buildFeatures, type Features, type HostSide } from './features.ts'
import { lilv, type MaybePointer } from './lilv.ts'
import { NoteQueue } from './notes.ts'
import type { ControlPort, SignalPort } from './ports.ts'
import { applyWorldState } from './presets.ts'
import { bytesOfEventPort, EventBuffer } from './sequences.ts'
import { StateInterface } from './state.ts'
import { decodeState, encodeState } from './state-blob.ts'
import { StateFiles } from './state-files.ts'
import { timeValue } from './time-controls.ts'
import { LV2 } from './uris.ts'
import { Worker } from './worker.ts'
import type { World } from './world.ts'

/** Parameters take effect at multiples of this many frames, never late: shorter runs cost more than they can be heard. */
const GRID_FRAMES = 32
/** Silent blocks a plugin gets at most to finish what it puts off until it runs. */
const MOST_SETTLING_BLOCKS = 8
/** padthv1, the slowest known, needs about 200 ms to compute its waves. */
const OWN_THREADS_MS = 300
/** -80 dBFS. */
const INAUDIBLE = 1e-4

type Connect = (handle: MaybePointer, port: number, data: MaybePointer) => void
type Plain = (handle: MaybePointer) => void
type Run = (handle: MaybePointer, frames: number) => void

interface Signal {
  readonly index: number
  readonly buffer: NativeFloats
}

export class Lv2Instance implements PluginInstance {
  readonly descriptor: PluginDescriptor
  readonly inputs: readonly InstanceBus[]
  readonly outputs: readonly InstanceBus[]
  readonly #model: Model
  readonly #world: World
  readonly #options: OpenOptions
  readonly #arena: Arena
  readonly #features: Features
  readonly #files: StateFiles
  readonly #instance: MaybePointer
  readonly #handle: MaybePointer
  readonly #connect: Connect
  readonly #run: Run
  readonly #onActivate: Plain | null
  readonly #onDeactivate: Plain | null
  readonly #worker: Worker | null
  readonly #state: StateInterface | null
  /** One value per port, by port index. */
  readonly #cells: NativeFloats
  readonly #signals: Signal[] = []
  readonly #events: EventBuffer[] = []
  readonly #notes: NoteQueue
  readonly #timeControls: readonly ControlPort[]
  readonly #latencyPort: number | null
  readonly #gridFrames: number
  #connectedAt = 0
  #isActive = false
  #isClosed = false
  #needsSettling: boolean
  #latency = 0
  #hasNewLatency = false
  #hasNewValues = false

  constructor(world: World, plugin: MaybePointer, model: Model, options: OpenOptions) {
    this.#model = model
    this.#world = world
    this.#options = options
    this.#files = new StateFiles(world.bundlePath)
    this.#arena = new Arena(bytesOf(model, options.maxFrames))
    this.#cells = this.#arena.floats(Math.max(1, model.ports.length))
    this.#timeControls = model.ports.filter((port): port is ControlPort => port.kind === 'control' && port.role === 'time')
    this.#latencyPort = model.ports.find((port) => port.kind === 'control' && port.role === 'latency')?.index ?? null

    const required = world.takeAll(lilv().pluginRequires(plugin))
    const isFixedLength = [LV2.fixedBlockLength, LV2.powerOf2BlockLength, LV2.coarseBlockLength].some((uri) => required.includes(uri))
    this.#gridFrames = isFixedLength ? options.maxFrames : GRID_FRAMES
    let worker: Worker | null = null
    const host: HostSide = {
      schedule: (data) => worker?.ask(data),
      respond: (data) => worker?.answer(data),
      makePath: (path) => this.#files.make(path),
      toAbstract: (path) => this.#files.toAbstract(path),
      toAbsolute: (path) => this.#files.toAbsolute(path),
    }
    this.#features = buildFeatures(host, { sampleRate: options.sampleRate, maxFrames: options.maxFrames, isFixedLength })
    this.#instance = lilv().instantiate(plugin, options.sampleRate, this.#features.all)
    try {
      throwRemembered()
      if (!this.#instance) throw new Error(refusal(required))
      const descriptor = koffi.decode(this.#instance, LAYOUT.instance.descriptor, 'void *') as Pointer
      this.#handle = koffi.decode(this.#instance, LAYOUT.instance.handle, 'void *') as MaybePointer
      const call = (offset: number) => koffi.decode(descriptor, offset, 'void *') as MaybePointer
      const optional = (offset: number, prototype: TypeObject) => {
        const address = call(offset)
        return address ? (koffi.decode(address, prototype) as Plain) : null
      }
      this.#connect = koffi.decode(call(LAYOUT.descriptor.connect), PROTOTYPES.connect) as Connect
      this.#run = koffi.decode(call(LAYOUT.descriptor.run), PROTOTYPES.run) as Run
      this.#onActivate = optional(LAYOUT.descriptor.activate, PROTOTYPES.plain)
      this.#onDeactivate = optional(LAYOUT.descriptor.deactivate, PROTOTYPES.plain)
      const extensionAddress = call(LAYOUT.descriptor.extension)
      const extension = extensionAddress
        ? (koffi.decode(extensionAddress, PROTOTYPES.extension) as (uri: string) => MaybePointer)
        : () => null
      const workerAddress = extension(LV2.workerInterface)
      worker = workerAddress ? new Worker(workerAddress, this.#handle, this.#features) : null
      this.#worker = worker
      const stateAddress = extension(LV2.stateInterface)
      this.#state = stateAddress ? new StateInterface(stateAddress, this.#handle) : null
      // Metadata may leave out what the program has.
      this.descriptor = { ...model.descriptor, hasState: this.#state !== null }
      this.#connectAll()
      const noteInputs = this.#events.filter(({ port }) => port.isInput && port.takesNotes)
      this.#notes = new NoteQueue(noteInputs.find(({ port }) => port.isControl) ?? noteInputs[0] ?? null)
      this.inputs = this.#busesOf(model.inputs)
      this.outputs = this.#busesOf(model.outputs)
      this.#needsSettling = worker !== null || this.#latencyPort !== null
      if (lilv().pluginHasFeature(plugin, world.uri(LV2.loadDefaultState))) this.#applyState(this.descriptor.id)
      throwRemembered()
    } catch (error) {
      if (this.#instance) lilv().instanceFree(this.#instance)
      this.#features.release()
      this.#files.close()
      throw error
    }
  }

  activate(): void {
    if (this.#isActive) return
    this.#onActivate?.(this.#handle)
    this.#isActive = true
    if (this.#needsSettling) this.#settle()
    throwRemembered()
  }

  deactivate(): void {
    if (!this.#isActive) return
    this.#onDeactivate?.(this.#handle)
    this.#isActive = false
    throwRemembered()
  }

  reset(): void {
    const wasActive = this.#isActive
    this.deactivate()
    this.#notes.silence()
    if (!wasActive) return
    this.activate()
    this.#ringOut()
  }

  process(frames: number, events: BlockEvents): void {
    if (!this.#isActive) throw new Error('a plugin was asked for sound before it was activated')
    if (!(frames >= 0 && frames <= this.#options.maxFrames))
      throw new RangeError(`${frames} frames asked of a plugin opened for ${this.#options.maxFrames}`)
    const { parameters, notes, timeline } = events
    for (const port of this.#timeControls) this.#cells.samples[port.index] = timeValue(port.designation, timeline)
    let parameter = 0
    let note = 0
    for (let start = 0; start < frames; ) {
      let end = frames
      for (; parameter < parameters.length; parameter += 1) {
        const event = parameters[parameter]
        if (!event) break
        const at = Math.floor(event.frame / this.#gridFrames) * this.#gridFrames
        if (at > start) {
          end = Math.min(at, frames)
          break
        }
        this.setValue(event.parameter, event.value)
      }
      for (const buffer of this.#events) buffer.prepare()
      if (start === 0) for (const buffer of this.#events) if (buffer.port.isInput && buffer.port.takesTime) buffer.addPosition(timeline)
      for (; note < notes.length; note += 1) {
        const event = notes[note]
        if (!event || (event.frame >= end && end < frames)) break
        this.#notes.add(event)
      }
      this.#notes.send(start, end)
      this.#runAt(start, end - start)
      start = end
    }
    for (; parameter < parameters.length; parameter += 1) {
      const event = parameters[parameter]
      if (event) this.setValue(event.parameter, event.value)
    }
    this.#noticeLatency()
    throwRemembered()
  }

  latencyFrames(): number {
    const told = this.#latencyPort === null ? 0 : (this.#cells.samples[this.#latencyPort] ?? 0)
    return Number.isFinite(told) ? Math.max(0, Math.round(told)) : 0
  }

  tailFrames(): null {
    return null
  }

  value(parameter: number): number {
    const port = this.#control(parameter)
    const raw = this.#cells.samples[port.index] ?? 0
    return port.role === 'bypass' ? (raw > 0 ? 0 : 1) : raw
  }

  setValue(parameter: number, value: number): void {
    const port = this.#control(parameter)
    const described = this.descriptor.parameters[parameter]
    if (!port.isInput || !described || !Number.isFinite(value)) return
    const bounded = Math.max(described.min, Math.min(described.max, value))
    this.#cells.samples[port.index] = port.role === 'bypass' ? (bounded > 0.5 ? 0 : 1) : bounded
  }

  text(parameter: number, value: number): string | null {
    const port = this.#control(parameter)
    if (port.role === 'bypass') return null
    return port.points.find((point) => Math.fround(point.value) === Math.fround(value))?.label ?? null
  }

  saveState(): Uint8Array | null {
    if (!this.#state) return null
    this.#files.startSave()
    const properties = this.#state.save(this.#files, this.#features.state)
    const controls = new Map<string, number>()
    for (const port of this.#model.controls) if (port.isInput) controls.set(port.symbol, this.#cells.samples[port.index] ?? 0)
    return encodeState({ plugin: this.descriptor.id, controls, properties, files: this.#files.collect() })
  }

  loadState(state: Uint8Array): void {
    const contents = decodeState(state, this.descriptor.id)
    this.#files.restore(contents.files)
    for (const port of this.#model.controls) {
      const value = contents.controls.get(port.symbol)
      if (port.isInput && value !== undefined) this.#cells.samples[port.index] = value
    }
    this.#state?.restore(contents.properties, this.#files, this.#features.state)
    this.#afterStateChange()
  }

  loadPreset(id: string): void {
    if (!this.descriptor.presets.some((preset) => preset.id === id)) throw new Error(`${this.descriptor.name} has no preset ${id}`)
    if (!this.#applyState(id)) throw new Error(`The preset ${id} of ${this.descriptor.name} cannot be read`)
    this.#afterStateChange()
  }

  idle(): void {
    this.#worker?.work()
    throwRemembered()
  }

  takeChanges(): InstanceChanges {
    const changes = { hasNewLatency: this.#hasNewLatency, hasNewValues: this.#hasNewValues, wantsRestart: false }
    this.#hasNewLatency = false
    this.#hasNewValues = false
    return changes
  }

  close(): void {
    if (this.#isClosed) return
    this.#isClosed = true
    try {
      this.deactivate()
      lilv().instanceFree(this.#instance)
    } finally {
      this.#features.release()
      this.#files.close()
    }
  }

  #control(parameter: number): ControlPort {
    const port = this.#model.controls[parameter]
    if (!port) throw new RangeError(`${this.descriptor.name} has no parameter ${parameter}`)
    return port
  }

  #connectAll(): void {
    const { maxFrames, sampleRate, isOffline } = this.#options
    for (const port of this.#model.ports) {
      let address: MaybePointer = null
      if (port.kind === 'audio' || port.kind === 'cv') {
        const buffer = this.#arena.floats(maxFrames)
        this.#signals.push({ index: port.index, buffer })
        address = buffer.pointer
      } else if (port.kind === 'control') {
        const standard = port.role === 'free wheeling' ? Number(isOffline) : port.default * (port.isRateScaled ? sampleRate : 1)
        this.#cells.samples[port.index] = port.isInput ? standard : 0
        address = this.#cells.pointer + BigInt(4 * port.index)
      } else if (port.kind === 'atom' || port.kind === 'event') {
        const buffer = new EventBuffer(this.#arena, port)
        this.#events.push(buffer)
        address = buffer.pointer
      } else if (port.kind === 'unknown' && !port.isOptional) {
        throw new Error(`its port ${port.symbol} is of a kind this program does not know`)
      }
      this.#connect(this.#handle, port.index, address)
    }
  }

  #busesOf(buses: readonly Bus[]): InstanceBus[] {
    const samplesOf = (port: SignalPort) => {
      const signal = this.#signals.find(({ index }) => index === port.index)
      if (!signal) throw new Error(`port ${port.symbol} has no buffer`)
      return signal.buffer.samples
    }
    return buses.map((bus) => ({
      name: bus.name,
      channels: bus.ports.length,
      isSidechain: bus.isSidechain,
      samples: bus.ports.map(samplesOf),
    }))
  }

  #runAt(start: number, frames: number): void {
    if (start !== this.#connectedAt) {
      for (const { index, buffer } of this.#signals) this.#connect(this.#handle, index, buffer.pointer + BigInt(4 * start))
      this.#connectedAt = start
    }
    this.#run(this.#handle, frames)
    this.#worker?.finishRun()
  }

  #applyState(uri: string): boolean {
    return applyWorldState({
      world: this.#world,
      uri,
      instance: this.#instance,
      features: this.#features.preset,
      setControl: (symbol, value) => {
        const port = this.#model.controls.find((control) => control.symbol === symbol)
        if (port?.isInput && Number.isFinite(value)) this.#cells.samples[port.index] = value
      },
    })
  }

  #afterStateChange(): void {
    this.#hasNewValues = true
    this.#needsSettling ||= this.#worker !== null || this.#latencyPort !== null
    throwRemembered()
    if (this.#isActive && this.#needsSettling) this.#settle()
  }

  /**
   * Plugins report latency, and ask for work such as loading a sample, only when they run: give them silence, then start again, so that the first
   * block of a render already has what later ones have.
   */
  #settle(): void {
    this.#needsSettling = false
    const isBusy = () => this.#worker?.isBusy ?? false
    for (let block = 0; block < MOST_SETTLING_BLOCKS; block += 1) {
      const wasBusy = isBusy()
      this.#runSilence()
      if (!wasBusy && !isBusy()) break
    }
    // Instruments also prepare in threads of their own, of which nothing is heard; live ones play when they are ready.
    if (this.#options.isOffline && this.descriptor.category === 'instrument')
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, OWN_THREADS_MS)
    this.#onDeactivate?.(this.#handle)
    this.#onActivate?.(this.#handle)
    this.#noticeLatency()
  }

  /** A quarter of all plugins keep old sound when they are activated again: what is left of it is played to nobody. */
  #ringOut(): void {
    for (let frames = 0; frames < this.#options.sampleRate; frames += this.#options.maxFrames) {
      this.#runSilence()
      if (this.outputs.every((bus) => bus.samples.every((samples) => samples.every((value) => Math.abs(value) < INAUDIBLE)))) break
    }
    this.#noticeLatency()
    throwRemembered()
  }

  #runSilence(): void {
    for (const bus of this.inputs) for (const samples of bus.samples) samples.fill(0)
    for (const buffer of this.#events) buffer.prepare()
    this.#notes.send(0, this.#options.maxFrames)
    this.#runAt(0, this.#options.maxFrames)
  }

  #noticeLatency(): void {
    const latency = this.latencyFrames()
    this.#hasNewLatency ||= latency !== this.#latency
    this.#latency = latency
  }
}

const bytesOf = (model: Model, maxFrames: number): number =>
  model.ports.reduce((sum, port) => {
    if (port.kind === 'audio' || port.kind === 'cv') return sum + maxFrames * 4 + 64
    return port.kind === 'atom' || port.kind === 'event' ? sum + bytesOfEventPort(port) + 128 : sum + 4
  }, 4_096)

const refusal = (required: readonly string[]): string =>
  `it did not start: its program file cannot be loaded, or it needs something this program does not offer${required.length > 0 ? ` (it asks for ${required.join(', ')})` : ''}`
