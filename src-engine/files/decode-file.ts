// One file into the cache: read, bring to 48 kHz, write. Runs inside the decode worker; nothing here grows with length.
import { basename, resolve } from 'node:path'
import { createResampler, type Kernels, loadKernels } from '../kernels/index.ts'
import type { AudioInfo, AudioSource } from './audio-source.ts'
import { FileBytes } from './file-bytes.ts'
import { openAudio } from './open-audio.ts'
import { CACHE_SAMPLE_RATE, CHUNK_FRAMES, type SampleFormat } from './pcm-format.ts'
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
export const decodeFile = async (request: DecodeRequest, hooks: DecodeHooks): Promise<void> => {
  const kernels = kernelsOfThread()
  const source = openAudio(request.path)
  try {
    const { info, s16Offset } = source
    const isAtRate = info.sampleRate === CACHE_SAMPLE_RATE
    const isExact = info.isLossless && isAtRate
    const isInPlace = s16Offset !== undefined && isAtRate && isLittleEndian
    const writer = new PcmWriter({
      kernels,
      cacheDir: request.cacheDir,
      contentSha256: request.contentSha256,
      format: isInPlace ? 'wav16' : sampleFormat(info, isExact),
      channels: info.channels,
      isLossless: info.isLossless,
      sourceRate: info.sampleRate,
      silence: isExact ? 0 : DUST,
      ...(isInPlace ? { inPlace: { path: resolve(request.path), offset: s16Offset } } : {}),
    })
    try {
      if (isInPlace) noteChunks(writer, request.path, source, s16Offset, hooks)
      else await copyBlocks(writer, source, kernels, hooks)
      if (hooks.isCancelled()) throw stopped()
      if (writer.lengthFrames === 0) throw audioError('audio.empty', 'The file holds no sound.')
      writer.publish()
    } catch (thrown) {
      writer.abort()
      throw thrown
    } finally {
      writer.dispose()
    }
  } finally {
    source.close()
  }
}

const stopped = () => audioError('audio.cancelled', 'Decoding was stopped.')

/** Samples in files are little-endian, and so are those the kernels take. */
const isLittleEndian = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1

const copyBlocks = async (
  writer: PcmWriter,
  { info, blocks }: AudioSource,
  kernels: Kernels,
  { onProgress, isCancelled }: DecodeHooks,
): Promise<void> => {
  const resampler = info.sampleRate === CACHE_SAMPLE_RATE ? undefined : createResampler(kernels, info.sampleRate, CACHE_SAMPLE_RATE)
  try {
    let done = 0
    let reported = 0
    for await (const block of blocks()) {
      if (isCancelled()) throw stopped()
      if (resampler) resampler.write(block.channels, block.frames, (channels, frames) => writer.write(channels, frames))
      else writer.write(block.channels, block.frames)
      done += block.frames
      if (done - reported >= PROGRESS_FRAMES) {
        reported = done
        onProgress(done, info.lengthFrames)
      }
    }
    resampler?.finish((channels, frames) => writer.write(channels, frames))
  } finally {
    resampler?.dispose()
  }
}

/** A 16-bit WAV at 48 kHz holds what the cache would: it is read once for its index and peaks, and stays where it is. */
const noteChunks = (
  writer: PcmWriter,
  path: string,
  { info }: AudioSource,
  offset: number,
  { onProgress, isCancelled }: DecodeHooks,
): void => {
  const file = new FileBytes(path)
  const frames = info.lengthFrames ?? 0
  const frameBytes = info.channels * 2
  try {
    for (let done = 0, reported = 0; done < frames; ) {
      if (isCancelled()) throw stopped()
      const count = Math.min(CHUNK_FRAMES, frames - done)
      writer.note(count, (bytes) => {
        if (file.readInto(bytes, offset + done * frameBytes) < bytes.length)
          throw audioError('audio.truncated', `"${basename(path)}" became shorter while it was read.`)
      })
      done += count
      if (done - reported >= PROGRESS_FRAMES) {
        reported = done
        onProgress(done, frames)
      }
    }
  } finally {
    file.close()
  }
}

/** 16 bits say everything a 16-bit file at 48 kHz says, at half the disk traffic. */
const sampleFormat = (info: AudioInfo, isExact: boolean): SampleFormat =>
  isExact && info.bitDepth !== null && info.bitDepth <= 16 ? 's16' : 'f32'
