// How the arguments of a command are read against a remix: positions, spans and frames as people write them, ids and `@names`.
import { fail, type Problem } from '../std/index.ts'
import { parsePosition, parseSpan, type TimeMaps } from '../time/index.ts'
import { deviceLabel, MAX_TICK } from './edits/index.ts'
import { type RecordType, REMIX_SAMPLE_RATE, type RemixSnapshot } from './records.ts'
import { clipsOf, recordsOf } from './snapshot.ts'

/** Signals a refusal out of nested argument reading; caught in `applyEdit` only. */
export class Refusal extends Error {
  readonly problem: Problem
  constructor(problem: Problem) {
    super(problem.message)
    this.problem = problem
  }
}

export const refuse = (code: string, message: string, details?: Readonly<Record<string, unknown>>): never => {
  throw new Refusal(fail(code, message, details).error)
}

export const readPosition = (maps: TimeMaps, value: number | string): number => {
  if (typeof value === 'number') return value
  const at = parsePosition(value, maps)
  if (at === null || at > MAX_TICK) {
    return refuse('edit.bad_position', `“${value}” is not a position; write ticks (3840), bars (“33.1.0”), or time (“1:04.5”, “64.5s”).`)
  }
  return at
}

export const readSpan = (maps: TimeMaps, value: number | string, fromTick: number): number => {
  if (typeof value === 'number') return value
  const span = parseSpan(value, fromTick, maps)
  if (span === null || Math.abs(span) > MAX_TICK) {
    return refuse('edit.bad_span', `“${value}” is not a length; write ticks (3840), “4 bars”, “-2 beats” or “1.5s”.`)
  }
  return span
}

export const readLength = (maps: TimeMaps, value: number | string, fromTick: number): number => {
  const length = readSpan(maps, value, fromTick)
  return length >= 1 ? length : refuse('edit.bad_span', 'A length must be positive.')
}

export const readFrames = (value: number | string): number => {
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
  if (type === 'device')
    return recordsOf(snapshot, 'device')
      .filter((device) => is(deviceLabel(device)))
      .map((device) => device.id)
  if (type === 'marker')
    return recordsOf(snapshot, 'marker')
      .filter((marker) => is(marker.name))
      .map((marker) => marker.id)
  return []
}

/** The one id a reference names; refuses none and several. */
export const oneId = (snapshot: RemixSnapshot, type: RecordType, reference: string): string => {
  if (!reference.startsWith('@')) return reference
  const ids = namedIds(snapshot, type, reference)
  if (ids.length > 1)
    return refuse('edit.ambiguous_name', `“${reference}” names ${ids.length} ${type}s; use an id: ${ids.slice(0, 8).join(', ')}.`, {
      ids: ids.slice(0, 100),
    })
  return ids[0] ?? refuse(`edit.no_such_${type}`, `There is no ${type} called “${reference.slice(1)}” in this remix.`)
}

/** Ids of the clips that references name. */
export const clipIdsOf = (snapshot: RemixSnapshot, references: readonly string[]): readonly string[] => {
  if (!references.some((reference) => reference.startsWith('@'))) return references
  return references.flatMap((reference) => {
    const ids = namedIds(snapshot, 'clip', reference)
    return ids.length > 0 ? ids : refuse('edit.no_such_clip', `There is no clip called “${reference.slice(1)}” in this remix.`)
  })
}
