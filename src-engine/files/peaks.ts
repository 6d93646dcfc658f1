// Peak pyramid of a decoded stem (docs/formats/peaks.md): min and max per 256 frames, then four to one, as 16-bit pairs rounded outward.
import { closeSync, openSync, readSync } from 'node:fs'
import { crc32 } from 'node:zlib'
import { err, ok, type Result } from '../../src-shared/std/index.ts'
import type { Kernels } from '../kernels/index.ts'
import { ascii, u32le, u64le } from './file-bytes.ts'
import { DECODER_VERSION, peaksPath } from './pcm-format.ts'
import { audioProblem } from './problems.ts'

export const PEAK_BASE_FRAMES = 256
const LEVEL_FACTOR = 4
const SMALLEST_LEVEL = 64
const HEADER_BYTES = 64
const MAGIC = 'STEMPEAK'

/** Bucket of the kernels: smallest and largest sample so far. */
const STATE_BYTES = 8
/** Buckets scanned at once. */
const BATCH_BUCKETS = 64

/** Collects peaks while audio streams by in blocks of the kernels' memory. */
export class PeakCollector {
  readonly #kernels: Kernels
  readonly #channels: number
  #pairs: Int16Array
  #count = 0
  /** Frames in the open bucket. */
  #filled = 0
  readonly #states: number
  readonly #batch: number

