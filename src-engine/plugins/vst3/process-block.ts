// The structs that one `process` call reads: written anew for each block, in memory laid out once.
import type { PluginBus } from '../../../src-shared/plugins/index.ts'
import type { InstanceBus, OpenOptions, Timeline } from '../instance.ts'
import { Arena } from '../native/index.ts'
import type { Pointer } from '../native/index.ts'
import { bytesOfBuses, layBuses } from './buses.ts'
import type { LaidBuses } from './buses.ts'
import { EventList, ParameterChanges } from './changes.ts'
import { BUS_BUFFERS, PROCESS_CONTEXT, PROCESS_DATA, PROCESS_SETUP } from './layouts.ts'

const MODE = { realtime: 0, offline: 2 } as const
const SAMPLES_OF_32_BITS = 0
const STATE = {
  playing: 1 << 1,
  musicTime: 1 << 9,
  tempo: 1 << 10,
  bar: 1 << 11,
  timeSignature: 1 << 13,
  continuousTime: 1 << 17,
} as const
const KNOWN = STATE.musicTime | STATE.tempo | STATE.bar | STATE.continuousTime
/** Frames a second of film, which nothing here has: some value other than the zero that a plugin might divide by. */
const SMPTE_RATE = 30

const sane = (value: number, least: number, most: number, otherwise: number): number =>
  value >= least && value <= most ? value : otherwise

export interface BlockShape {
  readonly inputs: readonly PluginBus[]
  readonly outputs: readonly PluginBus[]
}

export class ProcessBlock {
  readonly inputs: readonly InstanceBus[]
  readonly outputs: readonly InstanceBus[]
  /** For `process`. */
  readonly pointer: Pointer
  /** For `setupProcessing`. */
  readonly setupPointer: Pointer
  readonly changesIn = new ParameterChanges()
  readonly changesOut = new ParameterChanges()
  readonly notesIn = new EventList()
  readonly notesOut = new EventList()
  readonly #arena: Arena
  readonly #data: number
  readonly #context: number
  readonly #inputs: LaidBuses
  readonly #outputs: LaidBuses
  #start = 0
  #continuousFrames = 0

  constructor(shape: BlockShape, options: OpenOptions) {
    const arena = new Arena(bytesOfBuses([...shape.inputs, ...shape.outputs], options.maxFrames) + 4096)
    this.#arena = arena
    this.#inputs = layBuses(arena, shape.inputs, options.maxFrames)
    this.#outputs = layBuses(arena, shape.outputs, options.maxFrames)
    this.inputs = this.#inputs.buses
    this.outputs = this.#outputs.buses

    const mode = options.isOffline ? MODE.offline : MODE.realtime
    const setup = arena.alloc(PROCESS_SETUP.size)
    arena.view.setInt32(setup + PROCESS_SETUP.at.mode, mode, true)
    arena.view.setInt32(setup + PROCESS_SETUP.at.sampleSize, SAMPLES_OF_32_BITS, true)
    arena.view.setInt32(setup + PROCESS_SETUP.at.maxFrames, options.maxFrames, true)
    arena.view.setFloat64(setup + PROCESS_SETUP.at.sampleRate, options.sampleRate, true)
    this.setupPointer = arena.pointerTo(setup)

    this.#context = arena.alloc(PROCESS_CONTEXT.size)
    arena.view.setFloat64(this.#context + PROCESS_CONTEXT.at.sampleRate, options.sampleRate, true)
    arena.view.setUint32(this.#context + PROCESS_CONTEXT.at.smpteRate, SMPTE_RATE, true)

    this.#data = arena.alloc(PROCESS_DATA.size)
    const at = PROCESS_DATA.at
    arena.view.setInt32(this.#data + at.mode, mode, true)
    arena.view.setInt32(this.#data + at.sampleSize, SAMPLES_OF_32_BITS, true)
    arena.setPointer(this.#data + at.inputChanges, this.changesIn.pointer)
    arena.setPointer(this.#data + at.outputChanges, this.changesOut.pointer)
    arena.setPointer(this.#data + at.inputEvents, this.notesIn.pointer)
    arena.setPointer(this.#data + at.outputEvents, this.notesOut.pointer)
    arena.setPointer(this.#data + at.context, arena.pointerTo(this.#context))
    this.pointer = arena.pointerTo(this.#data)
  }

  /** Makes the structs say so many frames of the buses, from `start` on. None means: take the values, make no sound. */
  prepare(start: number, frames: number, timeline: Timeline): void {
    const { view } = this.#arena
    const at = PROCESS_DATA.at
    view.setInt32(this.#data + at.frames, frames, true)
    this.#prepareSide(this.#inputs, frames > 0, at.inputs, at.inputCount)
    this.#prepareSide(this.#outputs, frames > 0, at.outputs, at.outputCount)
    if (start !== this.#start) {
      this.#inputs.startAt(start)
      this.#outputs.startAt(start)
      this.#start = start
    }
    this.#writeContext(timeline)
    this.#continuousFrames += frames
  }

  #prepareSide({ offset, buses }: LaidBuses, hasSound: boolean, pointerAt: number, countAt: number): void {
    const { view } = this.#arena
    const count = hasSound ? buses.length : 0
    view.setInt32(this.#data + countAt, count, true)
    this.#arena.setPointer(this.#data + pointerAt, count > 0 ? this.#arena.pointerTo(offset) : 0n)
    // Flags of silence left over from the last block would have the plugin skip this one.
    for (let i = 0; i < count; i++) view.setBigUint64(offset + BUS_BUFFERS.size * i + BUS_BUFFERS.at.silence, 0n, true)
  }

  #writeContext(timeline: Timeline): void {
    const { view } = this.#arena
    const at = PROCESS_CONTEXT.at
    const base = this.#context
    const numerator = sane(timeline.numerator, 1, 1_000, 4)
    const denominator = sane(timeline.denominator, 1, 1_000, 4)
    // Plugins divide by the whole quarters of a bar: a bar shorter than one has killed those of a whole family.
    const isTold = 4 * numerator >= denominator
    const known = KNOWN | (isTold ? STATE.timeSignature : 0)
    view.setUint32(base + at.state, known | (timeline.isPlaying ? STATE.playing : 0), true)
    view.setBigInt64(base + at.projectFrames, BigInt(Math.trunc(timeline.frame) || 0), true)
    view.setBigInt64(base + at.continuousFrames, BigInt(this.#continuousFrames), true)
    view.setFloat64(base + at.quarter, timeline.quarter, true)
    view.setFloat64(base + at.barQuarter, timeline.barQuarter, true)
    view.setFloat64(base + at.tempo, sane(timeline.bpm, 1, 10_000, 120), true)
    view.setInt32(base + at.numerator, isTold ? numerator : 4, true)
    view.setInt32(base + at.denominator, isTold ? denominator : 4, true)
  }

  /** Forgets values and notes of the block. */
  clear(): void {
    this.changesIn.clear()
    this.changesOut.clear()
    this.notesIn.clear()
  }

  close(): void {
    this.changesIn.close()
    this.changesOut.close()
    this.notesIn.close()
    this.notesOut.close()
  }
}
