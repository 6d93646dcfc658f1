import { foreignText } from '../foreign-text.ts'
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { isInstrument, pluginDescriptorSchema } from '../../../src-shared/plugins/index.ts'
import { lv2Loader } from './index.ts'
import { bundle, isInstalled } from './lv2-rig.fixture.ts'
import { boundedRange } from './ports.ts'

const folder = mkdtempSync(join(tmpdir(), 'stemma-lv2-test-'))
afterAll(() => rmSync(folder, { recursive: true }))

const PREFIXES = `@prefix lv2: <http://lv2plug.in/ns/lv2core#> . @prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix units: <http://lv2plug.in/ns/extensions/units#> . @prefix pg: <http://lv2plug.in/ns/ext/port-groups#> .
@prefix pprops: <http://lv2plug.in/ns/ext/port-props#> . @prefix doap: <http://usefulinc.com/ns/doap#> .
@prefix pset: <http://lv2plug.in/ns/ext/presets#> .\n`

let count = 0
const writeBundle = (turtle: string, { hasProgram = true, parent = folder } = {}): string => {
  count += 1
  const path = join(parent, `b${count}.lv2`)
  mkdirSync(path, { recursive: true })
  writeFileSync(join(path, 'manifest.ttl'), PREFIXES + turtle)
  if (hasProgram) writeFileSync(join(path, 'p.so'), 'no program')
  return path
}
const plugin = (ports: string, more = '') =>
  `<urn:test:one> a lv2:Plugin, lv2:CompressorPlugin ; lv2:binary <p.so> ; doap:name "One" ; ${more}\nlv2:port ${ports} .`
const scanOne = (path: string) => {
  const [found] = lv2Loader.scan(path)
  if (!found) throw new Error('nothing found')
  expect(pluginDescriptorSchema.parse(found)).toEqual(found)
  return found
}
const CONTROL = 'a lv2:InputPort, lv2:ControlPort ;'

