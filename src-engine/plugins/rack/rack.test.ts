// Plugins that play: late, hanging and crashing ones cost their own sound a moment and nobody else's anything; what they are at survives.
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { PlanPlugin, PlanTrack, RenderPlan } from '../../../src-shared/remix/index.ts'
import { unwrap } from '../../../src-shared/std/index.ts'
import { buildFixtures, type ClapFixture, clapId, NO_FIXTURES, SCANNED_ID } from '../../../tests/rigs/fixture-plugins.ts'
import { clip, impulse, noise, plan, plugin, StemFolder, track } from '../../render/testing/plans.ts'
import { rackHandlers } from './requests.ts'
import { offlineTools, registryEntries, renderWith } from './rack-rig.fixture.ts'
import { Stage } from './rack-stage.fixture.ts'

const fixtures = await buildFixtures()
if (!fixtures) console.log(NO_FIXTURES)
const NAMES: ClapFixture[] = ['gain', 'stateless', 'latency', 'on-demand', 'crash-in-activate', 'crash-in-save']
const entries = registryEntries(fixtures, NAMES)
const fixture = (name: ClapFixture, params: Parameters<typeof plugin>[2] = {}, more: Partial<PlanPlugin> = {}) =>
  plugin(more.deviceId ?? name, { format: 'clap', id: clapId(name) }, params, more)

const LENGTH = 480_000
const stems = new StemFolder()
let hiss = 0
let other = 0
let pulses = 0
beforeAll(async () => {
  hiss = await stems.add(noise(LENGTH, 5, 0.3))
  other = await stems.add(noise(LENGTH, 6, 0.3))
  const many = impulse(LENGTH, 1_000)
  for (let at = 1_000; at < LENGTH; at += 4_800) many.left[at] = many.right[at] = 1
  pulses = await stems.add(many)
})
afterAll(() => stems.remove())

let open: Stage | undefined
const stage = (deadlineMs?: number): Stage => {
  open = new Stage({ entries, cacheDir: stems.cacheDir, ...(deadlineMs === undefined ? {} : { deadlineMs }) })
  return open
}
afterEach(() => {
  open?.dispose()
  open = undefined
})

const playing = (source: number, devices: PlanTrack['devices'], id: string): PlanTrack =>
  track(id, { clips: [clip(source, LENGTH)], devices })
const largestDifference = (one: Float32Array, two: Float32Array): number =>
  one.reduce((most, value, i) => Math.max(most, Math.abs(value - two[i]!)), 0)
const largestStep = (samples: Float32Array): number =>
  samples.reduce((most, value, i) => Math.max(most, i === 0 ? 0 : Math.abs(value - samples[i - 1]!)), 0)

