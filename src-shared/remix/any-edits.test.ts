import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ok, unwrap } from '../std/index.ts'
import { applyEdit, applyEdits } from './apply-edit.ts'
import { canonicalPlan, compilePlan } from './compile-plan.ts'
import { checkSnapshot, decodeDocument, encodeDocument } from './document.ts'
import type { EditCommand } from './edit-command.ts'
import type { RenderPlan } from './plan.ts'
import { DEVICE_KINDS, type RemixSnapshot } from './records.ts'
import { countingIds, PLUGIN, sampleRemix, SYNTH } from './remix.fixture.ts'
import { clipsOf, recordsOf, tracksOf } from './snapshot.ts'
import { createRemixStore } from './store.ts'

const tickArb = fc.nat(90_000)
const pick = <T>(items: readonly T[], n: number): T | undefined => items[n % Math.max(1, items.length)]
const seedArb = fc.record({
  kind: fc.nat(33),
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
    { op: 'plugin.add', trackId: track, plugin: b % 2 === 0 ? PLUGIN : SYNTH, params: { a, b: db }, index: a % 3 },
    { op: 'plugin.add', trackId: track, plugin: { ...PLUGIN, sidechainTrackId: track2 } },
    { op: 'plugin.set', deviceId: device, params: { a: b % 3 === 0 ? null : b }, isGenerative: b % 2 === 0, sidechainTrackId: track2 },
    { op: 'plugin.set', deviceId: device, state: a % 2 === 0 ? null : 'AAAA', params: { c: db } },
    { op: 'plugin.replace', deviceId: device, plugin: b % 2 === 0 ? PLUGIN : SYNTH },
    { op: 'device.copy', deviceId: device, toTrackId: track2, index: b % 3 },
    { op: 'automation.set', ownerId: device, param: 'a', points: [{ atTick: at, value: db }] },
    { op: 'track.freeze', trackId: track, key: 'ab'.repeat(32) },
    { op: 'track.unfreeze', trackId: track },
  ]
  return list[kind % list.length]!
}

const text = (plan: RenderPlan): string => new TextDecoder().decode(canonicalPlan(plan))

/** What is heard before the fader. */
const makingOf = (plan: RenderPlan, trackId: string): string => {
  const track = plan.tracks.find(({ id }) => id === trackId)
  const clips = track?.clips.map(({ source, ...clip }) => ({ ...clip, source: plan.sources[source] }))
  // A key that is no longer there has done its work.
  const devices = track?.devices.map((device) =>
    device.kind === 'plugin' ? { ...device, plugin: { ...device.plugin, sidechainTrackId: null } } : device,
  )
  return JSON.stringify({ clips, devices, notes: track?.notes })
}

describe('any sequence of edits', () => {
  it('changes nothing before the fader of a track that is frozen (track.freeze)', () => {
    fc.assert(
      fc.property(fc.array(seedArb, { maxLength: 40 }), (seeds) => {
        const newId = countingIds('e')
        let snapshot = sampleRemix()
        for (const seed of seeds) {
          const step = applyEdit(snapshot, commandFrom(snapshot, seed), { newId })
          if (!step.ok) continue
          const [before, after] = [unwrap(compilePlan(snapshot)), unwrap(compilePlan(step.value.snapshot))]
          for (const { id, frozen } of before.tracks)
            if (frozen && after.tracks.find((track) => track.id === id)?.frozen) expect(makingOf(after, id)).toBe(makingOf(before, id))
          snapshot = step.value.snapshot
        }
      }),
      { seed: 23, numRuns: 150 },
    )
  })

  it('leaves a valid document that reads back the same, and undoing it all gives the first bytes again (timeline.valid, timeline.undo, plan.same)', () => {
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

  it('made in one go gives what they give one by one, and touches nothing that was there', () => {
    fc.assert(
      fc.property(fc.array(seedArb, { maxLength: 40 }), (seeds) => {
        const first = sampleRemix()
        const text = encodeDocument(first)
        const oneByOne = countingIds('e')
        const inOneGo = countingIds('e')
        const commands: EditCommand[] = []
        let snapshot: RemixSnapshot = first
        for (const seed of seeds) {
          const command = commandFrom(snapshot, seed)
          // Ids that a refused edit used up must not be missing from the other count.
          const ids = countingIds(`${commands.length}`)
          if (!applyEdit(snapshot, command, { newId: ids }).ok) continue
          snapshot = unwrap(applyEdit(snapshot, command, { newId: oneByOne })).snapshot
          commands.push(command)
        }
        const applied = unwrap(applyEdits(first, commands, { newId: inOneGo }))
        expect([...applied.snapshot]).toEqual([...snapshot])
        expect(encodeDocument(first)).toBe(text)
        const kept = encodeDocument(applied.snapshot)
        applyEdit(applied.snapshot, { op: 'remix.set', title: 'Else' }, { newId: inOneGo })
        expect(encodeDocument(applied.snapshot)).toBe(kept)
      }),
      { seed: 11, numRuns: 150 },
    )
  })
})
