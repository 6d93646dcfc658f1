// What a fingerprint must survive, and what it must not be taken in by (PROVENANCE 6.1). Copies are made by ffmpeg, as a stranger would make them.
import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createFingerprintSearch, matchFingerprints, storedFingerprint } from '../../src-shared/receipts/index.ts'
import { unwrap } from '../../src-shared/std/index.ts'
import { fingerprintFile, openAudio } from '../files/index.ts'
import { loadKernels } from '../kernels/index.ts'
import { createFingerprinter } from './index.ts'
import { createPlainFingerprinter } from './testing/plain-fingerprint.ts'

const RATE = 48_000
const MATERIAL = process.env.STEMMA_MATERIAL ?? join(import.meta.dirname, '../../../shared/material')
const SONG = join(MATERIAL, 'potassium-24bars')
const hasMaterial = existsSync(SONG)
const ffmpeg = (...args: readonly string[]): Buffer => execFileSync('ffmpeg', ['-v', 'error', '-nostdin', '-y', ...args])
const hasFfmpeg = ((): boolean => {
  try {
    return ffmpeg('-version').length > 0
  } catch {
    return false
  }
})()

/** Takes pieces of odd lengths, as decoders hand them out. */
const wordsOf = (sound: Float32Array, kind: 'stored' | 'query' = 'stored', rate = RATE, piece = 1_000): Uint32Array => {
  const fingerprinter = createFingerprinter(loadKernels(), rate, { kind })
  for (let at = 0; at < sound.length; at += piece) {
    const part = sound.subarray(at, at + piece)
    fingerprinter.pushArrays(part, part, part.length)
  }
  return fingerprinter.finish()
}

/** Chords of decaying partials that change at every beat, by a seed: music enough to tell two of them apart. */
const music = (seed: number, seconds: number, rate = RATE): Float32Array => {
  let state = seed
  const random = (): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32
  }
  const sound = new Float32Array(seconds * rate)
  for (let beat = 0; beat * 0.4 < seconds; beat++) {
    const from = Math.round(beat * 0.4 * rate)
    for (let note = 0; note < 4; note++) {
      const hz = 110 * 2 ** (Math.floor(random() * 30) / 12)
      for (let partial = 1; partial <= 6; partial++)
        for (let i = 0; i < rate * 0.8 && from + i < sound.length; i++)
          sound[from + i]! += (0.1 / partial) * Math.sin((2 * Math.PI * hz * partial * i) / rate) * Math.exp((-3 * i) / rate)
    }
  }
  return sound
}

const noise = (seed: number, seconds: number): Float32Array => {
  let state = seed
  return Float32Array.from({ length: seconds * RATE }, () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return (state / 2 ** 32 - 0.5) * 0.5
  })
}

describe('fingerprints of made sound', () => {
  const song = music(1, 30)
  const stored = wordsOf(song)

  it('are the same however the sound is cut into blocks', () => {
    const beginning = song.subarray(0, 5 * RATE)
    const words = wordsOf(beginning)
    expect(words).toEqual(stored.subarray(0, words.length))
    for (const piece of [1, 7_919, 48_000]) expect(wordsOf(beginning, 'stored', RATE, piece)).toEqual(words)
  })

  it('equal those of the plain calculation that earlier receipts were made with, to the last word', () => {
    for (const [rate, piece] of [
      [8_000, 20_000],
      [44_100, 1_001],
      [48_000, 4_096],
      [48_000, 20_001],
      [192_000, 7_777],
    ] as const) {
      const [left, right] = [noise(5, (9 * rate) / RATE), noise(6, (9 * rate) / RATE)]
      // Stretches that are silent, broken and next to silent.
      left.fill(0, rate, 3 * rate)
      right.fill(0, rate, 2.5 * rate)
      left[4 * rate] = Number.NaN
      right[4 * rate + 1] = Number.NEGATIVE_INFINITY
      right[4 * rate + 2] = 9
      for (let i = 5 * rate; i < left.length; i += 7) left[i] = left[i]! * 1e-5
      for (const kind of ['stored', 'query'] as const) {
        const plain = createPlainFingerprinter(rate, kind)
        const fingerprinter = createFingerprinter(loadKernels(), rate, { kind })
        for (let at = 0; at < left.length; at += piece) {
          const parts = [left.subarray(at, at + piece), right.subarray(at, at + piece)] as const
          plain.push(...parts, parts[0].length)
          fingerprinter.pushArrays(...parts, parts[0].length)
        }
        const words = fingerprinter.finish()
        expect(words, `${kind} at ${rate} Hz`).toEqual(plain.finish())
        expect(words.filter((word) => word !== 0).length).toBeGreaterThan(8)
      }
    }
  })

  it('hold one word each 0.32 s, so that four minutes take at most 4 KB of a receipt', () => {
    expect(stored.length).toBe(91)
    expect((storedFingerprint(new Uint32Array(750).fill(1)) ?? '').length).toBeLessThanOrEqual(4_096)
  })

  it('find an excerpt of ten seconds, cut anywhere, at its place', () => {
    for (const from of [0, 5.13, 17.777, 20]) {
      const excerpt = song.subarray(Math.round(from * RATE), Math.round((from + 10) * RATE))
      const found = createFingerprintSearch(wordsOf(excerpt, 'query'))(stored)
      expect(found?.bitErrorRate, `from ${from} s`).toBeLessThan(0.15)
      expect(Math.abs((found?.offsetWords ?? -99) - from / 0.32)).toBeLessThan(1)
    }
  })

  it('do not depend on level or sample rate', () => {
    const search = createFingerprintSearch(wordsOf(music(1, 30, 44_100), 'query', 44_100))
    expect(search(stored)?.bitErrorRate).toBeLessThan(0.03)
    expect(
      createFingerprintSearch(
        wordsOf(
          song.map((sample) => sample / 8),
          'query',
        ),
      )(stored)?.bitErrorRate,
    ).toBeLessThan(0.03)
  })

  it('do not match other music, noise or silence, nor silence silence', () => {
    const others = [music(2, 30), noise(3, 30), new Float32Array(30 * RATE), noise(4, 30)].map((sound) => ({
      stored: wordsOf(sound),
      query: wordsOf(sound, 'query'),
    }))
    for (const [i, { query }] of others.entries()) {
      expect(createFingerprintSearch(query)(stored)).toBeNull()
      for (const [j, other] of others.entries()) if (i !== j || i === 2) expect(createFingerprintSearch(query)(other.stored)).toBeNull()
    }
    expect(others[2]?.stored.every((word) => word === 0)).toBe(true)
    expect(storedFingerprint(others[2]!.stored)).toBeNull()
  })

  it('are refused for a sound too short to be known again', () => {
    expect(storedFingerprint(wordsOf(song.subarray(0, 8 * RATE)))).toBeNull()
    expect(createFingerprintSearch(wordsOf(song.subarray(0, 5 * RATE), 'query'))(stored)).toBeNull()
  })

  it('outlive broken samples', () => {
    const broken = song.slice()
    broken[RATE] = Number.NaN
    broken[2 * RATE] = Number.POSITIVE_INFINITY
    expect(createFingerprintSearch(wordsOf(broken, 'query'))(stored)?.bitErrorRate).toBeLessThan(0.02)
  })
})

