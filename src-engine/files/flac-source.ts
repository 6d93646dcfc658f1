// FLAC reader: finds frame boundaries by header CRC-8 and running frame number, and decodes whole frames in chunks (no warm-up needed).
// Source: RFC 9639 sections 8 (metadata) and 9 (frames).
import { type AudioInfo, type AudioSource, MAX_SAMPLE_RATE, MIN_SAMPLE_RATE } from './audio-source.ts'
import { CHUNK_FRAMES, type CodecChunk, decodeCodecChunks, trimBlocks } from './codec-chunks.ts'
import { ascii, type FileBytes, u16be, u24be, u32be } from './file-bytes.ts'
import { audioError } from './problems.ts'

const SCAN_BYTES = 1024 * 1024
/** A verbatim stereo frame of 65,535 32-bit samples is about 512 KiB; more is damage. */
const MAX_FRAME_BYTES = 600 * 1024
const MAX_HEADER_BYTES = 16

const CRC8 = Uint8Array.from({ length: 256 }, (_, byte) => {
  let crc = byte
  for (let bit = 0; bit < 8; bit++) crc = crc & 0x80 ? ((crc << 1) ^ 0x07) & 0xff : (crc << 1) & 0xff
  return crc
})

export interface FlacLayout {
  readonly streamInfo: Uint8Array
  readonly framesOffset: number
  readonly sampleRate: number
  readonly channels: 1 | 2
  readonly bitDepth: number
  /** 0 when the encoder did not know. */
  readonly totalFrames: number
}

/** Reads the metadata blocks from `start` (the position of `fLaC`). Throws `audio.*` problems. */
export const readFlacLayout = (bytes: FileBytes, start: number, name: string): FlacLayout => {
  let position = start + 4
  let streamInfo: Uint8Array | undefined
  for (let count = 0; ; count++) {
    const head = bytes.peek(position, 4)
    if (head.length < 4) throw audioError('audio.truncated', `"${name}" ends within its header.`)
    const kind = (head[0] as number) & 0x7f
    const isLast = ((head[0] as number) & 0x80) !== 0
    const size = u24be(head, 1)
    if (position + 4 + size > bytes.size || count > 1024)
      throw audioError('audio.bad_header', `"${name}" has a metadata block that claims to be larger than the file.`)
    if (kind === 0 && size >= 34) streamInfo = bytes.read(position + 4, 34)
    position += 4 + size
    if (isLast) break
  }
  if (!streamInfo) throw audioError('audio.bad_header', `"${name}" lacks the block that describes its sound.`)
  const packed = u32be(streamInfo, 10)
  const sampleRate = packed >>> 12
  const channels = ((packed >>> 9) & 7) + 1
  const bitDepth = ((packed >>> 4) & 31) + 1
  const totalFrames = (packed & 15) * 2 ** 32 + u32be(streamInfo, 14)
  if (sampleRate < MIN_SAMPLE_RATE || sampleRate > MAX_SAMPLE_RATE)
    throw audioError('audio.bad_header', `"${name}" claims a sample rate of ${sampleRate} Hz.`, { sampleRate })
  if (channels > 2) throw audioError('audio.too_many_channels', `"${name}" has ${channels} channels.`, { channels })
  if (bitDepth > 24) throw audioError('audio.unsupported_codec', `"${name}" is a ${bitDepth}-bit FLAC.`, { bitDepth })
  return { streamInfo, framesOffset: position, sampleRate, channels: channels === 1 ? 1 : 2, bitDepth, totalFrames }
}

interface FrameHeader {
  readonly blockFrames: number
  readonly number: number
  readonly isVariable: boolean
}

/** The frame header at `at`, or undefined if these bytes are none. */
const readFrameHeader = (bytes: Uint8Array, at: number): FrameHeader | undefined => {
  const b1 = bytes[at + 1] as number
  if (bytes[at] !== 0xff || (b1 & 0xfe) !== 0xf8) return undefined
  const b2 = bytes[at + 2] as number
  const b3 = bytes[at + 3] as number
  const sizeCode = b2 >> 4
  const rateCode = b2 & 15
  if (sizeCode === 0 || rateCode === 15 || b3 >> 4 > 10 || (b3 & 1) !== 0) return undefined
  const lead = bytes[at + 4] as number
  const extra =
    lead < 0x80
      ? 0
      : lead < 0xc0
        ? -1
        : lead < 0xe0
          ? 1
          : lead < 0xf0
            ? 2
            : lead < 0xf8
              ? 3
              : lead < 0xfc
                ? 4
                : lead < 0xfe
                  ? 5
                  : lead < 0xff
                    ? 6
                    : -1
  if (extra < 0) return undefined
  let number = extra === 0 ? lead : lead & (0x3f >> extra)
  for (let i = 1; i <= extra; i++) {
    const byte = bytes[at + 4 + i] as number
    if ((byte & 0xc0) !== 0x80) return undefined
    number = number * 64 + (byte & 0x3f)
  }
  let end = at + 5 + extra
  let blockFrames = sizeCode === 1 ? 192 : sizeCode < 6 ? 576 << (sizeCode - 2) : sizeCode < 8 ? 0 : 256 << (sizeCode - 8)
  if (sizeCode === 6) blockFrames = (bytes[end++] as number) + 1
  else if (sizeCode === 7) {
    blockFrames = u16be(bytes, end) + 1
    end += 2
  }
  if (rateCode === 12) end += 1
  else if (rateCode > 12) end += 2
  let crc = 0
  for (let i = at; i < end; i++) crc = CRC8[crc ^ (bytes[i] as number)] as number
  return crc === bytes[end] ? { blockFrames, number, isVariable: (b1 & 1) === 1 } : undefined
}

