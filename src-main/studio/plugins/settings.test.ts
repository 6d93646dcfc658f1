import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type Problem, unwrap } from '../../../src-shared/std/index.ts'
import { decodeDescriptors } from './decode-descriptors.ts'
import { isKnownGenerative } from './known-generative.ts'
import { PluginSettings } from './settings.ts'

const ref = { format: 'lv2', id: 'urn:example:gain' } as const

describe('marks on plugins', () => {
  let dir: string
  let problems: Problem[]
  const open = (): PluginSettings => new PluginSettings(join(dir, 'plugins/settings.json'), (problem) => problems.push(problem))
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'stemma-marks-'))
    problems = []
  })
  afterEach(() => rmSync(dir, { recursive: true, force: true }))

  it('are kept, added to one another, and found again', async () => {
    const settings = open()
    unwrap(await settings.mark(ref, { isFavourite: true }))
    unwrap(await settings.mark(ref, { isIsolated: true, environment: { LD_PRELOAD: 'libfftw3f.so.3' } }))
    unwrap(await settings.setGrouping('alone'))
    unwrap(await settings.setFolders(['/a', '/b', '/a']))
    const again = open()
    expect(again.marks(ref)).toEqual({ isFavourite: true, isIsolated: true, environment: { LD_PRELOAD: 'libfftw3f.so.3' } })
    expect([again.grouping, again.folders]).toEqual(['alone', ['/a', '/b']])
    expect((await again.mark(ref, { environment: { 'A=B': '' } })).ok).toBe(false)
  })

  it('that cannot be read are put aside, and never written over', async () => {
    unwrap(await open().setGrouping('together'))
    const path = join(dir, 'plugins/settings.json')
    writeFileSync(path, '{"v":1,"grouping":"sideways"}')
    expect(open().grouping).toBe('chain')
    expect(problems.map(({ code }) => code)).toEqual(['plugins.settings_damaged'])
    expect(readFileSync(`${path}.damaged`, 'utf8')).toContain('sideways')
    expect(existsSync(path)).toBe(false)
  })
})

describe('plugins that run a trained model', () => {
  it('are known by id or name, and nothing else is taken for one', () => {
    expect(isKnownGenerative({ format: 'clap', id: 'cc.aidadsp.rt-neural-loader', name: 'AIDA-X' })).toBe(true)
    expect(isKnownGenerative({ format: 'vst3', id: '00', name: 'NeuralAmpModeler' })).toBe(true)
    expect(isKnownGenerative({ format: 'lv2', id: 'http://drobilla.net/plugins/mda/EPiano', name: 'MDA ePiano' })).toBe(false)
    expect(isKnownGenerative({ format: 'vst3', id: '00', name: 'Brave' })).toBe(false)
  })
})

describe('descriptions from a scanner', () => {
  const parameter = (id: string, more: object = {}) => ({
    ...{ id, name: id, group: '', min: 0, max: 1, default: 0, unit: '', isToggle: false, isInteger: false, isLogarithmic: false },
    ...{ isOutput: false, isHidden: false, isAutomatable: true, isBypass: false, choices: [], hasText: false },
    ...more,
  })
  const plugin = (id: string, more: object = {}) => ({
    ...{ format: 'clap', id, name: id, vendor: '', version: '', category: 'effect', tags: [], inputs: [], outputs: [] },
    ...{ takesNotes: false, hasState: false, parameters: [], presets: [] },
    ...more,
  })

  it('one that makes no sense does not spoil the others', () => {
    const { plugins, refused } = decodeDescriptors('clap', [
      plugin('a'),
      plugin('b', { parameters: 'many' }),
      7,
      plugin('c'),
      plugin('a', { name: 'again' }),
    ])
    expect(plugins.map(({ id, name }) => [id, name])).toEqual([
      ['a', 'a'],
      ['c', 'c'],
    ])
    expect(refused.map(({ id }) => id)).toEqual(['b', ''])
    expect(decodeDescriptors('vst3', [plugin('a')]).refused).toHaveLength(1)
    expect(decodeDescriptors('clap', [plugin('a', { parameters: [parameter('x', { max: Number.NaN })] })]).plugins).toEqual([])
  })

  it('ranges that run backwards are turned, defaults brought in, names cleaned, second ids dropped', () => {
    const parameters = [
      parameter('x', { min: 5, max: -5, default: 90, name: 'a\u001b[31m\u202eb' }),
      parameter('x', { name: 'second' }),
      parameter('y', { name: '\n' }),
    ]
    const [found] = decodeDescriptors('clap', [plugin('a', { parameters, name: '\u0007' })]).plugins
    expect(found?.name).toBe('a')
    expect(found?.parameters.map(({ id, name, min, max, default: value }) => [id, name, min, max, value])).toEqual([
      ['x', 'a [31m b', -5, 5, 5],
      ['y', 'y', 0, 1, 0],
    ])
  })
})
