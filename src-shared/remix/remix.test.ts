import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ok, unwrap } from '../std/index.ts'
import { secondsAt } from '../time/index.ts'
import { compilePlan, canonicalPlan } from './compile-plan.ts'
import { layOutClips } from './crossfades.ts'
import { decodeDocument, encodeDocument } from './document.ts'
import { applyEdit, applyEdits } from './apply-edit.ts'
import { decodeEditCommands, type EditCommand } from './edit-command.ts'
import type { PlanClip } from './plan.ts'
import { MASTER_TRACK_ID, type RemixSnapshot } from './records.ts'
import { countingIds, sampleRemix } from './remix.fixture.ts'
import { snapTick } from './snap.ts'
import { clipsOf, recordsOf, remixOf, tracksOf } from './snapshot.ts'
import { createRemixStore } from './store.ts'

const edit = (snapshot: RemixSnapshot, ...commands: unknown[]): RemixSnapshot =>
  unwrap(applyEdits(snapshot, unwrap(decodeEditCommands(commands)), { newId: countingIds(`n${snapshot.size}`) })).snapshot

const refusal = (snapshot: RemixSnapshot, command: unknown): string => {
  const result = applyEdits(snapshot, unwrap(decodeEditCommands([command])), { newId: countingIds('n') })
  return result.ok ? 'done' : result.error.code
}

const trackNamed = (snapshot: RemixSnapshot, name: string) => tracksOf(snapshot).find((track) => track.name === name)!
const planTrack = (snapshot: RemixSnapshot, name: string) => unwrap(compilePlan(snapshot)).tracks.find((track) => track.name === name)!

describe('a new remix', () => {
  it('has every stem in place, whole and untouched, in role order', () => {
    const plan = unwrap(compilePlan(sampleRemix()))
    expect(plan.tracks.map((track) => track.name)).toEqual(['Lead', 'Kick', 'Bass', 'Master'])
    for (const track of plan.tracks.slice(0, 3)) {
      expect(track.clips).toHaveLength(1)
      expect(track.clips[0]).toMatchObject({
        startFrame: 0,
        sourceStartFrame: 0,
        lengthFrames: 60 * 48_000,
        fadeInFrames: 0,
        fadeOutFrames: 0,
      })
    }
    expect(plan.tracks[3]?.devices[0]).toMatchObject({ kind: 'limiter', isEnabled: true, params: { ceilingDb: { value: -1 } } })
    expect(recordsOf(sampleRemix(), 'marker').map((marker) => [marker.name, marker.atTick])).toEqual([
      ['Intro', 0],
      ['Verse', 15_360],
    ])
  })
})

describe('splitting (timeline.split)', () => {
  it('changes no sample: the halves play on as if never cut, and the plan keeps its hash', () => {
    const whole = sampleRemix()
    const bytes = canonicalPlan(unwrap(compilePlan(whole)))
    for (const name of ['Lead', 'Kick']) {
      const cut = edit(
        whole,
        { op: 'clip.split', clipIds: [`@${name}`], atTick: '7.2.13' },
        { op: 'clip.split', clipIds: [`@${name}`], atTick: 9_001 },
      )
      expect(clipsOf(cut, trackNamed(cut, name).id)).toHaveLength(3)
      expect(Buffer.compare(canonicalPlan(unwrap(compilePlan(cut))), bytes)).toBe(0)
    }
  })

  it('gives each side a 5 ms fade as soon as they are apart', () => {
    const cut = edit(
      sampleRemix(),
      { op: 'clip.split', clipIds: ['@Kick'], atTick: 9_600, rightIds: ['right'] },
      { op: 'clip.move', clipIds: ['right'], byTicks: '1 bar' },
    )
    expect(planTrack(cut, 'Kick').clips.map((clip) => [clip.fadeInFrames, clip.fadeOutFrames])).toEqual([
      [0, 240],
      [240, 0],
    ])
  })

  it('refuses a cut outside the clip and one that leaves nothing', () => {
    expect(refusal(sampleRemix(), { op: 'clip.split', clipIds: ['@Kick'], atTick: 0 })).toBe('split.outside_clip')
  })
})

