import { describe, expect, it } from 'vitest'
import { devicesOf, encodeDocument, MASTER_TRACK_ID, recordsOf, sendsOf, tracksOf } from '../../src-shared/remix/index.ts'
import { unwrap } from '../../src-shared/std/index.ts'
import { decodeOwnStyle, needsOf, orderOfOwnStyle, runStyle, styleById, STYLES, understandWords, type WordAction } from './index.ts'
import { factsUnder, openTerms, songOf } from './styles.fixture.ts'
import { LEXICON, SECTION_STYLES } from './words/lexicon.ts'

const snapshot = songOf({})
const facts = factsUnder(openTerms(snapshot))
const run = (style: string, params: Record<string, string | number | boolean>) =>
  runStyle(styleById(style)!, snapshot, { style, params, seed: 3 }, facts)

/** Actions as a line to compare with. */
const plain = (actions: readonly WordAction[]): string =>
  actions
    .map((action) => {
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
                  ? [action.style, ...Object.values(action.params)].join(' ')
                  : ''
      return [action.do, what, to].filter((part) => part !== '').join(' ')
    })
    .join('; ')

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
    ['30 s edit', 'style edit-60s 30'],
    ['make the Guitar rougher', 'quality drive 0.6 guitar'],
    ['instrumental', 'style minus-one vocals'],
  ])('“%s”', (wish, expected) => {
    const { actions } = understandWords(wish, snapshot, facts)
    expect(plain(actions)).toBe(expected)
  })

  it.each([
    ['no distorted guitars', 'quality drive -0.6 guitar', []],
    ['without bright synths', 'quality tone -0.6 synth', []],
    ['no muffled vocals', 'quality tone 0.6 vocals', []],
    ['no dark muffled guitars', 'quality tone 0.6 guitar; quality tone 0.6 guitar', []],
    ['darker without drums', 'quality tone -0.6; mute drums', []],
    ['no drums darker', 'mute drums; quality tone -0.6', []],
    ['without drums and a bit brighter', 'mute drums; quality tone 0.27', []],
    ['no drums and bass', 'mute drums+bass', []],
    ['warm guitars without distortion', 'quality warmth 0.6 guitar; spare saturation guitar', []],
    ['no treble', 'quality tone -0.6', []],
    ['no reverb', 'spare reverb,delay', []],
    ['no swung drums', '', ['no', 'swung', 'drums']],
    ['less swing', '', ['less', 'swing']],
    ['no 98 bpm', '', ['no', '98 bpm']],
    ['not 20 % faster', 'speed 800', []],
    ['no build', '', ['no', 'build']],
    ['not chopped', '', ['not', 'chopped']],
    ['not less bright', '', ['not less', 'bright']],
  ])('takes “%s” away, and nothing the other way round', (wish, expected, notUnderstood) => {
    const understood = understandWords(wish, snapshot, facts)
    expect(plain(understood.actions)).toBe(expected)
    expect(understood.notUnderstood.join(' ')).toBe(notUnderstood.join(' '))
  })

  it.each([
    ['half-time chorus and verse', 'style half-time chorus; style half-time verse', []],
    ['chorus and verse half-time', 'style half-time chorus; style half-time verse', []],
    ['half-time in the chorus and in the chorus', 'style half-time chorus', []],
    ['half-time chorus and darker', 'style half-time chorus; quality tone -0.6', []],
    ['instrumental chorus', 'style minus-one vocals', ['chorus']],
    ['chopped chorus', 'style chopped', ['chorus']],
    ['darker chorus', 'quality tone -0.6', ['chorus']],
    ['no drums in the chorus', 'mute drums', ['chorus']],
    ['half-time 50 %', 'style half-time', ['50 %']],
    ['half-time chorus 30 s', 'style half-time chorus', ['30 s']],
    ['very half-time', 'style half-time', ['very']],
    ['chopped guitars', 'style chopped', ['guitars']],
    ['slower drums', 'quality speed -0.6', ['drums']],
    ['a bit slower, 98 bpm', 'tempo 98000', ['a bit', 'slower']],
    ['keep it', '', ['keep', 'it']],
    ['less reverb on the vocals and guitars', 'quality space -0.6 vocals+guitar', []],
  ])('claims in “%s” only what it does', (wish, expected, notUnderstood) => {
    const understood = understandWords(wish, snapshot, facts)
    expect(plain(understood.actions)).toBe(expected)
    expect(understood.notUnderstood).toEqual(notUnderstood)
  })

  it('says of a style that takes no section that it changes the whole song', () => {
    const meaning = (wish: string, of: string) => understandWords(wish, snapshot, facts).readings.find(({ text }) => text === of)?.meaning
    expect(meaning('chopped chorus', 'chopped')).toBe('the style chopped, on the whole song: it cannot be kept to a section')
    expect(meaning('half-time chorus and verse', 'half-time')).toBe('the style half-time in chorus and verse')
    expect(meaning('half-time chorus', 'chorus')).toBe('in chorus')
    expect(meaning('5 s', '5 s')).toBe('a short edit of 15 s')
    expect(meaning('slower drums', 'slower')).toBe('slower, the whole song')
  })

  it('takes every structure word that it says is kept to a section to a style that can be', () => {
    for (const style of STYLES) expect(SECTION_STYLES.has(style.id), style.id).toBe(style.parameters.some(({ name }) => name === 'section'))
  })

  it.each([
    ['darker, wider, keep the lead vocal dry', ['sections']],
    ['half-time chorus', ['sections', 'beats']],
    ['groovier drums', ['sections', 'onsets']],
    ['no chopped drums', ['sections']],
    ['chopped', ['sections', 'phrases']],
    ['darker, 30 s', ['sections', 'phrases']],
  ])('“%s” listens for no more than it uses', (wish, needs) => {
    expect(needsOf(styleById('words')!, { params: { text: wish } }, snapshot, facts)).toEqual(needs)
    const own = orderOfOwnStyle(
      unwrap(
        decodeOwnStyle(
          JSON.stringify({ format: 'stemma-style', v: 1, name: 'Own', steps: [{ style: 'words', params: { text: wish } }] }),
          styleById,
        ),
      ),
      1,
    )
    expect(needsOf(styleById('own')!, unwrap(own), snapshot, facts)).toEqual(needs)
  })

  it('can be given no more than it says it needs at most', () => {
    const most = styleById('words')!.needs
    for (const entry of LEXICON.values())
      if (entry.kind === 'structure') for (const need of styleById(entry.style)!.needs) expect(most, entry.style).toContain(need)
  })

  it('less echo turns down the echoes there are', () => {
    const wet = unwrap(run('words', { text: 'more echo on the vocals' })).snapshot
    const order = { style: 'words', params: { text: 'less echo on the vocals' }, seed: 3 }
    const dry = unwrap(runStyle(styleById('words')!, wet, order, facts)).snapshot
    const level = (of: typeof wet) => recordsOf(of, 'send').map(({ gainDb }) => gainDb)
    expect(level(dry)).toHaveLength(level(wet).length)
    for (const [i, gainDb] of level(wet).entries()) expect(level(dry)[i]).toBeLessThan(gainDb - 5)
  })

  it('says what it did not understand, and does the rest', () => {
    const understood = understandWords('darker, more glorp, like a Tuesday', snapshot, facts)
    expect(understood.notUnderstood).toEqual(['more', 'glorp', 'Tuesday'])
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
