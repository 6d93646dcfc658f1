// What can be played of a plan while some of its sounds are still being derived: never a dry stem in place of a changed one.
import type { PlanClip, PlanSource, RenderPlan } from '../../src-shared/remix/index.ts'

export interface PlayablePlan {
  readonly plan: RenderPlan
  /** Clips whose sound is not ready. */
  readonly waiting: readonly string[]
}

/**
 * The plan with every clip whose source is not ready as it was in `before`, the plan that plays now; a clip that was not there is left out.
 * Tracks, levels and devices are those of the new plan at once.
 */
export const playablePlan = (plan: RenderPlan, before: RenderPlan | undefined, isReady: (source: PlanSource) => boolean): PlayablePlan => {
  const ready = plan.sources.map(isReady)
  const isReadyClip = (clip: PlanClip): boolean => clip.isPlayedByInstrument === true || ready[clip.source] === true
  const old = new Map<string, { readonly clip: PlanClip; readonly source: PlanSource }>()
  for (const clip of before?.tracks.flatMap((track) => track.clips) ?? []) {
    const source = before?.sources[clip.source]
    if (source) old.set(clip.clipId, { clip, source })
  }
  const waiting: string[] = []
  const sources = [...plan.sources]
  const places = new Map<PlanSource, number>()
  const asItWas = (clipId: string): readonly PlanClip[] => {
    waiting.push(clipId)
    const known = old.get(clipId)
    if (!known) return []
    const place = places.get(known.source) ?? sources.push(known.source) - 1
    places.set(known.source, place)
    return [{ ...known.clip, source: place }]
  }
  const tracks = plan.tracks.map((track) =>
    track.clips.every((clip) => isReadyClip(clip))
      ? track
      : { ...track, clips: track.clips.flatMap((clip) => (isReadyClip(clip) ? [clip] : asItWas(clip.clipId))) },
  )
  return waiting.length === 0 ? { plan, waiting } : { plan: { ...plan, sources, tracks }, waiting }
}
