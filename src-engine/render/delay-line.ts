// A stereo delay of whole frames, exact to the bit: keeps late and early signals aligned.
import type { RenderContext } from './context.ts'

export class DelayLine {
  readonly frames: number
  readonly #context: RenderContext
  readonly #left: number
  readonly #right: number
  #at = 0

  constructor(context: RenderContext, frames: number) {
    this.frames = frames
    this.#context = context
    this.#left = context.alloc(frames)
    this.#right = context.alloc(frames)
  }

  /** Puts a block in and takes the one `frames` earlier out, in place. */
  exchange(left: number, right: number, frames: number): void {
    const { raw } = this.#context.kernels
    const { swap } = this.#context.scratch
    let done = 0
    while (done < frames) {
      const run = Math.min(frames - done, this.frames - this.#at)
      for (const [block, ring] of [
        [left, this.#left],
        [right, this.#right],
      ] as const) {
        const there = ring + this.#at * 4
        const here = block + done * 4
        raw.copy(swap, here, run)
        raw.copy(here, there, run)
        raw.copy(there, swap, run)
      }
      done += run
      this.#at = (this.#at + run) % this.frames
    }
  }

  reset(): void {
    const { raw } = this.#context.kernels
    raw.clear(this.#left, this.frames)
    raw.clear(this.#right, this.frames)
  }
}
