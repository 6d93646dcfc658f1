// Writes one stem into the decoded-audio cache: chunks without silence, index, header, peaks; published by rename so a reader never sees half.
import { randomBytes } from 'node:crypto'
import { closeSync, mkdirSync, openSync, renameSync, rmSync, writeFileSync, writeSync } from 'node:fs'
import { crc32 } from 'node:zlib'
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
  readonly cacheDir: string
  /** Chunks whose every sample is at most this far from zero are left out; 0 for exact sources. */
  readonly silence: number
}

export class PcmWriter {
  readonly #options: PcmWriterOptions
  readonly #part: string
  readonly #fd: number
  readonly #planes: readonly Float32Array[]
  readonly #bytes: Uint8Array
  readonly #peaks: PeakCollector
  readonly #index: { slot: number; crc: number }[] = []
  #fill = 0
  #length = 0
  #stored = 0
  #isOpen = true

  constructor(options: PcmWriterOptions) {
    this.#options = options
    mkdirSync(options.cacheDir, { recursive: true })
    this.#part = `${pcmPath(options.cacheDir, options.contentSha256)}.part-${process.pid}-${randomBytes(4).toString('hex')}`
    this.#fd = openSync(this.#part, 'wx')
    this.#planes = Array.from({ length: options.channels }, () => new Float32Array(CHUNK_FRAMES))
    this.#bytes = new Uint8Array(chunkBytes(options))
    this.#peaks = new PeakCollector(options.channels)
  }

  get lengthFrames(): number {
    return this.#length
  }

  /** Appends planar frames at 48 kHz. */
  write(channels: readonly Float32Array[], frames: number): void {
    for (let done = 0; done < frames; ) {
      const count = Math.min(CHUNK_FRAMES - this.#fill, frames - done)
      for (let channel = 0; channel < this.#planes.length; channel++)
        (this.#planes[channel] as Float32Array).set((channels[channel] as Float32Array).subarray(done, done + count), this.#fill)
      this.#fill += count
      this.#length += count
      done += count
      if (this.#fill === CHUNK_FRAMES) this.#flush()
    }
  }

  /** Completes the file and puts it in place. */
  publish(): void {
    const { cacheDir, contentSha256 } = this.#options
    if (this.#fill > 0) this.#flush()
    const index = Buffer.alloc(this.#index.length * 8)
    this.#index.forEach(({ slot, crc }, i) => {
      index.writeUInt32LE(slot, i * 8)
      index.writeUInt32LE(crc, i * 8 + 4)
    })
    const header: PcmHeader = { ...this.#options, lengthFrames: this.#length, storedChunks: this.#stored, indexCrc: crc32(index) }
    writeAll(this.#fd, index, indexOffset(header))
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

  #flush(): void {
    const { format, silence } = this.#options
    const frames = this.#fill
    this.#fill = 0
    this.#peaks.add(this.#planes, frames)
    if (this.#planes.every((plane) => isSilent(plane, frames, silence))) {
      this.#index.push({ slot: 0, crc: 0 })
      return
    }
    for (let channel = 0; channel < this.#planes.length; channel++) {
      const plane = this.#planes[channel] as Float32Array
      plane.fill(0, frames)
      if (format === 's16') {
        const out = new Int16Array(this.#bytes.buffer, channel * CHUNK_FRAMES * 2, CHUNK_FRAMES)
        for (let i = 0; i < CHUNK_FRAMES; i++) out[i] = (plane[i] as number) * 32_768
      } else new Float32Array(this.#bytes.buffer, channel * CHUNK_FRAMES * 4, CHUNK_FRAMES).set(plane)
    }
    writeAll(this.#fd, this.#bytes, DATA_OFFSET + this.#stored * this.#bytes.length)
    this.#stored++
    this.#index.push({ slot: this.#stored, crc: crc32(this.#bytes) })
  }
}

const isSilent = (plane: Float32Array, frames: number, limit: number): boolean => {
  for (let i = 0; i < frames; i++) if (Math.abs(plane[i] as number) > limit) return false
  return true
}

const writeAll = (fd: number, bytes: Uint8Array, position: number): void => {
  for (let done = 0; done < bytes.length; ) done += writeSync(fd, bytes, done, bytes.length - done, position + done)
}
