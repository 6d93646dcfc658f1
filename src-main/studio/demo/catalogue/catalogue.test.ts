// What a listener, and a licence, may rely on in the demo catalogue. Each stem is rendered once, through the same path as in the app.
import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { OfflineAudioContext } from 'node-web-audio-api'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { keySchema, roleSchema } from '../../../../src-shared/remix/index.ts'
import { grantSchema } from '../../../../src-shared/rights/index.ts'
import { unwrap } from '../../../../src-shared/std/index.ts'
import { readWorkFile } from '../../pack/index.ts'
import { type DemoWorkFolder, renderDemoCatalogue, type WorkFile } from './index.ts'
import { integratedLoudness, truePeakDb } from './measure.testing.ts'
import { renderStem } from './render-stem.ts'
import { DEMO_WORKS } from './works/index.ts'

const RATE = 48_000
const dir = await mkdtemp(join(tmpdir(), 'stemma-demo-'))
const reports: { fraction: number; label: string }[] = []
let folders: DemoWorkFolder[] = []

beforeAll(async () => {
  folders = unwrap(await renderDemoCatalogue({ dir, onProgress: (fraction, label) => reports.push({ fraction, label }) }))
}, 180_000)

afterAll(() => rm(dir, { recursive: true, force: true }))

const readWork = async (folder: DemoWorkFolder): Promise<WorkFile> =>
  JSON.parse(await readFile(join(folder.dir, 'work.json'), 'utf8')) as WorkFile

const decode = async (path: string): Promise<readonly [Float32Array, Float32Array]> => {
  const bytes = await readFile(path)
  const context = new OfflineAudioContext(1, 1, RATE)
  const audio = await context.decodeAudioData(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) as ArrayBuffer)
  return [audio.getChannelData(0), audio.getChannelData(Math.min(1, audio.numberOfChannels - 1))]
}

/** Seconds in which a channel is louder than -60 dBFS, in steps of a tenth. */
const soundingSeconds = (samples: Float32Array): number => {
  let seconds = 0
  for (let start = 0; start < samples.length; start += RATE / 10) {
    let peak = 0
    for (let n = start; n < Math.min(samples.length, start + RATE / 10); n++) peak = Math.max(peak, Math.abs(samples[n] as number))
    if (peak > 0.001) seconds += 0.1
  }
  return seconds
}

describe('the demo catalogue', () => {
  it('is three folders with work.json and nothing half-made beside them', async () => {
    expect(folders.map((folder) => folder.id)).toEqual(['glass-orchard', 'harbour-lights', 'paper-kites'])
    expect((await readdir(dir)).sort()).toEqual(['glass-orchard', 'harbour-lights', 'paper-kites'])
  })

  it('reports progress that never falls and ends at 1', () => {
    expect(reports.length).toBeGreaterThan(60)
    for (const [index, report] of reports.entries())
      expect(report.fraction).toBeGreaterThanOrEqual((reports[index - 1]?.fraction ?? 0) - 1e-9)
    expect(reports.at(-1)?.fraction).toBe(1)
  })

  it('is left alone when it is there already', async () => {
    const path = join(dir, 'paper-kites', 'bass.flac')
    const before = (await stat(path)).mtimeMs
    unwrap(await renderDemoCatalogue({ dir }))
    expect((await stat(path)).mtimeMs).toBe(before)
  })

  it('differs in tempo, key, meter and licence from work to work', async () => {
    const works = await Promise.all(folders.map(readWork))
    for (const field of ['tempo', 'key', 'meter'] as const) expect(new Set(works.map((work) => work[field])).size).toBe(3)
    const [open, restricted, expired] = works as [WorkFile, WorkFile, WorkFile]
    expect(open.grant.transform.maxUsedMs).toBeNull()
    expect(open.grant.use.exports).toBeNull()
    expect(restricted.grant.transform.maxUsedMs).toBe(60_000)
    expect(restricted.grant.use.exports?.max).toBe(3)
    expect(restricted.grant.transform.rules).toContainEqual({ roles: ['vocals'], op: 'pitch', effect: 'deny' })
    expect(Date.parse(expired.grant.validity.notAfter)).toBeLessThan(Date.now())
    expect(Date.parse(open.grant.validity.notAfter)).toBeGreaterThan(Date.now())
  })

  it('names the source of every sample it plays', async () => {
    const page = await readFile(join(import.meta.dirname, '../../../../docs/demo-catalogue.md'), 'utf8')
    for (const sample of new Set(DEMO_WORKS.flatMap((work) => work.stems.flatMap((stem) => stem.samples)))) {
      expect(page).toMatch(new RegExp(`\\| \`${sample}\` \\| (https://|Donated by)`))
    }
  })

  it('renders the same bytes again', async () => {
    expect(Buffer.from(await renderStem('paper-kites', 'bass'))).toEqual(await readFile(join(dir, 'paper-kites', 'bass.flac')))
  }, 30_000)

  it('stops when cancelled and leaves nothing behind', async () => {
    const other = await mkdtemp(join(tmpdir(), 'stemma-demo-'))
    const controller = new AbortController()
    const result = await renderDemoCatalogue({ dir: other, signal: controller.signal, onProgress: () => controller.abort() })
    expect(result.ok ? undefined : result.error.code).toBe('demo.cancelled')
    expect(await readdir(other)).toEqual([])
    await rm(other, { recursive: true })
  }, 30_000)
})

