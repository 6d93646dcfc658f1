// The `.stemma` file: text to snapshot and back. Whatever the text claims is bounded and checked here, once. See docs/formats/remix-file.md.
import { canonicalText, fail, ok, type Result } from '../std/index.ts'
import { migrations } from './migrations.ts'
import { type AnyRecord, MASTER_TRACK_ID, PLAIN_MASTER, recordSchema, REMIX_SCHEMA_VERSION, type RemixSnapshot } from './records.ts'
import { byId, canKey, feedsOf, isReachable } from './snapshot.ts'

export const REMIX_FORMAT = 'stemma-remix'
/** Longest file that is read, in UTF-16 code units (and at most that many bytes in practice: the format is ASCII but for names). */
export const MAX_DOCUMENT_LENGTH = 64 * 1024 * 1024
export const MAX_RECORDS = 500_000
const MAX_DEPTH = 32

const TYPE_ORDER = ['remix', 'work', 'stem', 'sound', 'track', 'clip', 'device', 'send', 'automation', 'marker'] as const

/** A decoded file. */
export interface RemixDocument {
  readonly snapshot: RemixSnapshot
  /** The file was made by a newer version: it can be looked at and played, not saved over. */
  readonly isReadOnly: boolean
  /** What was put right or left out while reading, as sentences. */
  readonly repairs: readonly string[]
}

/** Refuses keys that reach into prototypes and nesting deeper than any record has. Iterative: depth must not become stack. */
const findHostile = (root: unknown): string | null => {
  const queue: { value: unknown; depth: number }[] = [{ value: root, depth: 0 }]
  for (let item = queue.pop(); item !== undefined; item = queue.pop()) {
    const { value, depth } = item
    if (typeof value !== 'object' || value === null) continue
    if (depth > MAX_DEPTH) return 'it is nested too deeply'
    if (Array.isArray(value)) {
      for (const child of value) if (typeof child === 'object') queue.push({ value: child, depth: depth + 1 })
      continue
    }
    for (const [key, child] of Object.entries(value)) {
      if (key === '__proto__' || key === 'constructor' || key === 'prototype') return `it has a field called “${key}”`
      if (typeof child === 'object') queue.push({ value: child, depth: depth + 1 })
    }
  }
  return null
}

const decodeRecords = (items: readonly unknown[], isNewer: boolean): Result<{ records: Map<string, AnyRecord>; repairs: string[] }> => {
  const records = new Map<string, AnyRecord>()
  const repairs: string[] = []
  let unknown = 0
  for (const [i, item] of items.entries()) {
    const decoded = recordSchema.safeParse(item)
    if (!decoded.success) {
      // A newer version may have kinds of record and values that this one cannot know; the rest can still be looked at.
      if (isNewer) {
        unknown++
        continue
      }
      const issue = decoded.error.issues[0]
      return fail(
        'remix_file.bad_record',
        `Record ${i + 1} of the file is not valid: ${issue ? `${issue.path.join('.')} ${issue.message}` : 'unknown reason'}.`,
        { record: i + 1 },
      )
    }
    const record = decoded.data as AnyRecord
    if (records.has(record.id))
      return fail('remix_file.duplicate_id', `Two records of the file have the id ${record.id}; one of them would be lost.`, {
        id: record.id,
      })
    records.set(record.id, record)
  }
  if (unknown > 0) repairs.push(`${unknown} record${unknown === 1 ? '' : 's'} made by a newer version cannot be shown.`)
  return ok({ records, repairs })
}

const checkMaps = (snapshot: RemixSnapshot): Result<null> => {
  const remix = snapshot.get('remix')
  if (remix?.type !== 'remix') return fail('remix_file.no_remix', 'The file has no remix record; it is not a complete remix.')
  for (const [name, points] of [
    ['tempo', remix.tempo],
    ['meter', remix.meter],
  ] as const) {
    if (points[0]?.atTick !== 0 || points.some((point, i) => i > 0 && point.atTick <= (points[i - 1]?.atTick ?? 0))) {
      return fail('remix_file.bad_map', `The ${name} map of the file does not start at the beginning or is out of order.`)
    }
  }
  return ok(null)
}

/** Leaves out what hangs in the air (a clip without a track, a send without a bus): a damaged file should open with what is sound in it. */
const dropDangling = (records: Map<string, AnyRecord>, repairs: string[]): void => {
  const is = (id: string, type: AnyRecord['type']): boolean => records.get(id)?.type === type
  const audio = (id: string): boolean => {
    const track = records.get(id)
    return track?.type === 'track' && track.kind === 'audio'
  }
  const isSoundOf = (id: string, stemId: string): boolean => {
    const sound = records.get(id)
    return sound?.type === 'sound' && sound.stemId === stemId
  }
  const reasons: Record<string, number> = {}
  const drop = (record: AnyRecord, reason: string): void => {
    records.delete(record.id)
    reasons[reason] = (reasons[reason] ?? 0) + 1
  }
  for (const record of [...records.values()]) if (record.type === 'stem' && !is(record.workId, 'work')) drop(record, 'stem without a work')
  for (const record of [...records.values()]) {
    if (record.type === 'sound' && !is(record.stemId, 'stem')) drop(record, 'sound without a stem')
    else if (record.type === 'clip' && !audio(record.trackId)) drop(record, 'clip without a track')
    else if (record.type === 'clip' && !is(record.stemId, 'stem')) drop(record, 'clip without a stem')
    else if (record.type === 'clip' && record.soundId !== undefined && !isSoundOf(record.soundId, record.stemId))
      drop(record, 'clip without its sound')
    else if (record.type === 'device' && !is(record.trackId, 'track')) drop(record, 'device without a track')
    else if (record.type === 'send') {
      const to = records.get(record.toTrackId)
      const from = records.get(record.fromTrackId)
      if (to?.type !== 'track' || to.kind !== 'bus' || from?.type !== 'track' || from.kind === 'master')
        drop(record, 'send that leads nowhere')
    }
  }
  for (const record of [...records.values()]) {
    if (record.type !== 'device' || !record.plugin || record.plugin.sidechainTrackId === null) continue
    const from = records.get(record.plugin.sidechainTrackId)
    const to = records.get(record.trackId)
    if (from?.type === 'track' && to?.type === 'track' && canKey(from, to)) continue
    records.set(record.id, { ...record, plugin: { ...record.plugin, sidechainTrackId: null } })
    reasons['sidechain from nowhere'] = (reasons['sidechain from nowhere'] ?? 0) + 1
  }
  const owners = new Set<string>()
  for (const record of [...records.values()]) {
    if (record.type !== 'automation') continue
    const owner = records.get(record.ownerId)
    const key = `${record.ownerId}\n${record.param}`
    if (!owner || (owner.type !== 'track' && owner.type !== 'device' && owner.type !== 'send'))
      drop(record, 'automation of something that is not there')
    else if (owners.has(key)) drop(record, 'second automation of the same setting')
    else owners.add(key)
  }
  for (const [reason, count] of Object.entries(reasons))
    repairs.push(`Left out: ${count === 1 ? `a ${reason}` : `${count} times a ${reason}`}.`)
}

