import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ProblemError, unwrap } from '../../src-shared/std/index.ts'
import { loadKernels } from '../kernels/index.ts'
import {
  closeDecodePool,
  createEncoder,
  type DecodedInfo,
  ensureDecoded,
  isCacheDamage,
  openDecoded,
  readPeaks,
  trimCache,
} from './index.ts'
import { CHUNK_FRAMES } from './pcm-format.ts'
import { scratch, sha256Of } from './testing.ts'

const { dir, remove } = scratch()
const FRAMES = CHUNK_FRAMES * 20 + 777
/** Sound in chunks 3 to 5 and in the last, short one. */
const left = Float32Array.from({ length: FRAMES }, (_, i) =>
  i >= CHUNK_FRAMES * 3 && i < CHUNK_FRAMES * 6 ? Math.sin(i * 0.01) * 0.5 : i >= CHUNK_FRAMES * 20 ? 0.25 : 0,
)
let path: string
let contentSha256: string

beforeAll(async () => {
  path = join(dir, 'stem.wav')
  const sink = unwrap(await createEncoder({ format: 'wav', bitDepth: 32, path, sampleRate: 48_000 }))
  await sink.write(
    left,
    left.map((x) => -x),
    FRAMES,
  )
  unwrap(await sink.finish({ tags: { title: 'Stem', artist: 'Test' } }))
  contentSha256 = sha256Of(path)
})
afterAll(async () => {
  await closeDecodePool()
  remove()
})

let folders = 0
const decodeFresh = async (): Promise<{ readonly cacheDir: string; readonly info: DecodedInfo }> => {
  const cacheDir = join(dir, `cache-${folders++}`)
  return { cacheDir, info: unwrap(await ensureDecoded({ path, contentSha256, cacheDir })) }
}

describe('reading the cache', () => {
  it('gives the samples back at any place and length, zeros outside, and leaves silent chunks out', async () => {
    const { cacheDir, info } = await decodeFresh()
    expect(info.lengthFrames).toBe(FRAMES)
    expect(info.silentRanges).toEqual([
      { startFrame: 0, lengthFrames: CHUNK_FRAMES * 3 },
      { startFrame: CHUNK_FRAMES * 6, lengthFrames: CHUNK_FRAMES * 14 },
    ])
    expect(statSync(info.pcmPath).size).toBeLessThan(CHUNK_FRAMES * 8 * 5)
    const source = unwrap(openDecoded(cacheDir, contentSha256))
    for (const [start, frames] of [
      [CHUNK_FRAMES * 3 - 10, 20],
      [CHUNK_FRAMES * 4 - 5, CHUNK_FRAMES + 10],
      [-100, 300],
      [FRAMES - 50, 100],
      [FRAMES + 5_000_000, 10],
      [0, FRAMES],
    ] as const) {
      const a = new Float32Array(frames).fill(9)
      const b = new Float32Array(frames).fill(9)
      source.read(start, frames, a, b)
      expect(a.every((sample, i) => sample === (left[start + i] ?? 0))).toBe(true)
      expect(b.every((sample, i) => sample === -(left[start + i] ?? 0))).toBe(true)
    }
    expect(source.isSilent(0, CHUNK_FRAMES * 3)).toBe(true)
    expect(source.isSilent(0, CHUNK_FRAMES * 3 + 1)).toBe(false)
    expect(source.isSilent(FRAMES + 100_000, 1)).toBe(true)
    source.close()
  })

  it('peaks bound every sample they stand for, at every zoom', async () => {
    const { cacheDir } = await decodeFresh()
    for (const [fromFrame, toFrame, buckets] of [
      [0, FRAMES, 100],
      [0, FRAMES, 7],
      [CHUNK_FRAMES * 3, CHUNK_FRAMES * 4, 64],
    ] as const) {
      const peaks = unwrap(readPeaks(cacheDir, contentSha256, { fromFrame, toFrame, buckets }))
      const perBucket = (toFrame - fromFrame) / buckets
      for (let bucket = 0; bucket < buckets; bucket++) {
        const part = left.subarray(Math.ceil(fromFrame + bucket * perBucket), Math.floor(fromFrame + (bucket + 1) * perBucket))
        const highest = part.reduce((a, b) => Math.max(a, b), -1)
        const lowest = part.reduce((a, b) => Math.min(a, b), 1)
        expect(peaks.max[0]?.[bucket] ?? -2).toBeGreaterThanOrEqual(highest)
        expect(peaks.min[0]?.[bucket] ?? 2).toBeLessThanOrEqual(lowest)
      }
    }
    const silent = unwrap(readPeaks(cacheDir, contentSha256, { fromFrame: 0, toFrame: CHUNK_FRAMES, buckets: 4 }))
    expect([...(silent.max[0] ?? [])]).toEqual([0, 0, 0, 0])
  })
})