describe('scanning a bundle', () => {
  it('refuses folders that are none, bundles without plugins, and plugins without a program, each in words', () => {
    expect(() => lv2Loader.scan(join(folder, 'nothing'))).toThrow('is no LV2 bundle')
    expect(() => lv2Loader.scan(writeBundle(''))).toThrow('has no plugin in it')
    expect(() => lv2Loader.scan(writeBundle('this is "no Turtle'))).toThrow('has no plugin in it')
    const path = writeBundle(plugin(`[ ${CONTROL} lv2:index 0 ; lv2:symbol "a" ; lv2:name "A" ]`), { hasProgram: false })
    expect(() => lv2Loader.scan(path)).toThrow(/p\.so is not there/)
  })

  it('reads groups, units of its own, named values in order, and makes missing bounds finite', () => {
    const path = writeBundle(
      `${plugin(
        `[ ${CONTROL} lv2:index 0 ; lv2:symbol "a" ; lv2:name "A" ; pg:group <urn:test:inner> ;
           units:unit [ a units:Unit ; units:symbol "furlongs" ] ; lv2:minimum 1.0 ; lv2:maximum 100.0 ; lv2:default 5.0 ; lv2:portProperty pprops:logarithmic ],
         [ ${CONTROL} lv2:index 1 ; lv2:symbol "b" ; lv2:name "B" ; units:unit [ a units:Unit ; units:render "%.1f knots" ] ],
         [ ${CONTROL} lv2:index 2 ; lv2:symbol "c" ; lv2:name "C" ; lv2:portProperty lv2:enumeration ;
           lv2:scalePoint [ rdfs:label "two" ; rdf:value 2 ], [ rdfs:label "zero" ; rdf:value 0 ], [ rdfs:label "one" ; rdf:value 1 ] ],
         [ ${CONTROL} lv2:index 3 ; lv2:symbol "d" ; lv2:name "D" ; lv2:portProperty lv2:sampleRate ; lv2:minimum 0.0 ; lv2:maximum 0.5 ; lv2:default 0.25 ],
         [ ${CONTROL} lv2:index 4 ; lv2:symbol "e" ; lv2:name "Enabled" ; lv2:designation lv2:enabled ; lv2:portProperty lv2:toggled ; lv2:minimum 0 ; lv2:maximum 1 ; lv2:default 1 ],
         [ a lv2:OutputPort, lv2:ControlPort ; lv2:index 5 ; lv2:symbol "f" ; lv2:name "Delay" ; lv2:designation lv2:latency ],
         [ a lv2:OutputPort, lv2:ControlPort ; lv2:index 6 ; lv2:symbol "g" ; lv2:name "Meter" ; lv2:minimum 0.0 ; lv2:maximum 1.0 ],
         [ ${CONTROL} lv2:index 7 ; lv2:symbol "h" ; lv2:name "Free" ; lv2:designation lv2:freeWheeling ]`,
      )}
      <urn:test:inner> a pg:Group ; lv2:name "Inner" ; pg:subGroupOf <urn:test:outer> . <urn:test:outer> a pg:Group ; lv2:name "Out/er" .`.replaceAll(
        'rdf:value',
        '<http://www.w3.org/1999/02/22-rdf-syntax-ns#value>',
      ),
    )
    const { parameters, tags } = scanOne(path)
    expect(tags).toEqual(['Compressor'])
    expect(parameters.map(({ id }) => id)).toEqual(['a', 'b', 'c', 'd', 'e', 'g'])
    expect(parameters[0]).toMatchObject({ group: 'Out-er/Inner', unit: 'furlongs', min: 1, max: 100, default: 5, isLogarithmic: true })
    expect(parameters[1]).toMatchObject({ unit: 'knots', min: 0, max: 1, default: 0, group: '' })
    expect(parameters[2]).toMatchObject({ min: 0, max: 2 })
    expect(parameters[2]?.choices.map(({ label }) => label)).toEqual(['zero', 'one', 'two'])
    expect(parameters[3]).toMatchObject({ min: 0, max: 24_000, default: 12_000 })
    expect(parameters[4]).toMatchObject({ name: 'Bypass', isBypass: true, default: 0 })
    expect(parameters[5]).toMatchObject({ isOutput: true, isAutomatable: false })
  })

  it('finds presets that lie in a bundle of their own beside it', () => {
    const parent = join(folder, 'parent')
    const path = writeBundle(plugin(`[ ${CONTROL} lv2:index 0 ; lv2:symbol "a" ; lv2:name "A" ]`), { parent })
    writeBundle('<urn:test:preset> a pset:Preset ; lv2:appliesTo <urn:test:one> ; rdfs:label "Warm\\u0007th" .', { parent })
    const presets = scanOne(path).presets
    expect(presets.map(({ id }) => id)).toEqual(['urn:test:preset'])
    expect(presets[0]?.name).toMatch(/^Warm ?th$/)
  })

  it('survives groups that contain each other and ports that are of no kind', () => {
    const path = writeBundle(
      `${plugin(`[ ${CONTROL} lv2:index 0 ; lv2:symbol "a" ; lv2:name "A" ; pg:group <urn:g:1> ], [ a lv2:InputPort ; lv2:index 1 ; lv2:symbol "b" ; lv2:name "B" ]`)}
      <urn:g:1> a pg:Group ; lv2:name "1" ; pg:subGroupOf <urn:g:2> . <urn:g:2> a pg:Group ; lv2:name "2" ; pg:subGroupOf <urn:g:1> .`,
    )
    expect(scanOne(path).parameters[0]?.group).toMatch(/^2\/1/)
  })

  it('refuses to start a program that is none', () => {
    const path = writeBundle(plugin(`[ ${CONTROL} lv2:index 0 ; lv2:symbol "a" ; lv2:name "A" ]`))
    expect(() => lv2Loader.open(path, 'urn:test:one', { sampleRate: 48_000, maxFrames: 512, isOffline: false })).toThrow(
      'urn:test:one could not be started',
    )
    expect(() => lv2Loader.open(path, 'urn:test:two', { sampleRate: 48_000, maxFrames: 512, isOffline: false })).toThrow(
      'has no plugin urn:test:two',
    )
  })
})

