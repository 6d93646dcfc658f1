// One run of the stretcher over a stream, its speed given by a map: for every hop of output it is fed input up to exactly where the map says.
import { openSignalsmith, type Signalsmith } from './signalsmith.ts'
import type { TimeMap } from './time-map.ts'

/** 120 ms at 48 kHz: long enough to tell low notes apart, short enough for beats. */
const BLOCK_FRAMES = 5_760
const HOP_FRAMES = 1_440
/** Where sound gets shorter, so that blocks overlap in the input as well. */
const SHORTENING_HOP_FRAMES = 720
const SHORTENING_SLOPE = 0.97

/** Sound that is read once, forwards. */
export interface FrameSupply {
  /** Fills `frames` samples of every channel with what comes next. */
  next(frames: number, channels: readonly Float32Array[]): void
}

export interface StretchStageOptions {
  readonly map: TimeMap
  readonly channels: 1 | 2
  /** First output frame; may be negative. */
  readonly startFrame: number
  /** Where formants go; 1 leaves them. */
  readonly formantFactor: number
  /** The input from a frame on; frames may be negative. */
  readonly supplyFrom: (frame: number) => FrameSupply
}

export class StretchStage implements FrameSupply {
  readonly #map: TimeMap
  readonly #channels: number
  readonly #stretch: Signalsmith
  readonly #supply: FrameSupply
  readonly #hop: number
  readonly #inputLatency: number
  readonly #outputLatency: number
  /** Input frames the stretcher looks at; more of them in one hop are skipped. */
  readonly #window: number
  readonly #capacity: number
  readonly #buffers: number
  /** Output frame after the last that was computed. */
  #position: number
  /** Input frames taken: the next to feed. */
  #fed: number
  #ready = 0

  constructor({ map, channels, startFrame, formantFactor, supplyFrom }: StretchStageOptions) {
    this.#map = map
    this.#channels = channels
    this.#hop = map.slopes.least < SHORTENING_SLOPE ? SHORTENING_HOP_FRAMES : HOP_FRAMES
    this.#stretch = openSignalsmith({ channels, blockFrames: BLOCK_FRAMES, hopFrames: this.#hop })
    const { raw } = this.#stretch
    this.#inputLatency = raw.inputLatency()
    this.#outputLatency = raw.outputLatency()
    this.#window = BLOCK_FRAMES + this.#hop
    this.#capacity = 2 * this.#window
    this.#buffers = raw.setBuffers(channels, this.#capacity)
    if (formantFactor !== 1) {
      raw.setFormantFactor(formantFactor, 0)
      raw.setFormantBase(0)
    }
    this.#position = startFrame
    this.#fed = this.#inputFor(startFrame)
    this.#supply = supplyFrom(this.#fed - this.#window)
    this.#feed(this.#window)
    raw.seek(this.#window, this.#rate())
  }

  next(frames: number, channels: readonly Float32Array[]): void {
    for (let done = 0; done < frames; ) {
      if (this.#ready === 0) this.#advance()
      const count = Math.min(this.#ready, frames - done)
      for (const [index, channel] of channels.entries()) {
        const block = this.#buffers + (this.#channels + index) * this.#capacity * 4
        channel.set(this.#stretch.f32(block + (this.#hop - this.#ready) * 4, count), done)
      }
      this.#ready -= count
      done += count
    }
  }

  /** What has to be fed before output from a frame on is computed: the sound that is heard half a window later, with half a window after it. */
  #inputFor(frame: number): number {
    return Math.round(this.#map.inputAt(frame + this.#outputLatency)) + this.#inputLatency
  }

  #rate(): number {
    return (this.#inputFor(this.#position + this.#hop) - this.#inputFor(this.#position)) / this.#hop
  }

  #feed(frames: number): void {
    this.#supply.next(
      frames,
      Array.from({ length: this.#channels }, (_, index) => this.#stretch.f32(this.#buffers + index * this.#capacity * 4, frames)),
    )
  }

  #advance(): void {
    const { raw } = this.#stretch
    const rate = this.#rate()
    const end = this.#inputFor(this.#position + this.#hop)
    let wanted = end - this.#fed
    if (wanted > this.#capacity) {
      // Faster than its window: what it would not look at is passed over.
      while (wanted > this.#window) {
        const passed = Math.min(this.#capacity, wanted - this.#window)
        this.#feed(passed)
        wanted -= passed
      }
      this.#feed(this.#window)
      raw.seek(this.#window, rate)
      raw.process(0, this.#hop)
    } else {
      this.#feed(wanted)
      raw.process(wanted, this.#hop)
    }
    this.#fed = end
    this.#position += this.#hop
    this.#ready = this.#hop
  }
}