const COPIES: readonly (readonly [string, string, ...string[]])[] = [
  ['MP3 128k', 'mp3', '-b:a', '128k'],
  ['Ogg Vorbis', 'ogg', '-c:a', 'libvorbis', '-q:a', '3'],
  ['AAC 96k', 'm4a', '-c:a', 'aac', '-b:a', '96k'],
  ['44.1 kHz', 'flac', '-ar', '44100'],
  ['6 dB quieter', 'wav', '-af', 'volume=-6dB'],
  ['one channel', 'wav', '-ac', '1'],
  ['half a second later', 'mp3', '-af', 'adelay=513:all=1', '-b:a', '128k'],
  ['20 s of it', 'mp3', '-ss', '21.37', '-t', '20', '-b:a', '128k'],
]

describe.skipIf(!hasMaterial || !hasFfmpeg)('fingerprints of real music', () => {
  const dir = mkdtempSync(join(tmpdir(), 'stemma-fingerprint-'))
  const at = (name: string): string => join(dir, name)
  afterAll(() => rmSync(dir, { recursive: true, force: true }))
  let stored: Uint32Array

  const storedOf = async (path: string): Promise<Uint32Array> => {
    const source = openAudio(path)
    try {
      const fingerprinter = createFingerprinter(loadKernels(), source.info.sampleRate)
      for await (const { channels, frames } of source.blocks()) fingerprinter.pushArrays(channels[0]!, channels[1] ?? channels[0]!, frames)
      return fingerprinter.finish()
    } finally {
      source.close()
    }
  }

  beforeAll(async () => {
    const stems = readdirSync(SONG).map((name) => join(SONG, name))
    const mix = `amix=inputs=${stems.length}:normalize=0,volume=0.4`
    ffmpeg(...stems.flatMap((path) => ['-i', path]), '-filter_complex', mix, '-ar', '48000', '-ac', '2', at('song.wav'))
    ffmpeg('-i', at('song.wav'), '-c:a', 'libopus', '-b:a', '64k', at('song.opus'))
    stored = await storedOf(at('song.wav'))
  }, 120_000)

  it.each(COPIES)(
    'find a copy: %s',
    async (name, extension, ...args) => {
      const path = at(`copy.${extension}`)
      ffmpeg('-i', at('song.wav'), ...args, path)
      const query = unwrap(await fingerprintFile(path))
      const found = createFingerprintSearch(query)(stored)
      // The scan leaves things out for speed; it must not lose what a search of everything finds.
      expect(found).toEqual(matchFingerprints(query, stored))
      expect(found?.bitErrorRate, name).toBeLessThan(0.15)
    },
    60_000,
  )

  it('find a copy that went through Opus', async () => {
    ffmpeg('-i', at('song.opus'), at('opus.wav'))
    expect(createFingerprintSearch(unwrap(await fingerprintFile(at('opus.wav'))))(stored)?.bitErrorRate).toBeLessThan(0.15)
  }, 60_000)

  it('do not take one stem of a song for another', async () => {
    const stems = readdirSync(SONG).map((name) => join(SONG, name))
    const queries = await Promise.all(stems.map(async (path) => unwrap(await fingerprintFile(path))))
    const kept = await Promise.all(stems.map(storedOf))
    for (const [i, query] of queries.entries()) {
      const search = createFingerprintSearch(query)
      for (const [j, words] of kept.entries()) if (i !== j) expect(search(words), `${stems[i]} is not ${stems[j]}`).toBeNull()
    }
  }, 120_000)
})
