// CLAP plugins that lie, refuse or end their process. The latter each in a process of its own: here only that the fixtures do as their names
// say; what hosts make of it is tested where hosts are.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { isInstrument, pluginDescriptorSchema } from '../../../src-shared/plugins/index.ts'
import { buildFixtures, type ClapBinary, type ClapFixture, clapId, NO_FIXTURES, SCANNED_ID } from '../../../tests/rigs/fixture-plugins.ts'
import { type Trial, tryPluginAlone } from '../../../tests/rigs/plugin-trials.ts'
import type { BlockEvents, PluginInstance } from '../instance.ts'
import { binaryOf } from './binary-path.ts'
import { foreignText } from '../foreign-text.ts'
import { foreignPath, foreignRange } from './foreign.ts'
import { clapLoader, MAX_STATE_BYTES } from './index.ts'

const fixtures = await buildFixtures()
if (fixtures === null) console.log(NO_FIXTURES)

const EVENTS: BlockEvents = {
  parameters: [],
  notes: [],
  timeline: { frame: 0, isPlaying: true, bpm: 120, numerator: 4, denominator: 4, quarter: 0, barQuarter: 0, bar: 0 },
}
const open = (name: ClapFixture): PluginInstance => {
  const { path, id } = fixtures!.plugin(name)
  return clapLoader.open(path, id, { sampleRate: 48_000, maxFrames: 512, isOffline: true })
}

const scanAlone = (binary: ClapBinary, patience: { patienceMs?: number } = {}) =>
  tryPluginAlone({ format: 'clap', step: 'scan', path: fixtures!.clap(binary), id: SCANNED_ID, ...patience })
const useAlone = (step: Trial['step'], name: ClapFixture, further: Partial<Trial> = {}) =>
  tryPluginAlone({ format: 'clap', step, ...fixtures!.plugin(name), ...further })

const PATIENCE = { patienceMs: 1_000 }

describe.skipIf(fixtures === null)('a binary of CLAP plugins that lie', () => {
  it('lists what can be held, repaired to the descriptor schema', () => {
    const descriptors = clapLoader.scan(fixtures!.clap('claims'))
    expect(pluginDescriptorSchema.array().parse(descriptors)).toEqual(descriptors)
    const ids = descriptors.map((descriptor) => descriptor.id)
    expect(new Set(ids).size).toBe(ids.length)
    expect(ids).toContain(clapId('plain'))
    // Ids that cannot stand for a plugin in a document, and claims that nothing can hold.
    expect(ids.filter((id) => !id.startsWith('stemma.fixture.'))).toEqual([])
    expect(ids).not.toContain(clapId('endless-ports'))
    expect(ids).not.toContain(clapId('endless-channels'))
    expect(() => open('endless-channels')).toThrow('claims to have 1000000 channels in one of its audio inputs')
    expect(() => open('endless-ports')).toThrow('claims to have 4000000000 audio inputs')
  })

  it('shows names in one line, in the direction they are read, without what is no text', () => {
    const { descriptor } = open('hostile-names')
    const shown = JSON.stringify(descriptor)
    expect(shown).not.toMatch(/\\u00[01]|\\[nrbf]|[\u202e\ufffd\u2028]/)
    expect(descriptor.vendor).toBe('Ven dorgnp.exe')
    expect(descriptor.parameters.map((parameter) => parameter.name)).toEqual([
      'Bell and new line [31m red',
      'desrever',
      'Bad bytes',
      'Parameter 3',
      'n'.repeat(200),
    ])
    expect(descriptor.parameters[0]!.group).toBe('A/B')
    expect(open('long-name').descriptor.name).toBe('long name '.repeat(20).trim())
    expect(open('no-words').descriptor).toMatchObject({ name: clapId('no-words'), vendor: '', version: '', tags: [] })
  })

  it('has ranges that are ranges, each parameter once', () => {
    const plugin = open('odd-ranges')
    const { parameters } = plugin.descriptor
    expect(parameters.map(({ id, min, max, default: value }) => [id, min, max, value])).toEqual([
      ['1', -10, 10, 0],
      ['2', 0, 1, 0],
      ['3', 0, 1, 1],
      ['4', -1e100, 1e100, 0],
      ['5', 0, 1, 0],
      ['6', 3, 3, 3],
      ['7', -1e9, 1e9, 0],
      ['8', 0, 1, 0],
    ])
    expect(parameters.every((parameter) => parameter.choices.length === 0)).toBe(true)
    for (const index of parameters.keys()) expect(Number.isFinite(plugin.value(index))).toBe(true)
    expect(plugin.text(0, 5)).toBe('x'.repeat(200))
  })

  it('can be late without saying so, and make sound that is none', () => {
    const late = open('wrong-latency')
    late.activate()
    late.inputs[0]!.samples[0]![0] = 1
    late.process(512, EVENTS)
    expect([late.latencyFrames(), late.outputs[0]!.samples[0]!.indexOf(1)]).toEqual([100, 200])
    const first = (name: ClapFixture) => {
      const plugin = open(name)
      plugin.activate()
      plugin.process(512, EVENTS)
      return plugin.outputs[0]!.samples[1]![511]
    }
    expect(['nan', 'infinity', 'loud', 'denormals'].map((name) => first(name as ClapFixture))).toEqual([
      Number.NaN,
      Number.POSITIVE_INFINITY,
      Math.fround(1e30),
      Math.fround(1e-40),
    ])
  })

  it('may have ten thousand parameters, and no more than a descriptor holds', () => {
    const plugin = open('many-parameters')
    expect(plugin.descriptor.parameters).toHaveLength(10_000)
    plugin.setValue(9_999, 0.5)
    expect(plugin.value(9_999)).toBe(0.5)
    const again = open('many-parameters')
    again.loadState(plugin.saveState()!)
    expect(again.value(9_999)).toBe(0.5)
    expect(open('too-many-parameters').descriptor.parameters).toHaveLength(20_000)
  })

  it('is handed every port it claims, also those it says nothing of', () => {
    const plugin = open('missing-ports')
    expect(plugin.inputs.map((bus) => bus.isSidechain)).toEqual([false, true])
    plugin.activate()
    plugin.inputs[0]!.samples[0]!.fill(0.5)
    plugin.process(512, EVENTS)
    expect(plugin.outputs[0]!.samples[0]![511]).toBe(0.5)
    for (let i = 0; i < 3; i++) {
      const changing = open('changing-ports')
      changing.activate()
      changing.process(512, EVENTS)
    }
  })

  it('is not believed when it claims to be hours late', () => {
    const plugin = open('endless-latency')
    plugin.activate()
    expect(plugin.latencyFrames()).toBe(20 * 48_000)
    expect(plugin.tailFrames()).toBeNull()
  })
})

