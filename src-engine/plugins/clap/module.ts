// A loaded `.clap` binary: its entry, its factory and what the factory lists. Loaded once per process and kept: the process ends by being
// killed, because unloading foreign code is where plugins crash and hang.
import { readdirSync, readFileSync, statSync } from 'node:fs'
import koffi from 'koffi'
import type { Pointer } from '../native/index.ts'
import { CALL, DESCRIPTOR, ENTRY, FACTORY, functionAt, pointerAt, stringAt } from './abi.ts'
import { binaryOf } from './binary-path.ts'
import { isUsableId } from './foreign.ts'

/** Most plugins one binary may hold. */
const MAX_PLUGINS = 1_000
const MAX_FEATURES = 50

/** What the factory says of a plugin, as foreign as it came; only `id` is known to be usable. */
export interface Listing {
  readonly id: string
  readonly name: string | null
  readonly vendor: string | null
  readonly version: string | null
  readonly features: readonly string[]
}

export interface ClapModule {
  readonly path: string
  readonly listings: readonly Listing[]
  /** A plugin, not yet initialised; null where the factory refuses. */
  create(host: Pointer, id: string): Pointer | null
}

const files = {
  isFolder: (path: string) => statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false,
  names: (folder: string) => readdirSync(folder),
  text: (path: string) => {
    try {
      return readFileSync(path, 'utf8')
    } catch {
      return null
    }
  },
}

const featuresAt = (list: Pointer | null): readonly string[] => {
  const features: string[] = []
  for (let i = 0; list !== null && i < MAX_FEATURES; i++) {
    const feature = stringAt(list, 8 * i)
    if (feature === null) break
    features.push(feature)
  }
  return features
}

const listingAt = (descriptor: Pointer | null): Listing | null => {
  const id = descriptor === null ? null : stringAt(descriptor, DESCRIPTOR.at.id)
  if (descriptor === null || !isUsableId(id, 500)) return null
  return {
    id,
    name: stringAt(descriptor, DESCRIPTOR.at.name),
    vendor: stringAt(descriptor, DESCRIPTOR.at.vendor),
    version: stringAt(descriptor, DESCRIPTOR.at.version),
    features: featuresAt(pointerAt(descriptor, DESCRIPTOR.at.features)),
  }
}

/** Held on to: koffi unloads a library whose object was collected, and with it the code of every plugin in it. */
const libraries: ReturnType<typeof koffi.load>[] = []

const loadLibrary = (path: string) => {
  try {
    const library = koffi.load(binaryOf(path, process.platform, files))
    libraries.push(library)
    return library
  } catch (error) {
    throw new Error(`${path} cannot be loaded: ${error instanceof Error ? error.message : String(error)}`)
  }
}

const entryOf = (path: string): Pointer => {
  const library = loadLibrary(path)
  try {
    return koffi.address(library.symbol('clap_entry')) as Pointer
  } catch {
    throw new Error(`${path} is not a CLAP plugin: it has no clap_entry.`)
  }
}

const load = (path: string): ClapModule => {
  const entry = entryOf(path)
  if ((koffi.decode(entry, ENTRY.at.major, 'uint32') as number) < 1) throw new Error(`${path} was made for an unfinished version of CLAP.`)
  const init = functionAt<(path: string) => boolean>(entry, ENTRY.at.init, CALL.entryInit)
  const getFactory = functionAt<(id: string) => Pointer | null>(entry, ENTRY.at.getFactory, CALL.getFactory)
  if (init?.(path) !== true) throw new Error(`${path} refused to start.`)
  const factory = getFactory?.('clap.plugin-factory') ?? null
  if (factory === null) throw new Error(`${path} offers no plugins.`)
  const count = functionAt<(factory: Pointer) => number>(factory, FACTORY.at.count, CALL.count)?.(factory) ?? 0
  const descriptor = functionAt<(factory: Pointer, index: number) => Pointer | null>(factory, FACTORY.at.descriptor, CALL.at)
  const create = functionAt<(factory: Pointer, host: Pointer, id: string) => Pointer | null>(factory, FACTORY.at.create, CALL.create)
  if (create === null || descriptor === null) throw new Error(`${path} offers no plugins.`)
  const listings = new Map<string, Listing>()
  for (let i = 0; i < Math.min(count, MAX_PLUGINS); i++) {
    const listing = listingAt(descriptor(factory, i))
    if (listing && !listings.has(listing.id)) listings.set(listing.id, listing)
  }
  return { path, listings: [...listings.values()], create: (host, id) => create(factory, host, id) }
}

const modules = new Map<string, ClapModule>()

/** The binary at `path`, loaded on first use. Throws with a sentence where it is no CLAP or refuses. */
export const moduleAt = (path: string): ClapModule => {
  const known = modules.get(path)
  if (known) return known
  const loaded = load(path)
  modules.set(path, loaded)
  return loaded
}
