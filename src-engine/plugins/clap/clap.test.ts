// CLAP plugins that do as they say: our fixtures, whose every sample is known, and those of zam-plugins where they are installed.
import { existsSync, readdirSync } from 'node:fs'
import { afterEach, describe, expect, it } from 'vitest'
import { isInstrument, type PluginDescriptor, pluginDescriptorSchema } from '../../../src-shared/plugins/index.ts'
import { buildFixtures, type ClapFixture, clapId, NO_FIXTURES } from '../../../tests/rigs/fixture-plugins.ts'
import type { BlockEvents, NoteEvent, OpenOptions, ParameterEvent, PluginInstance, Timeline } from '../instance.ts'
import { clapLoader } from './index.ts'

const fixtures = await buildFixtures()
if (fixtures === null) console.log(NO_FIXTURES)

const TIMELINE: Timeline = { frame: 0, isPlaying: true, bpm: 120, numerator: 4, denominator: 4, quarter: 0, barQuarter: 0, bar: 0 }
const OPTIONS: OpenOptions = { sampleRate: 48_000, maxFrames: 512, isOffline: true }

const opened: PluginInstance[] = []
afterEach(() => {
  for (const plugin of opened.splice(0)) plugin.close()
})

const openAt = (path: string, id: string, options: Partial<OpenOptions> = {}): PluginInstance => {
  const plugin = clapLoader.open(path, id, { ...OPTIONS, ...options })
  opened.push(plugin)
  return plugin
}
const open = (name: ClapFixture, options: Partial<OpenOptions> = {}): PluginInstance => {
  const { path, id } = fixtures!.plugin(name)
  const plugin = openAt(path, id, options)
  plugin.activate()
  return plugin
}
const events = (parts: Partial<BlockEvents> = {}): BlockEvents => ({ parameters: [], notes: [], timeline: TIMELINE, ...parts })
const parameterNamed = (descriptor: PluginDescriptor, name: string) =>
  descriptor.parameters.findIndex((parameter) => parameter.name === name)

const feed = (plugin: PluginInstance, value: (frame: number) => number, bus = 0): void => {
  for (const channel of plugin.inputs[bus]!.samples) for (let i = 0; i < channel.length; i++) channel[i] = value(i)
}
/** Left output of as many blocks as `events` lists, the input fed with `sample` of the running frame. */
const play = (plugin: PluginInstance, blocks: number, sample: (frame: number) => number, first = events()): Float32Array => {
  const out = new Float32Array(blocks * 512)
  for (let block = 0; block < blocks; block++) {
    if (plugin.inputs.length > 0) feed(plugin, (i) => sample(block * 512 + i))
    plugin.process(512, block === 0 ? first : events())
    out.set(plugin.outputs[0]!.samples[0]!, block * 512)
  }
  return out
}
const impulse = (frame: number) => (frame === 0 ? 1 : 0)
const firstLoud = (sound: Float32Array) => sound.findIndex((value) => Math.abs(value) > 1e-6)

