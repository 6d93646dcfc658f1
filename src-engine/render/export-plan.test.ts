// One render writes every file that was asked for, hits a loudness target or says why not, and leaves nothing behind when it stops.
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { ExportJob } from '../../src-shared/protocol/index.ts'
import type { RenderPlan } from '../../src-shared/remix/index.ts'
import { unwrap } from '../../src-shared/std/index.ts'
import { hashFilePcm } from '../files/index.ts'
import { exportPlan, type ExportContext } from './export-plan.ts'
import { bus, clip, device, noise, plan, send, StemFolder, track } from './testing/plans.ts'

const folder = new StemFolder()
const tags = { title: 'Test', artist: 'Nobody' }
let of: RenderPlan

beforeAll(async () => {
  const a = await folder.add(noise(150_000, 30, 0.1))
  // Not decoded yet: the export does it.
  const b = await folder.add(noise(120_000, 31, 0.1), { isDecoded: false })
  of = plan(
    folder.sources,
    [
      track('a', { clips: [clip(a, 150_000)], sends: [send('verb', -12)] }),
      track('b', { clips: [clip(b, 60_000, { startFrame: 40_000 })], devices: [device('eq', 'eq')] }),
      bus('verb', { devices: [device('rev', 'reverb', { decaySeconds: 0.5 })] }),
      track('track:master', { kind: 'master', devices: [device('comp', 'compressor')] }),
    ],
    24_000,
  )
})
afterAll(() => folder.remove())

const job = (more: Partial<ExportJob> = {}): ExportJob => ({
  plan: of,
  stems: folder.files,
  range: null,
  loudnessTargetLufs: null,
  threads: 1,
  outputs: [],
  ...more,
})
const context = (more: Partial<ExportContext> = {}): ExportContext => ({
  cacheDir: folder.cacheDir,
  signal: new AbortController().signal,
  onProgress: () => {},
  ...more,
})
const path = (name: string): string => join(folder.dir, name)
const floats = (file: string): Float32Array => {
  const bytes = readFileSync(file)
  const at = bytes.indexOf('data') + 8
  return new Float32Array(bytes.buffer.slice(bytes.byteOffset + at, bytes.byteOffset + at + bytes.readUInt32LE(at - 4)))
}

describe('exportPlan', () => {
  it('decodes what is missing and writes several formats from one render', async () => {
    const steps = new Set<string>()
    const outputs = (['wav16', 'wav24', 'wav32f', 'flac24', 'mp3'] as const).map((format) => ({
      path: path(`all.${format}`),
      format,
      trackId: null,
      tags,
    }))
    const reply = unwrap(await exportPlan(job({ outputs }), context({ onProgress: ({ step, stem }) => steps.add(`${step} ${stem}`) })))
    expect(reply.durationFrames).toBe(174_000)
    expect(reply.files.map(({ format }) => format)).toEqual(['wav16', 'wav24', 'wav32f', 'flac24', 'mp3'])
    for (const file of reply.files) {
      expect(statSync(file.path).size).toBe(file.bytes)
      expect(file.pcmSha256).toBe(reply.pcmSha256)
    }
    expect(floats(path('all.wav32f')).length).toBe(174_000 * 2)
    expect([...steps]).toEqual(expect.arrayContaining(['decode Stem 1', 'render null']))
    const again = unwrap(await exportPlan(job({ threads: 2 }), context()))
    expect(again.pcmSha256).toBe(reply.pcmSha256)
  })

  it('writes stems of equal length that add up to the mix before the master', async () => {
    const bare = { ...of, tracks: of.tracks.map((one) => (one.kind === 'master' ? { ...one, devices: [] } : one)) }
    const outputs = ['a', 'b', 'verb', null].map((trackId) => ({
      path: path(`stem-${trackId}.wav`),
      format: 'wav32f' as const,
      trackId,
      tags,
    }))
    const reply = unwrap(await exportPlan(job({ plan: bare, outputs, threads: 2 }), context()))
    const [a, b, verb, mix] = reply.files.map((file) => floats(file.path)) as [Float32Array, Float32Array, Float32Array, Float32Array]
    expect([a.length, b.length, verb.length]).toEqual([mix.length, mix.length, mix.length])
    let worst = 0
    for (let i = 0; i < mix.length; i++) worst = Math.max(worst, Math.abs(a[i]! + b[i]! + verb[i]! - mix[i]!))
    expect(worst).toBeLessThan(1e-6)
    expect(new Set(reply.files.map((file) => file.pcmSha256)).size).toBe(4)
  })

  it('reaches a loudness target under the true-peak ceiling, or says what kept it', async () => {
    const reached = unwrap(await exportPlan(job({ loudnessTargetLufs: -20 }), context()))
    expect(reached.loudness.integratedLufs).toBeCloseTo(-20, 1)
    expect(reached.shortfall).toBeNull()
    const missed = unwrap(await exportPlan(job({ loudnessTargetLufs: -5 }), context()))
    expect(missed.loudness.truePeakDb).toBeLessThanOrEqual(-0.9)
    expect(missed.shortfall).toMatch(/below the target of -5: the limiter held the peaks/)
  })

  it('leaves nothing behind when cancelled, and never touches a file that was there before', async () => {
    const controller = new AbortController()
    const outputs = (['wav16', 'flac16', 'mp3'] as const).map((format) => ({ path: path(`gone.${format}`), format, trackId: null, tags }))
    const cancelled = await exportPlan(
      job({ outputs }),
      context({ signal: controller.signal, onProgress: ({ step, fraction }) => step === 'render' && fraction > 0.2 && controller.abort() }),
    )
    expect(cancelled).toMatchObject({ ok: false, error: { code: 'export.cancelled' } })
    for (const output of outputs) expect(existsSync(output.path)).toBe(false)
    writeFileSync(path('mine.wav'), 'mine')
    const taken = await exportPlan(
      job({ outputs: [outputs[0]!, { path: path('mine.wav'), format: 'wav16', trackId: null, tags }] }),
      context(),
    )
    expect(taken.ok).toBe(false)
    expect(readFileSync(path('mine.wav'), 'utf8')).toBe('mine')
    expect(existsSync(outputs[0]!.path)).toBe(false)
  })

  it('refuses an empty remix and a track that is gone', async () => {
    expect(await exportPlan(job({ plan: plan([], []) }), context())).toMatchObject({ ok: false, error: { code: 'export.empty' } })
    const outputs = [{ path: path('x.wav'), format: 'wav16' as const, trackId: 'nobody', tags }]
    expect(await exportPlan(job({ outputs }), context())).toMatchObject({ ok: false, error: { code: 'export.track_missing' } })
  })
})

