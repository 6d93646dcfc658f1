// Decodes compressed audio in chunks of some seconds through node-web-audio-api (Symphonia), so memory does not grow with length.
// Each chunk carries warm-up packets whose sound is dropped; the grid is fixed, so the same file gives the same samples every time.
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import type { AudioBlock } from './audio-source.ts'
import { audioError } from './problems.ts'

/** A chunk as a small file of its own; `frames` of its decoded end (or start) are wanted. */
export interface CodecChunk {
  readonly file: ArrayBuffer
  readonly frames: number
  /** Which end of the decoded chunk is kept: warm-up sits before it, so `end` unless the codec needs none. */
  readonly keep: 'end' | 'start'
  /** Where the chunk, warm-up included, is one packet over and over: that packet. Long rests look like this. */
  readonly repeats?: Uint8Array
}

/** Frames a chunk should hold: long enough that per-chunk cost vanishes, short enough for flat memory. */
export const CHUNK_FRAMES = 240_000

/** Decoded buffers live outside the JavaScript heap, which therefore sees no reason to collect them: without this, memory grows with length. */
const exposeGarbageCollection = (): ((options?: { readonly type: 'minor' }) => void) => {
  setFlagsFromString('--expose-gc')
  const gc: unknown = runInNewContext('typeof gc === "function" ? gc : undefined')
  return typeof gc === 'function' ? (options) => void gc(options) : () => {}
}

let collectGarbage: ReturnType<typeof exposeGarbageCollection> | undefined
/** About 20 s of stereo. Buffers die young: a minor collection, under a millisecond, frees most of them. */
const BYTES_PER_COLLECTION = 8 * 1024 * 1024
/** Every so many are full ones, 15 ms each, for buffers that lived through two minor ones. */
const COLLECTIONS_PER_FULL = 12
let collections = 0
let uncollectedBytes = 0

/** Frees what decoding left behind, for a thread that has nothing to do. */
export const collectDecoded = (): void => {
  if (uncollectedBytes > 0) collectGarbage?.()
  uncollectedBytes = 0
}

interface Decoded {
  /** Undefined where the chunk is known to be silent. */
  readonly buffer: AudioBuffer | undefined
  readonly chunk: CodecChunk
}

const isZero = (samples: Float32Array): boolean => {
  for (let i = 0; i < samples.length; i++) if (samples[i] !== 0) return false
  return true
}

/**
 * Decodes chunks in order, one ahead of the consumer. Output arrays are reused. Once a chunk that repeats one packet has come out as exact zeros,
 * others that repeat the same packet are not decoded: they start from the same state and would come out the same.
 */
export async function* decodeCodecChunks(
  chunks: Iterable<CodecChunk>,
  { sampleRate, channels, name }: { readonly sampleRate: number; readonly channels: number; readonly name: string },
): AsyncGenerator<AudioBlock, void, undefined> {
  // Loaded late: render threads import this folder to read the cache and must not pay for a decoder.
  const { OfflineAudioContext } = await import('node-web-audio-api')
  collectGarbage ??= exposeGarbageCollection()
  const context = new OfflineAudioContext(channels, 1, sampleRate)
  const iterator = chunks[Symbol.iterator]()
  const planes: Float32Array<ArrayBuffer>[] = []
  let silentPacket: Uint8Array | undefined
  const start = (): Promise<Decoded | undefined> | undefined => {
    const next = iterator.next()
    if (next.done) return undefined
    const chunk = next.value
    if (silentPacket && chunk.repeats && Buffer.compare(silentPacket, chunk.repeats) === 0)
      return Promise.resolve({ buffer: undefined, chunk })
    const decoded = context.decodeAudioData(chunk.file).then(
      (buffer): Decoded => ({ buffer, chunk }),
      (): never => {
        throw audioError('audio.damaged', `"${name}" holds sound that cannot be decoded.`)
      },
    )
    // Awaited in the next round; a rejection before that must not count as unhandled.
    decoded.catch(() => {})
    return decoded
  }
  let pending = start()
  while (pending) {
    const current = await pending
    pending = start()
    if (!current) break
    const { buffer, chunk } = current
    if (!buffer) {
      const silence = planes.map((plane) => plane.subarray(0, chunk.frames).fill(0))
      yield { frames: chunk.frames, channels: silence }
      continue
    }
    if (buffer.numberOfChannels !== channels) throw audioError('audio.damaged', `"${name}" changes its number of channels on the way.`)
    if (buffer.length < chunk.frames)
      throw audioError('audio.damaged', `"${name}" holds sound that cannot be decoded.`, { expected: chunk.frames, decoded: buffer.length })
    const offset = chunk.keep === 'end' ? buffer.length - chunk.frames : 0
    for (let channel = 0; channel < channels; channel++) {
      let plane = planes[channel]
      if (!plane || plane.length < chunk.frames) {
        plane = new Float32Array(chunk.frames)
        planes[channel] = plane
      }
      // Never getChannelData: in Electron it copies, in Node its view outlives the buffer it points into.
      buffer.copyFromChannel(plane.subarray(0, chunk.frames), channel, offset)
    }
    if (chunk.repeats && planes.every((plane) => isZero(plane.subarray(0, chunk.frames)))) silentPacket = chunk.repeats
    yield { frames: chunk.frames, channels: planes }
    uncollectedBytes += buffer.length * channels * 4
    if (uncollectedBytes > BYTES_PER_COLLECTION) {
      uncollectedBytes = 0
      collections = (collections + 1) % COLLECTIONS_PER_FULL
      collectGarbage(collections === 0 ? undefined : { type: 'minor' })
    }
  }
}

/** Cuts a stream of blocks to `[skip, skip + length)`, with `lead` frames of silence before it; null length means to the end. */
export async function* trimBlocks(
  blocks: AsyncGenerator<AudioBlock, void, undefined>,
  { skip, length, lead }: { readonly skip: number; readonly length: number | null; readonly lead: number },
  channels: number,
): AsyncGenerator<AudioBlock, void, undefined> {
  const silence = Array.from({ length: channels }, () => new Float32Array(Math.min(lead, CHUNK_FRAMES)))
  for (let left = lead; left > 0; left -= CHUNK_FRAMES) yield { frames: Math.min(left, CHUNK_FRAMES), channels: silence }
  let position = 0
  const end = length === null ? Number.POSITIVE_INFINITY : skip + length
  for await (const block of blocks) {
    const from = Math.max(0, skip - position)
    const to = Math.min(block.frames, end - position)
    if (to > from) yield { frames: to - from, channels: block.channels.map((plane) => plane.subarray(from, to)) }
    position += block.frames
    if (position >= end) return
  }
}
