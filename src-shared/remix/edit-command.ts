// Every edit as data: one decoded union that the window, the command line and tests send through `applyEdit`. See docs/formats/edits.md.
import { z } from 'zod'
import { fail, ok, type NewId, type Problem, type Result } from '../std/index.ts'
import { type MeterPoint, parsePosition, parseSpan, type TempoPoint, type TimeMaps, tick } from '../time/index.ts'
import * as edits from './edits/index.ts'
import { FADE_CURVES, type RecordType, type RemixSnapshot, ROLES, REMIX_SAMPLE_RATE } from './records.ts'
import { clipsOf, recordOf, recordsOf, remixOf } from './snapshot.ts'

const MAX_IDS = 20_000

/** A timeline position: ticks, or a text as `parsePosition` reads it (`33.1.0`, `1:04.5`, `64.5s`). */
export const positionSchema = z.union([z.int().min(0).max(edits.MAX_TICK), z.string().max(40)])
/** A span: ticks (may be negative where it moves something), or a text as `parseSpan` reads it (`4 bars`, `-1 beat`, `1.5s`). */
export const spanSchema = z.union([z.int().min(-edits.MAX_TICK).max(edits.MAX_TICK), z.string().max(40)])
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
  }),
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
  z.strictObject({ op: z.literal('device.set'), deviceId: ref, params: params.optional(), isEnabled: z.boolean().optional() }),
  z.strictObject({ op: z.literal('device.move'), deviceId: ref, toTrackId: ref.optional(), index: z.int().min(0).optional() }),
  z.strictObject({ op: z.literal('device.remove'), deviceId: ref }),
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
    param: z.string().min(1).max(100),
    points: z
      .array(z.strictObject({ atTick: positionSchema, value: z.number(), curve: z.enum(['hold', 'linear']).optional() }))
      .max(100_000),
  }),
  z.strictObject({ op: z.literal('automation.remove'), ownerId: ref, param: z.string().min(1).max(100) }),
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
    keep: z.enum(['audio', 'grid']).optional(),
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

/** Signals a refusal out of nested argument reading; caught in `applyEdit` only. */
class Refusal extends Error {
  readonly problem: Problem
  constructor(problem: Problem) {
    super(problem.message)
    this.problem = problem
  }
}

const refuse = (code: string, message: string, details?: Readonly<Record<string, unknown>>): never => {
  throw new Refusal(fail(code, message, details).error)
}

const readPosition = (maps: TimeMaps, value: number | string): number => {
  if (typeof value === 'number') return value
  const at = parsePosition(value, maps)
  if (at === null || at > edits.MAX_TICK) {
    return refuse('edit.bad_position', `“${value}” is not a position; write ticks (3840), bars (“33.1.0”), or time (“1:04.5”, “64.5s”).`)
  }
  return at
}

const readSpan = (maps: TimeMaps, value: number | string, fromTick: number): number => {
  if (typeof value === 'number') return value
  const span = parseSpan(value, fromTick, maps)
  if (span === null || Math.abs(span) > edits.MAX_TICK) {
    return refuse('edit.bad_span', `“${value}” is not a length; write ticks (3840), “4 bars”, “-2 beats” or “1.5s”.`)
  }
  return span
}

const readLength = (maps: TimeMaps, value: number | string, fromTick: number): number => {
  const length = readSpan(maps, value, fromTick)
  return length >= 1 ? length : refuse('edit.bad_span', 'A length must be positive.')
}

const readFrames = (value: number | string): number => {
  if (typeof value === 'number') return value
  const match = /^(-?)(\d{1,9}(?:\.\d{1,6})?)\s*(ms|s)$/.exec(value.trim())
  if (!match) return refuse('edit.bad_span', `“${value}” is not a length; write frames at 48 kHz (240) or “5 ms”.`)
  return Math.round(((match[1] === '-' ? -1 : 1) * Number(match[2]) * REMIX_SAMPLE_RATE) / (match[3] === 'ms' ? 1000 : 1))
}

/** Ids that a reference names: itself, or with `@` every record of the type with that name (clips also by track name or role, tracks by role). */
const namedIds = (snapshot: RemixSnapshot, type: RecordType, reference: string): readonly string[] => {
  if (!reference.startsWith('@')) return [reference]
  const wanted = reference.slice(1).trim().toLowerCase()
  const is = (text: string) => text.toLowerCase() === wanted
  if (type === 'clip') {
    const named = clipsOf(snapshot).filter((clip) => is(clip.name))
    if (named.length > 0) return named.map((clip) => clip.id)
    return namedIds(snapshot, 'track', reference).flatMap((trackId) => clipsOf(snapshot, trackId).map((clip) => clip.id))
  }
  const tracks = recordsOf(snapshot, 'track')
  if (type === 'track') {
    const named = tracks.filter((track) => is(track.name))
    return (named.length > 0 ? named : tracks.filter((track) => track.kind === 'audio' && is(track.role))).map((track) => track.id)
  }
  if (type === 'stem')
    return recordsOf(snapshot, 'stem')
      .filter((stem) => is(stem.title))
      .map((stem) => stem.id)
  if (type === 'marker')
    return recordsOf(snapshot, 'marker')
      .filter((marker) => is(marker.name))
      .map((marker) => marker.id)
  return []
}

