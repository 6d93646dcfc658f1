// What was kept, rejected and tagged: recipes, never sound. One small file per remix.
import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { z } from 'zod'
import { VARIATION_MARKS } from '../../../src-shared/protocol/index.ts'
import { recipeSchema, roleSchema } from '../../../src-shared/remix/index.ts'
import type { Problem, Result } from '../../../src-shared/std/index.ts'
import { KeptFile } from '../kept-file.ts'
import { variationId } from './draw.ts'

const markedSchema = z.object({
  id: z.string().max(60),
  number: z.int().min(1),
  recipes: z.array(recipeSchema).max(20),
  keep: z.array(roleSchema).max(20),
  mark: z.enum(VARIATION_MARKS).nullable(),
  tags: z.array(z.string().max(60)).max(20),
  /** SHA-256 of the remix it was made of when it was marked, as a file; unknown where it is missing. */
  base: z
    .string()
    .regex(/^[0-9a-f]{64}$/)
    .exactOptional(),
})
export type MarkedVariation = z.infer<typeof markedSchema>

const fileSchema = z.object({ v: z.literal(1), marked: z.array(markedSchema).max(50_000) })

/** Largest file that is read. */
const MAX_BYTES = 64 * 1024 * 1024

export class MarkStore {
  readonly #file: KeptFile<z.infer<typeof fileSchema>>
  readonly #marked: Map<string, MarkedVariation>

  /** `dir` is the home's folder for variations. What becomes of a file that cannot be read: `KeptFile`. */
  constructor(dir: string, uid: string, onProblem: (problem: Problem) => void) {
    this.#file = new KeptFile({
      path: join(dir, `${createHash('sha256').update(uid).digest('hex').slice(0, 32)}.json`),
      schema: fileSchema,
      empty: { v: 1, marked: [] },
      maxBytes: MAX_BYTES,
      damaged: {
        code: 'variations.damaged',
        message: 'The list of variations you kept for this remix could not be read; the file was put aside and a new list begins.',
      },
      onProblem,
    })
    // Ids of earlier versions named the draw, not what was drawn: another one could bear the same.
    const marked = this.#file.value.marked.map((one) => ({ ...one, id: variationId(one) }))
    this.#marked = new Map(marked.map((one) => [one.id, one]))
  }

  get all(): readonly MarkedVariation[] {
    return [...this.#marked.values()]
  }

  find(id: string): MarkedVariation | undefined {
    return this.#marked.get(id)
  }

  /** Stores a mark or tags; without either the variation is forgotten. Codes: `disk.*`. */
  put(one: MarkedVariation): Promise<Result<null>> {
    if (one.mark === null && one.tags.length === 0) this.#marked.delete(one.id)
    else this.#marked.set(one.id, one)
    return this.#file.keep({ v: 1, marked: [...this.#marked.values()] })
  }
}
