import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ok, unwrap } from '../std/index.ts'
import { secondsAt } from '../time/index.ts'
import { compilePlan, canonicalPlan } from './compile-plan.ts'
import { layOutClips } from './crossfades.ts'
import { checkSnapshot, decodeDocument, encodeDocument } from './document.ts'
import { applyEdit, applyEdits, decodeEditCommands, type EditCommand } from './edit-command.ts'
import type { PlanClip, RenderPlan } from './plan.ts'
import { DEVICE_KINDS, MASTER_TRACK_ID, type RemixSnapshot } from './records.ts'
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

const tickArb = fc.nat(90_000)
const pick = <T>(items: readonly T[], n: number): T | undefined => items[n % Math.max(1, items.length)]
const seedArb = fc.record({
  kind: fc.nat(24),
  a: fc.nat(1_000),
  b: fc.nat(1_000),
  at: tickArb,
  by: fc.integer({ min: -20_000, max: 20_000 }),
  db: fc.double({ min: -150, max: 40, noNaN: true }),
})

/** An edit of what is there, often a refusable one. */
const commandFrom = (
  snapshot: RemixSnapshot,
  { kind, a, b, at, by, db }: { kind: number; a: number; b: number; at: number; by: number; db: number },
): EditCommand => {
  const clip = pick(clipsOf(snapshot), a)?.id ?? 'none'
  const other = pick(clipsOf(snapshot), b)?.id ?? 'none'
  const track = pick(tracksOf(snapshot), a)?.id ?? 'none'
  const track2 = pick(tracksOf(snapshot), b)?.id ?? 'none'
  const device = pick(recordsOf(snapshot, 'device'), a)?.id ?? 'none'
  const send = pick(recordsOf(snapshot, 'send'), a)?.id ?? 'none'
  const stem = pick(recordsOf(snapshot, 'stem'), a)?.id ?? 'none'
  const list: EditCommand[] = [
    { op: 'clip.move', clipIds: [clip, other], byTicks: by },
    { op: 'clip.move', clipIds: [clip], byTicks: by, toTrackId: track2 },
    { op: 'clip.split', clipIds: [clip, other], atTick: at },
    { op: 'clip.trim', clipId: clip, edge: 'start', toTick: at },
    { op: 'clip.trim', clipId: clip, edge: 'end', toTick: at },
    { op: 'clip.slip', clipIds: [clip], byFrames: by * 10 },
    { op: 'clip.delete', clipIds: [clip] },
    { op: 'clip.duplicate', clipIds: [clip, other] },
    { op: 'clip.set', clipIds: [clip], gainDb: db, fadeInFrames: at * 10, fadeOutFrames: a },
    { op: 'clip.add', trackId: track, stemId: stem, startTick: at, sourceOffsetFrames: a * 1_000 },
    { op: 'track.set', trackId: track, gainDb: db, index: b % 5 },
    { op: 'track.set', trackId: track, isSoloed: b % 2 === 0, isMuted: a % 2 === 0 },
    { op: 'track.add', kind: a % 2 === 0 ? 'bus' : 'audio', name: `T${a}` },
    { op: 'track.delete', trackId: track },
    { op: 'device.add', trackId: track, kind: DEVICE_KINDS[b % DEVICE_KINDS.length]! },
    { op: 'device.move', deviceId: device, toTrackId: track2, index: a % 3 },
    { op: 'device.remove', deviceId: device },
    { op: 'send.add', fromTrackId: track, toTrackId: track2, gainDb: db },
    { op: 'send.remove', sendId: send },
    {
      op: 'automation.set',
      ownerId: track,
      param: 'gainDb',
      points: [
        { atTick: at, value: db },
        { atTick: b, value: 0 },
      ],
    },
    { op: 'automation.set', ownerId: device, param: 'mixPercent', points: [{ atTick: at, value: 50 }] },
    { op: 'tempo.set', bpm: 60 + (a % 120), keep: b % 2 === 0 ? 'audio' : 'grid' },
    { op: 'loop.set', startTick: at, lengthTicks: Math.abs(by) + 1 },
    { op: 'marker.add', name: 'M', atTick: at, lengthTicks: b + 1 },
    { op: 'remix.set', title: `Title ${a}` },
  ]
  return list[kind % list.length]!
}

const text = (plan: RenderPlan): string => new TextDecoder().decode(canonicalPlan(plan))

