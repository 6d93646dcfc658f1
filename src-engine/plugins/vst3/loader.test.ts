// VST3 against plugins other people wrote: the zam-plugins as Debian ships them.
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { pluginDescriptorSchema } from '../../../src-shared/plugins/index.ts'
import type { PluginDescriptor } from '../../../src-shared/plugins/index.ts'
import type { BlockEvents, OpenOptions, ParameterEvent, PluginInstance } from '../instance.ts'
import { vst3Loader } from './loader.ts'

const FOLDER = '/usr/lib/vst3'
const bundles = existsSync(FOLDER) ? readdirSync(FOLDER).filter((name) => name.startsWith('Za') && name.endsWith('.vst3')) : []
const isInstalled = process.platform === 'linux' && bundles.length > 0
const BLOCK = 512
const OPTIONS: OpenOptions = { sampleRate: 48_000, maxFrames: BLOCK, isOffline: true }

const descriptors = new Map<string, PluginDescriptor>()
const describePlugin = (name: string): PluginDescriptor => {
  let descriptor = descriptors.get(name)
  if (descriptor === undefined) {
    descriptor = vst3Loader.scan(join(FOLDER, `${name}.vst3`))[0]!
    descriptors.set(name, descriptor)
  }
  return descriptor
}

const withPlugin = <T>(name: string, use: (instance: PluginInstance) => T, options: Partial<OpenOptions> = {}): T => {
  const descriptor = describePlugin(name)
  const instance = vst3Loader.open(join(FOLDER, `${name}.vst3`), descriptor.id, {
    ...OPTIONS,
    takesShortBlocks: descriptor.takesShortBlocks ?? false,
    ...options,
  })
  try {
    instance.activate()
    return use(instance)
  } finally {
    instance.close()
  }
}

const blockAt = (frame: number, parameters: readonly ParameterEvent[] = []): BlockEvents => ({
  parameters,
  notes: [],
  timeline: { frame, isPlaying: true, bpm: 120, numerator: 4, denominator: 4, quarter: frame / 24_000, barQuarter: 0, bar: 0 },
})

/** The first output channel while every input channel hears `input`. */
const hear = (
  instance: PluginInstance,
  blocks: number,
  input: (frame: number) => number,
  eventsOf: (block: number) => readonly ParameterEvent[] = () => [],
): Float32Array => {
  const heard = new Float32Array(blocks * BLOCK)
  for (let block = 0; block < blocks; block++) {
    for (const bus of instance.inputs)
      for (const samples of bus.samples) for (let i = 0; i < BLOCK; i++) samples[i] = input(block * BLOCK + i)
    instance.process(BLOCK, blockAt(block * BLOCK, eventsOf(block)))
    heard.set(instance.outputs[0]!.samples[0]!, block * BLOCK)
  }
  return heard
}

const tone = (frame: number): number => 0.3 * Math.sin(0.3 * frame)

const settable = (descriptor: PluginDescriptor): readonly number[] =>
  descriptor.parameters.flatMap((parameter, i) => (parameter.isOutput || parameter.isHidden ? [] : [i]))

/** Values that are no default, seeded. */
const otherValues = (descriptor: PluginDescriptor): readonly ParameterEvent[] => {
  let seed = 7
  const random = () => {
    seed = (seed * 16_807) % 2_147_483_647
    return seed / 2_147_483_647
  }
  return settable(descriptor).map((index) => {
    const { isToggle, choices } = descriptor.parameters[index]!
    const value = isToggle ? Math.round(random()) : choices.length > 0 ? choices[Math.floor(random() * choices.length)]!.value : random()
    return { frame: 0, parameter: index, value }
  })
}

const parameterIndex = (name: string, label: string): number =>
  describePlugin(name).parameters.findIndex((parameter) => parameter.name === label)

