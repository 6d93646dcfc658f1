// Comping: stretches of several variations put together into one remix. Each variation that is used brings its tracks, buses and devices, and
// sounds only where it was swiped; the result is an ordinary remix that can be edited like any other.
import {
  type AnyRecord,
  MASTER_TRACK_ID,
  milliBpmAt,
  recordsOf,
  remixOf,
  type RemixSnapshot,
  sliceClip,
} from '../../../src-shared/remix/index.ts'
import { canonicalText, fail, ok, type Result } from '../../../src-shared/std/index.ts'

/** From a position to another, what this snapshot has there. */
export interface CompLane {
  readonly fromTick: number
  readonly toTick: number
  readonly snapshot: RemixSnapshot
  /** Short name of the variation, for its tracks; empty for the original. */
  readonly name: string
}

/**
 * Loudness of a comp in LUFS, by the measured loudness of what plays in it and for how long. Null where something was not measured yet. Estimated, not
 * rendered: a comp is listened to while it is being chosen.
 */
export const compLoudness = (stretches: readonly { readonly share: number; readonly integratedLufs: number | null }[]): number | null => {
  let total = 0
  let power = 0
  for (const { share, integratedLufs } of stretches) {
    if (integratedLufs === null) return null
    total += share
    power += share * 10 ** (integratedLufs / 10)
  }
  return total > 0 && power > 0 ? 10 * Math.log10(power / total) : null
}

/** Neighbouring stretches overlap by this much and crossfade: 10 ms. */
const CROSSFADE_FRAMES = 480

/** Everything a variation brings, under ids of its own; the original keeps its ids. */
const bring = (snapshot: RemixSnapshot, lanes: readonly CompLane[], index: number): readonly AnyRecord[] => {
  const name = lanes[0]?.name ?? ''
  const prefix = name === '' ? '' : `c${index}:`
  const own = (id: string): string => (id === MASTER_TRACK_ID || prefix === '' ? id : `${prefix}${id}`)
  const isOwn = (id: string): boolean => prefix !== '' && id === MASTER_TRACK_ID
  const records: AnyRecord[] = []
  const used = new Set<string>()
  const { tempo } = remixOf(snapshot)
  // Ticks of the crossfade at the tempo there, so that neighbours overlap.
  const overlap = (at: number): number => Math.max(1, Math.round((CROSSFADE_FRAMES * milliBpmAt(tempo, at)) / 3_000_000))
  for (const clip of recordsOf(snapshot, 'clip')) {
    for (const [i, { fromTick, toTick }] of lanes.entries()) {
      const slice = sliceClip(snapshot, clip, fromTick, toTick + overlap(toTick), CROSSFADE_FRAMES)
      if (!slice) continue
      used.add(clip.trackId)
      records.push({ ...slice, fadeCurve: 'equal-power', id: i === 0 ? own(clip.id) : `${own(clip.id)}:${i}`, trackId: own(clip.trackId) })
    }
  }
  for (const track of recordsOf(snapshot, 'track')) {
    if (track.kind === 'master') {
      if (prefix === '') records.push(track)
      continue
    }
    if (track.kind === 'audio' && !used.has(track.id) && prefix !== '') continue
    records.push({
      ...track,
      id: own(track.id),
      name: prefix === '' ? track.name : `${track.name} · ${name}`.slice(0, 300),
      order: track.order + index / 1_000,
    })
  }
  const here = new Set(records.map((record) => record.id))
  for (const record of snapshot.values()) {
    if (record.type === 'device' && !isOwn(record.trackId) && here.has(own(record.trackId)))
      records.push({ ...record, id: own(record.id), trackId: own(record.trackId) })
    else if (record.type === 'send' && here.has(own(record.fromTrackId)) && here.has(own(record.toTrackId)))
      records.push({ ...record, id: own(record.id), fromTrackId: own(record.fromTrackId), toTrackId: own(record.toTrackId) })
  }
  for (const record of records) here.add(record.id)
  for (const record of recordsOf(snapshot, 'automation')) {
    if (isOwn(record.ownerId) || !here.has(own(record.ownerId))) continue
    records.push({ ...record, id: own(record.id), ownerId: own(record.ownerId) })
  }
  return records
}

/**
 * The remix that plays each lane's variation in its stretch. The master is the original's. Codes: `comp.empty`, `comp.tempo` where the variations
 * do not run at one tempo.
 */
export const compVariations = (base: RemixSnapshot, lanes: readonly CompLane[]): Result<RemixSnapshot> => {
  const sorted = [...lanes].sort((left, right) => left.fromTick - right.fromTick)
  const [first] = sorted
  if (!first) return fail('comp.empty', 'Nothing is chosen; swipe over the stretches you want to hear.')
  const mapOf = (snapshot: RemixSnapshot): string => canonicalText({ tempo: remixOf(snapshot).tempo, meter: remixOf(snapshot).meter })
  for (const lane of sorted) {
    if (mapOf(lane.snapshot) !== mapOf(first.snapshot)) {
      return fail(
        'comp.tempo',
        `“${lane.name || 'The original'}” runs at another tempo than “${first.name || 'the original'}”, so their bars do not meet. Comp variations of one tempo.`,
      )
    }
  }
  for (const [i, lane] of sorted.entries()) {
    if ((sorted[i - 1]?.toTick ?? 0) > lane.fromTick)
      return fail('comp.overlap', 'Two chosen stretches overlap; one moment can only play one variation.')
  }
  const groups = new Map<RemixSnapshot, CompLane[]>()
  // The original comes first: its tracks stay on top, and its master is the one that stays.
  if (sorted.some((lane) => lane.snapshot === base)) groups.set(base, [])
  for (const lane of sorted) groups.set(lane.snapshot, [...(groups.get(lane.snapshot) ?? []), lane])
  const made = new Map<string, AnyRecord>()
  for (const record of base.values()) {
    const isShared = record.type === 'remix' || record.type === 'work' || record.type === 'stem' || record.type === 'marker'
    const isMaster = record.id === MASTER_TRACK_ID || (record.type === 'device' && record.trackId === MASTER_TRACK_ID)
    if (isShared || isMaster) made.set(record.id, record)
  }
  const recipes = new Map([...groups.keys()].flatMap((one) => remixOf(one).recipes ?? []).map((recipe) => [canonicalText(recipe), recipe]))
  const { tempo, meter } = remixOf(first.snapshot)
  made.set('remix', { ...remixOf(base), tempo, meter, ...(recipes.size > 0 ? { recipes: [...recipes.values()] } : {}) })
  for (const [i, [snapshot, own]] of [...groups].entries()) {
    for (const record of recordsOf(snapshot, 'sound')) made.set(record.id, record)
    for (const record of recordsOf(snapshot, 'stem')) made.set(record.id, record)
    for (const record of recordsOf(snapshot, 'work')) made.set(record.id, record)
    for (const record of bring(snapshot, own, i + 1)) made.set(record.id, record)
  }
  return ok(made)
}
