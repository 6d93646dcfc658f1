import { describe, expect, it } from 'vitest'
import { unwrap } from '../../std/index.ts'
import { frameAt, tick } from '../../time/index.ts'
import { applyEdits } from '../apply-edit.ts'
import { compilePlan } from '../compile-plan.ts'
import { checkSnapshot } from '../document.ts'
import { decodeEditCommands } from '../edit-command.ts'
import type { RemixSnapshot } from '../records.ts'
import { countingIds, sampleRemix } from '../remix.fixture.ts'
import { automationOf, clipsOf, recordsOf, remixOf, tracksOf } from '../snapshot.ts'
import { endTick } from './change.ts'

const BAR = 3_840
let runs = 0
const edited = (commands: readonly unknown[], from: RemixSnapshot = sampleRemix()): RemixSnapshot => {
  const { snapshot } = unwrap(applyEdits(from, unwrap(decodeEditCommands(commands)), { newId: countingIds(`a${++runs}`) }))
  unwrap(checkSnapshot(snapshot))
  return snapshot
}
const refusal = (commands: readonly unknown[], from: RemixSnapshot): string => {
  const result = applyEdits(from, unwrap(decodeEditCommands(commands)), { newId: countingIds('a') })
  return result.ok ? '' : result.error.code
}

/** The plan without the names of its clips, which cutting and joining may change. */
const soundOf = (snapshot: RemixSnapshot) =>
  JSON.parse(JSON.stringify(unwrap(compilePlan(snapshot)), (key, value: unknown) => (key === 'clipId' ? '' : value))) as unknown

/** What is heard at a moment of a track: which frame of which stem, told from the plan. */
const heardAt = (snapshot: RemixSnapshot, name: string, atTick: number): number | null => {
  const plan = unwrap(compilePlan(snapshot))
  const frame = frameAt(remixOf(snapshot).tempo, tick(atTick), 48_000)
  const clip = plan.tracks
    .find((track) => track.name === name)
    ?.clips.find((one) => frame >= one.startFrame && frame < one.startFrame + one.lengthFrames)
  return clip ? frame - clip.startFrame + clip.sourceStartFrame : null
}
const sections = (snapshot: RemixSnapshot) =>
  recordsOf(snapshot, 'marker')
    .filter((marker) => marker.lengthTicks !== null)
    .map((marker) => [marker.name, marker.atTick / BAR, (marker.lengthTicks ?? 0) / BAR])
    .sort((left, right) => Number(left[1]) - Number(right[1]))

