// Reads a decoded stem back, synchronously and without allocation per call: the block renderer's supply. Silent stretches touch no disk.
import { closeSync, fstatSync, openSync, readSync, rmSync, utimesSync } from 'node:fs'
import { crc32 } from 'node:zlib'
import { assert, fail, ok, ProblemError, type Result } from '../../src-shared/std/index.ts'
import type { Kernels } from '../kernels/index.ts'
import { u32le } from './file-bytes.ts'
import {
  CHUNK_FRAMES,
  chunkBytes,
  chunkCount,
  DATA_OFFSET,
  decodeHeader,
  HEADER_BYTES,
  indexOffset,
  type PcmHeader,
  pcmPath,
  type SampleFormat,
} from './pcm-format.ts'
import { audioError, audioProblem } from './problems.ts'

export interface FrameRange {
  readonly startFrame: number
  readonly lengthFrames: number
}

/** A decoded stem at 48 kHz. Frames outside it read as silence; a mono stem reads the same on both sides. */
export interface PcmSource {
  readonly contentSha256: string
  readonly lengthFrames: number
  /** Channels of the file it came from. */
  readonly channels: 1 | 2
  /** True when nothing is stored for the whole stretch; `read` would give zeros. */
  isSilent(startFrame: number, frames: number): boolean
  /** Fills `frames` samples of both arrays. Throws a `ProblemError` `audio.cache_corrupt` when the disk gives back something else than was stored. */
  read(startFrame: number, frames: number, left: Float32Array, right: Float32Array): void
  /** The same into blocks of the kernels the source was opened with: no copy on the way. */
  readInto(startFrame: number, frames: number, left: number, right: number): void
  /** Stretches left out of the cache, merged, in order. */
  silentRanges(): readonly FrameRange[]
  close(): void
}

/** Chunks kept in memory per source: enough for two clips of the same stem crossing over. */
const SLOTS = 2

/**
 * Opens the cache of one stem. A missing, short or altered cache is `audio.cache_corrupt`: decode again. With kernels, chunks are read straight
 * into their memory, and `readInto` may be used.
 */
export const openDecoded = (cacheDir: string, contentSha256: string, kernels?: Kernels): Result<PcmSource> => {
  const path = pcmPath(cacheDir, contentSha256)
  const corrupt = (why: string) =>
    fail('audio.cache_corrupt', audioProblem('audio.cache_corrupt', `The decoded copy of this stem ${why}.`).message, { contentSha256 })
  let fd: number
  try {
    fd = openSync(path, 'r')
  } catch {
    return corrupt('is not there')
  }
  let samples = fd
  try {
    const head = new Uint8Array(HEADER_BYTES)
    const header = readSync(fd, head, 0, HEADER_BYTES, 0) === HEADER_BYTES ? decodeHeader(head) : undefined
    if (!header || header.contentSha256 !== contentSha256) return closing(fd, corrupt('is damaged'))
    const size = fstatSync(fd).size
    const count = chunkCount(header.lengthFrames)
    if (header.storedChunks > count || size !== indexOffset(header) + count * 8 + header.pathBytes)
      return closing(fd, corrupt('is cut short'))
    const index = new Uint8Array(count * 8)
    readSync(fd, index, 0, index.length, indexOffset(header))
    if (crc32(index) !== header.indexCrc) return closing(fd, corrupt('is damaged'))
    const now = new Date()
    utimesSync(path, now, now)
    if (header.format === 'wav16') {
      const found = openWavFile(fd, header, indexOffset(header) + count * 8)
      closeSync(fd)
      if (found === undefined) return corrupt('lies in a file that is not there any more')
      samples = found
    }
    return ok(new CachedPcm(samples, { header, index, path, kernels }))
  } catch (thrown) {
    closeSync(samples)
    throw thrown
  }
}

/** Opens the WAV file that keeps the samples; undefined where it is gone or too short. */
const openWavFile = (fd: number, header: PcmHeader, at: number): number | undefined => {
  const path = new Uint8Array(header.pathBytes)
  readSync(fd, path, 0, path.length, at)
  try {
    const file = openSync(Buffer.from(path).toString('utf8'), 'r')
    if (fstatSync(file).size >= header.sourceOffset + header.lengthFrames * header.channels * 2) return file
    closeSync(file)
  } catch {
    // Removed, moved, or not readable: all the same here, the stem is decoded again from where it is now.
  }
  return undefined
}