  constructor(kernels: Kernels, channels: number) {
    this.#kernels = kernels
    this.#channels = channels
    this.#pairs = new Int16Array(4_096 * channels * 2)
    this.#states = kernels.alloc(channels * STATE_BYTES)
    this.#batch = kernels.alloc(BATCH_BUCKETS * 4)
    for (let channel = 0; channel < channels; channel++)
      kernels.f32(this.#states + channel * STATE_BYTES, 2).set([Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])
  }

  /** One pointer to f32 samples a channel. */
  add(planes: readonly number[], frames: number): void {
    const { raw } = this.#kernels
    for (let done = 0; done < frames; ) {
      const left = frames - done
      const whole = this.#filled === 0 ? Math.min(BATCH_BUCKETS, Math.floor(left / PEAK_BASE_FRAMES)) : 0
      const part = Math.min(PEAK_BASE_FRAMES - this.#filled, left)
      for (let channel = 0; channel < this.#channels; channel++) {
        const from = (planes[channel] as number) + done * 4
        if (whole > 0) {
          raw.peaksOf(from, whole, this.#state(channel), this.#batch)
          this.#store(channel, whole)
        } else raw.peaksExtend(from, part, this.#state(channel))
      }
      if (whole > 0) this.#count += whole
      else {
        this.#filled += part
        if (this.#filled === PEAK_BASE_FRAMES) this.#close()
      }
      done += whole > 0 ? whole * PEAK_BASE_FRAMES : part
    }
  }

  /** The whole file's bytes. */
  finish(contentSha256: string, lengthFrames: number): Uint8Array {
    if (this.#filled > 0) this.#close()
    const stride = this.#channels * 2
    const levels = [this.#pairs.subarray(0, this.#count * stride)]
    for (let last = levels[0] as Int16Array; last.length / stride > SMALLEST_LEVEL; last = levels[levels.length - 1] as Int16Array)
      levels.push(coarser(last, stride))
    const payload = Buffer.concat(levels.map((level) => Buffer.from(level.buffer, level.byteOffset, level.byteLength)))
    const header = Buffer.alloc(HEADER_BYTES)
    header.write(MAGIC, 0, 'latin1')
    header.writeUInt16LE(DECODER_VERSION, 8)
    header.writeUInt16LE(this.#channels, 10)
    header.writeUInt32LE(levels.length, 12)
    header.writeBigUInt64LE(BigInt(lengthFrames), 16)
    header.write(contentSha256, 24, 'hex')
    header.writeUInt32LE(crc32(payload), 56)
    header.writeUInt32LE(crc32(header.subarray(0, 60)), 60)
    return Buffer.concat([header, payload])
  }

  /** Gives the kernels' memory back. */
  dispose(): void {
    this.#kernels.release(this.#states)
    this.#kernels.release(this.#batch)
  }

  #state(channel: number): number {
    return this.#states + channel * STATE_BYTES
  }

  #close(): void {
    for (let channel = 0; channel < this.#channels; channel++) {
      this.#kernels.raw.peaksClose(this.#state(channel), this.#batch)
      this.#store(channel, 1)
    }
    this.#count++
    this.#filled = 0
  }

  /** Takes one channel's finished buckets from the batch to where they belong. */
  #store(channel: number, buckets: number): void {
    const stride = this.#channels * 2
    if ((this.#count + buckets) * stride > this.#pairs.length) {
      const larger = new Int16Array(this.#pairs.length * 2)
      larger.set(this.#pairs)
      this.#pairs = larger
    }
    const batch = this.#kernels.i16(this.#batch, buckets * 2)
    for (let i = 0, at = this.#count * stride + channel * 2; i < buckets; i++, at += stride) {
      this.#pairs[at] = batch[i * 2] as number
      this.#pairs[at + 1] = batch[i * 2 + 1] as number
    }
  }
}

const coarser = (fine: Int16Array, stride: number): Int16Array => {
  const fineCount = fine.length / stride
  const count = Math.ceil(fineCount / LEVEL_FACTOR)
  const coarse = new Int16Array(count * stride)
  for (let i = 0; i < count; i++) {
    const end = Math.min(fineCount, (i + 1) * LEVEL_FACTOR)
    for (let part = 0; part < stride; part++) {
      let value = fine[i * LEVEL_FACTOR * stride + part] as number
      for (let j = i * LEVEL_FACTOR + 1; j < end; j++) {
        const other = fine[j * stride + part] as number
        if (part % 2 === 0 ? other < value : other > value) value = other
      }
      coarse[i * stride + part] = value
    }
  }
  return coarse
}

export interface PeakRequest {
  readonly fromFrame: number
  readonly toFrame: number
  /** How many min/max pairs to answer with, one per pixel as a rule. */
  readonly buckets: number
}

export interface Peaks {
  readonly channels: 1 | 2
  /** Per channel, -1..1, one value per bucket; buckets outside the stem are 0. */
  readonly min: readonly Float32Array[]
  readonly max: readonly Float32Array[]
}

const MAX_BUCKETS = 65_536

/** Reads min/max pairs for a stretch of a stem, in frames at 48 kHz, from the level that fits the zoom. */
export const readPeaks = (cacheDir: string, contentSha256: string, { fromFrame, toFrame, buckets }: PeakRequest): Result<Peaks> => {
  const missing = err(audioProblem('audio.cache_corrupt', 'The waveform of this stem is missing or damaged.', { contentSha256 }))
  const wanted = Math.max(1, Math.min(MAX_BUCKETS, Math.floor(buckets)))
  let fd: number
  try {
    fd = openSync(peaksPath(cacheDir, contentSha256), 'r')
  } catch {
    return missing
  }
  try {
    const header = Buffer.alloc(HEADER_BYTES)
    if (
      readSync(fd, header, 0, HEADER_BYTES, 0) < HEADER_BYTES ||
      ascii(header, 0, 8) !== MAGIC ||
      crc32(header.subarray(0, 60)) !== u32le(header, 60)
    )
      return missing
    const channels = header.readUInt16LE(10) === 1 ? 1 : 2
    const stride = channels * 2
    const levels = u32le(header, 12)
    let count = Math.ceil(u64le(header, 16) / PEAK_BASE_FRAMES)
    let position = HEADER_BYTES
    let levelFrames = PEAK_BASE_FRAMES
    const perBucket = Math.max(1, toFrame - fromFrame) / wanted
    for (let level = 1; level < levels && levelFrames * LEVEL_FACTOR <= perBucket; level++) {
      position += count * stride * 2
      count = Math.ceil(count / LEVEL_FACTOR)
      levelFrames *= LEVEL_FACTOR
    }
    const first = Math.max(0, Math.floor(fromFrame / levelFrames))
    const last = Math.min(count, Math.ceil(toFrame / levelFrames) + 1)
    const pairs = new Int16Array(Math.max(0, last - first) * stride)
    const bytes = new Uint8Array(pairs.buffer)
    if (readSync(fd, bytes, 0, bytes.length, position + first * stride * 2) < bytes.length) return missing
    const min = Array.from({ length: channels }, () => new Float32Array(wanted))
    const max = Array.from({ length: channels }, () => new Float32Array(wanted))
    for (let bucket = 0; bucket < wanted; bucket++) {
      const start = Math.floor((fromFrame + bucket * perBucket) / levelFrames)
      const end = Math.max(start + 1, Math.ceil((fromFrame + (bucket + 1) * perBucket) / levelFrames))
      for (let channel = 0; channel < channels; channel++) {
        let low = 0
        let high = 0
        for (let i = Math.max(first, start), seen = 0; i < Math.min(last, end); i++, seen++) {
          const a = pairs[(i - first) * stride + channel * 2] as number
          const b = pairs[(i - first) * stride + channel * 2 + 1] as number
          if (seen === 0 || a < low) low = a
          if (seen === 0 || b > high) high = b
        }
        ;(min[channel] as Float32Array)[bucket] = low / 32_768
        ;(max[channel] as Float32Array)[bucket] = high / 32_768
      }
    }
    return ok({ channels, min, max })
  } finally {
    closeSync(fd)
  }
}