describe('a 16-bit WAV at 48 kHz', () => {
  const integers = left.map((x) => Math.trunc(x * 32_768) / 32_768)
  const write = async (name: string) => {
    const file = join(dir, name)
    const sink = unwrap(await createEncoder({ format: 'wav', bitDepth: 16, isDithered: false, path: file, sampleRate: 48_000 }))
    await sink.write(
      integers,
      integers.map((x) => -x),
      FRAMES,
    )
    unwrap(await sink.finish({ tags: { title: 'Stem', artist: 'Test' } }))
    const hash = sha256Of(file)
    const cacheDir = join(dir, `cache-${folders++}`)
    return { file, hash, cacheDir, info: unwrap(await ensureDecoded({ path: file, contentSha256: hash, cacheDir })) }
  }

  it('is read where it lies, at any place and length, with and without kernels', async () => {
    const { hash, cacheDir, info } = await write('in-place.wav')
    expect(statSync(info.pcmPath).size).toBeLessThan(8_192)
    const kernels = loadKernels()
    const source = unwrap(openDecoded(cacheDir, hash, kernels))
    const into = [kernels.alloc(FRAMES * 4), kernels.alloc(FRAMES * 4)] as const
    for (const [start, frames] of [
      [CHUNK_FRAMES * 3 - 10, 20],
      [CHUNK_FRAMES * 4 - 5, CHUNK_FRAMES + 10],
      [-100, 300],
      [FRAMES - 50, 100],
      [0, FRAMES],
    ] as const) {
      const a = new Float32Array(frames).fill(9)
      const b = new Float32Array(frames).fill(9)
      source.read(start, frames, a, b)
      source.readInto(start, frames, ...into)
      expect(a.every((sample, i) => sample === (integers[start + i] ?? 0))).toBe(true)
      expect(b.every((sample, i) => sample === -(integers[start + i] ?? 0))).toBe(true)
      expect(kernels.f32(into[0], frames).every((sample, i) => sample === a[i])).toBe(true)
      expect(kernels.f32(into[1], frames).every((sample, i) => sample === b[i])).toBe(true)
    }
    source.close()
  })

  it('that was changed, cut or removed since is refused, and read anew from where it is', async () => {
    const { file, hash, cacheDir } = await write('moved.wav')
    const whole = readFileSync(file)
    const changed = Buffer.from(whole)
    const at = whole.length - (FRAMES - CHUNK_FRAMES * 4) * 4
    changed[at] = (changed[at] ?? 0) ^ 1
    writeFileSync(file, changed)
    const source = unwrap(openDecoded(cacheDir, hash))
    const samples = new Float32Array(FRAMES)
    expect(() => source.read(0, FRAMES, samples, samples)).toThrow(ProblemError)
    source.close()
    writeFileSync(file, whole.subarray(0, whole.length - 60_000))
    expect(openDecoded(cacheDir, hash)).toMatchObject({ ok: false, error: { code: 'audio.cache_corrupt' } })
    const elsewhere = join(dir, 'elsewhere.wav')
    rmSync(file)
    writeFileSync(elsewhere, whole)
    expect(openDecoded(cacheDir, hash)).toMatchObject({ ok: false, error: { code: 'audio.cache_corrupt' } })
    unwrap(await ensureDecoded({ path: elsewhere, contentSha256: hash, cacheDir }))
    const found = unwrap(openDecoded(cacheDir, hash))
    found.read(0, FRAMES, samples, new Float32Array(FRAMES))
    expect(samples.every((sample, i) => sample === integers[i])).toBe(true)
    found.close()
  })
})

