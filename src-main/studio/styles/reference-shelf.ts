// Sounds to match: a file is decoded and measured once, and only what was measured is kept, under the hash of the file. The sound itself is not copied.
import { existsSync, readFileSync } from 'node:fs'
import { mkdir, stat } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { z } from 'zod'
import type { ReferenceFacts } from '../../../src-engine/styles/index.ts'
import { type EngineClient, spectralProfileSchema } from '../../../src-shared/protocol/index.ts'
import { fail, ok, type Result } from '../../../src-shared/std/index.ts'
import { hashFile, writeAtomically } from '../disk/index.ts'
import { fileFailure } from '../file-problems.ts'
import type { MixHooks } from './measure-mix.ts'

const level = z.number().min(-200).max(50)
const cardSchema = z.object({
  v: z.literal(1),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  title: z.string().max(300),
  profile: spectralProfileSchema,
  integratedLufs: level.nullable(),
  crestDb: z.number().min(-100).max(200).exactOptional(),
})

/** A file larger than this is no piece of music. */
const MAX_REFERENCE_BYTES = 4e9

export class ReferenceShelf {
  readonly #dir: string
  readonly #engine: () => Promise<Result<EngineClient>>

  constructor(dir: string, engine: () => Promise<Result<EngineClient>>) {
    this.#dir = dir
    this.#engine = engine
  }

  #cardPath(sha256: string): string {
    return join(this.#dir, `${sha256}.json`)
  }

  /** Measures an audio file of the user's. Recipes name it by its hash. Codes: `file.*`, `reference.*`, `audio.*`, `analysis.*`. */
  async add(path: string, { signal, onProgress }: MixHooks = {}): Promise<Result<{ readonly sha256: string; readonly title: string }>> {
    const name = basename(path)
    let sha256: string
    try {
      const found = await stat(path)
      if (!found.isFile()) return fail('file.is_folder', `${name} is not a file that can be opened. Choose an audio file.`)
      if (found.size > MAX_REFERENCE_BYTES) return fail('reference.too_large', `${name} is larger than 4 GB. Choose one piece of music.`)
      sha256 = await hashFile(path)
    } catch (error) {
      return fileFailure(error, path)
    }
    const title = name.replace(/\.[^.]+$/, '').slice(0, 300) || name.slice(0, 300)
    if (this.find(sha256)) return ok({ sha256, title })
    const client = await this.#engine()
    if (!client.ok) return client
    const options = signal ? { signal } : {}
    onProgress?.(0, `Listening to ${title}`)
    const stem = { path, contentSha256: sha256, name: name.slice(0, 300) }
    const prepared = await client.value.request('sources.prepare', { stems: [stem] }, options)
    if (!prepared.ok) return prepared
    const heard = await client.value.request('analysis.stem', { contentSha256: sha256 }, options)
    if (!heard.ok) return heard
    const { isSilent, profile, integratedLufs, truePeakDb } = heard.value
    if (isSilent) return fail('reference.silent', `${title} is silent, so there is nothing to match. Choose another file.`)
    const card: z.infer<typeof cardSchema> = {
      v: 1,
      sha256,
      title,
      profile,
      integratedLufs,
      ...(integratedLufs === null || truePeakDb === null ? {} : { crestDb: Math.round((truePeakDb - integratedLufs) * 10) / 10 }),
    }
    try {
      await mkdir(this.#dir, { recursive: true, mode: 0o700 })
      await writeAtomically(this.#cardPath(sha256), JSON.stringify(card))
    } catch (error) {
      return fileFailure(error, this.#cardPath(sha256))
    }
    return ok({ sha256, title })
  }

  /** What was measured of a file; undefined where it was never measured here, or its card does not hold. */
  find(sha256: string): ReferenceFacts | undefined {
    if (!/^[0-9a-f]{64}$/.test(sha256) || !existsSync(this.#cardPath(sha256))) return undefined
    try {
      const card = cardSchema.safeParse(JSON.parse(readFileSync(this.#cardPath(sha256), 'utf8')))
      if (!card.success || card.data.sha256 !== sha256) return undefined
      const { title, profile, integratedLufs, crestDb } = card.data
      return { title, profile, integratedLufs, ...(crestDb === undefined ? {} : { crestDb }) }
    } catch {
      return undefined
    }
  }
}
