// One file into the cache: read, bring to 48 kHz, write. Runs inside the decode worker; nothing here grows with length.
import { createResampler, type Kernels, loadKernels } from '../kernels/index.ts'
import type { AudioInfo } from './audio-source.ts'
import { openAudio } from './open-audio.ts'
import { CACHE_SAMPLE_RATE, type SampleFormat } from './pcm-format.ts'
import { DUST, PcmWriter } from './pcm-writer.ts'
import { audioError } from './problems.ts'

export interface DecodeRequest {
  readonly path: string
  readonly contentSha256: string
  readonly cacheDir: string
}

const PROGRESS_FRAMES = 240_000

let kernels: Kernels | undefined
const kernelsOfThread = (): Kernels => {
  kernels ??= loadKernels()
  return kernels
}

export interface DecodeHooks {
  /** Frames done and frames in all (null when unknown), at the file's own rate; called about every five seconds of audio. */
  readonly onProgress: (done: number, total: number | null) => void
  readonly isCancelled: () => boolean
}

/** Decodes one file and publishes it. Throws `ProblemError`; whatever was begun is removed again. */
export const decodeFile = async (
  { path, contentSha256, cacheDir }: DecodeRequest,
  { onProgress, isCancelled }: DecodeHooks,
): Promise<void> => {
  const source = openAudio(path)
  try {
    const { info } = source
    const resampler =
      info.sampleRate === CACHE_SAMPLE_RATE ? undefined : createResampler(kernelsOfThread(), info.sampleRate, CACHE_SAMPLE_RATE)
    const isExact = info.isLossless && !resampler
    const writer = new PcmWriter({
      cacheDir,
      contentSha256,
      format: sampleFormat(info, isExact),
      channels: info.channels,
      isLossless: info.isLossless,
      sourceRate: info.sampleRate,
      silence: isExact ? 0 : DUST,
    })
    try {
      let done = 0
      let reported = 0
      for await (const block of source.blocks()) {
        if (isCancelled()) throw audioError('audio.cancelled', 'Decoding was stopped.')
        if (resampler) resampler.write(block.channels, block.frames, (channels, frames) => writer.write(channels, frames))
        else writer.write(block.channels, block.frames)
        done += block.frames
        if (done - reported >= PROGRESS_FRAMES) {
          reported = done
          onProgress(done, info.lengthFrames)
        }
      }
      resampler?.finish((channels, frames) => writer.write(channels, frames))
      if (isCancelled()) throw audioError('audio.cancelled', 'Decoding was stopped.')
      if (writer.lengthFrames === 0) throw audioError('audio.empty', 'The file holds no sound.')
      writer.publish()
    } catch (thrown) {
      writer.abort()
      throw thrown
    } finally {
      resampler?.dispose()
    }
  } finally {
    source.close()
  }
}

/** 16 bits say everything a 16-bit file at 48 kHz says, at half the disk traffic. */
const sampleFormat = (info: AudioInfo, isExact: boolean): SampleFormat =>
  isExact && info.bitDepth !== null && info.bitDepth <= 16 ? 's16' : 'f32'