describe('a damaged cache', () => {
  it.each<readonly [string, (bytes: Buffer) => Buffer]>([
    ['cut short', (bytes) => bytes.subarray(0, bytes.length - 9)],
    ['emptied', () => Buffer.alloc(0)],
    ['with a changed header', (bytes) => Buffer.concat([bytes.subarray(0, 57), Buffer.from([0xee]), bytes.subarray(58)])],
    [
      'with a changed index',
      (bytes) => Buffer.concat([bytes.subarray(0, bytes.length - 8), Buffer.from([9]), bytes.subarray(bytes.length - 7)]),
    ],
  ])('%s is noticed and made anew', async (_, damage) => {
    const { cacheDir, info } = await decodeFresh()
    const whole = readFileSync(info.pcmPath)
    writeFileSync(info.pcmPath, damage(whole))
    expect(openDecoded(cacheDir, contentSha256)).toMatchObject({ ok: false, error: { code: 'audio.cache_corrupt' } })
    unwrap(await ensureDecoded({ path, contentSha256, cacheDir }))
    expect(readFileSync(info.pcmPath).equals(whole)).toBe(true)
  })

  it('a flipped byte in the sound is refused when it is read, never played', async () => {
    const { cacheDir, info } = await decodeFresh()
    const bytes = readFileSync(info.pcmPath)
    bytes[5_000] = (bytes[5_000] as number) ^ 1
    writeFileSync(info.pcmPath, bytes)
    const source = unwrap(openDecoded(cacheDir, contentSha256))
    const buffer = new Float32Array(100)
    let thrown: unknown
    try {
      source.read(CHUNK_FRAMES * 3, 100, buffer, buffer)
    } catch (error) {
      thrown = error
    }
    source.close()
    expect(thrown).toBeInstanceOf(ProblemError)
    expect(isCacheDamage(thrown)).toBe(true)
  })

  it('another stem under this name is refused', async () => {
    const { cacheDir, info } = await decodeFresh()
    const other = contentSha256.replace(/^./, (c) => (c === '0' ? '1' : '0'))
    writeFileSync(info.pcmPath.replace(contentSha256, other), readFileSync(info.pcmPath))
    expect(openDecoded(cacheDir, other).ok).toBe(false)
  })
})

describe('decoding', () => {
  it('stopped half way leaves nothing behind, and works the next time', async () => {
    const cacheDir = join(dir, 'cancelled')
    const before = new AbortController()
    before.abort()
    expect(await ensureDecoded({ path, contentSha256, cacheDir, signal: before.signal })).toMatchObject({
      ok: false,
      error: { code: 'audio.cancelled' },
    })
    const long = join(dir, 'long.wav')
    const sink = unwrap(await createEncoder({ format: 'wav', bitDepth: 32, path: long, sampleRate: 48_000 }))
    for (let i = 0; i < 60; i++) await sink.write(left, left, FRAMES)
    unwrap(await sink.finish({ tags: { title: 'Long', artist: 'Test' } }))
    const abort = new AbortController()
    const sha = sha256Of(long)
    const result = await ensureDecoded({ path: long, contentSha256: sha, cacheDir, signal: abort.signal, onProgress: () => abort.abort() })
    expect(result).toMatchObject({ ok: false, error: { code: 'audio.cancelled' } })
    expect(readdirSync(cacheDir)).toEqual([])
    expect(unwrap(await ensureDecoded({ path: long, contentSha256: sha, cacheDir })).lengthFrames).toBe(FRAMES * 60)
  })

  it('asked twice at once decodes once; progress rises to 1', async () => {
    const cacheDir = join(dir, 'twice')
    const seen: number[] = []
    const [a, b] = await Promise.all([
      ensureDecoded({ path, contentSha256, cacheDir, onProgress: (fraction) => seen.push(fraction) }),
      ensureDecoded({ path, contentSha256, cacheDir, onProgress: () => expect.unreachable('the second finds the first one’s work') }),
    ])
    expect(unwrap(a)).toEqual(unwrap(b))
    expect(seen).toEqual([...seen].sort((x, y) => x - y))
    expect(seen.at(-1)).toBe(1)
  })

  it('a missing file and one that is no sound come back as problems and leave nothing', async () => {
    const cacheDir = join(dir, 'refused')
    mkdirSync(cacheDir)
    const text = join(dir, 'text.wav')
    writeFileSync(text, 'hello')
    expect(await ensureDecoded({ path: join(dir, 'gone.wav'), contentSha256, cacheDir })).toMatchObject({
      ok: false,
      error: { code: 'audio.unreadable' },
    })
    expect(await ensureDecoded({ path: text, contentSha256, cacheDir })).toMatchObject({
      ok: false,
      error: { code: 'audio.unknown_format' },
    })
    expect(readdirSync(cacheDir)).toEqual([])
  })
})

