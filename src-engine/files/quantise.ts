// From the renderer's float to the integers of a file, by the kernels' deterministic TPDF dither; and the hash that names those integers.
import { createHash, type Hash } from 'node:crypto'
import { type Kernels, loadKernels } from '../kernels/index.ts'

const BLOCK = 8_192
/** One seed for every export: dither then depends on the frame alone, and the same render gives the same file. */
const DITHER_SEED = 0x5354454d

export type IntegerDepth = 16 | 24

/** Turns planar float into packed little-endian interleaved integers, block by block. */
export class Quantiser {
  readonly depth: IntegerDepth
  readonly #kernels: Kernels
  readonly #isDithered: boolean
  readonly #left: number
  readonly #right: number
  readonly #out: number
  readonly #wide: number
  #frame = 0

  constructor(depth: IntegerDepth, isDithered: boolean, kernels: Kernels = loadKernels()) {
    this.#kernels = kernels
    this.depth = depth
    this.#isDithered = isDithered
    this.#left = this.#kernels.alloc(BLOCK * 4)
    this.#right = this.#kernels.alloc(BLOCK * 4)
    this.#out = this.#kernels.alloc(BLOCK * 2 * 4)
    this.#wide = this.#kernels.alloc(BLOCK * 2 * 4)
  }

  /** Calls `emit` with the packed bytes, and with the same integers left-justified to 32 bits; both are valid during the call only. */
  write(
    left: Float32Array,
    right: Float32Array,
    frames: number,
    emit: (packed: Uint8Array, wide: Int32Array, frames: number) => void,
  ): void {
    const { raw } = this.#kernels
    for (let done = 0; done < frames; ) {
      const count = Math.min(BLOCK, frames - done)
      this.#kernels.f32(this.#left, count).set(left.subarray(done, done + count))
      this.#kernels.f32(this.#right, count).set(right.subarray(done, done + count))
      const [convert, widen] = this.depth === 16 ? [raw.toS16, raw.widenS16] : [raw.toS24, raw.widenS24]
      convert(this.#out, this.#left, this.#right, count, this.#isDithered ? 1 : 0, DITHER_SEED, this.#frame)
      widen(this.#wide, this.#out, count * 2)
      emit(this.#kernels.bytes(this.#out, count * 2 * (this.depth / 8)), this.#kernels.i32(this.#wide, count * 2), count)
      this.#frame += count
      done += count
    }
  }
}

/**
 * SHA-256 over integer samples, left-justified to signed 32-bit little-endian, interleaved. The container and bit depth do not change it, so a
 * stripped WAV or its FLAC transcode leads back to the receipt.
 */
export class PcmHasher {
  readonly #hash: Hash = createHash('sha256')
  #wide = new Int32Array(0)

  /** Packed little-endian integers of 1 to 4 bytes (8-bit ones unsigned, as in WAV). */
  updatePacked(packed: Uint8Array, bytesPerSample: number): void {
    const count = Math.floor(packed.length / bytesPerSample)
    if (this.#wide.length < count) this.#wide = new Int32Array(count)
    const wide = this.#wide
    if (bytesPerSample === 2)
      for (let i = 0, at = 0; i < count; i++, at += 2) wide[i] = ((packed[at] as number) << 16) | ((packed[at + 1] as number) << 24)
    else if (bytesPerSample === 3)
      for (let i = 0, at = 0; i < count; i++, at += 3)
        wide[i] = ((packed[at] as number) << 8) | ((packed[at + 1] as number) << 16) | ((packed[at + 2] as number) << 24)
    else if (bytesPerSample === 1) for (let i = 0; i < count; i++) wide[i] = ((packed[i] as number) - 128) << 24
    else
      for (let i = 0, at = 0; i < count; i++, at += 4)
        wide[i] =
          (packed[at] as number) |
          ((packed[at + 1] as number) << 8) |
          ((packed[at + 2] as number) << 16) |
          ((packed[at + 3] as number) << 24)
    this.#hash.update(new Uint8Array(wide.buffer, 0, count * 4))
  }

  /** Integers that are left-justified already. */
  updateWide(wide: Int32Array): void {
    this.#hash.update(new Uint8Array(wide.buffer, wide.byteOffset, wide.byteLength))
  }

  /** Float samples that came from integers of at most 24 bits, planar. */
  updatePlanar(channels: readonly Float32Array[], frames: number): void {
    const width = channels.length
    if (this.#wide.length < frames * width) this.#wide = new Int32Array(frames * width)
    const wide = this.#wide
    channels.forEach((plane, channel) => {
      for (let i = 0; i < frames; i++) wide[i * width + channel] = (plane[i] as number) * 2_147_483_648
    })
    this.#hash.update(new Uint8Array(wide.buffer, 0, frames * width * 4))
  }

  digest(): string {
    return this.#hash.digest('hex')
  }
}
