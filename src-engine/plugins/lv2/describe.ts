// Descriptors from metadata alone: nothing of the plugin's code runs.
import { foreignText } from '../foreign-text.ts'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { MAX_PARAMETERS, type PluginDescriptor, type PluginParameter } from '../../../src-shared/plugins/index.ts'
import { type Bus, busesOf } from './buses.ts'
import { categoryOf, tagsOf } from './classes.ts'
import { lilv, type MaybePointer } from './lilv.ts'
import { type ControlPort, type Port, readPorts } from './ports.ts'
import { readPresets } from './presets.ts'
import { LV2, RDF_TYPE } from './uris.ts'
import { type World, worldOf } from './world.ts'

/** Bounds that are multiples of the sample rate are told at this one, the renderer's. */
const DESCRIBED_RATE = 48_000

/** A plugin's metadata: its descriptor, and what stands behind each of the descriptor's parameters and buses. */
export interface Model {
  readonly descriptor: PluginDescriptor
  readonly ports: readonly Port[]
  /** Same length and order as the descriptor's parameters. */
  readonly controls: readonly ControlPort[]
  readonly inputs: readonly Bus[]
  readonly outputs: readonly Bus[]
  readonly hasWorker: boolean
}

/** Some plugins have a port called so and no designation. */
const isNamedBypass = (port: ControlPort): boolean =>
  port.isInput && port.isToggle && /^bypass$/i.test(port.symbol) && port.min === 0 && port.max === 1

/**
 * `isBypass` means the same for every format: 1 passes the sound through. A port designated `lv2:enabled` says the opposite (0 passes through), so
 * it is shown upside down, under the name Bypass; its raw value stands in states and presets.
 */
export const describeControl = (port: ControlPort): PluginParameter => {
  const scale = port.isRateScaled ? DESCRIBED_RATE : 1
  const shown = {
    id: port.symbol.slice(0, 200),
    group: port.group,
    isOutput: !port.isInput,
    isAutomatable: port.isInput && port.isAutomatable,
    hasText: false,
  }
  if (port.role === 'bypass') {
    return {
      ...shown,
      name: 'Bypass',
      min: 0,
      max: 1,
      default: port.default > 0 ? 0 : 1,
      unit: '',
      isToggle: true,
      isInteger: false,
      isLogarithmic: false,
      isHidden: false,
      isBypass: true,
      choices: [],
    }
  }
  const isEveryValueNamed = port.isInteger && port.points.length === port.max - port.min + 1
  return {
    ...shown,
    name: port.name,
    min: port.min * scale,
    max: port.max * scale,
    default: port.default * scale,
    unit: port.unit,
    isToggle: port.isToggle,
    isInteger: port.isInteger,
    // A range that touches zero has no logarithm.
    isLogarithmic: port.isLogarithmic && port.min * port.max > 0,
    isHidden: port.isHidden,
    isBypass: isNamedBypass(port),
    choices: port.isEnumeration || isEveryValueNamed ? port.points.map((point) => ({ ...point })) : [],
  }
}

const describeBus = (bus: Bus) => ({ name: foreignText(bus.name, 200), channels: bus.ports.length, isSidechain: bus.isSidechain })

const versionOf = (world: World, plugin: MaybePointer): string => {
  const api = lilv()
  const part = (predicate: string) => world.takeAll(api.pluginValue(plugin, world.uri(predicate)))[0]
  const minor = part(LV2.minorVersion)
  const micro = part(LV2.microVersion)
  return minor === undefined && micro === undefined ? '' : foreignText(`${minor ?? '0'}.${micro ?? '0'}`, 100)
}

/** Reads one plugin of a world. Throws a reason where its metadata cannot be used. */
export const readModel = (world: World, plugin: MaybePointer): Model => {
  const api = lilv()
  const id = api.nodeString(api.pluginUri(plugin)) ?? ''
  if (id.length === 0 || id.length > 500) throw new Error('its URI is empty or longer than 500 characters')
  const library = api.nodeString(api.pluginLibrary(plugin))
  if (!library?.startsWith('file:') || !existsSync(fileURLToPath(library))) {
    throw new Error(`its program file ${library ? foreignText(library, 300) : ''} is not there`)
  }
  const ports = readPorts(world, plugin)
  const controls = ports.filter(
    (port): port is ControlPort => port.kind === 'control' && (port.role === 'parameter' || port.role === 'bypass'),
  )
  if (controls.length > MAX_PARAMETERS)
    throw new Error(`it claims ${controls.length} parameters, more than the ${MAX_PARAMETERS} a plugin may have`)
  const inputs = busesOf(world, ports, true)
  const outputs = busesOf(world, ports, false)
  const classes = world.takeAll(api.pluginValue(plugin, world.uri(RDF_TYPE)))
  const descriptor: PluginDescriptor = {
    format: 'lv2',
    id,
    name: foreignText(world.take(api.pluginName(plugin)), 200) || foreignText(id, 200),
    vendor: foreignText(world.take(api.pluginAuthor(plugin)), 200),
    version: versionOf(world, plugin),
    category: categoryOf(classes, ports),
    tags: tagsOf(classes)
      .map((tag) => foreignText(tag, 100))
      .slice(0, 50),
    inputs: inputs.map(describeBus),
    outputs: outputs.map(describeBus),
    takesNotes: ports.some((port) => (port.kind === 'atom' || port.kind === 'event') && port.isInput && port.takesNotes),
    hasState: api.pluginHasExtension(plugin, world.uri(LV2.stateInterface)),
    parameters: controls.map(describeControl),
    presets: readPresets(world, plugin),
  }
  return { descriptor, ports, controls, inputs, outputs, hasWorker: api.pluginHasExtension(plugin, world.uri(LV2.workerInterface)) }
}

/** Descriptors of every plugin of a bundle. Throws where it is no bundle or none of its plugins can be used. */
export const scanBundle = (path: string): PluginDescriptor[] => {
  const world = worldOf(path)
  const reasons: string[] = []
  const found: PluginDescriptor[] = []
  for (const plugin of world.plugins()) {
    try {
      found.push(readModel(world, plugin).descriptor)
    } catch (error) {
      reasons.push(`${lilv().nodeString(lilv().pluginUri(plugin))}: ${error instanceof Error ? error.message : String(error)}`)
    }
  }
  if (found.length === 0) {
    throw new Error(
      reasons.length > 0 ? `No plugin of ${path} can be used: ${reasons.slice(0, 5).join('; ')}.` : `${path} has no plugin in it.`,
    )
  }
  return found
}
