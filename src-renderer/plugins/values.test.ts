import { describe, expect, it } from 'vitest'
import type { PluginParameter } from '../../src-shared/plugins/index.ts'
import { editorRows, parameterName, plainText, rangeOf } from './values.ts'

const parameter = (changes: Partial<PluginParameter> = {}): PluginParameter => ({
  id: 'p',
  name: 'Cutoff',
  group: '',
  min: 20,
  max: 20_000,
  default: 1_000,
  unit: 'Hz',
  isToggle: false,
  isInteger: false,
  isLogarithmic: false,
  isOutput: false,
  isHidden: false,
  isAutomatable: true,
  isBypass: false,
  choices: [],
  hasText: false,
  ...changes,
})

describe('a parameter in words', () => {
  it('has a name whatever the plugin says', () => {
    expect(parameterName(parameter({ name: '  ' }))).toBe('p')
    expect(parameterName(parameter({ name: ' Gain ' }))).toBe('Gain')
  })

  it('has as many digits as its range needs, a real minus and its unit', () => {
    expect(plainText(parameter(), 440.4)).toBe('440 Hz')
    expect(plainText(parameter({ min: -60, max: 12, unit: 'dB' }), -6)).toBe('−6.00 dB')
    expect(plainText(parameter({ min: 0, max: 0.5, unit: '' }), 0.25)).toBe('0.2500')
    expect(plainText(parameter({ min: 0, max: 127, unit: '', isInteger: true }), 63.6)).toBe('64')
    expect(plainText(parameter({ min: -60, max: 12, unit: 'dB' }), -0.001)).toBe('0.00 dB')
  })

  it('is a switch or the nearest of its choices', () => {
    expect(plainText(parameter({ min: 0, max: 1, isToggle: true }), 0.6)).toBe('On')
    expect(plainText(parameter({ min: 0, max: 1, isToggle: true }), 0.5)).toBe('Off')
    const choices = [
      { value: 0, label: 'Low' },
      { value: 5, label: 'High' },
    ]
    expect([0, 2, 3, 99].map((value) => plainText(parameter({ choices }), value))).toEqual(['Low', 'Low', 'High', 'High'])
  })
})

describe('the range of a control', () => {
  it('travels as the plugin says', () => {
    expect(rangeOf(parameter({ isLogarithmic: true }))).toMatchObject({ min: 20, max: 20_000, default: 1_000, scale: 'log' })
    expect(rangeOf(parameter({ isInteger: true }))).toMatchObject({ scale: 'step', step: 1 })
    expect(rangeOf(parameter({ min: 0, max: 1, default: 0.5 }))).toMatchObject({ scale: 'linear', step: 0.01 })
  })

  it.each([
    ['a logarithm of nothing', { min: 0, max: 1, isLogarithmic: true }],
    ['a logarithm below nothing', { min: -60, max: 12, isLogarithmic: true }],
    ['no width', { min: 3, max: 3 }],
    ['swapped ends', { min: 12, max: -60 }],
    ['a default outside', { min: 0, max: 100, default: 5_000 }],
    ['a default that is no number', { min: 0, max: 6, default: Number.NaN }],
    ['no end', { min: Number.NEGATIVE_INFINITY, max: Number.POSITIVE_INFINITY, default: 1e300 }],
    ['a width beyond all numbers', { min: -Number.MAX_VALUE, max: Number.MAX_VALUE, default: 0 }],
    ['steps without end', { min: 0, max: Number.POSITIVE_INFINITY, isInteger: true }],
  ])('is usable with %s', (_, changes) => {
    const range = rangeOf(parameter(changes))
    expect(range.max).toBeGreaterThan(range.min)
    expect(Number.isFinite(range.max - range.min)).toBe(true)
    expect(range.step).toBeGreaterThan(0)
    expect(range.default).toBeGreaterThanOrEqual(range.min)
    expect(range.default).toBeLessThanOrEqual(range.max)
    if (range.scale === 'log') expect(range.min).toBeGreaterThan(0)
    expect(plainText(parameter(changes), range.default)).not.toMatch(/NaN|Infinity/)
  })
})

describe('the rows of an editor', () => {
  const some = [
    parameter({ id: '1', name: 'Gain', group: 'Level' }),
    parameter({ id: '2', name: 'Bypass', isBypass: true }),
    parameter({ id: '3', name: 'Polarity', group: 'Level/Phase' }),
    parameter({ id: '4', name: 'Trim', group: 'Level' }),
    parameter({ id: '5', name: 'Seed', isHidden: true }),
  ]
  const show = (changes: Partial<Parameters<typeof editorRows>[1]> = {}, parameters = some): string[] =>
    editorRows({ parameters }, { query: '', showsHidden: false, closed: new Set(), ...changes }).map((row) =>
      row.kind === 'group' ? `[${row.path} ${row.count}${row.isOpen ? '' : ' closed'}]` : row.parameter.name,
    )

  it('come by group, without the bypass and what the plugin hides', () => {
    expect(show()).toEqual(['[Level 2]', 'Gain', 'Trim', '[Level/Phase 1]', 'Polarity'])
    expect(show({ showsHidden: true })).toContain('Seed')
  })

  it('have no headings where there is one nameless group', () => {
    expect(show({}, [parameter({ name: 'Gain' }), parameter({ name: 'Mix' })])).toEqual(['Gain', 'Mix'])
  })

  it('fold, but not what was searched for', () => {
    const closed = new Set(['Level'])
    expect(show({ closed })).toEqual(['[Level 2 closed]', '[Level/Phase 1]', 'Polarity'])
    expect(show({ closed, query: 'level TRIM' })).toEqual(['[Level 1]', 'Trim'])
    expect(show({ query: 'nothing such' })).toEqual([])
  })

  it('are made fast enough to type by for the largest plugins', () => {
    const many = Array.from({ length: 20_000 }, (_, i) => parameter({ id: String(i), name: `Parameter ${i}`, group: `Bank ${i % 200}` }))
    expect(show({}, many)).toHaveLength(20_200)
    const from = performance.now()
    expect(show({ query: 'bank 7 19' }, many).length).toBeGreaterThan(0)
    expect(performance.now() - from).toBeLessThan(1_000)
  })
})
