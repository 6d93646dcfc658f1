// The acoustic fingerprint of a file, of any format that can be decoded, to look its sound up with.
import { basename } from 'node:path'
import { err, ok, type Result } from '../../src-shared/std/index.ts'
import { createFingerprinter } from '../analysis/index.ts'
import { loadKernels } from '../kernels/index.ts'
import { openAudio } from './open-audio.ts'
import { problemFrom } from './problems.ts'

/** Words of the file's first ten minutes at query density. Codes: `audio.*`. */
export const fingerprintFile = async (path: string): Promise<Result<Uint32Array>> => {
  try {
    const source = openAudio(path)
    try {
      const fingerprinter = createFingerprinter(loadKernels(), source.info.sampleRate, { kind: 'query' })
      for await (const { channels, frames } of source.blocks()) {
        const left = channels[0]!
        fingerprinter.pushArrays(left, channels[1] ?? left, frames)
        if (fingerprinter.isFull()) break
      }
      return ok(fingerprinter.finish())
    } finally {
      source.close()
    }
  } catch (thrown) {
    return err(problemFrom(thrown, `"${basename(path)}" could not be read`))
  }
}
