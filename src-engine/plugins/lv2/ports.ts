// What a plugin's metadata says of each port. It is foreign text and may lie: numbers are made finite and texts are cut here, once.
import { foreignText } from '../foreign-text.ts'
import { lilv, type MaybePointer } from './lilv.ts'
import { unitOf } from './units.ts'
import { LV2, TIME } from './uris.ts'
import type { World } from './world.ts'

/** More ports than any plugin has; one that claims more is refused. */
const MOST_PORTS = 30_000
const MOST_CHOICES = 2_000
const DEEPEST_GROUP = 8

/** What the host does with a control port by itself. */
export type ControlRole = 'parameter' | 'bypass' | 'latency' | 'free wheeling' | 'time'

interface PortBase {
  readonly index: number
  readonly symbol: string
  readonly name: string
  readonly isInput: boolean
  readonly groupUri: string | null
}

export interface SignalPort extends PortBase {
  readonly kind: 'audio' | 'cv'
  readonly isSideChain: boolean
}

export interface ControlPort extends PortBase {
  readonly kind: 'control'
  readonly role: ControlRole
  readonly min: number
  readonly max: number
  readonly default: number
  /** Bounds are multiples of the sample rate. */
  readonly isRateScaled: boolean
  readonly isToggle: boolean
  readonly isInteger: boolean
  readonly isEnumeration: boolean
  readonly isLogarithmic: boolean
  readonly isHidden: boolean
  readonly isAutomatable: boolean
  readonly unit: string
  readonly group: string
  /** `time` only: which of the timeline's values it wants. */
  readonly designation: string | null
  readonly points: readonly { readonly value: number; readonly label: string }[]
}

export interface EventPort extends PortBase {
  readonly kind: 'atom' | 'event'
  readonly takesNotes: boolean
  readonly takesTime: boolean
  readonly isControl: boolean
  readonly minimumBytes: number
}

export interface OtherPort extends PortBase {
  readonly kind: 'unknown'
  readonly isOptional: boolean
}

export type Port = SignalPort | ControlPort | EventPort | OtherPort

const LARGEST = 3.4028234663852886e38

/** Ranges that are finite and the right way round, whatever the metadata says; `points` are named values. */
export const boundedRange = (
  claimed: { readonly min: number; readonly max: number; readonly default: number },
  points: readonly number[],
  isToggle: boolean,
): { min: number; max: number; default: number } => {
  const finite = (value: number) => Number.isFinite(value) && Math.abs(value) <= LARGEST
  const anchors = [...points, ...(finite(claimed.default) ? [claimed.default] : [])]
  const low = finite(claimed.min) ? claimed.min : Math.min(0, ...anchors, ...(finite(claimed.max) ? [claimed.max] : []))
  const high = finite(claimed.max) ? claimed.max : Math.max(isToggle ? 1 : low + 1, ...anchors)
  const min = Math.min(low, high)
  const max = Math.max(low, high)
  const standard = finite(claimed.default) ? claimed.default : Math.max(min, Math.min(max, 0))
  return { min, max, default: Math.max(min, Math.min(max, standard)) }
}

/** Names of port groups, outermost first, joined by `/`. */
const groupPath = (world: World, groupUri: string, paths: Map<string, string>): string => {
  const known = paths.get(groupUri)
  if (known !== undefined) return known
  const names: string[] = []
  let at: string | null = groupUri
  for (let depth = 0; at && depth < DEEPEST_GROUP; depth += 1) {
    const node: MaybePointer = lilv().newUri(world.pointer, at)
    const name = groupName(world, node)
    if (name) names.unshift(name.replaceAll('/', '-'))
    at = world.value(node, LV2.subGroupOf)
    lilv().nodeFree(node)
  }
  const path = foreignText(names.join('/'), 300)
  paths.set(groupUri, path)
  return path
}

/** A group's name for people; empty where it has none. */
export const groupName = (world: World, group: MaybePointer): string =>
  foreignText(
    world.value(group, LV2.name) ?? world.value(group, 'http://www.w3.org/2000/01/rdf-schema#label') ?? world.value(group, LV2.symbol),
    200,
  )

