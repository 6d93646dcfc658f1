// What the user says of plugins: marks, own folders, how they are grouped into processes. One small file.
import { z } from 'zod'
import type { PluginRef } from '../../../src-shared/plugins/index.ts'
import { PLUGIN_GROUPINGS } from '../../../src-shared/protocol/index.ts'
import { fail, type Problem, type Result } from '../../../src-shared/std/index.ts'
import { KeptFile } from '../kept-file.ts'

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
  readonly #file: KeptFile<z.infer<typeof settingsSchema>>

  /** What becomes of a file that cannot be read: `KeptFile`. */
  constructor(path: string, onProblem: (problem: Problem) => void) {
    this.#file = new KeptFile({
      path,
      schema: settingsSchema,
      empty: { v: 1, grouping: 'chain', folders: [], marks: {} },
      maxBytes: MAX_BYTES,
      damaged: {
        code: 'plugins.settings_damaged',
        message: 'Your marks on plugins could not be read; the file was put aside and new marks begin.',
      },
      onProblem,
    })
  }

  get grouping(): PluginGrouping {
    return this.#file.value.grouping
  }

  /** Absolute paths, in the order they were added. */
  get folders(): readonly string[] {
    return this.#file.value.folders
  }

  marks(ref: PluginRef): PluginMarks {
    return this.#file.value.marks[keyOf(ref)] ?? {}
  }

  setGrouping(grouping: PluginGrouping): Promise<Result<null>> {
    return this.#file.keep({ ...this.#file.value, grouping })
  }

  setFolders(folders: readonly string[]): Promise<Result<null>> {
    return this.#file.keep({ ...this.#file.value, folders: [...new Set(folders)] })
  }

  /** Adds marks to those there are. Codes: `plugins.bad_mark`, `disk.*`. */
  mark(ref: PluginRef, marks: PluginMarks): Promise<Result<null>> {
    const merged = markSchema.safeParse({ ...this.marks(ref), ...marks })
    if (!merged.success)
      return Promise.resolve(
        fail('plugins.bad_mark', 'A variable’s name has letters, digits and underscores, and its value at most 4096 characters.'),
      )
    if (Object.keys(this.#file.value.marks).length >= MAX_MARKS && !(keyOf(ref) in this.#file.value.marks))
      return Promise.resolve(fail('plugins.too_many_marks', `More than ${MAX_MARKS} plugins cannot be marked.`))
    return this.#file.keep({ ...this.#file.value, marks: { ...this.#file.value.marks, [keyOf(ref)]: merged.data } })
  }
}
