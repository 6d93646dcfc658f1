// Every edit as data: one decoded union that the window, the command line and tests send through `applyEdit`. Decoding only. See docs/formats/edits.md.
import { z } from 'zod'
import { fail, ok, type Result } from '../std/index.ts'
import { MAX_TICK } from './edits/index.ts'
import {
  FADE_CURVES,
  frozenSchema,
  makeSchema,
  MAX_STATE_LENGTH,
  pluginUseInputSchema,
  recipeSchema,
  ROLES,
  stemRecordSchema,
  warpSchema,
  workRecordSchema,
} from './records.ts'

const MAX_IDS = 20_000

/** A timeline position: ticks, or a text as `parsePosition` reads it (`33.1.0`, `1:04.5`, `64.5s`). */
export const positionSchema = z.union([z.int().min(0).max(MAX_TICK), z.string().max(40)])
/** A span: ticks (may be negative where it moves something), or a text as `parseSpan` reads it (`4 bars`, `-1 beat`, `1.5s`). */
export const spanSchema = z.union([z.int().min(-MAX_TICK).max(MAX_TICK), z.string().max(40)])
/** A fade or slip in frames at 48 kHz, or a text with a unit (`5 ms`). */
const framesSchema = z.union([
  z
    .int()
    .min(-(2 ** 40))
    .max(2 ** 40),
  z.string().max(40),
])

const ref = z.string().min(1).max(300)
const refs = z.array(ref).min(1).max(MAX_IDS)
const newIdText = z.string().min(1).max(200).optional()
const name = z.string().max(300)
const db = z.number()
const params = z.record(z.string().max(100), z.number())
/** Of a device that may be a plugin: ids of theirs are longer. */
const deviceParams = z.record(z.string().max(200), z.number())
const pluginSettings = {
  params: z.record(z.string().max(200), z.number().nullable()).optional(),
  state: z.string().max(MAX_STATE_LENGTH).nullable().optional(),
  stateSha256: z
    .string()
    .regex(/^[0-9a-f]{64}$/)
    .nullable()
    .optional(),
}
const tempoSchema = z.object({ at: positionSchema, milliBpm: z.int().optional(), bpm: z.number().optional() })
const meterSchema = z.object({ at: positionSchema, numerator: z.int(), denominator: z.int() })

