// Styles by ear, as far as numbers hear: each does to a real work what its name says, rendered by the engine that exports.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { StyleEar, type StyleSound } from '../../bench/styles/style-sound.ts'
import {
  APP_VERSION,
  createNodeProcessHost,
  ensureDemoPacks,
  measureMix,
  type MixMeasure,
  proposeStyle,
  startEmbeddedService,
  type Studio,
} from '../../src-main/studio/index.ts'
import type { SpectralProfile } from '../../src-shared/protocol/index.ts'
import { recipesOf } from '../../src-engine/styles/index.ts'
import type { RemixSnapshot } from '../../src-shared/remix/index.ts'
import { unwrap } from '../../src-shared/std/index.ts'
import { openStudioAt, orderOf } from '../rigs/studio-rig.ts'

/** How far two tones lie apart: mean difference in third-octave bands from 63 Hz to 10 kHz, level taken out. */
const toneDistance = (left: SpectralProfile, right: SpectralProfile): number => {
  const bands = left.bandsHz.flatMap((hz, i) => (hz > 60 && hz < 10_500 ? [(left.levelsDb[i] ?? 0) - (right.levelsDb[i] ?? 0)] : []))
  const mean = bands.reduce((sum, db) => sum + db, 0) / bands.length
  return bands.reduce((sum, db) => sum + Math.abs(db - mean), 0) / bands.length
}