const one = (snapshot: RemixSnapshot, type: RecordType, reference: string): string => {
  const ids = namedIds(snapshot, type, reference)
  if (ids.length > 1)
    return refuse('edit.ambiguous_name', `“${reference}” names ${ids.length} ${type}s; use an id: ${ids.slice(0, 8).join(', ')}.`, {
      ids: ids.slice(0, 100),
    })
  return ids[0] ?? refuse(`edit.no_such_${type}`, `There is no ${type} called “${reference.slice(1)}” in this remix.`)
}

const many = (snapshot: RemixSnapshot, references: readonly string[]): readonly string[] =>
  references.flatMap((reference) => {
    const ids = namedIds(snapshot, 'clip', reference)
    return ids.length > 0 ? ids : refuse('edit.no_such_clip', `There is no clip called “${reference.slice(1)}” in this remix.`)
  })

const clipsLabel = (snapshot: RemixSnapshot, verb: string, clipIds: readonly string[]): string => {
  const only = clipIds.length === 1 ? recordOf(snapshot, 'clip', clipIds[0] ?? '') : undefined
  return only ? `${verb} ${only.name}` : `${verb} ${clipIds.length} clips`
}

const trackName = (snapshot: RemixSnapshot, trackId: string): string => recordOf(snapshot, 'track', trackId)?.name ?? 'track'

const trackLabel = (snapshot: RemixSnapshot, command: Extract<EditCommand, { op: 'track.set' }>, trackId: string): string => {
  const called = trackName(snapshot, trackId)
  if (command.isMuted !== undefined) return `${command.isMuted ? 'Mute' : 'Unmute'} ${called}`
  if (command.isSoloed !== undefined) return `${command.isSoloed ? 'Solo' : 'Unsolo'} ${called}`
  if (command.gainDb !== undefined) return `Set ${called} level`
  if (command.pan !== undefined) return `Pan ${called}`
  if (command.name !== undefined) return `Rename ${called}`
  return command.index === undefined ? `Change ${called}` : `Move track ${called}`
}

