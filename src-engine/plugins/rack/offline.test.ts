// Plugins in renders: aligned to the sample whatever their latency, the same bits every time and on any number of threads, and never silently left out.
import { createHash } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { PlanPlugin, PlanTrack, RenderPlan } from '../../../src-shared/remix/index.ts'
import { ProblemError } from '../../../src-shared/std/index.ts'
import { buildFixtures, clapId, type ClapFixture, NO_FIXTURES } from '../../../tests/rigs/fixture-plugins.ts'
import { bus, clip, device, impulse, noise, plan, plugin, send, StemFolder, track } from '../../render/testing/plans.ts'
import { isInstalled, LATENT, offlineTools, registryEntries, renderWith } from './rack-rig.fixture.ts'

const fixtures = await buildFixtures()
if (!fixtures) console.log(NO_FIXTURES)
const NAMES: ClapFixture[] = [
  'gain',
  'latency',
  'echo',
  'sine',
  'ducker',
  'crash-in-process',
  'nan',
  'refuse-activate',
  'timekeeper',
  'render-mode',
]
const tools = offlineTools(registryEntries(fixtures, NAMES))
const fixture = (
  name: ClapFixture,
  deviceId: string = name,
  params: Parameters<typeof plugin>[2] = {},
  use: Partial<PlanPlugin['plugin']> = {},
) => plugin(deviceId, { format: 'clap', id: clapId(name), ...use }, params)

const stems = new StemFolder()
afterAll(() => stems.remove())

const IMPULSE_AT = 1_000
const LENGTH = 48_000
let pulse = 0
let hiss = 0
beforeAll(async () => {
  const quiet = impulse(LENGTH, IMPULSE_AT)
  quiet.left[IMPULSE_AT] = 0.1
  quiet.right[IMPULSE_AT] = 0.1
  pulse = await stems.add(quiet)
  hiss = await stems.add(noise(LENGTH, 3))
})

const hash = (...channels: readonly Float32Array[]): string => {
  const sum = createHash('sha256')
  for (const one of channels) sum.update(new Uint8Array(one.buffer, one.byteOffset, one.byteLength))
  return sum.digest('hex')
}

/** Where a sound is loudest. */
const peakAt = (samples: Float32Array): number =>
  samples.reduce((best, value, at) => (Math.abs(value) > Math.abs(samples[best]!) ? at : best), 0)

const playing = (source: number, devices: PlanTrack['devices'], id: string, more: Partial<PlanTrack> = {}): PlanTrack =>
  track(id, { clips: [clip(source, LENGTH)], devices, ...more })

describe('alignment', () => {
  for (const latent of LATENT) {
    const { format, id, frames } = latent
    it.skipIf(!isInstalled(latent))(
      `lands an impulse through ${id} (${format}, ${frames} frames) where it was, in mix and stems`,
      async () => {
        const whole = plan(stems.sources, [
          playing(pulse, [plugin('latent', { format, id })], 'a'),
          playing(pulse, [], 'b', { sends: [send('bus', 0)] }),
          bus('bus', { devices: [plugin('on bus', { format, id })] }),
        ])
        const rendered = await renderWith(whole, stems.cacheDir, tools)
        expect(rendered.warnings).toEqual([])
        expect(peakAt(rendered.left)).toBe(IMPULSE_AT)
        for (const index of [0, 1, 2]) expect(peakAt(rendered.stems.get(index)!.left), `stem ${index}`).toBe(IMPULSE_AT)
      },
    )
  }

  it.skipIf(!fixtures)(
    'holds over latencies, starts and chains, bypassed ones among them',
    async () => {
      for (const fromFrame of [0, 480]) {
        for (const devices of [
          [fixture('latency')],
          [fixture('latency'), fixture('gain'), fixture('latency', 'second')],
          [{ ...fixture('latency'), isEnabled: false }, fixture('latency', 'second')],
        ]) {
          const whole = plan(stems.sources, [
            playing(pulse, devices, 'a'),
            playing(pulse, [], 'b'),
            playing(pulse, [device('d', 'limiter')], 'c'),
          ])
          for (const threads of [1, 3]) {
            const rendered = await renderWith(whole, stems.cacheDir, tools, { fromFrame, threads })
            for (const index of [0, 1, 2]) expect(peakAt(rendered.stems.get(index)!.left)).toBe(IMPULSE_AT - fromFrame)
            expect(peakAt(rendered.left)).toBe(IMPULSE_AT - fromFrame)
          }
        }
      }
    },
    120_000,
  )
})