describe('trimming the cache', () => {
  it('removes the longest unused stems first, keeps those in use and every waveform, and clears what a killed decoder left', async () => {
    const cacheDir = join(dir, 'trim')
    mkdirSync(cacheDir)
    const names = ['a', 'b', 'c'].map((letter) => letter.repeat(64))
    names.forEach((name, i) => {
      for (const extension of ['pcm', 'peaks']) writeFileSync(join(cacheDir, `${name}-1.${extension}`), Buffer.alloc(1_000))
      utimesSync(join(cacheDir, `${name}-1.pcm`), 1_000 + i, 1_000 + i)
    })
    const left = join(cacheDir, `${'d'.repeat(64)}-1.pcm.part-1-abcd`)
    writeFileSync(left, Buffer.alloc(10))
    utimesSync(left, 1_000, 1_000)
    expect(unwrap(trimCache({ cacheDir, maxBytes: 1_500, keep: new Set([names[0] as string]) }))).toEqual({ removed: 2, bytes: 1_000 })
    expect(existsSync(join(cacheDir, `${names[0]}-1.pcm`))).toBe(true)
    expect(readdirSync(cacheDir).filter((name) => name.endsWith('.peaks')).length).toBe(3)
    expect(existsSync(left)).toBe(false)
  })

  it('counts what analyses keep, goes by when the samples were opened, spares what was opened lately, and leaves nothing of a preview', () => {
    const cacheDir = join(dir, 'trim-features')
    mkdirSync(cacheDir)
    const [old, mixed, fresh, orphan] = ['a', 'b', 'c', 'e'].map((letter) => letter.repeat(64)) as [string, string, string, string]
    const put = (name: string, bytes: number, usedMs: number): void => {
      writeFileSync(join(cacheDir, name), Buffer.alloc(bytes))
      utimesSync(join(cacheDir, name), usedMs / 1_000, usedMs / 1_000)
    }
    const day = 86_400_000
    const now = Date.now()
    for (const [sha, usedMs] of [
      [old, now - 3 * day],
      [mixed, now - 2 * day],
      [fresh, now],
    ] as const) {
      put(`${sha}-1.pcm`, 1_000, usedMs)
      put(`${sha}-1.features-2`, 500, now - 5 * day)
      put(`${sha}-1.analysis-2.json`, 10, now - 5 * day)
      put(`${sha}-1.peaks`, 10, now - 5 * day)
    }
    put(`${mixed}.preview`, 0, now - 5 * day)
    // Its samples went in an earlier version that left the features.
    put(`${orphan}-1.features-1`, 500, now - 9 * day)
    const left = (sha: string): string[] =>
      readdirSync(cacheDir)
        .filter((name) => name.startsWith(sha))
        .map((name) => name.slice(64))
        .sort()

    expect(unwrap(trimCache({ cacheDir, maxBytes: 4_600, keep: new Set() }))).toEqual({ removed: 1, bytes: 4_500 })
    expect(left(orphan)).toEqual([])
    expect(unwrap(trimCache({ cacheDir, maxBytes: 3_000, keep: new Set([old]), spareMs: 3_600_000 }))).toEqual({ removed: 1, bytes: 3_000 })
    expect(left(mixed)).toEqual([])
    expect(unwrap(trimCache({ cacheDir, maxBytes: 0, keep: new Set(), spareMs: 3_600_000 }))).toEqual({ removed: 1, bytes: 1_500 })
    expect(left(old)).toEqual(['-1.analysis-2.json', '-1.peaks'])
    expect(left(fresh)).toHaveLength(4)
  })
})
