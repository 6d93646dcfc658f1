import { describe, expect, it } from 'vitest'
import { devicesOf, encodeDocument, MASTER_TRACK_ID, recordsOf, sendsOf, tracksOf } from '../../src-shared/remix/index.ts'
import { unwrap } from '../../src-shared/std/index.ts'
import { decodeOwnStyle, orderOfOwnStyle, runStyle, styleById, understandWords } from './index.ts'
import { factsUnder, openTerms, songOf } from './styles.fixture.ts'

const snapshot = songOf({})
const facts = factsUnder(openTerms(snapshot))
const run = (style: string, params: Record<string, string | number | boolean>) =>
  runStyle(styleById(style)!, snapshot, { style, params, seed: 3 }, facts)

describe('words (style.words)', () => {
  it('reads the example: darker, half-time chorus, keep the lead vocal dry', () => {
    const understood = understandWords('darker, half-time chorus, keep the lead vocal dry', snapshot, facts)
    expect(understood.notUnderstood).toEqual([])
    expect(understood.actions).toEqual([
      { do: 'quality', axis: 'tone', amount: -0.6, targets: [] },
      { do: 'style', style: 'half-time', params: { section: 'chorus' } },
      { do: 'spare', ops: ['reverb', 'delay'], targets: [{ kind: 'part', name: 'lead' }] },
    ])
    for (const { fromIndex, toIndex, text } of understood.readings)
      expect('darker, half-time chorus, keep the lead vocal dry'.slice(fromIndex, toIndex)).toBe(text)
  })

  it.each([
    ['a bit brighter', 'quality tone 0.27'],
    ['much darker drums', 'quality tone -1 drums'],
    ['less reverb on the vocals', 'quality space -0.6 vocals'],
    ['more bass', 'quality level 0.6 bass'],
    ['no drums', 'mute drums'],
    ['without reverb', 'spare reverb,delay'],
    ['don’t touch the piano', 'spare all keys'],
    ['20 % faster', 'speed 1200'],
    ['at 98 bpm', 'tempo 98000'],
    ['not too dark', 'quality tone 0.3'],
    ['wider pads and dreamier', 'quality width 0.6 synth; quality dream 0.6'],
    ['30 s edit', 'style edit-60s'],
    ['make the Guitar rougher', 'quality drive 0.6 guitar'],
    ['instrumental', 'style minus-one'],
  ])('“%s”', (wish, expected) => {
    const { actions } = understandWords(wish, snapshot, facts)
    const words = actions.map((action) => {
      const to = 'targets' in action ? action.targets.map((one) => ('name' in one ? one.name : one.kind)).join('+') : ''
      const what =
        action.do === 'quality'
          ? `${action.axis} ${action.amount}`
          : action.do === 'spare'
            ? String(action.ops)
            : action.do === 'speed'
              ? action.permille
              : action.do === 'tempo'
                ? action.milliBpm
                : action.do === 'style'
                  ? action.style
                  : ''
      return [action.do, what, to].filter((part) => part !== '').join(' ')
    })
    expect(words.join('; ')).toBe(expected)
  })

  it('says what it did not understand, and does the rest', () => {
    const understood = understandWords('darker, more glorp, like a Tuesday', snapshot, facts)
    expect(understood.notUnderstood).toEqual(['glorp', 'Tuesday'])
    const nothing = run('words', { text: 'flurbish the wibble' })
    expect(nothing.ok ? '' : nothing.error.message).toMatch(/^Nothing in “flurbish the wibble” was understood\./)
  })

  it('keeps the lead dry while everything else gets a room', () => {
    const done = unwrap(run('words', { text: 'much more reverb, keep the lead vocal dry' }))
    const buses = new Set(
      tracksOf(done.snapshot)
        .filter((track) => track.kind === 'bus')
        .map((track) => track.id),
    )
    const wet = tracksOf(done.snapshot).filter((track) => sendsOf(done.snapshot, track.id).some((send) => buses.has(send.toTrackId)))
    expect(wet.length).toBeGreaterThan(3)
    expect(wet.map((track) => track.name)).not.toContain('Lead vocal')
    expect(done.leftOut).toContainEqual({ what: 'reverb on Lead vocal', why: 'You asked to keep it so.' })
  })

  it('darker puts a darker master, half-time a slower chorus', () => {
    const done = unwrap(run('words', { text: 'darker, half-time chorus' }))
    expect(devicesOf(done.snapshot, MASTER_TRACK_ID).map((device) => device.kind)).toEqual(['eq', 'limiter'])
    const kick = tracksOf(done.snapshot).find((track) => track.name === 'Kick')
    const half = recordsOf(done.snapshot, 'clip').filter((clip) => clip.trackId === kick?.id && clip.warp?.milliBpm === 224_000)
    expect(half.length).toBeGreaterThan(4)
  })

  it('survives any text', () => {
    for (const text of [
      '',
      ',,,,',
      '🎵🎶',
      'x'.repeat(5_000),
      'no no no no',
      'keep',
      'more',
      '%',
      '99999999 bpm',
      '<script>',
      'and and but then',
      "don't",
      'the the chorus chorus',
    ])
      expect(Array.isArray(understandWords(text, snapshot, facts).readings)).toBe(true)
  })
})