describe.skipIf(fixtures === null)('a CLAP plugin that refuses', () => {
  it('says why, in its own words where it has some', () => {
    expect(() => open('refuse-activate').activate()).toThrow(
      'Fixture refuse-activate refused to be switched on and says: the licence is missing.',
    )
    expect(() => clapLoader.scan(fixtures!.clap('refuse-init'))).toThrow('refused to start and says: the samples are missing')
    expect(() => clapLoader.scan(fixtures!.clap('refuse-create'))).toThrow('its binary refuses to make it')
    expect(() => clapLoader.scan(fixtures!.clap('refuse-entry'))).toThrow('refused to start')
    expect(() => clapLoader.scan(fixtures!.clap('no-factory'))).toThrow('offers no plugins')
    expect(() => clapLoader.scan(fixtures!.clap('empty'))).toThrow('holds no plugin')
    expect(() => clapLoader.scan(fixtures!.clap('no-entry'))).toThrow('is not a CLAP plugin')
    expect(() => clapLoader.scan(fixtures!.clap('no-library'))).toThrow('cannot be loaded')
  })

  it('keeps no state that is too large, half written or not its own', () => {
    expect(() => open('huge-state').saveState()).toThrow(`more than ${MAX_STATE_BYTES / 2 ** 20} MB of state`)
    expect(() => open('fail-save').saveState()).toThrow('could not save its state')
    const plugin = open('fail-load')
    expect(() => plugin.loadState(plugin.saveState()!)).toThrow('does not accept the state')
  })

  it('leaves silence when it fails to process', () => {
    const plugin = open('on-demand')
    plugin.activate()
    const fail = plugin.descriptor.parameters.findIndex((parameter) => parameter.name === 'Fail')
    plugin.setValue(fail, 1)
    plugin.outputs[0]!.samples[0]!.fill(1)
    expect(() => plugin.process(512, EVENTS)).toThrow('failed to process a block')
    expect(plugin.outputs[0]!.samples[0]!.every((value) => value === 0)).toBe(true)
  })
})

