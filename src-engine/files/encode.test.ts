import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { unwrap } from '../../src-shared/std/index.ts'
import { availableFormats, createEncoder, type EncodeSettings, hashFilePcm, openAudio, readTags, type TagSet } from './index.ts'
import { ffmpeg, ffmpegDecode, hasFfmpeg, scratch } from './testing.ts'

const { dir, remove } = scratch()
afterAll(remove)

const TAGS: TagSet = {
  title: 'Potassium (Night Remix) <&> ü 夜',
  artist: 'Software-Entwicklungskit',
  remixer: 'A Producer',
  originalArtist: 'Software-Entwicklungskit',
  originalTitle: 'Potassium',
  rights: 'CC0 1.0',
  licenceUrl: 'https://stemma.example/grants/1',
  sourceUrl: 'https://stemma.example/works/1',
  encoder: 'Stemma 0.1.0',
  comment: 'Contains AI-generated parts.',
  digitalSourceType: 'http://cv.iptc.org/newscodes/digitalsourcetype/compositeWithTrainedAlgorithmicMedia',
  containsAi: 'Partly',
  sourceIsrcs: ['DEAB12345678', 'DEAB12345679'],
  receiptId: '01932f5c-7a00-7000-8000-000000000001',
  extra: { STEMMA_PLAN: 'abc' },
}
const LOUDNESS = { integratedLufs: -14.1, rangeLu: 6.5, truePeakDbtp: -1.02, maxMomentaryLufs: -10, maxShortTermLufs: -12 }

/** Not a multiple of any block or frame, with an impulse to align by and noise that no predictor can flatten. */
const FRAMES = 200_003
const IMPULSE = 100_001
const signal = (): { readonly left: Float32Array; readonly right: Float32Array } => {
  const left = new Float32Array(FRAMES)
  const right = new Float32Array(FRAMES)
  let state = 12_345
  for (let i = 0; i < FRAMES; i++) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0
    left[i] = Math.sin(i * 0.031) * 0.2 + (state / 2 ** 31) * 0.01
    right[i] = Math.sin(i * 0.047) * 0.2
  }
  for (let i = 0; i < 24; i++) left[IMPULSE + i] = 0.9
  return { left, right }
}

const encode = async (name: string, settings: EncodeSettings, blockFrames = 4_096) => {
  const path = join(dir, name)
  const sink = unwrap(await createEncoder({ ...settings, path, sampleRate: 48_000 }))
  const { left, right } = signal()
  for (let at = 0; at < FRAMES; at += blockFrames) {
    const count = Math.min(blockFrames, FRAMES - at)
    await sink.write(left.subarray(at, at + count), right.subarray(at, at + count), count)
  }
  return unwrap(await sink.finish({ tags: TAGS, loudness: LOUDNESS }))
}

const decode = async (path: string): Promise<Float32Array[]> => {
  const source = openAudio(path)
  const out = Array.from({ length: source.info.channels }, () => new Float32Array(0))
  for await (const block of source.blocks())
    block.channels.forEach((plane, channel) => {
      const grown = new Float32Array((out[channel] as Float32Array).length + block.frames)
      grown.set(out[channel] as Float32Array)
      grown.set(plane.subarray(0, block.frames), (out[channel] as Float32Array).length)
      out[channel] = grown
    })
  source.close()
  return out
}

const CASES: readonly (readonly [string, string, EncodeSettings])[] = [
  ['WAV 16-bit', 'a16.wav', { format: 'wav', bitDepth: 16 }],
  ['WAV 24-bit', 'a24.wav', { format: 'wav', bitDepth: 24 }],
  ['WAV float', 'a32.wav', { format: 'wav', bitDepth: 32 }],
  ['FLAC 16-bit', 'a16.flac', { format: 'flac', bitDepth: 16 }],
  ['FLAC 24-bit', 'a24.flac', { format: 'flac', bitDepth: 24 }],
  ['MP3 320k', 'a320.mp3', { format: 'mp3' }],
  ['MP3 V0', 'av0.mp3', { format: 'mp3', mp3Quality: 'v0' }],
]

/** Lag in frames at which two signals fit best, searched over ±64 around the impulse. */
const lagOf = (a: Float32Array, b: Float32Array): number => {
  let best = -Infinity
  let lag = 0
  for (let shift = -64; shift <= 64; shift++) {
    let sum = 0
    for (let i = IMPULSE - 500; i < IMPULSE + 500; i++) sum += (a[i] as number) * (b[i + shift] as number)
    if (sum > best) {
      best = sum
      lag = shift
    }
  }
  return lag
}

