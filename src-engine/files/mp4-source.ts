// M4A reader: walks the boxes itself (moov at either end), trims priming by edit list or iTunSMPB, and hands packets on as ADTS.
// Sources: ISO/IEC 14496-12 (boxes, edit lists), 14496-3 (AudioSpecificConfig, ADTS); iTunSMPB as Apple's Technical Q&A and encoders write it.
import { alacChunkFile } from './alac-file.ts'
import { type AudioInfo, type AudioSource, MAX_SAMPLE_RATE, MIN_SAMPLE_RATE } from './audio-source.ts'
import { CHUNK_FRAMES, type CodecChunk, decodeCodecChunks, trimBlocks } from './codec-chunks.ts'
import { ascii, type FileBytes, MAX_READ_BYTES, u16be, u32be, u64be } from './file-bytes.ts'
import { audioError } from './problems.ts'

const AAC_FRAME = 1024
/** One packet fills the overlap; the second is margin. */
const AAC_WARM_UP = 2
const SAMPLE_RATES = [96_000, 88_200, 64_000, 48_000, 44_100, 32_000, 24_000, 22_050, 16_000, 12_000, 11_025, 8_000, 7_350]
const MAX_PACKET_BYTES = 8_184

interface Box {
  readonly type: string
  readonly body: Uint8Array
}

interface Track {
  codec: 'aac' | 'alac'
  sampleRate: number
  channels: 1 | 2
  bitDepth: number | null
  config: Uint8Array
  framesPerPacket: number
  sizes: Uint32Array
  offsets: Float64Array
  mediaFrames: number
  skip: number
  length: number
  lead: number
}

/** Every child box; throws when a size lies outside its parent. */
const boxes = (bytes: Uint8Array, name: string): Box[] => {
  const found: Box[] = []
  let position = 0
  while (position + 8 <= bytes.length) {
    let size = u32be(bytes, position)
    let header = 8
    if (size === 1) {
      size = u64be(bytes, position + 8)
      header = 16
    } else if (size === 0) size = bytes.length - position
    if (size < header || position + size > bytes.length) throw badBox(name, ascii(bytes, position + 4, 4))
    found.push({ type: ascii(bytes, position + 4, 4), body: bytes.subarray(position + header, position + size) })
    position += size
  }
  return found
}

const badBox = (name: string, type: string) =>
  audioError('audio.bad_header', `"${name}" has a box "${type.replace(/[^\x20-\x7e]/g, '?')}" of an impossible size.`)

const child = (list: readonly Box[], type: string): Uint8Array | undefined => list.find((box) => box.type === type)?.body

const need = (list: readonly Box[], type: string, name: string): Uint8Array => {
  const body = child(list, type)
  if (!body) throw audioError('audio.bad_header', `"${name}" lacks its "${type}" box.`)
  return body
}

/** The moov box's body, wherever it stands. Throws if a top-level box overruns the file. */
const findMoov = (bytes: FileBytes, name: string): Uint8Array => {
  let position = 0
  for (let count = 0; position + 8 <= bytes.size && count < 65_536; count++) {
    const head = bytes.peek(position, 16)
    const type = ascii(head, 4, 4)
    let size = u32be(head, 0)
    let header = 8
    if (size === 1) {
      size = u64be(head, 8)
      header = 16
    } else if (size === 0) size = bytes.size - position
    if (size < header) throw badBox(name, type)
    if (position + size > bytes.size) {
      if (type === 'mdat') throw audioError('audio.truncated', `"${name}" is cut short.`)
      throw badBox(name, type)
    }
    if (type === 'moov') {
      if (size > MAX_READ_BYTES) throw badBox(name, type)
      return bytes.read(position + header, size - header)
    }
    position += size
  }
  throw audioError('audio.truncated', `"${name}" has no index ("moov"), as happens when a recording or download was cut off.`)
}

/** An MPEG-4 descriptor's (tag, body) at `at`; lengths are 7 bits a byte. */
const descriptor = (bytes: Uint8Array, at: number): { readonly tag: number; readonly start: number; readonly end: number } => {
  let position = at + 1
  let size = 0
  for (let i = 0; i < 4; i++) {
    const byte = bytes[position++] ?? 0
    size = size * 128 + (byte & 127)
    if (byte < 128) break
  }
  return { tag: bytes[at] ?? 0, start: position, end: Math.min(bytes.length, position + size) }
}

