// What the variations view says, sorts, places and comps, without a window.
import { describe, expect, it } from 'vitest'
import type { VariationRow } from '../../src-shared/protocol/index.ts'
import { type MeterPoint, tick } from '../../src-shared/time/index.ts'
import { barLines, barsText, chooseStretch, partsOf, touchedRange, wholeOriginal, withoutGone } from './comp-stretches.ts'
import { placeAt, placeBeside, placesOf } from './map-places.ts'
import { NO_FILTER, shownRows, stylesOf } from './shown-rows.ts'
import { cardSentence, droppedSentence, learnedSentence, matchedGainDb, rangeOfRow, runSentence } from './variation-words.ts'

const row = (number: number, more: Partial<VariationRow> = {}): VariationRow => ({
  id: `v1-${number}`,
  number,
  summary: 'Dub: echo throws on the vocals',
  styles: ['dub'],
  leftOut: [],
  asks: [],
  lengthMs: 120_000,
  bpm: 112,
  structureDistance: 0.2,
  soundDistance: 0.3,
  preview: { integratedLufs: -14, truePeakDb: -1, peaks: new Int8Array(320), isReady: true },
  mark: null,
  tags: [],
  likelyPercent: null,
  ...more,
})

const numbers = (rows: readonly VariationRow[]): readonly number[] => rows.map(({ number }) => number)

describe('which variations are shown', () => {
  const rows = [
    row(3, { structureDistance: 0.9, soundDistance: 0.9, styles: ['club'], summary: 'Club: four on the floor', likelyPercent: 20 }),
    row(1, { structureDistance: 0, soundDistance: 0.05, mark: 'kept', tags: ['for the label'], likelyPercent: 90 }),
    row(2, { mark: 'rejected', likelyPercent: 50 }),
    row(4, { soundDistance: null, structureDistance: 0.1 }),
  ]

  it('hides what was rejected, until it is asked for', () => {
    expect(numbers(shownRows(rows, NO_FILTER))).toEqual([1, 3, 4])
    expect(numbers(shownRows(rows, { ...NO_FILTER, marks: 'rejected' }))).toEqual([2])
    expect(numbers(shownRows(rows, { ...NO_FILTER, marks: 'all' }))).toEqual([1, 2, 3, 4])
    expect(numbers(shownRows(rows, { ...NO_FILTER, marks: 'unmarked' }))).toEqual([3, 4])
  })

  it('sorts by distance, by likelihood and by what was kept', () => {
    expect(numbers(shownRows(rows, { ...NO_FILTER, order: 'closest' }))).toEqual([1, 4, 3])
    expect(numbers(shownRows(rows, { ...NO_FILTER, order: 'furthest' }))).toEqual([3, 4, 1])
    expect(numbers(shownRows(rows, { ...NO_FILTER, order: 'likely' }))).toEqual([1, 3, 4])
    expect(numbers(shownRows(rows, { ...NO_FILTER, order: 'kept', marks: 'all' }))).toEqual([1, 3, 4, 2])
  })

  it('finds by number, words and tags', () => {
    expect(numbers(shownRows(rows, { ...NO_FILTER, text: 'FOUR floor' }))).toEqual([3])
    expect(numbers(shownRows(rows, { ...NO_FILTER, text: '#4' }))).toEqual([4])
    expect(numbers(shownRows(rows, { ...NO_FILTER, text: 'label' }))).toEqual([1])
    expect(numbers(shownRows(rows, { ...NO_FILTER, style: 'club' }))).toEqual([3])
    expect(stylesOf(rows)).toEqual(['dub', 'club'])
  })
})

describe('what is said', () => {
  it('says what was dropped and why, and nothing where nothing was', () => {
    expect(droppedSentence({ licence: 12, unfit: 2, loudness: 3, duplicates: 0 })).toBe(
      'Dropped: 12 the licence does not allow, 2 that do not fit this remix, 3 too quiet or clipping.',
    )
    expect(droppedSentence({ licence: 0, unfit: 0, loudness: 0, duplicates: 0 })).toBeNull()
  })

  it('names the model a small one, and what it still needs', () => {
    expect(learnedSentence({ kept: 4, rejected: 3 })).toBe('Small model learned on this computer from 4 keeps and 3 rejects.')
    expect(learnedSentence({ kept: 1, rejected: 0 })).toContain('needs 3 keeps and 3 rejects, so far 1 and 0')
  })

  it('matches loudness to the original within what can be matched', () => {
    expect(matchedGainDb(-10.04, -14)).toBe(-4)
    expect(matchedGainDb(-50, -14)).toBe(18)
    expect(matchedGainDb(null, -14)).toBe(0)
  })

  it('knows which stretch a shorter variation plays', () => {
    const range = { fromFrame: 48_000 * 60, toFrame: 48_000 * 90 }
    expect(rangeOfRow(range, row(1))).toEqual(range)
    expect(rangeOfRow(range, row(1, { lengthMs: 70_000 }))).toEqual({ fromFrame: 48_000 * 40, toFrame: 48_000 * 70 })
    expect(rangeOfRow(range, row(1, { lengthMs: 10_000 }))).toEqual({ fromFrame: 0, toFrame: 480_000 })
  })

  it('describes a card and a run in words', () => {
    expect(cardSentence(row(7, { mark: 'kept', asks: ['The artist decides'], preview: null }))).toMatch(
      /^Variation 7, Dub.*kept.*2:00, 112 BPM, not rendered yet, 20% from the original in structure, 30% in sound, asks the artist/,
    )
    const run = {
      uid: 'u',
      state: 'generating',
      wanted: 200,
      shown: 12,
      dropped: { licence: 0, unfit: 0, loudness: 0, duplicates: 0 },
      fraction: 0,
      range: { fromFrame: 0, toFrame: 1 },
      learnedFrom: { kept: 0, rejected: 0 },
      isOutdated: false,
      problem: null,
    } as const
    expect(runSentence(run)).toContain('12 of 200')
  })
})

