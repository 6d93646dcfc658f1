// Overlapping clips of one track become crossfades: at any frame at most two sound, and where two do, their gains are equal-power partners.
import type { PlanClip } from './plan.ts'

/** A clip while it is being laid out. Crossfades have their own curve, so in and out are kept apart until the end. */
interface Piece {
  readonly clip: PlanClip
  start: number
  end: number
  fadeIn: number
  fadeOut: number
  fadeInCurve: PlanClip['fadeCurve']
  fadeOutCurve: PlanClip['fadeCurve']
}

/** Crossfade at each end of a clip that lies wholly over another: 10 ms. */
const NESTED_FADE_FRAMES = 480
/** Fades up to this length are the automatic ones of a cut; they vanish where the cut is not audible. */
const DECLICK_FRAMES = 240

const offsetOf = (piece: Piece): number => piece.clip.sourceStartFrame - piece.clip.startFrame

const compare = (left: Piece, right: Piece): number =>
  left.start - right.start ||
  right.end - left.end ||
  (left.clip.clipId < right.clip.clipId ? -1 : left.clip.clipId > right.clip.clipId ? 1 : 0)

const insert = (queue: Piece[], piece: Piece): void => {
  let low = 0
  let high = queue.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (compare(queue[middle] as Piece, piece) <= 0) low = middle + 1
    else high = middle
  }
  queue.splice(low, 0, piece)
}

/** Whether the second piece goes on in the source exactly where the first one is: the cut between them is no cut to the ear. */
const isSeamless = (left: Piece, right: Piece): boolean =>
  left.clip.source === right.clip.source &&
  left.clip.gainDb === right.clip.gainDb &&
  offsetOf(left) === offsetOf(right) &&
  left.fadeOut <= DECLICK_FRAMES &&
  right.fadeIn <= DECLICK_FRAMES

const toClips = (piece: Piece): readonly PlanClip[] => {
  const length = piece.end - piece.start
  if (length <= 0) return []
  const into = piece.start - piece.clip.startFrame
  const fadeIn = Math.min(piece.fadeIn, length)
  const fadeOut = Math.min(piece.fadeOut, length - fadeIn)
  if (fadeIn === 0 || fadeOut === 0 || piece.fadeInCurve === piece.fadeOutCurve) {
    const { clip } = piece
    const fadeCurve = fadeIn > 0 ? piece.fadeInCurve : piece.fadeOutCurve
    const isAsItWas = into === 0 && length === clip.lengthFrames && fadeIn === clip.fadeInFrames && fadeOut === clip.fadeOutFrames
    if (isAsItWas && fadeCurve === clip.fadeCurve) return [clip]
    const sourceStartFrame = clip.sourceStartFrame + into
    return [
      { ...clip, startFrame: piece.start, sourceStartFrame, lengthFrames: length, fadeInFrames: fadeIn, fadeOutFrames: fadeOut, fadeCurve },
    ]
  }
  const base = { ...piece.clip, startFrame: piece.start, sourceStartFrame: piece.clip.sourceStartFrame + into, lengthFrames: length }
  // A plan clip has one curve: two curves make two clips that meet between the fades, to the sample.
  const seam = fadeIn + ((length - fadeIn - fadeOut) >> 1)
  return [
    { ...base, lengthFrames: seam, fadeInFrames: fadeIn, fadeOutFrames: 0, fadeCurve: piece.fadeInCurve },
    {
      ...base,
      startFrame: piece.start + seam,
      sourceStartFrame: base.sourceStartFrame + seam,
      lengthFrames: length - seam,
      fadeInFrames: 0,
      fadeOutFrames: fadeOut,
      fadeCurve: piece.fadeOutCurve,
    },
  ]
}

/**
 * Lays the clips of one track out so that overlaps crossfade. The clip that starts later comes in over the one before; a clip wholly
 * over another cuts a hole into it with short crossfades. Neighbours that continue each other in the source play on as if never cut.
 */
export const layOutClips = (clips: readonly PlanClip[]): readonly PlanClip[] => {
  const queue: Piece[] = clips.map((clip) => ({
    clip,
    start: clip.startFrame,
    end: clip.startFrame + clip.lengthFrames,
    fadeIn: clip.fadeInFrames,
    fadeOut: clip.fadeOutFrames,
    fadeInCurve: clip.fadeCurve,
    fadeOutCurve: clip.fadeCurve,
  }))
  queue.sort(compare)
  const done: PlanClip[] = []
  for (let at = 0; at < queue.length; at++) {
    const current = queue[at] as Piece
    const next = queue[at + 1]
    if (next && next.start <= current.end && next.end >= current.end && isSeamless(current, next)) {
      // One clip again: a split that nothing was done with leaves the plan, and so its hash, as it was.
      queue[at + 1] = { ...current, end: next.end, fadeOut: next.fadeOut, fadeOutCurve: next.fadeOutCurve }
      continue
    } else if (next && next.start < current.end) {
      // A third clip that starts inside the overlap ends it: never three at once.
      const third = queue[at + 2]
      const limit = third ? Math.max(third.start, next.start) : Number.POSITIVE_INFINITY
      let overlap: number
      if (next.end < current.end) {
        const fade = Math.min(NESTED_FADE_FRAMES, Math.floor((next.end - next.start) / 2))
        const rest: Piece = { ...current, start: next.end - fade, fadeIn: fade, fadeInCurve: 'equal-power' }
        overlap = Math.min(fade, limit - next.start)
        const tail = queue.splice(at + 1)
        insert(tail, rest)
        queue.push(...tail)
      } else {
        overlap = Math.min(current.end, limit) - next.start
      }
      current.end = next.start + overlap
      // Nothing to crossfade (three clips start at once): at least it must not click.
      current.fadeOut = overlap > 0 ? overlap : Math.min(DECLICK_FRAMES, current.end - current.start)
      current.fadeOutCurve = 'equal-power'
      current.fadeIn = Math.min(current.fadeIn, Math.max(0, current.end - current.start - current.fadeOut))
      if (overlap > 0) {
        next.fadeIn = overlap
        next.fadeInCurve = 'equal-power'
      }
      next.fadeOut = Math.min(next.fadeOut, next.end - next.start - overlap)
    }
    done.push(...toClips(current))
  }
  return done.sort(
    (left, right) => left.startFrame - right.startFrame || (left.clipId < right.clipId ? -1 : left.clipId > right.clipId ? 1 : 0),
  )
}
