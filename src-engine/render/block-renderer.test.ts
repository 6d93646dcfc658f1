// What the renderer promises to the sample: exact sums, aligned paths, automation that ignores block borders, silence that costs no bits.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { RenderPlan } from '../../src-shared/remix/index.ts'
import { BlockRenderer, type BlockRendererOptions } from './block-renderer.ts'
import { loadKernels, type Kernels } from '../kernels/index.ts'
import { makeDevice } from './testing/fake-devices.ts'
import { bus, clip, device, impulse, noise, plan, send, type Stereo, StemFolder, stereo, track } from './testing/plans.ts'

const folder = new StemFolder()
let kernels: Kernels
beforeAll(() => {
  kernels = loadKernels()
})
afterAll(() => folder.remove())

const constant = (frames: number, value: number): Stereo => ({
  left: new Float32Array(frames).fill(value),
  right: new Float32Array(frames).fill(value),
})
const isSame = (a: Stereo, b: Stereo): boolean =>
  a.left.every((x, i) => Object.is(x, b.left[i])) && a.right.every((x, i) => Object.is(x, b.right[i]))

const renderAll = (of: RenderPlan, frames: number, options: Partial<BlockRendererOptions> = {}): Stereo => {
  const out = stereo(frames)
  const renderer = new BlockRenderer({
    plan: of,
    cacheDir: folder.cacheDir,
    fromFrame: 0,
    onDeviceFailed: (_track, _device, error) => {
      throw error
    },
    onWarning: () => {},
    ...options,
  })
  const from = options.fromFrame ?? 0
  while (renderer.position < from + frames) {
    const block = renderer.render()
    if (!block) continue
    const count = Math.min(block.frames, from + frames - block.frame)
    out.left.set(renderer.kernels.f32(block.left, count), block.frame - from)
    out.right.set(renderer.kernels.f32(block.right, count), block.frame - from)
  }
  renderer.dispose()
  return out
}

