// A plugin on a track, as records and edits hold it. Named by format and id, never by a path: where it lies is each machine's own business, and a
// remix file must not make a machine load a file of its choosing.
import { z } from 'zod'
import { MAX_PARAMETERS, pluginFormatSchema } from '../plugins/index.ts'

/** Longest state of a plugin, as base64 text. */
export const MAX_STATE_LENGTH = 16 * 1024 * 1024
/** Longest states of all plugins of a remix together: beyond, its file could not be opened again. */
export const MAX_STATES_LENGTH = 40 * 1024 * 1024
/** Largest value of a parameter: what stays finite in the 32 bits most plugins have for one. */
export const MAX_PLUGIN_VALUE = 3.4028234663852886e38
/** The kind of every device that is a plugin. */
export const PLUGIN_KIND = 'plugin'

/** Control characters and invisible ones that turn text around: names of plugins are shown beside sentences of ours. */
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Zl}\p{Zp}]/u

/** Text of foreign code made fit to show: unprintable characters become spaces. */
export const plainText = (text: string, length: number): string =>
  text.replace(new RegExp(UNPRINTABLE, 'gu'), ' ').replace(/ {2,}/g, ' ').trim().slice(0, length)

const plain = (length: number) =>
  z
    .string()
    .max(length)
    .refine((text) => !UNPRINTABLE.test(text), 'has characters that cannot be shown')

const idShapes = {
  /** A URI with a scheme of two letters or more: `C:` is a drive. */
  lv2: /^(?!file:)[a-z][a-z0-9+.-]+:[^\s\\]+$/i,
  clap: /^(?!file:)(?![a-z]:)[^\s\\/~][^\s\\/]*$/i,
  vst3: /^[0-9a-f]{32}$/i,
} as const

const pluginIdSchema = z.string().min(1).max(500)

/** Whether an id is one that plugins of the format have; paths are none. */
export const isPluginId = (format: keyof typeof idShapes, id: string): boolean => !UNPRINTABLE.test(id) && idShapes[format].test(id)

const sha256 = z.string().regex(/^[0-9a-f]{64}$/)
const shape = {
  format: pluginFormatSchema,
  id: pluginIdSchema,
  name: plain(200),
  vendor: plain(200),
  version: plain(100),
  isInstrument: z.boolean(),
  /** It makes sound with a trained model: counts as AI wherever it is used. */
  isGenerative: z.boolean(),
  /** Track whose sound goes into the sidechain input. */
  sidechainTrackId: z.string().min(1).max(200).nullable(),
  /** SHA-256 of the decoded state, lower-case hex; null without state. */
  stateSha256: sha256.nullable(),
}

/** What a document says of a plugin, so that it stays legible where the plugin is missing. */
export const pluginUseSchema = z.strictObject(shape).refine(({ format, id }) => isPluginId(format, id), 'names no plugin of its format')
export type PluginUse = z.infer<typeof pluginUseSchema>

/** The same as an edit may give it: what is left out is taken over from the plugin that was there, or is nothing. */
export const pluginUseInputSchema = z.strictObject({
  format: shape.format,
  id: shape.id,
  name: z.string().max(1_000).optional(),
  vendor: z.string().max(1_000).optional(),
  version: z.string().max(1_000).optional(),
  isInstrument: z.boolean().optional(),
  isGenerative: z.boolean().optional(),
  sidechainTrackId: z.string().min(1).max(300).nullable().optional(),
  stateSha256: sha256.nullable().optional(),
})
export type PluginUseInput = z.infer<typeof pluginUseInputSchema>

const FORBIDDEN_KEYS: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype'])

/** Whether a text can name a parameter of a plugin. */
export const isParameterId = (id: string): boolean => id.length > 0 && id.length <= 200 && !UNPRINTABLE.test(id) && !FORBIDDEN_KEYS.has(id)

/** Whether these can be the parameters of one plugin: each an id, and no more than a plugin can have. */
export const areParameterIds = (ids: readonly string[]): boolean => ids.length <= MAX_PARAMETERS && ids.every(isParameterId)

/** Base64 text as `toBase64` writes it. Searches for what must not be there: a pattern of the whole would need memory per character. */
export const isBase64 = (text: string): boolean =>
  text.length % 4 === 0 && !/[^A-Za-z0-9+/]/.test(text.endsWith('==') ? text.slice(0, -2) : text.endsWith('=') ? text.slice(0, -1) : text)
