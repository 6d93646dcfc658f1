// The records of a remix document. Flat, with ids, so that an edit is a small diff. Every schema bounds what a hostile file can claim.
import { z } from 'zod'
import type { Tick, Ticks } from '../time/index.ts'
import { areParameterIds, isBase64, MAX_STATE_LENGTH, PLUGIN_KIND, pluginUseSchema } from './plugin-record.ts'
import { recipeSchema, soundRecordSchema, warpSchema } from './sound.ts'

export * from './plugin-record.ts'
export * from './sample-rate.ts'
export * from './sound.ts'

export const REMIX_SCHEMA_VERSION = 3
export const MASTER_TRACK_ID = 'track:master'

const MAX_TICK = 960 * 4 * 100_000
const id = z.string().min(1).max(200)
const name = z.string().max(300)
const tick = z.int().min(0).max(MAX_TICK) as unknown as z.ZodType<Tick>
const ticks = z.int().min(1).max(MAX_TICK) as unknown as z.ZodType<Ticks>
const gainDb = z.number().min(-144).max(36)

/** What a stem does in a work; also its colour and mark. */
export const ROLES = ['vocals', 'drums', 'bass', 'keys', 'synth', 'guitar', 'effects', 'other'] as const
export const roleSchema = z.enum(ROLES)
export type Role = z.infer<typeof roleSchema>