const specificConfig = (esds: Uint8Array, name: string): Uint8Array => {
  const es = descriptor(esds, 4)
  const flags = esds[es.start + 2] ?? 0
  let position = es.start + 3 + (flags & 0x80 ? 2 : 0) + (flags & 0x20 ? 2 : 0)
  if (flags & 0x40) position += 1 + (esds[position] ?? 0)
  const decoder = descriptor(esds, position)
  const objectType = esds[decoder.start] ?? 0
  if (objectType !== 0x40)
    throw audioError('audio.unsupported_codec', `"${name}" holds MPEG audio of kind 0x${objectType.toString(16)} in an MP4.`, {
      objectType,
    })
  const info = descriptor(esds, decoder.start + 13)
  if (info.tag !== 5 || info.end - info.start < 2) throw audioError('audio.bad_header', `"${name}" has no AAC settings.`)
  return esds.subarray(info.start, info.end)
}

const checkShape = (sampleRate: number, channels: number, name: string): 1 | 2 => {
  if (sampleRate < MIN_SAMPLE_RATE || sampleRate > MAX_SAMPLE_RATE)
    throw audioError('audio.bad_header', `"${name}" claims a sample rate of ${sampleRate} Hz.`, { sampleRate })
  if (channels === 0) throw audioError('audio.bad_header', `"${name}" does not say how many channels it has.`)
  if (channels > 2) throw audioError('audio.too_many_channels', `"${name}" has ${channels} channels.`, { channels })
  return channels === 1 ? 1 : 2
}

type Coding = Pick<Track, 'codec' | 'sampleRate' | 'channels' | 'bitDepth' | 'config' | 'framesPerPacket'>

const readCoding = (stsd: Uint8Array, name: string): Coding => {
  const entry = boxes(stsd.subarray(8), name)[0]
  if (!entry) throw audioError('audio.bad_header', `"${name}" does not say how its sound is coded.`)
  if (entry.type !== 'mp4a' && entry.type !== 'alac')
    throw audioError('audio.unsupported_codec', `"${name}" holds the codec "${entry.type.replace(/[^\x20-\x7e]/g, '?')}".`, {
      codec: entry.type,
    })
  // QuickTime version 1 entries carry four more words before their child boxes.
  const inner = boxes(entry.body.subarray(28 + (u16be(entry.body, 8) === 1 ? 16 : 0)), name)
  if (entry.type === 'alac') {
    const cookie = need(inner, 'alac', name)
    if (cookie.length < 28) throw audioError('audio.bad_header', `"${name}" has ALAC settings that are too short.`)
    const sampleRate = u32be(cookie, 24)
    const framesPerPacket = u32be(cookie, 4)
    if (framesPerPacket < 1 || framesPerPacket > 65_536)
      throw audioError('audio.bad_header', `"${name}" claims ALAC packets of ${framesPerPacket} frames.`)
    return {
      codec: 'alac',
      sampleRate,
      channels: checkShape(sampleRate, cookie[13] ?? 0, name),
      bitDepth: cookie[9] ?? 16,
      config: cookie,
      framesPerPacket,
    }
  }
  const wave = child(inner, 'wave')
  const config = specificConfig(need(wave ? boxes(wave, name) : inner, 'esds', name), name)
  const objectType = (config[0] ?? 0) >> 3
  const rateIndex = (((config[0] ?? 0) & 7) << 1) | ((config[1] ?? 0) >> 7)
  if (objectType !== 2)
    throw audioError(
      'audio.unsupported_codec',
      `"${name}" holds AAC of kind ${objectType}${objectType === 5 || objectType === 29 ? ' (HE-AAC)' : ''}; only AAC-LC is read.`,
      { objectType },
    )
  if (((config[1] ?? 0) & 4) !== 0) throw audioError('audio.unsupported_codec', `"${name}" holds AAC with 960-frame packets.`)
  const sampleRate = SAMPLE_RATES[rateIndex] ?? 0
  const channels = checkShape(sampleRate, ((config[1] ?? 0) >> 3) & 15, name)
  return { codec: 'aac', sampleRate, channels, bitDepth: null, config, framesPerPacket: AAC_FRAME }
}