describe('a machine without lilv', () => {
  it('is told what to install', () => {
    const source = `const { lv2Loader } = await import(${JSON.stringify(new URL('./index.ts', import.meta.url).href)})
      Object.defineProperty(process, 'platform', { value: 'sunos' })
      lv2Loader.scan(${JSON.stringify(writeBundle(''))})`
    const { stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', source], { encoding: 'utf8' })
    expect(stderr).toContain('On Debian and Ubuntu install the package liblilv-0-0')
  }, 60_000)
})

describe('ranges that metadata claims', () => {
  it.each([
    [
      { min: Number.NaN, max: Number.NaN, default: Number.NaN },
      { min: 0, max: 1, default: 0 },
    ],
    [
      { min: 5, max: -5, default: 0 },
      { min: -5, max: 5, default: 0 },
    ],
    [
      { min: Number.NEGATIVE_INFINITY, max: 3, default: -7 },
      { min: -7, max: 3, default: -7 },
    ],
    [
      { min: 0, max: 10, default: 99 },
      { min: 0, max: 10, default: 10 },
    ],
    [
      { min: 20, max: Number.NaN, default: 440 },
      { min: 20, max: 440, default: 440 },
    ],
  ])('%o become %o', (claimed, bounded) => {
    expect(boundedRange(claimed, [], false)).toEqual(bounded)
  })

  it('keeps texts short and free of control characters', () => {
    expect(foreignText(' a\u0000\n\u001b[31mb ', 20)).toBe('a [31mb')
    expect(foreignText('\u{1f600}'.repeat(30), 10).length).toBeLessThanOrEqual(10)
  })
})

// Its bundle has 134 plugins: seconds on a busy machine.
describe.skipIf(!isInstalled('lsp-plugins'))('LSP', { timeout: 60_000 }, () => {
  it('describes its parametric equaliser with units, choices, bypass and without its latency port', () => {
    const found = lv2Loader.scan(bundle('lsp-plugins')).find(({ id }) => id.endsWith('/para_equalizer_x16_stereo'))
    if (!found) throw new Error('not in the bundle')
    expect(found).toMatchObject({ category: 'effect', takesNotes: false, hasState: true })
    expect(found.inputs.map(({ channels }) => channels)).toEqual([2])
    const frequency = found.parameters.find(({ id }) => id === 'f_0')
    expect(frequency).toMatchObject({ unit: 'Hz', min: 10, max: 24_000, isLogarithmic: true })
    const type = found.parameters.find(({ id }) => id === 'ft_0')
    expect(type?.choices.slice(0, 2)).toEqual([
      { value: 0, label: 'Off' },
      { value: 1, label: 'Bell' },
    ])
    expect(found.parameters.find(({ isBypass }) => isBypass)).toMatchObject({ id: 'enabled', name: 'Bypass', default: 0 })
    expect(found.parameters.some(({ id }) => id === 'out_latency')).toBe(false)
  })

  it('has the side chain of its compressor as a bus of its own', () => {
    const found = lv2Loader.scan(bundle('lsp-plugins')).find(({ id }) => id.endsWith('/sc_compressor_stereo'))
    expect(found?.inputs.map(({ channels, isSidechain }) => [channels, isSidechain])).toEqual([
      [2, false],
      [2, true],
    ])
  })
})

describe.skipIf(!isInstalled('mda'))('mda', () => {
  it('tells instruments from effects', () => {
    const found = lv2Loader.scan(bundle('mda'))
    const named = (name: string) => found.find(({ id }) => id.endsWith(`/${name}`))
    const piano = named('EPiano')
    const room = named('Ambience')
    if (!piano || !room) throw new Error('not in the bundle')
    expect([isInstrument(piano), isInstrument(room), piano.category, room.category]).toEqual([true, false, 'instrument', 'effect'])
  })
})
