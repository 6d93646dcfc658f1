// What can be asked of one decoded stem: its waveform and its loudness.
import { setImmediate } from 'node:timers/promises'
import type { LoudnessReport, StemPeaks } from '../src-shared/protocol/index.ts'
import { REMIX_SAMPLE_RATE } from '../src-shared/remix/index.ts'
import { fail, ok, type Result } from '../src-shared/std/index.ts'
import { createLoudnessMeter } from './analysis/index.ts'
import { openDecoded, readPeaks } from './files/index.ts'
import { loadKernels } from './kernels/index.ts'
import { reportLoudness } from './render/index.ts'

const FINEST_FRAMES = 256
/** A waveform of an hour stays below a quarter of a megabyte. */
const MAX_PAIRS = 60_000
const MEASURE_FRAMES = 16_384

/** Pairs over the whole stem, both channels folded into the outermost values, rounded outward. */
export const stemPeaks = (cacheDir: string, contentSha256: string): Result<StemPeaks> => {
  const opened = openDecoded(cacheDir, contentSha256)
  if (!opened.ok) return opened
  const { lengthFrames } = opened.value
  opened.value.close()
  let framesPerPeak = FINEST_FRAMES
  while (lengthFrames / framesPerPeak > MAX_PAIRS) framesPerPeak *= 2
  const buckets = Math.max(1, Math.ceil(lengthFrames / framesPerPeak))
  const read = readPeaks(cacheDir, contentSha256, { fromFrame: 0, toFrame: buckets * framesPerPeak, buckets })
  if (!read.ok) return read
  const { min, max } = read.value
  const peaks = new Int8Array(buckets * 2)
  for (let i = 0; i < buckets; i++) {
    const low = Math.min(...min.map((channel) => channel[i] ?? 0))
    const high = Math.max(...max.map((channel) => channel[i] ?? 0))
    peaks[i * 2] = Math.max(-127, Math.floor(low * 127))
    peaks[i * 2 + 1] = Math.min(127, Math.ceil(high * 127))
  }
  return ok({ framesPerPeak, lengthFrames, peaks })
}

/** Loudness of the whole stem; `audio.cancelled` when the signal says so. */
export const measureStem = async (cacheDir: string, contentSha256: string, signal: AbortSignal): Promise<Result<LoudnessReport>> => {
  const opened = openDecoded(cacheDir, contentSha256)
  if (!opened.ok) return opened
  const source = opened.value
  const kernels = loadKernels()
  const left = kernels.alloc(MEASURE_FRAMES * 4)
  const right = kernels.alloc(MEASURE_FRAMES * 4)
  const meter = createLoudnessMeter(kernels, REMIX_SAMPLE_RATE)
  try {
    for (let at = 0; at < source.lengthFrames; at += MEASURE_FRAMES) {
      const frames = Math.min(MEASURE_FRAMES, source.lengthFrames - at)
      source.read(at, frames, kernels.f32(left, frames), kernels.f32(right, frames))
      meter.push(left, right, frames)
      // Playback in the same process is served in between.
      await setImmediate()
      if (signal.aborted) return fail('audio.cancelled', 'The measurement was cancelled.')
    }
    return ok(reportLoudness(meter))
  } finally {
    source.close()
  }
}
