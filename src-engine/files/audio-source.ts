// What every format reader hands on: planar float blocks at the file's own rate, trimmed to the sound the file promises.
import type { FileBytes } from './file-bytes.ts'

export type Container = 'wav' | 'flac' | 'mp3' | 'mp4' | 'ogg' | 'adts'
export type Codec = 'pcm' | 'flac' | 'mp3' | 'aac' | 'alac' | 'vorbis'

export interface AudioInfo {
  readonly container: Container
  readonly codec: Codec
  readonly sampleRate: number
  readonly channels: 1 | 2
  /** Bits per sample of integer sources, null for float and lossy ones. */
  readonly bitDepth: number | null
  readonly isLossless: boolean
  /** Length in frames at `sampleRate` when the file says so; null when only decoding tells. */
  readonly lengthFrames: number | null
}

/** Planar samples, -1..1; the arrays belong to the reader and are valid until the next block. */
export interface AudioBlock {
  readonly frames: number
  readonly channels: readonly Float32Array[]
}

export interface AudioSource {
  readonly info: AudioInfo
  /** Where interleaved signed 16-bit samples start in the file, when that is what it holds. */
  readonly s16Offset?: number
  blocks(): AsyncGenerator<AudioBlock, void, undefined>
}

export type OpenSource = (bytes: FileBytes, name: string) => AudioSource | Promise<AudioSource>

/** Rates outside this range are header damage, not music. */
export const MIN_SAMPLE_RATE = 8_000
export const MAX_SAMPLE_RATE = 384_000
