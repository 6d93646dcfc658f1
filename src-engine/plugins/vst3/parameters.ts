// What a VST3 controller says of its parameters, units and program lists, in the shapes of a descriptor.
import { MAX_PARAMETERS } from '../../../src-shared/plugins/index.ts'
import type { PluginDescriptor, PluginParameter } from '../../../src-shared/plugins/index.ts'
import { Arena } from '../native/index.ts'
import { RESULT, signature } from './com.ts'
import type { NativeObject } from './com.ts'
import { PARAMETER_INFO, PROGRAM_LIST_INFO, UNIT_INFO } from './layouts.ts'
import { fieldText } from './text.ts'

const FLAG = { canAutomate: 1, isReadOnly: 2, isList: 8, isHidden: 16, isProgramChange: 1 << 15, isBypass: 1 << 16 } as const

const COUNT = signature('int32')
const AT = signature('int32', 'int32', 'void *')
const TEXT = signature('int32', 'uint32', 'double', 'void *')
const PROGRAM_NAME = signature('int32', 'int32', 'int32', 'void *')
const MIDI_PARAMETER = signature('int32', 'int32', 'int16', 'int16', 'void *')

const STRING_128_BYTES = 256
/** More steps than this are a knob to a user, whatever the plugin calls them. */
const MOST_CHOICES = 128
const MOST_UNITS = 1_000
const MOST_PROGRAMS = 5_000
const MIDI_CHANNELS = 16
/** 128 controllers, channel pressure and pitch bend. */
const MIDI_CONTROLLERS = 130

const memory = new Arena(4096)
const cell = memory.alloc(1024)
const cellPointer = memory.pointerTo(cell)
const bytes = memory.bytes.subarray(cell, cell + 1024)
const view = new DataView(memory.buffer, cell, 1024)

const reads = (call: () => number): boolean => {
  bytes.fill(0)
  return call() === RESULT.ok
}
const within = (value: number): number => (Number.isFinite(value) ? Math.min(1, Math.max(0, value)) : 0)

/** Puts values into the plugin's words. */
export type TextOf = (id: number, value: number) => string | null

export const textReader = (controller: NativeObject): TextOf => {
  const read = controller.method(10, TEXT)
  return (id, value) => {
    if (!reads(() => read(id, value, cellPointer))) return null
    const text = fieldText(bytes, 0, STRING_128_BYTES, 'utf-16le', 200)
    return text === '' ? null : text
  }
}

/** Digits that a bare number is shown with: what a 32-bit value has. */
const DIGITS = 6

/** The plugin's words as they are shown: the unit follows, which the format has hosts add, and a bare number without the noise of its last digits. */
export const shownText = (text: string, unit: string): string => {
  const short = /^-?\d+\.\d+$/.test(text) ? String(Number(Number(text).toPrecision(DIGITS))) : text
  return unit === '' || short.endsWith(unit) ? short : `${short} ${unit}`
}

/** A preset of a program list is chosen by a parameter: which, and at what value. */
export interface Program {
  readonly parameterId: number
  readonly value: number
}

export interface ControllerFacts {
  readonly parameters: readonly PluginParameter[]
  /** VST3 ids, by index in `parameters`. */
  readonly ids: readonly number[]
  readonly presets: PluginDescriptor['presets']
  readonly programs: ReadonlyMap<string, Program>
}

/** Everything a descriptor needs of a controller. Parameters that only stand for MIDI controllers are left out: there are 2080 of them. */
export const readController = (controller: NativeObject): ControllerFacts => {
  const units = readUnits(controller)
  const midi = readMidiParameters(controller)
  const text = textReader(controller)
  const infoAt = controller.method(9, AT)
  const parameters: PluginParameter[] = []
  const ids: number[] = []
  const seen = new Set<number>()
  const programParameters = new Map<number, { readonly id: number; readonly stepCount: number }>()
  const count = controller.method(8, COUNT)()
  for (let i = 0; i < count && parameters.length < MAX_PARAMETERS; i++) {
    if (!reads(() => infoAt(i, cellPointer))) continue
    const at = PARAMETER_INFO.at
    const id = view.getUint32(at.id, true)
    const flags = view.getInt32(at.flags, true)
    const stepCount = view.getInt32(at.stepCount, true)
    const unitId = view.getInt32(at.unitId, true)
    const name =
      fieldText(bytes, at.title, STRING_128_BYTES, 'utf-16le', 200) || fieldText(bytes, at.shortTitle, STRING_128_BYTES, 'utf-16le', 200)
    const unit = fieldText(bytes, at.units, STRING_128_BYTES, 'utf-16le', 40)
    const initial = within(view.getFloat64(at.default, true))
    const isHidden = (flags & FLAG.isHidden) !== 0
    if (seen.has(id) || (midi.has(id) && (isHidden || /^MIDI (CC|Ch\.)/i.test(name)))) continue
    seen.add(id)
    if ((flags & FLAG.isProgramChange) !== 0) programParameters.set(unitId, { id, stepCount })
    const hasChoices = !isHidden && stepCount >= ((flags & FLAG.isList) !== 0 ? 1 : 2) && stepCount < MOST_CHOICES
    ids.push(id)
    parameters.push({
      id: String(id),
      name: name || `Parameter ${id}`,
      group: units.get(unitId)?.path ?? '',
      min: 0,
      max: 1,
      default: initial,
      unit,
      isToggle: stepCount === 1,
      isInteger: false,
      isLogarithmic: false,
      isOutput: (flags & FLAG.isReadOnly) !== 0,
      isHidden: isHidden || (flags & FLAG.isProgramChange) !== 0,
      isAutomatable: (flags & FLAG.canAutomate) !== 0 && (flags & FLAG.isReadOnly) === 0,
      isBypass: (flags & FLAG.isBypass) !== 0,
      choices: hasChoices
        ? Array.from({ length: stepCount + 1 }, (_, step) => ({
            value: step / stepCount,
            label: shownText(text(id, step / stepCount) ?? String(step), unit),
          }))
        : [],
      hasText: true,
    })
  }
  const { presets, programs } = readPrograms(controller, units, programParameters)
  return { parameters, ids, presets, programs }
}

