// MPEG-1/2/2.5 Layer III reader: walks frames, reads the Xing/LAME header for the exact length, decodes with enough warm-up for the bit reservoir.
// Sources: ISO/IEC 11172-3 and 13818-3 (headers), the LAME tag revision 1 (delay and padding at byte 21 after the encoder name).
import type { AudioInfo, AudioSource } from './audio-source.ts'
import { CHUNK_FRAMES, type CodecChunk, decodeCodecChunks, trimBlocks } from './codec-chunks.ts'
import { ascii, type FileBytes, u24be, u32be } from './file-bytes.ts'
import { audioError } from './problems.ts'

const BITRATES_V1 = [0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320]
const BITRATES_V2 = [0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160]
const RATES = [44_100, 48_000, 32_000]
/** What every Layer III decoder adds before the encoder's own delay. */
const DECODER_DELAY = 529
const MAX_JUNK_BYTES = 128 * 1024
/** The reservoir reaches back 511 bytes of main data; two more frames fill filter bank and overlap. */
const WARM_UP_BYTES = 2_048
const WARM_UP_FRAMES = 10

export interface Mp3Header {
  readonly bytes: number
  readonly samples: number
  readonly sampleRate: number
  readonly channels: 1 | 2
  readonly isMpeg1: boolean
}

/** A Layer III frame header at `at`; undefined if there is none. `layer` tells other layers apart. */
export const readMp3Header = (bytes: Uint8Array, at: number): Mp3Header | undefined => {
  const b1 = bytes[at + 1] ?? 0
  const b2 = bytes[at + 2] ?? 0
  if (bytes[at] !== 0xff || (b1 & 0xe0) !== 0xe0 || (b1 & 0x18) === 0x08 || (b1 & 0x06) !== 0x02) return undefined
  const version = (b1 >> 3) & 3
  const rate = RATES[(b2 >> 2) & 3]
  const bitrate = (version === 3 ? BITRATES_V1 : BITRATES_V2)[b2 >> 4]
  if (rate === undefined || !bitrate) return undefined
  const sampleRate = version === 3 ? rate : version === 2 ? rate / 2 : rate / 4
  const samples = version === 3 ? 1152 : 576
  return {
    bytes: Math.floor((samples * 125 * bitrate) / sampleRate) + ((b2 >> 1) & 1),
    samples,
    sampleRate,
    channels: (bytes[at + 3] ?? 0) >> 6 === 3 ? 1 : 2,
    isMpeg1: version === 3,
  }
}

interface GaplessInfo {
  readonly frames: number | null
  readonly delay: number
  readonly padding: number
}

/** The Xing/Info (with LAME) or VBRI header inside the first frame; undefined if the frame is sound. */
const readInfoFrame = (frame: Uint8Array, header: Mp3Header): GaplessInfo | undefined => {
  const side = header.isMpeg1 ? (header.channels === 1 ? 17 : 32) : header.channels === 1 ? 9 : 17
  const at = 4 + side
  const id = ascii(frame, at, 4)
  if (id !== 'Xing' && id !== 'Info') return ascii(frame, 36, 4) === 'VBRI' ? { frames: u32be(frame, 50), delay: 0, padding: 0 } : undefined
  const flags = u32be(frame, at + 4)
  const frames = flags & 1 ? u32be(frame, at + 8) : null
  const lame = at + 8 + (flags & 1 ? 4 : 0) + (flags & 2 ? 4 : 0) + (flags & 4 ? 100 : 0) + (flags & 8 ? 4 : 0)
  // Encoders without the LAME extension leave it zero: then nothing is known about delay.
  const packed = frame.length >= lame + 24 && (frame[lame] ?? 0) !== 0 ? u24be(frame, lame + 21) : 0
  return { frames, delay: packed >> 12, padding: packed & 0xfff }
}

interface Walk {
  readonly firstFrame: number
  readonly header: Mp3Header
  readonly gapless: GaplessInfo | undefined
  /** File offset and size of every frame of sound. */
  readonly offsets: Float64Array
  readonly sizes: Uint16Array
}

const sameStream = (a: Mp3Header, b: Mp3Header): boolean => a.sampleRate === b.sampleRate && a.samples === b.samples

/** Next position from `from` where two consistent frames follow each other (or one ends the file). */
const findFrame = (bytes: FileBytes, from: number, like: Mp3Header | undefined): number | undefined => {
  const end = Math.min(bytes.size, from + MAX_JUNK_BYTES)
  const window = bytes.read(from, end - from + 2_900)
  for (let at = window.indexOf(0xff); at >= 0 && from + at < end; at = window.indexOf(0xff, at + 1)) {
    const header = readMp3Header(window, at)
    if (!header || (like && !sameStream(like, header))) continue
    const next = at + header.bytes
    const following = readMp3Header(window, next)
    if ((following && sameStream(header, following)) || from + next === bytes.size) return from + at
  }
  return undefined
}