export const editCommandSchema = z.discriminatedUnion('op', [
  z.strictObject({
    op: z.literal('clip.move'),
    clipIds: refs,
    byTicks: spanSchema.optional(),
    toTick: positionSchema.optional(),
    toTrackId: ref.optional(),
  }),
  z.strictObject({
    op: z.literal('clip.split'),
    clipIds: refs,
    atTick: positionSchema,
    rightIds: z.array(z.string()).max(MAX_IDS).optional(),
  }),
  z.strictObject({ op: z.literal('clip.trim'), clipId: ref, edge: z.enum(['start', 'end']), toTick: positionSchema }),
  z.strictObject({ op: z.literal('clip.slip'), clipIds: refs, byFrames: framesSchema }),
  z.strictObject({ op: z.literal('clip.delete'), clipIds: refs }),
  z.strictObject({
    op: z.literal('clip.rest'),
    clipIds: refs,
    spans: z
      .array(z.strictObject({ fromTick: positionSchema, toTick: positionSchema }))
      .min(1)
      .max(MAX_IDS),
    rightIds: z.array(z.string()).max(MAX_IDS).optional(),
  }),
  z.strictObject({
    op: z.literal('clip.duplicate'),
    clipIds: refs,
    byTicks: spanSchema.optional(),
    newIds: z.array(z.string()).max(MAX_IDS).optional(),
  }),
  z.strictObject({
    op: z.literal('clip.set'),
    clipIds: refs,
    name: name.optional(),
    gainDb: db.optional(),
    isMuted: z.boolean().optional(),
    fadeInFrames: framesSchema.optional(),
    fadeOutFrames: framesSchema.optional(),
    fadeCurve: z.enum(FADE_CURVES).optional(),
  }),
  z.strictObject({
    op: z.literal('clip.warp'),
    clipIds: refs,
    milliBpm: z.number().nullable().optional(),
    bpm: z.number().optional(),
    cents: z.number().optional(),
    semitones: z.number().optional(),
    keepsFormants: z.boolean().optional(),
  }),
  z.strictObject({ op: z.literal('clip.sound'), clipIds: refs, soundId: ref.nullable() }),
  z.strictObject({
    op: z.literal('clip.add'),
    id: newIdText,
    trackId: ref,
    stemId: ref,
    startTick: positionSchema,
    lengthTicks: spanSchema.optional(),
    sourceOffsetFrames: z
      .int()
      .min(0)
      .max(2 ** 40)
      .optional(),
    name: name.optional(),
    gainDb: db.optional(),
    warp: warpSchema.optional(),
    soundId: ref.optional(),
    foundBy: ref.optional(),
  }),
  z.strictObject({ op: z.literal('sound.add'), id: newIdText, stemId: ref, name, make: makeSchema }),
  z.strictObject({ op: z.literal('sound.set'), soundId: ref, name: name.optional(), make: makeSchema.optional() }),
  z.strictObject({ op: z.literal('sound.remove'), soundId: ref }),
  z.strictObject({
    op: z.literal('work.add'),
    work: workRecordSchema.omit({ type: true }),
    stems: z
      .array(stemRecordSchema.omit({ type: true, workId: true }))
      .min(1)
      .max(500),
    atTick: positionSchema.optional(),
  }),
  z.strictObject({
    op: z.literal('work.set'),
    workId: ref,
    milliBpm: z.number().nullable().optional(),
    key: z.string().max(40).nullable().optional(),
  }),
  z.strictObject({ op: z.literal('work.match'), workId: ref, tempo: z.boolean().optional(), key: z.boolean().optional() }),
  z.strictObject({ op: z.literal('recipe.add'), recipe: recipeSchema }),
  z.strictObject({
    op: z.literal('track.set'),
    trackId: ref,
    name: name.optional(),
    role: z.enum(ROLES).optional(),
    gainDb: db.optional(),
    pan: z.number().optional(),
    isMuted: z.boolean().optional(),
    isSoloed: z.boolean().optional(),
    isExclusive: z.boolean().optional(),
    index: z.int().min(0).optional(),
  }),
  z.strictObject({ op: z.literal('track.add'), id: newIdText, kind: z.enum(['audio', 'bus']), name, role: z.enum(ROLES).optional() }),
  z.strictObject({ op: z.literal('track.delete'), trackId: ref }),
  z.strictObject({
    op: z.literal('device.add'),
    id: newIdText,
    trackId: ref,
    kind: z.string().max(100),
    params: params.optional(),
    index: z.int().min(0).optional(),
    isEnabled: z.boolean().optional(),
  }),
  z.strictObject({ op: z.literal('device.set'), deviceId: ref, params: deviceParams.optional(), isEnabled: z.boolean().optional() }),
  z.strictObject({ op: z.literal('device.move'), deviceId: ref, toTrackId: ref.optional(), index: z.int().min(0).optional() }),
  z.strictObject({ op: z.literal('device.remove'), deviceId: ref }),
  z.strictObject({
    op: z.literal('device.copy'),
    deviceId: ref,
    id: newIdText,
    toTrackId: ref.optional(),
    index: z.int().min(0).optional(),
  }),
  z.strictObject({
    op: z.literal('plugin.add'),
    id: newIdText,
    trackId: ref,
    plugin: pluginUseInputSchema,
    ...pluginSettings,
    index: z.int().min(0).optional(),
    isEnabled: z.boolean().optional(),
  }),
  z.strictObject({
    op: z.literal('plugin.set'),
    deviceId: ref,
    ...pluginSettings,
    sidechainTrackId: ref.nullable().optional(),
    isGenerative: z.boolean().optional(),
  }),
  z.strictObject({ op: z.literal('plugin.replace'), deviceId: ref, plugin: pluginUseInputSchema, ...pluginSettings }),
  z.strictObject({ op: z.literal('track.freeze'), trackId: ref, ...frozenSchema.shape }),
  z.strictObject({ op: z.literal('track.unfreeze'), trackId: ref }),
  z.strictObject({
    op: z.literal('send.add'),
    id: newIdText,
    fromTrackId: ref,
    toTrackId: ref,
    gainDb: db.optional(),
    isPreFader: z.boolean().optional(),
  }),
  z.strictObject({ op: z.literal('send.set'), sendId: ref, gainDb: db.optional(), isPreFader: z.boolean().optional() }),
  z.strictObject({ op: z.literal('send.remove'), sendId: ref }),
  z.strictObject({
    op: z.literal('automation.set'),
    id: newIdText,
    ownerId: ref,
    param: z.string().min(1).max(200),
    points: z
      .array(z.strictObject({ atTick: positionSchema, value: z.number(), curve: z.enum(['hold', 'linear']).optional() }))
      .max(100_000),
  }),
  z.strictObject({ op: z.literal('automation.remove'), ownerId: ref, param: z.string().min(1).max(200) }),
  z.strictObject({
    op: z.literal('remix.set'),
    title: z.string().max(1_000).optional(),
    key: z.string().max(40).nullable().optional(),
  }),
  z.strictObject({
    op: z.literal('loop.set'),
    startTick: positionSchema.optional(),
    lengthTicks: spanSchema.optional(),
    isEnabled: z.boolean().optional(),
  }),
  z.strictObject({ op: z.literal('loop.clear') }),
  z.strictObject({
    op: z.literal('tempo.set'),
    bpm: z.number().optional(),
    points: z.array(tempoSchema).min(1).max(10_000).optional(),
    keep: z.enum(['audio', 'grid', 'stretch']).optional(),
  }),
  z.strictObject({
    op: z.literal('meter.set'),
    numerator: z.int().optional(),
    denominator: z.int().optional(),
    points: z.array(meterSchema).min(1).max(10_000).optional(),
  }),
  z.strictObject({
    op: z.literal('marker.add'),
    id: newIdText,
    name,
    atTick: positionSchema,
    lengthTicks: spanSchema.nullable().optional(),
    color: z.string().max(20).optional(),
  }),
  z.strictObject({
    op: z.literal('marker.set'),
    markerId: ref,
    name: name.optional(),
    atTick: positionSchema.optional(),
    lengthTicks: spanSchema.nullable().optional(),
    color: z.string().max(20).optional(),
  }),
  z.strictObject({ op: z.literal('marker.remove'), markerId: ref }),
  z.strictObject({ op: z.literal('section.move'), markerId: ref, toTick: positionSchema }),
  z.strictObject({ op: z.literal('section.repeat'), markerId: ref, times: z.int().optional() }),
  z.strictObject({ op: z.literal('section.swap'), markerId: ref, withMarkerId: ref }),
  z.strictObject({ op: z.literal('section.delete'), markerId: ref }),
  z.strictObject({ op: z.literal('time.insert'), atTick: positionSchema, lengthTicks: spanSchema }),
  z.strictObject({ op: z.literal('time.delete'), fromTick: positionSchema, lengthTicks: spanSchema }),
  z.strictObject({
    op: z.literal('time.arrange'),
    pieces: z
      .array(z.strictObject({ fromTick: positionSchema.nullable(), lengthTicks: spanSchema }))
      .min(1)
      .max(10_000),
    newIds: z.array(z.string()).max(MAX_IDS).optional(),
  }),
])

