// What the window remembers: one JSON file, unknown keys kept, a damaged file replaced by the defaults.
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { z } from 'zod'
import type { Preferences } from '../../src-shared/protocol/index.ts'

const schema = z.looseObject({
  theme: z.enum(['dark', 'light', 'contrast']).catch('dark'),
  snap: z.string().max(20).catch('1/16'),
  ripple: z.enum(['off', 'track', 'all']).catch('off'),
  followPlayhead: z.boolean().catch(true),
  panels: z.record(z.string().max(100), z.number()).catch({}),
  loudnessTargetLufs: z.number().min(-40).max(-5).nullable().catch(null),
  creditsSheet: z.boolean().catch(false),
})

const MAX_BYTES = 256 * 1024

export class PreferencesFile {
  readonly #path: string
  #value: Preferences

  constructor(path: string) {
    this.#path = path
    this.#value = schema.parse(this.#read())
  }

  #read(): unknown {
    try {
      const value: unknown = JSON.parse(readFileSync(this.#path, 'utf8'))
      return typeof value === 'object' && value !== null ? value : {}
    } catch {
      return {}
    }
  }

  get value(): Preferences {
    return this.#value
  }

  set(patch: Readonly<Record<string, unknown>>): Preferences {
    const next = schema.parse({ ...this.#value, ...patch })
    const text = JSON.stringify(next, null, 2)
    if (text.length > MAX_BYTES) return this.#value
    this.#value = next
    try {
      mkdirSync(dirname(this.#path), { recursive: true })
      writeFileSync(`${this.#path}.tmp`, text)
      renameSync(`${this.#path}.tmp`, this.#path)
    } catch (error) {
      process.stderr.write(`Preferences could not be written: ${String(error)}\n`)
    }
    return this.#value
  }
}
