// Edits of the works a remix draws on: adding a second one, correcting what is known of one, matching it to the remix.
import { fail, ok, type NewId, type Result } from '../../std/index.ts'
import { tick, ticks } from '../../time/index.ts'
import { type AnyRecord, type Clip, keySchema, type RemixSnapshot, type Role, type StemRecord, type WorkRecord } from '../records.ts'
import { recordOf, recordsOf, remixOf, tracksOf } from '../snapshot.ts'
import { sourceFramesBetween, tickAfterSourceFrames } from '../warp.ts'
import { freshId, MAX_TICK, stemFrames, tickAfterFrames, withChanges } from './change.ts'
import { rewarpedClip } from './sounds.ts'

const PITCH_CLASSES: Readonly<Record<string, number>> = { C: 0, D: 2, E: 4, F: 5, G: 7, A: 9, B: 11 }

/** Pitch class of the major scale a key shares its notes with: A minor and C major are both 0. Null where there is no key. */
const scaleOf = (key: string | null): number | null => {
  const match = key === null ? null : /^([A-G])(#|b)? (major|minor)$/.exec(key)
  if (!match) return null
  const tonic = (PITCH_CLASSES[match[1] ?? 'C'] ?? 0) + (match[2] === '#' ? 1 : match[2] === 'b' ? -1 : 0)
  return (tonic + (match[3] === 'minor' ? 3 : 0) + 12) % 12
}

/** The smallest transposition, in cents, that brings one key to the notes of another; null where a key is not known. */
export const centsBetweenKeys = (from: string | null, to: string | null): number | null => {
  const [left, right] = [scaleOf(from), scaleOf(to)]
  if (left === null || right === null) return null
  const up = (right - left + 12) % 12
  return (up > 6 ? up - 12 : up) * 100
}

/** Names of the keys by pitch class, as most people write them. */
const TONICS = ['C', 'C#', 'D', 'Eb', 'E', 'F', 'F#', 'G', 'Ab', 'A', 'Bb', 'B'] as const

/** The key that music of a key is in after it was transposed. Null where it falls between two keys; a key that comes out the same keeps its name. */
export const transposedKey = (key: string, cents: number): string | null => {
  const match = /^([A-G])(#|b)? (major|minor)$/.exec(key)
  if (!match || cents % 100 !== 0) return null
  if (cents % 1_200 === 0) return key
  const tonic = (PITCH_CLASSES[match[1] ?? 'C'] ?? 0) + (match[2] === '#' ? 1 : match[2] === 'b' ? -1 : 0) + cents / 100
  return `${TONICS[((tonic % 12) + 12) % 12]} ${match[3]}`
}

const findWork = (snapshot: RemixSnapshot, workId: string): Result<WorkRecord> => {
  const work = recordOf(snapshot, 'work', workId)
  return work ? ok(work) : fail('edit.no_such_work', `There is no work ${workId} in this remix.`, { workId })
}

/** Corrects what the remix knows of a work, for instance by what was detected. Nothing that sounds is changed. */
export const setWork = (
  snapshot: RemixSnapshot,
  {
    workId,
    milliBpm,
    key,
  }: { readonly workId: string; readonly milliBpm?: number | null | undefined; readonly key?: string | null | undefined },
): Result<RemixSnapshot> => {
  const work = findWork(snapshot, workId)
  if (!work.ok) return work
  if (milliBpm != null && !(Number.isInteger(milliBpm) && milliBpm >= 20_000 && milliBpm <= 400_000))
    return fail('tempo.out_of_range', 'The tempo must be between 20 and 400 BPM.', { milliBpm })
  if (key != null && !keySchema.safeParse(key).success)
    return fail('key.unknown', `“${key}” is not a key; write it like “A minor” or “Bb major”.`)
  return ok(
    withChanges(snapshot, [
      {
        ...work.value,
        milliBpm: milliBpm === undefined ? work.value.milliBpm : milliBpm,
        key: key === undefined ? work.value.key : key,
      },
    ]),
  )
}

/** Roles that have no key: transposing them would only hurt. */
const UNPITCHED: ReadonlySet<Role> = new Set<Role>(['drums', 'effects'])

/** What a work can be matched in, and why not in the rest. */
export interface WorkMatch {
  readonly tempo: boolean
  readonly key: boolean
  /** What is left out and what to do about it, in sentences; null where nothing is. */
  readonly leftOut: string | null
}

/** What of tempo and key is known well enough to match a work to the remix. */
export const matchable = (
  snapshot: RemixSnapshot,
  work: WorkRecord,
  asked: { readonly tempo: boolean; readonly key: boolean } = { tempo: true, key: true },
): WorkMatch => {
  const remix = remixOf(snapshot)
  const lacks = [
    ...(asked.tempo && work.milliBpm === null ? [`the tempo of “${work.title}”`] : []),
    ...(asked.key && scaleOf(work.key) === null ? [`the key of “${work.title}”`] : []),
    ...(asked.key && scaleOf(remix.key) === null ? ['the key of this remix'] : []),
  ].join(' and ')
  return {
    tempo: asked.tempo && work.milliBpm !== null,
    key: asked.key && centsBetweenKeys(work.key, remix.key) !== null,
    leftOut:
      lacks === ''
        ? null
        : `Not known: ${lacks}. Open Tempo, meter and key, listen to it and apply what is heard there or state it; then match again.`,
  }
}

/** What a match is called: by all that it changes. */
export const matchLabel = (title: string, { tempo, key }: Pick<WorkMatch, 'tempo' | 'key'>): string =>
  tempo === key ? `Match ${title}` : `Match the ${tempo ? 'tempo' : 'key'} of ${title}`

/** The work that tempo and key of the remix are those of: that of the topmost track that plays one. Undefined where there is no work. */
export const homeWork = (snapshot: RemixSnapshot): WorkRecord | undefined => {
  const works = recordsOf(snapshot, 'work')
  if (works.length < 2) return works[0]
  // Documents list works by id: the order of the records does not tell which came first, and others are added below.
  const stemOfTrack = new Map<string, string>()
  for (const clip of recordsOf(snapshot, 'clip')) if (!stemOfTrack.has(clip.trackId)) stemOfTrack.set(clip.trackId, clip.stemId)
  for (const track of [...tracksOf(snapshot)].sort((left, right) => left.order - right.order)) {
    const stem = recordOf(snapshot, 'stem', stemOfTrack.get(track.id) ?? '')
    const work = stem && recordOf(snapshot, 'work', stem.workId)
    if (work) return work
  }
  return works[0]
}

/**
 * Lets all clips of a work follow the tempo of the remix and transposes the pitched ones to its key, as far as both are known. Clips keep what they
 * play; those after the first move so that the work's own time between them stays. Codes, where nothing asked for is known: `work.no_tempo`,
 * `work.no_key`.
 */
export const matchWork = (
  snapshot: RemixSnapshot,
  { workId, ...asked }: { readonly workId: string; readonly tempo: boolean; readonly key: boolean },
): Result<RemixSnapshot> => {
  const work = findWork(snapshot, workId)
  if (!work.ok) return work
  const { milliBpm, key } = work.value
  const remix = remixOf(snapshot)
  const { tempo: isTempo, key: isKey, leftOut } = matchable(snapshot, work.value, asked)
  if (!isTempo && !isKey)
    return fail(asked.tempo ? 'work.no_tempo' : 'work.no_key', leftOut ?? 'Say what to match: tempo, key or both.', { workId })
  const cents = isKey ? centsBetweenKeys(key, remix.key) : null
  const stems = new Map(recordsOf(snapshot, 'stem').flatMap((stem) => (stem.workId === workId ? [[stem.id, stem] as const] : [])))
  const clips = recordsOf(snapshot, 'clip').filter((clip) => stems.has(clip.stemId))
  const first = Math.min(...clips.map((clip) => clip.startTick))
  const put: Clip[] = clips.map((clip) => {
    const role = stems.get(clip.stemId)?.role ?? 'other'
    const old = clip.warp ?? { milliBpm: null, cents: 0, keepsFormants: role === 'vocals' }
    const next = rewarpedClip(snapshot, clip, {
      milliBpm: isTempo ? milliBpm : old.milliBpm,
      cents: cents === null || UNPITCHED.has(role) ? old.cents : cents,
      keepsFormants: old.keepsFormants,
    })
    if (!isTempo || old.milliBpm !== null) return next
    const passed = sourceFramesBetween(remix.tempo, clip, first, clip.startTick)
    return { ...next, startTick: tickAfterSourceFrames(remix.tempo, next, first, passed) }
  })
  if (put.some((clip) => clip.startTick + clip.lengthTicks > MAX_TICK))
    return fail('clip.too_late', 'At that tempo the remix would be longer than the timeline.')
  return ok(withChanges(snapshot, put))
}

/** Adds another work: each stem on a track of its own below the others, in place from `atTick` on. */
export const addWork = (
  snapshot: RemixSnapshot,
  {
    work,
    stems,
    atTick,
  }: { readonly work: Omit<WorkRecord, 'type'>; readonly stems: readonly Omit<StemRecord, 'type' | 'workId'>[]; readonly atTick: number },
  newId: NewId,
): Result<RemixSnapshot> => {
  if (snapshot.has(work.id)) return fail('work.already_there', `“${work.title}” is part of this remix already.`, { workId: work.id })
  const { tempo } = remixOf(snapshot)
  const put: AnyRecord[] = [{ type: 'work', ...work }]
  let order = Math.max(-1, ...tracksOf(snapshot).flatMap((track) => (track.kind === 'audio' ? [track.order] : []))) + 1
  for (const facts of stems) {
    if (snapshot.has(facts.id)) return fail('edit.id_taken', `The stem ${facts.title} is already in this remix.`, { id: facts.id })
    const stem: StemRecord = { type: 'stem', ...facts, workId: work.id }
    const trackId = freshId(snapshot, newId())
    const clipId = freshId(snapshot, newId())
    if (!trackId.ok) return trackId
    if (!clipId.ok) return clipId
    const lengthTicks = ticks(Math.max(1, tickAfterFrames(tempo, atTick, stemFrames(stem)) - atTick))
    if (atTick + lengthTicks > MAX_TICK) return fail('clip.too_late', 'That is beyond the end of the timeline.')
    put.push(
      stem,
      {
        type: 'track',
        id: trackId.value,
        kind: 'audio',
        name: stem.title,
        role: stem.role,
        order,
        gainDb: 0,
        pan: 0,
        isMuted: false,
        isSoloed: false,
      },
      {
        type: 'clip',
        id: clipId.value,
        trackId: trackId.value,
        stemId: stem.id,
        name: stem.title,
        startTick: tick(atTick),
        lengthTicks,
        sourceOffsetFrames: 0,
        gainDb: 0,
        isMuted: false,
        fadeInFrames: 0,
        fadeOutFrames: 0,
        fadeCurve: 'linear',
      },
    )
    order++
  }
  return ok(withChanges(snapshot, put))
}
