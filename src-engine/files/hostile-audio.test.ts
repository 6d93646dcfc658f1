// Files that lie in their headers: each is refused with a code, in bounded memory and time. Bytes are made here.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ProblemError, unwrap } from '../../src-shared/std/index.ts'
import { createEncoder, hashFilePcm, openAudio, readTags } from './index.ts'
import { buildId3 } from './tags-id3.ts'
import { box } from './tags-mp4.ts'
import { riffChunk } from './tags-riff.ts'
import { ffmpeg, hasFfmpeg, scratch } from './testing.ts'

const { dir, remove } = scratch()
const FRAMES = 9_600
const made = { wav: '', flac: '', mp3: '' }

beforeAll(async () => {
  const tone = Float32Array.from({ length: FRAMES }, (_, i) => Math.sin(i * 0.05) * 0.5)
  for (const format of ['wav', 'flac', 'mp3'] as const) {
    made[format] = join(dir, `good.${format}`)
    const sink = unwrap(await createEncoder({ format, bitDepth: 16, path: made[format], sampleRate: 48_000 }))
    await sink.write(tone, tone, FRAMES)
    unwrap(await sink.finish({ tags: { title: 'Tone', artist: 'Test', receiptId: 'r-1' } }))
  }
})
afterAll(remove)

const read = async (path: string) => (await import('node:fs')).readFileSync(path)

const u32le = (value: number): Buffer => {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32LE(value >>> 0)
  return bytes
}
const u32be = (value: number): Buffer => Buffer.from(u32le(value)).reverse()

interface Format {
  readonly tag?: number
  readonly channels?: number
  readonly rate?: number
  readonly bits?: number
  readonly align?: number
}
const fmt = ({ tag = 1, channels = 2, rate = 48_000, bits = 16, align = channels * (bits / 8) }: Format = {}): Buffer => {
  const body = Buffer.alloc(16)
  body.writeUInt16LE(tag, 0)
  body.writeUInt16LE(channels, 2)
  body.writeUInt32LE(rate >>> 0, 4)
  body.writeUInt32LE((rate * align) >>> 0, 8)
  body.writeUInt16LE(align & 0xffff, 12)
  body.writeUInt16LE(bits, 14)
  return riffChunk('fmt ', body)
}
const riff = (...chunks: readonly Uint8Array[]): Buffer => {
  const body = Buffer.concat([Buffer.from('WAVE'), ...chunks])
  return Buffer.concat([Buffer.from('RIFF'), u32le(body.length), body])
}
const silence = riffChunk('data', Buffer.alloc(4_000))
const claim = (id: string, size: number, body: Buffer): Buffer => Buffer.concat([Buffer.from(id), u32le(size), body])

let count = 0
/** The code with which a file is refused, or the number of frames it gave. */
const outcome = async (bytes: Uint8Array, extension: string): Promise<string | number> => {
  const path = join(dir, `hostile-${count++}.${extension}`)
  writeFileSync(path, bytes)
  const before = process.memoryUsage()
  let result: string | number = 0
  try {
    const source = openAudio(path)
    try {
      for await (const block of source.blocks()) result += block.frames
    } finally {
      source.close()
    }
  } catch (thrown) {
    if (!(thrown instanceof ProblemError)) throw thrown
    expect(thrown.problem.message).toMatch(/\. [A-Z].*\.$/)
    result = thrown.problem.code
  }
  const after = process.memoryUsage()
  expect(after.rss - before.rss).toBeLessThan(300 * 1024 * 1024)
  return result
}