describe.skipIf(fixtures === null)('a CLAP plugin', () => {
  it('is described by what it says of itself', () => {
    const descriptors = clapLoader.scan(fixtures!.clap('sounds'))
    const gain = descriptors.find((descriptor) => descriptor.id === clapId('gain'))!
    expect(pluginDescriptorSchema.array().parse(descriptors)).toEqual(descriptors)
    expect(gain).toMatchObject({
      name: 'Fixture Gain',
      vendor: 'Stemma fixtures',
      version: '1.0.0',
      category: 'effect',
      tags: ['Stereo'],
      hasState: true,
    })
    expect(gain.parameters.map(({ name, group }) => [name, group])).toEqual([
      ['Gain', 'Level'],
      ['Bypass', ''],
      ['Polarity', 'Level/Phase'],
      ['Peak', 'Meters'],
      ['Seed', ''],
    ])
    expect(gain.parameters[0]).toMatchObject({
      id: '1',
      min: -60,
      max: 12,
      default: 0,
      isAutomatable: true,
      isInteger: false,
      hasText: true,
    })
    expect(gain.parameters[1]).toMatchObject({ isBypass: true, isToggle: true })
    expect(gain.parameters[2]!.choices.map((choice) => choice.label)).toEqual(['Normal', 'Inverted', 'Right inverted'])
    expect(gain.parameters[3]).toMatchObject({ isOutput: true, isAutomatable: false })
    expect(gain.parameters[4]).toMatchObject({ isHidden: true, isInteger: true, isAutomatable: false, choices: [] })
    const sine = descriptors.find((descriptor) => descriptor.id === clapId('sine'))!
    expect(isInstrument(sine)).toBe(true)
    expect(sine.tags).toEqual(['Synthesizer', 'Stereo'])
    const ducker = descriptors.find((descriptor) => descriptor.id === clapId('ducker'))!
    expect(ducker.inputs).toEqual([
      { name: 'Main', channels: 2, isSidechain: false },
      { name: 'Sidechain', channels: 2, isSidechain: true },
    ])
  })

  it('takes a parameter at the very sample, three times in one block', () => {
    const plugin = open('gain')
    const gain = parameterNamed(plugin.descriptor, 'Gain')
    const at = (frame: number, value: number): ParameterEvent => ({ frame, parameter: gain, value })
    const out = play(plugin, 1, () => 1, events({ parameters: [at(0, -6.0206), at(100, 0), at(300, -20)] }))
    const expected = Array.from({ length: 512 }, (_, i) => (i < 100 ? 0.5 : i < 300 ? 1 : 0.1))
    for (const [i, value] of expected.entries()) expect(out[i]).toBeCloseTo(value, 5)
  })

  it('says its values in its own words, and never stands outside its range', () => {
    const plugin = open('gain')
    expect(plugin.text(0, -6)).toBe('-6.0 dB')
    expect(plugin.text(1, 1)).toBe('On')
    plugin.setValue(0, 500)
    expect(plugin.value(0)).toBe(12)
    plugin.setValue(0, Number.NaN)
    expect(plugin.value(0)).toBe(12)
    plugin.deactivate()
    plugin.setValue(0, -3)
    expect(plugin.value(0)).toBe(-3)
  })

  it('shows its meters and does not let them be set', () => {
    const plugin = open('gain')
    const peak = parameterNamed(plugin.descriptor, 'Peak')
    play(plugin, 1, () => -0.25)
    expect(plugin.value(peak)).toBeCloseTo(0.25, 6)
    plugin.setValue(peak, 3)
    expect(plugin.value(peak)).toBeCloseTo(0.25, 6)
  })

  it('comes back from its state exactly', () => {
    const first = open('gain')
    first.setValue(0, -12.345678901)
    first.setValue(4, 77)
    const state = first.saveState()!
    const second = open('gain')
    second.loadState(state)
    expect([second.value(0), second.value(4)]).toEqual([-12.345678901, 77])
    expect(second.takeChanges()).toMatchObject({ hasNewValues: true })
    expect(second.saveState()).toEqual(state)
    expect(() => second.loadState(new Uint8Array([1, 2, 3]))).toThrow('Fixture Gain does not accept the state it was given.')
    expect(open('stateless').saveState()).toBeNull()
  })

  it.each(['sine', 'sine-midi'] as const)('plays notes at their samples (%s)', (name) => {
    const plugin = open(name)
    const note = (frame: number, kind: NoteEvent['kind']): NoteEvent => ({ frame, kind, pitch: 69, velocity: 1 })
    const out = play(plugin, 2, () => 0, events({ notes: [note(37, 'on'), note(437, 'off')] }))
    for (let i = 0; i < 1024; i++) {
      const expected = i >= 37 && i < 437 ? 0.5 * Math.sin((2 * Math.PI * 440 * (i - 37)) / 48_000) : 0
      expect(out[i]).toBeCloseTo(expected, 6)
    }
  })

  it('is silent after a reset, with a note still held', () => {
    const plugin = open('sine')
    play(plugin, 1, () => 0, events({ notes: [{ frame: 0, kind: 'on', pitch: 60, velocity: 1 }] }))
    plugin.reset()
    expect(play(plugin, 1, () => 0).every((value) => value === 0)).toBe(true)
  })

  it('hears its sidechain apart from its input', () => {
    const plugin = open('ducker')
    feed(plugin, (i) => (i < 256 ? 0 : 0.75), 1)
    feed(plugin, () => 0.8)
    plugin.process(512, events())
    const out = plugin.outputs[0]!.samples[1]!
    expect([out[255], out[256]].map((value) => value!.toFixed(5))).toEqual(['0.80000', '0.20000'])
  })

  it('tells its latency, and asks to be restarted when that changes', () => {
    const plugin = open('latency')
    expect(plugin.latencyFrames()).toBe(256)
    expect(firstLoud(play(plugin, 2, impulse))).toBe(256)
    plugin.takeChanges()
    plugin.setValue(0, 700)
    expect(plugin.takeChanges().wantsRestart).toBe(true)
    expect(plugin.latencyFrames()).toBe(256)
    plugin.deactivate()
    plugin.activate()
    expect(plugin.latencyFrames()).toBe(700)
    expect(plugin.takeChanges().hasNewLatency).toBe(true)
    expect(firstLoud(play(plugin, 3, impulse))).toBe(700)
  })

  it('tells how long it rings', () => {
    const plugin = open('echo')
    expect(plugin.tailFrames()).toBe(24_000)
    const out = play(plugin, 48, impulse)
    expect([out[0], out[24_000]]).toEqual([1, 0.5])
    expect(open('gain').tailFrames()).toBeNull()
  })

  it('knows tempo and place, and never meets a zero to divide by', () => {
    const plugin = open('timekeeper')
    plugin.process(512, events({ timeline: { ...TIMELINE, bpm: 174, quarter: 33.5, numerator: 7, denominator: 8 } }))
    expect([plugin.outputs[0]!.samples[0]![0], plugin.outputs[0]!.samples[1]![0]]).toEqual([174, 33.5])
    plugin.process(512, events({ timeline: { ...TIMELINE, bpm: 0, numerator: 0, denominator: 0, quarter: Number.NaN } }))
    expect(plugin.outputs[0]!.samples[0]![0]).toBe(120)
  })

  it('is told whether it renders or plays live', () => {
    expect(play(open('render-mode', { isOffline: true }), 1, () => 1)[0]).toBe(1)
    expect(play(open('render-mode', { isOffline: false }), 1, () => 1)[0]).toBe(0.5)
  })

  it('finds timers, main-thread calls and the thread it is on as CLAP promises them', async () => {
    const plugin = open('companion')
    play(plugin, 3, () => 0)
    plugin.idle()
    await new Promise((resolve) => setTimeout(resolve, 30))
    plugin.idle()
    expect(plugin.value(0)).toBe(1)
    expect(plugin.value(1)).toBe(1)
    expect(plugin.value(2)).toBe(0)
  })

  it('tells of values it set itself, and not of those it was given', () => {
    const plugin = open('companion')
    plugin.setValue(4, 0.3)
    expect(plugin.takeChanges().hasNewValues).toBe(false)
    play(plugin, 1, () => 0, events({ parameters: [{ frame: 0, parameter: 3, value: 0.8 }] }))
    expect(plugin.takeChanges().hasNewValues).toBe(true)
    expect(plugin.value(4)).toBe(0.4)
    expect(plugin.takeChanges().hasNewValues).toBe(false)
  })

  it('is told values that it takes only while processing with the next block', () => {
    const plugin = open('companion')
    plugin.setValue(5, 0.6)
    expect(plugin.value(5)).toBe(0.6)
    play(plugin, 1, () => 0)
    expect(plugin.value(5)).toBe(0.6)
  })

  it('takes more events in a block than anyone needs', () => {
    const plugin = open('gain')
    const parameters = Array.from({ length: 2_000 }, (_, i) => ({ frame: Math.floor(i / 4), parameter: 0, value: i === 1_999 ? 6 : -60 }))
    play(plugin, 1, () => 1, events({ parameters }))
    expect(plugin.value(0)).toBe(6)
  })

  it('may call its host from a thread of its own', async () => {
    const plugin = open('threaded')
    await new Promise((resolve) => setTimeout(resolve, 60))
    plugin.idle()
    expect(plugin.value(0)).toBeGreaterThan(0)
    plugin.close()
    await new Promise((resolve) => setTimeout(resolve, 20))
  })

  it('that is not in its binary any more is missed by name', () => {
    expect(() => clapLoader.open(fixtures!.clap('sounds'), 'org.example.gone', OPTIONS)).toThrow('does not hold org.example.gone any more')
  })
})

