// Notes and phrases of decoded stems: right on sound that is known, nothing in silence and noise, kept by content, and ended when the user wants.
import { createHash } from 'node:crypto'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import type { Note } from '../../src-shared/remix/index.ts'
import { unwrap } from '../../src-shared/std/index.ts'
import { closeDecodePool, ensureDecoded } from '../files/index.ts'
import { renderNotes } from '../instruments/index.ts'
import { BASIC_PITCH, closeAiJobs, findPhrases, SILERO_VAD, transcribe } from './index.ts'

const RATE = 48_000
const cacheDir = mkdtempSync(join(tmpdir(), 'stemma-ai-'))
afterAll(async () => {
  await closeAiJobs()
  await closeDecodePool()
  rmSync(cacheDir, { recursive: true, force: true })
})

const wavOf = (samples: Float32Array): Buffer => {
  const bytes = Buffer.alloc(44 + samples.length * 2)
  bytes.write('RIFF', 0)
  bytes.writeUInt32LE(36 + samples.length * 2, 4)
  bytes.write('WAVEfmt ', 8)
  bytes.writeUInt32LE(16, 16)
  bytes.writeUInt16LE(1, 20)
  bytes.writeUInt16LE(1, 22)
  bytes.writeUInt32LE(RATE, 24)
  bytes.writeUInt32LE(RATE * 2, 28)
  bytes.writeUInt16LE(2, 32)
  bytes.writeUInt16LE(16, 34)
  bytes.write('data', 36)
  bytes.writeUInt32LE(samples.length * 2, 40)
  for (const [n, value] of samples.entries())
    bytes.writeInt16LE(Math.max(-32_768, Math.min(32_767, Math.round(value * 32_767))), 44 + n * 2)
  return bytes
}

const decoded = async (path: string) => {
  const contentSha256 = createHash('sha256').update(readFileSync(path)).digest('hex')
  unwrap(await ensureDecoded({ path, contentSha256, cacheDir }))
  return { cacheDir, contentSha256 }
}
const stemOf = (samples: Float32Array) => {
  const bytes = wavOf(samples)
  const path = join(cacheDir, `${createHash('sha256').update(bytes).digest('hex').slice(0, 12)}.wav`)
  writeFileSync(path, bytes)
  return decoded(path)
}
const played = async (notes: readonly Note[], name: string, frames: number): Promise<Float32Array> => {
  const sound = new Float32Array(frames)
  let at = 0
  for await (const { left, frames: count } of renderNotes(notes, { name, params: {} }, frames)) {
    sound.set(left, at)
    at += count
  }
  return sound
}

const TUNE: readonly Note[] = [60, 62, 64, 67, 65, 64, 62, 59, 60].map((pitch, index) => ({
  startFrame: 10_000 + index * 18_000,
  lengthFrames: 17_000,
  pitch,
  velocity: 100,
}))
let state = 1
const noise = (frames: number, level: number): Float32Array =>
  Float32Array.from({ length: frames }, () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0
    return (level * state) / 2 ** 31
  })

