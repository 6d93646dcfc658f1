// Plugins other people wrote, as Debian installs them; left out by name where they are not.
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { environmentOf } from '../environment.ts'
import { bundle, BLOCK, indexOf, isInstalled, open, peakOf, play } from './lv2-rig.fixture.ts'

const AMP = 'http://lv2plug.in/plugins/eg-amp'
const EPIANO = 'http://drobilla.net/plugins/mda/EPiano'
const MONOSYNTH = 'http://calf.sourceforge.net/plugins/Monosynth'
const CALF_COMPRESSOR = 'http://calf.sourceforge.net/plugins/Compressor'
const SAMPLER = 'http://lv2plug.in/plugins/eg-sampler'
const PARAMS = 'http://lv2plug.in/plugins/eg-params'

const noise = (frame: number): number => ((Math.imul(frame + 1, 2_654_435_761) >>> 8) / 2 ** 24 - 0.5) * 0.5
const noteAt = (frame: number) => (block: number) =>
  block === 0 ? { notes: [{ frame, kind: 'on' as const, pitch: 60, velocity: 0.8 }] } : {}

describe.skipIf(!isInstalled('eg-amp'))('eg-amp', () => {
  it('multiplies by exactly the gain that was set', () => {
    const plugin = open('eg-amp', AMP)
    plugin.activate()
    expect(play(plugin, 2, noise)).toEqual(Float32Array.from({ length: 2 * BLOCK }, (_, i) => noise(i)))
    plugin.setValue(indexOf(plugin, 'gain'), -6)
    const factor = Math.fround(10 ** (Math.fround(-6) * Math.fround(0.05)))
    play(plugin, 1, noise).forEach((value, i) => {
      expect(value).toBeCloseTo(noise(i) * factor, 6)
    })
    plugin.close()
  })

  it('takes a new value at the last multiple of 32 frames, the same in every run', () => {
    const render = () => {
      const plugin = open('eg-amp', AMP)
      plugin.activate()
      const gain = indexOf(plugin, 'gain')
      const heard = play(
        plugin,
        1,
        () => 1,
        () => ({
          parameters: [
            { frame: 100, parameter: gain, value: -90 },
            { frame: 300, parameter: gain, value: 0 },
            { frame: 301, parameter: gain, value: 20 },
          ],
        }),
      )
      plugin.close()
      return heard
    }
    const heard = render()
    expect([heard[95], heard[96], heard[287], heard[288], heard[511]]).toEqual([1, 0, 0, 10, 10])
    expect(render()).toEqual(heard)
  })

  it('keeps values inside what the plugin says it takes, and refuses none that is a number', () => {
    const plugin = open('eg-amp', AMP)
    const gain = indexOf(plugin, 'gain')
    plugin.setValue(gain, 1e9)
    expect(plugin.value(gain)).toBe(24)
    plugin.setValue(gain, Number.NaN)
    expect(plugin.value(gain)).toBe(24)
    plugin.close()
  })
})

describe.skipIf(!isInstalled('mda'))('mda EPiano', () => {
  it('sounds from the frame of a note on, rings out after it ends, and is silent again after a reset', () => {
    const plugin = open('mda', EPIANO)
    plugin.activate()
    const heard = play(plugin, 40, () => 0, noteAt(100))
    expect(peakOf(heard.subarray(0, 100))).toBe(0)
    expect(peakOf(heard.subarray(100, 200))).toBeGreaterThan(0)
    expect(peakOf(heard)).toBeGreaterThan(0.1)
    plugin.reset()
    expect(peakOf(play(plugin, 4))).toBeLessThan(1e-3)
    plugin.close()
  })

  it('has its five presets, and each changes what it plays', () => {
    const plugin = open('mda', EPIANO)
    expect(plugin.descriptor.presets).toHaveLength(5)
    const settings = plugin.descriptor.presets.map((preset) => {
      plugin.loadPreset(preset.id)
      expect(plugin.takeChanges().hasNewValues).toBe(true)
      return plugin.descriptor.parameters.map((_, i) => plugin.value(i)).join()
    })
    expect(new Set(settings).size).toBe(5)
    expect(() => plugin.loadPreset('http://nowhere.example/preset')).toThrow('has no preset')
    plugin.close()
  })
})

describe.skipIf(!isInstalled('calf'))('Calf', () => {
  it('loads all presets of the Monosynth and gives them back through a saved state', () => {
    const plugin = open('calf', MONOSYNTH)
    const other = open('calf', MONOSYNTH)
    expect(plugin.descriptor.presets.length).toBeGreaterThanOrEqual(21)
    for (const preset of plugin.descriptor.presets) {
      plugin.loadPreset(preset.id)
      const state = plugin.saveState()
      expect(state).not.toBeNull()
      if (!state) continue
      other.loadState(state)
      expect(other.saveState()).toEqual(state)
      expect(plugin.descriptor.parameters.map((_, i) => other.value(i))).toEqual(
        plugin.descriptor.parameters.map((_, i) => plugin.value(i)),
      )
    }
    plugin.close()
    other.close()
  })

  it('compresses what is loud, and its bypass leaves the sound alone to the bit', () => {
    const plugin = open('calf', CALF_COMPRESSOR)
    plugin.activate()
    for (const [id, value] of [
      ['threshold', 0.01],
      ['ratio', 20],
      ['attack', 0.01],
    ] as const)
      plugin.setValue(indexOf(plugin, id), value)
    const sine = (frame: number) => Math.sin((frame * Math.PI * 2 * 440) / 48_000)
    expect(peakOf(play(plugin, 60, sine).subarray(50 * BLOCK))).toBeLessThan(0.5)
    const bypass = plugin.descriptor.parameters.findIndex((one) => one.isBypass)
    expect(bypass).toBeGreaterThanOrEqual(0)
    plugin.setValue(bypass, 1)
    play(plugin, 20, sine)
    expect(play(plugin, 1, sine)).toEqual(Float32Array.from({ length: BLOCK }, (_, i) => Math.fround(sine(i))))
    plugin.close()
  })
})

