// What is known of the plugins of this machine: what was read of each, with what the user says of it.
import { basename, join } from 'node:path'
import { environmentOf } from '../../../src-engine/plugins/index.ts'
import type { PluginDescriptor, PluginFormat, PluginRef } from '../../../src-shared/plugins/index.ts'
import type { EngineRequest, PluginFailure, PluginSummary } from '../../../src-shared/protocol/index.ts'
import { fail, ok, type Problem, type Result } from '../../../src-shared/std/index.ts'
import { isKnownGenerative } from './known-generative.ts'
import { type FoundPlugin, handleOf, type ScannedFile, ScanStore } from './scan-store.ts'
import { PluginSettings } from './settings.ts'

/** What a list is narrowed to; all given conditions hold. */
export interface PluginFilter {
  /** Words, each somewhere in name, vendor, category, tags or id. */
  readonly query?: string
  readonly format?: PluginFormat
  readonly vendor?: string
  readonly category?: PluginDescriptor['category']
  readonly isFavourite?: boolean
}

/** Where a plugin is, and how its process is started. */
export interface PluginPlace {
  readonly path: string
  readonly environment: Readonly<Record<string, string>>
  readonly isIsolated: boolean
  readonly takesShortBlocks: boolean
  readonly plugin: PluginSummary
}

const words = (query: string): string[] => query.toLowerCase().split(/\s+/).filter(Boolean)

interface Known {
  readonly file: ScannedFile
  readonly found: FoundPlugin
}

const missingSentence = ({ format, id }: PluginRef, isScanned: boolean): string =>
  isScanned
    ? `The plugin ${id} (${format.toUpperCase()}) is not installed here. Install it and scan again; what it stored is kept.`
    : `The plugin ${id} (${format.toUpperCase()}) is not known yet. Scan for plugins first; what it stored is kept.`

export class InstalledPlugins {
  protected readonly store: ScanStore
  readonly #openSettings: () => PluginSettings
  #settings: PluginSettings | undefined

  /** `dir` is the home's folder for plugins. */
  constructor(dir: string, onProblem: (problem: Problem) => void) {
    this.store = new ScanStore(dir, onProblem)
    this.#openSettings = () => new PluginSettings(join(dir, 'settings.json'), onProblem)
  }

  /** What the user says of plugins. */
  protected get settings(): PluginSettings {
    this.#settings ??= this.#openSettings()
    return this.#settings
  }

  /** Every edit of a remix with plugins asks for them. */
  #index: { readonly revision: string; readonly known: ReadonlyMap<string, Known> } | undefined

  /** Plugins by `format:id`. Where one is installed twice, the one found first counts: own folders, then the environment's, the user's, the system's. */
  protected known(): ReadonlyMap<string, Known> {
    this.store.refresh()
    const { revision } = this.store
    if (this.#index?.revision === revision) return this.#index.known
    const known = new Map<string, Known>()
    for (const file of this.store.files)
      for (const found of file.plugins) {
        const key = `${file.format}:${found.id}`
        if (!known.has(key)) known.set(key, { file, found })
      }
    this.#index = { revision, known }
    return known
  }

  #summary({ file: { format }, found }: Known): PluginSummary {
    const { id, name, vendor, version, category, tags, isInstrument, hasSidechain, parameterCount } = found
    const marks = this.settings.marks({ format, id })
    return {
      format,
      id,
      name,
      vendor,
      version,
      category,
      tags,
      isInstrument,
      hasSidechain,
      parameterCount,
      isFavourite: marks.isFavourite ?? false,
      isGenerative: marks.isGenerative ?? isKnownGenerative({ format, id, name }),
      isIsolated: marks.isIsolated ?? false,
    }
  }

