// An envelope: a straight rise, an exponential fall to the sustain, an exponential release that reaches zero. One value a sample.
import { approachOf } from './exact-math.ts'

export interface EnvelopeShape {
  /** Seconds. */
  readonly attack: number
  readonly decay: number
  /** 0..1. */
  readonly sustain: number
  readonly release: number
}

/** Falls aim this far below their end, so that they arrive. */
const OVERSHOOT = 0.001

export class Envelope {
  readonly #rise: number
  readonly #decay: number
  readonly #release: number
  readonly #quick: number
  readonly #sustain: number
  #stage: 'attack' | 'decay' | 'release' | 'done' = 'attack'
  #step: number
  value = 0

  constructor({ attack, decay, sustain, release }: EnvelopeShape, rate: number) {
    this.#rise = 1 / Math.max(1, attack * rate)
    this.#decay = approachOf(decay, rate)
    this.#release = approachOf(release, rate)
    this.#quick = approachOf(0.006, rate)
    this.#sustain = sustain
    this.#step = this.#release
  }

  get isDone(): boolean {
    return this.#stage === 'done'
  }

  get isReleased(): boolean {
    return this.#stage === 'release' || this.#stage === 'done'
  }

  release(): void {
    if (!this.isReleased) this.#stage = 'release'
  }

  /** Makes room for another voice within a few milliseconds. */
  stop(): void {
    this.#step = this.#quick
    if (this.#stage !== 'done') this.#stage = 'release'
  }

  next(): number {
    if (this.#stage === 'attack') {
      this.value += this.#rise
      if (this.value >= 1) {
        this.value = 1
        this.#stage = 'decay'
      }
    } else if (this.#stage === 'decay') {
      this.value += (this.#sustain - OVERSHOOT - this.value) * this.#decay
      if (this.value <= this.#sustain) {
        this.value = this.#sustain
        if (this.#sustain === 0) this.#stage = 'done'
      }
    } else if (this.#stage === 'release') {
      this.value += (-OVERSHOOT - this.value) * this.#step
      if (this.value <= 0) {
        this.value = 0
        this.#stage = 'done'
      }
    }
    return this.value
  }
}