const closing = <T>(fd: number, result: T): T => {
  closeSync(fd)
  return result
}

interface Slot {
  chunk: number
  /** Where the chunk lies: an array of its own, or the kernels' memory. */
  readonly bytes: Uint8Array | undefined
  readonly ptr: number
}

class CachedPcm implements PcmSource {
  readonly contentSha256: string
  readonly lengthFrames: number
  readonly channels: 1 | 2
  readonly #fd: number
  readonly #path: string
  readonly #format: SampleFormat
  readonly #sourceOffset: number
  readonly #stored: Uint32Array
  readonly #crcs: Uint32Array
  readonly #checked: Uint8Array
  readonly #slots: Slot[] = []
  readonly #chunkBytes: number
  readonly #kernels: Kernels | undefined
  #nextSlot = 0

  constructor(
    fd: number,
    {
      header,
      index,
      path,
      kernels,
    }: { readonly header: PcmHeader; readonly index: Uint8Array; readonly path: string; readonly kernels: Kernels | undefined },
  ) {
    this.#kernels = kernels
    this.#path = path
    this.contentSha256 = header.contentSha256
    this.lengthFrames = header.lengthFrames
    this.channels = header.channels
    this.#fd = fd
    this.#format = header.format
    this.#sourceOffset = header.sourceOffset
    this.#chunkBytes = chunkBytes(header)
    const count = index.length / 8
    this.#stored = Uint32Array.from({ length: count }, (_, i) => u32le(index, i * 8))
    this.#crcs = Uint32Array.from({ length: count }, (_, i) => u32le(index, i * 8 + 4))
    this.#checked = new Uint8Array(count)
  }

