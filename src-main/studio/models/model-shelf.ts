// The user's own models: ONNX files that were tried out, copied under the hash of the file, each with a card that says what it is. The copy is what runs.
import { createReadStream, createWriteStream } from 'node:fs'
import { mkdir, readdir, readFile, rename, rm, stat } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { z } from 'zod'
import type { EngineClient, ModelCard } from '../../../src-shared/protocol/index.ts'
import { modelCardSchema } from '../../../src-shared/protocol/index.ts'
import { ownModelUrn } from '../../../src-shared/remix/index.ts'
import { fail, ok, type Result } from '../../../src-shared/std/index.ts'
import { hashFile, syncFile, syncFolder, writeAtomically } from '../disk/index.ts'
import { fileFailure } from '../file-problems.ts'

/** What the user says of a model; what is missing is taken from the file's own metadata. */
export interface ModelStatement {
  readonly name?: string | undefined
  readonly version?: string | undefined
  readonly licence?: string | undefined
}

const cardFileSchema = modelCardSchema.extend({ v: z.literal(1) })
const MAX_CARD_BYTES = 64 * 1024

const LIMITS = { name: 300, version: 100, licence: 300 } as const

export class ModelShelf {
  readonly #dir: string
  readonly #engine: () => Promise<Result<EngineClient>>

  constructor(dir: string, engine: () => Promise<Result<EngineClient>>) {
    this.#dir = dir
    this.#engine = engine
  }

  /** Models that were added, by name. A card that does not hold is passed over; `fsck` and adding again mend it. */
  async list(): Promise<readonly ModelCard[]> {
    const names = await readdir(this.#dir).catch(() => [])
    const cards: ModelCard[] = []
    for (const file of names.filter((one) => /^[0-9a-f]{64}\.json$/.test(one))) {
      const card = await this.#read(file.slice(0, 64))
      if (card) cards.push(card)
    }
    return cards.sort((left, right) => (left.name < right.name ? -1 : left.name > right.name ? 1 : left.sha256 < right.sha256 ? -1 : 1))
  }

  async #read(sha256: string): Promise<ModelCard | undefined> {
    try {
      const path = join(this.#dir, `${sha256}.json`)
      if ((await stat(path)).size > MAX_CARD_BYTES || !(await stat(join(this.#dir, `${sha256}.onnx`))).isFile()) return undefined
      const card = cardFileSchema.safeParse(JSON.parse(await readFile(path, 'utf8')))
      if (!card.success || card.data.sha256 !== sha256) return undefined
      const { v: _, ...facts } = card.data
      return facts
    } catch {
      return undefined
    }
  }

  /** The model by hash, the beginning of one, or name; the only one there is where nothing is named. Codes: `model.none`, `model.unknown`, `model.ambiguous`. */
  async find(wanted: string): Promise<Result<ModelCard>> {
    const models = await this.list()
    const text = wanted.trim().toLowerCase()
    if (models.length === 0)
      return fail('model.none', 'No model was added yet. Add an ONNX file first: stemma models add FILE --name … --version … --licence …')
    const found = models.filter(
      ({ name, sha256, urn }) =>
        text === '' || name.toLowerCase() === text || urn === text || (text.length >= 6 && sha256.startsWith(text)),
    )
    const names = models.map(({ name, sha256 }) => `${name} (${sha256.slice(0, 8)})`).join(', ')
    const [first] = found
    if (!first) return fail('model.unknown', `There is no model “${wanted}” here; there are ${names}.`)
    return found.length === 1 ? ok(first) : fail('model.ambiguous', `Say which model is meant, by name or by its hash: ${names}.`)
  }

  /**
   * Tries a model out and keeps a copy. Adding a file again changes what is said of it. Codes: `file.*`, `disk.*`, `model.undeclared`, `model.bad_text`,
   * `ai.*` where the file is refused.
   */
  async add(path: string, statement: ModelStatement, signal?: AbortSignal): Promise<Result<ModelCard>> {
    const file = basename(path)
    const client = await this.#engine()
    if (!client.ok) return client
    const probed = await client.value.request('ai.probeModel', { path }, signal ? { signal } : {})
    if (!probed.ok) return probed
    const { sha256, bytes, declared, channels, sampleRate, timesRealtime } = probed.value
    const said = { name: '', version: '', licence: '' }
    for (const field of ['name', 'version', 'licence'] as const) {
      const text = (statement[field] ?? declared[field] ?? '').trim()
      if (text === '')
        return fail(
          'model.undeclared',
          `${file} does not state its ${field}, and every export has to name it. State the ${field} of the model.`,
        )
      if (text.length > LIMITS[field] || /\p{Cc}/u.test(text))
        return fail('model.bad_text', `The ${field} of a model is one line of at most ${LIMITS[field]} characters.`)
      said[field] = text
    }
    const card: ModelCard = { sha256, urn: ownModelUrn(sha256), ...said, bytes, channels, sampleRate, timesRealtime }
    const target = join(this.#dir, `${sha256}.onnx`)
    const part = join(this.#dir, `.${sha256}.part-${process.pid}`)
    try {
      await mkdir(this.#dir, { recursive: true, mode: 0o700 })
      await pipeline(createReadStream(path), createWriteStream(part, { mode: 0o600 }))
      // What was tried is what is kept: the file may have been exchanged meanwhile.
      if ((await hashFile(part)) !== sha256) {
        await rm(part, { force: true })
        return fail('model.changed', `${file} changed while it was read. Add it again.`)
      }
      await syncFile(part)
      await rename(part, target)
      await syncFolder(this.#dir)
      await writeAtomically(join(this.#dir, `${sha256}.json`), `${JSON.stringify({ v: 1, ...card }, null, 2)}\n`)
    } catch (error) {
      await rm(part, { force: true }).catch(() => {})
      return fileFailure(error, path)
    }
    return ok(card)
  }
}