const ZAM_FOLDER = '/usr/lib/clap'
const zam = existsSync(ZAM_FOLDER) ? readdirSync(ZAM_FOLDER).filter((name) => /^Za.*\.clap$/.test(name)) : []
if (zam.length < 17) console.log('Skipped: the 17 CLAP plugins of zam-plugins are not installed.')

describe.skipIf(zam.length < 17)('the CLAP plugins of zam-plugins', () => {
  it.each(zam)('%s makes finite sound and takes its parameters', (name) => {
    const path = `${ZAM_FOLDER}/${name}`
    const [descriptor] = pluginDescriptorSchema.array().parse(clapLoader.scan(path))
    const plugin = openAt(path, descriptor!.id)
    plugin.activate()
    const noise = (frame: number) => Math.sin(frame * 12.9898) * 0.25
    for (const sound of [play(plugin, 40, noise)]) expect(sound.every(Number.isFinite)).toBe(true)
    for (const [index, parameter] of descriptor!.parameters.entries()) {
      if (parameter.isOutput) continue
      const value = parameter.isInteger ? parameter.max : parameter.min + (parameter.max - parameter.min) / 4
      plugin.setValue(index, value)
      expect(plugin.value(index)).toBeCloseTo(value, 3)
    }
    expect(play(plugin, 40, noise).every(Number.isFinite)).toBe(true)
    expect(plugin.saveState()).toBeNull()
  })
})