const run = (
  snapshot: RemixSnapshot,
  command: EditCommand,
  newId: NewId,
): { readonly result: Result<RemixSnapshot>; readonly label: string } => {
  const remix = remixOf(snapshot)
  const position = (value: number | string) => readPosition(remix, value)
  const earliest = (ids: readonly string[]) => Math.min(...ids.map((id) => recordOf(snapshot, 'clip', id)?.startTick ?? 0))
  switch (command.op) {
    case 'clip.move': {
      const clipIds = many(snapshot, command.clipIds)
      const from = earliest(clipIds)
      const byTicks = command.toTick === undefined ? readSpan(remix, command.byTicks ?? 0, from) : position(command.toTick) - from
      const toTrackId = command.toTrackId === undefined ? undefined : one(snapshot, 'track', command.toTrackId)
      return { result: edits.moveClips(snapshot, { clipIds, byTicks, toTrackId }), label: clipsLabel(snapshot, 'Move', clipIds) }
    }
    case 'clip.split': {
      const clipIds = many(snapshot, command.clipIds)
      const atTick = position(command.atTick)
      return {
        result: edits.splitClips(snapshot, { clipIds, atTick, rightIds: command.rightIds }, newId),
        label: clipsLabel(snapshot, 'Split', clipIds),
      }
    }
    case 'clip.trim': {
      const clipId = one(snapshot, 'clip', command.clipId)
      return {
        result: edits.trimClip(snapshot, { clipId, edge: command.edge, toTick: position(command.toTick) }),
        label: clipsLabel(snapshot, 'Trim', [clipId]),
      }
    }
    case 'clip.slip': {
      const clipIds = many(snapshot, command.clipIds)
      return {
        result: edits.slipClips(snapshot, { clipIds, byFrames: readFrames(command.byFrames) }),
        label: clipsLabel(snapshot, 'Slip', clipIds),
      }
    }
    case 'clip.delete': {
      const clipIds = many(snapshot, command.clipIds)
      return { result: edits.deleteClips(snapshot, { clipIds }), label: clipsLabel(snapshot, 'Delete', clipIds) }
    }
    case 'clip.duplicate': {
      const clipIds = many(snapshot, command.clipIds)
      const byTicks = command.byTicks === undefined ? undefined : readSpan(remix, command.byTicks, earliest(clipIds))
      return {
        result: edits.duplicateClips(snapshot, { clipIds, byTicks, newIds: command.newIds }, newId),
        label: clipsLabel(snapshot, 'Duplicate', clipIds),
      }
    }
    case 'clip.set': {
      const clipIds = many(snapshot, command.clipIds)
      const { op: _, clipIds: __, fadeInFrames, fadeOutFrames, ...changes } = command
      const fades = {
        fadeInFrames: fadeInFrames === undefined ? undefined : readFrames(fadeInFrames),
        fadeOutFrames: fadeOutFrames === undefined ? undefined : readFrames(fadeOutFrames),
      }
      const verb =
        command.isMuted === undefined
          ? command.gainDb === undefined
            ? command.name === undefined
              ? 'Fade'
              : 'Rename'
            : 'Set gain of'
          : command.isMuted
            ? 'Mute'
            : 'Unmute'
      return { result: edits.setClips(snapshot, { clipIds, ...changes, ...fades }), label: clipsLabel(snapshot, verb, clipIds) }
    }
    case 'clip.add': {
      const startTick = position(command.startTick)
      const lengthTicks = command.lengthTicks === undefined ? undefined : readLength(remix, command.lengthTicks, startTick)
      const stemId = one(snapshot, 'stem', command.stemId)
      const args = { ...command, trackId: one(snapshot, 'track', command.trackId), stemId, startTick, lengthTicks }
      return { result: edits.addClip(snapshot, args, newId), label: `Add ${recordOf(snapshot, 'stem', stemId)?.title ?? 'clip'}` }
    }
    case 'track.set': {
      const { op: _, ...args } = command
      const trackId = one(snapshot, 'track', command.trackId)
      return { result: edits.setTrack(snapshot, { ...args, trackId }), label: trackLabel(snapshot, command, trackId) }
    }
    case 'track.add':
      return { result: edits.addTrack(snapshot, command, newId), label: `Add ${command.kind === 'bus' ? 'bus' : 'track'} ${command.name}` }
    case 'track.delete': {
      const trackId = one(snapshot, 'track', command.trackId)
      return { result: edits.deleteTrack(snapshot, { trackId }), label: `Delete ${trackName(snapshot, trackId)}` }
    }
    case 'device.add': {
      const trackId = one(snapshot, 'track', command.trackId)
      return {
        result: edits.addDevice(snapshot, { ...command, trackId }, newId),
        label: `Add ${command.kind} to ${trackName(snapshot, trackId)}`,
      }
    }
    case 'device.set':
      return {
        result: edits.setDevice(snapshot, command),
        label: `Change ${recordOf(snapshot, 'device', command.deviceId)?.kind ?? 'device'}`,
      }
    case 'device.move': {
      const toTrackId = command.toTrackId === undefined ? undefined : one(snapshot, 'track', command.toTrackId)
      return {
        result: edits.moveDevice(snapshot, { ...command, toTrackId }),
        label: `Move ${recordOf(snapshot, 'device', command.deviceId)?.kind ?? 'device'}`,
      }
    }
    case 'device.remove':
      return {
        result: edits.removeDevice(snapshot, command),
        label: `Remove ${recordOf(snapshot, 'device', command.deviceId)?.kind ?? 'device'}`,
      }
    case 'send.add': {
      const fromTrackId = one(snapshot, 'track', command.fromTrackId)
      const toTrackId = one(snapshot, 'track', command.toTrackId)
      const label = `Send ${trackName(snapshot, fromTrackId)} to ${trackName(snapshot, toTrackId)}`
      return { result: edits.addSend(snapshot, { ...command, fromTrackId, toTrackId }, newId), label }
    }
    case 'send.set':
      return { result: edits.setSend(snapshot, command), label: 'Change send' }
    case 'send.remove':
      return { result: edits.removeSend(snapshot, command), label: 'Remove send' }
    case 'automation.set': {
      const ownerId = command.ownerId.startsWith('@') ? one(snapshot, 'track', command.ownerId) : command.ownerId
      const points = command.points.map((point) => ({ ...point, atTick: position(point.atTick) }))
      return { result: edits.setAutomation(snapshot, { ...command, ownerId, points }, newId), label: `Automate ${command.param}` }
    }
    case 'automation.remove': {
      const ownerId = command.ownerId.startsWith('@') ? one(snapshot, 'track', command.ownerId) : command.ownerId
      return { result: edits.removeAutomation(snapshot, { ...command, ownerId }), label: `Remove automation of ${command.param}` }
    }
    case 'remix.set': {
      let result: Result<RemixSnapshot> = ok(snapshot)
      if (command.title !== undefined) result = edits.renameRemix(snapshot, { title: command.title })
      if (result.ok && command.key !== undefined) result = edits.setKey(result.value, { key: command.key })
      return { result, label: command.title === undefined ? 'Set key' : 'Rename remix' }
    }
    case 'loop.set': {
      const startTick = command.startTick === undefined ? (remix.loop?.startTick ?? 0) : position(command.startTick)
      const lengthTicks =
        command.lengthTicks === undefined ? (remix.loop?.lengthTicks ?? 0) : readLength(remix, command.lengthTicks, startTick)
      return {
        result: edits.setLoop(snapshot, { loop: { startTick, lengthTicks, isEnabled: command.isEnabled ?? true } }),
        label: 'Set loop',
      }
    }
    case 'loop.clear':
      return { result: edits.setLoop(snapshot, { loop: null }), label: 'Clear loop' }
    case 'tempo.set': {
      const points: TempoPoint[] = (command.points ?? [{ at: 0, milliBpm: undefined, bpm: command.bpm }]).map((point) => ({
        atTick: tick(position(point.at)),
        milliBpm: point.milliBpm ?? Math.round((point.bpm ?? refuse('tempo.missing', 'Give a tempo as “bpm”.')) * 1000),
      }))
      return { result: edits.setTempo(snapshot, { tempo: points, keep: command.keep ?? 'audio' }), label: 'Set tempo' }
    }
    case 'meter.set': {
      const points: MeterPoint[] = (
        command.points ?? [{ at: 0, numerator: command.numerator ?? 4, denominator: command.denominator ?? 4 }]
      ).map(({ at, numerator, denominator }) => ({ atTick: tick(position(at)), numerator, denominator }))
      return { result: edits.setMeter(snapshot, { meter: points }), label: 'Set meter' }
    }
    case 'marker.add': {
      const atTick = position(command.atTick)
      const lengthTicks = command.lengthTicks ? readLength(remix, command.lengthTicks, atTick) : null
      return { result: edits.addMarker(snapshot, { ...command, atTick, lengthTicks }, newId), label: `Add marker ${command.name}` }
    }
    case 'marker.set': {
      const markerId = one(snapshot, 'marker', command.markerId)
      const atTick = command.atTick === undefined ? undefined : position(command.atTick)
      const from = atTick ?? recordOf(snapshot, 'marker', markerId)?.atTick ?? 0
      const lengthTicks = command.lengthTicks == null ? command.lengthTicks : readLength(remix, command.lengthTicks, from)
      return { result: edits.setMarker(snapshot, { ...command, markerId, atTick, lengthTicks }), label: 'Change marker' }
    }
    case 'marker.remove': {
      const markerId = one(snapshot, 'marker', command.markerId)
      return { result: edits.removeMarker(snapshot, { markerId }), label: 'Remove marker' }
    }
  }
}