describe('WAV files that lie', () => {
  it.each<readonly [string, Buffer, string | number]>([
    ['a data chunk of 4 GB that is not there', riff(fmt(), claim('data', 0xffff_fff0, Buffer.alloc(400))), 'audio.truncated'],
    ['a pipe-written file whose size is unknown', riff(fmt(), claim('data', 0xffff_ffff, Buffer.alloc(400))), 100],
    ['no channels', riff(fmt({ channels: 0, align: 4 }), silence), 'audio.bad_header'],
    ['65535 channels', riff(fmt({ channels: 65_535 }), silence), 'audio.too_many_channels'],
    ['six channels', riff(fmt({ channels: 6 }), silence), 'audio.too_many_channels'],
    ['0 Hz', riff(fmt({ rate: 0 }), silence), 'audio.bad_header'],
    ['a thousand million Hz', riff(fmt({ rate: 1e9 }), silence), 'audio.bad_header'],
    ['a block size that does not fit', riff(fmt({ align: 0 }), silence), 'audio.unsupported_codec'],
    ['no bits', riff(fmt({ bits: 0, align: 4 }), silence), 'audio.unsupported_codec'],
    ['ADPCM', riff(fmt({ tag: 2 }), silence), 'audio.unsupported_codec'],
    ['a format chunk of 4 bytes', riff(riffChunk('fmt ', Buffer.alloc(4)), silence), 'audio.bad_header'],
    ['sound before format', riff(silence, fmt()), 'audio.bad_header'],
    ['no sound chunk', riff(fmt()), 'audio.truncated'],
    ['a chunk that overflows', riff(fmt(), claim('JUNK', 0xffff_ffff, Buffer.alloc(8)), silence), 'audio.bad_header'],
    [
      'lists nested 10,000 deep',
      riff(fmt(), Buffer.concat(Array.from({ length: 10_000 }, () => claim('LIST', 0xff_ffff, Buffer.from('INFO')))), silence),
      'audio.bad_header',
    ],
    [
      '100,000 empty chunks',
      riff(fmt(), Buffer.concat(Array.from({ length: 100_000 }, () => claim('JUNK', 0, Buffer.alloc(0)))), silence),
      'audio.bad_header',
    ],
    ['a RIFF of another kind', Buffer.concat([Buffer.from('RIFF'), u32le(4), Buffer.from('AVI ')]), 'audio.unknown_format'],
    ['only a header', Buffer.from('RIFF'), 'audio.bad_header'],
    ['nothing', Buffer.alloc(0), 'audio.empty'],
  ])('%s', async (_, bytes, expected) => {
    const result = await outcome(bytes, 'wav')
    if (expected === 'audio.bad_header') expect(['audio.bad_header', 'audio.unknown_format']).toContain(result)
    else expect(result).toBe(expected)
  })

  it('NaN and infinity in a float file become silence', async () => {
    const path = join(dir, 'nan.wav')
    const samples = Buffer.alloc(16)
    samples.writeFloatLE(Number.NaN, 0)
    samples.writeFloatLE(Number.POSITIVE_INFINITY, 4)
    samples.writeFloatLE(0.5, 8)
    writeFileSync(path, riff(fmt({ tag: 3, bits: 32 }), riffChunk('data', samples)))
    const source = openAudio(path)
    for await (const { channels } of source.blocks()) expect([channels[0]?.[0], channels[1]?.[0], channels[0]?.[1]]).toEqual([0, 0, 0.5])
    source.close()
  })
})

describe('tags that lie', () => {
  it('an ID3 tag larger than the file', async () => {
    expect(await outcome(Buffer.concat([Buffer.from('ID3\x04\x00\x00\x7f\x7f\x7f\x7f', 'latin1'), Buffer.alloc(100)]), 'mp3')).toBe(
      'audio.bad_header',
    )
  })
  it('a thousand ID3 tags in a row', async () => {
    expect(
      await outcome(Buffer.concat(Array.from({ length: 1_000 }, () => Buffer.from('ID3\x04\x00\x00\x00\x00\x00\x00', 'latin1'))), 'mp3'),
    ).toBe('audio.bad_header')
  })
  it('text that is no sound at all', async () => {
    expect(await outcome(Buffer.from('<script>alert(1)</script>'.repeat(1_000)), 'mp3')).toBe('audio.unknown_format')
  })
})

describe('FLAC and MP3 files that lie', () => {
  const cut = (bytes: Buffer, fraction: number): Buffer => bytes.subarray(0, Math.floor(bytes.length * fraction))
  const changed = (bytes: Buffer, at: number, ...values: readonly number[]): Buffer => {
    const copy = Buffer.from(bytes)
    copy.set(values, at)
    return copy
  }

  it('a FLAC cut in half, in its header, after its magic', async () => {
    const good = await read(made.flac)
    expect(await outcome(cut(good, 0.95), 'flac')).toMatch(/^audio\.(truncated|damaged)$/)
    expect(await outcome(cut(good, 0.2), 'flac')).toMatch(/^audio\.(truncated|damaged|bad_header)$/)
    expect(await outcome(good.subarray(0, 4), 'flac')).toBe('audio.truncated')
  })
  it('a FLAC that claims 2^36-1 frames, 0 Hz, 8 channels, a metadata block past the end', async () => {
    const good = await read(made.flac)
    expect(await outcome(changed(good, 21, (good[21] as number) | 15, 255, 255, 255, 255), 'flac')).toBe('audio.truncated')
    expect(await outcome(changed(good, 18, 0, 0, (good[20] as number) & 15), 'flac')).toBe('audio.bad_header')
    expect(await outcome(changed(good, 20, (good[20] as number) | 0x0e), 'flac')).toBe('audio.too_many_channels')
    expect(await outcome(changed(good, 43, 0xff, 0xff, 0xff), 'flac')).toBe('audio.bad_header')
  })
  it('a FLAC with a flipped byte in its sound', async () => {
    const good = await read(made.flac)
    expect(await outcome(changed(good, good.length - 900, (good[good.length - 900] as number) ^ 0xff), 'flac')).toMatch(
      /^audio\.(truncated|damaged)$/,
    )
  })
  it('an MP3 cut short of what its header promises', async () => {
    expect(await outcome(cut(await read(made.mp3), 0.85), 'mp3')).toBe('audio.truncated')
  })
  it('an MP3 that claims more padding than sound', async () => {
    const good = await read(made.mp3)
    const at = good.indexOf('LAME3.100') + 21
    const short = good.subarray(0, good.indexOf('Info') - 36 + 960 * 4)
    short.writeUInt32BE(3, short.indexOf('Info') + 8)
    expect(await outcome(changed(short, at, 0xff, 0xff, 0xff), 'mp3')).toBe('audio.bad_header')
  })
})