/** Packet sizes and file offsets from stsz/stsc/stco. Counts are bounded by the boxes that hold them. */
const readPackets = (
  stbl: readonly Box[],
  fileSize: number,
  name: string,
): { readonly sizes: Uint32Array; readonly offsets: Float64Array } => {
  const stsz = need(stbl, 'stsz', name)
  const fixed = u32be(stsz, 4)
  const count = u32be(stsz, 8)
  if (fixed === 0 ? count * 4 > stsz.length - 12 : count * fixed > fileSize) throw badBox(name, 'stsz')
  const sizes = new Uint32Array(count)
  for (let i = 0; i < count; i++) sizes[i] = fixed === 0 ? u32be(stsz, 12 + i * 4) : fixed
  const co64 = child(stbl, 'co64')
  const stco = co64 ?? need(stbl, 'stco', name)
  const chunkCount = u32be(stco, 4)
  if (chunkCount * (co64 ? 8 : 4) > stco.length - 8) throw badBox(name, 'stco')
  const stsc = need(stbl, 'stsc', name)
  const runs = u32be(stsc, 4)
  if (runs * 12 > stsc.length - 8) throw badBox(name, 'stsc')
  const offsets = new Float64Array(count)
  let packet = 0
  for (let run = 0; run < runs && packet < count; run++) {
    const first = u32be(stsc, 8 + run * 12)
    const next = run + 1 < runs ? u32be(stsc, 8 + (run + 1) * 12) : chunkCount + 1
    const perChunk = u32be(stsc, 12 + run * 12)
    if (first < 1 || next < first || next > chunkCount + 1 || perChunk < 1) throw badBox(name, 'stsc')
    for (let chunk = first - 1; chunk < next - 1 && packet < count; chunk++) {
      let position = co64 ? u64be(stco, 8 + chunk * 8) : u32be(stco, 8 + chunk * 4)
      for (let i = 0; i < perChunk && packet < count; i++, packet++) {
        offsets[packet] = position
        position += sizes[packet] as number
        if (position > fileSize)
          throw audioError('audio.truncated', `"${name}" is cut short: part of its sound lies past the end of the file.`)
      }
    }
  }
  if (packet < count) throw badBox(name, 'stsc')
  return { sizes, offsets }
}

const mediaDuration = (stts: Uint8Array, name: string): number => {
  const entries = u32be(stts, 4)
  if (entries * 8 > stts.length - 8) throw badBox(name, 'stts')
  let total = 0
  for (let i = 0; i < entries; i++) total += u32be(stts, 8 + i * 8) * u32be(stts, 12 + i * 8)
  return total
}

/** Priming and length in media frames by iTunSMPB, when a file carries one. */
const readGaplessTag = (moov: readonly Box[], name: string): { readonly skip: number; readonly length: number } | undefined => {
  const udta = child(moov, 'udta')
  const meta = udta && child(boxes(udta, name), 'meta')
  const ilst = meta && child(boxes(meta.subarray(4), name), 'ilst')
  if (!ilst) return undefined
  for (const item of boxes(ilst, name)) {
    if (item.type !== '----') continue
    const parts = boxes(item.body, name)
    const label = child(parts, 'name')
    const data = child(parts, 'data')
    if (!label || !data || ascii(label, 4, label.length - 4) !== 'iTunSMPB') continue
    const fields = ascii(data, 8, Math.min(data.length - 8, 200))
      .trim()
      .split(/\s+/)
      .map((field) => Number.parseInt(field, 16))
    const [, skip, , length] = fields
    if (skip !== undefined && length !== undefined && Number.isSafeInteger(skip) && Number.isSafeInteger(length) && length > 0)
      return { skip, length }
  }
  return undefined
}

