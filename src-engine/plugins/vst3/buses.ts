// Audio buses of a VST3 component: agreeing on mono or stereo, and the memory that sound is passed in.
import type { PluginBus } from '../../../src-shared/plugins/index.ts'
import { Arena } from '../native/index.ts'
import type { Pointer } from '../native/index.ts'
import type { InstanceBus } from '../instance.ts'
import { RESULT, signature } from './com.ts'
import type { NativeObject } from './com.ts'
import { BUS_BUFFERS, BUS_INFO } from './layouts.ts'
import { fieldText } from './text.ts'

export const MEDIA = { audio: 0, event: 1 } as const
export const DIRECTION = { input: 0, output: 1 } as const
const TYPE_AUX = 1
const FLAG_DEFAULT_ACTIVE = 1

const ARRANGEMENT = { empty: 0n, mono: 1n << 19n, stereo: 3n } as const
const MOST_BUSES = 64
const MOST_CHANNELS = 64

const BUS_COUNT = signature('int32', 'int32', 'int32')
const BUS_AT = signature('int32', 'int32', 'int32', 'int32', 'void *')
const ACTIVATE = signature('int32', 'int32', 'int32', 'int32', 'uint8')
const ARRANGEMENT_AT = signature('int32', 'int32', 'int32', 'void *')
const ARRANGE = signature('int32', 'void *', 'int32', 'void *', 'int32')

const memory = new Arena(4096)
const cell = memory.alloc(512)
const bytes = memory.bytes.subarray(cell, cell + 512)
const view = new DataView(memory.buffer, cell, 512)
const wantedInputs = memory.alloc(8 * MOST_BUSES)
const wantedOutputs = memory.alloc(8 * MOST_BUSES)

export interface Bus extends PluginBus {
  readonly isDefaultActive: boolean
}
export interface Buses {
  readonly inputs: readonly Bus[]
  readonly outputs: readonly Bus[]
  readonly noteInputs: number
}

export const countBuses = (component: NativeObject, media: number, direction: number): number =>
  Math.max(0, Math.min(MOST_BUSES, component.method(7, BUS_COUNT)(media, direction)))

const readBuses = (component: NativeObject, direction: number): readonly Bus[] =>
  Array.from({ length: countBuses(component, MEDIA.audio, direction) }, (_, i) => {
    bytes.fill(0)
    const isThere = component.method(8, BUS_AT)(MEDIA.audio, direction, i, memory.pointerTo(cell)) === RESULT.ok
    const channels = isThere ? view.getInt32(BUS_INFO.at.channels, true) : 0
    return {
      name: fieldText(bytes, BUS_INFO.at.name, 256, 'utf-16le', 200),
      channels: Math.max(0, Math.min(MOST_CHANNELS, channels)),
      isSidechain: direction === DIRECTION.input && view.getInt32(BUS_INFO.at.type, true) === TYPE_AUX,
      isDefaultActive: (view.getUint32(BUS_INFO.at.flags, true) & FLAG_DEFAULT_ACTIVE) !== 0,
    }
  })

/** Buses as they stand. */
export const describeBuses = (component: NativeObject): Buses => ({
  inputs: readBuses(component, DIRECTION.input),
  outputs: readBuses(component, DIRECTION.output),
  noteInputs: countBuses(component, MEDIA.event, DIRECTION.input),
})

/**
 * Asks for stereo wherever the plugin can, for mono where it cannot, and leaves it at what it came with where it will have neither. Buses as
 * agreed; the component must be inactive.
 */
