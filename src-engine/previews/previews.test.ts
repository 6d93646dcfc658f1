// Previews as the engine's owner meets them: rendered in threads, measured, kept, played at once, compared in place.
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { MessageChannel } from 'node:worker_threads'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { EngineClient, type EnginePort, type PreviewReport } from '../../src-shared/protocol/index.ts'
import type { RenderPlan } from '../../src-shared/remix/index.ts'
import { unwrap } from '../../src-shared/std/index.ts'
import { ensureDerived } from '../derive/index.ts'
import { openDecoded } from '../files/index.ts'
import { renderPlan } from '../render/index.ts'
import { clip, device, noise, plan, StemFolder, track } from '../render/testing/plans.ts'
import { EngineServer } from '../server.ts'
import { listeningPlans, windowPlan } from './window-plan.ts'

const folder = new StemFolder()
let of: RenderPlan
let client: EngineClient
let server: EngineServer
const channel = new MessageChannel()

beforeAll(async () => {
  const a = await folder.add(noise(960_000, 50, 0.2))
  const b = await folder.add(noise(960_000, 51, 0.2))
  of = plan(folder.sources, [
    track('a', { clips: [clip(a, 900_000, { startFrame: 48_000 })], devices: [device('eq', 'eq')] }),
    track('b', { clips: [clip(b, 900_000, { sourceStartFrame: 4_800 })] }),
  ])
  server = new EngineServer()
  const port: EnginePort = {
    postMessage: (message) => channel.port1.postMessage(message),
    onMessage: (listener) => {
      channel.port1.on('message', listener)
      return () => channel.port1.off('message', listener)
    },
    onExit: () => () => {},
  }
  server.attachOwner({
    postMessage: (message) => channel.port2.postMessage(message),
    onMessage: (listener) => void channel.port2.on('message', listener),
    onClose: () => {},
  })
  client = new EngineClient(port)
  unwrap(await client.request('engine.open', { cacheDir: folder.cacheDir, output: 'silent' }))
})
afterAll(async () => {
  await server.dispose()
  channel.port1.close()
  folder.remove()
})

const RANGE = { fromFrame: 96_000, toFrame: 96_000 + 480_000 }
const render = async (wanted: RenderPlan, keeps: boolean): Promise<PreviewReport> =>
  unwrap(await client.request('preview.render', { plan: wanted, stems: [], range: RANGE, keeps }))

describe('previews (engine.preview)', () => {
  it('hold what an export of the same stretch holds, to the bit', async () => {
    const { key, isKept, loudness, signature, peaks } = await render(of, true)
    expect(isKept).toBe(true)
    const kept = unwrap(openDecoded(folder.cacheDir, key))
    const length = RANGE.toFrame - RANGE.fromFrame
    const left = new Float32Array(length)
    const right = new Float32Array(length)
    kept.read(0, length, left, right)
    kept.close()
    const expected = new Float32Array(length)
    // The mix starts where the preview does, so that filters start alike.
    const rendered = await renderPlan({
      plan: of,
      cacheDir: folder.cacheDir,
      ...RANGE,
      threads: 1,
      onBlock: (block, kernels) => expected.set(kernels.f32(block.left, block.frames), block.frame - RANGE.fromFrame),
    })
    expect(rendered.ok).toBe(true)
    expect(left.every((sample, i) => sample === expected[i])).toBe(true)
    expect(loudness.integratedLufs).toBeLessThan(0)
    expect(signature).toHaveLength(128)
    expect(Math.max(...peaks)).toBeGreaterThan(5)
  })

  it('of drums that are struck anew make no more of them than is played, and sound the same (engine.preview.window)', async () => {
    const [drums] = folder.sources
    const hits = Array.from({ length: 80 }, (_, i) => ({
      frame: i * 12_000,
      drum: i % 4 === 2 ? ('snare' as const) : i % 2 === 0 ? ('kick' as const) : ('hat' as const),
      velocity: 60 + (i % 5) * 12,
    }))
    const make = { kind: 'hits' as const, kit: 'club', hits }
    const struck = plan([{ ...drums!, make }], [track('a', { clips: [clip(0, 960_000)] })])
    const late = { fromFrame: 540_000, toFrame: 700_000 }
    const whole = windowPlan(struck, late)
    const part = windowPlan(struck, late, { leadFrames: 96_000, gridFrames: 48_000 })
    expect(part.sources[0]?.madeFrames).toBeLessThan(600_000)
    const played = async (one: RenderPlan): Promise<Float32Array> => {
      unwrap(await ensureDerived(one.sources, { cacheDir: folder.cacheDir, modelsDir: null }))
      const samples = new Float32Array(late.toFrame - late.fromFrame)
      unwrap(
        await renderPlan({
          plan: one,
          cacheDir: folder.cacheDir,
          ...late,
          threads: 1,
          onBlock: (block, kernels) => samples.set(kernels.f32(block.left, block.frames), block.frame - late.fromFrame),
        }),
      )
      return samples
    }
    const [expected, heard] = [await played(whole), await played(part)]
    expect(expected.some((sample) => Math.abs(sample) > 0.05)).toBe(true)
    expect(heard.every((sample, i) => sample === expected[i])).toBe(true)
  })

  it('are told apart by their sound: a duller mix has less treble in its signature', async () => {
    const dull: RenderPlan = {
      ...of,
      tracks: of.tracks.map((one) =>
        one.kind === 'master' ? { ...one, devices: [device('lp', 'filter', { mode: 0, cutoffHz: 500 })] } : one,
      ),
    }
    const treble = ({ signature }: PreviewReport): number => signature.filter((_, i) => i % 16 >= 12).reduce((sum, level) => sum + level, 0)
    const [bright, dark] = await Promise.all([render(of, false), render(dull, false)])
    expect(treble(dark)).toBeLessThan(treble(bright) - 200)
    expect(dark.key).not.toBe(bright.key)
    expect(existsSync(join(folder.cacheDir, `${dark.key}-1.pcm`))).toBe(false)
  })

  it('play at once where they lie on the timeline, and another one takes over in place', async () => {
    const { key } = await render(of, true)
    const started = performance.now()
    const first = unwrap(await client.request('audition.preview', { key, ...RANGE, atFrame: RANGE.fromFrame, gainDb: -3 }))
    expect(performance.now() - started).toBeLessThan(1_000)
    expect(first.isPlaying).toBe(true)
    await new Promise((resolve) => setTimeout(resolve, 150))
    const second = unwrap(await client.request('audition.plan', { plan: of, stems: [], atFrame: null, gainDb: 0 }))
    expect(second.isPlaying).toBe(true)
    expect(second.frame).toBeGreaterThan(RANGE.fromFrame)
    expect(unwrap(await client.request('audition.stop', {})).isPlaying).toBe(false)
  })

  it('make room for one another, least recently heard first', async () => {
    await render(of, true)
    const trimmed = unwrap(await client.request('preview.trim', { maxBytes: 0 }))
    expect(trimmed.removed).toBeGreaterThan(0)
    expect(readdirSync(folder.cacheDir).filter((name) => name.endsWith('.preview'))).toEqual([])
    const gone = await client.request('audition.preview', { key: 'a'.repeat(64), ...RANGE, atFrame: 0, gainDb: 0 })
    expect(gone.ok ? '' : gone.error.code).toBe('preview.gone')
  })

  it('are cancelled while they wait and while they run', async () => {
    const controllers = Array.from({ length: 6 }, () => new AbortController())
    const results = controllers.map(({ signal }) =>
      client.request('preview.render', { plan: of, stems: [], range: RANGE, keeps: false }, { signal }),
    )
    for (const controller of controllers) controller.abort()
    for (const result of await Promise.all(results)) if (!result.ok) expect(result.error.code).toBe('preview.cancelled')
  })
})

