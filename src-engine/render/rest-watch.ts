// When a chain with plugins may rest. A plugin rings as long as it likes, so its output decides: after five seconds below -100 dBFS. Taken by whole cells,
// so that it does not depend on block lengths or threads.
import { REMIX_SAMPLE_RATE } from '../../src-shared/remix/index.ts'
import type { RenderContext } from './context.ts'

const QUIET_FRAMES = 5 * REMIX_SAMPLE_RATE
const QUIET_PEAK = 1e-5

export class RestWatch {
  readonly #context: RenderContext
  /** End of the last cell that was loud. */
  #loudUntil: number

  constructor(context: RenderContext) {
    this.#context = context
    this.#loudUntil = context.fromFrame
  }

  listen(left: number, right: number, frame: number, frames: number): void {
    const { raw } = this.#context.kernels
    const end = this.#context.cellEnd(frame + frames)
    if (end > this.#loudUntil && Math.max(raw.peakOf(left, frames), raw.peakOf(right, frames)) > QUIET_PEAK) this.#loudUntil = end
  }

  isOver(frame: number): boolean {
    return frame - this.#loudUntil >= QUIET_FRAMES
  }
}
