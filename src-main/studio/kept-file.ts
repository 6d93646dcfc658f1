// One small JSON file of the user's own, such as marks: read at the start, replaced whole with every change. What cannot be read is never written over.
import { existsSync, mkdirSync, readFileSync, renameSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import type { z } from 'zod'
import { ok, type Problem, type Result } from '../../src-shared/std/index.ts'
import { writeAtomically } from './disk/index.ts'
import { fileFailure } from './file-problems.ts'

export interface KeptFileOptions<T> {
  readonly path: string
  readonly schema: z.ZodType<T>
  /** What holds where there is no file. */
  readonly empty: T
  /** Largest file that is read. */
  readonly maxBytes: number
  /** Told when a file that makes no sense was put aside. */
  readonly damaged: Problem
  readonly onProblem: (problem: Problem) => void
}

/** The file and what is in it. */
export class KeptFile<T> {
  readonly #path: string
  #value: T
  #writing: Promise<unknown> = Promise.resolve()
  #blocked: ReturnType<typeof fileFailure> | undefined

  /** A file that cannot be read counts as none; `onProblem` hears of it, and it is put aside, or where that fails nothing is stored. */
  constructor({ path, schema, empty, maxBytes, damaged, onProblem }: KeptFileOptions<T>) {
    this.#path = path
    this.#value = empty
    if (!existsSync(path)) return
    try {
      const decoded = statSync(path).size > maxBytes ? undefined : schema.safeParse(parse(readFileSync(path, 'utf8')))
      if (decoded?.success) {
        this.#value = decoded.data
        return
      }
      renameSync(path, `${path}.damaged`)
      onProblem(damaged)
    } catch (error) {
      // Neither read nor put aside: nothing may be written over it.
      this.#blocked = fileFailure(error, path)
      onProblem(this.#blocked.error)
    }
  }

  get value(): T {
    return this.#value
  }

  /** Takes a new value and stores it, one write after another. Codes: `disk.*`, and why the file could not be read. */
  async keep(value: T): Promise<Result<null>> {
    if (this.#blocked) return this.#blocked
    this.#value = value
    const write = this.#writing.then(() => {
      mkdirSync(dirname(this.#path), { recursive: true, mode: 0o700 })
      return writeAtomically(this.#path, `${JSON.stringify(this.#value)}\n`, { mode: 0o600 })
    })
    // Whoever asked for this write hears of its failure; the next one starts anew.
    this.#writing = write.catch(() => undefined)
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
