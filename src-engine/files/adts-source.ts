// Raw AAC (ADTS) reader. The format has no field for priming, so its sound is taken whole, as every player does.
import type { AudioInfo, AudioSource } from './audio-source.ts'
import { CHUNK_FRAMES, type CodecChunk, decodeCodecChunks } from './codec-chunks.ts'
import type { FileBytes } from './file-bytes.ts'
import { audioError } from './problems.ts'

const RATES = [96_000, 88_200, 64_000, 48_000, 44_100, 32_000, 24_000, 22_050, 16_000, 12_000, 11_025, 8_000]
const AAC_FRAME = 1024
const WARM_UP = 2

const readHeader = (
  bytes: Uint8Array,
): { readonly size: number; readonly rate: number | undefined; readonly channels: number; readonly profile: number } | undefined => {
  const [b0 = 0, b1 = 0, b2 = 0, b3 = 0, b4 = 0, b5 = 0] = bytes
  if (b0 !== 0xff || (b1 & 0xf6) !== 0xf0) return undefined
  const size = ((b3 & 3) << 11) | (b4 << 3) | (b5 >> 5)
  return size < 7 ? undefined : { size, rate: RATES[(b2 >> 2) & 15], channels: ((b2 & 1) << 2) | (b3 >> 6), profile: b2 >> 6 }
}

export const isAdts = (bytes: FileBytes, start: number): boolean => {
  const first = readHeader(bytes.peek(start, 7))
  if (!first) return false
  return start + first.size === bytes.size || readHeader(bytes.peek(start + first.size, 7)) !== undefined
}

export const openAdts = (bytes: FileBytes, start: number, name: string): AudioSource => {
  const head = readHeader(bytes.peek(start, 7))
  if (!head || head.rate === undefined) throw audioError('audio.bad_header', `"${name}" is no AAC stream.`)
  if (head.profile !== 1)
    throw audioError('audio.unsupported_codec', `"${name}" holds AAC of profile ${head.profile + 1}; only AAC-LC is read.`)
  if (head.channels === 0 || head.channels > 2)
    throw audioError('audio.too_many_channels', `"${name}" has ${head.channels === 0 ? 'an unusual layout of' : head.channels} channels.`)
  const sampleRate = head.rate
  const channels: 1 | 2 = head.channels === 1 ? 1 : 2
  const info: AudioInfo = { container: 'adts', codec: 'aac', sampleRate, channels, bitDepth: null, isLossless: false, lengthFrames: null }
  return { info, blocks: () => decodeCodecChunks(adtsChunks(bytes, start, name), { sampleRate, channels, name }) }
}

function* adtsChunks(bytes: FileBytes, start: number, name: string): Generator<CodecChunk, void, undefined> {
  const perChunk = Math.floor(CHUNK_FRAMES / AAC_FRAME)
  const recent: number[] = []
  let position = start
  while (position + 7 <= bytes.size) {
    const from = recent.length > 0 ? (recent[0] as number) : position
    let packets = 0
    const last: number[] = []
    while (packets < perChunk && position + 7 <= bytes.size) {
      const header = readHeader(bytes.peek(position, 7))
      if (!header) break
      if (position + header.size > bytes.size) throw audioError('audio.truncated', `"${name}" is cut short.`)
      last.push(position)
      position += header.size
      packets++
    }
    if (packets === 0) return
    recent.splice(0, recent.length, ...last.slice(-WARM_UP))
    const file = bytes.read(from, position - from)
    yield {
      file: file.buffer.slice(file.byteOffset, file.byteOffset + file.byteLength) as ArrayBuffer,
      frames: packets * AAC_FRAME,
      keep: 'end',
    }
  }
}
