// Writes one stem into the decoded-audio cache: chunks without silence, index, header, peaks; published by rename so a reader never sees half.
import { randomBytes } from 'node:crypto'
import { closeSync, mkdirSync, openSync, renameSync, rmSync, writeFileSync, writeSync } from 'node:fs'
import { crc32 } from 'node:zlib'
import type { Kernels } from '../kernels/index.ts'
import { PeakCollector } from './peaks.ts'
import {
  CHUNK_FRAMES,
  chunkBytes,
  DATA_OFFSET,
  encodeHeader,
  HEADER_BYTES,
  indexOffset,
  type PcmHeader,
  pcmPath,
  peaksPath,
} from './pcm-format.ts'

/** Decoders leave dust where encoders saw silence: -120 dBFS counts as none in lossy or resampled sources. */
export const DUST = 1e-6

export interface PcmWriterOptions extends Pick<PcmHeader, 'contentSha256' | 'format' | 'channels' | 'isLossless' | 'sourceRate'> {
  readonly kernels: Kernels
  readonly cacheDir: string
  /** Chunks whose every sample is at most this far from zero are left out; 0 for exact sources. */
  readonly silence: number
  /** `wav16`: the file that keeps the samples, and where in it they start. */
  readonly inPlace?: { readonly path: string; readonly offset: number }
}

export class PcmWriter {
  readonly #options: PcmWriterOptions
  readonly #part: string
  readonly #fd: number
  /** A chunk of samples for each channel, and a chunk of bytes, in the kernels' memory. */
  readonly #planes: readonly number[]
  readonly #bytes: number
  readonly #chunkBytes: number
  readonly #peaks: PeakCollector
  readonly #index: { slot: number; crc: number }[] = []
  #fill = 0
  #length = 0
  #stored = 0
  #isOpen = true

  constructor(options: PcmWriterOptions) {
    const { kernels, cacheDir, contentSha256, channels } = options
    this.#options = options
    mkdirSync(cacheDir, { recursive: true })
    this.#part = `${pcmPath(cacheDir, contentSha256)}.part-${process.pid}-${randomBytes(4).toString('hex')}`
    this.#fd = openSync(this.#part, 'wx')
    this.#chunkBytes = chunkBytes(options)
    this.#planes = Array.from({ length: channels }, () => kernels.alloc(CHUNK_FRAMES * 4))
    this.#bytes = kernels.alloc(this.#chunkBytes)
    this.#peaks = new PeakCollector(kernels, channels)
  }

  get lengthFrames(): number {
    return this.#length
  }

  /** Appends planar frames at 48 kHz. */
  write(channels: readonly Float32Array[], frames: number): void {
    const { kernels } = this.#options
    for (let done = 0; done < frames; ) {
      const count = Math.min(CHUNK_FRAMES - this.#fill, frames - done)
      for (const [channel, plane] of this.#planes.entries())
        kernels.f32(plane + this.#fill * 4, count).set((channels[channel] as Float32Array).subarray(done, done + count))
      this.#fill += count
      this.#length += count
      done += count
      if (this.#fill === CHUNK_FRAMES) this.#flush()
    }
  }

  /** `wav16`: takes note of the next chunk, which `read` puts into the bytes it is given; all chunks but the last are whole. */
  note(frames: number, read: (bytes: Uint8Array) => void): void {
    const { kernels, channels } = this.#options
    const bytes = kernels.bytes(this.#bytes, frames * channels * 2)
    read(bytes)
    const [left = 0, right = left] = this.#planes
    kernels.raw.fromS16(this.#bytes, left, right, frames, channels)
    this.#fill = frames
    this.#length += frames
    if (this.#endChunk()) this.#index.push({ slot: 1, crc: crc32(bytes) })
  }

  /** Completes the file and puts it in place. */
  publish(): void {
    const { cacheDir, contentSha256, inPlace } = this.#options
    if (this.#fill > 0) this.#flush()
    const index = Buffer.alloc(this.#index.length * 8)
    this.#index.forEach(({ slot, crc }, i) => {
      index.writeUInt32LE(slot, i * 8)
      index.writeUInt32LE(crc, i * 8 + 4)
    })
    const path = Buffer.from(inPlace?.path ?? '')
    const header: PcmHeader = {
      ...this.#options,
      lengthFrames: this.#length,
      storedChunks: this.#stored,
      indexCrc: crc32(index),
      sourceOffset: inPlace?.offset ?? 0,
      pathBytes: path.length,
    }
    writeAll(this.#fd, Buffer.concat([index, path]), indexOffset(header))
    writeAll(this.#fd, encodeHeader(header), 0)
    writeAll(this.#fd, new Uint8Array(DATA_OFFSET - HEADER_BYTES), HEADER_BYTES)
    // No fsync: a cache lost in a power cut is found out by its checksums and decoded again.
    closeSync(this.#fd)
    this.#isOpen = false
    const peaksPart = `${this.#part}-peaks`
    try {
      writeFileSync(peaksPart, this.#peaks.finish(contentSha256, this.#length))
      renameSync(peaksPart, peaksPath(cacheDir, contentSha256))
      renameSync(this.#part, pcmPath(cacheDir, contentSha256))
    } catch (thrown) {
      rmSync(peaksPart, { force: true })
      rmSync(this.#part, { force: true })
      throw thrown
    }
  }

  /** Leaves nothing behind. Safe to call at any time before `publish` has returned. */
  abort(): void {
    if (this.#isOpen) closeSync(this.#fd)
    this.#isOpen = false
    rmSync(this.#part, { force: true })
  }

  /** Gives the kernels' memory back. */
  dispose(): void {
    const { kernels } = this.#options
    this.#peaks.dispose()
    for (const ptr of [...this.#planes, this.#bytes]) kernels.release(ptr)
  }

  /** Peaks of the chunk that ends here; false, with a note in the index, where it is silent. */
  #endChunk(): boolean {
    const { kernels, silence } = this.#options
    const frames = this.#fill
    this.#fill = 0
    this.#peaks.add(this.#planes, frames)
    if (this.#planes.some((plane) => kernels.raw.peakOf(plane, frames) > silence)) return true
    this.#index.push({ slot: 0, crc: 0 })
    return false
  }

  #flush(): void {
    const { kernels, format } = this.#options
    const frames = this.#fill
    if (!this.#endChunk()) return
    const planeBytes = this.#chunkBytes / this.#planes.length
    for (const [channel, plane] of this.#planes.entries()) {
      kernels.raw.clear(plane + frames * 4, CHUNK_FRAMES - frames)
      const to = this.#bytes + channel * planeBytes
      if (format === 's16') kernels.raw.backToS16(to, plane, CHUNK_FRAMES)
      else kernels.raw.copy(to, plane, CHUNK_FRAMES)
    }
    const bytes = kernels.bytes(this.#bytes, this.#chunkBytes)
    writeAll(this.#fd, bytes, DATA_OFFSET + this.#stored * this.#chunkBytes)
    this.#stored++
    this.#index.push({ slot: this.#stored, crc: crc32(bytes) })
  }
}

const writeAll = (fd: number, bytes: Uint8Array, position: number): void => {
  for (let done = 0; done < bytes.length; ) done += writeSync(fd, bytes, done, bytes.length - done, position + done)
}