  /** Those that fit, by name. */
  protected matching(filter: PluginFilter): PluginSummary[] {
    const known = [...this.known().values()].map((one) => this.#summary(one))
    const wanted = words(filter.query ?? '')
    const plugins = known.filter((plugin) => {
      if (filter.format && plugin.format !== filter.format) return false
      if (filter.vendor !== undefined && plugin.vendor.toLowerCase() !== filter.vendor.toLowerCase()) return false
      if (filter.category && plugin.category !== filter.category) return false
      if (filter.isFavourite !== undefined && plugin.isFavourite !== filter.isFavourite) return false
      const text = [plugin.name, plugin.vendor, plugin.category, plugin.format, plugin.id, ...plugin.tags].join(' ').toLowerCase()
      return wanted.every((word) => text.includes(word))
    })
    return plugins.sort(
      (left, right) =>
        left.name.localeCompare(right.name, 'en') || left.format.localeCompare(right.format) || (left.id < right.id ? -1 : 1),
    )
  }

  /** Files that gave no plugins, or not all of them. */
  failures(): PluginFailure[] {
    this.store.refresh()
    return this.store.files.flatMap((file): PluginFailure[] => {
      const handle = handleOf(file.format, file.path)
      const base = { file: handle, format: file.format }
      if (file.state !== 'ok')
        return [
          {
            ...base,
            name: basename(file.path),
            state: file.state === 'interrupted' ? 'failed' : file.state,
            reason:
              file.state === 'interrupted' && file.interruptions > 1
                ? `${file.reason} That happened before; rescan it to try again.`
                : file.reason,
          },
        ]
      return file.refused.map(({ id, reason }) => ({ ...base, name: id || basename(file.path), state: 'failed', reason }))
    })
  }

  /** Where a plugin is and how to start it. Codes: `plugin.missing`. */
  find(ref: PluginRef): Result<PluginPlace> {
    const known = this.known().get(`${ref.format}:${ref.id}`)
    if (!known) return fail('plugin.missing', missingSentence(ref, this.store.scannedAt !== null))
    return ok(this.#place(known))
  }

  #place(known: Known): PluginPlace {
    const plugin = this.#summary(known)
    const { takesShortBlocks } = known.found
    return { path: known.file.path, environment: this.#environment(plugin), isIsolated: plugin.isIsolated, takesShortBlocks, plugin }
  }

  #environment(ref: PluginRef): Record<string, string> {
    return { ...environmentOf(ref), ...this.settings.marks(ref).environment }
  }

  /** What is known of a plugin that is installed; undefined for others. */
  readonly lookUp = (ref: PluginRef): PluginSummary | undefined => {
    const known = this.known().get(`${ref.format}:${ref.id}`)
    return known && this.#summary(known)
  }

  /** Everything of one plugin. Codes: `plugin.missing`, `plugin.unread`. */
  descriptor(ref: PluginRef): Result<PluginDescriptor> {
    const known = this.known().get(`${ref.format}:${ref.id}`)
    if (!known) return fail('plugin.missing', missingSentence(ref, this.store.scannedAt !== null))
    const descriptor = this.store.descriptor(known.file, ref.id)
    return descriptor
      ? ok(descriptor)
      : fail('plugin.unread', `What ${known.found.name} says of itself could not be read from disk. Rescan ${basename(known.file.path)}.`)
  }

  /** Other files in which the same plugin was found too. */
  copies(ref: PluginRef): string[] {
    const paths = this.store.files.filter((file) => file.format === ref.format && file.plugins.some((plugin) => plugin.id === ref.id))
    return paths.slice(1).map(({ path }) => path)
  }

  /** The one plugin that is meant by an id, `format:id`, or a name. Codes: `plugin.missing`, `plugin.ambiguous`. */
  resolve(text: string): Result<PluginSummary> {
    const wanted = text.trim().toLowerCase()
    const all = this.matching({})
    const exact = all.filter(({ format, id }) => id === text || `${format}:${id}` === text)
    const found =
      exact.length > 0 ? exact : all.filter(({ format, name }) => [name, `${format}:${name}`].some((one) => one.toLowerCase() === wanted))
    const [first] = found
    if (!first)
      return fail(
        'plugin.missing',
        this.store.scannedAt === null
          ? `No plugin is known yet. Look for them first: stemma plugins scan`
          : `“${text}” is not installed here. See what is: stemma plugins list`,
      )
    if (found.length === 1) return ok(first)
    return fail('plugin.ambiguous', `Say which one is meant: ${found.map(({ format, id }) => `${format}:${id}`).join(', ')}.`)
  }

  /** What the engine has to know of every plugin. */
  registryForEngine(): EngineRequest<'plugins.registry'> {
    return {
      entries: [...this.known().values()].map((known) => {
        const { plugin, ...place } = this.#place(known)
        return { format: plugin.format, id: plugin.id, ...place }
      }),
    }
  }
}