describe('MP4 files that lie', () => {
  const ftyp = box('ftyp', Buffer.from('M4A \0\0\0\0M4A '))
  const esds = (config: readonly number[]): Buffer =>
    box('esds', Buffer.from([0, 0, 0, 0, 3, 25, 0, 0, 0, 4, 17, 0x40, 0x15, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 5, 2, ...config, 6, 1, 2]))
  interface Mp4 {
    readonly entry?: Buffer
    readonly stsz?: Buffer
    readonly stsc?: Buffer
    readonly stco?: Buffer
    readonly elst?: Buffer
    readonly more?: Buffer
  }
  const entryOf = (type: string, ...inner: readonly Buffer[]): Buffer =>
    box(type, Buffer.from([0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 0, 16, 0, 0, 0, 0, 0xbb, 0x80, 0, 0]), ...inner)
  const LC = [0x11, 0x90]
  const full = (type: string, ...words: readonly number[]): Buffer => box(type, Buffer.alloc(4), ...words.map(u32be))
  const mp4 = ({
    entry = entryOf('mp4a', esds(LC)),
    stsz = full('stsz', 100, 4),
    stsc = full('stsc', 1, 1, 4, 1),
    stco = full('stco', 1, 40),
    elst,
    more = Buffer.alloc(0),
  }: Mp4 = {}): Buffer => {
    const header = Buffer.alloc(100)
    header.writeUInt32BE(48_000, 12)
    const media = Buffer.alloc(24)
    media.writeUInt32BE(48_000, 12)
    const stbl = box('stbl', box('stsd', Buffer.alloc(4), u32be(1), entry), full('stts', 1, 4, 1_024), stsc, stsz, stco)
    const mdia = box('mdia', box('mdhd', media), box('hdlr', Buffer.alloc(8), Buffer.from('soun'), Buffer.alloc(13)), box('minf', stbl))
    const moov = box('moov', box('mvhd', header), box('trak', ...(elst ? [box('edts', elst)] : []), mdia), more)
    return Buffer.concat([ftyp, box('mdat', Buffer.alloc(1_000)), moov])
  }

  it.each<readonly [string, Buffer, string]>([
    ['packets that are no AAC', mp4(), 'audio.damaged'],
    ['a box of size 1 without a length', Buffer.concat([ftyp, u32be(1), Buffer.from('moov'), Buffer.alloc(8)]), 'audio.bad_header'],
    ['a box of size 4', Buffer.concat([ftyp, u32be(4), Buffer.from('moov')]), 'audio.bad_header'],
    [
      'a box of size 0 that is the rest of the file',
      Buffer.concat([ftyp, u32be(0), Buffer.from('moov'), Buffer.alloc(40)]),
      'audio.bad_header',
    ],
    ['a 64-bit size of 2^63', Buffer.concat([ftyp, u32be(1), Buffer.from('moov'), u32be(0x8000_0000), u32be(0)]), 'audio.bad_header'],
    ['a box larger than the file', Buffer.concat([ftyp, u32be(0x7fff_ffff), Buffer.from('free'), Buffer.alloc(8)]), 'audio.bad_header'],
    ['a cut mdat', Buffer.concat([ftyp, u32be(5_000), Buffer.from('mdat'), Buffer.alloc(100)]), 'audio.truncated'],
    ['no index', Buffer.concat([ftyp, box('mdat', Buffer.alloc(100))]), 'audio.truncated'],
    ['4,294,967,295 packets', mp4({ stsz: full('stsz', 0, 0xffff_ffff) }), 'audio.bad_header'],
    ['4,294,967,295 packets of one size', mp4({ stsz: full('stsz', 1_000, 0xffff_ffff) }), 'audio.bad_header'],
    ['packets past the end of the file', mp4({ stco: full('stco', 1, 0x7fff_ffff) }), 'audio.truncated'],
    ['chunk runs that go backwards', mp4({ stsc: full('stsc', 2, 5, 1, 1, 1, 1, 1) }), 'audio.bad_header'],
    ['an edit list outside the sound', mp4({ elst: full('elst', 1, 1_000_000, 999_999, 0x10000) }), 'audio.bad_header'],
    ['sound cut into pieces', mp4({ elst: full('elst', 2, 1_000, 0, 0x10000, 1_000, 2_000, 0x10000) }), 'audio.unsupported_codec'],
    ['HE-AAC', mp4({ entry: entryOf('mp4a', esds([0x2b, 0x11])) }), 'audio.unsupported_codec'],
    ['5.1 AAC', mp4({ entry: entryOf('mp4a', esds([0x11, 0xb0])) }), 'audio.too_many_channels'],
    ['AC-3', mp4({ entry: entryOf('ac-3') }), 'audio.unsupported_codec'],
    ['a fragmented file', mp4({ more: box('mvex') }), 'audio.unsupported_codec'],
  ])('%s', async (_, bytes, expected) => {
    expect(await outcome(bytes, 'm4a')).toBe(expected)
  })
})

