// VST3 with a fixture of our own (tests/fixtures/plugins/vst3_halves.c) that uses what few plugins do: two halves that talk by messages, a
// sidechain, notes, values at their places, units, programs, a latency that changes, timers.
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { BlockEvents, NoteEvent, OpenOptions, ParameterEvent, PluginInstance } from '../instance.ts'
import { programFolders } from './bundle.ts'
import { vst3Loader } from './loader.ts'

const SOURCE = join(import.meta.dirname, '../../../tests/fixtures/plugins/vst3_halves.c')
const hasCompiler = process.platform === 'linux' && spawnSync('cc', ['--version']).status === 0
const folder = mkdtempSync(join(tmpdir(), 'stemma-halves-'))
const bundle = join(folder, 'Halves.vst3')
afterAll(() => rmSync(folder, { recursive: true }))

const BLOCK = 512
const ID = '48414C56455300000000000000000001'

const blockOf = (parameters: readonly ParameterEvent[] = [], notes: readonly NoteEvent[] = []): BlockEvents => ({
  parameters,
  notes,
  timeline: { frame: 0, isPlaying: true, bpm: 120, numerator: 4, denominator: 4, quarter: 0, barQuarter: 0, bar: 0 },
})

const withHalves = <T>(use: (instance: PluginInstance) => T, options: Partial<OpenOptions> = {}): T => {
  const instance = vst3Loader.open(bundle, ID, { sampleRate: 48_000, maxFrames: BLOCK, isOffline: false, ...options })
  instance.activate()
  for (const samples of instance.inputs[0]!.samples) samples.fill(1)
  const result = use(instance)
  if (result instanceof Promise) return result.finally(() => instance.close()) as T
  instance.close()
  return result
}

const indexOf = (instance: PluginInstance, name: string): number =>
  instance.descriptor.parameters.findIndex((parameter) => parameter.name === name)
const left = (instance: PluginInstance): Float32Array => instance.outputs[0]!.samples[0]!