/** One edit as data. */
export type EditCommand = z.infer<typeof editCommandSchema>
export type EditOp = EditCommand['op']

/** All edits there are. */
export const EDIT_OPS: readonly EditOp[] = editCommandSchema.options.map((option) => option.shape.op.value)

/** Edits in one file. */
export const MAX_EDITS = 20_000

/** Decodes a list of edits, or `{"edits": […]}`. The refusal names the edit, by number from 1, and the field. */
export const decodeEditCommands = (value: unknown): Result<readonly EditCommand[]> => {
  const list = Array.isArray(value) ? value : typeof value === 'object' && value !== null && 'edits' in value ? value.edits : undefined
  if (!Array.isArray(list)) return fail('edits.not_a_list', 'The edits must be a JSON list, or an object with a list called “edits”.')
  if (list.length > MAX_EDITS) return fail('edits.too_many', `One file can hold ${MAX_EDITS} edits; this one has ${list.length}. Split it.`)
  const commands: EditCommand[] = []
  for (const [i, item] of list.entries()) {
    const op: unknown = typeof item === 'object' && item !== null && 'op' in item ? item.op : undefined
    if (typeof op !== 'string' || !(EDIT_OPS as readonly string[]).includes(op)) {
      return fail('edits.unknown_op', `Edit ${i + 1}: there is no edit “${String(op)}”; there are ${EDIT_OPS.join(', ')}.`, { edit: i + 1 })
    }
    const decoded = editCommandSchema.safeParse(item)
    if (!decoded.success) {
      const issue = decoded.error.issues[0]
      const where = issue && issue.path.length > 0 ? `${issue.path.join('.')}: ` : ''
      return fail('edits.malformed', `Edit ${i + 1} (${op}): ${where}${issue?.message ?? 'is not valid'}.`, { edit: i + 1 })
    }
    commands.push(decoded.data)
  }
  return ok(commands)
}
