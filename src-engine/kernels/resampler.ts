// Sample rate conversion of a stream of blocks.
import { assert } from '../../src-shared/std/index.ts'
import type { Kernels } from './load.ts'

/** Receives resampled frames; the arrays are views that the next call overwrites. */
export type EmitFrames = (channels: readonly Float32Array<ArrayBuffer>[], frames: number) => void

/** Converts one mono or stereo stream. No delay; `finish` makes the whole exactly round(frames * to / from) long. */
export interface Resampler {
  /** One or two channels, as many in every call. */
  write(channels: readonly Float32Array[], frames: number, emit: EmitFrames): void
  finish(emit: EmitFrames): void
  /** Forgets everything, ready for another stream. */
  reset(): void
  dispose(): void
}

const CHUNK_FRAMES = 8_192

/**
 * A resampler between two whole rates: polyphase Kaiser-windowed sinc, flat to 0.4535 of the lower rate, at least 110 dB down from 0.5465.
 * Any pair of rates from 1 to 1,000,000 Hz whose ratio is at most 256.
 */
export const createResampler = (kernels: Kernels, fromRate: number, toRate: number): Resampler => {
  for (const rate of [fromRate, toRate]) assert(Number.isInteger(rate) && rate > 0 && rate <= 1_000_000, `cannot resample at ${rate} Hz`)
  assert(fromRate <= toRate * 256 && toRate <= fromRate * 256, `cannot resample from ${fromRate} to ${toRate} Hz`)
  const { raw } = kernels
  const handle = raw.resamplerCreate(fromRate, toRate)
  const capacity = raw.resamplerCapacity(handle, CHUNK_FRAMES)
  const input = [kernels.alloc(CHUNK_FRAMES * 4), kernels.alloc(CHUNK_FRAMES * 4)] as const
  const output = [kernels.alloc(capacity * 4), kernels.alloc(capacity * 4)] as const
  let channelCount = 2
  let isDisposed = false
  const give = (frames: number, emit: EmitFrames): void => {
    if (frames > 0)
      emit(
        output.slice(0, channelCount).map((ptr) => kernels.f32(ptr, frames)),
        frames,
      )
  }
  return {
    write(channels, frames, emit) {
      channelCount = Math.min(channels.length, 2)
      for (let at = 0; at < frames; at += CHUNK_FRAMES) {
        const count = Math.min(CHUNK_FRAMES, frames - at)
        channels.slice(0, 2).forEach((channel, index) => {
          kernels.f32(input[index] ?? input[0], count).set(channel.subarray(at, at + count))
        })
        const right = channelCount === 1 ? input[0] : input[1]
        give(raw.resamplerPush(handle, input[0], right, count, output[0], output[1]), emit)
      }
    },
    finish: (emit) => give(raw.resamplerFlush(handle, output[0], output[1]), emit),
    reset: () => raw.resamplerReset(handle),
    dispose() {
      if (isDisposed) return
      isDisposed = true
      raw.resamplerDispose(handle)
      for (const ptr of [...input, ...output]) kernels.release(ptr)
    },
  }
}
