// A running VST3 plugin. Values are set twice: the controller is told at once, the processor with its next block.
import type { PluginDescriptor } from '../../../src-shared/plugins/index.ts'
import type { BlockEvents, InstanceChanges, OpenOptions, ParameterEvent, PluginInstance, Timeline } from '../instance.ts'
import { agreeOnBuses, plainBus, switchBuses } from './buses.ts'
import type { Buses } from './buses.ts'
import { RESULT, signature } from './com.ts'
import { openHalves } from './component.ts'
import type { Halves } from './component.ts'
import type { AudioClass, Vst3Module } from './module.ts'
import { readController, shownText, textReader } from './parameters.ts'
import type { ControllerFacts, TextOf } from './parameters.ts'
import { ProcessBlock } from './process-block.ts'
import { turnRunLoop } from './run-loop.ts'
import { decodeStates, encodeStates } from './state.ts'

const PLAIN = signature('uint32')
const TAKES_BOOL = signature('int32', 'uint8')
const TAKES_POINTER = signature('int32', 'void *')
const VALUE_OF = signature('double', 'uint32')
const SET_VALUE = signature('int32', 'uint32', 'double')

const RESTART = { reloadComponent: 1, ioChanged: 2, valuesChanged: 4, latencyChanged: 8, titlesChanged: 16 } as const
/** Tail of a plugin that never falls silent: an hour, which every render caps by listening. */
const ENDLESS = 0xffff_ffff
const ENDLESS_SECONDS = 3600

const LONGEST_LATENCY_SECONDS = 20

/** Cuts of one block, each of which costs a call. */
const MOST_CUTS = 16
/** Where more values than that stand in a block, those closer together than this are taken at once. */
const CROWDED_FRAMES = 32

const within = (value: number, least: number, most: number): number => Math.max(least, Math.min(most, value))

/** The timeline so many frames into a block. */
const later = (timeline: Timeline, frames: number, sampleRate: number): Timeline => ({
  ...timeline,
  frame: timeline.frame + frames,
  quarter: timeline.quarter + (frames / sampleRate) * (timeline.bpm / 60),
})

const categoryOf = (words: readonly string[], buses: Buses): PluginDescriptor['category'] => {
  if (words.includes('Instrument')) return 'instrument'
  if (words.includes('Analyzer')) return 'analyser'
  if (buses.outputs.length === 0) return buses.noteInputs > 0 ? 'note effect' : 'other'
  return buses.inputs.length > 0 ? 'effect' : buses.noteInputs > 0 ? 'instrument' : 'other'
}

export class Vst3Instance implements PluginInstance {
  readonly descriptor: PluginDescriptor
  readonly #name: string
  readonly #halves: Halves
  readonly #block: ProcessBlock
  readonly #facts: ControllerFacts
  readonly #indexOf: ReadonlyMap<number, number>
  /** Values the processor has yet to hear of, by VST3 id. */
  readonly #pending = new Map<number, number>()
  readonly #sampleRate: number
  readonly #takesShortBlocks: boolean
  readonly #valueOf: (id: number) => number
  readonly #tellController: (id: number, value: number) => void
  readonly #textOf: TextOf
  readonly #process: () => number
  readonly #setActive: (isActive: number) => number
  readonly #setProcessing: (isProcessing: number) => number
  #isActive = false
  #isClosed = false
  #hasNewLatency = false
  #hasNewValues = false
  #wantsRestart = false

