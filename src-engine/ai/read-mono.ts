// A decoded stem as one channel at the rate a model was trained at. Runs in a worker: it reads the whole stem at once.
import { openDecoded } from '../files/index.ts'
import { createResampler, loadKernels } from '../kernels/index.ts'
import { ProblemError } from '../../src-shared/std/index.ts'

export const STEM_RATE = 48_000
/** An hour; longer stems would need more memory than a helper of a music program may take. */
const MAX_FRAMES = STEM_RATE * 3_600
const BLOCK_FRAMES = 16_384

export interface MonoStem {
  readonly samples: Float32Array
  /** Length of the stem at 48 kHz. */
  readonly lengthFrames: number
}

/** Reads the stem's cache, both sides averaged, at `rate`. Throws `ProblemError` (`audio.cache_corrupt`, `ai.too_long`). */
export const readMono = (cacheDir: string, contentSha256: string, rate: number): MonoStem => {
  const opened = openDecoded(cacheDir, contentSha256)
  if (!opened.ok) throw new ProblemError(opened.error)
  const source = opened.value
  const { lengthFrames } = source
  const resampler = createResampler(loadKernels(), STEM_RATE, rate)
  try {
    if (lengthFrames > MAX_FRAMES)
      throw new ProblemError({ code: 'ai.too_long', message: 'The stem is longer than an hour. Cut it into pieces to have it analysed.' })
    const samples = new Float32Array(Math.ceil((lengthFrames * rate) / STEM_RATE) + 1)
    let length = 0
    const take = ([channel]: readonly Float32Array[], frames: number): void => {
      if (channel) samples.set(channel.subarray(0, Math.min(frames, samples.length - length)), length)
      length = Math.min(samples.length, length + frames)
    }
    const left = new Float32Array(BLOCK_FRAMES)
    const right = new Float32Array(BLOCK_FRAMES)
    for (let at = 0; at < lengthFrames; at += BLOCK_FRAMES) {
      const frames = Math.min(BLOCK_FRAMES, lengthFrames - at)
      source.read(at, frames, left, right)
      for (let i = 0; i < frames; i++) left[i] = ((left[i] as number) + (right[i] as number)) / 2
      resampler.write([left], frames, take)
    }
    resampler.finish(take)
    return { samples: samples.subarray(0, length), lengthFrames }
  } finally {
    resampler.dispose()
    source.close()
  }
}

/** Highest absolute sample. */
export const peakOf = (samples: Float32Array): number => {
  let peak = 0
  for (let i = 0; i < samples.length; i++) {
    const level = Math.abs(samples[i] as number)
    if (level > peak) peak = level
  }
  return peak
}
