// Bundles that lie or misbehave without crashing; crashes and hangs are met where children are.
import { beforeAll, describe, expect, it } from 'vitest'
import { pluginDescriptorSchema } from '../../../src-shared/plugins/index.ts'
import { buildFixtures, type FixturePlugins, type Lv2BundleName, lv2Uri, NO_FIXTURES } from '../../../tests/rigs/fixture-plugins.ts'
import type { PluginInstance } from '../instance.ts'
import { lv2Loader } from './index.ts'
import { BLOCK, eventsAt, indexOf, play, RATE } from './lv2-rig.fixture.ts'

const built = await buildFixtures()
if (!built) console.log(NO_FIXTURES)

describe.skipIf(!built)('LV2 fixtures', { timeout: 60_000 }, () => {
  let fixtures: FixturePlugins
  beforeAll(() => {
    if (built) fixtures = built
  })
  const scan = (name: Lv2BundleName) => {
    const [found] = lv2Loader.scan(fixtures.lv2Bundle(name))
    if (!found) throw new Error('nothing found')
    expect(pluginDescriptorSchema.parse(found)).toEqual(found)
    return found
  }
  const open = (name: Lv2BundleName): PluginInstance =>
    lv2Loader.open(fixtures.lv2Bundle(name), lv2Uri(name), { sampleRate: RATE, maxFrames: BLOCK, isOffline: true })

  it('describes what metadata claims within bounds', () => {
    for (const one of scan('odd-ranges').parameters) {
      expect(one.min).toBeLessThanOrEqual(one.default)
      expect(one.default).toBeLessThanOrEqual(one.max)
    }
    const hostile = scan('hostile-names')
    for (const text of [hostile.name, ...hostile.parameters.map(({ name }) => name)]) {
      expect(text).not.toMatch(/[\p{Cc}\u202e]/u)
      expect(text.length).toBeLessThanOrEqual(200)
    }
    expect(scan('many-parameters').parameters).toHaveLength(10_000)
  })

  it.each(['broken-manifest', 'empty-manifest', 'missing-binary'] as const)('has no plugin in %s, and says so', (name) => {
    expect(() => scan(name)).toThrow(/has no plugin in it|is not there/)
  })

  it.each(['refuse-instantiate', 'other-uri', 'no-plugin'] as const)('does not start %s, and says which', (name) => {
    expect(() => open(name)).toThrow(`${lv2Uri(name)} could not be started`)
  })

  it('runs a plugin whose metadata invents ports', () => {
    const plugin = open('invented-ports')
    plugin.activate()
    expect(play(plugin, 1, () => 0.5)[7]).toBe(0.5)
    plugin.close()
  })

  it('hears of a delay that changes in the block in which it changes', () => {
    const plugin = open('gain')
    plugin.activate()
    plugin.takeChanges()
    const frames = indexOf(plugin, 'frames')
    expect(plugin.latencyFrames()).toBe(0)
    plugin.process(BLOCK, eventsAt(0, { parameters: [{ frame: 0, parameter: frames, value: 480 }] }))
    expect([plugin.latencyFrames(), plugin.takeChanges().hasNewLatency, plugin.takeChanges().hasNewLatency]).toEqual([480, true, false])
    plugin.reset()
    const heard = play(plugin, 2, (frame) => (frame === 0 ? 1 : 0))
    expect(heard.indexOf(1)).toBe(480)
    expect(plugin.value(indexOf(plugin, 'peak'))).toBe(0)
    plugin.close()
  })

  it('restores what is no parameter', () => {
    const plugin = open('stateful')
    plugin.activate()
    play(plugin, 5)
    const state = plugin.saveState()
    if (!state) throw new Error('no state')
    const other = open('stateful')
    expect(other.saveState()).not.toEqual(state)
    other.loadState(state)
    expect(other.saveState()).toEqual(state)
    plugin.close()
    other.close()
  })

  it('refuses a state of 100 MB in words, and the plugin goes on', () => {
    const plugin = open('huge-state')
    plugin.activate()
    expect(() => plugin.saveState()).toThrow('too much for a remix to carry')
    expect(play(plugin, 1, () => 0.25)[0]).toBe(0.25)
    plugin.close()
  })
})