const hasCycle = (snapshot: RemixSnapshot): boolean => {
  const feeds = feedsOf(snapshot)
  return feeds.some((feed) => isReachable(feeds, feed.toTrackId, feed.fromTrackId))
}

const addMaster = (records: Map<string, AnyRecord>, repairs: string[]): Result<null> => {
  const masters = [...records.values()].filter((record) => record.type === 'track' && record.kind === 'master')
  const master = records.get(MASTER_TRACK_ID)
  if (masters.length > 1 || (master && !(master.type === 'track' && master.kind === 'master')) || (masters.length === 1 && !master)) {
    return fail('remix_file.bad_master', 'The file has a wrong or a second master track; it cannot be opened as it stands.')
  }
  if (!master) {
    repairs.push('The master track was missing; a plain one takes its place.')
    records.set(MASTER_TRACK_ID, PLAIN_MASTER)
  }
  return ok(null)
}

/** Snapshot of decoded records, with everything checked that spans records. */
const assemble = (items: readonly unknown[], isNewer: boolean): Result<RemixDocument> => {
  const decoded = decodeRecords(items, isNewer)
  if (!decoded.ok) return decoded
  const { records, repairs } = decoded.value
  const maps = checkMaps(records)
  if (!maps.ok) return maps
  const master = addMaster(records, repairs)
  if (!master.ok) return master
  dropDangling(records, repairs)
  if (hasCycle(records))
    return fail('remix_file.send_cycle', 'The sends or sidechains of this file feed a track into itself; it cannot be played.')
  return ok({ snapshot: records, isReadOnly: isNewer, repairs })
}

/** Reads the text of a `.stemma` file. Refuses what is hostile or broken beyond repair; newer files open read-only. */
export const decodeDocument = (text: string): Result<RemixDocument> => {
  if (text.length > MAX_DOCUMENT_LENGTH)
    return fail('remix_file.too_large', 'The file is larger than 64 MB; that is no remix this program made.')
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return fail('remix_file.not_json', 'The file is damaged: it is not readable as a remix. A backup may be in the folder beside it.')
  }
  if (typeof value !== 'object' || value === null || !('format' in value) || value.format !== REMIX_FORMAT) {
    return fail('remix_file.wrong_format', 'This is not a Stemma remix file.')
  }
  const hostile = findHostile(value)
  if (hostile !== null) return fail('remix_file.hostile', `The file was refused: ${hostile}, which no remix has.`)
  const version: unknown = 'schemaVersion' in value ? value.schemaVersion : undefined
  if (typeof version !== 'number' || !Number.isSafeInteger(version) || version < 1)
    return fail('remix_file.bad_version', 'The file does not say which version of the format it is in.')
  const items: unknown = 'records' in value ? value.records : undefined
  if (!Array.isArray(items)) return fail('remix_file.no_records', 'The file has no list of records; it is not a complete remix.')
  if (items.length > MAX_RECORDS)
    return fail('remix_file.too_many_records', `The file has ${items.length} records; ${MAX_RECORDS} is the most a remix can have.`)
  const isNewer = version > REMIX_SCHEMA_VERSION
  let current: readonly unknown[] = items
  for (let from = version; from < REMIX_SCHEMA_VERSION; from++) current = migrations[from]?.(current) ?? current
  return assemble(current, isNewer)
}

/** Checks a snapshot as if it had been read from a file: what is not a valid document is a defect of an edit. */
export const checkSnapshot = (snapshot: RemixSnapshot): Result<null> => {
  const checked = assemble([...snapshot.values()], false)
  if (!checked.ok) return checked
  const repair = checked.value.repairs[0]
  return repair === undefined ? ok(null) : fail('remix_file.inconsistent', repair)
}

/** The text of a snapshot: one record per line in a fixed order, keys sorted. Equal snapshots give equal bytes. */
export const encodeDocument = (snapshot: RemixSnapshot): string => {
  const records = [...snapshot.values()].sort(
    (left, right) => TYPE_ORDER.indexOf(left.type) - TYPE_ORDER.indexOf(right.type) || byId(left, right),
  )
  const lines = records.map((record) => canonicalText(record)).join(',\n')
  return `{"format":"${REMIX_FORMAT}","schemaVersion":${REMIX_SCHEMA_VERSION},"records":[\n${lines}\n]}\n`
}
