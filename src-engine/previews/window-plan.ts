// Cuts a plan down to what a preview hears: only the clips in the stretch, and of warped stems only the part that is played.
import type { PlanClip, PlanSource, RenderPlan } from '../../src-shared/remix/index.ts'

/** Parts of stems are cut on this grid of source frames, so that previews of one tempo share them: 10 s. */
const GRID_FRAMES = 480_000
/** The stretcher needs something to start from. */
const MARGIN_FRAMES = 9_600

/** How long before the stretch clips still matter: what rings in reverbs and delays when it begins. */
const LEAD_FRAMES = 96_000

/** The part of a warped source that covers `fromOut` to `toOut` of its sound, and where that part begins in it. */
const partOf = (
  source: PlanSource,
  fromOut: number,
  toOut: number,
  gridFrames: number,
): { readonly source: PlanSource; readonly startOut: number } => {
  const { warp } = source
  const [first, last] = [warp?.anchors[0], warp?.anchors.at(-1)]
  // A warp with changes of tempo covers just its clip as it is.
  if (!warp || !first || !last || warp.anchors.length !== 2) return { source, startOut: 0 }
  const [sourceStart] = first
  const [sourceEnd, outEnd] = last
  const ratio = outEnd / (sourceEnd - sourceStart)
  const from = Math.max(sourceStart, Math.floor((sourceStart + fromOut / ratio - MARGIN_FRAMES) / gridFrames) * gridFrames)
  const to = Math.min(sourceEnd, Math.ceil((sourceStart + toOut / ratio + MARGIN_FRAMES) / gridFrames) * gridFrames)
  if (from <= sourceStart && to >= sourceEnd) return { source, startOut: 0 }
  const startOut = Math.round((from - sourceStart) * ratio)
  const anchors = [
    [from, 0],
    [to, Math.max(1, Math.round((to - from) * ratio))],
  ] as const
  return { source: { ...source, warp: { ...warp, anchors } }, startOut }
}

/** The plan of a preview: sounds like `plan` from `fromFrame` to `toFrame`, with less to prepare. Tracks and devices stay as they are. */
export const windowPlan = (
  plan: RenderPlan,
  { fromFrame, toFrame }: { readonly fromFrame: number; readonly toFrame: number },
  { leadFrames, gridFrames }: { readonly leadFrames: number; readonly gridFrames: number } = {
    leadFrames: LEAD_FRAMES,
    gridFrames: GRID_FRAMES,
  },
): RenderPlan => {
  const sources: PlanSource[] = []
  const indexes = new Map<string, number>()
  const place = (source: PlanSource): number => {
    const key = JSON.stringify([source.stemId, source.make ?? null, source.warp ?? null])
    const known = indexes.get(key)
    if (known !== undefined) return known
    indexes.set(key, sources.length)
    return sources.push(source) - 1
  }
  const since = Math.max(0, fromFrame - leadFrames)
  const cut = (clip: PlanClip): readonly PlanClip[] => {
    const end = clip.startFrame + clip.lengthFrames
    const source = plan.sources[clip.source]
    if (!source || clip.startFrame >= toFrame || end <= since) return []
    if (!source.warp) return [{ ...clip, source: place(source) }]
    const from = clip.sourceStartFrame + Math.max(0, since - clip.startFrame)
    const to = clip.sourceStartFrame + Math.min(clip.lengthFrames, toFrame - clip.startFrame)
    const part = partOf(source, from, to, gridFrames)
    if (part.startOut === 0 && part.source === source) return [{ ...clip, source: place(source) }]
    // What lies before the part is not heard: the clip begins where the part does.
    const skipped = Math.max(0, part.startOut - clip.sourceStartFrame)
    const lengthFrames = Math.min(clip.lengthFrames - skipped, to - clip.sourceStartFrame - skipped)
    if (lengthFrames <= 0) return []
    return [
      {
        ...clip,
        source: place(part.source),
        startFrame: clip.startFrame + skipped,
        lengthFrames,
        sourceStartFrame: clip.sourceStartFrame + skipped - part.startOut,
        fadeInFrames: skipped > 0 ? 0 : Math.min(clip.fadeInFrames, lengthFrames),
        fadeOutFrames: to - clip.sourceStartFrame < clip.lengthFrames ? 0 : Math.min(clip.fadeOutFrames, lengthFrames),
      },
    ]
  }
  const tracks = plan.tracks.map((track) => ({ ...track, clips: track.isAudible ? track.clips.flatMap(cut) : [] }))
  return { ...plan, tracks, sources }
}

/** So much is made before anything sounds, and so much before all of it is, in frames from where it starts. */
const FIRST_FRAMES = [144_000, 576_000]
/** Until all is there, parts are as short as can be: whoever listens waits for them. */
const FIRST_GRID = { leadFrames: 0, gridFrames: 48_000 }

/**
 * Plans for listening to a stretch at once, from `atFrame` on: the first needs the least to be made, each next one takes over where it is, the last
 * one is the whole stretch.
 */
export const listeningPlans = (
  plan: RenderPlan,
  range: { readonly fromFrame: number; readonly toFrame: number },
  atFrame: number,
): readonly RenderPlan[] => {
  const from = Math.max(range.fromFrame, Math.min(atFrame, range.toFrame))
  const first = FIRST_FRAMES.filter((frames) => from + frames < range.toFrame).map((frames) =>
    windowPlan(plan, { fromFrame: from, toFrame: from + frames }, FIRST_GRID),
  )
  return [...first, windowPlan(plan, range)]
}

/** The plan that plays a kept preview where it lies on the timeline, `gainDb` louder. */
export const previewPlan = (
  key: string,
  { fromFrame, toFrame }: { readonly fromFrame: number; readonly toFrame: number },
  gainDb: number,
): RenderPlan => {
  const lengthFrames = toFrame - fromFrame
  const track = {
    name: 'Preview',
    role: 'other',
    isAudible: true,
    devices: [],
    gainDb: { value: 0 },
    pan: { value: 0 },
    sends: [],
  } as const
  const clip: PlanClip = {
    clipId: 'preview',
    source: 0,
    startFrame: fromFrame,
    lengthFrames,
    sourceStartFrame: 0,
    gainDb,
    fadeInFrames: 240,
    fadeOutFrames: 240,
    fadeCurve: 'linear',
  }
  return {
    v: 1,
    sampleRate: 48_000,
    lengthFrames: toFrame,
    tailFrames: 0,
    sources: [
      {
        stemId: 'preview',
        workId: 'preview',
        role: 'other',
        title: 'Preview',
        contentSha256: key,
        sampleRate: 48_000,
        channels: 2,
        lengthFrames,
        isrc: null,
      },
    ],
    tracks: [
      { ...track, id: 'preview', kind: 'audio', clips: [clip] },
      { ...track, id: 'track:master', kind: 'master', name: 'Master', clips: [] },
    ],
  }
}

/** A plan that is `gainDb` louder at its master's fader. */
export const withGain = (plan: RenderPlan, gainDb: number): RenderPlan =>
  gainDb === 0
    ? plan
    : {
        ...plan,
        tracks: plan.tracks.map((track) => {
          if (track.kind !== 'master') return track
          const { value, points } = track.gainDb
          const louder = (one: number): number => Math.max(-144, Math.min(36, one + gainDb))
          return {
            ...track,
            gainDb: {
              value: louder(value),
              ...(points ? { points: points.map((point) => ({ ...point, value: louder(point.value) })) } : {}),
            },
          }
        }),
      }