describe('moving and trimming (timeline.move, timeline.trim)', () => {
  it('moves by bars and to another track, and refuses to go before the start with the nearest place', () => {
    const moved = edit(sampleRemix(), { op: 'clip.move', clipIds: ['@Kick'], byTicks: '2 bars', toTrackId: '@Bass' })
    expect(clipsOf(moved, trackNamed(moved, 'Bass').id).map((clip) => clip.startTick)).toEqual([0, 7_680])
    const back = applyEdit(moved, { op: 'clip.move', clipIds: ['@Kick'], byTicks: -8_000 }, { newId: countingIds() })
    expect(back).toMatchObject({ ok: false, error: { code: 'clip.before_start', details: { nearestByTicks: -7_680 } } })
  })

  it('keeps the audio where it is when the start is trimmed, and stops where the source begins', () => {
    const trimmed = edit(sampleRemix(), { op: 'clip.trim', clipId: '@Kick', edge: 'start', toTick: 3_840 })
    const [clip] = planTrack(trimmed, 'Kick').clips
    expect(clip).toMatchObject({ startFrame: 128_000, sourceStartFrame: 128_000, fadeInFrames: 240 })
    const later = edit(
      trimmed,
      { op: 'clip.move', clipIds: ['@Kick'], byTicks: 3_840 },
      { op: 'clip.trim', clipId: '@Kick', edge: 'start', toTick: 0 },
    )
    expect(planTrack(later, 'Kick').clips[0]).toMatchObject({ startFrame: 128_000, sourceStartFrame: 0 })
  })

  it('shortens fades to the clip, the dragged one first', () => {
    const faded = edit(
      sampleRemix(),
      { op: 'clip.set', clipIds: ['@Kick'], fadeInFrames: '59s' },
      { op: 'clip.set', clipIds: ['@Kick'], fadeOutFrames: '2s' },
    )
    const [clip] = clipsOf(faded, trackNamed(faded, 'Kick').id)
    expect([clip!.fadeInFrames, clip!.fadeOutFrames]).toEqual([58 * 48_000, 96_000])
  })
})

describe('tempo (timeline.tempo)', () => {
  it('never re-times what is heard unless asked to', () => {
    const before = edit(sampleRemix(), { op: 'clip.move', clipIds: ['@Kick'], byTicks: '2 bars' })
    const audio = edit(before, { op: 'tempo.set', bpm: 120 })
    const start = (snapshot: RemixSnapshot) => planTrack(snapshot, 'Kick').clips[0]!.startFrame
    expect(start(audio)).toBe(start(before))
    expect(clipsOf(audio).find((clip) => clip.name === 'Kick')!.startTick).toBe(7_680 * (120 / 90))
    const grid = edit(before, { op: 'tempo.set', bpm: 120, keep: 'grid' })
    expect(clipsOf(grid).find((clip) => clip.name === 'Kick')!.startTick).toBe(7_680)
    expect(start(grid)).toBe(4 * 48_000)
    expect(secondsAt(remixOf(grid).tempo, clipsOf(grid).find((clip) => clip.name === 'Kick')!.startTick)).toBe(4)
  })
})

