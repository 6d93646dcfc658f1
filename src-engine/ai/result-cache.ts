// What a model found in a stem, kept beside its decoded copy: the same content and the same model give the same answer, so it is computed once.
import { createHash, randomBytes } from 'node:crypto'
import { readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { z } from 'zod'

/** Larger files were not written by us. */
const MAX_BYTES = 32 * 1024 * 1024

export interface ResultKey {
  readonly cacheDir: string
  readonly contentSha256: string
  /** What was asked, with everything that shapes the answer: kind, version of our part, URN of the model. */
  readonly question: string
}

const pathOf = ({ cacheDir, contentSha256, question }: ResultKey): string =>
  join(cacheDir, `${contentSha256}-${createHash('sha256').update(question).digest('hex').slice(0, 16)}.found.json`)

/** The kept answer; undefined where there is none or it cannot be trusted. */
export const keptResult = <T>(key: ResultKey, schema: z.ZodType<T>): T | undefined => {
  try {
    const path = pathOf(key)
    if (statSync(path).size > MAX_BYTES) return undefined
    const read: unknown = JSON.parse(readFileSync(path, 'utf8'))
    if (typeof read !== 'object' || read === null || !('question' in read) || !('value' in read) || read.question !== key.question)
      return undefined
    const decoded = schema.safeParse(read.value)
    return decoded.success ? decoded.data : undefined
  } catch {
    return undefined
  }
}

/** Keeps an answer. Where the disk does not take it, it is computed again next time. */
export const keepResult = (key: ResultKey, value: unknown): void => {
  const path = pathOf(key)
  const part = `${path}.part-${randomBytes(6).toString('hex')}`
  try {
    writeFileSync(part, JSON.stringify({ question: key.question, value }))
    renameSync(part, path)
  } catch {
    rmSync(part, { force: true })
  }
}