export const keySchema = z.string().regex(/^[A-G](#|b)? (major|minor)$/)

export const tempoPointSchema = z.object({ atTick: tick, milliBpm: z.int().min(20_000).max(400_000) })
export const meterPointSchema = z.object({
  atTick: tick,
  numerator: z.int().min(1).max(32),
  denominator: z.union([z.literal(1), z.literal(2), z.literal(4), z.literal(8), z.literal(16)]),
})

/** The document itself: one per remix, id `remix`. */
export const remixRecordSchema = z.object({
  type: z.literal('remix'),
  id: z.literal('remix'),
  /** Stable across saves and copies of the file: `urn:uuid:…`. */
  uid: id,
  title: name,
  createdAt: z.iso.datetime(),
  tempo: z.array(tempoPointSchema).min(1).max(10_000),
  meter: z.array(meterPointSchema).min(1).max(10_000),
  /** `A minor`, or null where nobody stated one. */
  key: keySchema.nullable(),
  loop: z.object({ startTick: tick, lengthTicks: ticks, isEnabled: z.boolean() }).nullable(),
  /** Styles that were run, in order. */
  recipes: z.array(recipeSchema).max(1_000).exactOptional(),
})

/** A licensed work this remix draws on; id is the work's URN. */
export const workRecordSchema = z.object({
  type: z.literal('work'),
  id,
  title: name,
  artists: z.array(name).max(100),
  milliBpm: z.int().min(20_000).max(400_000).nullable(),
  key: keySchema.nullable(),
})

/** What the document knows of a stem, so that it stays legible while the audio is missing; id is the stem's URN. */
export const stemRecordSchema = z.object({
  type: z.literal('stem'),
  id,
  workId: id,
  title: name,
  role: roleSchema,
  /** SHA-256 of the stem file as delivered, lower-case hex. */
  contentSha256: z.string().regex(/^[0-9a-f]{64}$/),
  sampleRate: z.int().min(8_000).max(384_000),
  channels: z.int().min(1).max(2),
  /** Length in frames at `sampleRate`. */
  lengthFrames: z
    .int()
    .min(1)
    .max(2 ** 40),
  isrc: z.string().max(20).nullable(),
})

/**
 * A sound that a track plays from a file: `key` names what was frozen, `sha256` the sound that came of it
 * (docs/decisions/frozen-sound.md). Without the second no other machine takes the sound.
 */
export const frozenSchema = z.strictObject({
  key: z.string().regex(/^[0-9a-f]{64}$/),
  sha256: z
    .string()
    .regex(/^[0-9a-f]{64}$/)
    .exactOptional(),
})
export type Frozen = z.infer<typeof frozenSchema>

/** Audio tracks hold clips; buses receive sends; the master (id `track:master`) receives everything. */
export const trackRecordSchema = z.object({
  type: z.literal('track'),
  id,
  kind: z.enum(['audio', 'bus', 'master']),
  name,
  role: roleSchema,
  /** Fractional order key: tracks are shown and summed by (`order`, `id`). */
  order: z.number().min(-1e9).max(1e9),
  /** Fader in dB; -144 is silence. */
  gainDb,
  /** -1 left … 1 right, equal-power. */
  pan: z.number().min(-1).max(1),
  isMuted: z.boolean(),
  isSoloed: z.boolean(),
  /** Its sound before the fader is played from a file. Absent: it is made as it plays. */
  frozen: frozenSchema.exactOptional(),
})

export const FADE_CURVES = ['linear', 'equal-power'] as const

/** A stretch of a stem on a track. Where two clips of a track overlap they crossfade with equal power. */
export const clipRecordSchema = z.object({
  type: z.literal('clip'),
  id,
  trackId: id,
  stemId: id,
  name,
  startTick: tick,
  lengthTicks: ticks,
  /** Where in the stem the clip starts, in frames at the stem's own sample rate. */
  sourceOffsetFrames: z
    .int()
    .min(0)
    .max(2 ** 40),
  gainDb,
  isMuted: z.boolean(),
  /** Fades in frames at 48 kHz. */
  fadeInFrames: z
    .int()
    .min(0)
    .max(2 ** 31),
  fadeOutFrames: z
    .int()
    .min(0)
    .max(2 ** 31),
  fadeCurve: z.enum(FADE_CURVES),
  /** Absent: at the speed and pitch it was recorded. */
  warp: warpSchema.exactOptional(),
  /** A sound made from the stem that plays in its place. */
  soundId: id.exactOptional(),
  /** URN of the model that found this clip's edges, such as vocal phrases. */
  foundBy: id.exactOptional(),
})

export const DEVICE_KINDS = ['eq', 'compressor', 'reverb', 'delay', 'saturation', 'filter', 'limiter'] as const
export type DeviceKind = (typeof DEVICE_KINDS)[number]

export const isDeviceKind = (kind: string): kind is DeviceKind => (DEVICE_KINDS as readonly string[]).includes(kind)

/** An effect on a track. Devices are data; what parameters mean is in `remix/device-parameters.ts`, behaviour in the engine or the plugin. */
export const deviceRecordSchema = z
  .object({
    type: z.literal('device'),
    id,
    trackId: id,
    order: z.number().min(-1e9).max(1e9),
    /** One of DEVICE_KINDS, or `plugin`; an unknown kind is kept and named, never dropped. */
    kind: z.string().min(1).max(100),
    isEnabled: z.boolean(),
    /** Of a plugin only those that were set: the others are what its state says, or its default. */
    params: z.record(z.string().max(200), z.number()),
    /** Which plugin; of the kind `plugin` only. */
    plugin: pluginUseSchema.exactOptional(),
    /** Opaque state of a plugin, base64; kept while the plugin is missing. */
    state: z.string().max(MAX_STATE_LENGTH).optional(),
  })
  .superRefine(({ kind, plugin, params, state }, context) => {
    const complain = (path: string, message: string): void => context.addIssue({ code: 'custom', path: [path], message })
    if ((plugin !== undefined) !== (kind === PLUGIN_KIND)) complain('plugin', 'is there for plugins, and for nothing else')
    if (!plugin) return
    if (!areParameterIds(Object.keys(params))) complain('params', 'are not parameters of a plugin')
    if (state !== undefined && !isBase64(state)) complain('state', 'is not base64')
    if (state === undefined && plugin.stateSha256 !== null) complain('state', 'is missing')
  })

/** A post-fader (default) or pre-fader send from a track to a bus. */
export const sendRecordSchema = z.object({
  type: z.literal('send'),
  id,
  fromTrackId: id,
  toTrackId: id,
  gainDb,
  isPreFader: z.boolean(),
})

/**
 * Automation of one parameter. `target` is `gainDb` or `pan` of a track, `gainDb` of a send, or a device parameter; `ownerId` names
 * the track, send or device. Between two points the value runs by the first point's curve; sample-accurate.
 */
export const automationRecordSchema = z.object({
  type: z.literal('automation'),
  id,
  ownerId: id,
  param: z.string().min(1).max(200),
  points: z.array(z.object({ atTick: tick, value: z.number(), curve: z.enum(['hold', 'linear']) })).max(100_000),
})

/** A named point or, with `lengthTicks`, a named coloured section. */
export const markerRecordSchema = z.object({
  type: z.literal('marker'),
  id,
  name,
  atTick: tick,
  lengthTicks: ticks.nullable(),
  color: z.string().max(20),
})

export const recordSchema = z.discriminatedUnion('type', [
  remixRecordSchema,
  workRecordSchema,
  stemRecordSchema,
  trackRecordSchema,
  clipRecordSchema,
  deviceRecordSchema,
  sendRecordSchema,
  automationRecordSchema,
  markerRecordSchema,
  soundRecordSchema,
])

export type RemixRecord = z.infer<typeof remixRecordSchema>
export type WorkRecord = z.infer<typeof workRecordSchema>
export type StemRecord = z.infer<typeof stemRecordSchema>
export type Track = z.infer<typeof trackRecordSchema>

/** The master of a new remix: it changes nothing yet. */
export const PLAIN_MASTER: Track = {
  type: 'track',
  id: MASTER_TRACK_ID,
  kind: 'master',
  name: 'Master',
  role: 'other',
  order: 0,
  gainDb: 0,
  pan: 0,
  isMuted: false,
  isSoloed: false,
}
export type Clip = z.infer<typeof clipRecordSchema>
export type Device = z.infer<typeof deviceRecordSchema>
export type Send = z.infer<typeof sendRecordSchema>
export type Automation = z.infer<typeof automationRecordSchema>
export type SoundRecord = z.infer<typeof soundRecordSchema>
export type Marker = z.infer<typeof markerRecordSchema>
export type AnyRecord = z.infer<typeof recordSchema>
export type RecordType = AnyRecord['type']

/** An immutable snapshot of all records by id. Edits return a new one that shares what did not change. */
export type RemixSnapshot = ReadonlyMap<string, AnyRecord>

/** What changed between two snapshots; enough to go back as well as forward. */
export interface RemixDiff {
  readonly added: readonly AnyRecord[]
  readonly updated: readonly { readonly before: AnyRecord; readonly after: AnyRecord }[]
  readonly removed: readonly AnyRecord[]
}