describe.skipIf(fixtures === null)('a CLAP plugin that takes its process with it', { timeout: 60_000, concurrent: true }, () => {
  it.each(['crash-in-load', 'crash-in-entry', 'crash-in-factory', 'crash-in-create', 'crash-in-init'] as const)('%s', async (binary) => {
    expect(await scanAlone(binary)).toBe('SIGSEGV')
  })

  it.each(['hang-in-load', 'hang-in-entry', 'hang-in-factory', 'hang-in-create', 'hang-in-init'] as const)('%s', async (binary) => {
    expect(await scanAlone(binary, PATIENCE)).toBe('hung')
  })

  it('quit-in-entry', async () => {
    expect(await scanAlone('quit-in-entry')).toBe(0)
  })

  it.each(['crash-at-exit', 'hang-at-exit', 'unruly', 'slow-to-load'] as const)('not at once: %s', async (binary) => {
    expect(await scanAlone(binary)).toBe('done')
  })

  it.each([
    ['process', 'crash-in-process', 'SIGSEGV'],
    ['process', 'abort-in-process', 'SIGABRT'],
    ['process', 'divide-in-process', 'SIGFPE'],
    ['process', 'crash-in-activate', 'SIGSEGV'],
    ['save', 'crash-in-save', 'SIGSEGV'],
    ['load', 'crash-in-load', 'SIGSEGV'],
    ['close', 'crash-in-destroy', 'SIGSEGV'],
  ] as const)('%s: %s', async (step, name, signal) => {
    expect(await useAlone(step, name)).toBe(signal)
  })

  it.each([
    ['process', 'hang-in-process'],
    ['process', 'hang-in-activate'],
    ['save', 'hang-in-save'],
    ['load', 'hang-in-load'],
    ['close', 'hang-in-destroy'],
  ] as const)('%s: %s', async (step, name) => {
    expect(await useAlone(step, name, PATIENCE)).toBe('hung')
  })

  it('once, for a file that it takes away: crash-once', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'stemma-fixture-'))
    writeFileSync(join(folder, 'crash-once'), '')
    const environment = { STEMMA_FIXTURE_FOLDER: folder }
    expect(await useAlone('process', 'crash-once', { environment })).toBe('SIGSEGV')
    expect(await useAlone('process', 'crash-once', { environment })).toBe('done')
    rmSync(folder, { recursive: true })
  })

  it.each(['prints', 'forks', 'moves', 'locale', 'signals', 'nan', 'infinity', 'loud', 'denormals'] as const)(
    'not at all: %s',
    async (name) => {
      expect(await useAlone('process', name)).toBe('done')
    },
  )
})

describe('what a plugin claims', () => {
  it('is cut without halving a character', () => {
    expect(foreignText('a🎛🎛', 2)).toBe('a')
    expect(foreignText('  a\t\n b  ', 10)).toBe('a b')
    expect(foreignText(null, 10)).toBe('')
    expect(foreignText('x'.repeat(1e6), 5)).toBe('xxxxx')
    expect(foreignPath('/ / Filter /\u202eEnvelope//', 300)).toBe('Filter/Envelope')
  })

  it('becomes a range', () => {
    expect(foreignRange({ min: 1, max: 0, default: 2 })).toEqual({ min: 0, max: 1, default: 1 })
    expect(foreignRange({ min: Number.NaN, max: Number.POSITIVE_INFINITY, default: Number.NEGATIVE_INFINITY })).toEqual({
      min: 0,
      max: 1e100,
      default: 0,
    })
  })

  it('counts as an instrument only where it takes notes and makes sound', () => {
    const sound = [{ name: '', channels: 2, isSidechain: false }]
    expect(isInstrument({ category: 'instrument', takesNotes: true, outputs: sound })).toBe(true)
    expect(isInstrument({ category: 'instrument', takesNotes: true, outputs: [] })).toBe(false)
  })
})

describe('the library of a .clap', () => {
  const bundle = (plist: string | null, names: readonly string[]) => ({
    isFolder: (path: string) => path.endsWith('.clap') || path.endsWith('MacOS'),
    names: () => names,
    text: () => plist,
  })

  it('is the file itself on Linux and Windows', () => {
    expect(binaryOf('/usr/lib/clap/Gain.clap', 'linux', bundle(null, []))).toBe('/usr/lib/clap/Gain.clap')
    expect(binaryOf('C:\\CLAP\\Gain.clap', 'win32', bundle(null, []))).toBe('C:\\CLAP\\Gain.clap')
  })

  it('lies inside the bundle on macOS, by what the bundle says, by its name, or alone', () => {
    const folder = '/Library/Audio/Plug-Ins/CLAP/Gain.clap'
    const plist = '<dict><key>CFBundleExecutable</key>\n<string>GainPlugin</string></dict>'
    expect(binaryOf(folder, 'darwin', bundle(plist, ['GainPlugin', 'Other']))).toBe(`${folder}/Contents/MacOS/GainPlugin`)
    expect(binaryOf(folder, 'darwin', bundle(null, ['Other', 'Gain']))).toBe(`${folder}/Contents/MacOS/Gain`)
    expect(binaryOf(folder, 'darwin', bundle('<key>CFBundleExecutable</key><string>../../../evil</string>', ['Alone']))).toBe(
      `${folder}/Contents/MacOS/Alone`,
    )
    expect(() => binaryOf(folder, 'darwin', bundle(null, []))).toThrow('without a program')
  })
})
