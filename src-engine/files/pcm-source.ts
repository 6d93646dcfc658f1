// Reads a decoded stem back, synchronously and without allocation per call: the block renderer's supply. Silent stretches touch no disk.
import { closeSync, fstatSync, openSync, readSync, utimesSync } from 'node:fs'
import { crc32 } from 'node:zlib'
import { assert, fail, ok, ProblemError, type Result } from '../../src-shared/std/index.ts'
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
  /** Stretches left out of the cache, merged, in order. */
  silentRanges(): readonly FrameRange[]
  close(): void
}

/** Chunks kept in memory per source: enough for two clips of the same stem crossing over. */
const SLOTS = 2

/** Opens the cache of one stem. A missing, short or altered cache is `audio.cache_corrupt`: decode again. */
export const openDecoded = (cacheDir: string, contentSha256: string): Result<PcmSource> => {
  const path = pcmPath(cacheDir, contentSha256)
  const corrupt = (why: string) =>
    fail('audio.cache_corrupt', audioProblem('audio.cache_corrupt', `The decoded copy of this stem ${why}.`).message, { contentSha256 })
  let fd: number
  try {
    fd = openSync(path, 'r')
  } catch {
    return corrupt('is not there')
  }
  try {
    const head = new Uint8Array(HEADER_BYTES)
    const header = readSync(fd, head, 0, HEADER_BYTES, 0) === HEADER_BYTES ? decodeHeader(head) : undefined
    if (!header || header.contentSha256 !== contentSha256) return closing(fd, corrupt('is damaged'))
    const size = fstatSync(fd).size
    const count = chunkCount(header.lengthFrames)
    if (header.storedChunks > count || size !== indexOffset(header) + count * 8) return closing(fd, corrupt('is cut short'))
    const index = new Uint8Array(count * 8)
    readSync(fd, index, 0, index.length, indexOffset(header))
    if (crc32(index) !== header.indexCrc) return closing(fd, corrupt('is damaged'))
    const now = new Date()
    utimesSync(path, now, now)
    return ok(new CachedPcm(fd, header, index))
  } catch (thrown) {
    closeSync(fd)
    throw thrown
  }
}

const closing = <T>(fd: number, result: T): T => {
  closeSync(fd)
  return result
}

interface Slot {
  chunk: number
  readonly bytes: Uint8Array
  readonly s16: Int16Array
  readonly f32: Float32Array
}

class CachedPcm implements PcmSource {
  readonly contentSha256: string
  readonly lengthFrames: number
  readonly channels: 1 | 2
  readonly #fd: number
  readonly #isS16: boolean
  readonly #stored: Uint32Array
  readonly #crcs: Uint32Array
  readonly #checked: Uint8Array
  readonly #slots: Slot[] = []
  readonly #chunkBytes: number
  #nextSlot = 0

  constructor(fd: number, header: PcmHeader, index: Uint8Array) {
    this.contentSha256 = header.contentSha256
    this.lengthFrames = header.lengthFrames
    this.channels = header.channels
    this.#fd = fd
    this.#isS16 = header.format === 's16'
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
  }

  #copy(slot: Slot, offset: number, count: number, left: Float32Array, right: Float32Array, at: number): void {
    const second = this.channels === 2 ? CHUNK_FRAMES + offset : offset
    if (this.#isS16) {
      const samples = slot.s16
      for (let i = 0; i < count; i++) left[at + i] = (samples[offset + i] as number) * (1 / 32_768)
      for (let i = 0; i < count; i++) right[at + i] = (samples[second + i] as number) * (1 / 32_768)
    } else {
      left.set(slot.f32.subarray(offset, offset + count), at)
      right.set(slot.f32.subarray(second, second + count), at)
    }
  }

  #load(chunk: number): Slot {
    for (const slot of this.#slots) if (slot.chunk === chunk) return slot
    let slot = this.#slots[this.#nextSlot]
    if (!slot) {
      const bytes = new Uint8Array(this.#chunkBytes)
      slot = { chunk: -1, bytes, s16: new Int16Array(bytes.buffer), f32: new Float32Array(bytes.buffer) }
      this.#slots.push(slot)
    }
    this.#nextSlot = (this.#nextSlot + 1) % SLOTS
    slot.chunk = -1
    const position = DATA_OFFSET + ((this.#stored[chunk] as number) - 1) * this.#chunkBytes
    const isWhole = readSync(this.#fd, slot.bytes, 0, this.#chunkBytes, position) === this.#chunkBytes
    if (isWhole && this.#checked[chunk] === 0) {
      if (crc32(slot.bytes) === this.#crcs[chunk]) this.#checked[chunk] = 1
    }
    if (!isWhole || this.#checked[chunk] === 0)
      throw audioError('audio.cache_corrupt', 'The decoded copy of a stem is damaged on disk.', { contentSha256: this.contentSha256 })
    slot.chunk = chunk
    return slot
  }
}

/** True for the problem that decoding again cures. */
export const isCacheDamage = (thrown: unknown): boolean => thrown instanceof ProblemError && thrown.problem.code === 'audio.cache_corrupt'