/** A file of its own: `fLaC`, STREAMINFO without length and MD5, then the frames. */
const chunkFile = (streamInfo: Uint8Array, frames: Uint8Array): ArrayBuffer => {
  const file = new Uint8Array(42 + frames.length)
  file.set([0x66, 0x4c, 0x61, 0x43, 0x80, 0, 0, 34])
  file.set(streamInfo, 8)
  file[21] = (file[21] as number) & 0xf0
  file.fill(0, 22, 42)
  file.set(frames, 42)
  return file.buffer
}

function* flacChunks(bytes: FileBytes, layout: FlacLayout, name: string): Generator<CodecChunk, void, undefined> {
  const buffer = new Uint8Array(SCAN_BYTES + MAX_FRAME_BYTES * 2)
  let fill = bytes.readInto(buffer, layout.framesOffset)
  let filePosition = layout.framesOffset + fill
  const first = readFrameHeader(buffer, 0)
  if (!first) throw audioError('audio.damaged', `"${name}" has no FLAC frame where its sound should start.`)
  let current: FrameHeader = first
  let chunkFrames = 0
  let framesSeen = 0
  // `buffer[0..scan)` is the chunk so far; the frame that starts at `frameStart` is still open.
  let frameStart = 0
  while (true) {
    // The last frame of a file may be shorter than the longest header.
    const next = findNext(buffer, frameStart, filePosition >= bytes.size ? fill : fill - MAX_HEADER_BYTES, current)
    if (next === undefined && filePosition < bytes.size && fill - frameStart < MAX_FRAME_BYTES) {
      if (fill === buffer.length) {
        // The window is full of whole frames: hand them on and slide.
        yield { file: chunkFile(layout.streamInfo, buffer.subarray(0, frameStart)), frames: chunkFrames, keep: 'start' }
        buffer.copyWithin(0, frameStart, fill)
        fill -= frameStart
        frameStart = 0
        chunkFrames = 0
      }
      const count = bytes.readInto(buffer.subarray(fill), filePosition)
      if (count === 0) throw audioError('audio.truncated', `"${name}" became shorter while it was read.`)
      fill += count
      filePosition += count
      continue
    }
    const frameEnd = next?.at ?? fill
    chunkFrames += current.blockFrames
    framesSeen += current.blockFrames
    const isDone = next === undefined || (layout.totalFrames > 0 && framesSeen >= layout.totalFrames)
    if (isDone || chunkFrames >= CHUNK_FRAMES) {
      yield { file: chunkFile(layout.streamInfo, buffer.subarray(0, frameEnd)), frames: chunkFrames, keep: 'start' }
      if (isDone) break
      buffer.copyWithin(0, frameEnd, fill)
      fill -= frameEnd
      frameStart = 0
      chunkFrames = 0
    } else frameStart = frameEnd
    if (next) current = next.header
  }
  if (framesSeen < layout.totalFrames)
    throw audioError('audio.truncated', `"${name}" is cut short: it promises ${layout.totalFrames} frames and holds ${framesSeen}.`)
}

const findNext = (
  buffer: Uint8Array,
  from: number,
  limit: number,
  current: FrameHeader,
): { readonly at: number; readonly header: FrameHeader } | undefined => {
  const expected = current.isVariable ? current.number + current.blockFrames : current.number + 1
  for (let at = buffer.indexOf(0xff, from + 5); at >= 0 && at < limit; at = buffer.indexOf(0xff, at + 1)) {
    const header = readFrameHeader(buffer, at)
    if (header && header.number === expected && header.isVariable === current.isVariable) return { at, header }
  }
  return undefined
}

export const openFlac = (bytes: FileBytes, start: number, name: string): AudioSource => {
  if (ascii(bytes.peek(start, 4), 0, 4) !== 'fLaC') throw audioError('audio.bad_header', `"${name}" is no FLAC file.`)
  const layout = readFlacLayout(bytes, start, name)
  const { sampleRate, channels, bitDepth, totalFrames } = layout
  const info: AudioInfo = {
    container: 'flac',
    codec: 'flac',
    sampleRate,
    channels,
    bitDepth,
    isLossless: true,
    lengthFrames: totalFrames || null,
  }
  return {
    info,
    blocks: () =>
      trimBlocks(
        decodeCodecChunks(flacChunks(bytes, layout, name), { sampleRate, channels, name }),
        { skip: 0, length: totalFrames || null, lead: 0 },
        channels,
      ),
  }
}