describe('any sequence of edits', () => {
  it('leaves a valid document that reads back the same, and undoing it all gives the first bytes again (timeline.undo)', () => {
    fc.assert(
      fc.property(fc.array(seedArb, { maxLength: 40 }), (seeds) => {
        const newId = countingIds('e')
        const store = createRemixStore(sampleRemix())
        const first = encodeDocument(store.snapshot)
        for (const seed of seeds) {
          store.transact('edit', (snapshot) => {
            const step = applyEdit(snapshot, commandFrom(snapshot, seed), { newId })
            return step.ok ? ok(step.value.snapshot) : step
          })
          unwrap(checkSnapshot(store.snapshot))
        }
        const last = encodeDocument(store.snapshot)
        const reread = unwrap(decodeDocument(last))
        expect(reread.repairs).toEqual([])
        expect(encodeDocument(reread.snapshot)).toBe(last)
        const plan = unwrap(compilePlan(store.snapshot))
        expect(canonicalPlan(unwrap(compilePlan(reread.snapshot)))).toEqual(canonicalPlan(plan))
        for (const track of plan.tracks)
          for (const clip of track.clips) {
            const source = plan.sources[clip.source]!
            expect(clip.sourceStartFrame).toBeGreaterThanOrEqual(0)
            expect(clip.sourceStartFrame + clip.lengthFrames).toBeLessThanOrEqual(
              Math.round((source.lengthFrames * 48_000) / source.sampleRate),
            )
          }
        store.jumpTo(0)
        expect(encodeDocument(store.snapshot)).toBe(first)
        store.jumpTo(seeds.length)
        expect(encodeDocument(store.snapshot)).toBe(last)
      }),
      { seed: 42, numRuns: 150 },
    )
  })

  it('splitting everything anywhere leaves the plan as it was (timeline.split)', () => {
    fc.assert(
      fc.property(fc.array(tickArb, { maxLength: 8 }), (cuts) => {
        let snapshot = sampleRemix()
        const newId = countingIds('c')
        for (const atTick of cuts) {
          const step = applyEdit(snapshot, { op: 'clip.split', clipIds: clipsOf(snapshot).map((clip) => clip.id), atTick }, { newId })
          if (step.ok) snapshot = step.value.snapshot
        }
        expect(text(unwrap(compilePlan(snapshot)))).toBe(text(unwrap(compilePlan(sampleRemix()))))
      }),
      { seed: 7, numRuns: 60 },
    )
  })
})

describe('hostile remix files', () => {
  const good = () => JSON.parse(encodeDocument(sampleRemix())) as { records: Record<string, unknown>[]; schemaVersion: number }
  const refused = (change: (document: ReturnType<typeof good>) => unknown): string => {
    const document = good()
    const result = change(document)
    const decoded = decodeDocument(typeof result === 'string' ? result : JSON.stringify(document))
    return decoded.ok ? `opened: ${decoded.value.repairs.join(' ')}` : decoded.error.code
  }
  const record = (document: ReturnType<typeof good>, type: string) => document.records.find((one) => one['type'] === type)!

  it.each([
    ['no JSON', () => '{"format":"stemma-remix",', 'remix_file.not_json'],
    ['another format', () => '{"format":"ableton"}', 'remix_file.wrong_format'],
    ['a prototype key', () => encodeDocument(sampleRemix()).replace('"params":{', '"params":{"__proto__":{"x":1},'), 'remix_file.hostile'],
    [
      'deep nesting',
      () => `{"format":"stemma-remix","schemaVersion":1,"records":${'['.repeat(200_000)}${']'.repeat(200_000)}}`,
      'remix_file.hostile',
    ],
    ['infinity', () => encodeDocument(sampleRemix()).replace('"gainDb":0', '"gainDb":1e999'), 'remix_file.bad_record'],
    [
      'a negative time',
      (document: ReturnType<typeof good>) => {
        record(document, 'clip')['startTick'] = -1
      },
      'remix_file.bad_record',
    ],
    [
      'a huge list',
      (document: ReturnType<typeof good>) => {
        document.records = Array.from({ length: 500_001 }, () => ({}))
      },
      'remix_file.too_many_records',
    ],
    [
      'two records of one id',
      (document: ReturnType<typeof good>) => {
        document.records.push({ ...record(document, 'clip') })
      },
      'remix_file.duplicate_id',
    ],
    [
      'a second master',
      (document: ReturnType<typeof good>) => {
        document.records.push({ ...record(document, 'track'), id: 'm2', kind: 'master' })
      },
      'remix_file.bad_master',
    ],
    [
      'no remix record',
      (document: ReturnType<typeof good>) => {
        document.records.shift()
      },
      'remix_file.no_remix',
    ],
    [
      'a tempo map out of order',
      (document: ReturnType<typeof good>) => {
        record(document, 'remix')['tempo'] = [{ atTick: 5, milliBpm: 90_000 }]
      },
      'remix_file.bad_map',
    ],
  ])('refuses %s', (_name, change, code) => {
    expect(refused(change)).toBe(code)
    expect(({} as Record<string, unknown>)['x']).toBeUndefined()
  })

  it('refuses sends in a circle', () => {
    expect(
      refused((document) => {
        const bus = (id: string) => ({ ...record(document, 'track'), id, kind: 'bus' })
        document.records.push(bus('a'), bus('b'))
        const send = (id: string, fromTrackId: string, toTrackId: string) => ({
          type: 'send',
          id,
          fromTrackId,
          toTrackId,
          gainDb: 0,
          isPreFader: false,
        })
        document.records.push(send('1', 'a', 'b'), send('2', 'b', 'a'))
      }),
    ).toBe('remix_file.send_cycle')
  })

  it('opens a damaged file with what is sound in it and says what was left out', () => {
    expect(
      refused((document) => {
        record(document, 'clip')['trackId'] = 'gone'
      }),
    ).toBe('opened: Left out: a clip without a track.')
    expect(
      refused((document) => {
        document.records = document.records.filter((one) => one['kind'] !== 'master')
      }),
    ).toContain('The master track was missing')
  })

  it('opens a newer file read-only', () => {
    const document = good()
    document.schemaVersion = 2
    document.records.push({ type: 'hologram', id: 'h' })
    expect(unwrap(decodeDocument(JSON.stringify(document)))).toMatchObject({
      isReadOnly: true,
      repairs: ['1 record made by a newer version cannot be shown.'],
    })
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
