// The user's own presets: what a plugin stored and what was set, one file each, named and hashed. The same file is what is exported and imported.
import { createHash, randomUUID } from 'node:crypto'
import { mkdir, readdir, readFile, rm, stat } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { z } from 'zod'
import { type PluginRef, pluginRefSchema } from '../../../src-shared/plugins/index.ts'
import { MAX_STATE_LENGTH } from '../../../src-shared/remix/index.ts'
import { canonicalBytes, fail, ok, type Result } from '../../../src-shared/std/index.ts'
import { writeAtomically } from '../disk/index.ts'
import { fileFailure } from '../file-problems.ts'
import { cleanText } from './decode-descriptors.ts'

const sha256 = z.string().regex(/^[0-9a-f]{64}$/)

const bodySchema = z.object({
  v: z.literal(1),
  kind: z.literal('stemma plugin preset'),
  name: z.string().min(1).max(100),
  plugin: pluginRefSchema.extend({ name: z.string().max(500), vendor: z.string().max(200), version: z.string().max(100) }),
  /** Values by parameter id; set after the state. */
  params: z.record(z.string().min(1).max(200), z.number()),
  /** Base64; null where the plugin keeps nothing beyond its parameters. */
  state: z.base64().max(MAX_STATE_LENGTH).nullable(),
  /** Of the state's bytes; null without one. */
  stateSha256: sha256.nullable(),
  createdAt: z.iso.datetime(),
})
const fileSchema = bodySchema.extend({ sha256 })

export type OwnPresetBody = Omit<z.infer<typeof bodySchema>, 'v' | 'kind' | 'createdAt' | 'stateSha256'>
export interface OwnPreset extends z.infer<typeof bodySchema> {
  readonly id: string
}

const MAX_FILE_BYTES = MAX_STATE_LENGTH + 4 * 1024 * 1024
const FILE = /^([0-9a-f-]{36})\.json$/

const hashOf = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')

/** The preset in a file; undefined where it is none, or not what its hashes say. */
const decode = (text: string): z.infer<typeof bodySchema> | undefined => {
  try {
    const decoded = fileSchema.safeParse(JSON.parse(text))
    if (!decoded.success) return undefined
    const { sha256: stated, ...body } = decoded.data
    if (hashOf(canonicalBytes(body)) !== stated) return undefined
    const stateHash = body.state === null ? null : hashOf(Buffer.from(body.state, 'base64'))
    return stateHash === body.stateSha256 ? body : undefined
  } catch {
    return undefined
  }
}

const encode = (body: z.infer<typeof bodySchema>): string =>
  `${JSON.stringify({ ...body, sha256: hashOf(canonicalBytes(body)) }, null, 2)}\n`

export class PresetShelf {
  readonly #dir: string
  readonly #now: () => number

  constructor(dir: string, now: () => number) {
    this.#dir = dir
    this.#now = now
  }

  #pathOf(id: string): string {
    return join(this.#dir, `${id}.json`)
  }

  /** Presets of a plugin, by name. Files that do not hold are passed over. */
  async list(ref: PluginRef): Promise<readonly OwnPreset[]> {
    const names = await readdir(this.#dir).catch(() => [])
    const presets: OwnPreset[] = []
    for (const name of names) {
      const id = FILE.exec(name)?.[1]
      const preset = id === undefined ? undefined : await this.#read(id)
      if (preset && preset.plugin.format === ref.format && preset.plugin.id === ref.id) presets.push(preset)
    }
    return presets.sort((left, right) => (left.name < right.name ? -1 : left.name > right.name ? 1 : left.id < right.id ? -1 : 1))
  }

  async #read(id: string): Promise<OwnPreset | undefined> {
    try {
      if ((await stat(this.#pathOf(id))).size > MAX_FILE_BYTES) return undefined
      const body = decode(await readFile(this.#pathOf(id), 'utf8'))
      return body ? { ...body, id } : undefined
    } catch {
      return undefined
    }
  }

  /** Codes: `preset.unknown`. */
  async find(id: string): Promise<Result<OwnPreset>> {
    const preset = FILE.test(`${id}.json`) ? await this.#read(id) : undefined
    return preset ? ok(preset) : fail('preset.unknown', 'This preset is not here any more, or its file is damaged. Choose another.')
  }

  /** Keeps a preset; one of the same plugin and name is replaced. Codes: `preset.bad_name`, `preset.too_large`, `disk.*`. */
  async save(body: OwnPresetBody): Promise<Result<OwnPreset>> {
    const name = cleanText(body.name)
    if (name === '' || name.length > 100) return fail('preset.bad_name', 'Give the preset a name of at most 100 characters.')
    const decoded = bodySchema.safeParse({
      ...body,
      v: 1,
      kind: 'stemma plugin preset',
      name,
      stateSha256: body.state === null ? null : hashOf(Buffer.from(body.state, 'base64')),
      createdAt: new Date(this.#now()).toISOString(),
    })
    if (!decoded.success) return fail('preset.too_large', `What ${body.plugin.name} stores is larger than a preset can be (16 MB).`)
    const same = (await this.list(body.plugin)).find((one) => one.name === name)
    return this.#write(same?.id ?? randomUUID(), decoded.data)
  }

  async #write(id: string, body: z.infer<typeof bodySchema>): Promise<Result<OwnPreset>> {
    try {
      await mkdir(this.#dir, { recursive: true, mode: 0o700 })
      await writeAtomically(this.#pathOf(id), encode(body), { mode: 0o600 })
      return ok({ ...body, id })
    } catch (error) {
      return fileFailure(error, this.#pathOf(id))
    }
  }

  /** Codes: `preset.unknown`, `disk.*`. */
  async remove(id: string): Promise<Result<null>> {
    if (!FILE.test(`${id}.json`)) return fail('preset.unknown', 'This preset is not here any more.')
    try {
      await rm(this.#pathOf(id), { force: true })
      return ok(null)
    } catch (error) {
      return fileFailure(error, this.#pathOf(id))
    }
  }

  /** Writes a preset as a JSON file for another machine. Codes: `preset.unknown`, `disk.*`. */
  async exportTo(id: string, path: string): Promise<Result<OwnPreset>> {
    const preset = await this.find(id)
    if (!preset.ok) return preset
    const { id: _, ...body } = preset.value
    try {
      await writeAtomically(path, encode(body))
      return preset
    } catch (error) {
      return fileFailure(error, path)
    }
  }

  /** Takes in a preset file; its plugin need not be installed. Codes: `preset.damaged`, `preset.too_large`, `file.*`, `disk.*`. */
  async importFrom(path: string): Promise<Result<OwnPreset>> {
    try {
      const found = await stat(path)
      if (!found.isFile()) return fail('file.is_folder', `${basename(path)} is not a file that can be opened. Choose a preset file.`)
      if (found.size > MAX_FILE_BYTES) return fail('preset.too_large', `${basename(path)} is larger than a preset can be (16 MB).`)
      const body = decode(await readFile(path, 'utf8'))
      if (!body) return fail('preset.damaged', `${basename(path)} is no preset of Stemma, or it was changed. Nothing was taken in.`)
      return this.save(body)
    } catch (error) {
      return fileFailure(error, path)
    }
  }
}
