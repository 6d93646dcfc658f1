// Byte layout of the decoded-audio cache (docs/formats/pcm-cache.md): header, stored chunks, index. Little-endian throughout.
import { closeSync, openSync, readSync } from 'node:fs'
import { join } from 'node:path'
import { crc32 } from 'node:zlib'
import { ANALYSIS_VERSION } from '../../src-shared/protocol/index.ts'
import { ascii, u32le, u64le } from './file-bytes.ts'

/** Raised whenever decoding, resampling or this layout changes, so that old caches are not mistaken for new ones. */
export const DECODER_VERSION = 1
export const CACHE_SAMPLE_RATE = 48_000
/** Frames per chunk: 341 ms, the grain in which silence is left out. */
export const CHUNK_FRAMES = 16_384
export const HEADER_BYTES = 128
/** Chunks start on a page of their own. */
export const DATA_OFFSET = 4_096
const MAGIC = 'STEMPCM1'

/** `wav16` stores nothing: the samples are read from the WAV file itself, where they lie interleaved. */
export type SampleFormat = 's16' | 'f32' | 'wav16'
const FORMATS: readonly SampleFormat[] = ['s16', 'f32', 'wav16']

/** Longest path of a WAV file that is read in place, in bytes. */
const MAX_PATH_BYTES = 32_768

export interface PcmHeader {
  readonly contentSha256: string
  readonly format: SampleFormat
  readonly channels: 1 | 2
  readonly isLossless: boolean
  /** Sample rate of the file it was decoded from. */
  readonly sourceRate: number
  readonly lengthFrames: number
  readonly storedChunks: number
  readonly indexCrc: number
  /** `wav16`: where in the file the samples start, and how many bytes of UTF-8 after the index are its path; else 0. */
  readonly sourceOffset: number
  readonly pathBytes: number
}

export const chunkCount = (lengthFrames: number): number => Math.ceil(lengthFrames / CHUNK_FRAMES)
/** Bytes of a whole chunk, in the cache or in the WAV file. */
export const chunkBytes = (header: Pick<PcmHeader, 'format' | 'channels'>): number =>
  CHUNK_FRAMES * header.channels * (header.format === 'f32' ? 4 : 2)
export const indexOffset = (header: Pick<PcmHeader, 'format' | 'channels' | 'storedChunks'>): number =>
  DATA_OFFSET + header.storedChunks * chunkBytes(header)

export const pcmPath = (cacheDir: string, contentSha256: string): string => join(cacheDir, `${contentSha256}-${DECODER_VERSION}.pcm`)
export const peaksPath = (cacheDir: string, contentSha256: string): string => join(cacheDir, `${contentSha256}-${DECODER_VERSION}.peaks`)

/** What was measured of a sound on the way to all findings: megabytes. */
export const featuresPath = (cacheDir: string, contentSha256: string): string =>
  join(cacheDir, `${contentSha256}-${DECODER_VERSION}.features-${ANALYSIS_VERSION}`)
/** What was found in a sound. */
export const findingsPath = (cacheDir: string, contentSha256: string): string =>
  join(cacheDir, `${contentSha256}-${DECODER_VERSION}.analysis-${ANALYSIS_VERSION}.json`)

export const encodeHeader = (header: PcmHeader): Uint8Array => {
  const bytes = Buffer.alloc(HEADER_BYTES)
  bytes.write(MAGIC, 0, 'latin1')
  bytes.writeUInt32LE(DECODER_VERSION, 8)
  bytes.write(header.contentSha256, 16, 'hex')
  bytes[48] = FORMATS.indexOf(header.format) + 1
  bytes[49] = header.channels
  bytes[50] = header.isLossless ? 1 : 0
  bytes.writeUInt32LE(header.sourceRate, 52)
  bytes.writeBigUInt64LE(BigInt(header.lengthFrames), 56)
  bytes.writeUInt32LE(CHUNK_FRAMES, 64)
  bytes.writeUInt32LE(header.storedChunks, 72)
  bytes.writeUInt32LE(header.indexCrc, 76)
  bytes.writeBigUInt64LE(BigInt(header.sourceOffset), 80)
  bytes.writeUInt32LE(header.pathBytes, 88)
  bytes.writeUInt32LE(crc32(bytes.subarray(0, HEADER_BYTES - 4)), HEADER_BYTES - 4)
  return bytes
}

/** The header, or undefined when the bytes are not a whole header of this version. */
export const decodeHeader = (bytes: Uint8Array): PcmHeader | undefined => {
  if (
    bytes.length < HEADER_BYTES ||
    ascii(bytes, 0, 8) !== MAGIC ||
    u32le(bytes, 8) !== DECODER_VERSION ||
    u32le(bytes, 64) !== CHUNK_FRAMES
  )
    return undefined
  if (crc32(bytes.subarray(0, HEADER_BYTES - 4)) !== u32le(bytes, HEADER_BYTES - 4)) return undefined
  const format = FORMATS[(bytes[48] ?? 0) - 1]
  const pathBytes = u32le(bytes, 88)
  if (format === undefined || pathBytes > MAX_PATH_BYTES) return undefined
  return {
    contentSha256: Buffer.from(bytes.subarray(16, 48)).toString('hex'),
    format,
    channels: bytes[49] === 1 ? 1 : 2,
    isLossless: bytes[50] === 1,
    sourceRate: u32le(bytes, 52),
    lengthFrames: u64le(bytes, 56),
    storedChunks: u32le(bytes, 72),
    indexCrc: u32le(bytes, 76),
    sourceOffset: u64le(bytes, 80),
    pathBytes,
  }
}

/** Header of a cache file at any path, undefined where it is none of this version. Throws the file system's errors. */
export const readPcmHeader = (path: string): PcmHeader | undefined => {
  const fd = openSync(path, 'r')
  try {
    const head = new Uint8Array(HEADER_BYTES)
    return readSync(fd, head, 0, HEADER_BYTES, 0) === HEADER_BYTES ? decodeHeader(head) : undefined
  } finally {
    closeSync(fd)
  }
}
