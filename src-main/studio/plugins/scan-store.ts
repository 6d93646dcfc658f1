// What is known of every plugin file, on disk: one small index, and the full description of each file beside it. Written whole or not at all; what
// cannot be read is put aside and scanned again. Before a file is read a mark is written, so that a scan that took the app down names its suspect.
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { SCANNER_VERSION } from '../../../src-engine/plugins/index.ts'
import {
  PLUGIN_CATEGORIES,
  type PluginDescriptor,
  type PluginFormat,
  pluginDescriptorSchema,
  pluginFormatSchema,
} from '../../../src-shared/plugins/index.ts'
import type { Problem } from '../../../src-shared/std/index.ts'
import { writeAtomically } from '../disk/index.ts'

const path = z.string().min(1).max(4_096)

const foundPluginSchema = z.object({
  id: z.string().min(1).max(500),
  name: z.string().max(500),
  vendor: z.string().max(200),
  version: z.string().max(100),
  category: z.enum(PLUGIN_CATEGORIES),
  tags: z.array(z.string().max(100)).max(50),
  isInstrument: z.boolean(),
  hasSidechain: z.boolean(),
  takesNotes: z.boolean(),
  parameterCount: z.int().min(0),
  /** Channels of all audio buses together. */
  inputs: z.int().min(0),
  outputs: z.int().min(0),
  takesShortBlocks: z.boolean().default(false),
})
/** A plugin as the index keeps it. */
export type FoundPlugin = z.infer<typeof foundPluginSchema>

const fileSchema = z.object({
  format: pluginFormatSchema,
  path,
  stamp: z.string().max(64),
  /** `interrupted`: it was being read when the app ended; suspect, but not proved guilty. */
  state: z.enum(['ok', 'failed', 'crashed', 'timed out', 'interrupted']),
  /** A sentence; empty where all is well. */
  reason: z.string().max(2_000),
  /** How often in a row it was interrupted. */
  interruptions: z.int().min(0).max(1_000),
  plugins: z.array(foundPluginSchema).max(5_000),
  refused: z.array(z.object({ id: z.string().max(500), reason: z.string().max(2_000) })).max(1_000),
})
/** A plugin file and what came of reading it. */
export type ScannedFile = z.infer<typeof fileSchema>

const markSchema = z.object({ format: pluginFormatSchema, path, stamp: z.string().max(64) })
/** That a file is being read. */
export type Mark = z.infer<typeof markSchema>

const indexSchema = z.object({
  v: z.literal(1),
  scanner: z.int(),
  /** When all folders were last read. */
  scannedAt: z.string().max(40).nullable(),
  /** In the order they were found, which decides between two of one id. */
  files: z.array(fileSchema).max(20_000),
})

const descriptionsSchema = z.object({ v: z.literal(1), stamp: z.string().max(64), plugins: z.array(z.unknown()).max(5_000) })

const MAX_INDEX_BYTES = 128 * 1024 * 1024
const MAX_DESCRIPTIONS_BYTES = 256 * 1024 * 1024
/** Results are kept at most this long before they are written: a few files would be read again after a power cut. */
const FLUSH_MS = 700

/** Names a file in lists and on disk: windows never see paths. */
export const handleOf = (format: PluginFormat, file: string): string =>
  createHash('sha256').update(`${format}:${file}`).digest('hex').slice(0, 32)

const parse = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

const readWhole = (file: string, maxBytes: number): unknown => {
  if (statSync(file).size > maxBytes) return undefined
  return parse(readFileSync(file, 'utf8'))
}

export class ScanStore {
  readonly #dir: string
  readonly #onProblem: (problem: Problem) => void
  #files = new Map<string, ScannedFile>()
  #scannedAt: string | null = null
  /** Time and size of the index as it was read, to see when another process wrote it. */
  #seen = ''
  #timer: NodeJS.Timeout | undefined
  /** Counts changes, so that one during a write is not taken for written. */
  #changes = 0
  #written = 0
  #writing: Promise<void> = Promise.resolve()
  readonly #inProgress = new Map<string, Mark>()

