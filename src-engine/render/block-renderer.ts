// The block renderer: the one path from a plan to sound, for playback, previews and exports alike. Blocks start at the render's first frame;
// latency is trimmed, so the first frame out is the first frame asked for.
import type { RenderPlan } from '../../src-shared/remix/index.ts'
import { assert, type Problem } from '../../src-shared/std/index.ts'
import { type Kernels, loadKernels } from '../kernels/index.ts'
import type { OpenVoice } from '../plugins/rack/index.ts'
import type { StereoBlock } from './channel.ts'
import { BLOCK_FRAMES, CELL_FRAMES, type DeviceFailure, type MakeDevice, makeBuiltInDevice, noPlugins, RenderContext } from './context.ts'
import { Mixer, type MixerOptions } from './mixer.ts'
import { playsFrozen } from './frozen.ts'
import type { Adopt } from './slot.ts'
import { SourcePool } from './sources.ts'
import type { TrackFeed } from './track-feed.ts'

export interface BlockRendererOptions {
  readonly plan: RenderPlan
  readonly cacheDir: string
  readonly fromFrame: number
  /** Divides 4096; the bits do not depend on it. */
  readonly blockFrames?: number
  readonly loudnessGainDb?: number | null
  readonly kernels?: Kernels
  readonly makeDevice?: MakeDevice
  /** Where plugins run; without it a plan must hold none. */
  readonly openVoice?: OpenVoice
  readonly skipsSilence?: boolean
  readonly onDeviceFailed: DeviceFailure
  readonly onWarning: (problem: Problem) => void
  readonly onTrack?: MixerOptions['onTrack']
  readonly onStem?: (track: number, block: StereoBlock, frames: number, timelineFrame: number) => void
  /** Tracks that other threads render. */
  readonly feeds?: ReadonlyMap<string, TrackFeed>
}

/** A piece of the finished mix: pointers into the renderer's kernels, valid until the next block. */
export interface RenderedBlock extends StereoBlock {
  readonly frames: number
  /** Timeline position of the first frame. */
  readonly frame: number
}

export class BlockRenderer {
  readonly kernels: Kernels
  readonly #options: BlockRendererOptions
  readonly #blockFrames: number
  #context: RenderContext
  #mixer: Mixer
  readonly #sources: SourcePool
  /** Mix time of the next block's first frame; runs ahead of the output by the mix's latency. */
  #next: number
  #blockStart = 0

  constructor(options: BlockRendererOptions) {
    this.#options = options
    this.#blockFrames = options.blockFrames ?? BLOCK_FRAMES
    assert(CELL_FRAMES % this.#blockFrames === 0, 'block lengths divide a cell')
    this.kernels = options.kernels ?? loadKernels()
    this.#sources = new SourcePool(options.cacheDir, this.kernels)
    this.#context = this.#newContext(options.fromFrame)
    this.#mixer = this.#newMixer(this.#context, this.#readable(options.plan), undefined)
    this.#next = options.fromFrame
  }

  /** Timeline frame at which the next block begins. */
  get position(): number {
    return Math.max(this.#context.fromFrame, this.#next - this.#mixer.latencyFrames)
  }

  /** Mix time of the next block: what feeds have to be ready for. */
  get mixPosition(): number {
    return this.#next
  }

  get latencyFrames(): number {
    return this.#mixer.latencyFrames
  }

  gainReductionDb(): number {
    return this.#mixer.gainReductionDb()
  }

  /** Renders one block of the mix; undefined while only latency came out. */
  render(): RenderedBlock | undefined {
    const frames = this.#blockFrames
    const start = this.#next
    this.#blockStart = start
    const block = this.#mixer.render(start, frames)
    this.#next = start + frames
    return this.#trim(block, start - this.#mixer.latencyFrames, frames)
  }

  /** Whether a newer plan can be taken over without rebuilding the mix. */
  canUpdate(plan: RenderPlan): boolean {
    return this.#mixer.canUpdate(this.#readable(plan))
  }

  /** Goes on with such a plan from the next block; what changed glides over that block. */
  update(plan: RenderPlan): void {
    this.#mixer.update(this.#readable(plan), this.#next)
  }

  /**
   * Builds the mix anew at a timeline frame: for a jump, or a plan whose routing changed. Devices that stay keep their sound, so tails ring on;
   * the caller fades out what came before and in what comes now, where that is no loop point.
   */
  rebuild(plan: RenderPlan, frame: number): void {
    const running = this.#mixer.releaseDevices()
    const context = this.#newContext(frame)
    let mixer: Mixer
    try {
      mixer = this.#newMixer(context, this.#readable(plan), (device) => {
        const found = running.get(device.deviceId)
        if (found?.kind !== device.kind) return undefined
        running.delete(device.deviceId)
        return found
      })
    } catch (error) {
      // A stem that is not there, say: what plays now goes on.
      context.dispose()
      throw error
    }
    // Plugins belong to the rack.
    for (const left of running.values()) if (left.kind !== 'plugin') left.processor.dispose()
    this.#context.dispose()
    this.#context = context
    this.#mixer = mixer
    this.#next = frame
  }

  dispose(): void {
    this.#mixer.dispose()
    this.#context.dispose()
    this.#sources.dispose()
  }

  #trim(block: StereoBlock, timelineFrame: number, frames: number): RenderedBlock | undefined {
    const skip = Math.max(0, this.#context.fromFrame - timelineFrame)
    if (skip >= frames) return undefined
    return { left: block.left + skip * 4, right: block.right + skip * 4, frames: frames - skip, frame: timelineFrame + skip }
  }

  #readable(plan: RenderPlan): RenderPlan {
    return playsFrozen(plan, this.#options.cacheDir)
  }

  #newContext(fromFrame: number): RenderContext {
    const { makeDevice = makeBuiltInDevice, openVoice = noPlugins, skipsSilence = true, onDeviceFailed, onWarning } = this.#options
    return new RenderContext({
      kernels: this.kernels,
      openSource: (plan, source) => this.#sources.open(plan, source),
      makeDevice,
      openVoice,
      onDeviceFailed,
      onWarning,
      fromFrame,
      skipsSilence,
    })
  }

  #newMixer(context: RenderContext, plan: RenderPlan, adopt: Adopt | undefined): Mixer {
    const { loudnessGainDb = null, feeds, onTrack, onStem } = this.#options
    return new Mixer(context, plan, {
      loudnessGainDb,
      ...(feeds ? { feeds } : {}),
      ...(adopt ? { adopt } : {}),
      ...(onTrack ? { onTrack } : {}),
      ...(onStem
        ? {
            onStem: (index, block, frames) => {
              const trimmed = this.#trim(block, this.#blockStart - this.#mixer.stemLatencyFrames, frames)
              if (trimmed) onStem(index, trimmed, trimmed.frames, trimmed.frame)
            },
          }
        : {}),
    })
  }
}
