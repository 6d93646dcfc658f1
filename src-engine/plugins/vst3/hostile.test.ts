// VST3 plugins that lie, refuse or end their process: what reaches a descriptor is repaired, what is refused is refused in words.
import { describe, expect, it } from 'vitest'
import { pluginDescriptorSchema } from '../../../src-shared/plugins/index.ts'
import { buildFixtures, NO_FIXTURES, VST3_ID, type Vst3BundleName } from '../../../tests/rigs/fixture-plugins.ts'
import { type Trial, tryPluginAlone } from '../../../tests/rigs/plugin-trials.ts'
import type { BlockEvents, PluginInstance } from '../instance.ts'
import { vst3Loader } from './index.ts'

const fixtures = await buildFixtures()
if (fixtures === null) console.log(NO_FIXTURES)

const EVENTS: BlockEvents = {
  parameters: [],
  notes: [],
  timeline: { frame: 0, isPlaying: true, bpm: 120, numerator: 4, denominator: 4, quarter: 0, barQuarter: 0, bar: 0 },
}
const scan = (name: Vst3BundleName) => pluginDescriptorSchema.array().parse(vst3Loader.scan(fixtures!.vst3Bundle(name)))
const open = (name: Vst3BundleName): PluginInstance => {
  const plugin = vst3Loader.open(fixtures!.vst3Bundle(name), VST3_ID, { sampleRate: 48_000, maxFrames: 512, isOffline: true })
  plugin.activate()
  return plugin
}
const tryAlone = (step: Trial['step'], name: Vst3BundleName, patience: { patienceMs?: number } = {}) =>
  tryPluginAlone({ format: 'vst3', step, path: fixtures!.vst3Bundle(name), id: VST3_ID, ...patience })

describe.skipIf(fixtures === null)('a VST3 plugin that lies', { timeout: 60_000 }, () => {
  it('is shown in one line and in the direction it is read', () => {
    const [descriptor] = scan('hostile-names')
    expect(JSON.stringify(descriptor)).not.toMatch(/\\u00[01]|\\[nrbf]|[\u202e\ufffd\u2028]/)
    expect(descriptor).toMatchObject({ vendor: 'Ven dorgnp.exe', tags: ['[31mRed', 'Tools'], name: 'n'.repeat(64) })
  })

  it('has finite ranges and each parameter once, and ten thousand if it likes', () => {
    const [odd] = scan('odd-ranges')
    expect(odd!.parameters.map(({ id, min, max, default: value }) => [id, min, max, value])).toEqual([
      ['0', 0, 1, 0],
      ['1', 0, 1, 0],
    ])
    expect(scan('many-parameters')[0]!.parameters).toHaveLength(10_000)
  })

  it.each(['missing-buses', 'endless-buses', 'endless-channels', 'endless-classes'] as const)(
    'is one plugin with sound in and out: %s',
    (name) => {
      expect(scan(name)).toHaveLength(1)
      const plugin = open(name)
      plugin.inputs[0]!.samples[0]!.fill(0.5)
      plugin.process(512, EVENTS)
      expect(plugin.outputs[0]!.samples[0]![511]).toBe(0.5)
      plugin.close()
    },
  )

  it('is not believed when it claims to be hours late, and may be late without saying so', () => {
    expect(open('endless-latency').latencyFrames()).toBe(20 * 48_000)
    const late = open('wrong-latency')
    late.inputs[0]!.samples[0]![0] = 1
    late.process(512, EVENTS)
    expect([late.latencyFrames(), late.outputs[0]!.samples[0]!.indexOf(1)]).toEqual([100, 200])
  })

  it('keeps no state that no remix can carry', () => {
    expect(() => open('huge-state').saveState()).toThrow('more than 8 MB of settings')
  })

  it('makes sound that is none when told to', () => {
    const plugin = open('gain')
    const trouble = plugin.descriptor.parameters.findIndex((parameter) => parameter.name === 'Trouble')
    const made = plugin.descriptor.parameters[trouble]!.choices.slice(3).map((choice) => {
      plugin.process(512, { ...EVENTS, parameters: [{ frame: 0, parameter: trouble, value: choice.value }] })
      return plugin.outputs[0]!.samples[0]![511]
    })
    expect(made).toEqual([Number.NaN, Number.POSITIVE_INFINITY, Math.fround(1e30), Math.fround(1e-40)])
  })
})

describe.skipIf(fixtures === null)('a VST3 plugin that refuses', () => {
  it.each([
    ['refuse-entry', 'refused to start'],
    ['no-factory', 'gave no plugin factory'],
    ['empty', 'holds no plugin'],
    ['refuse-create', 'could not be made'],
    ['refuse-initialize', 'refused to start'],
    ['refuse-activate', 'could not be switched on'],
  ] as const)('says so: %s', (name, words) => {
    expect(() => scan(name)).toThrow(words)
  })
})

describe.skipIf(fixtures === null)('a VST3 plugin that takes its process with it', { timeout: 60_000, concurrent: true }, () => {
  it.each([
    'crash-in-entry',
    'crash-in-factory',
    'crash-in-create',
    'crash-in-initialize',
    'crash-in-activate',
    'crash-in-get-state',
  ] as const)('when it is scanned: %s', async (name) => expect(await tryAlone('scan', name)).toBe('SIGSEGV'))

  it.each(['hang-in-entry', 'hang-in-factory', 'hang-in-create', 'hang-in-initialize', 'hang-in-activate', 'hang-in-get-state'] as const)(
    'when it is scanned: %s',
    async (name) => expect(await tryAlone('scan', name, { patienceMs: 1_000 })).toBe('hung'),
  )

  it.each([
    ['process', 'crash-in-process', 'SIGSEGV'],
    ['load', 'crash-in-set-state', 'SIGSEGV'],
    ['close', 'crash-in-terminate', 'SIGSEGV'],
    ['process', 'hang-in-process', 'hung'],
    ['load', 'hang-in-set-state', 'hung'],
    ['close', 'hang-in-terminate', 'hung'],
  ] as const)('in %s: %s', async (step, name, ending) => {
    expect(await tryAlone('scan', name)).toBe('done')
    expect(await tryAlone(step, name, ending === 'hung' ? { patienceMs: 1_500 } : {})).toBe(ending)
  })
})
