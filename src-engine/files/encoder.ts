// What every encoder looks like to the renderer: blocks in, one finished file out. Memory stays flat with length.
import type { Result } from '../../src-shared/std/index.ts'
import type { LoudnessSummary, TagSet } from './tag-set.ts'

export type ExportFormat = 'wav' | 'flac' | 'mp3' | 'm4a'

export interface EncodeSettings {
  readonly format: ExportFormat
  /** WAV: 16, 24, 32 (float). FLAC: 16, 24. Ignored otherwise. Default 24. */
  readonly bitDepth?: 16 | 24 | 32
  /** TPDF dither for integer depths; on unless told otherwise. */
  readonly isDithered?: boolean
  /** MP3: constant 320 kbit/s, or variable `v0`. Default 320. */
  readonly mp3Quality?: 'cbr320' | 'v0'
  /** M4A, in kbit/s. Default 256. */
  readonly m4aKbps?: number
}

export interface EncodeRequest extends EncodeSettings {
  /** Written here; the caller signs, checks and renames it. Must not exist. */
  readonly path: string
  readonly sampleRate: 48_000
  /** When known, an export too long for the format is refused before it starts. */
  readonly expectedFrames?: number
}

export interface EncodedInfo {
  readonly format: ExportFormat
  readonly mimeType: string
  readonly path: string
  readonly bytes: number
  readonly frames: number
  /** Canonical hash of the integer samples in the file (see docs/formats/pcm-hash.md); null where a decoder does not give them back exactly. */
  readonly pcmSha256: string | null
}

export interface FinishOptions {
  readonly tags: TagSet
  readonly loudness?: LoudnessSummary
}

/** Blocks are stereo at 48 kHz. A returned promise asks the caller to wait before the next block; the arrays may be reused at once. */
export interface AudioEncoderSink {
  write(left: Float32Array, right: Float32Array, frames: number): Promise<void> | undefined
  finish(options: FinishOptions): Promise<Result<EncodedInfo>>
  /** Stops and removes what was written. */
  abort(): Promise<void>
}

export const MIME_TYPES: Readonly<Record<ExportFormat, string>> = {
  wav: 'audio/wav',
  flac: 'audio/flac',
  mp3: 'audio/mpeg',
  m4a: 'audio/mp4',
}