  /** `dir` is the home's folder for plugins; it is made when there is something to write. */
  constructor(dir: string, onProblem: (problem: Problem) => void) {
    this.#dir = dir
    this.#onProblem = onProblem
  }

  get #indexPath(): string {
    return join(this.#dir, 'scan.json')
  }

  get #marksDir(): string {
    return join(this.#dir, 'scanning')
  }

  /** Reads what is on disk where it is not what is in memory, and names as suspects what processes that are gone were reading. */
  refresh(): void {
    if (this.#changes !== this.#written || this.#inProgress.size > 0) return
    const seen = this.#look()
    if (seen !== this.#seen) {
      this.#seen = seen
      this.#read()
    }
    this.#takeInterrupted()
  }

  #look(): string {
    const found = statSync(this.#indexPath, { throwIfNoEntry: false })
    return found ? `${found.mtimeMs} ${found.size} ${found.ino}` : ''
  }

  #read(): void {
    this.#files = new Map()
    this.#scannedAt = null
    if (!existsSync(this.#indexPath)) return
    try {
      const decoded = indexSchema.safeParse(readWhole(this.#indexPath, MAX_INDEX_BYTES))
      if (decoded.success) {
        const isCurrent = decoded.data.scanner === SCANNER_VERSION
        this.#scannedAt = decoded.data.scannedAt
        // Of another version the descriptions still serve until they are read anew.
        for (const file of decoded.data.files) this.#files.set(handleOf(file.format, file.path), isCurrent ? file : { ...file, stamp: '' })
        return
      }
      renameSync(this.#indexPath, `${this.#indexPath}.damaged`)
      this.#seen = ''
      this.#onProblem({
        code: 'plugins.index_damaged',
        message: 'The list of installed plugins could not be read; the file was put aside. Scan again to make a new one.',
      })
    } catch (error) {
      this.#onProblem({
        code: 'plugins.index_unreadable',
        message: `The list of installed plugins could not be read (${error instanceof Error ? error.message : String(error)}). Scan again.`,
      })
    }
  }

  #takeInterrupted(): void {
    if (!existsSync(this.#marksDir)) return
    for (const name of readdirSync(this.#marksDir)) {
      const pid = Number(/^(\d+)\.json$/.exec(name)?.[1] ?? 0)
      if (pid === process.pid ? this.#inProgress.size > 0 : pid > 0 && isAlive(pid)) continue
      const marks = z
        .array(markSchema)
        .max(64)
        .safeParse(readWhole(join(this.#marksDir, name), 1 << 20))
      for (const { format, path: file, stamp } of marks.success ? marks.data : []) {
        const handle = handleOf(format, file)
        const before = this.#files.get(handle)
        // It was done, and only the mark outlived it.
        if (before?.state === 'ok' && before.stamp === stamp) continue
        this.put({
          format,
          path: file,
          stamp,
          state: 'interrupted',
          reason: 'Stemma ended while it was read.',
          interruptions: (before?.stamp === stamp ? before.interruptions : 0) + 1,
          plugins: [],
          refused: [],
        })
      }
      rmSync(join(this.#marksDir, name), { force: true })
    }
  }

  /** Another whenever other files are known. */
  get revision(): string {
    return `${this.#changes} ${this.#seen}`
  }

  get files(): readonly ScannedFile[] {
    return [...this.#files.values()]
  }

  get scannedAt(): string | null {
    return this.#scannedAt
  }

  file(handle: string): ScannedFile | undefined {
    return this.#files.get(handle)
  }

  /** Notes on disk, at once, that a file is about to be read. Throws the file system's error: without the mark nothing may be read. */
  begin(mark: Mark): void {
    this.#inProgress.set(handleOf(mark.format, mark.path), mark)
    this.#mark()
  }

  /** Takes the mark off. */
  end({ format, path: file }: Mark): void {
    this.#inProgress.delete(handleOf(format, file))
    this.#mark()
  }

  #mark(): void {
    const mark = join(this.#marksDir, `${process.pid}.json`)
    if (this.#inProgress.size === 0) {
      rmSync(mark, { force: true })
      return
    }
    mkdirSync(this.#marksDir, { recursive: true, mode: 0o700 })
    // Synced by no one: it has to outlive this process, not a power cut, after which the file is read once more.
    writeFileSync(`${mark}.part`, JSON.stringify([...this.#inProgress.values()]), { mode: 0o600 })
    renameSync(`${mark}.part`, mark)
  }

  #changed(): void {
    this.#changes++
    this.#timer ??= setTimeout(() => void this.flush().catch(() => {}), FLUSH_MS)
  }

  /** Keeps a result; it is on disk within a second, or after `flush`. */
  put(file: ScannedFile): void {
    this.#files.set(handleOf(file.format, file.path), file)
    this.#changed()
  }

  /** Keeps the descriptions of a file: written before its entry in the index, which names their stamp. */
  async describe(file: Pick<ScannedFile, 'format' | 'path' | 'stamp'>, plugins: readonly PluginDescriptor[]): Promise<void> {
    const dir = join(this.#dir, 'files')
    mkdirSync(dir, { recursive: true, mode: 0o700 })
    await writeAtomically(join(dir, `${handleOf(file.format, file.path)}.json`), JSON.stringify({ v: 1, stamp: file.stamp, plugins }), {
      mode: 0o600,
    })
  }

  /** The full description of a plugin; undefined where it is not there or does not hold. */
  descriptor(file: ScannedFile, id: string): PluginDescriptor | undefined {
    try {
      const decoded = descriptionsSchema.safeParse(
        readWhole(join(this.#dir, 'files', `${handleOf(file.format, file.path)}.json`), MAX_DESCRIPTIONS_BYTES),
      )
      if (!decoded.success) return undefined
      const found = decoded.data.plugins.find(
        (one) => typeof one === 'object' && one !== null && (one as { readonly id?: unknown }).id === id,
      )
      const plugin = pluginDescriptorSchema.safeParse(found)
      return plugin.success ? plugin.data : undefined
    } catch {
      return undefined
    }
  }

  /** Puts files first, in the order given: it decides between two of one id, and results come in as they come. */
  order(handles: readonly string[]): void {
    const ordered = new Map<string, ScannedFile>()
    for (const handle of [...handles, ...this.#files.keys()]) {
      const file = this.#files.get(handle)
      if (file) ordered.set(handle, file)
    }
    this.#files = ordered
    this.#changed()
  }

  /** Forgets files with their descriptions. */
  forget(handles: readonly string[]): void {
    for (const handle of handles) {
      this.#files.delete(handle)
      rmSync(join(this.#dir, 'files', `${handle}.json`), { force: true })
    }
    this.#changed()
  }

  /** Notes when all folders were read. */
  noteScanned(at: string): void {
    this.#scannedAt = at
    this.#changed()
  }

  /** Writes the index now. Throws the file system's error. */
  flush(): Promise<void> {
    clearTimeout(this.#timer)
    this.#timer = undefined
    const write = this.#writing.then(async () => {
      const changes = this.#changes
      mkdirSync(this.#dir, { recursive: true, mode: 0o700 })
      const text = JSON.stringify({ v: 1, scanner: SCANNER_VERSION, scannedAt: this.#scannedAt, files: this.files })
      await writeAtomically(this.#indexPath, text, { mode: 0o600 })
      this.#seen = this.#look()
      this.#written = changes
    })
    this.#writing = write.catch(() => {})
    return write
  }

  /** Writes what waits; nothing where nothing does. Never throws: what is lost is scanned again. */
  async close(): Promise<void> {
    if (this.#changes !== this.#written) await this.flush().catch(() => {})
    await this.#writing
  }
}
