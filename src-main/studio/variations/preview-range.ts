// The stretch of a remix that its previews play: where most is going on, from the start of a section or bar.
import { sectionsOf, type StyleFacts } from '../../../src-engine/styles/index.ts'
import { remixOf, type RemixSnapshot, type RenderPlan } from '../../../src-shared/remix/index.ts'
import { frameAt, tick } from '../../../src-shared/time/index.ts'

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

/**
 * Thirty seconds of a plan, or all of it where it is shorter: from the start of the section where most is played and most is going on, the first of
 * several alike. Where there is one section only, every eighth of the remix is tried. The same for the same music, whatever its records are called.
 */
export const previewRange = (
  snapshot: RemixSnapshot,
  plan: RenderPlan,
  facts: StyleFacts,
): { readonly fromFrame: number; readonly toFrame: number } => {
  if (plan.lengthFrames <= PREVIEW_FRAMES) return { fromFrame: 0, toFrame: Math.max(1, plan.lengthFrames) }
  const last = plan.lengthFrames - PREVIEW_FRAMES
  const { tempo } = remixOf(snapshot)
  const sections = sectionsOf(snapshot, facts)
  const starts =
    sections.length > 1
      ? sections.map(({ startTick, energy }) => ({ at: Math.min(last, frameAt(tempo, tick(startTick), 48_000) as number), energy }))
      : Array.from({ length: 8 }, (_, i) => ({ at: Math.round((last * i) / 7), energy: 0 }))
  let best = 0
  let most = -1
  for (const { at, energy } of starts) {
    const score = busyness(plan, at, at + PREVIEW_FRAMES) * (0.5 + energy)
    if (score <= most * 1.02) continue
    best = at
    most = score
  }
  return { fromFrame: best, toFrame: best + PREVIEW_FRAMES }
}

/** The same stretch in a variation of so many frames; one that ends earlier plays its last thirty seconds. */
export const rangeWithin = (
  range: { readonly fromFrame: number; readonly toFrame: number },
  lengthFrames: number,
): { readonly fromFrame: number; readonly toFrame: number } => {
  const length = range.toFrame - range.fromFrame
  const toFrame = Math.max(1, Math.min(range.toFrame, lengthFrames))
  return { fromFrame: Math.max(0, Math.min(range.fromFrame, toFrame - Math.min(length, toFrame))), toFrame }
}
