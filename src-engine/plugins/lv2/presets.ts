// Presets that a bundle brings along. An id is the preset's URI.
import { foreignText } from '../foreign-text.ts'
import koffi from 'koffi'
import type { Pointer } from '../native/index.ts'
import { PROTOTYPES } from './abi.ts'
import { nativeCallback, throwRemembered } from './callbacks.ts'
import { mapFeature } from './features.ts'
import { lilv, type MaybePointer } from './lilv.ts'
import { urid } from './urids.ts'
import { ATOM, LV2, RDFS_LABEL } from './uris.ts'
import type { World } from './world.ts'

const MOST_PRESETS = 5_000

/** Presets by name; those in a bank are named `Bank: Name`. */
export const readPresets = (world: World, plugin: MaybePointer): { id: string; name: string }[] => {
  const api = lilv()
  const nodes = api.pluginRelated(plugin, world.uri(LV2.Preset))
  const found: { id: string; name: string }[] = []
  if (!nodes) return found
  for (let at = api.nodesBegin(nodes); !api.nodesIsEnd(nodes, at) && found.length < MOST_PRESETS; at = api.nodesNext(nodes, at)) {
    const node = api.nodesGet(nodes, at)
    const id = api.nodeString(node) ?? ''
    if (id === '' || id.length > 1_000) continue
    // The manifest mostly has the name already; what else it refers to can be many megabytes.
    const named = world.value(node, RDFS_LABEL)
    if (named === null) api.loadResource(world.pointer, node)
    const label = foreignText(named ?? world.value(node, RDFS_LABEL), 300) || foreignText(id, 300)
    const bank = world.value(node, LV2.presetBank)
    found.push({
      id,
      name: bank === null || label.startsWith(bankName(world, bank)) ? label : foreignText(`${bankName(world, bank)}: ${label}`, 300),
    })
  }
  api.nodesFree(nodes)
  return found.sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : a.id < b.id ? -1 : 1))
}

const bankName = (world: World, uri: string): string => {
  const node = lilv().newUri(world.pointer, uri)
  const name = foreignText(world.value(node, RDFS_LABEL), 100)
  lilv().nodeFree(node)
  return name || 'Bank'
}

const numberAt = (value: MaybePointer, type: number): number => {
  if (type === urid(ATOM.Float)) return koffi.decode.float(value)
  if (type === urid(ATOM.Double)) return koffi.decode.double(value)
  if (type === urid(ATOM.Int) || type === urid(ATOM.Bool)) return koffi.decode.int32(value)
  return type === urid(ATOM.Long) ? Number(koffi.decode.int64(value)) : Number.NaN
}

let setter: ((symbol: string, value: number) => void) | undefined
let setPort: Pointer | undefined

/** Applies a state that stands in the metadata, such as a preset or the plugin's default. False where there is none of that URI. */
export const applyWorldState = (request: {
  readonly world: World
  readonly uri: string
  readonly instance: MaybePointer
  readonly features: Pointer
  readonly setControl: (symbol: string, value: number) => void
}): boolean => {
  const api = lilv()
  const node = api.newUri(request.world.pointer, request.uri)
  api.loadResource(request.world.pointer, node)
  const state = api.stateFromWorld(request.world.pointer, mapFeature(), node)
  api.nodeFree(node)
  if (!state) return false
  setPort ??= nativeCallback(
    PROTOTYPES.setPort,
    undefined,
    (symbol: string | null, _own: MaybePointer, value: MaybePointer, _size: number, type: number) => {
      if (symbol !== null && value) setter?.(symbol, numberAt(value, type))
    },
  )
  setter = request.setControl
  try {
    api.stateRestore(state, request.instance, setPort, null, 0, request.features)
    throwRemembered()
    return true
  } finally {
    setter = undefined
    api.stateFree(state)
  }
}
