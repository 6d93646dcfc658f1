// A lilv world that holds one bundle. Kept per bundle for the life of the process: instances need it, and hosts and scanners end by exit.
import { readdirSync, readFileSync, realpathSync, statSync } from 'node:fs'
import { homedir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { lilv, type MaybePointer } from './lilv.ts'

const MOST_NODES = 10_000
const MOST_MANIFEST_BYTES = 4 * 1024 * 1024

export class World {
  readonly pointer: MaybePointer
  readonly bundlePath: string
  readonly #names = new Map<string, MaybePointer>()

  constructor(bundlePath: string) {
    const api = lilv()
    this.bundlePath = bundlePath
    this.pointer = api.worldNew()
    if (!this.pointer) throw new Error('lilv could not start: not enough memory')
    this.#loadBundle(bundlePath)
    const uris = this.plugins().map((plugin) => `<${api.nodeString(api.pluginUri(plugin)) ?? ''}>`)
    for (const { folder, manifest } of presetBundles(dirname(bundlePath), join(homedir(), '.lv2'))) {
      if (folder !== bundlePath && uris.some((uri) => manifest.includes(uri))) this.#loadBundle(folder)
    }
    api.loadSpecifications(this.pointer)
    api.loadPluginClasses(this.pointer)
  }

  #loadBundle(path: string): void {
    // A bundle's URI ends with a slash, or file names in its manifest resolve to its parent.
    const bundle = lilv().newFileUri(this.pointer, null, join(path, '/'))
    lilv().loadBundle(this.pointer, bundle)
    lilv().nodeFree(bundle)
  }

  /** The node of a URI; kept, never to be freed. */
  uri(uri: string): MaybePointer {
    let node = this.#names.get(uri)
    if (node === undefined) {
      node = lilv().newUri(this.pointer, uri)
      this.#names.set(uri, node)
    }
    return node
  }

  plugins(): MaybePointer[] {
    const api = lilv()
    const all = api.allPlugins(this.pointer)
    const found: MaybePointer[] = []
    for (let at = api.pluginsBegin(all); !api.pluginsIsEnd(all, at); at = api.pluginsNext(all, at)) found.push(api.pluginsGet(all, at))
    return found
  }

  plugin(uri: string): MaybePointer {
    const api = lilv()
    return api.pluginsByUri(api.allPlugins(this.pointer), this.uri(uri))
  }

  /** Text of a node that is then freed; null for NULL. */
  take(node: MaybePointer): string | null {
    if (!node) return null
    const text = lilv().nodeString(node)
    lilv().nodeFree(node)
    return text
  }

  /** Texts of a collection that is then freed. */
  takeAll(nodes: MaybePointer): string[] {
    const api = lilv()
    const found: string[] = []
    if (!nodes) return found
    for (let at = api.nodesBegin(nodes); !api.nodesIsEnd(nodes, at) && found.length < MOST_NODES; at = api.nodesNext(nodes, at)) {
      found.push(api.nodeString(api.nodesGet(nodes, at)) ?? '')
    }
    api.nodesFree(nodes)
    return found
  }

  /** First object of (subject, predicate), or null. */
  value(subject: MaybePointer, predicate: string): string | null {
    return subject ? this.take(lilv().worldGet(this.pointer, subject, this.uri(predicate), null)) : null
  }
}

interface PresetBundle {
  readonly folder: string
  readonly manifest: string
}

const presetsIn = new Map<string, readonly PresetBundle[]>()

/** Bundles that have presets and no plugin: they may belong to a plugin beside them. Read once per process. */
const presetBundles = (...parents: readonly string[]): PresetBundle[] =>
  [...new Set(parents)].flatMap((parent) => {
    let found = presetsIn.get(parent)
    if (!found) {
      found = namesIn(parent).flatMap((name) => {
        const folder = join(parent, name)
        const manifest = manifestOf(folder)
        return manifest.includes('Preset') && !/lv2:Plugin\b|lv2core#Plugin>/.test(manifest) ? [{ folder, manifest }] : []
      })
      presetsIn.set(parent, found)
    }
    return [...found]
  })

const namesIn = (folder: string): string[] => {
  try {
    return readdirSync(folder).sort()
  } catch {
    return []
  }
}

const manifestOf = (folder: string): string => {
  const path = join(folder, 'manifest.ttl')
  try {
    return statSync(path).size <= MOST_MANIFEST_BYTES ? readFileSync(path, 'utf8') : ''
  } catch {
    return ''
  }
}

const worlds = new Map<string, World>()

/** The world of a bundle folder. Throws where there is no such bundle. */
export const worldOf = (path: string): World => {
  const folder = resolve(path)
  let isBundle = false
  try {
    isBundle = statSync(join(folder, 'manifest.ttl')).isFile()
  } catch {
    // Told below, in words.
  }
  if (!isBundle) throw new Error(`${path} is no LV2 bundle: it has no manifest.ttl`)
  const real = realpathSync(folder)
  let world = worlds.get(real)
  if (!world) {
    world = new World(real)
    worlds.set(real, world)
  }
  return world
}