describe('styles on Glass Orchard (style.sound)', { timeout: 280_000 }, () => {
  const homeDir = mkdtempSync(join(tmpdir(), 'stemma-styles-'))
  let studio: Studio
  let stop: () => Promise<void> = async () => {}
  let snapshot: RemixSnapshot
  let ear: StyleEar
  let before: StyleSound

  beforeAll(async () => {
    studio = unwrap(await openStudioAt(homeDir, null))
    const packs = unwrap(
      await ensureDemoPacks({
        dir: studio.home.demo,
        homeDir,
        signer: studio.signer,
        appVersion: APP_VERSION,
        signal: new AbortController().signal,
        onProgress: () => {},
      }),
    )
    const service = unwrap(await startEmbeddedService(createNodeProcessHost(), { dataDir: studio.home.service, catalogueDirs: packs }))
    stop = async () => void (await service.stop())
    studio.service.use(service.url)
    const work = unwrap(await studio.works.find('Glass Orchard'))
    unwrap(await studio.works.pull(work))
    snapshot = unwrap(studio.works.newRemix(work))
    ear = new StyleEar(studio)
    before = ear.measure(await ear.render(snapshot))
  }, 280_000)

  afterAll(async () => {
    await studio?.close()
    await stop()
    rmSync(homeDir, { recursive: true, force: true })
  })

  const styled = async (style: string, params: Record<string, number | string | boolean> = {}): Promise<StyleSound> => {
    const run = unwrap(await proposeStyle(studio.factTools(snapshot), snapshot, { style, params, seed: 1 }))
    return ear.measure(await ear.render(run.snapshot))
  }

  it('lo-fi is darker and narrower', async () => {
    const sound = await styled('lo-fi', { slow: 0 })
    expect(sound.centroidHz).toBeLessThan(before.centroidHz)
    expect(sound.highDb).toBeLessThan(before.highDb - 6)
  })

  it('club is heavier in the low end and louder', async () => {
    const sound = await styled('club', { pace: 100 })
    expect(sound.lowDb).toBeGreaterThan(before.lowDb + 0.5)
    expect(sound.lufs ?? -99).toBeGreaterThan(before.lufs ?? 0)
    expect(sound.truePeakDb).toBeLessThanOrEqual(-0.9)
  })

  it('ambient has fewer attacks and rings longer', async () => {
    const sound = await styled('ambient', { slow: 0, beat: 0 })
    expect(sound.attacksPerSecond).toBeLessThan(before.attacksPerSecond)
    expect(sound.tailSeconds).toBeGreaterThan(before.tailSeconds + 5)
  })

  it('hard and radio are louder, chopped has more pieces, the short edit is short', async () => {
    expect((await styled('hard', { pace: 100 })).lufs ?? -99).toBeGreaterThan(before.lufs ?? 0)
    expect((await styled('radio')).lufs ?? -99).toBeGreaterThan(before.lufs ?? 0)
    expect((await styled('chopped')).clips).toBeGreaterThan(before.clips * 4)
    const short = await styled('edit-60s', { seconds: 40 })
    expect(short.seconds).toBeGreaterThan(25)
    expect(short.seconds).toBeLessThanOrEqual(40.1)
  })

  it('dub is heavier below and has an echo; darker words make it darker', async () => {
    const dub = await styled('dub')
    expect(dub.lowDb).toBeGreaterThan(before.lowDb)
    expect(dub.tailSeconds).toBeGreaterThan(before.tailSeconds)
    const words = await styled('words', { text: 'much darker' })
    expect(words.highDb).toBeLessThan(before.highDb - 4)
  })

  it('swing lays the off-beats late', async () => {
    const swung = await styled('swing', { swing: 64 })
    expect(swung.sixteenthsPercent ?? 0).toBeGreaterThan((before.sixteenthsPercent ?? 0) + 5)
    expect(swung.offGridMs ?? 0).toBeGreaterThan((before.offGridMs ?? 0) + 5)
  })

  it('match comes nearer to the tone and the loudness of another song, from a file as from its work (style.match)', async () => {
    const other = unwrap(await studio.works.pull(unwrap(await studio.works.find('Harbour Lights'))))
    const path = join(homeDir, 'reference.wav')
    // Its licence lets a minute of each stem out.
    const range = { fromFrame: 20 * 48_000, toFrame: 75 * 48_000 }
    unwrap(await studio.export(orderOf(unwrap(studio.works.newRemix(other)), { [path]: 'wav24' }, { range })))
    const reference = unwrap(await studio.references.add(path))
    expect(reference.title).toBe('reference')
    const target = studio.references.find(reference.sha256)
    if (!target) throw new Error('the reference was not kept')

    const measured = async (of: RemixSnapshot): Promise<MixMeasure> =>
      unwrap(await measureMix({ engine: () => studio.engine.client(), stemFile: studio.works.stemLocator(of) }, of))
    const matched = async (input: string, strength: number) => {
      const order = { style: 'match', params: { strength, density: 0 }, seed: 1, inputs: [input] }
      const run = unwrap(await proposeStyle(studio.factTools(snapshot), snapshot, order))
      expect(recipesOf(run.snapshot).at(-1)?.inputs).toEqual([input])
      return measured(run.snapshot)
    }
    const plain = await measured(snapshot)
    const far = toneDistance(plain.profile, target.profile)
    const whole = await matched(reference.sha256, 100)
    const half = await matched(reference.sha256, 50)
    const near = toneDistance(whole.profile, target.profile)
    expect(near, `${far} dB before, ${near} dB after`).toBeLessThan(far * 0.8)
    expect(toneDistance(half.profile, target.profile)).toBeLessThan(far)
    expect(near).toBeLessThan(toneDistance(half.profile, target.profile))
    const off = (mix: MixMeasure): number => Math.abs((mix.integratedLufs ?? -99) - (target.integratedLufs ?? 99))
    expect(off(whole)).toBeLessThan(Math.max(1.5, off(plain)))

    const byWork = await matched(other.id, 100)
    const work = await measured(unwrap(studio.works.newRemix(other)))
    expect(toneDistance(byWork.profile, work.profile)).toBeLessThan(toneDistance(plain.profile, work.profile))
    const unknown = await proposeStyle(studio.factTools(snapshot), snapshot, { style: 'match', inputs: ['0'.repeat(64)] })
    expect(unknown).toMatchObject({ ok: false, error: { code: 'reference.unknown' } })
    expect(await studio.references.add(join(homeDir, 'nothing.wav'))).toMatchObject({ ok: false, error: { code: 'file.missing' } })
  })
})