describe.skipIf(!fixtures)('playing plugins', () => {
  it('sound to the bit as in a render', async () => {
    const whole = plan(stems.sources, [playing(hiss, [fixture('gain', { 1: -6 }), fixture('latency')], 'a')])
    const one = stage()
    await one.load(whole)
    const [live] = await one.play(40)
    const offline = await renderWith(whole, stems.cacheDir, offlineTools(entries), { toFrame: 40 * 512 })
    const latency = one.rack.find('latency')!.latencyFrames
    expect(latency).toBe(256)
    expect(largestDifference(live!.subarray(latency), offline.left.subarray(0, 40 * 512 - latency))).toBe(0)
  })

  it('take values, give them back when the plan no longer sets them, and keep them over a crash', async () => {
    const one = stage()
    const withGain = (params: Record<string, number>): RenderPlan => plan(stems.sources, [playing(hiss, [fixture('gain', params)], 'a')])
    await one.load(withGain({}))
    const [plain] = await one.play(4)
    one.update(withGain({ 1: -20 }))
    const [quiet] = await one.play(4)
    const energy = (samples: Float32Array): number => samples.reduce((sum, value) => sum + value * value, 0) / samples.length
    expect(energy(quiet!) / energy(plain!)).toBeCloseTo(0.01, 2)
    for (const pid of one.rack.hostProcessIds) process.kill(pid, 'SIGKILL')
    await one.play(20, { everyMs: 5 })
    await one.until('gain', 'ready')
    await one.play(4)
    const [again] = await one.play(4)
    expect(energy(again!) / energy(plain!)).toBeCloseTo(0.01, 2)
    one.update(withGain({}))
    const [back] = await one.play(4)
    expect(energy(back!) / energy(plain!)).toBeCloseTo(1, 0)
  })

  it('survive the end of their host: dry at once, back by themselves, and no other track hears it', async () => {
    const whole = plan(stems.sources, [
      playing(hiss, [fixture('gain', { 1: 0 })], 'a'),
      playing(other, [fixture('gain', { 1: 0 }, { deviceId: 'b' })], 'b'),
    ])
    const one = stage()
    await one.load(whole)
    await one.play(20)
    const before = new Set(one.rack.hostProcessIds)
    expect(before.size).toBe(2)
    process.kill([...before][0]!, 'SIGKILL')
    const [a, b] = await one.play(120, { everyMs: 5 })
    await one.until('gain', 'ready')
    const alone = await renderWith(plan(stems.sources, [playing(other, [], 'b')]), stems.cacheDir, offlineTools(entries), {
      toFrame: 140 * 512,
    })
    // A plugin at 0 dB is the sound itself: both tracks must be as if nothing had been.
    expect(largestDifference(b!, alone.left.subarray(20 * 512))).toBeLessThan(1e-6)
    expect(a!.every((value) => value !== 0)).toBe(true)
    expect(one.crashes).toEqual(['gain crashed'])
    expect(one.warnings.map((warning) => warning.code)).toEqual(['playback.plugin_crashed'])
  })

  it('are back at once where two hosts end at the same time, in those that stood ready', async () => {
    const one = stage()
    const song = plan(stems.sources, [
      playing(hiss, [fixture('gain', { 1: -6 })], 'a'),
      playing(other, [fixture('gain', { 1: -12 }, { deviceId: 'b' })], 'b'),
    ])
    await one.load(song)
    expect(one.rack.spareProcessIds, 'what plays comes first').toEqual([])
    await expect.poll(() => one.rack.spareProcessIds.length, { timeout: 15_000 }).toBe(2)
    const spares = [...one.rack.spareProcessIds]
    for (const pid of one.rack.hostProcessIds) process.kill(pid, 'SIGKILL')
    await one.play(20, { everyMs: 5 })
    await Promise.all([one.until('gain', 'ready'), one.until('b', 'ready')])
    expect([...one.rack.hostProcessIds].toSorted()).toEqual(spares.toSorted())
    expect(one.crashes.toSorted()).toEqual(['b crashed', 'gain crashed'])
    const sound = await one.play(40)
    const whole = await renderWith(song, stems.cacheDir, offlineTools(entries), { toFrame: 60 * 512 })
    // Faded in, both are as if nothing had been.
    for (const track of [0, 1])
      expect(largestDifference(sound[track]!.subarray(20 * 512), whole.stems.get(track)!.left.subarray(40 * 512, 60 * 512))).toBe(0)
    // And the next two are on their way.
    await expect.poll(() => one.rack.spareProcessIds.length, { timeout: 15_000 }).toBe(2)
    await one.load(plan(stems.sources, [playing(hiss, [], 'a')]))
    expect(one.rack.spareProcessIds, 'without plugins none is needed').toEqual([])
  }, 60_000)

  it('play on to the bit while another is put beside them, however long it takes to open, and while it is taken out again', async () => {
    const slow = { ...entries[0]!, id: SCANNED_ID, path: fixtures!.clap('slow-to-load') }
    const song = (...devices: PlanTrack['devices']): RenderPlan => plan(stems.sources, [playing(hiss, devices, 'a')])
    const neighbours = [fixture('gain', { 1: -6 }), fixture('stateless', { 1: -3 })]
    const one = stage()
    one.registry.replace([...entries, slow])
    await one.load(song(...neighbours))
    const home = one.rack.find('gain')!.host
    const sound = [(await one.play(40, { everyMs: 2 }))[0]!]
    const played = async (): Promise<void> => void sound.push((await one.play(10, { everyMs: 5 }))[0]!)
    const coming = one.load(song(...neighbours, plugin('slow', { format: 'clap', id: SCANNED_ID })))
    await played()
    expect(one.rack.find('slow')!.state).toBe('loading')
    while (one.rack.find('slow')!.state === 'loading') await played()
    await coming
    const opening = sound.length - 1
    for (let round = 0; round < 4; round++) await played()
    expect(one.rack.find('slow')!.host).not.toBe(home)
    // When nothing plays it moves in with them.
    await expect.poll(() => one.rack.find('slow')!.host, { timeout: 15_000 }).toBe(home)
    await one.until('slow', 'ready')
    await played()
    const going = one.load(song(...neighbours))
    await played()
    await going
    await played()
    const blocks = sound.reduce((sum, part) => sum + part.length, 0)
    const whole = (await renderWith(song(...neighbours), stems.cacheDir, offlineTools(entries), { toFrame: blocks })).left
    // The newcomer hands on what it hears, so that all that is heard is the neighbours.
    let at = 0
    for (const [i, part] of sound.entries()) {
      const difference = largestDifference(part, whole.subarray(at, at + part.length))
      // Fading from a sound to the very same rounds its last bit.
      if (i < opening) expect(difference, `from frame ${at}`).toBe(0)
      else expect(difference, `from frame ${at}`).toBeLessThan(1e-7)
      at += part.length
    }
    expect(one.rack.statuses().map(({ lateBlocks }) => lateBlocks)).toEqual([0, 0])
    expect(one.warnings).toEqual([])
  }, 60_000)

  it('are bypassed without a click where they crash, and started again', async () => {
    const crash = {
      value: 0,
      points: [
        { frame: 0, value: 0, curve: 'hold' as const },
        { frame: 20 * 512 + 100, value: 1, curve: 'hold' as const },
        { frame: 21 * 512, value: 0, curve: 'hold' as const },
      ],
    }
    const one = stage()
    await one.load(plan(stems.sources, [playing(hiss, [fixture('on-demand', { 1: crash, 7: 0.5 })], 'a')]))
    const [sound] = await one.play(100, { everyMs: 5 })
    await one.until('on-demand', 'ready')
    expect(one.crashes).toEqual(['on-demand crashed'])
    const dry = (
      await renderWith(plan(stems.sources, [playing(hiss, [], 'a')]), stems.cacheDir, offlineTools(entries), { toFrame: 100 * 512 })
    ).left
    expect(largestDifference(sound!.subarray(24 * 512, 25 * 512), dry.subarray(24 * 512, 25 * 512))).toBeLessThan(1e-6)
    expect(largestStep(sound!)).toBeLessThan(largestStep(dry) * 1.2)
  })

  it('are given up after a second crash within a minute, and tried again on request', async () => {
    const one = stage()
    await one.load(plan(stems.sources, [playing(hiss, [fixture('on-demand', { 1: 1 }, { deviceId: 'bad' }), fixture('gain')], 'a')]))
    for (let round = 0; round < 100 && one.rack.find('bad')?.state !== 'disabled'; round++) await one.play(2, { everyMs: 20 })
    const status = await one.until('bad', 'disabled')
    expect(status.message).toContain('"bad" on "a" crashed twice')
    expect(one.crashes).toEqual(['bad crashed', 'bad crashed'])
    // Its neighbour in the chain went down with it once and plays.
    await one.until('gain', 'ready')
    one.update(plan(stems.sources, [playing(hiss, [fixture('on-demand', { 1: 0 }, { deviceId: 'bad' }), fixture('gain')], 'a')]))
    one.rack.reload(one.rack.find('bad')!)
    await one.until('bad', 'ready')
    expect(new Set(one.rack.hostProcessIds).size).toBe(2)
  })

  it('that hang are ended within half a second, and hold nothing up beyond one block', async () => {
    const hang = {
      value: 0,
      points: [
        { frame: 0, value: 0, curve: 'hold' as const },
        { frame: 20 * 512, value: 1, curve: 'hold' as const },
        { frame: 21 * 512, value: 0, curve: 'hold' as const },
      ],
    }
    const one = stage(20)
    await one.load(plan(stems.sources, [playing(hiss, [fixture('on-demand', { 2: hang })], 'a'), playing(other, [fixture('gain')], 'b')]))
    const start = performance.now()
    await one.play(80, { everyMs: 8 })
    await one.until('on-demand', 'ready')
    expect(performance.now() - start).toBeLessThan(8_000)
    expect(one.crashes).toEqual(['on-demand hung'])
  })

  it('that are slow are bypassed block by block and not ended', async () => {
    const slow = {
      value: 0,
      points: [
        { frame: 0, value: 0, curve: 'hold' as const },
        { frame: 20 * 512, value: 60, curve: 'hold' as const },
        { frame: 21 * 512, value: 0, curve: 'hold' as const },
      ],
    }
    const one = stage(20)
    await one.load(plan(stems.sources, [playing(hiss, [fixture('on-demand', { 4: slow })], 'a')]))
    await one.play(60, { everyMs: 8 })
    const status = await one.until('on-demand', 'ready')
    expect(status.lateBlocks).toBeGreaterThan(0)
    expect(one.crashes).toEqual([])
  })

  it('that are missing or will not start are told once and passed by', async () => {
    const one = stage()
    const gone = plugin('gone', { format: 'clap', id: 'not.installed' })
    await one.load(plan(stems.sources, [playing(hiss, [gone, fixture('crash-in-activate')], 'a')]))
    expect(one.rack.find('gone')?.state).toBe('missing')
    await one.until('crash-in-activate', 'disabled')
    const [sound] = await one.play(8)
    expect(sound!.some((value) => value !== 0)).toBe(true)
    expect(one.warnings.map((warning) => warning.code).sort()).toEqual([
      'playback.plugin_crashed',
      'playback.plugin_disabled',
      'playback.plugin_missing',
    ])
    one.registry.replace([...entries, { ...entries[0]!, id: 'not.installed' }])
    one.rack.registryChanged()
    expect(one.rack.find('gone')?.state).not.toBe('missing')
  })

  it('are put in time anew where their latency changes', async () => {
    const one = stage()
    const withLatency = (frames: number): RenderPlan =>
      plan(stems.sources, [playing(pulses, [fixture('latency', { 1: frames })], 'a'), playing(pulses, [], 'b')])
    await one.load(withLatency(256))
    await one.play(20, { everyMs: 2 })
    one.update(withLatency(1_000))
    await one.play(40, { everyMs: 5 })
    expect(one.isRerouted).toBe(true)
    expect(one.rack.find('latency')?.latencyFrames).toBe(1_000)
  })

  it('share a host by track, all together, or none', async () => {
    const one = stage()
    await one.load(
      plan(stems.sources, [
        playing(hiss, [fixture('gain'), fixture('latency')], 'a'),
        playing(other, [fixture('gain', {}, { deviceId: 'b' })], 'b'),
      ]),
    )
    expect(one.rack.hostProcessIds.length).toBe(2)
    for (const [mode, hosts] of [
      ['together', 1],
      ['alone', 3],
      ['chain', 2],
    ] as const) {
      one.rack.group(mode)
      await one.rack.settled(10_000)
      expect(one.rack.hostProcessIds.length, mode).toBe(hosts)
      expect(one.rack.statuses().every((status) => status.state === 'ready')).toBe(true)
    }
  })
})