describe('overlaps (timeline.crossfade)', () => {
  const clip = (clipId: string, startFrame: number, lengthFrames: number, sourceStartFrame = 0, source = 0): PlanClip => ({
    clipId,
    source,
    startFrame,
    lengthFrames,
    sourceStartFrame,
    gainDb: 0,
    fadeInFrames: 0,
    fadeOutFrames: 0,
    fadeCurve: 'linear',
  })

  it('crossfade with equal power over the whole overlap', () => {
    const out = layOutClips([clip('a', 0, 1_000), clip('b', 600, 1_000, 0, 1)])
    expect(out.map((one) => [one.startFrame, one.lengthFrames, one.fadeInFrames, one.fadeOutFrames, one.fadeCurve])).toEqual([
      [0, 1_000, 0, 400, 'equal-power'],
      [600, 1_000, 400, 0, 'equal-power'],
    ])
  })

  it('cut a hole for a clip that lies inside another', () => {
    const out = layOutClips([clip('a', 0, 100_000), clip('b', 40_000, 10_000, 0, 1)])
    expect(out.map((one) => [one.clipId, one.startFrame, one.startFrame + one.lengthFrames, one.sourceStartFrame])).toEqual([
      ['a', 0, 40_480, 0],
      ['b', 40_000, 50_000, 0],
      ['a', 49_520, 100_000, 49_520],
    ])
  })

  it('never sound more than two clips at once, and leave no frame out', () => {
    const clips = fc.array(
      fc.record({
        start: fc.nat(5_000),
        length: fc.integer({ min: 1, max: 3_000 }),
        fade: fc.nat(400),
        offset: fc.nat(3),
        source: fc.nat(2),
      }),
      { maxLength: 12 },
    )
    fc.assert(
      fc.property(clips, (list) => {
        const given = list.map(({ start, length, fade, offset, source }, i) => ({
          ...clip(`c${i}`, start, length, offset, source),
          fadeInFrames: Math.min(fade, length >> 1),
          fadeOutFrames: Math.min(fade, length >> 1),
        }))
        const count = (all: readonly PlanClip[]) => {
          const at = new Uint8Array(9_000)
          for (const one of all) for (let i = one.startFrame; i < one.startFrame + one.lengthFrames; i++) at[i]!++
          return at
        }
        const out = layOutClips(given)
        const before = count(given)
        const after = count(out)
        expect(after.every((count) => count <= 2)).toBe(true)
        expect(after.every((count, i) => count > 0 === before[i]! > 0)).toBe(true)
        for (const one of out) {
          expect(one.fadeInFrames + one.fadeOutFrames).toBeLessThanOrEqual(one.lengthFrames)
          const origin = given.find((other) => other.clipId === one.clipId)!
          expect(one.sourceStartFrame - one.startFrame).toBe(origin.sourceStartFrame - origin.startFrame)
        }
      }),
      { seed: 20_261_122, numRuns: 400 },
    )
  })
})

describe('the mixer', () => {
  it('silences all but what is soloed and what it feeds; mute wins (mixer.solo)', () => {
    const base = edit(
      sampleRemix(),
      { op: 'track.add', id: 'bus', kind: 'bus', name: 'Echo' },
      { op: 'send.add', id: 's1', fromTrackId: '@Lead', toTrackId: 'bus' },
      { op: 'device.add', trackId: 'bus', kind: 'delay', params: { mixPercent: 100 } },
    )
    const audible = (snapshot: RemixSnapshot) =>
      unwrap(compilePlan(snapshot))
        .tracks.filter((track) => track.isAudible)
        .map((track) => track.name)
    expect(audible(edit(base, { op: 'track.set', trackId: '@Lead', isSoloed: true }))).toEqual(['Lead', 'Echo', 'Master'])
    expect(audible(edit(base, { op: 'track.set', trackId: '@Kick', isSoloed: true }))).toEqual(['Kick', 'Master'])
    expect(audible(edit(base, { op: 'track.set', trackId: 'bus', isSoloed: true }))).toEqual(['Lead', 'Echo', 'Master'])
    expect(audible(edit(base, { op: 'track.set', trackId: '@Kick', isSoloed: true, isMuted: true }))).toEqual(['Master'])
    const exclusive = edit(
      base,
      { op: 'track.set', trackId: '@Kick', isSoloed: true },
      { op: 'track.set', trackId: '@Bass', isSoloed: true, isExclusive: true },
    )
    expect(audible(exclusive)).toEqual(['Bass', 'Master'])
    expect(unwrap(compilePlan(base)).tailFrames).toBeGreaterThan(48_000)
  })

  it('refuses sends that feed a bus into itself and settings a device does not have', () => {
    const base = edit(
      sampleRemix(),
      { op: 'track.add', id: 'a', kind: 'bus', name: 'A' },
      { op: 'track.add', id: 'b', kind: 'bus', name: 'B' },
      { op: 'send.add', fromTrackId: 'b', toTrackId: 'a' },
    )
    expect(refusal(base, { op: 'send.add', fromTrackId: 'a', toTrackId: 'b' })).toBe('send.cycle')
    expect(refusal(base, { op: 'send.add', fromTrackId: 'a', toTrackId: 'a' })).toBe('send.cycle')
    expect(refusal(base, { op: 'send.add', fromTrackId: 'a', toTrackId: '@Kick' })).toBe('send.not_a_bus')
    expect(refusal(base, { op: 'device.add', trackId: '@Kick', kind: 'wobbler' })).toBe('device.unknown_kind')
    expect(refusal(base, { op: 'device.add', trackId: '@Kick', kind: 'eq', params: { band1Hz: 5 } })).toBe('device.param_out_of_range')
    expect(refusal(base, { op: 'track.delete', trackId: MASTER_TRACK_ID })).toBe('track.master_delete')
    // Bus A is fed by B: it comes after it whatever their order.
    expect(unwrap(compilePlan(base)).tracks.map((track) => track.name)).toEqual(['Lead', 'Kick', 'Bass', 'B', 'A', 'Master'])
  })

  it('puts automation points on frames and names a device that is missing', () => {
    const base = edit(sampleRemix(), {
      op: 'automation.set',
      ownerId: '@Kick',
      param: 'gainDb',
      points: [
        { atTick: '1.0s', value: -6 },
        { atTick: 0, value: 0, curve: 'hold' },
      ],
    })
    expect(planTrack(base, 'Kick').gainDb).toEqual({
      value: 0,
      points: [
        { frame: 0, value: 0, curve: 'hold' },
        { frame: 48_000, value: -6, curve: 'linear' },
      ],
    })
    const kick = trackNamed(base, 'Kick')
    const foreign = new Map(base).set('vst', {
      type: 'device',
      id: 'vst',
      trackId: kick.id,
      order: 0,
      kind: 'vst3:Wobbler',
      isEnabled: true,
      params: {},
      state: 'AAAA',
    })
    expect(compilePlan(foreign)).toMatchObject({ ok: false, error: { code: 'plan.device_missing', details: { kind: 'vst3:Wobbler' } } })
    expect(unwrap(decodeDocument(encodeDocument(foreign))).snapshot.get('vst')).toEqual(foreign.get('vst'))
  })
})