interface Unit {
  readonly path: string
  readonly programListId: number
}

/** Units by id, each with the names on the way to it; the root has none. */
const readUnits = (controller: NativeObject): ReadonlyMap<number, Unit> => {
  const found = new Map<number, { readonly name: string; readonly parentId: number; readonly programListId: number }>()
  const unitInfo = controller.query('unitInfo')
  if (unitInfo === null) return new Map()
  const infoAt = unitInfo.method(4, AT)
  const count = Math.min(MOST_UNITS, unitInfo.method(3, COUNT)())
  for (let i = 0; i < count; i++) {
    if (!reads(() => infoAt(i, cellPointer))) continue
    found.set(view.getInt32(UNIT_INFO.at.id, true), {
      name: fieldText(bytes, UNIT_INFO.at.name, STRING_128_BYTES, 'utf-16le', 100).replaceAll('/', '∕'),
      parentId: view.getInt32(UNIT_INFO.at.parentId, true),
      programListId: view.getInt32(UNIT_INFO.at.programListId, true),
    })
  }
  unitInfo.release()
  const pathOf = (id: number, depth: number): string => {
    const unit = found.get(id)
    if (id === 0 || unit === undefined || depth > 16) return ''
    const above = pathOf(unit.parentId, depth + 1)
    return (above === '' ? unit.name : `${above}/${unit.name}`).slice(0, 300)
  }
  return new Map([...found].map(([id, { programListId }]) => [id, { path: pathOf(id, 0), programListId }]))
}

const readMidiParameters = (controller: NativeObject): ReadonlySet<number> => {
  const ids = new Set<number>()
  const mapping = controller.query('midiMapping')
  if (mapping === null) return ids
  const assigned = mapping.method(3, MIDI_PARAMETER)
  for (let channel = 0; channel < MIDI_CHANNELS; channel++) {
    for (let midi = 0; midi < MIDI_CONTROLLERS; midi++) {
      if (reads(() => assigned(0, channel, midi, cellPointer))) ids.add(view.getUint32(0, true))
    }
  }
  mapping.release()
  return ids
}

/** Program lists that a parameter chooses from. Others cannot be loaded by a host and are not told of. */
const readPrograms = (
  controller: NativeObject,
  units: ReadonlyMap<number, Unit>,
  programParameters: ReadonlyMap<number, { readonly id: number; readonly stepCount: number }>,
): Pick<ControllerFacts, 'presets' | 'programs'> => {
  const presets: { id: string; name: string }[] = []
  const programs = new Map<string, Program>()
  const unitInfo = programParameters.size > 0 ? controller.query('unitInfo') : null
  if (unitInfo === null) return { presets, programs }
  const infoAt = unitInfo.method(6, AT)
  const nameOf = unitInfo.method(7, PROGRAM_NAME)
  const count = Math.min(MOST_UNITS, unitInfo.method(5, COUNT)())
  for (let i = 0; i < count; i++) {
    if (!reads(() => infoAt(i, cellPointer))) continue
    const listId = view.getInt32(PROGRAM_LIST_INFO.at.id, true)
    const length = view.getInt32(PROGRAM_LIST_INFO.at.count, true)
    const unitId = [...units].find(([, unit]) => unit.programListId === listId)?.[0] ?? 0
    const chooser = programParameters.get(unitId)
    if (chooser === undefined) continue
    for (let program = 0; program < length && presets.length < MOST_PROGRAMS; program++) {
      const name = reads(() => nameOf(listId, program, cellPointer)) ? fieldText(bytes, 0, STRING_128_BYTES, 'utf-16le', 300) : ''
      const id = `${listId}:${program}`
      presets.push({ id, name: name || `Program ${program + 1}` })
      programs.set(id, { parameterId: chooser.id, value: program / Math.max(1, chooser.stepCount > 0 ? chooser.stepCount : length - 1) })
    }
  }
  unitInfo.release()
  return { presets, programs }
}
