// A style of one's own gives, opened again, what the recipes it was saved from gave, edit by edit.
import { describe, expect, it } from 'vitest'
import { encodeDocument, ownModelUrn, recordsOf, type RemixSnapshot, remixOf } from '../../src-shared/remix/index.ts'
import { unwrap } from '../../src-shared/std/index.ts'
import {
  decodeOwnStyle,
  orderOfOwnStyle,
  ownStyleOf,
  type RecipeOrder,
  recipesOf,
  runStyle,
  styleById,
  type StyleFacts,
  type StyleRun,
} from './index.ts'
import { factsUnder, openTerms, songOf } from './styles.fixture.ts'

const snapshot = songOf({})
const plain = factsUnder(openTerms(snapshot))

const run = (order: RecipeOrder, on: RemixSnapshot = snapshot, facts: StyleFacts = plain): StyleRun =>
  unwrap(runStyle(styleById(order.style)!, on, order, facts))

/** Saves recipes, opens the file again, and returns the order the window would lay out. */
const savedAndOpened = (recipes: readonly RecipeOrder[], name = 'Mine'): RecipeOrder => {
  const saved = unwrap(ownStyleOf(name, recipes, styleById))
  return unwrap(orderOfOwnStyle(unwrap(decodeOwnStyle(JSON.stringify(saved, null, 2), styleById)), 1))
}

/** A document without what it says about how it was made. */
const sound = (of: RemixSnapshot): string => encodeDocument(new Map([...of, [remixOf(of).id, { ...remixOf(of), recipes: [] }]]))

describe('saving a style of one’s own (style.own)', () => {
  it('keeps settings and seeds: the same remix as the recipes one after another', () => {
    const orders: readonly RecipeOrder[] = [
      { style: 'lo-fi', params: { dark: 3_500 }, seed: 77 },
      { style: 'words', params: { text: 'wider, less bass' }, seed: 4 },
      { style: 'chopped', seed: 9 },
    ]
    let by = snapshot
    for (const order of orders) by = run(order, by).snapshot
    const own = run(savedAndOpened(recipesOf(by)))
    expect(sound(own.snapshot)).toBe(sound(by))
    expect(recipesOf(own.snapshot).map(({ style }) => style)).toEqual(['own'])
    expect(remixOf(own.snapshot).tempo).toEqual(remixOf(by).tempo)
    expect(sound(run({ ...savedAndOpened(recipesOf(by)), seed: 2 }).snapshot)).not.toBe(sound(by))
  })

  it('saves one that was opened, with the dice it was thrown with, flat', () => {
    const opened = { ...savedAndOpened([{ style: 'chopped', seed: 5 }, { style: 'radio' }]), seed: 40 }
    const again = unwrap(ownStyleOf('Again', [opened, { style: 'edit-60s', params: { seconds: 30 } }], styleById))
    expect(again.steps.map(({ style, seed }) => [style, seed])).toEqual([
      ['chopped', 44],
      ['radio', 40],
      ['edit-60s', 1],
    ])
    const first = run(opened)
    expect(sound(run(savedAndOpened(recipesOf(first.snapshot))).snapshot)).toBe(sound(first.snapshot))
  })

  it('gives a step the notes, the model and the sound to match that it was saved with', () => {
    const stems = recordsOf(snapshot, 'stem')
    const piano = stems.find(({ role }) => role === 'keys')?.id ?? ''
    const sha256 = 'ab'.repeat(32)
    const profile = { bandsHz: [63, 125, 250, 500, 1_000, 2_000, 4_000, 8_000], levelsDb: [-20, -22, -24, -26, -28, -30, -34, -40] }
    const bright = { ...profile, levelsDb: [-26, -25, -24, -24, -25, -25, -26, -28] }
    const facts: StyleFacts = {
      ...plain,
      stems: { [piano]: { notes: { model: null, notes: [{ startFrame: 0, lengthFrames: 24_000, pitch: 60, velocity: 90 }] } } },
      model: { sha256, urn: ownModelUrn(sha256), name: 'Halver', version: '1', licence: 'MIT' },
      references: { [sha256]: { title: 'Other', profile: bright, integratedLufs: -12 } },
      mix: { profile, integratedLufs: -16, truePeakDb: -3 },
    }
    const own = run(
      savedAndOpened([
        { style: 'revoice', params: { part: 'keys' } },
        { style: 'model', inputs: [sha256] },
        { style: 'match', inputs: [sha256] },
      ]),
      snapshot,
      facts,
    )
    expect(own.leftOut).toEqual([])
    expect(recordsOf(own.snapshot, 'sound').map(({ make }) => make.kind)).toEqual(expect.arrayContaining(['notes', 'model']))
    expect(own.summary).toContain('towards Other')
    expect(own.recipe.inputs).toEqual([sha256])
  })

  it('takes a wish of more than 500 characters', () => {
    const wish = Array.from({ length: 60 }, () => 'a bit darker').join(', ')
    expect(wish.length).toBeGreaterThan(700)
    expect(run(savedAndOpened([{ style: 'words', params: { text: wish } }])).summary).toMatch(/^Mine\. Words: /)
  })

  it.each([
    ['nothing', [], 'style.nothing_to_save'],
    ['a match without a sound', [{ style: 'radio' }, { style: 'match' }], 'style.own_needs_reference'],
    ['more steps than a style holds', Array.from({ length: 13 }, () => ({ style: 'radio' })), 'style.own_too_many_steps'],
    ['a wish that does not fit', [{ style: 'words', params: { text: 'darker '.repeat(285) } }], 'style.own_too_large'],
  ])('refuses %s with a sentence', (_, recipes, code) => {
    const saved = ownStyleOf('Mine', recipes, styleById)
    expect(saved.ok ? 'ok' : saved.error.code).toBe(code)
    if (!saved.ok) expect(saved.error.message).toMatch(/^[A-Z0-9“].+\.$/)
  })

  it('says which step could do nothing and does the others', () => {
    const own = run(savedAndOpened([{ style: 'revoice' }, { style: 'radio' }]))
    expect(own.leftOut[0]?.what).toBe('Re-voice')
    expect(own.summary).toContain('Radio')
    const none = runStyle(styleById('own')!, snapshot, savedAndOpened([{ style: 'revoice' }]), plain)
    expect(none.ok ? 'ok' : none.error.code).toBe('style.nothing_legal')
  })
})
