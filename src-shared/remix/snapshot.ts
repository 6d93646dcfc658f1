// Reading a remix snapshot. Orders are total (order, then id), so that lists look and sum the same everywhere.
import { assert } from '../std/index.ts'
import {
  type AnyRecord,
  type Automation,
  type Clip,
  type Device,
  MASTER_TRACK_ID,
  type Marker,
  type RecordType,
  type RemixRecord,
  type RemixSnapshot,
  type Send,
  type StemRecord,
  type Track,
  type WorkRecord,
} from './records.ts'

type RecordOf<T extends RecordType> = Extract<AnyRecord, { type: T }>

/** All records of one type, in insertion order. */
export const recordsOf = <T extends RecordType>(snapshot: RemixSnapshot, type: T): readonly RecordOf<T>[] => {
  const found: RecordOf<T>[] = []
  for (const record of snapshot.values()) if (record.type === type) found.push(record as RecordOf<T>)
  return found
}

/** The record with this id if it is of this type. */
export const recordOf = <T extends RecordType>(snapshot: RemixSnapshot, type: T, id: string): RecordOf<T> | undefined => {
  const record = snapshot.get(id)
  return record?.type === type ? (record as RecordOf<T>) : undefined
}

/** Compares ids by code unit: locale must not change an order that sums depend on. */
export const byId = (left: { readonly id: string }, right: { readonly id: string }): number =>
  left.id < right.id ? -1 : left.id > right.id ? 1 : 0

/** Compares by (order, id). */
export const byOrder = (left: { order: number; id: string }, right: { order: number; id: string }): number =>
  left.order - right.order || byId(left, right)

const KIND_RANK = { audio: 0, bus: 1, master: 2 } as const

/** The document record. Throws if there is none: decoding and `createRemix` guarantee it. */
export const remixOf = (snapshot: RemixSnapshot): RemixRecord => {
  const record = recordOf(snapshot, 'remix', 'remix')
  assert(record, 'a remix snapshot has a remix record')
  return record
}

/** Audio tracks, then buses, then the master; each by (order, id). */
export const tracksOf = (snapshot: RemixSnapshot): readonly Track[] =>
  [...recordsOf(snapshot, 'track')].sort((left, right) => KIND_RANK[left.kind] - KIND_RANK[right.kind] || byOrder(left, right))

export const masterOf = (snapshot: RemixSnapshot): Track => {
  const record = recordOf(snapshot, 'track', MASTER_TRACK_ID)
  assert(record, 'a remix snapshot has a master track')
  return record
}

/** Compares clips by (start, id). */
export const byStart = (left: Clip, right: Clip): number => left.startTick - right.startTick || byId(left, right)

/** Clips of one track by (start, id); all clips without a track id. */
export const clipsOf = (snapshot: RemixSnapshot, trackId?: string): readonly Clip[] =>
  recordsOf(snapshot, 'clip')
    .filter((clip) => trackId === undefined || clip.trackId === trackId)
    .sort(byStart)

/** Devices of a track in signal order. */
export const devicesOf = (snapshot: RemixSnapshot, trackId: string): readonly Device[] =>
  recordsOf(snapshot, 'device')
    .filter((device) => device.trackId === trackId)
    .sort(byOrder)

/** Sends that leave a track, by id. */
export const sendsOf = (snapshot: RemixSnapshot, trackId: string): readonly Send[] =>
  recordsOf(snapshot, 'send')
    .filter((send) => send.fromTrackId === trackId)
    .sort(byId)

/** The automation of one parameter, if there is any. */
export const automationOf = (snapshot: RemixSnapshot, ownerId: string, param: string): Automation | undefined =>
  recordsOf(snapshot, 'automation').find((automation) => automation.ownerId === ownerId && automation.param === param)

/** Markers by (position, id). */
export const markersOf = (snapshot: RemixSnapshot): readonly Marker[] =>
  [...recordsOf(snapshot, 'marker')].sort((left, right) => left.atTick - right.atTick || byId(left, right))

export const stemOf = (snapshot: RemixSnapshot, stemId: string): StemRecord | undefined => recordOf(snapshot, 'stem', stemId)

export const workOf = (snapshot: RemixSnapshot, workId: string): WorkRecord | undefined => recordOf(snapshot, 'work', workId)

/** A way sound takes from one track to another: a send, or the sidechain of a plugin. The way to the master is left out. */
export type Feed = Pick<Send, 'fromTrackId' | 'toTrackId'>

/** Every send and every sidechain. */
export const feedsOf = (snapshot: RemixSnapshot): readonly Feed[] => {
  const feeds: Feed[] = []
  for (const record of snapshot.values()) {
    if (record.type === 'send') feeds.push(record)
    else if (record.type === 'device' && record.plugin && record.plugin.sidechainTrackId !== null)
      feeds.push({ fromTrackId: record.plugin.sidechainTrackId, toTrackId: record.trackId })
  }
  return feeds
}

/** Whether a track's sound may go into a sidechain on another one: buses are made after audio tracks, and the master after all. */
export const canKey = (from: Track, to: Track): boolean =>
  from.id !== to.id && from.kind !== 'master' && KIND_RANK[from.kind] <= KIND_RANK[to.kind]

/** Whether `to` can be reached from `from` along sends and sidechains, counting a track as reaching itself. */
export const isReachable = (sends: readonly Feed[], from: string, to: string): boolean => {
  const seen = new Set<string>()
  const queue = [from]
  for (let at = queue.pop(); at !== undefined; at = queue.pop()) {
    if (at === to) return true
    if (seen.has(at)) continue
    seen.add(at)
    for (const send of sends) if (send.fromTrackId === at) queue.push(send.toTrackId)
  }
  return false
}
