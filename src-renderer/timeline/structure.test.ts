import { describe, expect, it } from 'vitest'
import type { SectionFinding } from '../../src-shared/protocol/index.ts'
import { applyEdits, type EditCommand, recordsOf, remixOf, type RemixSnapshot } from '../../src-shared/remix/index.ts'
import { createRemix } from '../../src-shared/remix/index.ts'
import {
  alignBarCommands,
  applySections,
  dropPlaces,
  duplicateTime,
  heardKeyCommands,
  heardTempoCommands,
  keyCommands,
  meterCommands,
  placeSections,
  shiftDownbeatCommands,
  tempoCommands,
  tickOfWorkFrame,
} from './structure.ts'

const WORK = 'urn:stemma:work:1'
/** 120 BPM: a bar is two seconds. */
const BAR_FRAMES = 96_000
const BAR = 3_840

let counter = 0
const newId = (): string => `id-${++counter}`

const remix = (): RemixSnapshot =>
  createRemix(
    {
      id: WORK,
      title: 'Work',
      artists: ['Someone'],
      milliBpm: 120_000,
      key: 'A minor',
      meter: { numerator: 4, denominator: 4 },
      sections: [],
      stems: (['drums', 'bass'] as const).map((role) => ({
        id: `urn:stem:${role}`,
        title: role,
        role,
        contentSha256: (role === 'drums' ? 'a' : 'b').repeat(64),
        sampleRate: 48_000,
        channels: 2,
        lengthFrames: 8 * BAR_FRAMES,
        isrc: null,
      })),
    },
    { newId, now: 0 },
  )

const finding = (name: string, label: string, startBar: number, lengthBars: number): SectionFinding => ({
  name,
  label,
  startBar,
  lengthBars,
  startFrame: (startBar - 1) * BAR_FRAMES,
  lengthFrames: lengthBars * BAR_FRAMES,
  energy: 0.5,
  confidence: 0.8,
})
const FOUND = [finding('Intro', 'A', 1, 2), finding('Chorus', 'B', 3, 4), finding('Outro', 'A', 7, 2)]

const edited = (snapshot: RemixSnapshot, commands: readonly EditCommand[]): RemixSnapshot => {
  const done = applyEdits(snapshot, commands, { newId })
  if (!done.ok) throw new Error(done.error.message)
  return done.value.snapshot
}
const shape = (snapshot: RemixSnapshot) =>
  placeSections(snapshot, WORK, FOUND).map((one) => [one.name, one.atTick / BAR, one.lengthTicks / BAR])

describe('heard sections in a remix', () => {
  it('lie where the work has them while nothing was moved', () => {
    expect(shape(remix())).toEqual([
      ['Intro', 0, 2],
      ['Chorus', 2, 4],
      ['Outro', 6, 2],
    ])
  })
  it('follow an arrangement: a repeated chorus is two sections', () => {
    const sections = edited(remix(), applySections(remix(), placeSections(remix(), WORK, FOUND), newId))
    const chorus = recordsOf(sections, 'marker').find((one) => one.name === 'Chorus')
    const twice = edited(sections, [{ op: 'section.repeat', markerId: chorus?.id ?? '', times: 2 }])
    expect(shape(twice)).toEqual([
      ['Intro', 0, 2],
      ['Chorus', 2, 4],
      ['Chorus', 6, 4],
      ['Outro', 10, 2],
    ])
  })
  it('replace sections that were there, not markers, and offer their edges to drop at', () => {
    let snapshot = edited(remix(), [
      { op: 'marker.add', name: 'Old', atTick: 0, lengthTicks: BAR },
      { op: 'marker.add', name: 'Here', atTick: 960 },
    ])
    snapshot = edited(snapshot, applySections(snapshot, placeSections(snapshot, WORK, FOUND), newId))
    expect(
      recordsOf(snapshot, 'marker')
        .map((one) => one.name)
        .sort(),
    ).toEqual(['Chorus', 'Here', 'Intro', 'Outro'])
    const chorus = recordsOf(snapshot, 'marker').find((one) => one.name === 'Chorus')
    expect(chorus && dropPlaces(snapshot, chorus).map((at) => at / BAR)).toEqual([0, 2, 6, 8])
  })
})