const readPoints = (plugin: MaybePointer, port: MaybePointer): { value: number; label: string }[] => {
  const api = lilv()
  const points = api.portScalePoints(plugin, port)
  const found = new Map<number, string>()
  if (!points) return []
  for (let at = api.scaleBegin(points); !api.scaleIsEnd(points, at) && found.size < MOST_CHOICES; at = api.scaleNext(points, at)) {
    const point = api.scaleGet(points, at)
    const value = api.nodeFloat(api.scaleValue(point))
    const label = foreignText(api.nodeString(api.scaleLabel(point)), 200)
    if (Number.isFinite(value) && !found.has(value)) found.set(value, label)
  }
  api.scaleFree(points)
  return [...found].map(([value, label]) => ({ value, label })).sort((a, b) => a.value - b.value)
}

const roleOf = (isInput: boolean, designation: string | null, reportsLatency: boolean): ControlRole => {
  if (!isInput) return reportsLatency || designation === LV2.latency ? 'latency' : 'parameter'
  if (designation === LV2.enabled) return 'bypass'
  if (designation === LV2.freeWheeling) return 'free wheeling'
  return designation !== null && (Object.values(TIME) as string[]).includes(designation) ? 'time' : 'parameter'
}

/** Every port of a plugin, by index. Throws where there are absurdly many. */
export const readPorts = (world: World, plugin: MaybePointer): Port[] => {
  const api = lilv()
  const count = api.pluginPortCount(plugin)
  if (count > MOST_PORTS) throw new Error(`it claims ${count} ports, more than the ${MOST_PORTS} a plugin may have`)
  const mins = new Float32Array(count)
  const maxs = new Float32Array(count)
  const defaults = new Float32Array(count)
  if (count > 0) api.pluginRanges(plugin, mins, maxs, defaults)
  const groups = new Map<string, string>()
  const ports: Port[] = []
  for (let index = 0; index < count; index += 1) {
    const port = api.pluginPort(plugin, index)
    const is = (type: string) => api.portIsA(plugin, port, world.uri(type))
    const has = (property: string) => api.portHasProperty(plugin, port, world.uri(property))
    const get = (predicate: string) => world.take(api.portGet(plugin, port, world.uri(predicate)))
    const symbol = api.nodeString(api.portSymbol(plugin, port)) ?? `port_${index}`
    const groupUri = get(LV2.group)
    const base = {
      index,
      symbol,
      name: foreignText(world.take(api.portName(plugin, port)), 200) || foreignText(symbol, 200),
      isInput: is(LV2.InputPort),
      groupUri,
    }
    if (is(LV2.AudioPort) || is(LV2.CvPort)) {
      ports.push({ ...base, kind: is(LV2.CvPort) ? 'cv' : 'audio', isSideChain: has(LV2.isSideChain) })
    } else if (is(LV2.ControlPort)) {
      const designation = get(LV2.designation)
      const points = readPoints(plugin, port)
      const isToggle = has(LV2.toggled)
      const range = boundedRange(
        { min: mins[index] ?? Number.NaN, max: maxs[index] ?? Number.NaN, default: defaults[index] ?? Number.NaN },
        points.map((point) => point.value),
        isToggle,
      )
      ports.push({
        ...base,
        kind: 'control',
        role: roleOf(base.isInput, designation, has(LV2.reportsLatency)),
        ...range,
        isRateScaled: has(LV2.sampleRate),
        isToggle,
        isInteger: has(LV2.integer),
        isEnumeration: has(LV2.enumeration),
        isLogarithmic: has(LV2.logarithmic),
        isHidden: has(LV2.notOnGui),
        isAutomatable: !has(LV2.expensive) && !has(LV2.notAutomatic) && !has(LV2.causesArtifacts),
        unit: unitOf(world, plugin, port),
        group: groupUri ? groupPath(world, groupUri, groups) : '',
        designation,
        points,
      })
    } else if (is(LV2.AtomPort) || is(LV2.EventPort)) {
      const supports = (event: string) => api.portSupportsEvent(plugin, port, world.uri(event))
      ports.push({
        ...base,
        kind: is(LV2.AtomPort) ? 'atom' : 'event',
        takesNotes: supports(LV2.MidiEvent),
        takesTime: supports(TIME.Position),
        isControl: get(LV2.designation) === LV2.control,
        minimumBytes: Math.max(0, Math.trunc(Number(get(LV2.minimumSize) ?? 0)) || 0),
      })
    } else {
      ports.push({ ...base, kind: 'unknown', isOptional: has(LV2.connectionOptional) })
    }
  }
  return ports
}
