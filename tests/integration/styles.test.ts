// Styles by ear, as far as numbers hear: each does to a real work what its name says, rendered by the engine that exports.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { listenTo, measureStyle, type StyleSound } from '../../bench/styles/style-sound.ts'
import { APP_VERSION, createNodeProcessHost, ensureDemoPacks, startEmbeddedService, type Studio } from '../../src-main/studio/index.ts'
import type { RemixSnapshot } from '../../src-shared/remix/index.ts'
import { unwrap } from '../../src-shared/std/index.ts'
import { openStudioAt } from '../rigs/studio-rig.ts'

describe('styles on Glass Orchard (style.sound)', { timeout: 280_000 }, () => {
  const homeDir = mkdtempSync(join(tmpdir(), 'stemma-styles-'))
  let studio: Studio
  let stop: () => Promise<void> = async () => {}
  let snapshot: RemixSnapshot
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
    studio.setService(service.url)
    const work = unwrap(await studio.findWork('Glass Orchard'))
    unwrap(await studio.pull(work))
    snapshot = unwrap(studio.newRemix(work))
    before = unwrap(await listenTo(studio, snapshot))
  }, 280_000)

  afterAll(async () => {
    await studio?.close()
    await stop()
    rmSync(homeDir, { recursive: true, force: true })
  })

  const styled = async (style: string, params: Record<string, number | string | boolean> = {}): Promise<StyleSound> =>
    unwrap(await measureStyle(studio, snapshot, { style, params, seed: 1 })).sound

  it('lo-fi is darker and narrower', async () => {
    const sound = await styled('lo-fi', { slow: 0 })
    expect(sound.centroidHz).toBeLessThan(before.centroidHz)
    expect(sound.highDb).toBeLessThan(before.highDb - 6)
  })

  it('club is heavier in the low end and louder', async () => {
    const sound = await styled('club', { pace: 100 })
    expect(sound.lowDb).toBeGreaterThan(before.lowDb + 0.5)
    expect(sound.lufs ?? -99).toBeGreaterThan(before.lufs ?? 0)
    expect(sound.truePeakDb ?? 0).toBeLessThanOrEqual(-0.9)
  })

  it('ambient has fewer attacks and rings longer', async () => {
    const sound = await styled('ambient', { slow: 0, beat: 0 })
    expect(sound.onsetsPerSecond).toBeLessThan(before.onsetsPerSecond)
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
})
