// What a pack says of a stem's audio: container, rate, channels and the exact length, counted by decoding where the file does not tell.
import { openAudio, type Container } from '../../../src-engine/files/index.ts'
import type { PackStem } from '../../../src-shared/protocol/index.ts'
import { fail, ok, ProblemError, type Result } from '../../../src-shared/std/index.ts'
import { fileFailure } from '../file-problems.ts'

const MIME_TYPES: Readonly<Partial<Record<Container, PackStem['mimeType']>>> = {
  wav: 'audio/wav',
  flac: 'audio/flac',
  mp3: 'audio/mpeg',
  mp4: 'audio/mp4',
  ogg: 'audio/ogg',
}

export type StemProbe = Pick<PackStem, 'mimeType' | 'lengthMs' | 'lengthFrames' | 'sampleRate' | 'channels'>

/** Codes: `pack.stem_format`, `pack.stem_empty`, `pack.stem_unreadable`, `disk.*`. */
export const probeStem = async (path: string, title: string): Promise<Result<StemProbe>> => {
  try {
    const audio = openAudio(path)
    try {
      const { container, sampleRate, channels } = audio.info
      const mimeType = MIME_TYPES[container]
      if (!mimeType)
        return fail('pack.stem_format', `The stem “${title}” is of a kind packs do not take. Use WAV, FLAC, MP3, M4A or Ogg Vorbis.`)
      let { lengthFrames } = audio.info
      if (lengthFrames === null) {
        lengthFrames = 0
        for await (const block of audio.blocks()) lengthFrames += block.frames
      }
      const lengthMs = Math.round((lengthFrames / sampleRate) * 1_000)
      if (lengthFrames < 1 || lengthMs < 1)
        return fail('pack.stem_empty', `The stem “${title}” holds no sound. Leave it out or replace its file.`)
      return ok({ mimeType, lengthMs, lengthFrames, sampleRate, channels })
    } finally {
      audio.close()
    }
  } catch (error) {
    if (error instanceof ProblemError)
      return fail('pack.stem_unreadable', `The stem “${title}” cannot be used: ${error.problem.message}`, { cause: error.problem.code })
    return fileFailure(error, path)
  }
}
