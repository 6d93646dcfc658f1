// Silence in stretches of time, as one edit: what takes a split at either edge and a deletion otherwise, for as many stretches as there are.
import { fail, type NewId, ok, type Result } from '../../std/index.ts'
import type { Clip, RemixSnapshot } from '../records.ts'
import { remixOf } from '../snapshot.ts'
import { cutClip, trimmedClip } from './clips.ts'
import { endTick, findClips, findStem, freshId, withChanges } from './change.ts'

/** A stretch of the timeline. */
export interface RestSpan {
  readonly fromTick: number
  readonly toTick: number
}

/**
 * Takes what clips play in some stretches out, span by span. A clip that lies in one goes, one that reaches in is trimmed, and of one that goes on
 * behind it the rest becomes a clip of its own. `rightIds` name those: by span, then by clip as named.
 */
export const restClips = (
  snapshot: RemixSnapshot,
  { clipIds, spans, rightIds }: { clipIds: readonly string[]; spans: readonly RestSpan[]; rightIds?: readonly string[] | undefined },
  newId: NewId,
): Result<RemixSnapshot> => {
  const clips = findClips(snapshot, clipIds)
  if (!clips.ok) return clips
  const { tempo } = remixOf(snapshot)
  const changed = new Map<string, Clip>()
  const gone: string[] = []
  let current: readonly Clip[] = clips.value
  let named = 0
  for (const { fromTick, toTick } of spans) {
    if (toTick <= fromTick) return fail('edit.empty_span', 'A stretch of time has to end after it begins.', { fromTick, toTick })
    const next: Clip[] = []
    for (const clip of current) {
      const end = endTick(clip)
      if (clip.startTick >= toTick || end <= fromTick) {
        next.push(clip)
        continue
      }
      const isOpenLeft = clip.startTick < fromTick
      const isOpenRight = end > toTick
      if (!isOpenLeft && !isOpenRight) {
        changed.delete(clip.id)
        gone.push(clip.id)
        continue
      }
      const stem = findStem(snapshot, clip.stemId)
      if (!stem.ok) return stem
      const place = { tempo, stem: stem.value }
      let kept: readonly Clip[]
      if (isOpenLeft && isOpenRight) {
        const id = freshId(snapshot, rightIds?.[named++] ?? newId())
        if (!id.ok) return id
        if (changed.has(id.value)) return fail('edit.id_taken', `The id ${id.value} is named twice; choose another.`, { id: id.value })
        const first = cutClip(clip, { ...place, atTick: fromTick, rightId: id.value })
        if (!first.ok) return first
        const second = cutClip(first.value[1], { ...place, atTick: toTick, rightId: id.value })
        if (!second.ok) return second
        kept = [first.value[0], second.value[1]]
      } else {
        const trimmed = trimmedClip(clip, isOpenLeft ? { ...place, edge: 'end', toTick: fromTick } : { ...place, edge: 'start', toTick })
        if (!trimmed.ok) return trimmed
        kept = [trimmed.value]
      }
      for (const one of kept) changed.set(one.id, one)
      next.push(...kept)
    }
    current = next
  }
  return ok(withChanges(snapshot, [...changed.values()], gone))
}
