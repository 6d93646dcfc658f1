// The hash that names a sound: SHA-256 over the final float samples, interleaved, little-endian, before any dither.
import { createHash } from 'node:crypto'
import type { Kernels } from '../kernels/index.ts'
import { CELL_FRAMES } from './context.ts'
import type { StereoBlock } from './channel.ts'

export class FloatHash {
  readonly #hash = createHash('sha256')
  readonly #kernels: Kernels
  readonly #scratch: number

  constructor(kernels: Kernels) {
    this.#kernels = kernels
    this.#scratch = kernels.alloc(CELL_FRAMES * 8)
  }

  /** A block in the kernels' memory, a cell's frames at most. */
  update({ left, right }: StereoBlock, frames: number): void {
    this.#kernels.raw.toF32(this.#scratch, left, right, frames)
    this.#hash.update(this.#kernels.bytes(this.#scratch, frames * 8))
  }

  digest(): string {
    return this.#hash.digest('hex')
  }
}
