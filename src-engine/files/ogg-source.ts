// Ogg Vorbis reader: chunks are runs of whole pages after the three header packets; page granule positions say how many frames each run ends with.
// Source: RFC 3533 (pages), Vorbis I specification section A.2 (granule positions, end trimming).
import { type AudioInfo, type AudioSource, MAX_SAMPLE_RATE, MIN_SAMPLE_RATE } from './audio-source.ts'
import { CHUNK_FRAMES, type CodecChunk, decodeCodecChunks } from './codec-chunks.ts'
import { ascii, type FileBytes, MAX_READ_BYTES, u32le, u64le } from './file-bytes.ts'
import { audioError } from './problems.ts'

const MAX_PAGE_BYTES = 27 + 255 + 255 * 255
const MAX_HEADER_BYTES = 4 * 1024 * 1024
/** "No packet ends on this page." */
const NO_GRANULE = 2 ** 64 - 1

interface Page {
  readonly at: number
  readonly size: number
  readonly granule: number
  readonly serial: number
  readonly packetsEnded: number
  readonly isContinued: boolean
}

const readPage = (bytes: FileBytes, at: number, name: string): Page | undefined => {
  const head = bytes.peek(at, 27 + 255)
  if (head.length < 27) return undefined
  if (ascii(head, 0, 4) !== 'OggS') throw audioError('audio.damaged', `"${name}" loses its Ogg pages at byte ${at}.`)
  const segments = head[26] as number
  let body = 0
  let packetsEnded = 0
  for (let i = 0; i < segments; i++) {
    const lace = head[27 + i] ?? 0
    body += lace
    if (lace < 255) packetsEnded++
  }
  const size = 27 + segments + body
  if (at + size > bytes.size) throw audioError('audio.truncated', `"${name}" is cut short.`)
  return { at, size, granule: u64le(head, 6), serial: u32le(head, 14), packetsEnded, isContinued: ((head[5] as number) & 1) === 1 }
}

interface OggLayout {
  readonly sampleRate: number
  readonly channels: 1 | 2
  readonly serial: number
  readonly headers: Uint8Array
  readonly firstAudioPage: number
  readonly totalFrames: number
}

const readLayout = (bytes: FileBytes, start: number, name: string): OggLayout => {
  const first = readPage(bytes, start, name)
  if (!first) throw audioError('audio.truncated', `"${name}" is cut short.`)
  const id = bytes.read(start + 28, 30)
  if (ascii(id, 0, 8) === 'OpusHead') throw audioError('audio.unsupported_codec', `"${name}" holds Opus.`, { codec: 'opus' })
  if (ascii(id, 1, 6) !== 'vorbis' || id[0] !== 1)
    throw audioError('audio.unsupported_codec', `"${name}" is an Ogg file without Vorbis sound.`)
  const channels = id[11] as number
  const sampleRate = u32le(id, 12)
  if (sampleRate < MIN_SAMPLE_RATE || sampleRate > MAX_SAMPLE_RATE)
    throw audioError('audio.bad_header', `"${name}" claims a sample rate of ${sampleRate} Hz.`, { sampleRate })
  if (channels === 0) throw audioError('audio.bad_header', `"${name}" claims to have no channels.`)
  if (channels > 2) throw audioError('audio.too_many_channels', `"${name}" has ${channels} channels.`, { channels })
  let position = start
  let packets = 0
  while (packets < 3) {
    const page = readPage(bytes, position, name)
    if (!page || position - start > MAX_HEADER_BYTES) throw audioError('audio.bad_header', `"${name}" lacks its Vorbis settings.`)
    if (page.serial !== first.serial) throw audioError('audio.unsupported_codec', `"${name}" mixes several streams in one Ogg file.`)
    packets += page.packetsEnded
    position += page.size
  }
  const headers = bytes.read(start, position - start)
  let totalFrames = 0
  for (let at = position; ; ) {
    const page = readPage(bytes, at, name)
    if (!page) break
    if (page.serial !== first.serial) throw audioError('audio.unsupported_codec', `"${name}" holds several streams one after the other.`)
    if (page.granule !== NO_GRANULE) totalFrames = Math.max(totalFrames, page.granule)
    at += page.size
  }
  if (!Number.isSafeInteger(totalFrames) || totalFrames > bytes.size * 65_536)
    throw audioError('audio.bad_header', `"${name}" claims an impossible length.`)
  return { sampleRate, channels: channels === 1 ? 1 : 2, serial: first.serial, headers, firstAudioPage: position, totalFrames }
}

function* oggChunks(bytes: FileBytes, layout: OggLayout, name: string): Generator<CodecChunk, void, undefined> {
  let position = layout.firstAudioPage
  let warmUpFrom = position
  let done = 0
  let previousPage = position
  let runStart = position
  while (true) {
    const page = readPage(bytes, position, name)
    if (page) {
      position += page.size
      if (page.granule === NO_GRANULE) continue
      if (page.granule < done) throw audioError('audio.damaged', `"${name}" runs backwards in time.`)
      const isEnough = page.granule - done >= CHUNK_FRAMES || position - runStart > MAX_READ_BYTES - MAX_PAGE_BYTES * 8
      if (!isEnough) {
        previousPage = page.at
        continue
      }
      yield chunk(bytes, layout, warmUpFrom, position, page.granule - done)
      done = page.granule
      warmUpFrom = page.isContinued ? previousPage : page.at
      previousPage = page.at
      runStart = position
    } else {
      if (layout.totalFrames > done) yield chunk(bytes, layout, warmUpFrom, position, layout.totalFrames - done)
      return
    }
  }
}

const chunk = (bytes: FileBytes, layout: OggLayout, from: number, to: number, frames: number): CodecChunk => {
  const file = new Uint8Array(layout.headers.length + to - from)
  file.set(layout.headers)
  bytes.readInto(file.subarray(layout.headers.length), from)
  return { file: file.buffer, frames, keep: 'end' }
}

export const openOgg = (bytes: FileBytes, start: number, name: string): AudioSource => {
  const layout = readLayout(bytes, start, name)
  if (layout.totalFrames === 0) throw audioError('audio.empty', `"${name}" holds no sound.`)
  const { sampleRate, channels } = layout
  const info: AudioInfo = {
    container: 'ogg',
    codec: 'vorbis',
    sampleRate,
    channels,
    bitDepth: null,
    isLossless: false,
    lengthFrames: layout.totalFrames,
  }
  return { info, blocks: () => decodeCodecChunks(oggChunks(bytes, layout, name), { sampleRate, channels, name }) }
}