describe('the map', () => {
  const size = { width: 200, height: 200, pad: 20, padBelow: 20 }

  it('has the original below left, further in structure to the right and further in sound to the top', () => {
    const [close, far, unknown] = placesOf(
      [
        row(1, { structureDistance: 0, soundDistance: 0 }),
        row(2, { structureDistance: 1, soundDistance: 1 }),
        row(3, { soundDistance: null }),
      ],
      size,
    )
    expect(close?.x).toBeCloseTo(20, -1)
    expect(close?.y).toBeCloseTo(180, -1)
    expect(far?.x).toBeCloseTo(180, -1)
    expect(far?.y).toBeCloseTo(20, -1)
    expect(unknown?.y).toBe(189)
  })

  it('finds what is under the pointer and what lies beside', () => {
    const places = [1, 2, 3].map((number) => ({ row: row(number), x: number * 50, y: 100 }))
    expect(placeAt(places, 52, 103, 10)?.row.number).toBe(1)
    expect(placeAt(places, 75, 100, 10)).toBeNull()
    expect(placeBeside(places, 'v1-1', 'right')?.row.number).toBe(2)
    expect(placeBeside(places, 'v1-1', 'left')).toBeNull()
    expect(placeBeside(places, null, 'up')?.row.number).toBe(1)
  })
})

describe('comping', () => {
  const meter: readonly MeterPoint[] = [{ atTick: tick(0), numerator: 4, denominator: 4 }]
  const bar = 3_840

  it('lays what is chosen over what was there, without gaps', () => {
    const chosen = chooseStretch(wholeOriginal(8 * bar), { fromTick: 2 * bar, toTick: 4 * bar, id: 'a' })
    expect(chosen).toEqual([
      { fromTick: 0, toTick: 2 * bar, id: null },
      { fromTick: 2 * bar, toTick: 4 * bar, id: 'a' },
      { fromTick: 4 * bar, toTick: 8 * bar, id: null },
    ])
    const wider = chooseStretch(chosen, { fromTick: 3 * bar, toTick: 6 * bar, id: 'a' })
    expect(wider[1]).toEqual({ fromTick: 2 * bar, toTick: 6 * bar, id: 'a' })
    expect(chooseStretch(wider, { fromTick: 0, toTick: 8 * bar, id: null })).toEqual(wholeOriginal(8 * bar))
    expect(withoutGone(wider, () => false)).toEqual(wholeOriginal(8 * bar))
  })

  it('takes every bar a swipe touches', () => {
    const lines = barLines(meter, 8 * bar)
    expect(lines).toHaveLength(9)
    expect(touchedRange(lines, bar * 1.5, bar * 3.2)).toEqual({ fromTick: bar, toTick: 4 * bar })
    expect(touchedRange(lines, bar * 3, bar)).toEqual({ fromTick: bar, toTick: 3 * bar })
    expect(touchedRange(lines, bar * 7.5, bar * 99)).toEqual({ fromTick: 7 * bar, toTick: 8 * bar })
    expect(barsText(lines, { fromTick: bar, toTick: 4 * bar })).toBe('bars 2 to 4')
    expect(barsText(lines, { fromTick: bar, toTick: 2 * bar })).toBe('bar 2')
  })

  it('reads sections without gaps, and eight bars at a time where there are none', () => {
    const parts = partsOf([{ atTick: bar, lengthTicks: 2 * bar, name: 'Verse', color: 'teal' }], meter, 4 * bar)
    expect(parts.map(({ name, fromTick, toTick }) => [name, fromTick / bar, toTick / bar])).toEqual([
      ['–', 0, 1],
      ['Verse', 1, 3],
      ['–', 3, 4],
    ])
    expect(partsOf([], meter, 20 * bar).map(({ name }) => name)).toEqual(['Bar 1', 'Bar 9', 'Bar 17'])
  })
})