describe('styles of one’s own (style.own)', () => {
  const good = {
    format: 'stemma-style',
    v: 1,
    name: 'Night bus',
    steps: [
      { style: 'lo-fi', params: { dark: 3_500 } },
      { style: 'edit-60s', params: { seconds: 30 } },
    ],
  }

  it('run their steps, the same each time', () => {
    const style = unwrap(decodeOwnStyle(JSON.stringify(good), styleById))
    const order = unwrap(orderOfOwnStyle(style, 5))
    const first = unwrap(runStyle(styleById('own')!, snapshot, order, facts))
    const second = unwrap(runStyle(styleById('own')!, snapshot, order, facts))
    expect(encodeDocument(second.snapshot)).toBe(encodeDocument(first.snapshot))
    expect(first.summary).toContain('Night bus')
    expect(first.assessment.plan.lengthFrames / 48_000).toBeLessThan(34)
  })

  it.each([
    ['not JSON', '{', 'style.own_not_json'],
    ['another format', { ...good, format: 'x' }, 'style.own_malformed'],
    ['a newer one', { ...good, v: 2 }, 'style.own_newer'],
    ['unknown fields', { ...good, run: 'rm' }, 'style.own_malformed'],
    ['no steps', { ...good, steps: [] }, 'style.own_malformed'],
    ['itself', { ...good, steps: [{ style: 'own', params: { steps: '[]' } }] }, 'style.own_unknown_step'],
    ['an unknown style', { ...good, steps: [{ style: 'quantum' }] }, 'style.own_unknown_step'],
    ['a setting out of range', { ...good, steps: [{ style: 'lo-fi', params: { dark: 1e9 } }] }, 'style.own_bad_step'],
    [
      'a prototype',
      '{"format":"stemma-style","v":1,"name":"x","steps":[{"style":"lo-fi","params":{"__proto__":1,"constructor":2}}]}',
      'style.own_bad_step',
    ],
    ['too many steps', { ...good, steps: Array.from({ length: 13 }, () => ({ style: 'lo-fi' })) }, 'style.own_malformed'],
    ['megabytes', { ...good, description: 'x'.repeat(100_000) }, 'style.own_too_large'],
  ])('refuses %s with a sentence', (_, value, code) => {
    const decoded = decodeOwnStyle(typeof value === 'string' ? value : JSON.stringify(value), styleById)
    expect(decoded.ok ? 'ok' : decoded.error.code).toBe(code)
    if (!decoded.ok) expect(decoded.error.message).toMatch(/^[A-Z“].+\.$/)
  })
})