describe('snapping', () => {
  it('takes the nearest grid line or candidate in reach', () => {
    const { meter } = remixOf(sampleRemix())
    expect(snapTick(3_700, 'bar', meter)).toBe(3_840)
    expect(snapTick(1_000, 'beat', meter, [1_010])).toBe(1_010)
    expect(snapTick(1_400, 'off', meter, [1_010])).toBe(1_400)
  })
})

describe('store and history (timeline.undo)', () => {
  it('leaves no entry for an edit without effect and none for a gesture that was taken back', () => {
    const store = createRemixStore(sampleRemix())
    const run = (command: EditCommand) =>
      store.transact('x', (snapshot) => {
        const step = applyEdit(snapshot, command, { newId: countingIds() })
        return step.ok ? ok(step.value.snapshot) : step
      })
    run({ op: 'track.set', trackId: '@Kick', gainDb: 0 })
    expect(store.history.entries).toHaveLength(0)
    const gesture = store.beginGesture('Set level')
    for (const gainDb of [-1, -2, -3])
      gesture.update((mark) => {
        const step = applyEdit(mark, { op: 'track.set', trackId: '@Kick', gainDb }, { newId: countingIds() })
        return step.ok ? ok(step.value.snapshot) : step
      })
    expect(trackNamed(store.snapshot, 'Kick').gainDb).toBe(-3)
    gesture.bail()
    expect(trackNamed(store.snapshot, 'Kick').gainDb).toBe(0)
    expect(store.history.entries).toHaveLength(0)
    const second = store.beginGesture('Set level')
    second.update((mark) => {
      const step = applyEdit(mark, { op: 'track.set', trackId: '@Kick', gainDb: -4 }, { newId: countingIds() })
      return step.ok ? ok(step.value.snapshot) : step
    })
    second.commit()
    expect(store.history.entries.map((entry) => entry.label)).toEqual(['Set level'])
    store.undo()
    expect(trackNamed(store.snapshot, 'Kick').gainDb).toBe(0)
    store.jumpTo(1)
    expect(trackNamed(store.snapshot, 'Kick').gainDb).toBe(-4)
  })
})

describe('edits from a file', () => {
  it('are refused by number and field', () => {
    expect(decodeEditCommands([{ op: 'clip.delete', clipIds: ['a'] }, { op: 'clip.fold' }])).toMatchObject({
      ok: false,
      error: { code: 'edits.unknown_op', details: { edit: 2 } },
    })
    expect(decodeEditCommands([{ op: 'clip.delete', clips: ['a'] }])).toMatchObject({ ok: false, error: { code: 'edits.malformed' } })
    expect(refusal(sampleRemix(), { op: 'clip.delete', clipIds: ['@Nobody'] })).toBe('edit.no_such_clip')
    expect(refusal(sampleRemix(), { op: 'marker.add', name: 'x', atTick: 'soon' })).toBe('edit.bad_position')
  })
})
