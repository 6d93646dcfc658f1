// Peak pyramids for drawing waveforms, built while audio streams by.
import type { Kernels } from '../kernels/index.ts'

/** Frames a pair of the finest level covers. */
export const PEAK_FRAMES = 256

/** Smallest and largest sample of every 256 frames and, level by level, of twice as many. */
export interface PeakPyramid {
  readonly lengthFrames: number
  /** Finest first; the last level has one pair. `data` holds (low, high) pairs of i16, full scale 32768, rounded outwards; index: channel. */
  readonly levels: readonly { readonly framesPerPair: number; readonly data: readonly [Int16Array<ArrayBuffer>, Int16Array<ArrayBuffer>] }[]
}

export interface PeakBuilder {
  /** A stereo block in kernel memory; not changed. */
  push(left: number, right: number, frames: number): void
  /** The pyramid of everything pushed; the builder is disposed of. */
  finish(): PeakPyramid
  dispose(): void
}

const BUCKET_BYTES = 8

/** Builds a pyramid for at most `maxFrames` frames (4 bytes of memory per channel and 256 frames). */
export const createPeakBuilder = (kernels: Kernels, maxFrames: number): PeakBuilder => {
  const { raw } = kernels
  const capacity = Math.ceil(maxFrames / PEAK_FRAMES) + 1
  const makeChannel = () => {
    const state = kernels.alloc(BUCKET_BYTES)
    kernels.f32(state, 2).set([Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])
    return { state, pairs: kernels.alloc(capacity * 4) }
  }
  const channels = [makeChannel(), makeChannel()] as const
  let frames = 0
  let isDisposed = false
  const dispose = () => {
    if (isDisposed) return
    isDisposed = true
    for (const { state, pairs } of channels) {
      kernels.release(state)
      kernels.release(pairs)
    }
  }
  const pushChannel = ({ state, pairs }: (typeof channels)[number], src: number, count: number): void => {
    let dst = pairs + Math.floor(frames / PEAK_FRAMES) * 4
    let left = count
    let at = src
    const open = frames % PEAK_FRAMES
    if (open > 0) {
      const fill = Math.min(left, PEAK_FRAMES - open)
      raw.peaksExtend(at, fill, state)
      if (open + fill < PEAK_FRAMES) return
      raw.peaksClose(state, dst)
      dst += 4
      at += fill * 4
      left -= fill
    }
    const whole = Math.floor(left / PEAK_FRAMES)
    raw.peaksOf(at, whole, state, dst)
    raw.peaksExtend(at + whole * PEAK_FRAMES * 4, left % PEAK_FRAMES, state)
  }
  const levelsOf = ({ state, pairs }: (typeof channels)[number]): Int16Array<ArrayBuffer>[] => {
    if (frames % PEAK_FRAMES > 0) raw.peaksClose(state, pairs + Math.floor(frames / PEAK_FRAMES) * 4)
    const levels: Int16Array<ArrayBuffer>[] = []
    for (let count = Math.ceil(frames / PEAK_FRAMES); ; count = Math.ceil(count / 2)) {
      levels.push(kernels.i16(pairs, count * 2).slice())
      if (count <= 1) return levels
      // Every level overwrites the start of the one before, which has been copied out.
      raw.peaksHalve(pairs, count, pairs)
    }
  }
  return {
    push(left, right, count) {
      if (frames + count > maxFrames) throw new RangeError(`peaks of ${frames + count} frames in a builder for ${maxFrames}`)
      pushChannel(channels[0], left, count)
      pushChannel(channels[1], right, count)
      frames += count
    },
    finish() {
      const left = levelsOf(channels[0])
      const right = levelsOf(channels[1])
      dispose()
      return {
        lengthFrames: frames,
        levels: left.map((data, level) => ({ framesPerPair: PEAK_FRAMES * 2 ** level, data: [data, right[level] ?? data] as const })),
      }
    },
    dispose,
  }
}