describe.skipIf(!fixtures)('editors', () => {
  it('get words for values, states that bring everything back, and an answer where a plugin cannot give one', async () => {
    const one = stage()
    const ask = rackHandlers(() => one.rack)
    const song = (params: Record<string, number>, more: Partial<PlanPlugin> = {}): RenderPlan =>
      plan(stems.sources, [playing(hiss, [fixture('gain', params, more), fixture('stateless', params), fixture('crash-in-save')], 'a')])
    await one.load(song({ 1: -6, 3: 1 }))
    const values = [
      { parameter: '1', value: -6 },
      { parameter: '3', value: 2 },
      { parameter: 'none', value: 0 },
    ]
    expect(unwrap(await ask['plugins.texts']({ deviceId: 'gain', values }))).toEqual({
      texts: ['-6.0 dB', 'Right inverted', null],
      values: { 1: -6, 3: 1 },
    })
    const kept = unwrap(await ask['plugins.captureState']({ deviceId: 'gain' }))
    expect(kept.params).toEqual({})
    expect(kept.stateSha256).toMatch(/^[0-9a-f]{64}$/)
    expect(unwrap(await ask['plugins.captureState']({ deviceId: 'stateless' }))).toEqual({
      state: null,
      stateSha256: null,
      params: { 1: -6, 3: 1 },
    })
    // Back in the plan, the state is known and nothing changes; another is loaded.
    const { plugin: use } = fixture('gain')
    const withState = { plugin: { ...use, name: 'gain', stateSha256: kept.stateSha256 }, state: kept.state }
    one.update(song({}, withState))
    expect(unwrap(await ask['plugins.texts']({ deviceId: 'gain', values: [] })).values).toEqual({ 1: -6, 3: 1 })
    one.update(song({ 1: 3 }, withState))
    expect(unwrap(await ask['plugins.texts']({ deviceId: 'gain', values: [] })).values).toEqual({ 1: 3, 3: 1 })
    one.update(song({}, withState))
    expect(unwrap(await ask['plugins.texts']({ deviceId: 'gain', values: [] })).values).toEqual({ 1: -6, 3: 1 })
    one.update(song({}))
    await one.rack.settled(10_000)
    expect(unwrap(await ask['plugins.texts']({ deviceId: 'gain', values: [] })).values).toEqual({})
    unwrap(await ask['plugins.loadState']({ deviceId: 'gain', state: kept.state, params: { 3: 2 } }))
    expect(unwrap(await ask['plugins.texts']({ deviceId: 'gain', values: [] })).values).toEqual({ 1: -6, 3: 2 })
    expect(await ask['plugins.captureState']({ deviceId: 'crash-in-save' })).toMatchObject({
      ok: false,
      error: { code: 'plugins.refused' },
    })
    expect(await ask['plugins.presets']({ deviceId: 'nobody' })).toMatchObject({ ok: false, error: { code: 'plugins.not_in_use' } })
  })
})
