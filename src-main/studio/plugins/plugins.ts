// The plugins of this machine: what is installed, what came of reading it, what the user says of it. This process never loads one; children do.
import { existsSync } from 'node:fs'
import { homedir } from 'node:os'
import { basename, isAbsolute, join, resolve } from 'node:path'
import { environmentOf, findPluginFiles, type PluginFile, standardFolders } from '../../../src-engine/plugins/index.ts'
import { PLUGIN_FORMATS, type PluginDescriptor, type PluginFormat, type PluginRef } from '../../../src-shared/plugins/index.ts'
import type { EngineRequest, PluginFailure, PluginList, PluginScan, PluginSummary } from '../../../src-shared/protocol/index.ts'
import { fail, ok, type Problem, type Result } from '../../../src-shared/std/index.ts'
import type { EngineSupervisor, RunningEngine } from '../engine-supervisor.ts'
import { fileFailure } from '../file-problems.ts'
import type { ProcessHost } from '../process-host/index.ts'
import { isKnownGenerative } from './known-generative.ts'
import { PresetShelf } from './presets.ts'
import { SCAN_LIMIT_MS, type ScanCounts, scanFiles, type ScanHooks } from './scan.ts'
import { type FoundPlugin, handleOf, type ScannedFile, ScanStore } from './scan-store.ts'
import { type PluginGrouping, type PluginMarks, PluginSettings } from './settings.ts'
import { type TrialReport, tryOut } from './trials.ts'

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

export interface PluginScanOrder {
  readonly isForced?: boolean
  /** Files or folders; without them all folders are read, and what is gone is forgotten. */
  readonly paths?: readonly string[]
}

export interface PluginsOptions {
  /** The home's folder for plugins. */
  readonly dir: string
  readonly host: ProcessHost
  readonly onProblem: (problem: Problem) => void
  readonly now: () => number
  /** How long a file may take to be read. */
  readonly scanLimitMs?: number
}

const AT_REST: PluginScan = { isRunning: false, done: 0, total: 0, current: null }

const words = (query: string): string[] => query.toLowerCase().split(/\s+/).filter(Boolean)

interface Known {
  readonly file: ScannedFile
  readonly found: FoundPlugin
}

export class Plugins {
  readonly #options: PluginsOptions
  readonly #store: ScanStore
  #settings: PluginSettings | undefined
  /** The user's own presets. */
  readonly presets: PresetShelf
  readonly #listeners = new Set<(scan: PluginScan) => void>()
  readonly #changeListeners = new Set<() => void>()
  #scan = AT_REST
  #running: AbortController | undefined
  #tail: Promise<unknown> = Promise.resolve()
  #engine: EngineSupervisor | undefined
  #isClosed = false

  constructor(options: PluginsOptions) {
    this.#options = options
    this.#store = new ScanStore(options.dir, options.onProblem)
    this.presets = new PresetShelf(join(options.dir, 'presets'), options.now)
  }

  /** Every edit of a remix with plugins asks for them. */
  #index: { readonly revision: string; readonly known: ReadonlyMap<string, Known> } | undefined