describe('exportPlan of more than a minute, whose WAV files are written where the mix is measured', () => {
  const long = { fromFrame: 0, toFrame: 3_000_000 }
  const wavs = (names: readonly string[]) =>
    names.map((name, i) => ({ path: path(name), format: (['wav32f', 'wav24', 'wav16'] as const)[i]!, trackId: null, tags }))

  it('writes the same samples as a short one, in every depth', async () => {
    const reply = unwrap(await exportPlan(job({ range: long, outputs: wavs(['l32.wav', 'l24.wav', 'l16.wav']) }), context()))
    const [exact, ...integers] = reply.files
    const samples = floats(exact!.path)
    expect(samples.length).toBe(6_000_000)
    expect(createHash('sha256').update(samples).digest('hex')).toBe(reply.pcmSha256)
    const short = unwrap(await exportPlan(job({ outputs: wavs(['s32.wav']) }), context()))
    expect(createHash('sha256').update(samples.subarray(0, 348_000)).digest('hex')).toBe(short.pcmSha256)
    for (const file of integers) {
      expect(statSync(file.path).size).toBe(file.bytes)
      expect(unwrap(await hashFilePcm(file.path))).toBe(file.filePcmSha256)
    }
  })

  it('leaves nothing behind when cancelled, when a folder is gone, or when a track is', async () => {
    const controller = new AbortController()
    const onProgress: ExportContext['onProgress'] = ({ step, fraction }) => step === 'render' && fraction > 0.2 && controller.abort()
    const outputs = wavs(['gone32.wav', 'gone24.wav'])
    const cancelled = await exportPlan(job({ range: long, outputs }), context({ signal: controller.signal, onProgress }))
    expect(cancelled).toMatchObject({ ok: false, error: { code: 'export.cancelled' } })
    const nowhere = await exportPlan(job({ range: long, outputs: wavs(['gone32.wav', 'nowhere/gone24.wav']) }), context())
    expect(nowhere).toMatchObject({ ok: false, error: { code: 'encode.unwritable' } })
    const nobody = { ...outputs[1]!, trackId: 'nobody' }
    const missing = await exportPlan(job({ range: long, outputs: [outputs[0]!, nobody] }), context())
    expect(missing).toMatchObject({ ok: false, error: { code: 'export.track_missing' } })
    for (const output of outputs) expect(existsSync(output.path)).toBe(false)
  })
})