describe('encoders', () => {
  it.each(CASES)('%s: exact length, same bytes from any block size, tags read back', async (_, name, settings) => {
    const info = await encode(name, settings)
    expect(info.frames).toBe(FRAMES)
    expect(info.bytes).toBe(statSync(info.path).size)
    const again = await encode(`again-${name}`, settings, 1_000)
    expect(readFileSync(again.path).equals(readFileSync(info.path))).toBe(true)
    const decoded = await decode(info.path)
    expect(decoded.map((plane) => plane.length)).toEqual([FRAMES, FRAMES])
    expect(lagOf(signal().left, decoded[0] as Float32Array)).toBe(0)
    expect(unwrap(await readTags(info.path))).toEqual(TAGS)
  })

  it('WAV and FLAC of one depth hold the same integers, within dither of the render, and their hash names them', async () => {
    const { left } = signal()
    for (const bitDepth of [16, 24] as const) {
      const wav = await encode(`h${bitDepth}.wav`, { format: 'wav', bitDepth })
      const flac = await encode(`h${bitDepth}.flac`, { format: 'flac', bitDepth })
      expect(wav.pcmSha256).toMatch(/^[0-9a-f]{64}$/)
      expect(flac.pcmSha256).toBe(wav.pcmSha256)
      expect(unwrap(await hashFilePcm(wav.path))).toBe(wav.pcmSha256)
      expect(unwrap(await hashFilePcm(flac.path))).toBe(wav.pcmSha256)
      const decoded = (await decode(wav.path))[0] as Float32Array
      const step = 2 ** (1 - bitDepth)
      expect(decoded.every((sample, i) => Math.abs(sample - (left[i] as number)) <= 1.5 * step + 1e-9)).toBe(true)
    }
  })

  it('float WAV gives the render back to the bit', async () => {
    const { path } = await encode('exact.wav', { format: 'wav', bitDepth: 32 })
    const [left, right] = await decode(path)
    expect(left).toEqual(signal().left)
    expect(right).toEqual(signal().right)
  })

  it('writes bext version 2 with loudness and iXML before the sound', async () => {
    const { path } = await encode('bext.wav', { format: 'wav', bitDepth: 24 })
    const bytes = readFileSync(path)
    const order: string[] = []
    for (let at = 12; at + 8 <= bytes.length; at += 8 + bytes.readUInt32LE(at + 4) + (bytes.readUInt32LE(at + 4) & 1))
      order.push(bytes.toString('latin1', at, at + 4))
    expect(order).toEqual(['fmt ', 'bext', 'iXML', 'data', 'LIST', 'id3 '])
    const bext = bytes.indexOf('bext') + 8
    expect(bytes.readUInt16LE(bext + 346)).toBe(2)
    expect([412, 414, 416, 418, 420].map((at) => bytes.readInt16LE(bext + at))).toEqual([-1410, 650, -102, -1000, -1200])
    expect(bytes.toString('utf8', bytes.indexOf('iXML') + 8, bytes.indexOf('data'))).toContain('<SOURCE_ISRC>DEAB12345679</SOURCE_ISRC>')
    expect(bytes.readUInt32LE(4)).toBe(bytes.length - 8)
  })

  it('refuses what cannot be: a WAV over 4 GB, a taken path, a tag that claims an ISRC', async () => {
    const base = { path: join(dir, 'refused.wav'), sampleRate: 48_000 } as const
    expect(await createEncoder({ ...base, format: 'wav', bitDepth: 32, expectedFrames: 48_000 * 3_600 * 4 })).toMatchObject({
      ok: false,
      error: { code: 'encode.too_long' },
    })
    const { path } = await encode('taken.flac', { format: 'flac' })
    expect(await createEncoder({ ...base, format: 'flac', path })).toMatchObject({ ok: false, error: { code: 'encode.unwritable' } })
    const sink = unwrap(await createEncoder({ ...base, format: 'wav' }))
    expect(await sink.finish({ tags: { ...TAGS, extra: { ISRC: 'DEAB12345678' } } })).toMatchObject({
      ok: false,
      error: { code: 'encode.bad_tags' },
    })
    expect(existsSync(base.path)).toBe(false)
    expect(readdirSync(dir).filter((name) => name.startsWith('refused'))).toEqual([])
  })

  it.each(['wav', 'flac', 'mp3'] as const)('%s: abort leaves nothing behind', async (format) => {
    const path = join(dir, `aborted.${format}`)
    const sink = unwrap(await createEncoder({ format, path, sampleRate: 48_000 }))
    const { left, right } = signal()
    await sink.write(left, right, FRAMES)
    await sink.abort()
    expect(existsSync(path)).toBe(false)
  })

  it('says why M4A is greyed where there is no ffmpeg', async () => {
    const { PATH } = process.env
    process.env.PATH = dir
    try {
      const formats = await availableFormats()
      expect(formats.find(({ format }) => format === 'm4a')).toMatchObject({
        isAvailable: false,
        reason: expect.stringContaining('ffmpeg'),
      })
      expect(formats.filter(({ isAvailable }) => isAvailable).map(({ format }) => format)).toEqual(['wav', 'flac', 'mp3'])
      expect(await createEncoder({ format: 'm4a', path: join(dir, 'no.m4a'), sampleRate: 48_000 })).toMatchObject({
        ok: false,
        error: { code: 'encode.no_ffmpeg' },
      })
    } finally {
      process.env.PATH = PATH
    }
  })
})

