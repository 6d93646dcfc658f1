// What the user says of plugins: marks, own folders, how they are grouped into processes. One small file.
import { existsSync, mkdirSync, readFileSync, renameSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { z } from 'zod'
import type { PluginRef } from '../../../src-shared/plugins/index.ts'
import { PLUGIN_GROUPINGS } from '../../../src-shared/protocol/index.ts'
import { fail, ok, type Problem, type Result } from '../../../src-shared/std/index.ts'
import { writeAtomically } from '../disk/index.ts'
import { fileFailure } from '../file-problems.ts'

const markSchema = z.object({
  isFavourite: z.boolean().exactOptional(),
  /** What the user says; without it what is known of the plugin counts. */
  isGenerative: z.boolean().exactOptional(),
  isIsolated: z.boolean().exactOptional(),
  /** Added to the environment of its process. */
  environment: z.record(z.string().regex(/^[A-Za-z_][A-Za-z0-9_]{0,99}$/), z.string().max(4_096)).exactOptional(),
})
export type PluginMarks = z.infer<typeof markSchema>

export type PluginGrouping = (typeof PLUGIN_GROUPINGS)[number]

const settingsSchema = z.object({
  v: z.literal(1),
  grouping: z.enum(PLUGIN_GROUPINGS),
  folders: z.array(z.string().min(1).max(4_096)).max(200),
  /** By `format:id`. */
  marks: z.record(z.string().max(600), markSchema),
})

const MAX_BYTES = 16 * 1024 * 1024
const MAX_MARKS = 50_000

const keyOf = ({ format, id }: PluginRef): string => `${format}:${id}`

export class PluginSettings {
  readonly #path: string
  #value: z.infer<typeof settingsSchema> = { v: 1, grouping: 'chain', folders: [], marks: {} }
  #writing: Promise<void> = Promise.resolve()
  #blocked: ReturnType<typeof fileFailure> | undefined

  /** A file that cannot be read counts as none; `onProblem` hears of it, and it is put aside, or where that fails nothing is stored. */
  constructor(path: string, onProblem: (problem: Problem) => void) {
    this.#path = path
    if (!existsSync(path)) return
    try {
      const decoded = statSync(path).size > MAX_BYTES ? undefined : settingsSchema.safeParse(parse(readFileSync(path, 'utf8')))
      if (decoded?.success) {
        this.#value = decoded.data
        return
      }
      renameSync(path, `${path}.damaged`)
      onProblem({
        code: 'plugins.settings_damaged',
        message: 'Your marks on plugins could not be read; the file was put aside and new marks begin.',
      })
    } catch (error) {
      this.#blocked = fileFailure(error, path)
      onProblem(this.#blocked.error)
    }
  }

  get grouping(): PluginGrouping {
    return this.#value.grouping
  }

  /** Absolute paths, in the order they were added. */
  get folders(): readonly string[] {
    return this.#value.folders
  }

  marks(ref: PluginRef): PluginMarks {
    return this.#value.marks[keyOf(ref)] ?? {}
  }

  setGrouping(grouping: PluginGrouping): Promise<Result<null>> {
    return this.#change({ ...this.#value, grouping })
  }

  setFolders(folders: readonly string[]): Promise<Result<null>> {
    return this.#change({ ...this.#value, folders: [...new Set(folders)] })
  }

  /** Adds marks to those there are. Codes: `plugins.bad_mark`, `disk.*`. */
  mark(ref: PluginRef, marks: PluginMarks): Promise<Result<null>> {
    const merged = markSchema.safeParse({ ...this.marks(ref), ...marks })
    if (!merged.success)
      return Promise.resolve(
        fail('plugins.bad_mark', 'A variable’s name has letters, digits and underscores, and its value at most 4096 characters.'),
      )
    if (Object.keys(this.#value.marks).length >= MAX_MARKS && !(keyOf(ref) in this.#value.marks))
      return Promise.resolve(fail('plugins.too_many_marks', `More than ${MAX_MARKS} plugins cannot be marked.`))
    return this.#change({ ...this.#value, marks: { ...this.#value.marks, [keyOf(ref)]: merged.data } })
  }

  async #change(value: z.infer<typeof settingsSchema>): Promise<Result<null>> {
    if (this.#blocked) return this.#blocked
    this.#value = value
    const write = this.#writing.then(() => {
      mkdirSync(dirname(this.#path), { recursive: true, mode: 0o700 })
      return writeAtomically(this.#path, `${JSON.stringify(this.#value, null, 2)}\n`, { mode: 0o600 })
    })
    this.#writing = write.catch(() => {})
    try {
      await write
      return ok(null)
    } catch (error) {
      return fileFailure(error, this.#path)
    }
  }
}

const parse = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
