import { existsSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { buildFixtures, NO_FIXTURES } from '../../../tests/rigs/fixture-plugins.ts'
import { clapLoader } from '../clap/index.ts'
import { hostCommands, type StereoBlock, TRANSPORTS } from '../client/index.ts'
import {
  noiseBlock,
  openPlugin,
  PATIENCE_MS,
  run,
  SAMPLE_RATE,
  START,
  silentBlock,
  startHost,
  valueIn,
} from '../client/testing/host-rig.ts'
import { PLUGIN_BLOCK_FRAMES, type ParameterEvent, type PluginInstance } from '../instance.ts'
import { loaderOf } from '../loaders.ts'

const fixtures = await buildFixtures()
if (!fixtures) process.stderr.write(`${NO_FIXTURES}\n`)
const at = (name: Parameters<NonNullable<typeof fixtures>['plugin']>[0]): { readonly path: string; readonly id: string } =>
  (fixtures as NonNullable<typeof fixtures>).plugin(name)

const ZAM_CLAP = { path: '/usr/lib/clap/ZamVerb.clap', id: 'com.zamaudio.ZamVerb', format: 'clap' } as const
const AMP_LV2 = { path: '/usr/lib/lv2/amp-swh.lv2', id: 'http://plugin.org.uk/swh-plugins/amp', format: 'lv2' } as const

const FRAMES = 4_096

/** The same plugin without a host: blocks of 512 from the start of each request, events by the block they fall into. */
const directly = (instance: PluginInstance, input: StereoBlock, parameters: readonly ParameterEvent[]): StereoBlock => {
  const frames = input[0].length
  const output = silentBlock(frames)
  for (let start = 0; start < frames; start += PLUGIN_BLOCK_FRAMES) {
    const count = Math.min(PLUGIN_BLOCK_FRAMES, frames - start)
    for (const channel of [0, 1] as const) instance.inputs[0]?.samples[channel]?.set(input[channel].subarray(start, start + count))
    for (const bus of instance.inputs.slice(1)) for (const samples of bus.samples) samples.fill(0)
    instance.process(count, {
      parameters: parameters.filter((e) => e.frame >= start && e.frame < start + count).map((e) => ({ ...e, frame: e.frame - start })),
      notes: [],
      timeline: { ...START, frame: start, quarter: start / (SAMPLE_RATE / 2) },
    })
    for (const channel of [0, 1] as const) {
      output[channel].set(instance.outputs[0]?.samples[channel]?.subarray(0, count) ?? [], start)
    }
    instance.idle()
  }
  return output
}

describe.skipIf(!fixtures).each(TRANSPORTS)('a plugin behind %s', (transport) => {
  it('sounds the same to the bit as in this process, with automation at its frames and requests of any length', async () => {
    const { host } = await startHost({ transport })
    expect(host.transport).toBe(transport)
    const { instance } = await openPlugin(host, at('gain'))
    const here = clapLoader.open(at('gain').path, at('gain').id, {
      sampleRate: SAMPLE_RATE,
      maxFrames: PLUGIN_BLOCK_FRAMES,
      isOffline: false,
    })
    here.activate()
    for (const [index, frames] of [1, 511, 512, 513, 1_024, 4_095, FRAMES].entries()) {
      const input = noiseBlock(frames, index + 1)
      const parameters = [0, 100, 511, 512, 700, 4_000].flatMap((frame) =>
        frame < frames ? [{ frame, parameter: 0, value: -(frame % 60) }] : [],
      )
      const { reply, output } = run(host, { instance, input, parameters })
      expect(valueIn(reply).steps[0]?.scrubbedSamples).toBe(0)
      expect(output).toEqual(directly(here, input, parameters))
    }
    here.close()
  })

  it.skipIf(!existsSync(ZAM_CLAP.path))('runs a reverb of others the same to the bit', async () => {
    const { host } = await startHost({ transport })
    const { instance } = await openPlugin(host, ZAM_CLAP)
    const here = clapLoader.open(ZAM_CLAP.path, ZAM_CLAP.id, { sampleRate: SAMPLE_RATE, maxFrames: PLUGIN_BLOCK_FRAMES, isOffline: false })
    here.activate()
    for (let block = 0; block < 8; block++) {
      const input = noiseBlock(FRAMES, block + 1)
      expect(run(host, { instance, input }).output).toEqual(directly(here, input, []))
    }
    here.close()
  })

  it('is told of silence for what is no sound, and how much of it there was', async () => {
    const { host } = await startHost({ transport })
    for (const name of ['nan', 'infinity', 'loud'] as const) {
      const { instance } = await openPlugin(host, at(name))
      const { reply, output } = run(host, { instance, input: noiseBlock(600) })
      expect(valueIn(reply).steps[0]?.scrubbedSamples).toBe(1_200)
      expect(output).toEqual(silentBlock(600))
    }
  })

  it('runs a chain in one round trip, each with its sidechain and its outputs', async () => {
    const { host } = await startHost({ transport })
    const gain = await openPlugin(host, at('gain'), { values: { '1': -6 } })
    const ducker = await openPlugin(host, at('ducker'))
    const [input, side] = [noiseBlock(1_000, 5), noiseBlock(1_000, 6)]
    const output = silentBlock(1_000)
    const steps = [
      { instance: gain.instance, parameters: [], notes: [], sidechain: null },
      { instance: ducker.instance, parameters: [], notes: [], sidechain: side },
    ]
    const report = valueIn(host.run({ frames: 1_000, input, output, steps, timeline: START, wantsOutputs: true }, PATIENCE_MS))
    const factor = 10 ** (-6 / 20)
    const expected = input.map((samples, channel) =>
      samples.map((sample, frame) =>
        Math.fround(Math.fround(sample * factor) * Math.fround(1 - Math.min(1, Math.abs(side[channel as 0 | 1][frame] as number)))),
      ),
    )
    expect(output).toEqual(expected)
    expect(report.steps.map(({ outputs }) => outputs.map(({ parameter }) => parameter))).toEqual([[3], []])
    const [left, right] = input.map((samples) => samples.subarray(512).reduce((most, sample) => Math.max(most, Math.abs(sample)), 0))
    expect(report.steps[0]?.outputs[0]?.value).toBeCloseTo(Math.max(left as number, right as number) * factor, 6)
  })

  it('adds an instrument to what other clips of the track sound', async () => {
    const { host } = await startHost({ transport })
    const { instance } = await openPlugin(host, at('sine'))
    const input = noiseBlock(2_000)
    const notes = [
      { frame: 700, kind: 'on', pitch: 69, velocity: 1 },
      { frame: 1_500, kind: 'off', pitch: 69, velocity: 0 },
    ] as const
    const { output } = run(host, { instance, input, notes })
    expect(output[0].subarray(0, 700)).toEqual(input[0].subarray(0, 700))
    expect(output[0].subarray(1_500)).toEqual(input[0].subarray(1_500))
    const sine = (frame: number): number => Math.fround(0.5 * Math.sin((2 * Math.PI * 440 * (frame - 700)) / SAMPLE_RATE))
    for (const frame of [701, 1_023, 1_024, 1_499]) expect(output[1][frame]).toBeCloseTo((input[1][frame] as number) + sine(frame), 6)
  })

  it('knows tempo, meter and place in every block of a long request', async () => {
    const { host } = await startHost({ transport })
    const { instance } = await openPlugin(host, at('timekeeper'))
    const { output } = run(host, {
      instance,
      input: silentBlock(FRAMES),
      timeline: { ...START, quarter: 8, barQuarter: 8, bar: 2, bpm: 60 },
    })
    expect([output[0][0], output[1][0], output[1][512], output[1][4_095]]).toEqual([
      60,
      8,
      Math.fround(8 + 512 / 48_000),
      Math.fround(8 + 3_584 / 48_000),
    ])
  })

  it('is restarted where it asks for it, and its new latency is told', async () => {
    const { host } = await startHost({ transport })
    const { instance, latencyFrames } = await openPlugin(host, at('latency'))
    expect(latencyFrames).toBe(256)
    const first = valueIn(run(host, { instance, input: silentBlock(512), parameters: [{ frame: 0, parameter: 0, value: 700 }] }).reply)
    const later = valueIn(run(host, { instance, input: silentBlock(512) }).reply)
    const told = [first, later].map(({ steps }) => steps[0])
    expect(told.filter((step) => step?.hasNewLatency).map((step) => step?.latencyFrames)).toEqual([700])
    expect(later.steps[0]?.latencyFrames).toBe(700)
    expect(valueIn(host.call(hostCommands.timing(instance), PATIENCE_MS)).latencyFrames).toBe(700)
  })

  it('gives values, words and state, takes them back, and refuses with a sentence', async () => {
    const { host } = await startHost({ transport })
    const { instance, descriptor, values } = await openPlugin(host, at('gain'), { values: { '1': -12, nonsense: 3 } })
    expect(descriptor.parameters.map(({ name }) => name)).toEqual(['Gain', 'Bypass', 'Polarity', 'Peak', 'Seed'])
    expect(values[0]).toBe(-12)
    expect(valueIn(host.call(hostCommands.texts(instance, [{ parameter: 2, value: 1 }]), PATIENCE_MS))).toEqual(['Inverted'])
    const state = valueIn(host.call(hostCommands.saveState(instance), PATIENCE_MS))
    valueIn(host.call(hostCommands.setValues(instance, [{ parameter: 0, value: 6 }]), PATIENCE_MS))
    expect(valueIn(host.call(hostCommands.values(instance), PATIENCE_MS))[0]).toBe(6)
    valueIn(host.call(hostCommands.loadState(instance, state as Uint8Array), PATIENCE_MS))
    expect(valueIn(host.call(hostCommands.values(instance), PATIENCE_MS))[0]).toBe(-12)
    valueIn(host.call(hostCommands.reset(instance), PATIENCE_MS))
    valueIn(host.call(hostCommands.close(instance), PATIENCE_MS))
    expect(host.call(hostCommands.values(instance), PATIENCE_MS)).toEqual({
      ok: false,
      error: { kind: 'refused', message: 'That plugin is not open any more.' },
    })
  })

  it('has its state refused where it is larger than a remix can keep, both ways, and goes on', async () => {
    const { host } = await startHost({ transport })
    const { instance } = await openPlugin(host, at('huge-state'))
    const saved = await host.callLater(hostCommands.saveState(instance), 60_000)
    expect(saved).toMatchObject({ ok: false, error: { kind: 'refused' } })
    const loaded = host.call(hostCommands.loadState(instance, new Uint8Array(100 * 1024 * 1024)), PATIENCE_MS)
    expect(loaded).toMatchObject({ ok: false, error: { kind: 'refused', message: expect.stringContaining('100 MB') } })
    valueIn(host.call(hostCommands.ping(), PATIENCE_MS))
  })

  it('may describe ten thousand parameters, and take a state of megabytes', async () => {
    const { host } = await startHost({ transport })
    const { descriptor, values, instance } = await openPlugin(host, at('many-parameters'))
    expect(descriptor.parameters).toHaveLength(10_000)
    expect(values).toHaveLength(10_000)
    // Not its own, so it may say no; the way there is what counts.
    const reply = host.call(hostCommands.loadState(instance, new Uint8Array(8 * 1024 * 1024)), PATIENCE_MS)
    expect(reply.ok || reply.error.kind === 'refused').toBe(true)
    valueIn(host.call(hostCommands.ping(), PATIENCE_MS))
  })

  it.each(['prints', 'forks', 'moves', 'locale', 'closes', 'signals', 'threaded'] as const)(
    'is heard although it is one that %s',
    async (name) => {
      const { host } = await startHost({ transport })
      const guest = await openPlugin(host, at(name))
      const neighbour = await openPlugin(host, at('gain'))
      const input = noiseBlock(1_024)
      for (let block = 0; block < 5; block++) {
        expect(run(host, { instance: guest.instance, input }).output).toEqual(input)
        expect(run(host, { instance: neighbour.instance, input }).output).toEqual(input)
      }
      expect(valueIn(host.call(hostCommands.texts(neighbour.instance, [{ parameter: 0, value: -1.5 }]), PATIENCE_MS))).toEqual(['-1.5 dB'])
    },
  )

  it('turns its loop for threads of plugins that call the host', async () => {
    const { host } = await startHost({ transport })
    const { instance } = await openPlugin(host, at('threaded'))
    await expect.poll(() => valueIn(host.call(hostCommands.values(instance), PATIENCE_MS))[0], { timeout: 5_000 }).toBeGreaterThan(2)
  })
})

describe.skipIf(!existsSync(AMP_LV2.path))('a mono effect of others', () => {
  it('works on both sides by itself', async () => {
    const { host } = await startHost({})
    const loader = await loaderOf('lv2')
    const { instance } = await openPlugin(host, AMP_LV2, { values: { gain: 6 } })
    const here = loader.open(AMP_LV2.path, AMP_LV2.id, { sampleRate: SAMPLE_RATE, maxFrames: PLUGIN_BLOCK_FRAMES, isOffline: false })
    expect(here.inputs.map(({ channels }) => channels)).toEqual([1])
    here.close()
    const input = noiseBlock(1_000)
    const { output } = run(host, { instance, input })
    const factor = 10 ** (6 / 20)
    for (const channel of [0, 1] as const) {
      for (const frame of [0, 1, 511, 512, 999]) expect(output[channel][frame]).toBeCloseTo((input[channel][frame] as number) * factor, 4)
    }
  })
})
