// Cuts a plan down to what a preview hears: only the clips in the stretch, and of stems that are bent or struck anew only the part
// that is played.
import { derivedLengthFrames, type PlanClip, type PlanSource, type RenderPlan } from '../../src-shared/remix/index.ts'

/** Parts of stems are cut on this grid of source frames, so that previews of one tempo share them: 10 s. */
const GRID_FRAMES = 480_000
/** The stretcher needs something to start from. */
const MARGIN_FRAMES = 9_600

/** How long before the stretch clips still matter: what rings in reverbs and delays when it begins. */
const LEAD_FRAMES = 96_000

/** How long a struck drum may ring into a part that begins after it. */
const RING_FRAMES = 288_000

/** A drum part that is struck between two frames of its stem, as a sound of its own. */
const struckIn = (source: PlanSource, from: number, to: number): PlanSource => {
  const { make } = source
  if (make?.kind !== 'hits') return source
  const hits = make.hits.flatMap((hit) => (hit.frame >= from && hit.frame < to ? [{ ...hit, frame: hit.frame - from }] : []))
  return { ...source, make: { ...make, hits }, madeFrames: to - from }
}

/** A stretch of a source before it is bent, in frames at 48 kHz. */
interface Span {
  readonly from: number
  readonly to: number
}

/** First and last frame of a source that is bent evenly or not at all, and how far its sound reaches; undefined for others. */
const extentOf = (source: PlanSource): (Span & { readonly outFrames: number }) | undefined => {
  const { warp } = source
  if (!warp) return { from: 0, to: derivedLengthFrames(source), outFrames: derivedLengthFrames(source) }
  const [first, last] = warp.anchors
  return warp.anchors.length === 2 && first && last ? { from: first[0], to: last[0], outFrames: last[1] } : undefined
}

/** What of a source is needed to play `fromOut` to `toOut` of its sound; null where that is all of it, or making all of it costs nothing. */
const spanOf = (source: PlanSource, fromOut: number, toOut: number, gridFrames: number): Span | null => {
  const isStruck = source.make?.kind === 'hits'
  if (!source.warp && !isStruck) return null
  // A warp with changes of tempo covers just its clip as it is.
  const extent = extentOf(source)
  if (!extent) return null
  const ratio = extent.outFrames / (extent.to - extent.from)
  const lead = isStruck ? RING_FRAMES : MARGIN_FRAMES
  const from = Math.max(extent.from, Math.floor((extent.from + fromOut / ratio - lead) / gridFrames) * gridFrames)
  const to = Math.min(extent.to, Math.ceil((extent.from + toOut / ratio + MARGIN_FRAMES) / gridFrames) * gridFrames)
  return from <= extent.from && to >= extent.to ? null : { from, to }
}

/** A stretch of a source as a source of its own, and where in the sound of the whole it begins. */
const partOf = (source: PlanSource, { from, to }: Span): { readonly source: PlanSource; readonly startOut: number } => {
  const { warp } = source
  const extent = extentOf(source)
  const ratio = extent ? extent.outFrames / (extent.to - extent.from) : 1
  const startOut = extent ? Math.round((from - extent.from) * ratio) : 0
  const struck = struckIn(source, from, to)
  if (!warp) return { source: struck, startOut }
  const at = struck === source ? 0 : from
  const anchors = [
    [from - at, 0],
    [to - at, Math.max(1, Math.round((to - from) * ratio))],
  ] as const
  return { source: { ...struck, warp: { ...warp, anchors } }, startOut }
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
  /** By the source they are of and where they begin and end in it. */
  const parts = new Map<string, { readonly index: number; readonly startOut: number }>()
  const place = (of: number, span: Span | null): { readonly index: number; readonly startOut: number } => {
    const key = `${of}/${span?.from}/${span?.to}`
    const known = parts.get(key)
    if (known) return known
    const source = plan.sources[of] as PlanSource
    const part = span ? partOf(source, span) : { source, startOut: 0 }
    const placed = { index: sources.push(part.source) - 1, startOut: part.startOut }
    parts.set(key, placed)
    return placed
  }
  const since = Math.max(0, fromFrame - leadFrames)
  const cut = (clip: PlanClip): readonly PlanClip[] => {
    const end = clip.startFrame + clip.lengthFrames
    const source = plan.sources[clip.source]
    if (!source || clip.startFrame >= toFrame || end <= since) return []
    const from = clip.sourceStartFrame + Math.max(0, since - clip.startFrame)
    const to = clip.sourceStartFrame + Math.min(clip.lengthFrames, toFrame - clip.startFrame)
    const span = spanOf(source, from, to, gridFrames)
    const part = place(clip.source, span)
    if (!span) return [{ ...clip, source: part.index }]
    // What lies before the part is not heard: the clip begins where the part does.
    const skipped = Math.max(0, part.startOut - clip.sourceStartFrame)
    const lengthFrames = Math.min(clip.lengthFrames - skipped, to - clip.sourceStartFrame - skipped)
    if (lengthFrames <= 0) return []
    return [
      {
        ...clip,
        source: part.index,
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

/**
 * So much is made before anything sounds, then so much more, in frames from where it starts: 2, 6 and 16 s. Each has to be there before the one before
 * it has been played, also where all stems together are stretched only four times as fast as they play.
 */
const FIRST_FRAMES = [96_000, 288_000, 768_000]
/** Until all is there, parts are as short as can be: whoever listens waits for them. */
const FIRST_GRID = { leadFrames: 0, gridFrames: 24_000 }

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
