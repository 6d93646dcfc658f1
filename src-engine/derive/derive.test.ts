// Derived sounds in the cache: made once, whole or not at all, the same bits however they are asked for.
import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { buildKernels } from '../../scripts/build-kernels.mjs'
import { derivedLengthFrames, type Make, type PlanSource, type PlanWarp, type RenderPlan } from '../../src-shared/remix/index.ts'
import { INSTRUMENTS, KITS } from '../../src-shared/music/index.ts'
import { unwrap } from '../../src-shared/std/index.ts'
import { derivedDir, deriveKey } from '../derive-key.ts'
import { ensureDecoded, openDecoded, pcmPath, readPeaks, trimCache } from '../files/index.ts'
import { hasMaterial, MATERIAL, sha256Of } from '../files/testing.ts'
import { sine } from '../kernels/testing/index.ts'
import { exportPlan, renderPlan } from '../render/index.ts'
import { clip, noise, plan, StemFolder, track } from '../render/testing/plans.ts'
import { centsBetween, hzOf, lineWarp } from '../stretch/testing/sounds.ts'
import { closeDerivePool, type DeriveCall, ensureDerived, isDerived } from './index.ts'

const SECOND = 48_000

let folder: StemFolder
const call = (more: Partial<DeriveCall> = {}): DeriveCall => ({ cacheDir: folder.cacheDir, modelsDir: null, ...more })
const source = (index: number, more: Partial<PlanSource>): PlanSource => ({ ...(folder.sources[index] as PlanSource), ...more })
const warped = (index: number, ratio: number, cents = 0, keepsFormants = false): PlanSource =>
  source(index, { warp: lineWarp(folder.sources[index]?.lengthFrames ?? 0, ratio, cents, keepsFormants) })

const soundOf = (one: PlanSource): { readonly left: Float32Array; readonly right: Float32Array } => {
  const opened = unwrap(openDecoded(one.make || one.warp ? derivedDir(folder.cacheDir) : folder.cacheDir, deriveKey(one)))
  const left = new Float32Array(opened.lengthFrames)
  const right = new Float32Array(opened.lengthFrames)
  opened.read(0, opened.lengthFrames, left, right)
  opened.close()
  return { left, right }
}
const bitsOf = (one: PlanSource): string => {
  const { left, right } = soundOf(one)
  return createHash('sha256').update(new Uint8Array(left.buffer)).update(new Uint8Array(right.buffer)).digest('hex')
}
const partsIn = (cacheDir: string): readonly string[] => {
  const dir = derivedDir(cacheDir)
  return existsSync(dir) ? readdirSync(dir).filter((name) => name.includes('.part-')) : []
}
const planOf = (one: PlanSource): RenderPlan => plan([one], [track('t', { clips: [clip(0, derivedLengthFrames(one))] })])

beforeAll(() => void buildKernels())
beforeEach(() => {
  folder = new StemFolder()
})
afterEach(() => folder.remove())
afterAll(() => closeDerivePool())