describe('rearranging time (remix.arrange)', () => {
  it('moves a section with everything in it, and back again to the same sound', () => {
    const base = sampleRemix()
    const moved = edited([{ op: 'section.move', markerId: '@Verse', toTick: 0 }], base)
    expect(sections(moved)).toEqual([
      ['Verse', 0, 8],
      ['Intro', 8, 4],
    ])
    expect(heardAt(moved, 'Kick', 0)).toBe(heardAt(base, 'Kick', 4 * BAR))
    expect(heardAt(moved, 'Kick', 8 * BAR + 7)).toBe(heardAt(base, 'Kick', 7))
    const back = edited([{ op: 'section.move', markerId: '@Intro', toTick: 0 }], moved)
    expect(soundOf(back)).toEqual(soundOf(base))
  })

  it('repeats and swaps, and leaves what was not touched whole', () => {
    const base = sampleRemix()
    const doubled = edited([{ op: 'section.repeat', markerId: '@Intro', times: 3 }], base)
    expect(sections(doubled)).toEqual([
      ['Intro', 0, 4],
      ['Intro', 4, 4],
      ['Intro', 8, 4],
      ['Verse', 12, 8],
    ])
    expect(heardAt(doubled, 'Bass', 9 * BAR)).toBe(heardAt(base, 'Bass', BAR))
    const swapped = edited([{ op: 'section.swap', markerId: '@Intro', withMarkerId: '@Verse' }], base)
    expect(sections(swapped)).toEqual([
      ['Verse', 0, 8],
      ['Intro', 8, 4],
    ])
    expect(edited([{ op: 'section.repeat', markerId: '@Intro', times: 1 }], base)).toEqual(base)
  })

  it('opens time inside a section, which grows, and closes it again to the same sound', () => {
    const base = sampleRemix()
    const opened = edited([{ op: 'time.insert', atTick: '7.1.0', lengthTicks: '2 bars' }], base)
    expect(sections(opened)).toEqual([
      ['Intro', 0, 4],
      ['Verse', 4, 10],
    ])
    expect(heardAt(opened, 'Kick', 7 * BAR)).toBeNull()
    const closed = edited([{ op: 'time.delete', fromTick: '7.1.0', lengthTicks: '2 bars' }], opened)
    expect(soundOf(closed)).toEqual(soundOf(base))
    expect(sections(closed)).toEqual(sections(base))
  })

  it('takes automation, tempo and meter along', () => {
    const track = tracksOf(sampleRemix()).find((one) => one.name === 'Kick')?.id
    const points = [
      { atTick: 0, value: -12, curve: 'linear' },
      { atTick: '5.1.0', value: 0, curve: 'linear' },
      { atTick: '9.1.0', value: -6, curve: 'hold' },
    ]
    const base = edited([
      { op: 'automation.set', ownerId: track, param: 'gainDb', points },
      {
        op: 'tempo.set',
        points: [
          { at: 0, bpm: 90 },
          { at: '5.1.0', bpm: 100 },
        ],
        keep: 'grid',
      },
      {
        op: 'meter.set',
        points: [
          { at: 0, numerator: 4, denominator: 4 },
          { at: '5.1.0', numerator: 2, denominator: 4 },
        ],
      },
    ])
    const moved = edited([{ op: 'section.move', markerId: '@Verse', toTick: 0 }], base)
    const remix = remixOf(moved)
    expect(remix.tempo.map((point) => [point.atTick / BAR, point.milliBpm])).toEqual([
      [0, 100_000],
      [8, 90_000],
      [12, 100_000],
    ])
    expect(remix.meter.map((point) => point.numerator)).toEqual([2, 4, 2])
    const value = automationOf(moved, track ?? '', 'gainDb')?.points ?? []
    expect(value[0]).toEqual({ atTick: 0, value: 0, curve: 'linear' })
    expect(value.find((point) => point.atTick === 8 * BAR)).toEqual({ atTick: 8 * BAR, value: -12, curve: 'linear' })
    expect(refusal([{ op: 'time.insert', atTick: 0, lengthTicks: 100 }], base)).toBe('arrange.breaks_meter')
  })

  it('keeps clips that follow the tempo on what they play', () => {
    const stretched = edited([{ op: 'tempo.set', bpm: 117, keep: 'stretch' }])
    const moved = edited([{ op: 'section.swap', markerId: '@Intro', withMarkerId: '@Verse' }], stretched)
    expect(Math.abs((heardAt(moved, 'Kick', 0) ?? 0) - (heardAt(stretched, 'Kick', 4 * BAR) ?? 0))).toBeLessThanOrEqual(2)
    const back = edited([{ op: 'section.swap', markerId: '@Intro', withMarkerId: '@Verse' }], moved)
    expect(soundOf(back)).toEqual(soundOf(stretched))
  })

  it('puts a remix together from any pieces without gaps or overlaps', () => {
    let state = 7
    const random = (n: number): number => {
      state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0
      return state % n
    }
    for (let round = 0; round < 60; round++) {
      const pieces = Array.from({ length: 1 + random(6) }, () => ({
        fromTick: random(8) === 0 ? null : random(10) * BAR + random(3) * 240,
        lengthTicks: (1 + random(4)) * BAR,
      }))
      const made = edited([{ op: 'time.arrange', pieces }])
      const clips = clipsOf(made)
      for (const [i, clip] of clips.entries()) {
        const next = clips.slice(i + 1).find((one) => one.trackId === clip.trackId)
        if (next) expect(next.startTick).toBeGreaterThanOrEqual(endTick(clip))
      }
      unwrap(compilePlan(made))
    }
  })

  it('refuses what leaves nothing, and markers that are no sections', () => {
    const marked = edited([{ op: 'marker.add', id: 'm', name: 'Here', atTick: 0 }])
    expect(refusal([{ op: 'section.delete', markerId: 'm' }], marked)).toBe('section.is_marker')
    expect(refusal([{ op: 'section.repeat', markerId: '@Intro', times: 1000 }], marked)).toBe('section.times')
  })
})
