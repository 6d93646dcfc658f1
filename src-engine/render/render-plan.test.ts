// Threads change how long a render takes and nothing else; a broken device fails it by name; cancelling is a value.
import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { RenderPlan } from '../../src-shared/remix/index.ts'
import { renderPlan, type RenderPlanOptions } from './render-plan.ts'
import { bus, clip, device, noise, plan, send, StemFolder, track } from './testing/plans.ts'

const deviceModule = join(import.meta.dirname, 'testing/fake-devices.ts')
const folder = new StemFolder()
let of: RenderPlan

beforeAll(async () => {
  const stems = await Promise.all([10, 11, 12, 13, 14].map((seed) => folder.add(noise(100_000, seed, 0.2))))
  of = plan(
    folder.sources,
    [
      ...stems.map((source, index) =>
        track(`t${index}`, {
          clips: [
            clip(source, 60_000 + index * 1_001, { startFrame: index * 777, fadeInFrames: 900 }),
            clip(source, 9_000, { startFrame: 150_000 + index }),
          ],
          devices: [device(`eq${index}`, 'eq', { band3Db: index - 2 }), ...(index === 2 ? [device('latency:300', 'limiter')] : [])],
          gainDb: { value: -index },
          pan: { value: index / 4 - 0.5 },
          sends: [send('bus', -9, index === 1), send('bus2', -20 + index)],
        }),
      ),
      bus('bus', { devices: [device('echo:7000', 'reverb')], sends: [send('bus2', -3)] }),
      bus('bus2', { devices: [device('beq', 'eq', { band2Db: 4 })] }),
      track('track:master', { kind: 'master', devices: [device('meq', 'eq', { band4Db: 1 })] }),
    ],
    10_000,
  )
})
afterAll(() => folder.remove())

/** Hash of the mix and, added up, of its stems. */
const hashOf = async (options: Partial<RenderPlanOptions> = {}) => {
  const hash = createHash('sha256')
  const stems = createHash('sha256')
  const result = await renderPlan({
    plan: of,
    cacheDir: folder.cacheDir,
    fromFrame: 0,
    toFrame: 170_123,
    threads: 1,
    deviceModule,
    onBlock: (block, kernels) => {
      hash.update(kernels.f32(block.left, block.frames)).update(kernels.f32(block.right, block.frames))
    },
    onStem: (index, block, frames, frame, kernels) => {
      stems.update(`${index}@${frame}`).update(kernels.f32(block.left, frames))
    },
    ...options,
  })
  return { result, mix: hash.digest('hex'), stems: stems.digest('hex') }
}

describe('renderPlan', () => {
  it('gives the same bits in one thread and in several', async () => {
    const one = await hashOf()
    expect(one.result).toEqual({ ok: true, value: { frames: 170_123 } })
    for (const threads of [2, 4]) expect(await hashOf({ threads })).toEqual(one)
    expect((await hashOf({ threads: 3, skipsSilence: false })).mix).toBe(one.mix)
  })

  it('gives stems that add up to the mix before the master', async () => {
    const frames = 170_123
    const sum = new Float64Array(frames)
    const mix = new Float32Array(frames)
    const bare = { ...of, tracks: of.tracks.map((one) => (one.kind === 'master' ? { ...one, devices: [] } : one)) }
    await hashOf({
      plan: bare,
      onStem: (_index, block, count, frame, kernels) => {
        kernels.f32(block.left, count).forEach((sample, i) => {
          sum[frame + i]! += sample
        })
      },
      onBlock: (block, kernels) => {
        mix.set(kernels.f32(block.left, block.frames), block.frame)
      },
    })
    let worst = 0
    for (let i = 0; i < frames; i++) worst = Math.max(worst, Math.abs(mix[i]! - sum[i]!))
    expect(worst).toBeLessThan(1e-6)
    expect(mix.some((x) => x > 0.1)).toBe(true)
  })

  it('fails by the name of the track whose device breaks, in this thread and in a worker', async () => {
    const broken = {
      ...of,
      tracks: of.tracks.map((one) => (one.id === 't3' ? { ...one, name: 'Lead', devices: [device('throw:5', 'delay')] } : one)),
    }
    for (const threads of [1, 2]) {
      const { result } = await hashOf({ plan: broken, threads })
      expect(result).toMatchObject({
        ok: false,
        error: { code: 'export.device_failed', message: expect.stringContaining('delay on "Lead"') },
      })
    }
  })

  it('stops when cancelled', async () => {
    for (const threads of [1, 2]) {
      const controller = new AbortController()
      const { result } = await hashOf({
        threads,
        signal: controller.signal,
        onBlock: (block) => void (block.frame > 20_000 && controller.abort()),
      })
      expect(result).toMatchObject({ ok: false, error: { code: 'export.cancelled' } })
    }
  })

  it('names a stem that was not decoded', async () => {
    const missing = await folder.add(noise(1_000, 99), { isDecoded: false })
    const { result } = await hashOf({
      plan: plan(folder.sources, [track('a', { clips: [clip(missing, 1_000)] })]),
      threads: 2,
      toFrame: 1_000,
    })
    expect(result).toMatchObject({ ok: false, error: { code: 'audio.cache_corrupt' } })
  })
})