describe('files that were signed afterwards', () => {
  const geob = (): Buffer => {
    const body = Buffer.concat([Buffer.from('\0application/c2pa\0c2pa\0c2pa manifest store\0', 'latin1'), Buffer.alloc(20_000, 7)])
    const size = Buffer.from([(body.length >> 21) & 127, (body.length >> 14) & 127, (body.length >> 7) & 127, body.length & 127])
    const frame = Buffer.concat([Buffer.from('GEOB'), size, Buffer.alloc(2), body])
    const total = Buffer.from([(frame.length >> 21) & 127, (frame.length >> 14) & 127, (frame.length >> 7) & 127, frame.length & 127])
    return Buffer.concat([Buffer.from('ID3\x04\x00\x00', 'latin1'), total, frame])
  }
  it('a FLAC with an ID3 prefix still opens, keeps its tags and its hash', async () => {
    const path = join(dir, 'signed.flac')
    writeFileSync(path, Buffer.concat([geob(), await read(made.flac)]))
    expect(unwrap(await hashFilePcm(path))).toBe(unwrap(await hashFilePcm(made.flac)))
    expect(unwrap(await readTags(path))).toMatchObject({ title: 'Tone', receiptId: 'r-1' })
  })
  it('a WAV with a C2PA chunk at its end still opens, keeps its tags and its hash', async () => {
    const path = join(dir, 'signed.wav')
    const bytes = Buffer.concat([await read(made.wav), riffChunk('C2PA', Buffer.alloc(20_001, 7))])
    bytes.writeUInt32LE(bytes.length - 8, 4)
    writeFileSync(path, bytes)
    expect(unwrap(await hashFilePcm(path))).toBe(unwrap(await hashFilePcm(made.wav)))
    expect(unwrap(await readTags(path))).toMatchObject({ title: 'Tone', receiptId: 'r-1' })
  })
  it('an MP3 behind a manifest still has its exact length', async () => {
    const good = await read(made.mp3)
    expect(await outcome(Buffer.concat([geob(), good.subarray(16 * 1024)]), 'mp3')).toBe(FRAMES)
    expect(await outcome(Buffer.concat([buildId3({ title: 'T', artist: 'A' }), good.subarray(16 * 1024)]), 'mp3')).toBe(FRAMES)
  })
  it.skipIf(!hasFfmpeg)('an M4A with a manifest box in front still has its exact length', async () => {
    const plain = join(dir, 'plain.m4a')
    ffmpeg('-i', made.wav, '-c:a', 'aac', '-movflags', '+faststart', plain)
    const bytes = await read(plain)
    const manifest = box('uuid', Buffer.from('d8fec3d61b0e483c92975828877ec481', 'hex'), Buffer.alloc(20_000))
    const at = bytes.readUInt32BE(0)
    const shifted = Buffer.concat([bytes.subarray(0, at), manifest, bytes.subarray(at)])
    // The signer moves the chunk offsets along.
    const stco = shifted.indexOf('stco') + 8
    for (let i = 0; i < shifted.readUInt32BE(stco); i++)
      shifted.writeUInt32BE(shifted.readUInt32BE(stco + 4 + i * 4) + manifest.length, stco + 4 + i * 4)
    expect(await outcome(shifted, 'm4a')).toBe(FRAMES)
  })
})