describe('transcription', () => {
  it('hears a tune: every note, its pitch, where it begins and about how long it is', async () => {
    const stem = await stemOf(await played(TUNE, 'e-piano', RATE * 5))
    const progress: number[] = []
    const { model, notes } = unwrap(await transcribe({ ...stem, onProgress: (fraction) => progress.push(fraction) }))
    expect(model).toMatchObject({ urn: BASIC_PITCH.urn, licence: 'Apache-2.0' })
    expect(notes.map(({ pitch }) => pitch)).toEqual(TUNE.map(({ pitch }) => pitch))
    notes.forEach((note, index) => {
      const wanted = TUNE[index] as Note
      expect(Math.abs(note.startFrame - wanted.startFrame)).toBeLessThan(0.03 * RATE)
      expect(Math.abs(note.lengthFrames - wanted.lengthFrames)).toBeLessThan(0.2 * RATE)
      expect(note.velocity).toBeGreaterThan(60)
    })
    expect(progress.at(-1)).toBe(1)

    const again: number[] = []
    expect(unwrap(await transcribe({ ...stem, onProgress: (fraction) => again.push(fraction) })).notes).toEqual(notes)
    expect(again).toEqual([])
  }, 60_000)

  it('finds nothing in silence, and little in noise', async () => {
    expect(unwrap(await transcribe(await stemOf(new Float32Array(RATE * 3)))).notes).toEqual([])
    expect(unwrap(await transcribe(await stemOf(noise(RATE * 3, 0.3)))).notes.length).toBeLessThan(6)
  }, 60_000)

  it('computes anew where what was kept is damaged', async () => {
    const stem = await stemOf(await played(TUNE.slice(0, 3), 'pluck', RATE * 2))
    const { notes } = unwrap(await transcribe(stem))
    const kept = readdirSync(cacheDir).filter((name) => name.startsWith(stem.contentSha256) && name.endsWith('.found.json'))
    expect(kept).toHaveLength(1)
    for (const damage of ['{', '{"question":"x","value":[]}', '']) {
      writeFileSync(join(cacheDir, kept[0] as string), damage)
      expect(unwrap(await transcribe(stem)).notes).toEqual(notes)
    }
  }, 60_000)

  it('stops at once when cancelled, and works again afterwards', async () => {
    const stem = await stemOf(noise(RATE * 60, 0.2))
    const controller = new AbortController()
    const running = transcribe({ ...stem, signal: controller.signal, onProgress: () => controller.abort() })
    const waiting = transcribe({ ...(await stemOf(noise(RATE, 0.2))), signal: controller.signal })
    expect(await running).toMatchObject({ ok: false, error: { code: 'ai.cancelled' } })
    expect(await waiting).toMatchObject({ ok: false, error: { code: 'ai.cancelled' } })
    expect((await transcribe(await stemOf(await played(TUNE.slice(0, 2), 'lead', RATE)))).ok).toBe(true)
  }, 60_000)

  it('says so where the stem is not decoded', async () => {
    expect(await transcribe({ cacheDir, contentSha256: 'a'.repeat(64) })).toMatchObject({
      ok: false,
      error: { code: 'audio.cache_corrupt' },
    })
  })
})

describe('vocal phrases', () => {
  it('are none in silence, noise and instruments', async () => {
    for (const samples of [new Float32Array(RATE * 2), noise(RATE * 3, 0.3), await played(TUNE, 'lead', RATE * 5)]) {
      const { model, phrases } = unwrap(await findPhrases(await stemOf(samples)))
      expect(model.urn).toBe(SILERO_VAD.urn)
      expect(phrases).toEqual([])
    }
  }, 60_000)

  const vocals = join(
    process.env.STEMMA_MATERIAL ?? resolve(import.meta.dirname, '../../../shared/material'),
    'potassium-24bars/vox-lead.flac',
  )

  it.skipIf(!existsSync(vocals))(
    'of a real singer lie apart, begin and end where it is quiet, and leave no voice outside',
    async () => {
      const stem = await decoded(vocals)
      const { phrases } = unwrap(await findPhrases(stem))
      expect(phrases.length).toBeGreaterThanOrEqual(6)
      const { openDecoded } = await import('../files/index.ts')
      const source = unwrap(openDecoded(cacheDir, stem.contentSha256))
      const left = new Float32Array(source.lengthFrames)
      const right = new Float32Array(source.lengthFrames)
      source.read(0, source.lengthFrames, left, right)
      source.close()
      const energy = (from: number, to: number): number => {
        let sum = 0
        for (let n = Math.max(0, from); n < Math.min(left.length, to); n++) sum += (left[n] as number) ** 2
        return sum
      }
      const total = energy(0, left.length)
      const inside = phrases.reduce((sum, { startFrame, endFrame }) => sum + energy(startFrame, endFrame), 0)
      expect(inside / total).toBeGreaterThan(0.99)
      phrases.forEach(({ startFrame, endFrame, confidencePermille }, index) => {
        expect(startFrame).toBeGreaterThanOrEqual(phrases[index - 1]?.endFrame ?? 0)
        expect(confidencePermille).toBeGreaterThan(500)
        const level = energy(startFrame, endFrame) / (endFrame - startFrame)
        for (const edge of [startFrame, endFrame]) expect(energy(edge - 240, edge + 240) / 480).toBeLessThan(level / 100)
      })
    },
    120_000,
  )
})