export const agreeOnBuses = (component: NativeObject, processor: NativeObject): Buses => {
  const initial = describeBuses(component)
  const standing = [DIRECTION.input, DIRECTION.output].map((direction) =>
    (direction === DIRECTION.input ? initial.inputs : initial.outputs).map((_, i) => {
      view.setBigUint64(0, 0n, true)
      const isTold = processor.method(4, ARRANGEMENT_AT)(direction, i, memory.pointerTo(cell)) === RESULT.ok
      return isTold ? view.getBigUint64(0, true) : ARRANGEMENT.empty
    }),
  )
  const asks = (arrange: (bus: Bus, standing: bigint, index: number) => bigint): boolean => {
    const sides = [initial.inputs, initial.outputs].map((buses, side) => buses.map((bus, i) => arrange(bus, standing[side]![i]!, i)))
    for (const [side, offset] of [wantedInputs, wantedOutputs].entries()) {
      for (const [i, wanted] of sides[side]!.entries()) memory.view.setBigUint64(offset + 8 * i, wanted, true)
    }
    const pointerOf = (side: number, offset: number): Pointer | null => (sides[side]!.length > 0 ? memory.pointerTo(offset) : null)
    const arrangeAll = processor.method(3, ARRANGE)
    return arrangeAll(pointerOf(0, wantedInputs), sides[0]!.length, pointerOf(1, wantedOutputs), sides[1]!.length) === RESULT.ok
  }
  const isMain = (bus: Bus, index: number) => index === 0 && !bus.isSidechain && bus.channels > 0
  const isStereo = (buses: readonly Bus[]) => buses.every((bus, i) => !isMain(bus, i) || bus.channels === 2)
  const hasAgreed =
    (isStereo(initial.inputs) && isStereo(initial.outputs) && asks((_, now) => now)) ||
    asks((bus, now) => (bus.channels > 0 ? ARRANGEMENT.stereo : now)) ||
    asks((bus, now, i) => (isMain(bus, i) ? ARRANGEMENT.stereo : now)) ||
    asks((bus, now, i) => (isMain(bus, i) ? ARRANGEMENT.mono : now))
  if (!hasAgreed) asks((_, now) => now)
  return describeBuses(component)
}

/** Inputs are all switched on, silent where nothing comes; of the outputs the first, and those the plugin has on from the start. */
export const switchBuses = (component: NativeObject, buses: Buses): void => {
  const activate = component.method(10, ACTIVATE)
  for (const [i] of buses.inputs.entries()) activate(MEDIA.audio, DIRECTION.input, i, 1)
  for (const [i, bus] of buses.outputs.entries()) activate(MEDIA.audio, DIRECTION.output, i, i === 0 || bus.isDefaultActive ? 1 : 0)
  for (let i = 0; i < buses.noteInputs; i++) activate(MEDIA.event, DIRECTION.input, i, 1)
}

/** The plain description of a bus. */
export const plainBus = ({ name, channels, isSidechain }: PluginBus): PluginBus => ({ name, channels, isSidechain })

/** Bytes that `layBuses` takes of an arena. */
export const bytesOfBuses = (buses: readonly PluginBus[], maxFrames: number): number =>
  buses.reduce((sum, { channels }) => sum + channels * (4 * maxFrames + 64 + 8) + 32, 64 + BUS_BUFFERS.size * buses.length)

export interface LaidBuses {
  readonly offset: number
  readonly buses: readonly InstanceBus[]
  /** Makes the plugin see every channel from a later frame on. */
  readonly startAt: (frame: number) => void
}

/** Memory for buses: what the plugin is handed, and the same samples for us. */
export const layBuses = (arena: Arena, buses: readonly PluginBus[], maxFrames: number): LaidBuses => {
  const offset = arena.alloc(Math.max(BUS_BUFFERS.size * buses.length, 8))
  const cells: { readonly at: number; readonly pointer: Pointer }[] = []
  const laid = buses.map((bus, i) => {
    const at = offset + BUS_BUFFERS.size * i
    const pointers = arena.alloc(Math.max(8, 8 * bus.channels))
    const channels = Array.from({ length: bus.channels }, () => arena.floats(maxFrames))
    for (const [k, channel] of channels.entries()) cells.push({ at: pointers + 8 * k, pointer: channel.pointer })
    arena.view.setInt32(at + BUS_BUFFERS.at.channels, bus.channels, true)
    arena.setPointer(at + BUS_BUFFERS.at.samples, arena.pointerTo(pointers))
    return { ...plainBus(bus), samples: channels.map((channel) => channel.samples) }
  })
  const startAt = (frame: number): void => {
    for (const { at, pointer } of cells) arena.setPointer(at, pointer + BigInt(4 * frame))
  }
  startAt(0)
  return { offset, buses: laid, startAt }
}
