// The stretch of a remix that its previews play: where most is going on, from the start of a section or bar.
import { recordsOf, remixOf, type RemixSnapshot, type RenderPlan } from '../../../src-shared/remix/index.ts'
import { frameAt } from '../../../src-shared/time/index.ts'

/** Length of a preview: 30 s. */
export const PREVIEW_FRAMES = 30 * 48_000

/** How many clips sound, summed over a stretch in seconds. */
const busyness = (plan: RenderPlan, from: number, to: number): number => {
  let sum = 0
  for (const track of plan.tracks) {
    if (!track.isAudible) continue
    for (const clip of track.clips)
      sum += Math.max(0, Math.min(to, clip.startFrame + clip.lengthFrames) - Math.max(from, clip.startFrame)) / 48_000
  }
  return sum
}

/** Thirty seconds of a plan, or all of it where it is shorter. Sections are tried first, else every eighth of the remix. */
export const previewRange = (snapshot: RemixSnapshot, plan: RenderPlan): { readonly fromFrame: number; readonly toFrame: number } => {
  if (plan.lengthFrames <= PREVIEW_FRAMES) return { fromFrame: 0, toFrame: Math.max(1, plan.lengthFrames) }
  const last = plan.lengthFrames - PREVIEW_FRAMES
  const { tempo } = remixOf(snapshot)
  const sections = recordsOf(snapshot, 'marker').flatMap((marker) =>
    marker.lengthTicks === null ? [] : [Math.min(last, frameAt(tempo, marker.atTick, 48_000) as number)],
  )
  const starts = sections.length > 1 ? sections : Array.from({ length: 8 }, (_, i) => Math.round((last * i) / 7))
  let best = starts[0] ?? 0
  for (const start of [...starts].sort((left, right) => left - right)) {
    if (busyness(plan, start, start + PREVIEW_FRAMES) > busyness(plan, best, best + PREVIEW_FRAMES) * 1.02) best = start
  }
  return { fromFrame: best, toFrame: best + PREVIEW_FRAMES }
}

/** The same stretch in a variation; one that ends earlier plays its last thirty seconds. */
export const rangeWithin = (
  range: { readonly fromFrame: number; readonly toFrame: number },
  plan: RenderPlan,
): { readonly fromFrame: number; readonly toFrame: number } => {
  const length = range.toFrame - range.fromFrame
  const toFrame = Math.max(1, Math.min(range.toFrame, plan.lengthFrames))
  return { fromFrame: Math.max(0, Math.min(range.fromFrame, toFrame - Math.min(length, toFrame))), toFrame }
}
