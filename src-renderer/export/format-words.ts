// Export formats in words.
import type { ExportFormat, ExportStep } from '../../src-shared/protocol/index.ts'

/** Name and use of a format. */
export const FORMAT_WORDS: Readonly<Record<ExportFormat, { readonly name: string; readonly use: string }>> = {
  wav16: { name: 'WAV 16-bit', use: 'with dither, for CD' },
  wav24: { name: 'WAV 24-bit', use: 'masters and distribution' },
  wav32f: { name: 'WAV 32-bit float', use: 'to work on' },
  flac16: { name: 'FLAC 16-bit', use: 'lossless, small' },
  flac24: { name: 'FLAC 24-bit', use: 'lossless archive' },
  mp3: { name: 'MP3', use: 'previews' },
  m4a: { name: 'M4A (AAC)', use: 'phones, Apple' },
}

/** Steps of an export in order. */
export const STEPS: readonly { readonly step: ExportStep; readonly label: string }[] = [
  { step: 'check', label: 'Ask the licence' },
  { step: 'prepare', label: 'Prepare stems' },
  { step: 'render', label: 'Render' },
  { step: 'encode', label: 'Encode' },
  { step: 'stamp', label: 'Stamp' },
  { step: 'verify', label: 'Verify' },
  { step: 'commit', label: 'Commit and write receipt' },
]