/** The one edit a music file has: frames to skip, to keep, and silence to lead in with. */
const readEdit = (
  elst: Uint8Array,
  movieScale: number,
  mediaScale: number,
  mediaFrames: number,
  name: string,
): { skip: number; length: number; lead: number } | undefined => {
  const isLong = elst[0] === 1
  const size = isLong ? 20 : 12
  const entries = u32be(elst, 4)
  if (entries * size > elst.length - 8) throw badBox(name, 'elst')
  let lead = 0
  let edit: { skip: number; length: number; lead: number } | undefined
  for (let i = 0; i < entries; i++) {
    const at = 8 + i * size
    const duration = isLong ? u64be(elst, at) : u32be(elst, at)
    const isEmpty = isLong ? u32be(elst, at + 8) === 0xffff_ffff : u32be(elst, at + 4) === 0xffff_ffff
    const frames = Math.round((duration * mediaScale) / movieScale)
    if (isEmpty && !edit) lead += frames
    else if (edit) throw audioError('audio.unsupported_codec', `"${name}" is cut into several pieces by its edit list.`)
    else {
      const skip = isLong ? u64be(elst, at + 8) : u32be(elst, at + 4)
      const rest = mediaFrames - skip
      // Edit durations are often in milliseconds; within one such tick the sample table's own total is the exact one. Zero means all.
      const isWhole = duration === 0 || Math.abs(rest - frames) <= Math.ceil((mediaScale / movieScale) * 1.5)
      edit = { skip, length: isWhole ? rest : Math.min(frames, rest), lead }
    }
  }
  return edit
}

const readTrack = (bytes: FileBytes, name: string): Track => {
  const moov = boxes(findMoov(bytes, name), name)
  const movieHeader = need(moov, 'mvhd', name)
  const movieScale = u32be(movieHeader, movieHeader[0] === 1 ? 20 : 12)
  for (const box of moov) {
    if (box.type !== 'trak') continue
    const trak = boxes(box.body, name)
    const mdia = boxes(need(trak, 'mdia', name), name)
    if (ascii(need(mdia, 'hdlr', name), 8, 4) !== 'soun') continue
    const stbl = boxes(need(boxes(need(mdia, 'minf', name), name), 'stbl', name), name)
    const coding = readCoding(need(stbl, 'stsd', name), name)
    if (child(moov, 'mvex')) throw audioError('audio.unsupported_codec', `"${name}" is a fragmented MP4.`)
    const { sizes, offsets } = readPackets(stbl, bytes.size, name)
    const mediaHeader = need(mdia, 'mdhd', name)
    const mediaScale = u32be(mediaHeader, mediaHeader[0] === 1 ? 20 : 12)
    if (movieScale === 0 || mediaScale !== coding.sampleRate)
      throw audioError('audio.bad_header', `"${name}" counts its time in a unit that does not fit its sample rate.`, { mediaScale })
    const decodable = sizes.length * coding.framesPerPacket
    const mediaFrames = Math.min(mediaDuration(need(stbl, 'stts', name), name), decodable)
    const edts = child(trak, 'edts')
    const elst = edts && child(boxes(edts, name), 'elst')
    const edit = elst ? readEdit(elst, movieScale, mediaScale, mediaFrames, name) : undefined
    const gapless = readGaplessTag(moov, name)
    const { skip, length, lead } = edit ?? { skip: 0, length: mediaFrames, lead: 0, ...gapless }
    if (skip < 0 || length <= 0 || lead < 0 || skip + length > decodable || lead > mediaScale * 3600)
      throw audioError('audio.bad_header', `"${name}" has an edit list that reaches outside its sound.`, { skip, length, lead })
    return { ...coding, sizes, offsets, mediaFrames, skip, length, lead }
  }
  throw audioError('audio.empty', `"${name}" holds no sound.`)
}

/** ADTS header (14496-3 1.A.2.2) for one raw AAC-LC packet. */
export const writeAdtsHeader = (out: Uint8Array, at: number, payloadBytes: number, rateIndex: number, channels: number): void => {
  const size = payloadBytes + 7
  out[at] = 0xff
  out[at + 1] = 0xf1
  out[at + 2] = 0x40 | (rateIndex << 2) | (channels >> 2)
  out[at + 3] = ((channels & 3) << 6) | (size >> 11)
  out[at + 4] = (size >> 3) & 0xff
  out[at + 5] = ((size & 7) << 5) | 0x1f
  out[at + 6] = 0xfc
}

