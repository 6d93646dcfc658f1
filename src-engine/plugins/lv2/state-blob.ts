// The bytes of a saved LV2 state; docs/formats/lv2-state.md describes them. JSON, so that equal states are equal bytes and hashes; not Turtle, which
// rounds floats to eight decimals.
import { z } from 'zod'

/** Most a state may hold, files included: what a host child can send in one message, less what base64 adds. Larger ones are refused in words. */
export const MOST_STATE_BYTES = 8 * 1024 * 1024

const MAGIC = 'stemma lv2 state'
const VERSION = 1

const base64 = z.base64()
const uri = z.string().min(1).max(16_384)

const propertySchema = z.object({
  key: uri,
  type: uri,
  flags: z.int().min(0).max(0xff_ff_ff_ff),
  value: base64,
  uris: z.array(uri).max(100_000).optional(),
})
const blobSchema = z.object({
  format: z.literal(MAGIC),
  version: z.literal(VERSION),
  plugin: uri,
  controls: z.record(z.string().max(1_000), z.number()),
  properties: z.array(propertySchema).max(100_000),
  files: z.array(z.object({ path: z.string().min(1).max(1_000), value: base64 })).max(1_000),
})

export interface StateProperty {
  readonly key: string
  readonly type: string
  readonly flags: number
  readonly bytes: Uint8Array<ArrayBuffer>
  /** URIs whose places stand in the bytes instead of numbers. */
  readonly uris: readonly string[]
}

export interface StateFile {
  /** Inside the instance's private folder, with forward slashes. */
  readonly path: string
  readonly bytes: Uint8Array<ArrayBuffer>
}

export interface StateContents {
  readonly plugin: string
  /** Raw port values by symbol. */
  readonly controls: ReadonlyMap<string, number>
  readonly properties: readonly StateProperty[]
  readonly files: readonly StateFile[]
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)
const toBase64 = (bytes: Uint8Array): string => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64')
const fromBase64 = (text: string): Uint8Array<ArrayBuffer> => Uint8Array.from(Buffer.from(text, 'base64'))

/** Sorted throughout: plugins that list their properties in the order of addresses still give equal bytes. */
export const encodeState = (state: StateContents): Uint8Array => {
  const sorted = [...state.controls].sort(([a], [b]) => compare(a, b))
  const text = JSON.stringify({
    format: MAGIC,
    version: VERSION,
    plugin: state.plugin,
    controls: Object.fromEntries(sorted),
    properties: [...state.properties]
      .sort((a, b) => compare(a.key, b.key))
      .map(({ key, type, flags, bytes, uris }) => ({ key, type, flags, value: toBase64(bytes), ...(uris.length > 0 ? { uris } : {}) })),
    files: [...state.files].sort((a, b) => compare(a.path, b.path)).map(({ path, bytes }) => ({ path, value: toBase64(bytes) })),
  })
  return new TextEncoder().encode(text)
}

/** Throws a sentence where the bytes are no LV2 state, of a newer version, or another plugin's. */
export const decodeState = (bytes: Uint8Array, plugin: string): StateContents => {
  // Base64 and JSON add about two fifths.
  if (bytes.length > MOST_STATE_BYTES * 2) throw new Error(`the saved state has ${bytes.length} bytes, more than a plugin may keep`)
  let parsed: unknown
  try {
    parsed = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
  } catch {
    throw new Error('the saved state is damaged: it is no LV2 state')
  }
  const checked = blobSchema.safeParse(parsed)
  if (!checked.success) throw new Error('the saved state is damaged or was written by a newer version')
  const { data } = checked
  if (data.plugin !== plugin) throw new Error(`the saved state belongs to ${data.plugin}, not to ${plugin}`)
  return {
    plugin: data.plugin,
    controls: new Map(Object.entries(data.controls)),
    properties: data.properties.map(({ key, type, flags, value, uris }) => ({
      key,
      type,
      flags,
      bytes: fromBase64(value),
      uris: uris ?? [],
    })),
    files: data.files.map(({ path, value }) => ({ path, bytes: fromBase64(value) })),
  }
}
