// Sums a track's clips into a block: decoded sound, clip gain, fades. Overlapping clips crossfade by the fades the plan gave them.
import type { PlanClip, RenderPlan } from '../../src-shared/remix/index.ts'
import type { PcmReader, RenderContext } from './context.ts'

interface OpenClip extends PlanClip {
  /** Undefined where an instrument of the track plays it. */
  readonly pcm: PcmReader | undefined
  readonly gain: number
}

export class ClipReader {
  readonly #context: RenderContext
  #clips: readonly OpenClip[] = []
  /** Clips that end at or before the playhead are behind it; playback only runs forward. */
  #first = 0

  constructor(context: RenderContext, plan: RenderPlan, clips: readonly PlanClip[]) {
    this.#context = context
    this.#clips = clips
      .filter((clip) => clip.lengthFrames > 0)
      .map((clip) => ({
        ...clip,
        pcm: clip.isPlayedByInstrument ? undefined : context.openSource(plan, clip.source),
        gain: context.kernels.raw.gainOfDb(clip.gainDb),
      }))
      .sort((a, b) => a.startFrame - b.startFrame || (a.clipId < b.clipId ? -1 : 1))
  }

  /** Whether anything in the stretch may sound. */
  isSounding(fromFrame: number, toFrame: number): boolean {
    for (let index = this.#firstAt(fromFrame); index < this.#clips.length; index++) {
      const clip = this.#clips[index]!
      if (clip.startFrame >= toFrame) return false
      const from = Math.max(fromFrame, clip.startFrame)
      const to = Math.min(toFrame, clip.startFrame + clip.lengthFrames)
      if (to <= from) continue
      if (clip.pcm === undefined) return true
      if (clip.gain !== 0 && !clip.pcm.isSilent(clip.sourceStartFrame + from - clip.startFrame, to - from)) return true
    }
    return false
  }

  /** Writes the block; it is silence where no clip lies. */
  read(left: number, right: number, frame: number, frames: number): void {
    const { scratch } = this.#context
    const { raw } = this.#context.kernels
    const end = frame + frames
    let isWritten = false
    for (let index = this.#firstAt(frame); index < this.#clips.length; index++) {
      const clip = this.#clips[index]!
      if (clip.startFrame >= end) break
      const from = Math.max(frame, clip.startFrame)
      const run = Math.min(end, clip.startFrame + clip.lengthFrames) - from
      if (run <= 0 || clip.gain === 0 || clip.pcm === undefined) continue
      const isWhole = !isWritten && run === frames
      const into = isWhole ? { left, right } : scratch
      if (!isWritten && !isWhole) {
        raw.clear(left, frames)
        raw.clear(right, frames)
      }
      isWritten = true
      const inClip = from - clip.startFrame
      clip.pcm.readInto(clip.sourceStartFrame + inClip, run, into.left, into.right)
      this.#fade(clip, into.left, into.right, inClip, run)
      if (isWhole) {
        raw.scale(left, run, clip.gain)
        raw.scale(right, run, clip.gain)
      } else {
        const offset = (from - frame) * 4
        raw.addScaled(left + offset, into.left, run, clip.gain)
        raw.addScaled(right + offset, into.right, run, clip.gain)
      }
    }
    if (isWritten) return
    raw.clear(left, frames)
    raw.clear(right, frames)
  }

  #fade(clip: OpenClip, left: number, right: number, inClip: number, run: number): void {
    const { raw } = this.#context.kernels
    const curve = clip.fadeCurve === 'linear' ? 0 : 1
    if (inClip < clip.fadeInFrames) {
      raw.applyFade(left, run, inClip, clip.fadeInFrames, curve, 0)
      raw.applyFade(right, run, inClip, clip.fadeInFrames, curve, 0)
    }
    const fadeOutAt = clip.lengthFrames - clip.fadeOutFrames
    if (inClip + run > fadeOutAt && clip.fadeOutFrames > 0) {
      raw.applyFade(left, run, inClip - fadeOutAt, clip.fadeOutFrames, curve, 1)
      raw.applyFade(right, run, inClip - fadeOutAt, clip.fadeOutFrames, curve, 1)
    }
  }

  #firstAt(frame: number): number {
    let first = this.#first
    // Clips are sorted by start, so only an unbroken run of ended ones at the front can be left behind.
    while (first < this.#clips.length && this.#clips[first]!.startFrame + this.#clips[first]!.lengthFrames <= frame) first++
    this.#first = first
    return first
  }
}