describe.each(DEMO_WORKS.map((work) => [work.title, work] as const))('%s', (_, work) => {
  const folder = join(dir, work.id)

  it('has a legible work.json: roles, key, meter, sections that fill the bars, terms a grant can be made of', async () => {
    const file = await readWork({ id: work.id, title: work.title, dir: folder })
    expect(file.stems.length).toBeGreaterThanOrEqual(6)
    expect(file.stems.length).toBeLessThanOrEqual(8)
    for (const stem of file.stems) expect(roleSchema.safeParse(stem.role).success).toBe(true)
    expect(file.stems.some((stem) => stem.role === 'vocals')).toBe(true)
    expect(keySchema.safeParse(file.key).success).toBe(true)
    expect(file.meter).toMatch(/^\d+\/(4|8)$/)
    const [numerator = 0, denominator = 1] = file.meter.split('/').map(Number)
    expect((numerator * 4) / denominator).toBe(work.grid.beatsPerBar)
    expect(60 / file.tempo).toBeCloseTo(work.grid.secondsPerBeat, 12)
    let nextBar = 1
    for (const section of file.sections) {
      expect(section.startBar).toBe(nextBar)
      nextBar += section.lengthBars
    }
    expect(nextBar - 1).toBe(work.grid.bars)
    for (const color of file.coverColors) expect(color).toMatch(/^#[0-9a-f]{6}$/)
    const terms = grantSchema.pick({
      licensor: true,
      consent: true,
      validity: true,
      territory: true,
      use: true,
      transform: true,
      training: true,
      credit: true,
      shareAlike: true,
      compensation: true,
      offline: true,
    })
    expect(terms.parse(file.grant)).toEqual(file.grant)
    expect((await readWorkFile(folder)).ok).toBe(true)
  })

  it('sounds as it should: aligned stems, peaks, loudness of the sum, ends without clicks', async () => {
    const left = new Float64Array(work.grid.frames)
    const right = new Float64Array(work.grid.frames)
    for (const stem of work.stems) {
      const channels = await decode(join(folder, `${stem.file}.flac`))
      let peak = 0
      let sum = 0
      channels.forEach((channel, side) => {
        expect(channel.length).toBe(work.grid.frames)
        const total = side === 0 ? left : right
        for (let n = 0; n < channel.length; n++) {
          const value = channel[n] as number
          peak = Math.max(peak, Math.abs(value))
          sum += value
          total[n] = (total[n] as number) + value
        }
        expect(Math.abs(channel[0] as number)).toBeLessThan(0.0005)
        expect(Math.abs(channel[channel.length - 1] as number)).toBeLessThan(0.0005)
      })
      expect(20 * Math.log10(peak), stem.title).toBeLessThan(-3)
      expect(20 * Math.log10(peak), stem.title).toBeGreaterThan(-25)
      expect(Math.abs(sum / work.grid.frames / 2), stem.title).toBeLessThan(0.0005)
      expect(soundingSeconds(channels[0]), stem.title).toBeGreaterThan(20)
      if (stem.role === 'vocals') expect(soundingSeconds(channels[0])).toBeGreaterThan(70)
    }
    expect(work.grid.frames / RATE).toBeGreaterThan(60)
    expect(work.grid.frames / RATE).toBeLessThan(100)
    const loudness = integratedLoudness(left, right)
    expect(loudness).toBeGreaterThan(-16)
    expect(loudness).toBeLessThan(-14)
    expect(Math.max(truePeakDb(left), truePeakDb(right))).toBeLessThan(-1)
  }, 60_000)
})
