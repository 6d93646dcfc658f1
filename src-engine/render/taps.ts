// Where sidechain inputs listen: copies of other tracks after their faders, written by the mix before the listeners run.
import type { StereoBlock } from './channel.ts'
import { CELL_FRAMES, type RenderContext } from './context.ts'
import { DelayLine } from './delay-line.ts'

/** One track that is listened to. */
export interface Tap {
  readonly block: StereoBlock
  /** Frames by which the tapped signal lags the timeline. */
  readonly latencyFrames: number
}

export class Taps {
  readonly #context: RenderContext
  readonly #taps = new Map<string, Tap>()

  constructor(context: RenderContext) {
    this.#context = context
  }

  /** Makes a track listenable. */
  add(trackId: string, latencyFrames: number): Tap {
    const block = { left: this.#context.alloc(CELL_FRAMES), right: this.#context.alloc(CELL_FRAMES) }
    const tap = { block, latencyFrames }
    this.#taps.set(trackId, tap)
    return tap
  }

  get(trackId: string): Tap | undefined {
    return this.#taps.get(trackId)
  }
}

/** A tap as one plugin hears it: aligned with the plugin's own input. */
export class SidechainInput {
  readonly #context: RenderContext
  readonly #tap: Tap
  readonly #left: number
  readonly #right: number
  readonly #delay: DelayLine | undefined
  /** Frames by which the plugin's input has to wait for the tap. */
  readonly waitFrames: number

  /** `latencyFrames` is how far the plugin's input lags the timeline. */
  constructor(context: RenderContext, tap: Tap, latencyFrames: number) {
    this.#context = context
    this.#tap = tap
    this.#left = context.alloc(CELL_FRAMES)
    this.#right = context.alloc(CELL_FRAMES)
    const early = latencyFrames - tap.latencyFrames
    this.waitFrames = Math.max(0, -early)
    this.#delay = early > 0 ? new DelayLine(context, early) : undefined
  }

  reset(): void {
    this.#delay?.reset()
  }

  /** The tapped signal of the block that is being rendered. */
  read(frames: number): readonly [Float32Array, Float32Array] {
    const { kernels } = this.#context
    kernels.raw.copy(this.#left, this.#tap.block.left, frames)
    kernels.raw.copy(this.#right, this.#tap.block.right, frames)
    this.#delay?.exchange(this.#left, this.#right, frames)
    return [kernels.f32(this.#left, frames), kernels.f32(this.#right, frames)]
  }
}