  isSilent(startFrame: number, frames: number): boolean {
    const first = Math.max(0, Math.floor(startFrame / CHUNK_FRAMES))
    const end = Math.min(this.#stored.length, Math.ceil((startFrame + frames) / CHUNK_FRAMES))
    for (let chunk = first; chunk < end; chunk++) if (this.#stored[chunk] !== 0) return false
    return true
  }

  read(startFrame: number, frames: number, left: Float32Array, right: Float32Array): void {
    assert(left.length >= frames && right.length >= frames, 'the arrays must hold the frames asked for')
    let done = 0
    while (done < frames) {
      const position = startFrame + done
      const chunk = Math.floor(position / CHUNK_FRAMES)
      const offset = position - chunk * CHUNK_FRAMES
      const count = Math.min(CHUNK_FRAMES - offset, frames - done)
      if (chunk < 0 || chunk >= this.#stored.length || this.#stored[chunk] === 0) {
        left.fill(0, done, done + count)
        right.fill(0, done, done + count)
      } else this.#copy(this.#load(chunk), offset, count, left, right, done)
      done += count
    }
  }

  readInto(startFrame: number, frames: number, left: number, right: number): void {
    const kernels = this.#kernels
    assert(kernels, 'the source was opened without kernels')
    const { raw } = kernels
    let done = 0
    while (done < frames) {
      const position = startFrame + done
      const chunk = Math.floor(position / CHUNK_FRAMES)
      const offset = position - chunk * CHUNK_FRAMES
      const count = Math.min(CHUNK_FRAMES - offset, frames - done)
      const toLeft = left + done * 4
      const toRight = right + done * 4
      if (chunk < 0 || chunk >= this.#stored.length || this.#stored[chunk] === 0) {
        raw.clear(toLeft, count)
        raw.clear(toRight, count)
      } else {
        const { ptr } = this.#load(chunk)
        if (this.#format === 'wav16') raw.fromS16(ptr + offset * 2 * this.channels, toLeft, toRight, count, this.channels)
        else {
          const sampleBytes = this.#format === 's16' ? 2 : 4
          const first = ptr + offset * sampleBytes
          const second = this.channels === 2 ? first + CHUNK_FRAMES * sampleBytes : first
          if (this.#format === 's16') {
            raw.fromS16(first, toLeft, toLeft, count, 1)
            raw.fromS16(second, toRight, toRight, count, 1)
          } else {
            raw.copy(toLeft, first, count)
            raw.copy(toRight, second, count)
          }
        }
      }
      done += count
    }
  }

  silentRanges(): readonly FrameRange[] {
    const ranges: FrameRange[] = []
    let start = -1
    for (let chunk = 0; chunk <= this.#stored.length; chunk++) {
      const isSilentChunk = chunk < this.#stored.length && this.#stored[chunk] === 0
      if (isSilentChunk && start < 0) start = chunk * CHUNK_FRAMES
      else if (!isSilentChunk && start >= 0) {
        ranges.push({ startFrame: start, lengthFrames: Math.min(chunk * CHUNK_FRAMES, this.lengthFrames) - start })
        start = -1
      }
    }
    return ranges
  }

  close(): void {
    closeSync(this.#fd)
    for (const slot of this.#slots) if (this.#kernels) this.#kernels.release(slot.ptr)
    this.#slots.length = 0
  }

  #bytesOf(slot: Slot): Uint8Array {
    return slot.bytes ?? this.#kernels!.bytes(slot.ptr, this.#chunkBytes)
  }

  #copy(slot: Slot, offset: number, count: number, left: Float32Array, right: Float32Array, at: number): void {
    const { buffer, byteOffset } = this.#bytesOf(slot)
    const isStereo = this.channels === 2
    if (this.#format === 'f32') {
      const samples = new Float32Array(buffer, byteOffset, CHUNK_FRAMES * this.channels)
      const second = isStereo ? CHUNK_FRAMES + offset : offset
      left.set(samples.subarray(offset, offset + count), at)
      right.set(samples.subarray(second, second + count), at)
      return
    }
    const samples = new Int16Array(buffer, byteOffset, CHUNK_FRAMES * this.channels)
    const isInterleaved = this.#format === 'wav16' && isStereo
    const step = isInterleaved ? 2 : 1
    const first = offset * step
    const second = !isStereo ? first : isInterleaved ? first + 1 : CHUNK_FRAMES + offset
    for (let i = 0; i < count; i++) left[at + i] = (samples[first + i * step] as number) * (1 / 32_768)
    for (let i = 0; i < count; i++) right[at + i] = (samples[second + i * step] as number) * (1 / 32_768)
  }

  #load(chunk: number): Slot {
    for (const slot of this.#slots) if (slot.chunk === chunk) return slot
    let slot = this.#slots[this.#nextSlot]
    if (!slot) {
      const kernels = this.#kernels
      slot = kernels
        ? { chunk: -1, bytes: undefined, ptr: kernels.alloc(this.#chunkBytes) }
        : { chunk: -1, bytes: new Uint8Array(this.#chunkBytes), ptr: 0 }
      this.#slots.push(slot)
    }
    this.#nextSlot = (this.#nextSlot + 1) % SLOTS
    slot.chunk = -1
    const isInPlace = this.#format === 'wav16'
    const position = isInPlace
      ? this.#sourceOffset + chunk * this.#chunkBytes
      : DATA_OFFSET + ((this.#stored[chunk] as number) - 1) * this.#chunkBytes
    // Only in a WAV file is the last chunk shorter than the others.
    const frames = isInPlace ? Math.min(CHUNK_FRAMES, this.lengthFrames - chunk * CHUNK_FRAMES) : CHUNK_FRAMES
    const whole = this.#bytesOf(slot)
    const bytes = whole.subarray(0, (frames / CHUNK_FRAMES) * this.#chunkBytes)
    whole.fill(0, bytes.length)
    const isWhole = readSync(this.#fd, bytes, 0, bytes.length, position) === bytes.length
    if (isWhole && this.#checked[chunk] === 0) {
      if (crc32(bytes) === this.#crcs[chunk]) this.#checked[chunk] = 1
    }
    if (!isWhole || this.#checked[chunk] === 0) {
      // Gone from the cache at once, or the next try would find the same damage.
      rmSync(this.#path, { force: true })
      throw audioError('audio.cache_corrupt', 'The decoded copy of a stem is damaged on disk.', { contentSha256: this.contentSha256 })
    }
    slot.chunk = chunk
    return slot
  }
}

/** True for the problem that decoding again cures. */
export const isCacheDamage = (thrown: unknown): boolean => thrown instanceof ProblemError && thrown.problem.code === 'audio.cache_corrupt'