function* aacChunks(bytes: FileBytes, track: Track, name: string): Generator<CodecChunk, void, undefined> {
  const rateIndex = SAMPLE_RATES.indexOf(track.sampleRate)
  const perChunk = Math.floor(CHUNK_FRAMES / AAC_FRAME)
  for (let first = 0; first < track.sizes.length; first += perChunk) {
    const from = Math.max(0, first - AAC_WARM_UP)
    const to = Math.min(track.sizes.length, first + perChunk)
    let total = 0
    for (let i = from; i < to; i++) {
      const size = track.sizes[i] as number
      if (size === 0 || size > MAX_PACKET_BYTES) throw audioError('audio.damaged', `"${name}" has an AAC packet of ${size} bytes.`)
      total += size + 7
    }
    const file = new Uint8Array(total)
    const packetBytes = 7 + (track.sizes[from] as number)
    let isRepeating = true
    let position = 0
    for (let i = from; i < to; i++) {
      const size = track.sizes[i] as number
      writeAdtsHeader(file, position, size, rateIndex, track.channels)
      const packet = bytes.peek(track.offsets[i] as number, size)
      if (packet.length < size) throw audioError('audio.truncated', `"${name}" became shorter while it was read.`)
      file.set(packet, position + 7)
      position += 7 + size
      isRepeating &&=
        7 + size === packetBytes && Buffer.compare(file.subarray(0, packetBytes), file.subarray(position - packetBytes, position)) === 0
    }
    const frames = (to - first) * AAC_FRAME
    // Without warm-up before it the first chunk starts from another state than the others.
    const repeats = isRepeating && first > 0 ? file.slice(0, packetBytes) : undefined
    yield { file: file.buffer, frames, keep: 'end', ...(repeats ? { repeats } : {}) }
  }
}

function* alacChunks(bytes: FileBytes, track: Track, name: string): Generator<CodecChunk, void, undefined> {
  const perChunk = Math.max(1, Math.floor(CHUNK_FRAMES / track.framesPerPacket))
  for (let first = 0; first < track.sizes.length; first += perChunk) {
    const to = Math.min(track.sizes.length, first + perChunk)
    const frames = Math.min(to * track.framesPerPacket, track.mediaFrames) - first * track.framesPerPacket
    let total = 0
    for (let i = first; i < to; i++) total += track.sizes[i] as number
    if (total > MAX_READ_BYTES) throw audioError('audio.damaged', `"${name}" has ALAC packets of an impossible size.`)
    const payload = new Uint8Array(total)
    let position = 0
    for (let i = first; i < to; i++) {
      const size = track.sizes[i] as number
      if (bytes.readInto(payload.subarray(position, position + size), track.offsets[i] as number) < size)
        throw audioError('audio.truncated', `"${name}" became shorter while it was read.`)
      position += size
    }
    yield {
      file: alacChunkFile({
        cookie: track.config,
        sampleRate: track.sampleRate,
        channels: track.channels,
        framesPerPacket: track.framesPerPacket,
        frames,
        sizes: track.sizes.subarray(first, to),
        payload,
      }),
      frames,
      keep: 'start',
    }
  }
}

export const openMp4 = (bytes: FileBytes, name: string): AudioSource => {
  const track = readTrack(bytes, name)
  const info: AudioInfo = {
    container: 'mp4',
    codec: track.codec,
    sampleRate: track.sampleRate,
    channels: track.channels,
    bitDepth: track.bitDepth,
    isLossless: track.codec === 'alac',
    lengthFrames: track.lead + track.length,
  }
  return {
    info,
    blocks: () => {
      const chunks = track.codec === 'aac' ? aacChunks(bytes, track, name) : alacChunks(bytes, track, name)
      return trimBlocks(decodeCodecChunks(chunks, { sampleRate: track.sampleRate, channels: track.channels, name }), track, track.channels)
    },
  }
}
