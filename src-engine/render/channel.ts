// One strip of the mix: what comes in runs through devices, fader and pan. Knows when it may rest: after its input and its devices' tails ended.
import type { PlanDevice, PlanTrack } from '../../src-shared/remix/index.ts'
import type { RenderContext } from './context.ts'
import { type ChainWiring, DeviceChain } from './device-chain.ts'
import { Gain, Pan } from './level.ts'
import { RestWatch } from './rest-watch.ts'

/** Pointers of a stereo block. */
export interface StereoBlock {
  readonly left: number
  readonly right: number
}

export class Channel {
  readonly #context: RenderContext
  readonly chain: DeviceChain
  readonly #gain: Gain
  readonly #pan: Pan
  /** Only chains with plugins: nobody knows how long those sound. */
  readonly #rest: RestWatch | undefined
  /** Frames by which the channel's input lags the timeline. */
  readonly inputLatency: number
  #inputUntil = Number.NEGATIVE_INFINITY
  #isRunning = false
  #isAudible: boolean
  /** Set for the one block in which the channel is muted or comes back. */
  #isFading = false
  /** The sound of this channel ends here at the latest, in mix time; a whole cell's end. */
  soundsUntil = Number.NEGATIVE_INFINITY

  /** `devices` are those of the track that run here: the master keeps its last limiter for after the fader. */
  constructor(context: RenderContext, track: PlanTrack, devices: readonly PlanDevice[], inputLatency: number, wiring: ChainWiring = {}) {
    this.#context = context
    this.#isAudible = track.isAudible
    this.inputLatency = inputLatency
    this.chain = new DeviceChain(context, track, devices, inputLatency, wiring)
    this.#rest = this.chain.hasPlugins ? new RestWatch(context) : undefined
    // A plugin may sound by itself: it is heard once before it rests.
    if (this.chain.isAdopted || this.#rest) this.#inputUntil = context.fromFrame + 1
    this.#gain = new Gain(context, track.gainDb)
    this.#pan = new Pan(context, track.pan)
  }

  get outputLatency(): number {
    return this.inputLatency + this.chain.latencyFrames
  }

  get isRunning(): boolean {
    return this.#isRunning || !this.#context.skipsSilence
  }

  /** The same track in a newer plan: same devices, other values. */
  update(track: PlanTrack, devices: readonly PlanDevice[]): void {
    this.chain.update(track, devices)
    this.#gain.update(track.gainDb)
    this.#pan.update(track.pan)
    if (track.isAudible !== this.#isAudible) {
      this.#isAudible = track.isAudible
      // Coming back always fades in; going away needs a fade only where there is sound.
      this.#isFading = track.isAudible || this.#isRunning
    }
  }

  /** Whether clips need reading at all. */
  get isHeard(): boolean {
    return this.#isAudible || this.#isFading
  }

  /** Decides whether the channel runs in the cell that starts at `frame`; `inputUntil` is the end of sound known to come in. */
  beginCell(frame: number, inputUntil: number): void {
    this.#inputUntil = Math.max(this.#inputUntil, inputUntil)
    const wasRunning = this.#isRunning
    const hasInput = this.#inputUntil > frame
    if (!this.isHeard) this.#inputUntil = Number.NEGATIVE_INFINITY
    if (!wasRunning && hasInput && this.isHeard) this.chain.begin(frame)
    this.soundsUntil =
      this.#inputUntil === Number.NEGATIVE_INFINITY ? this.#inputUntil : this.#context.cellEnd(this.#inputUntil + this.chain.tailFrames())
    this.#isRunning = this.isHeard && frame < this.soundsUntil
    if (this.#rest && this.isHeard && wasRunning && !this.#isRunning && !this.#rest.isOver(frame)) {
      this.#isRunning = true
      this.soundsUntil = this.#context.cellEnd(frame + 1)
    }
    if (wasRunning && !this.#isRunning) this.chain.begin(frame)
    if (!this.#isRunning) this.#isFading = false
  }

  /** Devices, in place. */
  processDevices(block: StereoBlock, frame: number, frames: number): void {
    this.chain.process(block.left, block.right, frame, frames)
    this.#rest?.listen(block.left, block.right, frame, frames)
    if (!this.#isFading) {
      if (!this.#isAudible) this.#clear(block, frames)
      return
    }
    const { raw } = this.#context.kernels
    const { weight } = this.#context.scratch
    raw.rampAt(weight, frames, this.#isAudible ? 0 : 1, this.#isAudible ? 1 : 0, 0, frames)
    raw.applyEnvelope(block.left, weight, frames)
    raw.applyEnvelope(block.right, weight, frames)
    this.#isFading = false
  }

  /** Fader and pan, in place. */
  processFader(block: StereoBlock, frame: number, frames: number): void {
    const local = frame - this.outputLatency
    this.#gain.apply(block.left, block.right, local, frames)
    this.#pan.apply(block.left, block.right, local, frames)
  }

  #clear(block: StereoBlock, frames: number): void {
    const { raw } = this.#context.kernels
    raw.clear(block.left, frames)
    raw.clear(block.right, frames)
  }

  dispose(): void {
    this.chain.dispose()
  }
}
