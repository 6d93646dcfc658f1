// The plugins of this machine: looking for them, what the user says of them, trying them out, telling the engine. This process never loads one; children do.
import { existsSync } from 'node:fs'
import { homedir } from 'node:os'
import { isAbsolute, join, resolve } from 'node:path'
import { findPluginFiles, type PluginFile, standardFolders } from '../../../src-engine/plugins/index.ts'
import { PLUGIN_FORMATS, type PluginRef } from '../../../src-shared/plugins/index.ts'
import type { PluginList, PluginScan } from '../../../src-shared/protocol/index.ts'
import { fail, ok, type Problem, type Result } from '../../../src-shared/std/index.ts'
import type { EngineSupervisor, RunningEngine } from '../engine-supervisor.ts'
import { fileFailure } from '../file-problems.ts'
import type { ProcessHost } from '../process-host/index.ts'
import { InstalledPlugins, type PluginFilter } from './installed-plugins.ts'
import { PresetShelf } from './presets.ts'
import { SCAN_LIMIT_MS, type ScanCounts, scanFiles, type ScanHooks } from './scan.ts'
import { handleOf, type ScannedFile } from './scan-store.ts'
import type { PluginGrouping, PluginMarks } from './settings.ts'
import { type TrialReport, tryOut } from './trials.ts'

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

export class Plugins extends InstalledPlugins {
  readonly #options: PluginsOptions
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
    super(options.dir, options.onProblem)
    this.#options = options
    this.presets = new PresetShelf(join(options.dir, 'presets'), options.now)
  }

  /** Everything that was found, by name, and everything that gave nothing, with the reason. */
  list(filter: PluginFilter = {}): PluginList {
    const plugins = this.matching(filter)
    const own = this.settings.folders
    return {
      plugins,
      failures: this.failures(),
      folders: [...own, ...this.#standardFolders().filter((folder) => !own.includes(folder))].map((folder) => ({
        folder: handleOf('lv2', folder),
        name: folder,
        isOwn: own.includes(folder),
      })),
      grouping: this.settings.grouping,
      scan: this.#scan,
      scannedAt: this.store.scannedAt,
    }
  }

  #standardFolders(): string[] {
    const machine = { platform: process.platform, env: process.env, home: homedir() }
    return [...new Set(PLUGIN_FORMATS.flatMap((format) => standardFolders(format, machine)))]
  }

  #filesIn(paths: readonly string[] | undefined): PluginFile[] {
    const machine = { platform: process.platform, env: process.env, home: homedir() }
    return PLUGIN_FORMATS.flatMap((format) =>
      findPluginFiles(format, paths ?? [...this.settings.folders, ...standardFolders(format, machine)]),
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
      this.store.refresh()
      const files = this.#filesIn(paths?.map((path) => resolve(path)))
      const counts = await scanFiles(
        { store: this.store, host: this.#options.host },
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
      await this.store.flush()
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
    this.store.order([...usual, ...handles(files)])
    if (isWhole && !isCancelled) this.store.noteScanned(new Date(this.#options.now()).toISOString())
    const kept = new Set(usual)
    const isGone = ({ format, path }: ScannedFile): boolean =>
      isWhole && !isCancelled ? !kept.has(handleOf(format, path)) : !existsSync(path)
    this.store.forget(handles(this.store.files.filter(isGone)))
  }

  /** Looks for plugins where nobody ever did and one of these is wanted: a remix from another machine must not fail for that. Codes: `disk.*`. */
  async ensureScanned(wanted: readonly PluginRef[], hooks: ScanHooks = {}): Promise<Result<null>> {
    const known = wanted.length === 0 ? undefined : this.known()
    if (!known || this.store.scannedAt !== null || wanted.every(({ format, id }) => known.has(`${format}:${id}`))) return ok(null)
    const scanned = await this.scan({}, hooks)
    return scanned.ok ? ok(null) : scanned
  }

  /** Ends a scan that runs; what it read so far stays. */
  cancelScan(): void {
    this.#running?.abort()
  }

  /** Reads one file again that failed or is held back. Codes: `plugins.unknown_file`, `disk.*`. */
  async rescan(file: string, hooks: ScanHooks = {}): Promise<Result<ScanCounts>> {
    this.store.refresh()
    const known = this.store.file(file)
    if (!known) return fail('plugins.unknown_file', 'This plugin file is not in the list any more. Scan again.')
    return this.scan({ isForced: true, paths: [known.path] }, hooks)
  }

  /** Adds marks to a plugin, installed or not. Codes: `plugins.bad_mark`, `disk.*`. */
  async mark(ref: PluginRef, marks: PluginMarks): Promise<Result<null>> {
    const marked = await this.settings.mark(ref, marks)
    if (marked.ok && (marks.isIsolated !== undefined || marks.environment !== undefined)) this.#push()
    if (marked.ok && marks.isGenerative !== undefined) this.#noteChange()
    return marked
  }

  marks(ref: PluginRef): PluginMarks {
    return this.settings.marks(ref)
  }

  get grouping(): PluginGrouping {
    return this.settings.grouping
  }

  async group(grouping: PluginGrouping): Promise<Result<null>> {
    const set = await this.settings.setGrouping(grouping)
    if (set.ok) this.#withEngine(({ client }) => void client.request('plugins.grouping', { mode: grouping }))
    return set
  }

  /** Folders the user added; they are searched before all others. */
  get folders(): readonly string[] {
    return this.settings.folders
  }

  addFolder(folder: string): Promise<Result<null>> {
    const path = resolve(folder)
    if (!isAbsolute(path) || path.length > 4_096)
      return Promise.resolve(fail('plugins.bad_folder', 'This folder cannot be added: its path is too long.'))
    return this.settings.setFolders([...this.settings.folders, path])
  }

  /** By path or by the handle that lists give. */
  removeFolder(folder: string): Promise<Result<null>> {
    return this.settings.setFolders(this.settings.folders.filter((one) => one !== resolve(folder) && handleOf('lv2', one) !== folder))
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
    await this.store.close()
  }
}