describe('bar lines and tempo', () => {
  it('shift by a beat and back without silence piling up', () => {
    const start = remix()
    const later = edited(start, shiftDownbeatCommands(start, 1))
    expect(tickOfWorkFrame(later, WORK, BAR_FRAMES / 4)).toBe(BAR)
    const back = edited(later, shiftDownbeatCommands(later, -1))
    expect((tickOfWorkFrame(back, WORK, 0) ?? -1) % BAR).toBe(0)
    expect(tickOfWorkFrame(back, WORK, 0)).toBeLessThanOrEqual(BAR)
  })
  it('shift with the changes of meter, which stay bar lines of the sound they were at', () => {
    const points = [
      { at: 0, numerator: 4, denominator: 4 },
      { at: 3 * BAR, numerator: 3, denominator: 4 },
    ]
    const start = edited(remix(), [{ op: 'meter.set', points }])
    const change = (snapshot: RemixSnapshot): number => remixOf(snapshot).meter[1]?.atTick ?? -1
    const at = (snapshot: RemixSnapshot, beat: number): number => tickOfWorkFrame(snapshot, WORK, (beat * BAR_FRAMES) / 4) ?? -1
    const later = edited(start, shiftDownbeatCommands(start, 1))
    expect([remixOf(later).meter.length, change(later)]).toEqual([2, at(later, 13)])
    const back = edited(later, shiftDownbeatCommands(later, -1))
    expect(change(back)).toBe(at(back, 12))
    const earlier = edited(start, shiftDownbeatCommands(start, -1))
    expect(change(earlier)).toBe(at(earlier, 11))
    // Heard a beat after a bar line of the later meter: that one falls on it, and with it all others.
    const aligned = edited(start, alignBarCommands(start, 3 * BAR + 2_880 + 960))
    expect([(at(aligned, 16) - change(aligned)) % 2_880, at(aligned, 1) % BAR]).toEqual([0, 0])
    const close = edited(remix(), [
      {
        op: 'meter.set',
        points: [
          { at: 0, numerator: 4, denominator: 4 },
          { at: BAR, numerator: 3, denominator: 4 },
        ],
      },
    ])
    let many = close
    for (let i = 0; i < 9; i++) many = edited(many, shiftDownbeatCommands(many, -1))
    expect(remixOf(many).meter.map(({ numerator }) => numerator)).toEqual([4, 3])
  })
  it('can be put where the first beat was heard', () => {
    const start = remix()
    const heard = tickOfWorkFrame(start, WORK, 12_345) ?? 0
    const aligned = edited(start, alignBarCommands(start, heard))
    expect((tickOfWorkFrame(aligned, WORK, 12_345) ?? -1) % BAR).toBe(0)
  })
  it('doubles time with everything in it', () => {
    const start = remix()
    const longer = edited(start, duplicateTime(start, BAR, 2 * BAR))
    expect(Math.max(...recordsOf(longer, 'clip').map((clip) => clip.startTick + clip.lengthTicks))).toBe(9 * BAR)
  })
  it('stretches the sound along with the tempo, or moves the grid under it', () => {
    const stretched = edited(remix(), tempoCommands(remix(), 126_000, 'stretch'))
    expect(recordsOf(stretched, 'clip').every((clip) => clip.warp?.milliBpm === 120_000)).toBe(true)
    const moved = edited(remix(), tempoCommands(remix(), 60_000, 'audio'))
    expect(recordsOf(moved, 'clip').every((clip) => clip.warp === undefined)).toBe(true)
    expect(recordsOf(moved, 'clip')[0]?.lengthTicks).toBe(4 * BAR)
  })
  it('changes the first meter and keeps the later ones, each on the bar line nearest to where it was', () => {
    const changing = (points: readonly (readonly [number, number, number])[]) =>
      edited(remix(), [{ op: 'meter.set', points: points.map(([at, numerator, denominator]) => ({ at, numerator, denominator })) }])
    const shown = (snapshot: RemixSnapshot) => remixOf(snapshot).meter.map((one) => [one.atTick, one.numerator, one.denominator])
    const start = changing([
      [0, 4, 4],
      [3 * BAR, 3, 4],
      [3 * BAR + 2 * 2_880, 4, 4],
    ])
    expect(shown(edited(start, meterCommands(start, 2, 4)))).toEqual([
      [0, 2, 4],
      [3 * BAR, 3, 4],
      [3 * BAR + 2 * 2_880, 4, 4],
    ])
    // 11520 ticks are 3.43 bars of 7/8: bar 4 begins at 10080, and from there 7200 are 2.5 bars of 3/4.
    const odd = edited(start, meterCommands(start, 7, 8))
    expect(shown(odd)).toEqual([
      [0, 7, 8],
      [3 * 3_360, 3, 4],
      [3 * 3_360 + 3 * 2_880, 4, 4],
    ])
    const short = changing([
      [0, 2, 4],
      [1_920, 3, 4],
    ])
    expect(shown(edited(short, meterCommands(short, 12, 8)))).toEqual([
      [0, 12, 8],
      [5_760, 3, 4],
    ])
  })
  it('takes what was heard in a second work for that work only, so that it can be matched', () => {
    const guest = { id: 'urn:stemma:work:0', title: 'Guest', artists: ['B'], milliBpm: null, key: null }
    const stem = {
      id: 'urn:stem:guest',
      title: 'Chords',
      role: 'keys' as const,
      contentSha256: 'c'.repeat(64),
      sampleRate: 48_000,
      channels: 2,
      lengthFrames: 8 * BAR_FRAMES,
      isrc: null,
    }
    const both = edited(remix(), [{ op: 'work.add', work: guest, stems: [stem] }])
    const known = edited(both, [...heardTempoCommands(both, guest.id, 100_000), ...heardKeyCommands(both, guest.id, 'C minor')])
    expect(remixOf(known)).toMatchObject({ tempo: [{ milliBpm: 120_000 }], key: 'A minor' })
    const matched = edited(known, [{ op: 'work.match', workId: guest.id }])
    expect(recordsOf(matched, 'clip').map(({ name, warp }) => [name, warp?.milliBpm ?? null, warp?.cents ?? 0])).toEqual([
      ['drums', null, 0],
      ['bass', null, 0],
      ['Chords', 100_000, -300],
    ])
    // Of the work the remix began with, the remix takes them over.
    const corrected = edited(both, [...heardTempoCommands(both, WORK, 100_000), ...heardKeyCommands(both, WORK, 'C minor')])
    expect(remixOf(corrected)).toMatchObject({ tempo: [{ milliBpm: 100_000 }], key: 'C minor' })
  })
  it('changes the key with the pitched clips by the smallest way, drums stay', () => {
    const start = remix()
    const up = edited(start, keyCommands(start, 'B minor', true) ?? [])
    expect(remixOf(up).key).toBe('B minor')
    const cents = Object.fromEntries(recordsOf(up, 'clip').map((clip) => [clip.name, clip.warp?.cents ?? 0]))
    expect(cents).toEqual({ drums: 0, bass: 200 })
    expect(keyCommands(edited(remix(), [{ op: 'remix.set', key: null }]), 'B minor', true)).toBeNull()
  })
})
