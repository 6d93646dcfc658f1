// A descriptor from a plugin that was initialised. Every count, name and range is the plugin's claim: bounded and repaired here.
import { MAX_PARAMETERS, type PluginBus, type PluginDescriptor, type PluginParameter } from '../../../src-shared/plugins/index.ts'
import type { Pointer } from '../native/index.ts'
import { AUDIO_PORT_INFO, AUDIO_PORT_MAIN, DIALECT, INVALID_ID, NOTE_PORT_INFO, PARAM_FLAG, PARAM_INFO } from './abi.ts'
import { foreignText } from '../foreign-text.ts'
import { foreignPath, foreignRange, textIn } from './foreign.ts'
import type { ParamsExtension, PluginHandle } from './handle.ts'
import type { Listing } from './module.ts'

const MAX_PORTS = 64
const MAX_CHANNELS = 64
/** Named values are asked for one by one. */
const MAX_CHOICES = 128
const TEXT_BYTES = 256
/** Bounds what a plugin with very many parameters costs when it is scanned. */
const MAX_TEXTS = 20_000

/** A parameter and what it takes to set it; at the index of the descriptor's. */
export interface ParameterKey {
  readonly id: number
  readonly cookie: Pointer
  readonly mustProcess: boolean
}

/** An audio port as the plugin must be handed it; `bus` is null where it claims a port and then says nothing of it. */
export interface AudioPort {
  readonly bus: PluginBus | null
}

export interface Description {
  readonly descriptor: PluginDescriptor
  readonly keys: readonly ParameterKey[]
  readonly inputs: readonly AudioPort[]
  readonly outputs: readonly AudioPort[]
  /** How notes reach it; null where it takes none. */
  readonly notes: 'clap' | 'midi' | null
}

/** The plugin's words for a value, null where it has none. */
export const textOf = (handle: PluginHandle, params: ParamsExtension, id: number, value: number): string | null => {
  const { scratch } = handle
  scratch.arena.bytes.fill(0, scratch.offset, scratch.offset + TEXT_BYTES)
  if (params.text === null || !params.text(handle.pointer, id, value, scratch.pointer, TEXT_BYTES)) return null
  const text = foreignText(textIn(scratch.arena.bytes.subarray(scratch.offset, scratch.offset + TEXT_BYTES)), 200)
  return text === '' ? null : text
}

const isNumeric = (label: string) => /^[-+−]?[\d.,]+(e[-+]?\d+)?\s*%?$/i.test(label)

/** Names of the steps, where they are names; numbers are no better than the values themselves. */
const choicesOf = (parameter: PluginParameter, isEnum: boolean, text: (value: number) => string | null): PluginParameter['choices'] => {
  const steps = parameter.max - parameter.min + 1
  if (!parameter.isInteger || steps < 2 || steps > MAX_CHOICES) return []
  const choices: { value: number; label: string }[] = []
  for (let value = parameter.min; value <= parameter.max; value++) {
    const label = text(value)
    if (label === null) return []
    choices.push({ value, label })
  }
  const hasNames = choices.some((choice) => !isNumeric(choice.label))
  const areDistinct = new Set(choices.map((choice) => choice.label)).size === choices.length
  return areDistinct && (isEnum || hasNames) ? choices : []
}

const readParameters = (handle: PluginHandle): { parameters: PluginParameter[]; keys: ParameterKey[] } => {
  const parameters: PluginParameter[] = []
  const keys: ParameterKey[] = []
  const { params, pointer, scratch } = handle
  if (params === null) return { parameters, keys }
  const { at } = PARAM_INFO
  const { view, bytes } = scratch.arena
  const field = (offset: number, byteLength: number) =>
    textIn(bytes.subarray(scratch.offset + offset, scratch.offset + offset + byteLength))
  const count = Math.min(params.count(pointer), MAX_PARAMETERS)
  const known = new Set<number>([INVALID_ID])
  let texts = 0
  for (let i = 0; i < count; i++) {
    bytes.fill(0, scratch.offset, scratch.offset + PARAM_INFO.byteLength)
    if (!params.info(pointer, i, scratch.pointer)) continue
    const number = (offset: number) => view.getFloat64(scratch.offset + offset, true)
    const id = view.getUint32(scratch.offset + at.id, true)
    if (known.has(id)) continue
    known.add(id)
    const flags = view.getUint32(scratch.offset + at.flags, true)
    const range = foreignRange({ min: number(at.min), max: number(at.max), default: number(at.default) })
    const isInteger = (flags & (PARAM_FLAG.stepped | PARAM_FLAG.enum)) !== 0
    const isOutput = (flags & PARAM_FLAG.readonly) !== 0
    keys.push({
      id,
      cookie: view.getBigUint64(scratch.offset + at.cookie, true),
      mustProcess: (flags & PARAM_FLAG.requiresProcess) !== 0,
    })
    const plain: PluginParameter = {
      id: String(id),
      name: foreignText(field(at.name, 256), 200) || `Parameter ${id}`,
      group: foreignPath(field(at.module, 1024), 300),
      ...range,
      unit: '',
      isToggle: isInteger && range.min === 0 && range.max === 1,
      isInteger,
      isLogarithmic: false,
      isOutput,
      isHidden: (flags & PARAM_FLAG.hidden) !== 0,
      isAutomatable: (flags & PARAM_FLAG.automatable) !== 0 && !isOutput,
      isBypass: (flags & PARAM_FLAG.bypass) !== 0,
      choices: [],
      hasText: params.text !== null,
    }
    const text = (value: number) => (++texts > MAX_TEXTS ? null : textOf(handle, params, id, value))
    parameters.push({ ...plain, choices: isInteger ? choicesOf(plain, (flags & PARAM_FLAG.enum) !== 0, text) : [] })
  }
  return { parameters, keys }
}

