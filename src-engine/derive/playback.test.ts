// Playback while sounds are being derived: what played goes on, what is new waits, nothing is ever heard dry.
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { buildKernels } from '../../scripts/build-kernels.mjs'
import type { PlaybackPreparing } from '../../src-shared/protocol/index.ts'
import type { PlanSource, RenderPlan } from '../../src-shared/remix/index.ts'
import { derivedDir, deriveKey } from '../derive-key.ts'
import { trimCache } from '../files/index.ts'
import { clip, noise, plan, StemFolder, track } from '../render/testing/plans.ts'
import { lineWarp } from '../stretch/testing/sounds.ts'
import { closeDerivePool, isDerived, PreparedPlayback, playablePlan } from './index.ts'

const SECOND = 48_000
let folder: StemFolder
let loaded: (RenderPlan | null)[]
let told: PlaybackPreparing[]
let playback: PreparedPlayback

const warped = (index: number, ratio: number): PlanSource => {
  const source = folder.sources[index] as PlanSource
  return { ...source, warp: lineWarp(source.lengthFrames, ratio) }
}
/** Two tracks: the first stem as given, the second as it is. */
const planOf = (first: PlanSource, gainDb = 0): RenderPlan =>
  plan(
    [first, folder.sources[1] as PlanSource],
    [
      track('a', { gainDb: { value: gainDb }, clips: [clip(0, SECOND, { clipId: 'bent', sourceStartFrame: 480 })] }),
      track('b', { clips: [clip(1, SECOND, { clipId: 'plain' })] }),
    ],
  )
const soundsOf = (of: RenderPlan | null | undefined): readonly string[] =>
  (of?.tracks ?? []).flatMap((one) => one.clips.map((c) => `${c.clipId} ${deriveKey(of?.sources[c.source] as PlanSource)}`))
const settled = async (): Promise<void> =>
  expect.poll(() => told.at(-1)?.fraction === 1 && told.at(-1)?.clipIds.length, { timeout: 20_000 }).toBe(0)

beforeAll(() => void buildKernels())
beforeEach(async () => {
  folder = new StemFolder()
  await folder.add(noise(12 * SECOND, 1))
  await folder.add(noise(2 * SECOND, 2))
  loaded = []
  told = []
  playback = new PreparedPlayback({
    cacheDir: folder.cacheDir,
    modelsDir: null,
    load: (of) => loaded.push(of),
    position: () => 0,
    onPreparing: (state) => told.push(state),
  })
})
afterEach(async () => {
  playback.dispose()
  await closeDerivePool()
  folder.remove()
})
afterAll(() => closeDerivePool())

describe('playback of sounds that are not ready', { timeout: 60_000 }, () => {
  it('leaves a new clip out, says so with progress, and plays it when it is there', async () => {
    const wanted = planOf(warped(0, 1.2))
    playback.load(wanted)
    expect(soundsOf(loaded[0])).toEqual([`plain ${folder.sources[1]?.contentSha256}`])
    expect(told[0]).toEqual({ clipIds: ['bent'], fraction: 0, problem: null })
    await settled()
    expect(soundsOf(loaded.at(-1))).toEqual(soundsOf(wanted))
    const between = told.map(({ fraction }) => fraction)
    expect(between.some((fraction) => fraction > 0 && fraction < 1)).toBe(true)
    expect(between).toEqual([...between].sort((a, b) => a - b))
  })

  it('plays the old sound on where there was one, with the new levels at once, and is never dry', async () => {
    const before = planOf(warped(0, 1.2))
    playback.load(before)
    await settled()
    const wanted = planOf(warped(0, 1.3), -6)
    playback.load(wanted)
    const meanwhile = loaded.at(-1)
    expect(soundsOf(meanwhile)).toEqual(soundsOf(before))
    expect(meanwhile?.tracks[0]?.gainDb.value).toBe(-6)
    expect(meanwhile?.tracks[0]?.clips[0]).toMatchObject({ clipId: 'bent', sourceStartFrame: 480, source: 2 })
    expect(told.at(-1)?.clipIds).toEqual(['bent'])
    await settled()
    expect(soundsOf(loaded.at(-1))).toEqual(soundsOf(wanted))
    const dry = folder.sources[0]?.contentSha256
    expect(loaded.flatMap(soundsOf).some((sound) => sound === `bent ${dry}`)).toBe(false)
  })

  it('drops what was asked for before when another tempo is, and still arrives', async () => {
    for (const ratio of [1.1, 1.15, 1.2, 1.25]) playback.load(planOf(warped(0, ratio)))
    await settled()
    expect(soundsOf(loaded.at(-1))).toEqual(soundsOf(planOf(warped(0, 1.25))))
    expect(isDerived(folder.cacheDir, warped(0, 1.1)) && isDerived(folder.cacheDir, warped(0, 1.15))).toBe(false)
  })

  it('plays at once what is ready, without a word', async () => {
    playback.load(planOf(folder.sources[0] as PlanSource))
    playback.load(null)
    expect(told).toEqual([])
    expect(loaded.length).toBe(2)
    expect(loaded[1]).toBe(null)
  })

  it('derives again what was removed from the cache meanwhile', async () => {
    const wanted = planOf(warped(0, 1.2))
    playback.load(wanted)
    await settled()
    trimCache({ cacheDir: derivedDir(folder.cacheDir), maxBytes: 0, keep: new Set(), withPeaks: true })
    playback.refresh()
    expect(soundsOf(loaded.at(-1))).toEqual([`plain ${folder.sources[1]?.contentSha256}`])
    await settled()
    expect(soundsOf(loaded.at(-1))).toEqual(soundsOf(wanted))
    const count = loaded.length
    playback.refresh()
    expect(loaded.length).toBe(count)
  })

  it('says what will not come, and plays the rest', async () => {
    const source = folder.sources[0] as PlanSource
    const make = {
      kind: 'model',
      modelSha256: 'ab'.repeat(32),
      urn: `urn:stemma:model:own:${'ab'.repeat(32)}`,
      name: 'Gone',
      version: '1',
      licence: 'MIT',
      strengthPermille: 500,
    } as const
    playback.load(planOf({ ...source, make }))
    await expect.poll(() => told.at(-1)?.problem?.code, { timeout: 20_000 }).toBe('derive.model_missing')
    expect(told.at(-1)?.clipIds).toEqual(['bent'])
    expect(soundsOf(loaded.at(-1))).toEqual([`plain ${folder.sources[1]?.contentSha256}`])
  })

  it('keeps a plan whose sounds are all ready as it is', () => {
    const wanted = planOf(warped(0, 1.2))
    expect(playablePlan(wanted, undefined, () => true).plan).toBe(wanted)
  })
})
