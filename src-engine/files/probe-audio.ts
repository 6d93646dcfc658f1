// What a file is, before it is decoded: for pack authors, the catalogue and the library.
import { basename } from 'node:path'
import { err, ok, type Result } from '../../src-shared/std/index.ts'
import type { AudioInfo } from './audio-source.ts'
import { openAudio } from './open-audio.ts'
import { CACHE_SAMPLE_RATE } from './pcm-format.ts'
import { problemFrom } from './problems.ts'

export interface AudioFacts extends AudioInfo {
  /** Exact length at the file's own rate; files that do not state it are decoded to count. */
  readonly lengthFrames: number
  /** Length after decoding into the cache. */
  readonly lengthFrames48: number
}

/** Facts of an audio file, or why it cannot be used. */
export const probeAudio = async (path: string): Promise<Result<AudioFacts>> => {
  try {
    const source = openAudio(path)
    try {
      let lengthFrames = source.info.lengthFrames ?? 0
      if (source.info.lengthFrames === null) for await (const block of source.blocks()) lengthFrames += block.frames
      return ok({ ...source.info, lengthFrames, lengthFrames48: Math.round((lengthFrames * CACHE_SAMPLE_RATE) / source.info.sampleRate) })
    } finally {
      source.close()
    }
  } catch (thrown) {
    return err(problemFrom(thrown, `"${basename(path)}" could not be read`))
  }
}