const readAudioPorts = (handle: PluginHandle, isInput: boolean): readonly AudioPort[] => {
  const { audioPorts, pointer, scratch } = handle
  if (audioPorts === null) return []
  const count = audioPorts.count(pointer, isInput)
  const side = isInput ? 'inputs' : 'outputs'
  if (count > MAX_PORTS) throw new Error(`it claims to have ${count} audio ${side}`)
  const { at } = AUDIO_PORT_INFO
  const { view, bytes } = scratch.arena
  const found: { name: string; channels: number; isMain: boolean }[] = []
  const order: number[] = []
  for (let i = 0; i < count; i++) {
    bytes.fill(0, scratch.offset, scratch.offset + AUDIO_PORT_INFO.byteLength)
    const isKnown = audioPorts.get(pointer, i, isInput, scratch.pointer)
    order.push(isKnown ? found.length : -1)
    if (!isKnown) continue
    const channels = view.getUint32(scratch.offset + at.channels, true)
    if (channels > MAX_CHANNELS) throw new Error(`it claims to have ${channels} channels in one of its audio ${side}`)
    const name = foreignText(textIn(bytes.subarray(scratch.offset + at.name, scratch.offset + at.name + 256)), 200)
    found.push({ name, channels, isMain: (view.getUint32(scratch.offset + at.flags, true) & AUDIO_PORT_MAIN) !== 0 })
  }
  // A plugin that marks no main input means its first.
  const main = Math.max(
    0,
    found.findIndex((port) => port.isMain),
  )
  const buses = found.map(({ name, channels }, i): PluginBus => ({ name, channels, isSidechain: isInput && i !== main }))
  return order.map((index) => ({ bus: buses[index] ?? null }))
}

const readNotes = (handle: PluginHandle): Description['notes'] => {
  const { notePorts, pointer, scratch } = handle
  if (notePorts === null || notePorts.count(pointer, true) === 0) return null
  scratch.arena.bytes.fill(0, scratch.offset, scratch.offset + NOTE_PORT_INFO.byteLength)
  if (!notePorts.get(pointer, 0, true, scratch.pointer)) return null
  const dialects = scratch.arena.view.getUint32(scratch.offset + NOTE_PORT_INFO.at.dialects, true)
  return (dialects & DIALECT.clap) === 0 && (dialects & (DIALECT.midi | DIALECT.mpe)) !== 0 ? 'midi' : 'clap'
}

/** Words of CLAP that say what kind of plugin it is; the others say what it does. */
const KINDS: Readonly<Record<string, PluginDescriptor['category']>> = {
  instrument: 'instrument',
  'note-effect': 'note effect',
  'note-detector': 'analyser',
  analyzer: 'analyser',
  'audio-effect': 'effect',
}

const kindOf = (features: readonly string[], hasInput: boolean, hasOutput: boolean, hasNotes: boolean): PluginDescriptor['category'] => {
  for (const [feature, kind] of Object.entries(KINDS)) if (features.includes(feature)) return kind
  if (hasOutput && hasInput) return 'effect'
  if (hasOutput && hasNotes) return 'instrument'
  return 'other'
}

const tagOf = (feature: string): string => {
  const words = foreignText(feature, 100).replaceAll(/[-_]+/g, ' ').trim()
  return words === '' ? '' : words[0]!.toUpperCase() + words.slice(1)
}

/** Reads everything the rest needs to know of a plugin. Throws the end of a sentence where it claims what nothing can hold. */
export const describePlugin = (handle: PluginHandle, listing: Listing): Description => {
  const inputs = readAudioPorts(handle, true)
  const outputs = readAudioPorts(handle, false)
  const notes = readNotes(handle)
  const { parameters, keys } = readParameters(handle)
  const busesOf = (ports: readonly AudioPort[]) => ports.flatMap((port) => (port.bus === null ? [] : [port.bus]))
  const hasSound = (ports: readonly AudioPort[]) => ports.some((port) => (port.bus?.channels ?? 0) > 0)
  const tags = listing.features.filter((feature) => KINDS[feature] === undefined || feature === 'analyzer').map(tagOf)
  const descriptor: PluginDescriptor = {
    format: 'clap',
    id: listing.id,
    name: foreignText(listing.name, 200) || listing.id.slice(0, 200),
    vendor: foreignText(listing.vendor, 200),
    version: foreignText(listing.version, 100),
    category: kindOf(listing.features, hasSound(inputs), hasSound(outputs), notes !== null),
    tags: [...new Set(tags)].filter((tag) => tag !== ''),
    inputs: busesOf(inputs),
    outputs: busesOf(outputs),
    takesNotes: notes !== null,
    hasState: handle.state !== null,
    parameters,
    presets: [],
  }
  return { descriptor, keys, inputs, outputs, notes }
}