describe('block renderer', () => {
  it('passes one stem through untouched, at any length and start', async () => {
    const signal = noise(10_007, 1)
    const source = await folder.add(signal)
    const out = renderAll(plan(folder.sources, [track('a', { clips: [clip(source, 10_007, { startFrame: 333 })] })]), 11_000)
    const expected = stereo(11_000)
    expected.left.set(signal.left, 333)
    expected.right.set(signal.right, 333)
    expect(out).toEqual(expected)
  })

  it('applies clip gain, fader and mute exactly', async () => {
    const signal = noise(5_000, 2)
    const source = await folder.add(signal)
    const half = 20 * Math.log10(0.5)
    const of = plan(folder.sources, [
      track('a', { clips: [clip(source, 5_000, { gainDb: half })], gainDb: { value: half } }),
      track('b', { clips: [clip(source, 5_000)], isAudible: false }),
    ])
    const out = renderAll(of, 5_000)
    for (let i = 0; i < 5_000; i++) expect(out.left[i]).toBeCloseTo(signal.left[i]! * 0.25, 7)
  })

  it('lands one impulse on the same sample whatever latency other tracks have', async () => {
    const source = await folder.add(impulse(6_000, 1_234))
    const of = plan(folder.sources, [
      track('plain', { clips: [clip(source, 6_000)], sends: [send('bus', 0)] }),
      track('late', { clips: [clip(source, 6_000)], devices: [device('latency:480', 'eq')], sends: [send('bus', 0, true)] }),
      track('later', { clips: [clip(source, 6_000)], devices: [device('latency:7', 'eq'), device('latency:1500', 'eq', {}, false)] }),
      bus('bus', { devices: [device('latency:33', 'eq')], sends: [send('last', 0)] }),
      bus('last', { devices: [device('latency:100', 'eq', {}, false)] }),
      track('track:master', { kind: 'master', devices: [device('latency:1000', 'eq')] }),
    ])
    const stems: { track: number; at: number }[] = []
    const out = renderAll(of, 6_000, {
      makeDevice,
      onStem: (index, block, frames, frame) => {
        const at = kernels.f32(block.left, frames).findIndex((x) => x !== 0)
        if (at >= 0) stems.push({ track: index, at: frame + at })
      },
      kernels,
    })
    const expected = stereo(6_000)
    expected.left[1_234] = 7
    expected.right[1_234] = 7
    expect(out).toEqual(expected)
    expect(stems.sort((a, b) => a.track - b.track)).toEqual([0, 1, 2, 3, 4].map((index) => ({ track: index, at: 1_234 })))
  })

  it('reads automation against the sound, not against the block: fader by the sample, devices on a grid of 32 frames', async () => {
    const source = await folder.add(constant(20_000, 1))
    const step = {
      value: 0,
      points: [
        { frame: 0, value: -144, curve: 'hold' as const },
        { frame: 5_003, value: 0, curve: 'hold' as const },
      ],
    }
    const of = plan(folder.sources, [track('a', { clips: [clip(source, 20_000)], devices: [device('latency:777', 'eq')], gainDb: step })])
    for (const blockFrames of [256, 1_024, 4_096]) {
      const out = renderAll(of, 20_000, { makeDevice, blockFrames })
      expect(out.left.findIndex((x) => x !== 0)).toBe(5_003)
      expect(out.left[5_003]).toBe(1)
    }
    const ramp = {
      value: 0,
      points: [
        { frame: 101, value: 0, curve: 'linear' as const },
        { frame: 1_101, value: 10, curve: 'hold' as const },
        { frame: 2_001, value: 3, curve: 'hold' as const },
      ],
    }
    const told = plan(folder.sources, [
      track('a', {
        clips: [clip(source, 20_000)],
        devices: [device('latency:50', 'eq'), device('automation:0', 'saturation', { outputDb: ramp })],
      }),
    ])
    for (const blockFrames of [256, 4_096]) {
      const { left } = renderAll(told, 3_000, { makeDevice, blockFrames })
      const changes = [...left].flatMap((value, index) => (index > 0 && value !== left[index - 1] ? [index] : []))
      expect(changes).toEqual([...Array.from({ length: 31 }, (_, i) => 128 + i * 32), 1_101, 2_001])
      expect(left[128]).toBeCloseTo(0.27, 6)
    }
  })

  it('switches a device off to the bit and on again to the bit, in its own time', async () => {
    const signal = noise(9_000, 9)
    const source = await folder.add(signal)
    const of = (isEnabled: boolean, kind: 'none' | 'eq') =>
      plan(folder.sources, [
        track('a', { clips: [clip(source, 9_000)], devices: kind === 'none' ? [] : [device('eq', 'eq', { band3Db: 9 }, isEnabled)] }),
      ])
    const dry = renderAll(of(false, 'none'), 9_000)
    expect(renderAll(of(false, 'eq'), 9_000)).toEqual(dry)
    const wet = renderAll(of(true, 'eq'), 9_000)
    expect(wet).not.toEqual(dry)
    expect(renderAll(of(true, 'eq'), 9_000)).toEqual(wet)
  })

  it('gives the same bits with blocks of 256, 1024 and 4096 frames, and with silence computed or skipped', async () => {
    const a = await folder.add(noise(30_000, 3))
    const b = await folder.add(noise(20_000, 4))
    const slope = (...points: [frame: number, value: number][]) => ({
      value: 0,
      points: points.map(([frame, value]) => ({ frame, value, curve: 'linear' as const })),
    })
    const of = plan(
      folder.sources,
      [
        track('a', {
          clips: [
            clip(a, 15_000, { startFrame: 777, fadeInFrames: 500, fadeOutFrames: 3_000, fadeCurve: 'equal-power' }),
            clip(a, 9_000, { startFrame: 70_001 }),
          ],
          devices: [
            device('eq', 'eq', { band2Db: 5, band3Db: slope([2_000, -6], [9_111, 6], [71_000, 6], [72_000, -3]) }),
            device('echo:5000', 'eq'),
          ],
          gainDb: slope([1_000, -20], [12_345, 2], [71_000, -3]),
          pan: slope([3_001, -1], [8_000, 1]),
          sends: [send('verb', -6), send('verb', slope([100, -40], [60_000, 0]), true)],
        }),
        track('b', {
          clips: [clip(b, 20_000, { startFrame: 4_000 })],
          devices: [device('latency:240', 'limiter'), device('eq2', 'eq', { band4Db: -7 })],
        }),
        bus('verb', { devices: [device('echo:9000', 'reverb'), device('eq3', 'eq', { band2Db: 3 })] }),
        track('track:master', { kind: 'master', devices: [device('eq4', 'eq', { band5Db: -3 }), device('latency:99', 'limiter')] }),
      ],
      48_000,
    )
    const expected = renderAll(of, 130_001, { makeDevice })
    expect(expected.left.some((x) => x !== 0)).toBe(true)
    for (const blockFrames of [256, 4_096]) expect(isSame(renderAll(of, 130_001, { makeDevice, blockFrames }), expected)).toBe(true)
    expect(isSame(renderAll(of, 130_001, { makeDevice, skipsSilence: false }), expected)).toBe(true)
  })

  it('silences broken numbers with one warning and goes on', async () => {
    const source = await folder.add(constant(9_000, 0.5))
    const warnings: string[] = []
    const of = plan(folder.sources, [track('a', { clips: [clip(source, 9_000)], devices: [device('nan:500', 'eq')] })])
    const out = renderAll(of, 9_000, { makeDevice, onWarning: ({ code }) => warnings.push(code) })
    expect(out.left.every(Number.isFinite)).toBe(true)
    expect([out.left[499], out.left[500], out.left[501]]).toEqual([0.5, 0, 0.5])
    expect(warnings).toEqual(['render.broken_numbers'])
  })

  it('mutes the track of a device that throws, tells once, and lets the rest play', async () => {
    const source = await folder.add(constant(9_000, 0.25))
    const failures: string[] = []
    const of = plan(folder.sources, [
      track('broken', { clips: [clip(source, 9_000)], devices: [device('throw:3', 'eq')] }),
      track('whole', { clips: [clip(source, 9_000)] }),
    ])
    const out = renderAll(of, 9_000, { makeDevice, onDeviceFailed: (failed) => failures.push(failed.name) })
    expect([out.left[0], out.left[2_047], out.left[2_048], out.left[8_999]]).toEqual([0.5, 0.5, 0.25, 0.25])
    expect(failures).toEqual(['broken'])
  })
})