describe.skipIf(!hasCompiler)('a VST3 plugin in two halves', () => {
  beforeAll(() => {
    const inside = join(bundle, 'Contents', programFolders(process)[0]!)
    mkdirSync(inside, { recursive: true })
    execFileSync('cc', ['-std=gnu11', '-O1', '-fPIC', '-shared', '-fvisibility=hidden', '-o', join(inside, 'Halves.so'), SOURCE])
  })

  it('is described with groups, programs, sidechain and notes; what only stands for MIDI is left out', () => {
    const [descriptor] = vst3Loader.scan(bundle)
    expect(descriptor).toMatchObject({
      id: ID,
      name: 'Halves',
      takesNotes: true,
      hasState: true,
      takesShortBlocks: true,
      inputs: [
        { name: 'Main', channels: 2, isSidechain: false },
        { name: 'Key', channels: 1, isSidechain: true },
      ],
      outputs: [{ channels: 2 }],
      presets: [
        { id: '5:0', name: 'Silent' },
        { id: '5:1', name: 'Half' },
        { id: '5:2', name: 'Full' },
      ],
    })
    const parameters = descriptor!.parameters
    expect(parameters.map(({ name }) => name)).toEqual(['Gain', 'Program', 'Delayed', 'Heard', 'Ping', 'Pong', 'Ticks'])
    expect(parameters[0]).toMatchObject({ id: '10', group: 'Amp/In∕Out', unit: 'x', default: 1, isAutomatable: true })
    expect(parameters[1]).toMatchObject({ isHidden: true })
    expect(parameters[2]).toMatchObject({ isToggle: true })
    expect(parameters[3]).toMatchObject({ isOutput: true, isAutomatable: false })
  })

  it('takes values at their places, all of them in one call where blocks are not cut', () => {
    withHalves((instance) => {
      const gain = indexOf(instance, 'Gain')
      const event = (frame: number, value: number) => ({ frame, parameter: gain, value })
      instance.process(BLOCK, blockOf([event(0, 0.5), event(100, 0.25), event(511, 0)]))
      const heard = left(instance)
      expect([heard[0], heard[99], heard[100], heard[510], heard[511]]).toEqual([0.5, 0.5, 0.25, 0.25, 0])
      expect(instance.value(gain)).toBe(0)
      expect(instance.text(gain, 0.2)).toBe('low x')
      expect(instance.text(indexOf(instance, 'Delayed'), 0.2)).toBeNull()
    })
  })

  it('sounds the same whether blocks are cut or not', () => {
    const sound = (takesShortBlocks: boolean) =>
      withHalves(
        (instance) => {
          const gain = indexOf(instance, 'Gain')
          const events = [7, 8, 300].map((frame, i) => ({ frame, parameter: gain, value: i / 4 }))
          const notes: NoteEvent[] = [
            { frame: 5, kind: 'on', pitch: 60, velocity: 0.5 },
            { frame: 299, kind: 'off', pitch: 60, velocity: 0 },
          ]
          instance.process(BLOCK, blockOf(events, notes))
          return Float32Array.from(left(instance))
        },
        { takesShortBlocks },
      )
    expect(sound(true)).toEqual(sound(false))
  })

  it('plays notes from their frame on, and forgets them when reset', () => {
    withHalves((instance) => {
      instance.inputs[0]!.samples[0]!.fill(0)
      instance.process(BLOCK, blockOf([], [{ frame: 200, kind: 'on', pitch: 64, velocity: 0.25 }]))
      expect([left(instance)[199], left(instance)[200]]).toEqual([0, 0.25])
      instance.process(BLOCK, blockOf([], [{ frame: 10, kind: 'off', pitch: 64, velocity: 0 }]))
      expect([left(instance)[9], left(instance)[10]]).toEqual([0.25, 0])
      instance.process(BLOCK, blockOf([], [{ frame: 0, kind: 'on', pitch: 64, velocity: 1 }]))
      instance.reset()
      instance.process(BLOCK, blockOf())
      expect(left(instance)[0]).toBe(0)
    })
  })

  it('hears its sidechain, and shows it', () => {
    withHalves((instance) => {
      instance.inputs[1]!.samples[0]!.fill(0.75)
      instance.process(BLOCK, blockOf())
      expect(left(instance)[0]).toBe(0)
      expect(instance.value(indexOf(instance, 'Heard'))).toBe(0.75)
      instance.inputs[1]!.samples[0]!.fill(0)
      instance.process(BLOCK, blockOf())
      expect(left(instance)[0]).toBe(1)
      expect(instance.takeChanges().hasNewValues).toBe(false)
    })
  })

  it('sends messages from one half to the other and back, with every kind of attribute', () => {
    withHalves((instance) => {
      instance.setValue(indexOf(instance, 'Ping'), 1)
      expect(instance.value(indexOf(instance, 'Pong'))).toBe(0.75)
    })
  })

  it('loads its programs, tells of the values that moved, and has them in the state before a block is run', () => {
    const state = withHalves((instance) => {
      instance.loadPreset('5:1')
      instance.idle()
      expect(instance.takeChanges().hasNewValues).toBe(true)
      expect(instance.value(indexOf(instance, 'Gain'))).toBe(0.5)
      return instance.saveState()!
    })
    withHalves((instance) => {
      instance.loadState(state)
      expect(instance.value(indexOf(instance, 'Gain'))).toBe(0.5)
      expect(instance.saveState()).toEqual(state)
      instance.process(BLOCK, blockOf())
      expect(left(instance)[0]).toBe(0.5)
    })
  })

  it('asks for a restart when its latency changes, and has the new one after it', () => {
    withHalves((instance) => {
      expect(instance.latencyFrames()).toBe(0)
      instance.setValue(indexOf(instance, 'Delayed'), 1)
      instance.process(BLOCK, blockOf())
      expect(instance.takeChanges()).toMatchObject({ hasNewLatency: true, wantsRestart: true })
      expect(instance.takeChanges()).toMatchObject({ hasNewLatency: false, wantsRestart: false })
      instance.reset()
      expect(instance.latencyFrames()).toBe(64)
      expect(instance.tailFrames()).toBe(4800)
    })
  })

  it('has its timers run when idle, and none once it is closed', async () => {
    await withHalves(async (instance) => {
      for (let i = 0; i < 10; i++) {
        await wait(2)
        instance.idle()
      }
      instance.process(BLOCK, blockOf())
      expect(instance.value(indexOf(instance, 'Ticks'))).toBeGreaterThan(0.04)
    })
    await wait(3)
    withHalves((instance) => instance.idle())
  })

  it('is opened and closed a hundred times without harm', () => {
    for (let i = 0; i < 100; i++) {
      withHalves((instance) => {
        instance.setValue(indexOf(instance, 'Ping'), 1)
        instance.process(BLOCK, blockOf())
        expect(left(instance)[0]).toBe(1)
      })
    }
  })
})
