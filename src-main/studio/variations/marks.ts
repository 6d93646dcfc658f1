// What was kept, rejected and tagged: recipes, never sound. One small file per remix.
import { existsSync, mkdirSync, readFileSync, renameSync } from 'node:fs'
import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { z } from 'zod'
import { VARIATION_MARKS } from '../../../src-shared/protocol/index.ts'
import { recipeSchema, roleSchema } from '../../../src-shared/remix/index.ts'
import { ok, type Problem, type Result } from '../../../src-shared/std/index.ts'
import { writeAtomically } from '../disk/index.ts'
import { fileFailure } from '../file-problems.ts'

const markedSchema = z.object({
  id: z.string().max(60),
  number: z.int().min(1),
  recipes: z.array(recipeSchema).max(20),
  keep: z.array(roleSchema).max(20),
  mark: z.enum(VARIATION_MARKS).nullable(),
  tags: z.array(z.string().max(60)).max(20),
})
export type MarkedVariation = z.infer<typeof markedSchema>

const fileSchema = z.object({ v: z.literal(1), marked: z.array(markedSchema).max(50_000) })

/** Largest file that is read. */
const MAX_BYTES = 64 * 1024 * 1024

export class MarkStore {
  readonly #path: string
  readonly #marked = new Map<string, MarkedVariation>()
  #writing: Promise<void> = Promise.resolve()
  #blocked: ReturnType<typeof fileFailure> | undefined

  /** `dir` is the home's folder for variations. A file that cannot be read counts as none; `onProblem` hears of it, and it is put aside, or where that fails nothing is stored. */
  constructor(dir: string, uid: string, onProblem: (problem: Problem) => void) {
    this.#path = join(dir, `${createHash('sha256').update(uid).digest('hex').slice(0, 32)}.json`)
    mkdirSync(dir, { recursive: true, mode: 0o700 })
    if (!existsSync(this.#path)) return
    try {
      const text = readFileSync(this.#path, 'utf8')
      const decoded = text.length > MAX_BYTES ? undefined : fileSchema.safeParse(parse(text))
      if (decoded?.success) {
        for (const one of decoded.data.marked) this.#marked.set(one.id, one)
        return
      }
      renameSync(this.#path, `${this.#path}.damaged`)
      onProblem({
        code: 'variations.damaged',
        message: 'The list of variations you kept for this remix could not be read; the file was put aside and a new list begins.',
      })
    } catch (error) {
      // Neither read nor put aside: nothing may be written over it.
      const failure = fileFailure(error, this.#path)
      this.#blocked = failure
      onProblem(failure.error)
    }
  }

  get all(): readonly MarkedVariation[] {
    return [...this.#marked.values()]
  }

  find(id: string): MarkedVariation | undefined {
    return this.#marked.get(id)
  }

  /** Stores a mark or tags; without either the variation is forgotten. */
  async put(one: MarkedVariation): Promise<Result<null>> {
    if (this.#blocked) return this.#blocked
    if (one.mark === null && one.tags.length === 0) this.#marked.delete(one.id)
    else this.#marked.set(one.id, one)
    const text = JSON.stringify({ v: 1, marked: this.all })
    const write = this.#writing.then(() => writeAtomically(this.#path, text, { mode: 0o600 }))
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