const walkFrames = (bytes: FileBytes, start: number, name: string): Walk => {
  const firstFrame = findFrame(bytes, start, undefined)
  if (firstFrame === undefined) throw audioError('audio.unknown_format', `"${name}" holds no sound this program can read.`)
  const head = bytes.read(firstFrame, 2_900)
  const header = readMp3Header(head, 0) as Mp3Header
  const gapless = readInfoFrame(head.subarray(0, header.bytes), header)
  let offsets = new Float64Array(4_096)
  let sizes = new Uint16Array(4_096)
  let count = 0
  let position = firstFrame + (gapless ? header.bytes : 0)
  while (position + 4 <= bytes.size) {
    const next = readMp3Header(bytes.peek(position, 4), 0)
    if (!next || !sameStream(header, next)) {
      const tail = ascii(bytes.peek(position, 8), 0, 8)
      if (tail.startsWith('TAG') || tail === 'APETAGEX' || tail.startsWith('LYRICS') || tail.startsWith('ID3')) break
      const resumed = findFrame(bytes, position + 1, header)
      if (resumed === undefined) break
      position = resumed
      continue
    }
    if (position + next.bytes > bytes.size) break
    if (count === offsets.length) {
      offsets = grow(offsets, new Float64Array(count * 2))
      sizes = grow(sizes, new Uint16Array(count * 2))
    }
    offsets[count] = position
    sizes[count++] = next.bytes
    position += next.bytes
  }
  return { firstFrame, header, gapless, offsets: offsets.subarray(0, count), sizes: sizes.subarray(0, count) }
}

const grow = <T extends Float64Array | Uint16Array>(from: T, to: T): T => {
  to.set(from)
  return to
}

function* mp3Chunks(bytes: FileBytes, walk: Walk, name: string): Generator<CodecChunk, void, undefined> {
  const perChunk = Math.floor(CHUNK_FRAMES / walk.header.samples)
  for (let first = 0; first < walk.sizes.length; first += perChunk) {
    const to = Math.min(walk.sizes.length, first + perChunk)
    let from = first
    for (let reach = 0; from > 0 && (first - from < WARM_UP_FRAMES || reach < WARM_UP_BYTES) && first - from < 64; ) {
      from--
      reach += walk.sizes[from] as number
    }
    let total = 0
    for (let i = from; i < to; i++) total += walk.sizes[i] as number
    const file = new Uint8Array(total)
    let position = 0
    for (let i = from; i < to; i++) {
      const size = walk.sizes[i] as number
      if (bytes.readInto(file.subarray(position, position + size), walk.offsets[i] as number) < size)
        throw audioError('audio.truncated', `"${name}" became shorter while it was read.`)
      position += size
    }
    yield { file: file.buffer, frames: (to - first) * walk.header.samples, keep: 'end' }
  }
}

export const openMp3 = (bytes: FileBytes, start: number, name: string): AudioSource => {
  const walk = walkFrames(bytes, start, name)
  const { header, gapless } = walk
  const total = walk.sizes.length * header.samples
  if (total === 0) throw audioError('audio.empty', `"${name}" holds no sound.`)
  if (gapless?.frames && walk.sizes.length < gapless.frames - 1)
    throw audioError('audio.truncated', `"${name}" is cut short: it promises ${gapless.frames} MP3 frames and holds ${walk.sizes.length}.`)
  const isGapless = gapless !== undefined && gapless.delay + gapless.padding > 0
  const skip = isGapless ? gapless.delay + DECODER_DELAY : 0
  const end = isGapless ? total - Math.max(0, gapless.padding - DECODER_DELAY) : total
  const length = end - skip
  if (length <= 0) throw audioError('audio.bad_header', `"${name}" claims more padding than it has sound.`)
  const info: AudioInfo = {
    container: 'mp3',
    codec: 'mp3',
    sampleRate: header.sampleRate,
    channels: header.channels,
    bitDepth: null,
    isLossless: false,
    lengthFrames: length,
  }
  return {
    info,
    blocks: () =>
      trimBlocks(
        decodeCodecChunks(mp3Chunks(bytes, walk, name), { sampleRate: header.sampleRate, channels: header.channels, name }),
        { skip, length, lead: 0 },
        header.channels,
      ),
  }
}
