// The canonical hash of a lossless file's samples, by which a stripped or repackaged export is found again.
import { basename } from 'node:path'
import { err, ok, type Result } from '../../src-shared/std/index.ts'
import { FileBytes } from './file-bytes.ts'
import { openAudio } from './open-audio.ts'
import { audioProblem, problemFrom } from './problems.ts'
import { PcmHasher } from './quantise.ts'
import { readWavLayout } from './wav-source.ts'

const BLOCK_FRAMES = 16_384

/** SHA-256 as in `EncodedInfo.pcmSha256`, streamed. Lossy and float files have no such hash: `audio.no_integer_samples`. */
export const hashFilePcm = async (path: string): Promise<Result<string>> => {
  const name = basename(path)
  try {
    const source = openAudio(path)
    try {
      const { info } = source
      if (!info.isLossless || info.bitDepth === null)
        return err(audioProblem('audio.no_integer_samples', `"${name}" holds no integer samples to compare.`))
      if (info.container === 'wav') return ok(hashWav(path, name))
      const hasher = new PcmHasher()
      for await (const block of source.blocks()) hasher.updatePlanar(block.channels, block.frames)
      return ok(hasher.digest())
    } finally {
      source.close()
    }
  } catch (thrown) {
    return err(problemFrom(thrown, `"${name}" could not be read`))
  }
}

/** Straight from the bytes: 32-bit integers do not survive a float. */
const hashWav = (path: string, name: string): string => {
  const bytes = new FileBytes(path)
  try {
    const { channels, bytesPerSample, dataOffset, frames } = readWavLayout(bytes, name)
    const hasher = new PcmHasher()
    const frameBytes = channels * bytesPerSample
    const raw = new Uint8Array(BLOCK_FRAMES * frameBytes)
    for (let done = 0; done < frames; done += BLOCK_FRAMES) {
      const part = raw.subarray(0, Math.min(BLOCK_FRAMES, frames - done) * frameBytes)
      bytes.readInto(part, dataOffset + done * frameBytes)
      hasher.updatePacked(part, bytesPerSample)
    }
    return hasher.digest()
  } finally {
    bytes.close()
  }
}