describe('the plan of a preview (engine.preview.window)', () => {
  it('needs only the part of a stretched stem that is heard, on a grid that previews share', () => {
    const source = { ...folder.sources[0]!, lengthFrames: 9_600_000 }
    const warped = {
      ...source,
      warp: {
        anchors: [
          [0, 0],
          [9_600_000, 12_000_000],
        ] as const,
        cents: 0,
        keepsFormants: false,
      },
    }
    const whole = plan([warped], [track('a', { clips: [clip(0, 12_000_000)] })])
    const cut = windowPlan(whole, { fromFrame: 6_000_000, toFrame: 6_000_000 + 1_440_000 })
    const [part] = cut.sources
    const [first, last] = [part?.warp?.anchors[0], part?.warp?.anchors[1]]
    expect((last?.[0] ?? 0) - (first?.[0] ?? 0)).toBeLessThan(2_400_000)
    const [piece] = cut.tracks[0]?.clips ?? []
    // What is heard at a moment is the same frame of the stem as before.
    const heard = (6_100_000 - (piece?.startFrame ?? 0) + (piece?.sourceStartFrame ?? 0)) * 0.8 + (first?.[0] ?? 0)
    expect(Math.abs(heard - 6_100_000 * 0.8)).toBeLessThan(2)
  })

  it('is made a little first, so that listening starts, and each next part goes on with what sounds (engine.audition.soon)', () => {
    const source = { ...folder.sources[0]!, lengthFrames: 9_600_000 }
    const anchors = [
      [0, 0],
      [9_600_000, 12_000_000],
    ] as const
    const whole = plan(
      [{ ...source, warp: { anchors, cents: 0, keepsFormants: false } }],
      [track('a', { clips: [clip(0, 12_000_000)], devices: [device('eq', 'eq')] })],
    )
    const range = { fromFrame: 6_000_000, toFrame: 6_000_000 + 1_440_000 }
    const at = range.fromFrame + 100_000
    const plans = listeningPlans(whole, range, at)
    const lengths = plans.map(({ sources: [one] }) => (one?.warp?.anchors.at(-1)?.[0] ?? 0) - (one?.warp?.anchors[0]?.[0] ?? 0))
    expect(lengths[0]).toBeLessThan(300_000)
    expect(lengths).toEqual(lengths.toSorted((left, right) => left - right))
    expect(plans.at(-1)).toEqual(windowPlan(whole, range))
    // At every moment that two of them play, they play the same frame of the stem.
    for (const one of plans) {
      const [piece] = one.tracks[0]?.clips ?? []
      const first = one.sources[0]?.warp?.anchors[0]?.[0] ?? 0
      const heard = (at + 50_000 - (piece?.startFrame ?? 0) + (piece?.sourceStartFrame ?? 0)) * 0.8 + first
      expect(Math.abs(heard - (at + 50_000) * 0.8)).toBeLessThan(2)
      expect(one.tracks[0]?.devices).toEqual(whole.tracks[0]?.devices)
    }
  })
})