  constructor(module: Vst3Module, audioClass: AudioClass, options: OpenOptions) {
    const name = audioClass.name
    const halves = openHalves(module, audioClass.id, name)
    const { component, processor, controller } = halves
    this.#name = name
    this.#halves = halves
    this.#sampleRate = options.sampleRate
    this.#takesShortBlocks = options.takesShortBlocks ?? false
    const buses = agreeOnBuses(component, processor)
    this.#facts = controller ? readController(controller) : { parameters: [], ids: [], presets: [], programs: new Map() }
    this.#indexOf = new Map(this.#facts.ids.map((id, i) => [id, i]))
    this.descriptor = {
      format: 'vst3',
      id: audioClass.id,
      name,
      vendor: audioClass.vendor,
      version: audioClass.version,
      category: categoryOf(audioClass.subCategories, buses),
      tags: audioClass.subCategories.filter((word) => word !== 'Fx').map((word) => word.slice(0, 100)),
      inputs: buses.inputs.map(plainBus),
      outputs: buses.outputs.map(plainBus),
      takesNotes: buses.noteInputs > 0,
      hasState: this.#hasState(),
      parameters: [...this.#facts.parameters],
      presets: this.#facts.presets,
    }
    this.#block = new ProcessBlock(this.descriptor, options)
    if (processor.method(7, TAKES_POINTER)(this.#block.setupPointer) !== RESULT.ok) {
      throw new Error(`${name} does not work at ${options.sampleRate} Hz in blocks of ${options.maxFrames} frames`)
    }
    switchBuses(component, buses)
    this.#valueOf = controller ? controller.method(14, VALUE_OF) : () => 0
    this.#tellController = controller?.method(15, SET_VALUE) ?? (() => {})
    this.#textOf = controller ? textReader(controller) : () => null
    const process = processor.method(9, TAKES_POINTER)
    const pointer = this.#block.pointer
    this.#process = () => process(pointer)
    this.#setActive = component.method(11, TAKES_BOOL)
    this.#setProcessing = processor.method(8, TAKES_BOOL)
    halves.notices.restartFlags = 0
    halves.notices.edits.clear()
  }

  get inputs() {
    return this.#block.inputs
  }

  get outputs() {
    return this.#block.outputs
  }

  activate(): void {
    this.#expectOpen()
    if (this.#isActive) return
    if (this.#setActive(1) !== RESULT.ok) throw new Error(`${this.#name} could not be switched on`)
    // Many do not implement it, and say so: there is nothing to be done about any answer.
    this.#setProcessing(1)
    this.#isActive = true
  }

  deactivate(): void {
    if (!this.#isActive) return
    this.#setProcessing(0)
    this.#setActive(0)
    this.#isActive = false
  }

  reset(): void {
    if (!this.#isActive) return
    this.deactivate()
    this.activate()
  }

  process(frames: number, events: BlockEvents): void {
    this.#expectOpen()
    for (const [id, value] of this.#pending) this.#block.changesIn.add(id, 0, value)
    this.#pending.clear()
    const { parameters, notes, timeline } = events
    // Most plugins ignore where in a block a value stands and take it at the start or the end, so the block is cut there.
    const isCut = this.#takesShortBlocks
    const apart = parameters.length > MOST_CUTS ? CROWDED_FRAMES : 1
    let next = 0
    let nextNote = 0
    let start = 0
    do {
      while (next < parameters.length && (!isCut || parameters[next]!.frame < start + apart)) {
        this.#addValue(parameters[next]!, isCut ? 0 : within(parameters[next]!.frame, 0, frames - 1))
        next += 1
      }
      const end = next < parameters.length ? Math.min(frames, parameters[next]!.frame) : frames
      while (nextNote < notes.length && (notes[nextNote]!.frame < end || end === frames)) {
        const note = notes[nextNote]!
        this.#block.notesIn.add(note, within(note.frame, start, end - 1) - start, timeline.quarter)
        nextNote += 1
      }
      this.#run(start, end - start, start === 0 ? timeline : later(timeline, start, this.#sampleRate))
      start = end
    } while (start < frames)
  }

  #addValue({ parameter, value }: ParameterEvent, frame: number): void {
    const id = this.#facts.ids[parameter]
    if (id !== undefined && !Number.isNaN(value)) this.#block.changesIn.add(id, frame, within(value, 0, 1))
  }

  #run(start: number, frames: number, timeline: Timeline): void {
    const block = this.#block
    block.prepare(start, frames, timeline)
    const result = this.#process()
    block.changesIn.forEachLast(this.#tellController)
    block.changesOut.forEachLast((id, value) => {
      const index = this.#indexOf.get(id)
      if (index === undefined || Number.isNaN(value)) return
      this.#tellController(id, value)
      if (!this.#facts.parameters[index]!.isOutput) this.#hasNewValues = true
    })
    block.clear()
    if (result !== RESULT.ok && frames > 0) throw new Error(`${this.#name} failed to process a block`)
  }

  latencyFrames(): number {
    this.#expectOpen()
    // No plugin needs longer; a lie here would be paid for with delay lines on every other track.
    return Math.min(this.#halves.processor.method(6, PLAIN)(), LONGEST_LATENCY_SECONDS * this.#sampleRate)
  }

  tailFrames(): number | null {
    this.#expectOpen()
    const frames = this.#halves.processor.method(10, PLAIN)()
    // None is what plugins say that were never asked to think about it, reverbs among them.
    if (frames === 0) return null
    return frames === ENDLESS ? ENDLESS_SECONDS * this.#sampleRate : frames
  }

  value(parameter: number): number {
    return this.#valueOf(this.#id(parameter))
  }

  setValue(parameter: number, value: number): void {
    const id = this.#id(parameter)
    if (Number.isNaN(value)) throw new Error(`${this.#name} was given a value that is no number`)
    const held = within(value, 0, 1)
    this.#tellController(id, held)
    this.#pending.set(id, held)
  }

  text(parameter: number, value: number): string | null {
    const text = this.#textOf(this.#id(parameter), value)
    return text === null ? null : shownText(text, this.#facts.parameters[parameter]!.unit)
  }

  saveState(): Uint8Array | null {
    this.#expectOpen()
    this.idle()
    return this.#states()
  }

  loadState(state: Uint8Array): void {
    this.#expectOpen()
    const { component, controller, values } = decodeStates(state)
    this.#pending.clear()
    this.#halves.notices.edits.clear()
    if (component !== null && !this.#halves.setComponentState(component)) throw new Error(`${this.#name} did not take its saved state`)
    if (controller !== null) this.#halves.setControllerState(controller)
    for (const [id, value] of values) {
      if (!this.#isKnown(id)) continue
      this.#tellController(id, value)
      this.#pending.set(id, value)
    }
    this.#hasNewValues = true
  }

  loadPreset(id: string): void {
    this.#expectOpen()
    const program = this.#facts.programs.get(id)
    if (program === undefined) throw new Error(`${this.#name} has no preset "${id.slice(0, 100)}"`)
    this.#tellController(program.parameterId, program.value)
    this.#pending.set(program.parameterId, program.value)
    this.#hasNewValues = true
  }

  idle(): void {
    turnRunLoop()
    const { edits } = this.#halves.notices
    if (edits.size === 0) return
    for (const [id, value] of edits) this.#pending.set(id, within(value, 0, 1))
    edits.clear()
    this.#hasNewValues = true
  }

  takeChanges(): InstanceChanges {
    const { notices } = this.#halves
    const flags = notices.restartFlags
    notices.restartFlags = 0
    const changes = {
      hasNewLatency: this.#hasNewLatency || (flags & RESTART.latencyChanged) !== 0,
      hasNewValues: this.#hasNewValues || (flags & (RESTART.valuesChanged | RESTART.titlesChanged)) !== 0,
      wantsRestart: this.#wantsRestart || (flags & (RESTART.latencyChanged | RESTART.reloadComponent | RESTART.ioChanged)) !== 0,
    }
    this.#hasNewLatency = this.#hasNewValues = this.#wantsRestart = false
    return changes
  }

  close(): void {
    if (this.#isClosed) return
    this.deactivate()
    this.#isClosed = true
    this.#halves.close()
    this.#block.close()
  }

  #id(parameter: number): number {
    const id = this.#facts.ids[parameter]
    this.#expectOpen()
    if (id === undefined) throw new Error(`${this.#name} has no parameter ${parameter}`)
    return id
  }

  /** What a closed plugin left in memory is another's by now. */
  #expectOpen(): void {
    if (this.#isClosed) throw new Error(`${this.#name} is closed`)
  }

  #isKnown(id: number): boolean {
    return this.#indexOf.has(id)
  }

  /** Null where all there is to keep is a lone byte and no parameter could be in it: some write one and then refuse to read it. */
  #hasState(): boolean {
    try {
      return this.#states() !== null
    } catch {
      // More than can be carried, which is said when it is asked for.
      return true
    }
  }

  #states(): Uint8Array | null {
    const component = this.#halves.componentState()
    const controller = this.#halves.controllerState()
    const isNothing = (bytes: Uint8Array | null) => bytes === null || bytes.length === 0
    const hasParameters = this.#facts.parameters.some((parameter) => !parameter.isOutput && !parameter.isHidden)
    const isLoneByte = component?.length === 1 && !hasParameters
    if (isNothing(controller) && this.#pending.size === 0 && (isNothing(component) || isLoneByte)) return null
    return encodeStates({ component, controller: isNothing(controller) ? null : controller, values: this.#pending })
  }
}
