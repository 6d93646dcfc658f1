// The analysis as the engine's owner asks for it: in a thread, with progress, kept on disk, cancelled at a word.
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { stemAnalysisSchema, workAnalysisSchema } from '../../../src-shared/protocol/index.ts'
import { unwrap } from '../../../src-shared/std/index.ts'
import { noise, type Stereo, StemFolder } from '../../render/testing/plans.ts'
import { analysisHandlers } from './index.ts'

const folder = new StemFolder()
afterAll(() => folder.remove())
const handlers = analysisHandlers(() => folder.cacheDir)

/** Clicks at 120 BPM with a louder one every bar. */
const clicks = (seconds: number) => {
  const sound = noise(48_000 * seconds, 5, 1)
  const strike = (channel: Float32Array) =>
    Float32Array.from(channel, (value, i) => value * (i % 96_000 < 24_000 ? 0.6 : 0.3) * Math.exp(-(i % 24_000) / 900))
  return { left: strike(sound.left), right: strike(sound.right) }
}

const call = (progress: number[] = [], signal = new AbortController().signal) => ({
  signal,
  onProgress: ({ fraction }: { readonly fraction: number }) => void progress.push(fraction),
})

const add = async (sound: Stereo): Promise<string> => {
  const index = await folder.add(sound)
  return folder.files[index]?.contentSha256 ?? ''
}

describe('analysis requests', () => {
  it('tell a stem, with progress that never falls, and again from disk', async () => {
    const contentSha256 = await add(clicks(30))
    const progress: number[] = []
    const first = unwrap(await handlers['analysis.stem']({ contentSha256 }, call(progress)))
    expect(stemAnalysisSchema.parse(first)).toEqual(first)
    expect(first.tempo?.milliBpm).toBeGreaterThan(119_400)
    expect(first.tempo?.milliBpm).toBeLessThan(120_600)
    expect(first.integratedLufs).not.toBeNull()
    expect(progress.length).toBeGreaterThan(2)
    for (const [i, fraction] of progress.entries()) expect(fraction).toBeGreaterThanOrEqual(progress[i - 1] ?? 0)
    expect(readdirSync(folder.cacheDir).filter((name) => name.startsWith(contentSha256) && name.endsWith('.json'))).toHaveLength(1)
    expect(unwrap(await handlers['analysis.stem']({ contentSha256 }, call()))).toEqual(first)
  })

  it('do not trust what lies on disk', async () => {
    const contentSha256 = await add(clicks(12))
    const first = unwrap(await handlers['analysis.stem']({ contentSha256 }, call()))
    for (const name of readdirSync(folder.cacheDir).filter((one) => one.startsWith(contentSha256) && /analysis|features/.test(one))) {
      const path = join(folder.cacheDir, name)
      writeFileSync(path, readFileSync(path).subarray(0, 300))
    }
    expect(unwrap(await handlers['analysis.stem']({ contentSha256 }, call()))).toEqual(first)
  })

  it('put a work beside what it states', async () => {
    const [drums, hiss] = [await add(clicks(30)), await add(noise(48_000 * 30, 9, 0.01))]
    const stems = [
      { contentSha256: drums, role: 'drums' as const, title: 'Clicks' },
      { contentSha256: hiss, role: 'effects' as const, title: 'Hiss' },
    ]
    const stated = { milliBpm: 60_000, key: 'C major', meter: { numerator: 4, denominator: 4 }, sections: [] }
    const heard = unwrap(await handlers['analysis.work']({ stems, stated }, call()))
    expect(workAnalysisSchema.parse(heard)).toEqual(heard)
    expect(heard.tempo).toMatchObject({ stated: 60_000, agrees: false })
    expect(heard.key).toMatchObject({ stated: 'C major', agrees: null })
    expect(heard.notes.join(' ')).toContain('The work states 60 BPM')
  })

  it('stop when cancelled', async () => {
    const contentSha256 = await add(noise(48_000 * 120, 11, 0.2))
    const controller = new AbortController()
    const progress: number[] = []
    const running = handlers['analysis.stem'](
      { contentSha256 },
      {
        signal: controller.signal,
        onProgress: ({ fraction }) => {
          progress.push(fraction)
          controller.abort()
        },
      },
    )
    const result = await running
    expect(result.ok ? null : result.error.code).toBe('analysis.cancelled')
    expect(Math.max(...progress)).toBeLessThan(1)
    const aborted = await handlers['analysis.stem']({ contentSha256 }, call([], AbortSignal.abort()))
    expect(aborted.ok ? null : aborted.error.code).toBe('analysis.cancelled')
  })

  it('say what is missing in the cache', async () => {
    const contentSha256 = await add(clicks(2))
    for (const name of readdirSync(folder.cacheDir).filter((one) => one.startsWith(contentSha256))) rmSync(join(folder.cacheDir, name))
    const result = await handlers['analysis.work']({ stems: [{ contentSha256, role: 'drums' }], stated: null }, call())
    expect(result.ok ? null : result.error.code).toBe('audio.cache_corrupt')
  })
})
