// Audio ports in buses: the first is the main one, side chains are marked, the rest stands after it. The order decides what the mixer connects.
import type { MaybePointer } from './lilv.ts'
import { lilv } from './lilv.ts'
import { groupName, type Port, type SignalPort } from './ports.ts'
import { LV2 } from './uris.ts'
import type { World } from './world.ts'

export interface Bus {
  readonly name: string
  readonly isSidechain: boolean
  /** In the order of the plugin's ports. */
  readonly ports: readonly SignalPort[]
}

const SIDECHAIN_NAME = /side[\s_-]?chain|^sc[\s_]|^key\b/i

/** Buses a plugin takes (or gives); ports without a group are paired two by two after the main bus. */
export const busesOf = (world: World, ports: readonly Port[], isInput: boolean): Bus[] => {
  const audio = ports.filter((port): port is SignalPort => port.kind === 'audio' && port.isInput === isInput)
  if (audio.length === 0) return []
  const groups = new Map<string, { name: string; isSidechain: boolean }>()
  for (const uri of new Set(audio.flatMap((port) => port.groupUri ?? []))) {
    const node: MaybePointer = lilv().newUri(world.pointer, uri)
    groups.set(uri, { name: groupName(world, node), isSidechain: world.value(node, LV2.sideChainOf) !== null })
    lilv().nodeFree(node)
  }
  const isSidechain = (port: SignalPort): boolean => {
    if (!isInput) return false
    const group = port.groupUri ? groups.get(port.groupUri) : undefined
    return port.isSideChain || group?.isSidechain === true || SIDECHAIN_NAME.test(group?.name ?? '') || SIDECHAIN_NAME.test(port.name)
  }
  const sidechains = audio.filter(isSidechain)
  // A plugin of which every input is a side chain has mislabelled its main one.
  const plain = sidechains.length === audio.length ? audio : audio.filter((port) => !sidechains.includes(port))
  const label = (bus: readonly SignalPort[], fallback: string): string => {
    const uri = bus[0]?.groupUri
    return (uri ? groups.get(uri)?.name : '') || (bus.length === 1 ? bus[0]?.name : '') || fallback
  }
  const buses: Bus[] = []
  for (const set of split(plain)) {
    const fallback = buses.length === 0 ? (isInput ? 'Input' : 'Output') : `${isInput ? 'Input' : 'Output'} ${buses.length + 1}`
    buses.push({ name: label(set, fallback), isSidechain: false, ports: set })
  }
  if (sidechains.length < audio.length) {
    for (const set of split(sidechains)) buses.push({ name: label(set, 'Side chain'), isSidechain: true, ports: set })
  }
  return buses
}

/** Neighbours of one group belong together; without groups two are one stereo bus. */
const split = (ports: readonly SignalPort[]): SignalPort[][] => {
  const sets: SignalPort[][] = []
  for (const port of ports) {
    const last = sets[sets.length - 1]
    const first = last?.[0]
    const isSame = first !== undefined && first.groupUri === port.groupUri && (port.groupUri !== null || (last?.length ?? 0) < 2)
    if (last && isSame) last.push(port)
    else sets.push([port])
  }
  return sets
}
