// What a render plays after its end while plugins still ring: pieces are held back until something louder follows, so that the silence at the very end
// is never handed on.
import { REMIX_SAMPLE_RATE } from '../../src-shared/remix/index.ts'
import type { Kernels } from '../kernels/index.ts'
import type { StereoBlock } from './channel.ts'

/** -80 dBFS. */
const QUIET_PEAK = 1e-4
/** So long below it, and what rang has rung out. */
const QUIET_FRAMES = REMIX_SAMPLE_RATE

/** Hands a piece on; pointers are valid until the promise settles. */
type HandOn = (block: StereoBlock) => void | Promise<void> | undefined

interface Piece extends StereoBlock {
  readonly handOn: HandOn
}

export class RingOut {
  readonly #kernels: Kernels
  readonly #limit: number
  #held: Piece[] = []
  #heldFrames = 0
  /** Timeline frame at which the sound ends, as far as is known. */
  endFrame: number

  constructor(kernels: Kernels, fromFrame: number, maxFrames: number) {
    this.#kernels = kernels
    this.#limit = fromFrame + maxFrames
    this.endFrame = fromFrame
  }

  /** Frames of a piece that lie within the longest ringing. */
  within(frame: number, frames: number): number {
    return Math.max(0, Math.min(frames, this.#limit - frame))
  }

  get isOver(): boolean {
    return this.endFrame + this.#heldFrames >= this.#limit || this.#heldFrames >= QUIET_FRAMES
  }

  /** Keeps a piece that belongs to the next block of the mix. */
  keep(block: StereoBlock, frames: number, handOn: HandOn): void {
    this.#held.push({ ...this.#copy(block, frames), handOn })
  }

  /** Takes the next block of the mix: with it, all that was held goes on where it is loud. */
  async push(block: StereoBlock, frames: number, handOn: HandOn): Promise<void> {
    this.keep(block, frames, handOn)
    this.#heldFrames += frames
    const { raw } = this.#kernels
    if (Math.max(raw.peakOf(block.left, frames), raw.peakOf(block.right, frames)) <= QUIET_PEAK) return
    this.endFrame += this.#heldFrames
    this.#heldFrames = 0
    const pieces = this.#held
    this.#held = []
    for (const piece of pieces) {
      await piece.handOn(piece)
      this.#release(piece)
    }
  }

  dispose(): void {
    for (const piece of this.#held) this.#release(piece)
    this.#held = []
  }

  #copy(block: StereoBlock, frames: number): StereoBlock {
    const left = this.#kernels.alloc(frames * 4)
    const right = this.#kernels.alloc(frames * 4)
    this.#kernels.raw.copy(left, block.left, frames)
    this.#kernels.raw.copy(right, block.right, frames)
    return { left, right }
  }

  #release({ left, right }: StereoBlock): void {
    this.#kernels.release(left)
    this.#kernels.release(right)
  }
}