describe.skipIf(!isInstalled)('VST3 plugins of zam-plugins', () => {
  it('are 17', () => {
    expect(bundles).toHaveLength(17)
  })

  it.each(bundles)('%s: describes itself, makes finite sound, takes values, and keeps them in its state', (bundle) => {
    const name = bundle.replace('.vst3', '')
    const descriptor = describePlugin(name)
    expect(pluginDescriptorSchema.parse(descriptor)).toEqual(descriptor)
    expect(descriptor).toMatchObject({ format: 'vst3', name, vendor: 'Damien Zammit', category: 'effect' })
    const events = otherValues(descriptor)

    const [values, state, sound] = withPlugin(name, (instance) => {
      const heard = hear(instance, 8, tone, (block) => (block === 1 ? events : []))
      return [events.map(({ parameter }) => instance.value(parameter)), instance.saveState(), heard] as const
    })
    expect(sound.every(Number.isFinite)).toBe(true)
    // The plugin holds a value in its own range as a 32-bit number.
    for (const [i, { value }] of events.entries()) expect(Math.abs(values[i]! - value)).toBeLessThan(2 ** -23)
    expect(state === null).toBe(events.length === 0)
    expect(descriptor.hasState).toBe(state !== null)
    if (state === null) return

    withPlugin(name, (instance) => {
      instance.loadState(state)
      expect(events.map(({ parameter }) => instance.value(parameter))).toEqual(values)
      expect(instance.takeChanges().hasNewValues).toBe(true)
      expect(Buffer.compare(instance.saveState()!, state)).toBe(0)
    })
  })

  it('sound the same from a state as from the values it was saved from', () => {
    const name = 'ZamEQ2'
    const events = otherValues(describePlugin(name))
    const state = withPlugin(name, (instance) => {
      for (const { parameter, value } of events) instance.setValue(parameter, value)
      return instance.saveState()!
    })
    const fromState = withPlugin(name, (instance) => {
      instance.loadState(state)
      return hear(instance, 8, tone)
    })
    const fromValues = withPlugin(name, (instance) => {
      for (const { parameter, value } of events) instance.setValue(parameter, value)
      return hear(instance, 8, tone)
    })
    const plain = withPlugin(name, (instance) => hear(instance, 8, tone))
    const level = (samples: Float32Array) => Math.sqrt(samples.subarray(4 * BLOCK).reduce((sum, sample) => sum + sample * sample, 0))
    expect(level(fromState)).toBeCloseTo(level(fromValues), 3)
    expect(Math.abs(level(plain) - level(fromValues))).toBeGreaterThan(1e-2)
  })

  it('set before the plugin runs are in the state it then saves', () => {
    const index = parameterIndex('ZamEQ2', 'Master Gain')
    const descriptor = describePlugin('ZamEQ2')
    const instance = vst3Loader.open(join(FOLDER, 'ZamEQ2.vst3'), descriptor.id, OPTIONS)
    instance.setValue(index, 0.25)
    const state = instance.saveState()!
    instance.close()
    withPlugin('ZamEQ2', (fresh) => {
      fresh.loadState(state)
      expect(fresh.value(index)).toBeCloseTo(0.25, 6)
    })
  })

  it('change where in a block the value stands, to the sample', () => {
    const parameter = parameterIndex('ZamGEQ31', 'Master Gain')
    for (const frame of [0, 1, 33, 200, 511]) {
      const still = withPlugin('ZamGEQ31', (instance) => hear(instance, 4, () => 0.25))
      const moved = withPlugin('ZamGEQ31', (instance) =>
        hear(
          instance,
          4,
          () => 0.25,
          (block) => (block === 2 ? [{ frame, parameter, value: 0.9 }] : []),
        ),
      )
      expect(still.findIndex((sample, i) => sample !== moved[i])).toBe(2 * BLOCK + frame)
    }
  })

  it('take many values in one block, the last one to stay', () => {
    const parameter = parameterIndex('ZamGEQ31', 'Master Gain')
    const events = Array.from({ length: 64 }, (_, i) => ({ frame: 8 * i, parameter, value: i / 64 }))
    withPlugin('ZamGEQ31', (instance) => {
      const heard = hear(
        instance,
        2,
        () => 0.25,
        () => events,
      )
      expect(new Set(heard.subarray(BLOCK)).size).toBeGreaterThanOrEqual(16)
      expect(instance.value(parameter)).toBeCloseTo(63 / 64, 6)
    })
  })

  it('are told not to be cut where they sound otherwise then', () => {
    const cuttable = bundles.map((bundle) => bundle.replace('.vst3', '')).filter((name) => describePlugin(name).takesShortBlocks)
    expect(cuttable).not.toContain('ZamVerb')
    expect(cuttable).not.toContain('ZamHeadX2')
    expect(cuttable).toHaveLength(15)
    const parameter = parameterIndex('ZamHeadX2', 'Width')
    const heard = (events: readonly ParameterEvent[]) => withPlugin('ZamHeadX2', (instance) => hear(instance, 8, tone, () => events))
    const value = describePlugin('ZamHeadX2').parameters[parameter]!.default
    expect(heard([{ frame: 200, parameter, value }])).toEqual(heard([]))
  })

  it('delay an impulse by what they report', () => {
    const delays = bundles
      .map((bundle) => bundle.replace('.vst3', ''))
      .flatMap((name) => {
        const reported = withPlugin(name, (instance) => instance.latencyFrames())
        if (reported === 0) return []
        const heard = withPlugin(name, (instance) => hear(instance, 8, (frame) => (frame === 100 ? 0.5 : 0)))
        const loudest = heard.reduce((best, sample, i) => (Math.abs(sample) > Math.abs(heard[best]!) ? i : best), 0)
        return [{ name, reported, measured: loudest - 100 }]
      })
    expect(delays).toEqual([{ name: 'ZaMaximX2', reported: 480, measured: 480 }])
  })

  it('put values into words, with their unit', () => {
    const release = parameterIndex('ZaMaximX2', 'Release')
    withPlugin('ZaMaximX2', (instance) => {
      expect(instance.text(release, instance.descriptor.parameters[release]!.default)).toBe('25 ms')
      expect(instance.text(release, 0.5)).toBe('50.5 ms')
    })
    const tube = describePlugin('ZamTube').parameters.find((parameter) => parameter.name === 'Tone Stack Model')!
    expect(tube.choices[0]).toEqual({ value: 0, label: '1959 Bassman 5F6-A' })
    expect(tube.choices.at(-1)!.value).toBe(1)
  })

  it('show what they measure, and offer sidechains', () => {
    const descriptor = describePlugin('ZamCompX2')
    expect(descriptor.inputs.map(({ channels, isSidechain }) => [channels, isSidechain])).toEqual([
      [2, false],
      [1, true],
    ])
    const meter = descriptor.parameters.findIndex((parameter) => parameter.name === 'Output Level')
    expect(descriptor.parameters[meter]!.isOutput).toBe(true)
    withPlugin('ZamCompX2', (instance) => {
      const before = instance.value(meter)
      hear(instance, 16, tone)
      expect(instance.value(meter)).not.toBe(before)
      // A meter that moves is no change of values.
      expect(instance.takeChanges()).toEqual({ hasNewLatency: false, hasNewValues: false, wantsRestart: false })
    })
  })

  it('survive a bar shorter than a quarter, which has them divide by zero when told', () => {
    const events = blockAt(0)
    const timeline = { ...events.timeline, numerator: 1, denominator: 8, quarter: 1.25 }
    withPlugin('ZamDelay', (instance) => {
      instance.process(BLOCK, { ...events, timeline })
      expect(instance.outputs[0]!.samples[0]!.every(Number.isFinite)).toBe(true)
    })
  })

  it('forget their sound when reset, and keep their values', () => {
    const feedback = parameterIndex('ZamDelay', 'Feedback')
    withPlugin('ZamDelay', (instance) => {
      instance.setValue(feedback, 0.8)
      hear(instance, 40, tone)
      expect(hear(instance, 1, () => 0).some((sample) => sample !== 0)).toBe(true)
      instance.reset()
      expect(instance.value(feedback)).toBeCloseTo(0.8, 6)
      expect(instance.tailFrames()).toBeNull()
    })
  })

  it('refuse in a sentence: another id, another state, no such parameter or preset', () => {
    const path = join(FOLDER, 'ZamEQ2.vst3')
    expect(() => vst3Loader.open(path, '0'.repeat(32), OPTIONS)).toThrow(/holds no plugin with the id/)
    withPlugin('ZamEQ2', (instance) => {
      expect(() => instance.loadState(new Uint8Array(40))).toThrow(/no saved state of a VST3 plugin/)
      expect(() => instance.setValue(999, 0)).toThrow(/has no parameter 999/)
      expect(() => instance.setValue(3, Number.NaN)).toThrow(/no number/)
      expect(() => instance.loadPreset('1:1')).toThrow(/has no preset/)
      instance.close()
      for (const use of [() => instance.process(BLOCK, blockAt(0)), () => instance.value(4), () => instance.saveState()])
        expect(use).toThrow(/closed/)
    })
  })

  it('leave nothing behind: opened and closed a hundred times', () => {
    for (let i = 0; i < 100; i++) withPlugin('ZamComp', (instance) => instance.process(BLOCK, blockAt(0)))
    withPlugin('ZamComp', (instance) => expect(hear(instance, 2, tone).every(Number.isFinite)).toBe(true))
  })
})