describe.skipIf(!isInstalled('lsp-plugins'))('LSP', () => {
  it('reports the latency it has: an impulse through the limiter comes out there', () => {
    const plugin = open('lsp-plugins', 'http://lsp-plug.in/plugins/lv2/limiter_stereo')
    plugin.activate()
    const latency = plugin.latencyFrames()
    expect(latency).toBeGreaterThan(0)
    const heard = play(plugin, 8, (frame) => (frame === 0 ? 0.5 : 0))
    expect(heard.indexOf(peakOf(heard))).toBe(latency)
    plugin.close()
  })

  it('forgets what it was still holding back when it is reset, though activating alone would not', () => {
    const plugin = open('lsp-plugins', 'http://lsp-plug.in/plugins/lv2/limiter_stereo')
    plugin.activate()
    play(plugin, 20, noise)
    plugin.reset()
    expect(peakOf(play(plugin, 4))).toBeLessThan(1e-4)
    plugin.close()
  })

  it('says when its latency changes', () => {
    const plugin = open('lsp-plugins', 'http://lsp-plug.in/plugins/lv2/limiter_stereo')
    plugin.activate()
    play(plugin, 1)
    plugin.takeChanges()
    const before = plugin.latencyFrames()
    plugin.setValue(indexOf(plugin, 'lk'), 20)
    play(plugin, 4)
    expect(plugin.takeChanges().hasNewLatency).toBe(true)
    expect(plugin.latencyFrames()).toBeGreaterThan(before)
    plugin.close()
  })
})

describe.skipIf(!isInstalled('eg-sampler'))('eg-sampler, which loads its sample in a worker', () => {
  it('plays it in the first block after it was activated', () => {
    const plugin = open('eg-sampler', SAMPLER)
    plugin.activate()
    expect(peakOf(play(plugin, 4, () => 0, noteAt(0)))).toBeGreaterThan(0.01)
    plugin.close()
  })

  it('keeps which sample in its state, without the folder it is installed in', () => {
    const plugin = open('eg-sampler', SAMPLER)
    plugin.activate()
    const state = plugin.saveState()
    if (!state) throw new Error('no state')
    const { properties } = JSON.parse(new TextDecoder().decode(state)) as { properties: { key: string; value: string }[] }
    const sample = properties.find(({ key }) => key === `${SAMPLER}#sample`)
    expect(Buffer.from(sample?.value ?? '', 'base64').toString()).toMatch(/^stemma-bundle:[^/]*\.wav\0$/)
    const other = open('eg-sampler', SAMPLER)
    other.activate()
    other.loadState(state)
    expect(other.saveState()).toEqual(state)
    expect(peakOf(play(other, 4, () => 0, noteAt(0)))).toBeGreaterThan(0.01)
    plugin.close()
    other.close()
  })
})

describe.skipIf(!isInstalled('eg-params'))('eg-params, which keeps values that are no ports', () => {
  it('gets every property back, and refuses damaged states and those of others in words', () => {
    const plugin = open('eg-params', PARAMS)
    plugin.activate()
    const state = plugin.saveState()
    if (!state) throw new Error('no state')
    const contents = JSON.parse(new TextDecoder().decode(state)) as { properties: { key: string }[] }
    expect(contents.properties.length).toBeGreaterThan(4)
    plugin.loadState(state)
    expect(plugin.saveState()).toEqual(state)
    expect(() => plugin.loadState(state.subarray(0, 40))).toThrow('damaged')
    expect(() => plugin.loadState(new TextEncoder().encode(JSON.stringify({ ...contents, plugin: AMP })))).toThrow(`belongs to ${AMP}`)
    plugin.close()
  })
})

describe.skipIf(!isInstalled('mbeq-swh'))('a plugin that was built without a library it calls', () => {
  const run = (environment: Readonly<Record<string, string>>) =>
    spawnSync(
      process.execPath,
      [
        '--input-type=module',
        '-e',
        `const { lv2Loader } = await import(${JSON.stringify(new URL('./index.ts', import.meta.url).href)})
        lv2Loader.open(${JSON.stringify(bundle('mbeq-swh'))}, 'http://plugin.org.uk/swh-plugins/mbeq', { sampleRate: 48000, maxFrames: 512, isOffline: true }).activate()
        console.log('started')
        process.kill(process.pid, 'SIGKILL')`,
      ],
      { encoding: 'utf8', cwd: fileURLToPath(new URL('.', import.meta.url)), env: { ...process.env, ...environment } },
    )

  it('says that it did not start, and starts with the environment it is known to need', () => {
    expect(run({}).stderr).toContain('http://plugin.org.uk/swh-plugins/mbeq could not be started')
    expect(run(environmentOf({ format: 'lv2', id: 'http://plugin.org.uk/swh-plugins/mbeq' })).stdout).toContain('started')
  }, 60_000)
})
