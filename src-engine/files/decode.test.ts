import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { unwrap } from '../../src-shared/std/index.ts'
import { closeDecodePool, ensureDecoded, openAudio, openDecoded, probeAudio } from './index.ts'
import { ffmpeg, ffmpegDecode, hasFfmpeg, hasMaterial, largestDifference, MATERIAL, scratch, sha256Of } from './testing.ts'

const { dir, remove } = scratch()
afterAll(remove)

const decodeAll = async (
  path: string,
): Promise<{ readonly left: Float32Array; readonly channels: number; readonly sampleRate: number }> => {
  const source = openAudio(path)
  const parts: Float32Array[] = []
  for await (const block of source.blocks()) parts.push((block.channels[0] as Float32Array).slice(0, block.frames))
  source.close()
  const left = new Float32Array(parts.reduce((sum, part) => sum + part.length, 0))
  let at = 0
  for (const part of parts) {
    left.set(part, at)
    at += part.length
  }
  return { left, channels: source.info.channels, sampleRate: source.info.sampleRate }
}

describe.skipIf(!hasMaterial || !hasFfmpeg)('decoding real stems beside ffmpeg', () => {
  const stems = hasMaterial ? readdirSync(join(MATERIAL, 'potassium')) : []
  it.each(stems)('%s starts on the same frame and differs by less than -120 dBFS', async (stem) => {
    const path = join(MATERIAL, 'potassium', stem)
    const { left, channels, sampleRate } = await decodeAll(path)
    const reference = ffmpegDecode(path)
    // iTunSMPB states 11989561 frames at 48 kHz (5994780 at 24 kHz); ffmpeg trims the start by it and keeps the encoder's padding at the end.
    expect(left.length).toBe(sampleRate === 48_000 ? 11_989_561 : 5_994_780)
    expect(reference.length / channels - left.length).toBeLessThan(1_024)
    expect(largestDifference(left, reference, 0, channels)).toBeLessThan(1e-6)
  })

  const excerpt = join(MATERIAL, 'potassium-24bars', 'mallet.flac')
  it.each([
    ['MP3 at 320k', 'a.mp3', ['-c:a', 'libmp3lame', '-b:a', '320k']],
    ['MP3 at 64k, deep bit reservoir', 'b.mp3', ['-c:a', 'libmp3lame', '-b:a', '64k']],
    ['MP3 VBR at 22.05 kHz mono', 'c.mp3', ['-ac', '1', '-ar', '22050', '-c:a', 'libmp3lame', '-q:a', '4']],
    ['Ogg Vorbis', 'a.ogg', ['-c:a', 'libvorbis', '-q:a', '6']],
    ['ALAC', 'a.m4a', ['-c:a', 'alac']],
    ['ALAC 24-bit at 44.1 kHz', 'b.m4a', ['-ar', '44100', '-c:a', 'alac', '-sample_fmt', 's32p']],
    ['WAV 24-bit', 'a.wav', ['-c:a', 'pcm_s24le']],
    ['WAV 32-bit float', 'b.wav', ['-c:a', 'pcm_f32le']],
    ['WAV 64-bit float mono', 'c.wav', ['-ac', '1', '-c:a', 'pcm_f64le']],
    ['WAV 8-bit', 'd.wav', ['-c:a', 'pcm_u8']],
    ['RF64', 'e.wav', ['-rf64', 'always', '-c:a', 'pcm_s16le']],
    ['FLAC 24-bit mono', 'a.flac', ['-ac', '1', '-c:a', 'flac', '-sample_fmt', 's32', '-bits_per_raw_sample', '24']],
    ['FLAC with large blocks', 'b.flac', ['-c:a', 'flac', '-frame_size', '16384']],
  ])('%s: every frame, none more', async (_, name, args) => {
    const path = join(dir, name)
    ffmpeg('-ss', '20', '-i', excerpt, '-t', '23.4567', ...args, path)
    const { left, channels } = await decodeAll(path)
    const reference = ffmpegDecode(path)
    expect(left.length).toBe(reference.length / channels)
    expect(largestDifference(left, reference, 0, channels)).toBeLessThan(1e-6)
  })

  it.each([
    ['moov at the end', 'end.m4a', []],
    ['moov at the start', 'start.m4a', ['-movflags', '+faststart']],
  ])('AAC with %s keeps the exact length its edit list states', async (_, name, args) => {
    const path = join(dir, name)
    // Without noise substitution, whose noise the standard leaves to each decoder.
    ffmpeg(
      '-ss',
      '20',
      '-i',
      excerpt,
      '-frames:a',
      '10000',
      '-af',
      'atrim=end_sample=1000001',
      '-c:a',
      'aac',
      '-aac_pns',
      '0',
      '-b:a',
      '256k',
      ...args,
      path,
    )
    const { left, channels } = await decodeAll(path)
    expect(left.length).toBe(1_000_001)
    expect(largestDifference(left, ffmpegDecode(path), 0, channels)).toBeLessThan(1e-6)
  })
})

describe.skipIf(!hasMaterial)('the cache of decoded stems', () => {
  it('gives back what was decoded, leaves silence out, and has the same bytes from two runs', async () => {
    const path = join(MATERIAL, 'potassium-24bars', 'snare.flac')
    const contentSha256 = sha256Of(path)
    const first = unwrap(await ensureDecoded({ path, contentSha256, cacheDir: join(dir, 'one') }))
    const second = unwrap(await ensureDecoded({ path, contentSha256, cacheDir: join(dir, 'two') }))
    expect(readFileSync(first.pcmPath).equals(readFileSync(second.pcmPath))).toBe(true)
    expect(readFileSync(first.peaksPath).equals(readFileSync(second.peaksPath))).toBe(true)
    expect(first.lengthFrames).toBe(3_072_000)
    const { left: direct } = await decodeAll(path)
    const source = unwrap(openDecoded(join(dir, 'one'), contentSha256))
    const left = new Float32Array(first.lengthFrames)
    const right = new Float32Array(1_000)
    for (let at = 0; at < left.length; at += 1_000) source.read(at, 1_000, left.subarray(at, at + 1_000), right)
    expect(Buffer.from(left.buffer).equals(Buffer.from(direct.buffer))).toBe(true)
    for (const { startFrame, lengthFrames } of source.silentRanges()) expect(source.isSilent(startFrame, lengthFrames)).toBe(true)
    source.close()
    await closeDecodePool()
  })

  it('brings a 24 kHz stem to 48 kHz, twice as long to the frame', async () => {
    const path = join(MATERIAL, 'potassium', 'minilogue-synth.m4a')
    expect(unwrap(await probeAudio(path))).toMatchObject({
      codec: 'aac',
      sampleRate: 24_000,
      channels: 2,
      lengthFrames: 5_994_780,
      lengthFrames48: 11_989_560,
    })
    const info = unwrap(await ensureDecoded({ path, contentSha256: sha256Of(path), cacheDir: join(dir, 'resampled') }))
    expect(info.lengthFrames).toBe(11_989_560)
    await closeDecodePool()
  })
})