  get #marks(): PluginSettings {
    this.#settings ??= new PluginSettings(join(this.#options.dir, 'settings.json'), this.#options.onProblem)
    return this.#settings
  }

  /** Plugins by `format:id`. Where one is installed twice, the one found first counts: own folders, then the environment's, the user's, the system's. */
  #known(): ReadonlyMap<string, Known> {
    this.#store.refresh()
    const { revision } = this.#store
    if (this.#index?.revision === revision) return this.#index.known
    const known = new Map<string, Known>()
    for (const file of this.#store.files)
      for (const found of file.plugins) {
        const key = `${file.format}:${found.id}`
        if (!known.has(key)) known.set(key, { file, found })
      }
    this.#index = { revision, known }
    return known
  }

  #summary({ file: { format }, found }: Known): PluginSummary {
    const { id, name, vendor, version, category, tags, isInstrument, hasSidechain, parameterCount } = found
    const marks = this.#marks.marks({ format, id })
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

  /** Everything that was found, by name, and everything that gave nothing, with the reason. */
  list(filter: PluginFilter = {}): PluginList {
    const known = [...this.#known().values()].map((one) => this.#summary(one))
    const wanted = words(filter.query ?? '')
    const plugins = known.filter((plugin) => {
      if (filter.format && plugin.format !== filter.format) return false
      if (filter.vendor !== undefined && plugin.vendor.toLowerCase() !== filter.vendor.toLowerCase()) return false
      if (filter.category && plugin.category !== filter.category) return false
      if (filter.isFavourite !== undefined && plugin.isFavourite !== filter.isFavourite) return false
      const text = [plugin.name, plugin.vendor, plugin.category, plugin.format, plugin.id, ...plugin.tags].join(' ').toLowerCase()
      return wanted.every((word) => text.includes(word))
    })
    const own = this.#marks.folders
    return {
      plugins: plugins.sort(
        (left, right) =>
          left.name.localeCompare(right.name, 'en') || left.format.localeCompare(right.format) || (left.id < right.id ? -1 : 1),
      ),
      failures: this.failures(),
      folders: [...own, ...this.#standardFolders().filter((folder) => !own.includes(folder))].map((folder) => ({
        folder: handleOf('lv2', folder),
        name: folder,
        isOwn: own.includes(folder),
      })),
      grouping: this.#marks.grouping,
      scan: this.#scan,
      scannedAt: this.#store.scannedAt,
    }
  }

  /** Files that gave no plugins, or not all of them. */
  failures(): PluginFailure[] {
    this.#store.refresh()
    return this.#store.files.flatMap((file): PluginFailure[] => {
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
    const known = this.#known().get(`${ref.format}:${ref.id}`)
    if (!known) return fail('plugin.missing', missingSentence(ref, this.#store.scannedAt !== null))
    return ok(this.#place(known))
  }

  #place(known: Known): PluginPlace {
    const plugin = this.#summary(known)
    const { takesShortBlocks } = known.found
    return { path: known.file.path, environment: this.#environment(plugin), isIsolated: plugin.isIsolated, takesShortBlocks, plugin }
  }

  #environment(ref: PluginRef): Record<string, string> {
    return { ...environmentOf(ref), ...this.#marks.marks(ref).environment }
  }

  /** What is known of a plugin that is installed; undefined for others. */
  readonly lookUp = (ref: PluginRef): PluginSummary | undefined => {
    const known = this.#known().get(`${ref.format}:${ref.id}`)
    return known && this.#summary(known)
  }

  /** Everything of one plugin. Codes: `plugin.missing`, `plugin.unread`. */
  descriptor(ref: PluginRef): Result<PluginDescriptor> {
    const known = this.#known().get(`${ref.format}:${ref.id}`)
    if (!known) return fail('plugin.missing', missingSentence(ref, this.#store.scannedAt !== null))
    const descriptor = this.#store.descriptor(known.file, ref.id)
    return descriptor
      ? ok(descriptor)
      : fail('plugin.unread', `What ${known.found.name} says of itself could not be read from disk. Rescan ${basename(known.file.path)}.`)
  }

  /** Other files in which the same plugin was found too. */
  copies(ref: PluginRef): string[] {
    const paths = this.#store.files.filter((file) => file.format === ref.format && file.plugins.some((plugin) => plugin.id === ref.id))
    return paths.slice(1).map(({ path }) => path)
  }

  /** The one plugin that is meant by an id, `format:id`, or a name. Codes: `plugin.missing`, `plugin.ambiguous`. */
  resolve(text: string): Result<PluginSummary> {
    const wanted = text.trim().toLowerCase()
    const all = this.list().plugins
    const exact = all.filter(({ format, id }) => id === text || `${format}:${id}` === text)
    const found =
      exact.length > 0 ? exact : all.filter(({ format, name }) => [name, `${format}:${name}`].some((one) => one.toLowerCase() === wanted))
    const [first] = found
    if (!first)
      return fail(
        'plugin.missing',
        this.#store.scannedAt === null
          ? `No plugin is known yet. Look for them first: stemma plugins scan`
          : `“${text}” is not installed here. See what is: stemma plugins list`,
      )
    if (found.length === 1) return ok(first)
    return fail('plugin.ambiguous', `Say which one is meant: ${found.map(({ format, id }) => `${format}:${id}`).join(', ')}.`)
  }

  #standardFolders(): string[] {
    const machine = { platform: process.platform, env: process.env, home: homedir() }
    return [...new Set(PLUGIN_FORMATS.flatMap((format) => standardFolders(format, machine)))]
  }

  #filesIn(paths: readonly string[] | undefined): PluginFile[] {
    const machine = { platform: process.platform, env: process.env, home: homedir() }
    return PLUGIN_FORMATS.flatMap((format) =>
      findPluginFiles(format, paths ?? [...this.#marks.folders, ...standardFolders(format, machine)]),
    )
  }

  /** Called with every step of a scan, and once at its end. */
  onScan(listener: (scan: PluginScan) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** Called when other plugins are installed than before, or one counts as generative now, or does not any more. */
  onChange(listener: () => void): void {
    this.#changeListeners.add(listener)
  }

  #noteChange(): void {
    for (const listener of this.#changeListeners) listener()
  }

  #tell(scan: PluginScan): void {
    this.#scan = scan
    for (const listener of [...this.#listeners]) listener(scan)
  }

  /** Reads new and changed plugin files, one scan after another. What was read before a cancel stays. Codes: `disk.*`. */
  scan(order: PluginScanOrder = {}, hooks: ScanHooks = {}): Promise<Result<ScanCounts>> {
    const scan = this.#tail.then(() => this.#runScan(order, hooks))
    this.#tail = scan.catch(() => {})
    return scan
  }

  async #runScan({ isForced = false, paths }: PluginScanOrder, { signal, onProgress }: ScanHooks): Promise<Result<ScanCounts>> {
    if (this.#isClosed || signal?.aborted) return ok({ read: 0, known: 0, isCancelled: true })
    const stop = new AbortController()
    const forward = (): void => stop.abort()
    signal?.addEventListener('abort', forward)
    this.#running = stop
    try {
      this.#store.refresh()
      const files = this.#filesIn(paths?.map((path) => resolve(path)))
      const counts = await scanFiles(
        { store: this.#store, host: this.#options.host },
        files,
        { isForced, limitMs: this.#options.scanLimitMs ?? SCAN_LIMIT_MS },
        {
          signal: stop.signal,
          onProgress: (scan) => {
            this.#tell(scan)
            onProgress?.(scan)
          },
        },
      )
      this.#tidy(paths === undefined, counts.isCancelled, files)
      await this.#store.flush()
      this.#push()
      if (counts.read > 0) this.#noteChange()
      return ok(counts)
    } catch (error) {
      return fileFailure(error, this.#options.dir)
    } finally {
      signal?.removeEventListener('abort', forward)
      this.#running = undefined
      this.#tell(AT_REST)
    }
  }

  /** Brings what is known in the order of the folders, and forgets what is gone; what lies outside all folders is gone after a whole scan too. */
  #tidy(isWhole: boolean, isCancelled: boolean, files: readonly PluginFile[]): void {
    const handles = (list: readonly PluginFile[]): string[] => list.map(({ format, path }) => handleOf(format, path))
    const usual = handles(isWhole ? files : this.#filesIn(undefined))
    this.#store.order([...usual, ...handles(files)])
    if (isWhole && !isCancelled) this.#store.noteScanned(new Date(this.#options.now()).toISOString())
    const kept = new Set(usual)
    const isGone = ({ format, path }: ScannedFile): boolean =>
      isWhole && !isCancelled ? !kept.has(handleOf(format, path)) : !existsSync(path)
    this.#store.forget(handles(this.#store.files.filter(isGone)))
  }

  /** Looks for plugins where nobody ever did and one of these is wanted: a remix from another machine must not fail for that. Codes: `disk.*`. */
  async ensureScanned(wanted: readonly PluginRef[], hooks: ScanHooks = {}): Promise<Result<null>> {
    const known = wanted.length === 0 ? undefined : this.#known()
    if (!known || this.#store.scannedAt !== null || wanted.every(({ format, id }) => known.has(`${format}:${id}`))) return ok(null)
    const scanned = await this.scan({}, hooks)
    return scanned.ok ? ok(null) : scanned
  }

  /** Ends a scan that runs; what it read so far stays. */
  cancelScan(): void {
    this.#running?.abort()
  }

  /** Reads one file again that failed or is held back. Codes: `plugins.unknown_file`, `disk.*`. */
  async rescan(file: string, hooks: ScanHooks = {}): Promise<Result<ScanCounts>> {
    this.#store.refresh()
    const known = this.#store.file(file)
    if (!known) return fail('plugins.unknown_file', 'This plugin file is not in the list any more. Scan again.')
    return this.scan({ isForced: true, paths: [known.path] }, hooks)
  }

  /** Adds marks to a plugin, installed or not. Codes: `plugins.bad_mark`, `disk.*`. */
  async mark(ref: PluginRef, marks: PluginMarks): Promise<Result<null>> {
    const marked = await this.#marks.mark(ref, marks)
    if (marked.ok && (marks.isIsolated !== undefined || marks.environment !== undefined)) this.#push()
    if (marked.ok && marks.isGenerative !== undefined) this.#noteChange()
    return marked
  }

  marks(ref: PluginRef): PluginMarks {
    return this.#marks.marks(ref)
  }

  get grouping(): PluginGrouping {
    return this.#marks.grouping
  }

  async group(grouping: PluginGrouping): Promise<Result<null>> {
    const set = await this.#marks.setGrouping(grouping)
    if (set.ok) this.#withEngine(({ client }) => void client.request('plugins.grouping', { mode: grouping }))
    return set
  }

  /** Folders the user added; they are searched before all others. */
  get folders(): readonly string[] {
    return this.#marks.folders
  }

  addFolder(folder: string): Promise<Result<null>> {
    const path = resolve(folder)
    if (!isAbsolute(path) || path.length > 4_096)
      return Promise.resolve(fail('plugins.bad_folder', 'This folder cannot be added: its path is too long.'))
    return this.#marks.setFolders([...this.#marks.folders, path])
  }

  /** By path or by the handle that lists give. */
  removeFolder(folder: string): Promise<Result<null>> {
    return this.#marks.setFolders(this.#marks.folders.filter((one) => one !== resolve(folder) && handleOf('lv2', one) !== folder))
  }

  /** What the engine has to know of every plugin. */
  registryForEngine(): EngineRequest<'plugins.registry'> {
    return {
      entries: [...this.#known().values()].map((known) => {
        const { plugin, ...place } = this.#place(known)
        return { format: plugin.format, id: plugin.id, ...place }
      }),
    }
  }

  /** Tells an engine of the plugins whenever it starts, and takes from it which of them must not share a process. */
  attach(supervisor: EngineSupervisor): void {
    this.#engine = supervisor
    supervisor.onStarted((engine) => {
      // In the order they are sent: whatever is asked of the engine next finds the plugins known.
      this.#pushTo(engine)
      if (this.grouping !== 'chain') void engine.client.request('plugins.grouping', { mode: this.grouping })
      engine.client.on('plugins.crashed', ({ format, id }) => void this.mark({ format, id }, { isIsolated: true }))
    })
  }

  #pushTo({ client }: RunningEngine): void {
    const registry = this.registryForEngine()
    if (registry.entries.length > 0) void client.request('plugins.registry', registry)
  }

  #push(): void {
    this.#withEngine((engine) => this.#pushTo(engine))
  }

  /** Only where one runs: nothing here is a reason to start it. */
  #withEngine(use: (engine: RunningEngine) => void): void {
    void this.#engine?.running()?.then((engine) => {
      if (engine.ok) use(engine.value)
    })
  }

  /** Tries a plugin out in a child of its own. Codes: `plugin.missing`, `plugins.cancelled`. */
  async test(
    ref: PluginRef,
    { signal, limitMs }: { readonly signal?: AbortSignal; readonly limitMs?: number } = {},
  ): Promise<Result<TrialReport>> {
    const place = this.find(ref)
    if (!place.ok) return place
    const { path, environment, takesShortBlocks } = place.value
    const report = await tryOut(
      this.#options.host,
      { ...ref, path, environment, takesShortBlocks },
      { ...(signal ? { signal } : {}), ...(limitMs === undefined ? {} : { limitMs }) },
    )
    return report ? ok(report) : fail('plugins.cancelled', 'The trial was cancelled.')
  }

  async close(): Promise<void> {
    this.#isClosed = true
    this.cancelScan()
    await this.#tail
    await this.#store.close()
  }
}

const missingSentence = ({ format, id }: PluginRef, isScanned: boolean): string =>
  isScanned
    ? `The plugin ${id} (${format.toUpperCase()}) is not installed here. Install it and scan again; what it stored is kept.`
    : `The plugin ${id} (${format.toUpperCase()}) is not known yet. Scan for plugins first; what it stored is kept.`
