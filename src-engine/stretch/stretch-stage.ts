// One run of the stretcher over a stream, its speed given by a map: for every hop of output it is fed input up to exactly where the map says.
import { assert } from '../../src-shared/std/index.ts'
import { openSignalsmith, type Signalsmith } from './signalsmith.ts'
import type { TimeMap } from './time-map.ts'

/** Block lengths of 120 to 130 ms: long enough to tell low notes apart, short enough for beats. 6144 is the length that is transformed fastest. */
const COARSE = { blockFrames: 6_144, hopFrames: 1_536 }
/** Where sound gets shorter, blocks have to overlap in the input as well; where it is slowed down afterwards, so is their smear. */
const FINE = { blockFrames: 5_760, hopFrames: 720 }
const SHORTENING_SLOPE = 0.97
/** A hop that is off by a single frame is taken for an even one, and its pitch goes with it: close to the sound's own speed, time is taken up in steps of this. */
const STEP_FRAMES = 4
/** How finely the envelope of a voice is told from its harmonics, in cycles a frame: 100 Hz. Left to find the pitch by itself, the stretcher divides by zero. */
const FORMANT_BASE = 100 / 48_000

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
  /** Whether the result will be played slower than 48 kHz. */
  readonly isFine: boolean
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

  constructor({ map, channels, startFrame, isFine, formantFactor, supplyFrom }: StretchStageOptions) {
    this.#map = map
    this.#channels = channels
    const { blockFrames, hopFrames } = isFine || map.slopes.least < SHORTENING_SLOPE ? FINE : COARSE
    this.#hop = hopFrames
    this.#stretch = openSignalsmith({ channels, blockFrames, hopFrames })
    const { raw } = this.#stretch
    this.#inputLatency = raw.inputLatency()
    this.#outputLatency = raw.outputLatency()
    this.#window = blockFrames + this.#hop
    this.#capacity = 2 * this.#window
    this.#buffers = raw.setBuffers(channels, this.#capacity)
    if (formantFactor !== 1) {
      raw.setFormantFactor(formantFactor, 0)
      raw.setFormantBase(FORMANT_BASE)
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
    const heard = frame + this.#outputLatency
    const wanted = this.#map.inputAt(heard)
    const drift = this.#map.inputAt(heard + this.#hop) - wanted - this.#hop
    const input = Math.abs(drift) < 2 * STEP_FRAMES ? heard + Math.round((wanted - heard) / STEP_FRAMES) * STEP_FRAMES : Math.round(wanted)
    return input + this.#inputLatency
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
    // A broken number would spread over everything after it.
    const last = this.#buffers + (this.#channels * this.#capacity + this.#hop - 1) * 4
    assert(Number.isFinite(this.#stretch.f32(last, 1)[0]), 'the stretcher gives numbers')
  }
}