describe.skipIf(!fixtures)('renders with plugins', () => {
  const busy = (): RenderPlan =>
    plan(stems.sources, [
      playing(
        hiss,
        [
          fixture('gain', 'g1', {
            1: {
              value: 0,
              points: [
                { frame: 0, value: 0, curve: 'linear' },
                { frame: 40_000, value: 1, curve: 'hold' },
              ],
            },
          }),
        ],
        'a',
      ),
      playing(pulse, [fixture('echo', 'e1')], 'b', { sends: [send('bus', -3)] }),
      playing(hiss, [fixture('latency', 'l1'), device('eq', 'eq', {})], 'c'),
      bus('bus', { devices: [fixture('echo', 'e2')] }),
    ])

  it('give the same bits three times, and on one thread and four', async () => {
    const hashes = new Set<string>()
    for (const threads of [1, 1, 1, 4]) {
      const { left, right, stems: parts } = await renderWith(busy(), stems.cacheDir, tools, { threads, ringsOut: true })
      hashes.add(hash(left, right, ...[...parts.keys()].sort().map((index) => parts.get(index)!.left)))
    }
    expect(hashes.size).toBe(1)
  }, 60_000)

  it('ring out after the end until they are quiet, and no longer', async () => {
    const echo = plan(stems.sources, [track('a', { clips: [clip(pulse, 2_000)], devices: [fixture('echo')] })])
    const { frames, left } = await renderWith(echo, stems.cacheDir, tools, { ringsOut: true })
    expect(frames).toBeGreaterThan(2_000)
    expect(frames).toBeLessThanOrEqual(2_000 + 30 * 48_000)
    const last = left.subarray(-4_096)
    expect(Math.max(...last.map(Math.abs))).toBeGreaterThan(1e-4)
    const plain = plan(stems.sources, [track('a', { clips: [clip(pulse, 2_000)], devices: [device('eq', 'eq')] })])
    expect((await renderWith(plain, stems.cacheDir, tools, { ringsOut: true })).frames).toBe(2_000)
  })

  it('fail by name where a plugin crashes, on this thread and on another', async () => {
    const doomed = plan(stems.sources, [playing(hiss, [fixture('crash-in-process', 'bad')], 'Lead'), playing(hiss, [fixture('gain')], 'b')])
    for (const threads of [1, 3]) {
      const failed = await renderWith(doomed, stems.cacheDir, tools, { threads }).catch((error: unknown) => error)
      expect(failed).toBeInstanceOf(ProblemError)
      const { problem } = failed as ProblemError
      expect(problem.code).toBe('export.plugin_failed')
      expect(problem.message).toContain('"bad" on "Lead"')
    }
  }, 30_000)

  it('fail by name where a plugin is missing or would not start, unless nobody hears it', async () => {
    const missing = plugin('gone', { format: 'clap', id: 'not.installed' })
    const heard = plan(stems.sources, [playing(hiss, [missing], 'Lead')])
    await expect(renderWith(heard, stems.cacheDir, tools)).rejects.toMatchObject({ problem: { code: 'export.plugin_missing' } })
    const refusing = plan(stems.sources, [playing(hiss, [fixture('refuse-activate', 'no')], 'Lead')])
    await expect(renderWith(refusing, stems.cacheDir, tools)).rejects.toMatchObject({ problem: { code: 'export.plugin_failed' } })
    const off = plan(stems.sources, [
      playing(hiss, [{ ...missing, isEnabled: false }], 'a'),
      playing(hiss, [missing], 'b', { isAudible: false }),
    ])
    expect((await renderWith(off, stems.cacheDir, tools)).left.some((value) => value !== 0)).toBe(true)
  })

  it('silence what is no number and say so', async () => {
    const broken = plan(stems.sources, [playing(hiss, [fixture('nan')], 'Lead')])
    const { left, warnings } = await renderWith(broken, stems.cacheDir, tools)
    expect(left.every(Number.isFinite)).toBe(true)
    expect(warnings.map((warning) => warning.code)).toEqual(['export.plugin_broken_numbers'])
  })

  it('play notes through instruments, also where the clip is not read', async () => {
    const sine = fixture('sine', 'sine', {}, { isInstrument: true })
    const notes = [{ startFrame: 4_800, lengthFrames: 9_600, pitch: 69, velocity: 100 }]
    const song = plan(stems.sources, [
      track('a', { clips: [{ ...clip(hiss, LENGTH), isPlayedByInstrument: true }], devices: [sine], notes }),
    ])
    const { left } = await renderWith(song, stems.cacheDir, tools)
    expect(left.subarray(0, 4_800).every((value) => value === 0)).toBe(true)
    const first = left.findIndex((value) => value !== 0)
    expect(first).toBeGreaterThanOrEqual(4_800)
    expect(first).toBeLessThan(4_804)
    // Struck again where a render begins in the middle of it.
    const middle = await renderWith(song, stems.cacheDir, tools, { fromFrame: 9_600 })
    expect(middle.left.subarray(0, 480).some((value) => value !== 0)).toBe(true)
    expect(middle.left.subarray(9_600).every((value) => Math.abs(value) < 1e-3)).toBe(true)
  })

  it('hear another track in a sidechain, in time whatever either of them is late by', async () => {
    const ducker = fixture('ducker', 'duck', {}, { sidechainTrackId: 'kick' })
    const ducked = async (kick: PlanTrack['devices'], before: PlanTrack['devices'], threads: number) =>
      renderWith(
        plan(stems.sources, [playing(hiss, [...before, ducker], 'pad'), playing(pulse, kick, 'kick', { gainDb: { value: 20 } })]),
        stems.cacheDir,
        tools,
        { threads },
      )
    const straight = await ducked([], [], 1)
    const pad = straight.stems.get(0)!.left
    const plainPad = (await renderWith(plan(stems.sources, [playing(hiss, [], 'pad')]), stems.cacheDir, tools)).left
    expect(hash(pad)).not.toBe(hash(plainPad))
    for (const [kick, before] of [
      [[fixture('latency', 'k')], []],
      [[], [fixture('latency', 'p')]],
    ] as const)
      for (const threads of [1, 3]) expect(hash((await ducked(kick, before, threads)).stems.get(0)!.left)).toBe(hash(pad))
  }, 60_000)
})
