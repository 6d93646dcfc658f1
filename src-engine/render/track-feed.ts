// Where the mix gets an audio track from: rendered here, or handed over by a worker thread. Both give the same bits.
import type { PlanTrack, RenderPlan } from '../../src-shared/remix/index.ts'
import { deriveKey } from '../derive-key.ts'
import { Channel, type StereoBlock } from './channel.ts'
import { ClipReader } from './clip-reader.ts'
import type { RenderContext } from './context.ts'
import type { ChainWiring } from './device-chain.ts'

/** One audio track as the mix sees it. */
export interface TrackFeed {
  readonly outputLatency: number
  /** End of the track's sound, in mix time. */
  readonly soundsUntil: number
  readonly isRunning: boolean
  beginCell(frame: number, cellEnd: number): void
  /** Writes the block after fader and pan, and before the fader where `preFader` is given. Only called while running. */
  render(block: StereoBlock, preFader: StereoBlock | undefined, frame: number, frames: number): void
}

/** A track rendered in this thread. */
export class LocalTrack implements TrackFeed {
  readonly #context: RenderContext
  readonly channel: Channel
  #clips: ClipReader
  /** The clips of the plan before, for the one block in which they fade out. */
  #leaving: ClipReader | undefined
  #signature: string

  constructor(context: RenderContext, plan: RenderPlan, track: PlanTrack, wiring: Omit<ChainWiring, 'timeline'> = {}) {
    this.#context = context
    this.channel = new Channel(context, track, track.devices, 0, { ...wiring, timeline: plan.timeline })
    this.#clips = new ClipReader(context, plan, track.clips)
    this.#signature = clipSignature(plan, track)
  }

  get outputLatency(): number {
    return this.channel.outputLatency
  }

  get soundsUntil(): number {
    return this.channel.soundsUntil
  }

  get isRunning(): boolean {
    return this.channel.isRunning
  }

  update(plan: RenderPlan, track: PlanTrack): void {
    this.channel.update(track, track.devices)
    const signature = clipSignature(plan, track)
    if (signature === this.#signature) return
    this.#signature = signature
    this.#leaving = this.#clips
    this.#clips = new ClipReader(this.#context, plan, track.clips)
  }

  beginCell(frame: number, cellEnd: number): void {
    const isSounding =
      this.channel.isHeard && (this.#clips.isSounding(frame, cellEnd) || this.#leaving?.isSounding(frame, cellEnd) === true)
    this.channel.beginCell(frame, isSounding ? cellEnd : Number.NEGATIVE_INFINITY)
    if (!this.channel.isRunning) this.#leaving = undefined
  }

  render(block: StereoBlock, preFader: StereoBlock | undefined, frame: number, frames: number): void {
    const { raw } = this.#context.kernels
    this.#clips.read(block.left, block.right, frame, frames)
    if (this.#leaving !== undefined) this.#crossfadeClips(this.#leaving, block, frame, frames)
    this.channel.processDevices(block, frame, frames)
    if (preFader !== undefined) {
      raw.copy(preFader.left, block.left, frames)
      raw.copy(preFader.right, block.right, frames)
    }
    this.channel.processFader(block, frame, frames)
  }

  #crossfadeClips(leaving: ClipReader, block: StereoBlock, frame: number, frames: number): void {
    this.#leaving = undefined
    // `envelope` and `other` are free here: levels come after the devices.
    const { envelope: left, other: right } = this.#context.scratch
    leaving.read(left, right, frame, frames)
    this.#context.crossfade(block.left, left, frames)
    this.#context.crossfade(block.right, right, frames)
  }

  dispose(): void {
    this.channel.dispose()
  }
}

/** Equal for equal sound: clips with the sources they point at. */
const clipSignature = (plan: RenderPlan, track: PlanTrack): string =>
  JSON.stringify(track.clips.map((clip) => ({ ...clip, source: soundOf(plan, clip.source) })))

const soundOf = (plan: RenderPlan, index: number): string | undefined => {
  const source = plan.sources[index]
  return source && deriveKey(source)
}
