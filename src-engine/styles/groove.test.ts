// The timing of one work laid over another: what a part does of its own makes way, whatever the bars.
import { describe, expect, it } from 'vitest'
import type { GrooveFinding } from '../../src-shared/protocol/index.ts'
import { clipsOf, recordsOf, type RemixSnapshot, type StemRecord, type WorkRecord } from '../../src-shared/remix/index.ts'
import { runStyle, styleById } from './index.ts'
import { factsUnder, heardFacts, openTerms, songOf } from './styles.fixture.ts'

const grooveOf = (slots: number, sixteenthPermille: number): GrooveFinding => ({
  swingEighthPermille: 500,
  swingSixteenthPermille: sixteenthPermille,
  offsetsUs: Array.from({ length: slots }, (_, i) => (i % 2 === 1 ? Math.round(((sixteenthPermille - 500) / 1000) * 267_857) : 0)),
  weights: Array.from({ length: slots }, () => 1),
  confidence: 0.9,
})

/** The song with a second work in it, of which only the groove is known. */
const withOther = (song: RemixSnapshot, isListedFirst: boolean): RemixSnapshot => {
  const work: WorkRecord = { type: 'work', id: 'urn:stemma:work:other', title: 'Other', artists: ['Nobody'], milliBpm: 112_000, key: null }
  const [first] = recordsOf(song, 'stem')
  const stem = { ...first, id: 'urn:stemma:stem:other', title: 'Other drums', workId: work.id } as StemRecord
  const other = [
    [work.id, work],
    [stem.id, stem],
  ] as const
  return new Map(isListedFirst ? [...other, ...song] : [...song, ...other])
}

/** Ticks between where the drums' eighths and sixteenths are cut and where they are laid; empty where nothing moves. */
const moved = (song: RemixSnapshot, own: GrooveFinding, other: GrooveFinding, isListedFirst = false): readonly number[] => {
  const snapshot = withOther(song, isListedFirst)
  const heard = heardFacts(snapshot)
  const home = recordsOf(song, 'work')[0]?.id ?? ''
  const beat = (60 * 48_000) / 112
  const stems = Object.fromEntries(
    Object.entries(heard.stems ?? {}).map(([id, facts]) => [
      id,
      facts.onsets ? { ...facts, groove: null, onsets: Array.from({ length: 800 }, (_, i) => Math.round((i * beat) / 4)) } : facts,
    ]),
  )
  const facts = factsUnder(openTerms(snapshot), {
    ...heard,
    stems,
    works: { [home]: { groove: own }, 'urn:stemma:work:other': { groove: other } },
  })
  const style = styleById('groove-transfer')
  if (!style) throw new Error('the style is gone')
  const result = runStyle(style, snapshot, { style: 'groove-transfer', params: { strength: 100 }, seed: 1 }, facts)
  if (!result.ok) {
    expect(result.error.message).toBe('“Groove of another” can do nothing here: These drums are played as Other is, so nothing would move.')
    return []
  }
  const run = result.value
  const hats = recordsOf(run.snapshot, 'track').find((track) => track.name === 'Hats')
  return clipsOf(run.snapshot, hats?.id ?? '')
    .map((clip) => Math.round((clip.startTick % 240) - (clip.startTick % 240 > 120 ? 240 : 0)))
    .filter((late) => late !== 0)
}

describe('the groove of another work', () => {
  it('is that of the other work also where a document lists it first', () => {
    const song = songOf({ seconds: 30 })
    const late = moved(song, grooveOf(16, 500), grooveOf(16, 560))
    expect(late.length).toBeGreaterThan(10)
    expect(moved(song, grooveOf(16, 500), grooveOf(16, 560), true)).toEqual(late)
  })

  it('replaces what a part has of its own: the same one moves nothing, a straight one takes the swing out', () => {
    const song = songOf({ seconds: 30 })
    const swung = grooveOf(16, 560)
    expect(moved(song, swung, swung)).toEqual([])
    // 6 % of a pair of 480 ticks.
    expect(new Set(moved(song, grooveOf(16, 500), swung))).toEqual(new Set([29]))
    expect(new Set(moved(song, swung, grooveOf(16, 500)))).toEqual(new Set([-29]))
  })

  it('gives its swing to bars of another length, of sixteenths where eighths are counted', () => {
    const seven = songOf({ seconds: 30, meter: [7, 8] })
    expect(new Set(moved(seven, grooveOf(14, 500), grooveOf(16, 560)))).toEqual(new Set([29]))
  })
})