describe('derived sounds', { timeout: 60_000 }, () => {
  it('are as long as the plan says, with peaks, and are not derived again', async () => {
    await folder.add({ left: sine({ hz: 440, frames: 3 * SECOND, peak: 0.5 }), right: sine({ hz: 330, frames: 3 * SECOND, peak: 0.5 }) })
    const one = warped(0, 1.25, 300)
    expect(isDerived(folder.cacheDir, one)).toBe(false)
    const seen: number[] = []
    expect((await ensureDerived([one], call({ onProgress: (fraction) => seen.push(fraction) }))).ok).toBe(true)
    expect(isDerived(folder.cacheDir, one)).toBe(true)
    expect(seen.at(-1)).toBe(1)
    const { left } = soundOf(one)
    expect(left.length).toBe(derivedLengthFrames(one))
    const peaks = unwrap(readPeaks(derivedDir(folder.cacheDir), deriveKey(one), { fromFrame: SECOND, toFrame: 2 * SECOND, buckets: 4 }))
    expect(peaks.max[0]?.every((value) => value > 0.45 && value < 0.55)).toBe(true)
    const path = pcmPath(derivedDir(folder.cacheDir), deriveKey(one))
    const before = readFileSync(path)
    expect((await ensureDerived([one], call())).ok).toBe(true)
    expect(readFileSync(path).equals(before)).toBe(true)
    expect(partsIn(folder.cacheDir)).toEqual([])
  })

  it('have a name that every ingredient changes, and the stem its own', async () => {
    await folder.add(noise(SECOND, 1))
    await folder.add(noise(SECOND, 2))
    const notes = { startFrame: 0, lengthFrames: 100, pitch: 60, velocity: 80 }
    const make: Make & { readonly kind: 'notes' } = { kind: 'notes', instrument: { name: 'x', params: {} }, notes: [notes], model: null }
    const all: readonly PlanSource[] = [
      source(0, {}),
      source(1, {}),
      warped(0, 1.25),
      warped(0, 1.5),
      warped(1, 1.25),
      warped(0, 1.25, 1),
      warped(0, 1.25, 1, true),
      source(0, { make }),
      source(0, { make: { ...make, notes: [{ ...notes, velocity: 81 }] } }),
      { ...warped(0, 1.25), make },
    ]
    const keys = all.map(deriveKey)
    expect(new Set(keys).size).toBe(all.length)
    expect(keys[0]).toBe(all[0]?.contentSha256)
    expect(deriveKey(source(0, { warp: lineWarp(SECOND, 1.25), title: 'other' }))).toBe(keys[2])
  })

  it('asked for twice at once are derived once, and a caller who leaves does not take them from the other', async () => {
    await folder.add(noise(20 * SECOND, 3))
    const one = warped(0, 1.1)
    const leaving = new AbortController()
    const first = ensureDerived([one], call({ signal: leaving.signal }))
    const second = ensureDerived([{ ...one }], call())
    await new Promise((resolve) => setTimeout(resolve, 150))
    expect(partsIn(folder.cacheDir).length).toBeLessThanOrEqual(1)
    leaving.abort()
    expect(await first).toMatchObject({ ok: false, error: { code: 'derive.cancelled' } })
    expect((await second).ok).toBe(true)
    expect(soundOf(one).left.length).toBe(derivedLengthFrames(one))
  })

  it('leave nothing behind when all have left, and can be asked for again', async () => {
    await folder.add(noise(60 * SECOND, 4))
    const one = warped(0, 1.1)
    const leaving = new AbortController()
    const running = ensureDerived([one], call({ signal: leaving.signal }))
    await expect.poll(() => partsIn(folder.cacheDir).length, { timeout: 10_000 }).toBe(1)
    leaving.abort()
    expect(await running).toMatchObject({ ok: false, error: { code: 'derive.cancelled' } })
    expect(partsIn(folder.cacheDir)).toEqual([])
    expect(isDerived(folder.cacheDir, one)).toBe(false)
    await closeDerivePool()
    const short = source(0, { warp: { ...lineWarp(SECOND, 1.1) } })
    expect((await ensureDerived([short], call())).ok).toBe(true)
  })

  it('survive a thread that dies: the next try makes them whole', async () => {
    await folder.add(noise(60 * SECOND, 5))
    const one = source(0, { warp: lineWarp(8 * SECOND, 1.2) })
    const running = ensureDerived([warped(0, 1.2)], call())
    await expect.poll(() => partsIn(folder.cacheDir).length, { timeout: 10_000 }).toBe(1)
    await closeDerivePool()
    expect(await running).toMatchObject({ ok: false, error: { code: 'derive.failed' } })
    expect((await ensureDerived([one], call())).ok).toBe(true)
    expect(soundOf(one).left.length).toBe(derivedLengthFrames(one))
  })

  it('say which stem is not decoded, and refuse what would fill the disk', async () => {
    await folder.add(noise(SECOND, 6), { isDecoded: false })
    expect(await ensureDerived([warped(0, 1.2)], call())).toMatchObject({ ok: false, error: { code: 'audio.cache_corrupt' } })
    const endless: PlanWarp = {
      anchors: [
        [0, 0],
        [SECOND, 7 * 3_600 * SECOND],
      ],
      cents: 0,
      keepsFormants: false,
    }
    expect(await ensureDerived([source(0, { warp: endless })], call())).toMatchObject({ ok: false, error: { code: 'derive.too_long' } })
  })

  it('of a silent stem are silent and cost no disk; of 3 s of noise they are what was asked', async () => {
    await folder.add({ left: new Float32Array(30 * SECOND), right: new Float32Array(30 * SECOND) })
    await folder.add(noise(3 * SECOND, 7))
    const silent = warped(0, 1.3, -200)
    const noisy = warped(1, 0.7, 500)
    expect((await ensureDerived([silent, noisy], call())).ok).toBe(true)
    const opened = unwrap(openDecoded(derivedDir(folder.cacheDir), deriveKey(silent)))
    expect(opened.isSilent(0, opened.lengthFrames)).toBe(true)
    expect(opened.lengthFrames).toBe(39 * SECOND)
    opened.close()
    const { left } = soundOf(noisy)
    expect(left.length).toBe(Math.round(3 * SECOND * 0.7))
    expect(left.every((sample) => Number.isFinite(sample) && Math.abs(sample) < 3)).toBe(true)
    const level = Math.sqrt(left.reduce((sum, sample) => sum + sample * sample, 0) / left.length)
    expect(level).toBeGreaterThan(0.1)
  })

  it('of a mono stem at 44.1 kHz stay mono, as long and as high as they should be', async () => {
    const frames = 4 * 44_100
    const bytes = Buffer.alloc(44 + frames * 2)
    bytes.write('RIFF', 0)
    bytes.writeUInt32LE(36 + frames * 2, 4)
    bytes.write('WAVEfmt ', 8)
    bytes.writeUInt32LE(16, 16)
    for (const [at, value] of [
      [20, 1],
      [22, 1],
      [32, 2],
      [34, 16],
    ] as const)
      bytes.writeUInt16LE(value, at)
    bytes.writeUInt32LE(44_100, 24)
    bytes.writeUInt32LE(88_200, 28)
    bytes.write('data', 36)
    bytes.writeUInt32LE(frames * 2, 40)
    sine({ hz: 440, frames, rate: 44_100, peak: 0.5 }).forEach(
      (sample, i) => void bytes.writeInt16LE(Math.round(sample * 32_767), 44 + i * 2),
    )
    const path = join(folder.dir, 'mono.wav')
    writeFileSync(path, bytes)
    const contentSha256 = sha256Of(path)
    unwrap(await ensureDecoded({ path, contentSha256, cacheDir: folder.cacheDir }))
    const warp = lineWarp(4 * SECOND, 1.5, -700)
    const one: PlanSource = { ...planSource, contentSha256, sampleRate: 44_100, channels: 1, lengthFrames: frames, warp }
    expect((await ensureDerived([one], call())).ok).toBe(true)
    const opened = unwrap(openDecoded(derivedDir(folder.cacheDir), deriveKey(one)))
    expect(opened).toMatchObject({ channels: 1, lengthFrames: 6 * SECOND })
    opened.close()
    const { left } = soundOf(one)
    const wanted = 440 * 2 ** (-700 / 1_200)
    expect(Math.abs(centsBetween(hzOf(left, wanted, 9_600, left.length - 9_600), wanted))).toBeLessThan(0.5)
  })

  it('made from notes and hits, and warped after that, chain: each step is kept by itself', async () => {
    await folder.add(noise(4 * SECOND, 11))
    const note = { startFrame: SECOND, lengthFrames: SECOND, pitch: 60, velocity: 100 }
    const notes: Make = { kind: 'notes', instrument: { name: INSTRUMENTS[0].name, params: {} }, notes: [note], model: null }
    const plain = source(0, { make: notes })
    const bent = { ...warped(0, 1.25), make: notes }
    const beat = source(0, {
      make: { kind: 'hits', kit: KITS[0].name, hits: [{ frame: 4_800, drum: 'snare', velocity: 100 }] },
    })
    expect(await ensureDerived([bent, beat], call())).toEqual({ ok: true, value: null })
    expect(isDerived(folder.cacheDir, plain)).toBe(true)
    expect(soundOf(plain).left.length).toBe(4 * SECOND)
    expect(soundOf(bent).left.length).toBe(5 * SECOND)
    for (const [one, at] of [
      [plain, SECOND],
      [bent, 1.25 * SECOND],
      [beat, 4_800],
    ] as const) {
      const { left } = soundOf(one)
      expect(left.subarray(0, at - 2_400).every((sample) => Math.abs(sample) < 0.01)).toBe(true)
      expect(left.subarray(at, at + 9_600).some((sample) => Math.abs(sample) > 0.02)).toBe(true)
    }
  })

  it('give the same bits in any thread, in playback and in exports with 1 and 4 threads', async () => {
    await folder.add(noise(6 * SECOND, 8))
    await folder.add(noise(4 * SECOND, 9))
    const one = warped(0, 0.85, 250, true)
    const decoys = [warped(1, 1.1), warped(1, 1.2), warped(1, 1.3)]
    expect((await ensureDerived([one], call())).ok).toBe(true)
    const bits = bitsOf(one)
    const hashes = new Set<string>()
    for (const threads of [1, 4]) {
      trimCache({ cacheDir: derivedDir(folder.cacheDir), maxBytes: 0, keep: new Set(), withPeaks: true })
      expect(readdirSync(derivedDir(folder.cacheDir))).toEqual([])
      expect(isDerived(folder.cacheDir, one)).toBe(false)
      const [measured] = await Promise.all([
        exportPlan(
          { plan: planOf(one), stems: [], range: null, threads, loudnessTargetLufs: null, outputs: [] },
          { cacheDir: folder.cacheDir, signal: new AbortController().signal, onProgress: () => {} },
        ),
        ensureDerived(decoys, call()),
      ])
      hashes.add(unwrap(measured).pcmSha256)
      expect(bitsOf(one)).toBe(bits)
    }
    expect(hashes.size).toBe(1)
    const { left } = soundOf(one)
    const played = new Float32Array(left.length)
    const rendered = await renderPlan({
      plan: planOf(one),
      cacheDir: folder.cacheDir,
      fromFrame: 0,
      toFrame: left.length,
      threads: 1,
      onBlock: (block, kernels) => played.set(kernels.f32(block.left, block.frames), block.frame),
    })
    expect(rendered.ok).toBe(true)
    expect(played.every((sample, i) => sample === left[i])).toBe(true)
  })

  it('tell exports how far they are, and an export that is cancelled meanwhile says so', async () => {
    await folder.add(noise(40 * SECOND, 10))
    const steps: string[] = []
    const cancel = new AbortController()
    const running = exportPlan(
      { plan: planOf(warped(0, 1.5)), stems: [], range: null, threads: 1, loudnessTargetLufs: null, outputs: [] },
      {
        cacheDir: folder.cacheDir,
        signal: cancel.signal,
        onProgress: ({ step, stem }) => {
          steps.push(`${step} ${stem}`)
          cancel.abort()
        },
      },
    )
    expect(await running).toMatchObject({ ok: false, error: { code: 'export.cancelled' } })
    expect(steps[0]).toBe('derive Stem 0')
    expect(partsIn(folder.cacheDir)).toEqual([])
  })

  it.skipIf(!hasMaterial)('of a real stem hold its level at another tempo and pitch', async () => {
    const path = join(
      MATERIAL,
      'potassium',
      readdirSync(join(MATERIAL, 'potassium')).filter((name) => /vox-lead.*m4a$/.test(name))[0] ?? '',
    )
    const contentSha256 = sha256Of(path)
    const decoded = unwrap(await ensureDecoded({ path, contentSha256, cacheDir: folder.cacheDir }))
    folder.sources.push({ ...planSource, contentSha256, lengthFrames: decoded.lengthFrames, channels: decoded.channels })
    const slow = warped(0, 1.125, -200, true)
    expect((await ensureDerived([slow], call())).ok).toBe(true)
    const loudness = (sound: Float32Array): number => 10 * Math.log10(sound.reduce((sum, one) => sum + one * one, 0) / sound.length)
    const before = loudness(soundOf(source(0, {})).left)
    const after = loudness(soundOf(slow).left)
    expect(Math.abs(after - before)).toBeLessThan(1)
  })
})

const planSource: PlanSource = {
  stemId: 'urn:stem:real',
  workId: 'urn:work:real',
  role: 'vocals',
  title: 'Lead',
  contentSha256: '',
  sampleRate: 48_000,
  channels: 2,
  lengthFrames: 0,
  isrc: null,
}
