// Edits of how clips sound: warps, and sounds made anew from a stem.
import { err, ok, type NewId, type Result } from '../../std/index.ts'
import { ticks } from '../../time/index.ts'
import type { Clip, Make, Recipe, RemixSnapshot, SoundRecord, Warp } from '../records.ts'
import { recordOf, recordsOf, remixOf } from '../snapshot.ts'
import { sourceFramesBetween, tickAfterSourceFrames } from '../warp.ts'
import { clampFades, endTick, findClips, findSound, findStem, freshId, inRange, withChanges } from './change.ts'

/** A clip with another warp, which covers what it covered of its source before. `warp` null plays it as recorded. */
export const rewarpedClip = (snapshot: RemixSnapshot, clip: Clip, warp: Warp | null): Clip => {
  const { tempo } = remixOf(snapshot)
  const { warp: _, ...rest } = clip
  const isPlain = warp === null || (warp.milliBpm === null && warp.cents === 0)
  const next: Clip = isPlain ? rest : { ...rest, warp }
  if ((clip.warp?.milliBpm ?? null) === (next.warp?.milliBpm ?? null)) return next
  const covered = sourceFramesBetween(tempo, clip, clip.startTick, endTick(clip))
  const lengthTicks = ticks(Math.max(1, tickAfterSourceFrames(tempo, next, clip.startTick, covered) - clip.startTick))
  return clampFades(tempo, { ...next, lengthTicks })
}

/** Sets tempo, pitch or formants of clips; what is not named stays. `milliBpm` is the tempo of the source, null its own speed. */
export const warpClips = (
  snapshot: RemixSnapshot,
  {
    clipIds,
    milliBpm,
    cents,
    keepsFormants,
  }: {
    readonly clipIds: readonly string[]
    readonly milliBpm?: number | null | undefined
    readonly cents?: number | undefined
    readonly keepsFormants?: boolean | undefined
  },
): Result<RemixSnapshot> => {
  const clips = findClips(snapshot, clipIds)
  if (!clips.ok) return clips
  const refusal =
    (milliBpm == null ? null : inRange('The tempo of a clip', milliBpm / 1000, 10, 800, ' BPM')) ??
    (cents === undefined ? null : inRange('A transposition', cents / 100, -24, 24, ' semitones'))
  if (refusal) return err(refusal)
  const put = clips.value.map((clip) => {
    const isVoice = recordOf(snapshot, 'stem', clip.stemId)?.role === 'vocals'
    const old = clip.warp ?? { milliBpm: null, cents: 0, keepsFormants: isVoice }
    return rewarpedClip(snapshot, clip, {
      milliBpm: milliBpm === undefined ? old.milliBpm : milliBpm === null ? null : Math.round(milliBpm),
      cents: cents === undefined ? old.cents : Math.round(cents),
      keepsFormants: keepsFormants ?? old.keepsFormants,
    })
  })
  return ok(withChanges(snapshot, put))
}

/** Lets clips play a made sound, or with null their stem again. */
export const setClipSound = (
  snapshot: RemixSnapshot,
  { clipIds, soundId }: { readonly clipIds: readonly string[]; readonly soundId: string | null },
): Result<RemixSnapshot> => {
  const clips = findClips(snapshot, clipIds)
  if (!clips.ok) return clips
  const put: Clip[] = []
  for (const { soundId: _, ...clip } of clips.value) {
    if (soundId !== null) {
      const sound = findSound(snapshot, soundId, clip.stemId)
      if (!sound.ok) return sound
    }
    put.push(soundId === null ? clip : { ...clip, soundId })
  }
  return ok(withChanges(snapshot, put))
}

/** Adds a sound made from a stem; no clip plays it yet. */
export const addSound = (
  snapshot: RemixSnapshot,
  args: { readonly id?: string | undefined; readonly stemId: string; readonly name: string; readonly make: Make },
  newId: NewId,
): Result<RemixSnapshot> => {
  const id = freshId(snapshot, args.id ?? newId())
  if (!id.ok) return id
  const stem = findStem(snapshot, args.stemId)
  if (!stem.ok) return stem
  return ok(withChanges(snapshot, [{ type: 'sound', id: id.value, stemId: args.stemId, name: args.name, make: args.make }]))
}

const soundOf = (snapshot: RemixSnapshot, soundId: string): Result<SoundRecord> =>
  findSound(snapshot, soundId, recordOf(snapshot, 'sound', soundId)?.stemId ?? '')

/** Changes a made sound: every clip that plays it changes with it. */
export const setSound = (
  snapshot: RemixSnapshot,
  { soundId, name, make }: { readonly soundId: string; readonly name?: string | undefined; readonly make?: Make | undefined },
): Result<RemixSnapshot> => {
  const sound = soundOf(snapshot, soundId)
  if (!sound.ok) return sound
  return ok(withChanges(snapshot, [{ ...sound.value, name: name ?? sound.value.name, make: make ?? sound.value.make }]))
}

/** Removes a made sound; clips that played it play their stem again. */
export const removeSound = (snapshot: RemixSnapshot, { soundId }: { readonly soundId: string }): Result<RemixSnapshot> => {
  const sound = soundOf(snapshot, soundId)
  if (!sound.ok) return sound
  const back = recordsOf(snapshot, 'clip').flatMap(({ soundId: played, ...clip }) => (played === soundId ? [clip] : []))
  return ok(withChanges(snapshot, back, [soundId]))
}

/** Notes that a style was run. The edits it made are ordinary ones; the recipe says where they came from. */
export const addRecipe = (snapshot: RemixSnapshot, { recipe }: { readonly recipe: Recipe }): Result<RemixSnapshot> => {
  const remix = remixOf(snapshot)
  return ok(withChanges(snapshot, [{ ...remix, recipes: [...(remix.recipes ?? []), recipe].slice(-1_000) }]))
}