describe.skipIf(!hasFfmpeg)('encoders beside ffmpeg', () => {
  it('M4A: exact length and alignment in our reader, tags read back, nothing left after abort', async () => {
    const info = await encode('a.m4a', { format: 'm4a' })
    const [left] = await decode(info.path)
    expect(left?.length).toBe(FRAMES)
    expect(lagOf(signal().left, left as Float32Array)).toBe(0)
    expect(unwrap(await readTags(info.path))).toEqual(TAGS)
    // ffmpeg 5 trims the start exactly and leaves up to one packet at the end; later ones trim both.
    const reference = ffmpegDecode(info.path)
    expect(reference.length / 2 - FRAMES).toBeGreaterThanOrEqual(0)
    expect(reference.length / 2 - FRAMES).toBeLessThan(1_024)
    const path = join(dir, 'aborted.m4a')
    const sink = unwrap(await createEncoder({ format: 'm4a', path, sampleRate: 48_000 }))
    const { left: l, right: r } = signal()
    await sink.write(l, r, FRAMES)
    await sink.abort()
    expect(existsSync(path)).toBe(false)
  })

  it.each(CASES)('%s: ffmpeg decodes the same number of frames, and the same samples where they are exact', async (_, name, settings) => {
    const { path } = await encode(`ff-${name}`, settings)
    const reference = ffmpegDecode(path)
    expect(reference.length).toBe(FRAMES * 2)
    const [left] = await decode(path)
    const limit = settings.format === 'mp3' ? 1e-5 : 0
    let largest = 0
    for (let i = 0; i < FRAMES; i++) largest = Math.max(largest, Math.abs((left?.[i] as number) - (reference[i * 2] as number)))
    expect(largest).toBeLessThanOrEqual(limit)
  })

  it('the hash of a WAV survives stripping its tags and becoming a FLAC', async () => {
    const { path, pcmSha256 } = await encode('orig.wav', { format: 'wav', bitDepth: 24 })
    const flac = join(dir, 'transcode.flac')
    const bare = join(dir, 'bare.wav')
    ffmpeg('-i', path, '-c:a', 'flac', flac)
    ffmpeg('-i', path, '-map_metadata', '-1', '-c:a', 'pcm_s24le', bare)
    expect(unwrap(await hashFilePcm(flac))).toBe(pcmSha256)
    expect(unwrap(await hashFilePcm(bare))).toBe(pcmSha256)
  })

  it.each(['a24.flac', 'a320.mp3'])('ffprobe reads the tags of %s', async (name) => {
    const { path } = await encode(`probe-${name}`, name.endsWith('flac') ? { format: 'flac' } : { format: 'mp3' })
    const { stdout } = spawnSync('ffprobe', ['-v', 'error', '-show_entries', 'format_tags', '-of', 'json', path], { encoding: 'utf8' })
    const tags = Object.fromEntries(
      Object.entries((JSON.parse(stdout) as { format: { tags: Record<string, string> } }).format.tags).map(([key, value]) => [
        key.toUpperCase(),
        value,
      ]),
    )
    expect(tags).toMatchObject({ TITLE: TAGS.title, ARTIST: TAGS.artist, CONTAINSAI: 'Partly', STEMMA_RECEIPT: TAGS.receiptId })
    expect(tags).not.toHaveProperty('ISRC')
    expect(tags).not.toHaveProperty('TSRC')
  })
})

describe('encoders in a worker', () => {
  it('a long WAV is the same file as one written in place', async () => {
    const { left, right } = signal()
    const hashes = []
    for (const [name, expectedFrames] of [
      ['here.wav', undefined],
      ['there.wav', 2_880_001],
    ] as const) {
      const path = join(dir, name)
      const sink = unwrap(
        await createEncoder({ format: 'wav', bitDepth: 24, path, sampleRate: 48_000, ...(expectedFrames ? { expectedFrames } : {}) }),
      )
      for (let i = 0; i < 15; i++) await sink.write(left, right, FRAMES)
      hashes.push(unwrap(await sink.finish({ tags: TAGS })).pcmSha256)
    }
    expect(hashes[0]).toBe(hashes[1])
    expect(readFileSync(join(dir, 'here.wav')).equals(readFileSync(join(dir, 'there.wav')))).toBe(true)
  })

  it('never touches a file that was there before', async () => {
    const path = join(dir, 'mine.mp3')
    writeFileSync(path, 'mine')
    expect(await createEncoder({ format: 'mp3', path, sampleRate: 48_000 })).toMatchObject({
      ok: false,
      error: { code: 'encode.unwritable' },
    })
    expect(readFileSync(path, 'utf8')).toBe('mine')
  })

  it('a folder that is gone comes back as a problem', async () => {
    const sink = unwrap(await createEncoder({ format: 'flac', path: join(dir, 'nowhere', 'a.flac'), sampleRate: 48_000 }))
    expect(await sink.finish({ tags: TAGS })).toMatchObject({ ok: false, error: { code: 'encode.unwritable' } })
  })
})