/** Applies one edit. Pure: the new snapshot and the label for the undo menu, or a refusal that changed nothing. */
export const applyEdit = (
  snapshot: RemixSnapshot,
  command: EditCommand,
  { newId }: { readonly newId: NewId },
): Result<{ readonly snapshot: RemixSnapshot; readonly label: string }> => {
  try {
    const { result, label } = run(snapshot, command, newId)
    return result.ok ? ok({ snapshot: result.value, label }) : result
  } catch (error) {
    if (error instanceof Refusal) return { ok: false, error: error.problem }
    throw error
  }
}

/** Applies edits in order, all or none, with one label for the lot. The refusal names the edit, by number from 1, where there are several. */
export const applyEdits = (
  snapshot: RemixSnapshot,
  commands: readonly EditCommand[],
  context: { readonly newId: NewId },
): Result<{ readonly snapshot: RemixSnapshot; readonly label: string; readonly labels: readonly string[] }> => {
  let next = snapshot
  const labels: string[] = []
  for (const [i, command] of commands.entries()) {
    const step = applyEdit(next, command, context)
    if (!step.ok) {
      const { code, message, details } = step.error
      return commands.length === 1 ? step : fail(code, `Edit ${i + 1} (${command.op}): ${message}`, { ...details, edit: i + 1 })
    }
    next = step.value.snapshot
    labels.push(step.value.label)
  }
  const [first = 'Edit'] = labels
  return ok({ snapshot: next, label: labels.every((label) => label === first) ? first : `${first} and ${labels.length - 1} more`, labels })
}
