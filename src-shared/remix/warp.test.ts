import { describe, expect, it } from 'vitest'
import { usageOf } from '../provenance/index.ts'
import { unwrap } from '../std/index.ts'
import { applyEdits } from './apply-edit.ts'
import { compilePlan } from './compile-plan.ts'
import { checkSnapshot } from './document.ts'
import { decodeEditCommands } from './edit-command.ts'
import { centsBetweenKeys, homeWork, matchable, transposedKey } from './edits/index.ts'
import type { RemixSnapshot } from './records.ts'
import { countingIds, sampleRemix } from './remix.fixture.ts'
import { clipsOf, recordOf, recordsOf } from './snapshot.ts'
import { derivedLengthFrames } from './warp.ts'

const edited = (commands: readonly unknown[], from: RemixSnapshot = sampleRemix()): RemixSnapshot => {
  const { snapshot } = unwrap(applyEdits(from, unwrap(decodeEditCommands(commands)), { newId: countingIds('w') }))
  unwrap(checkSnapshot(snapshot))
  return snapshot
}
const planOf = (snapshot: RemixSnapshot) => unwrap(compilePlan(snapshot))
const kickOf = (snapshot: RemixSnapshot) => {
  const plan = planOf(snapshot)
  const clips = plan.tracks.flatMap((track) => track.clips).filter((clip) => plan.sources[clip.source]?.title === 'Kick')
  return clips.map((clip) => ({ clip, source: plan.sources[clip.source] }))
}

describe('warped clips (remix.warp)', () => {
  it('changes nothing where source and remix have one tempo and no transposition', () => {
    const plain = sampleRemix()
    expect(planOf(edited([{ op: 'clip.warp', clipIds: ['@Kick'], bpm: 90, cents: 0 }]))).toEqual(planOf(plain))
  })

  it('follows a new tempo: half the tempo is twice the length, at the same bar', () => {
    const slow = edited([{ op: 'tempo.set', bpm: 45, keep: 'stretch' }])
    const [kick] = kickOf(slow)
    const [before] = kickOf(sampleRemix())
    expect(kick?.source?.warp?.anchors).toEqual([
      [0, 0],
      [before?.clip.lengthFrames, (before?.clip.lengthFrames ?? 0) * 2],
    ])
    expect(kick?.clip.lengthFrames).toBe((before?.clip.lengthFrames ?? 0) * 2)
    expect(clipsOf(slow).map((clip) => clip.lengthTicks)).toEqual(clipsOf(sampleRemix()).map((clip) => clip.lengthTicks))
  })

  it('maps piecewise where the tempo changes under a clip, and ends to the frame', () => {
    const points = [
      { at: 0, bpm: 90 },
      { at: '7.1.0', bpm: 75 },
      { at: '13.1.0', bpm: 140 },
    ]
    const remix = edited([{ op: 'tempo.set', points, keep: 'stretch' }])
    const [kick] = kickOf(remix)
    const warp = kick?.source?.warp
    expect(warp?.anchors).toHaveLength(4)
    expect(warp?.anchors[1]).toEqual([16 * 48_000, 16 * 48_000])
    expect(warp?.anchors[2]).toEqual([32 * 48_000, Math.round((16 + 16 * 1.2) * 48_000)])
    expect(kick?.clip.lengthFrames).toBe(kick?.source ? derivedLengthFrames(kick.source) : -1)
  })

  it('splits without a seam, whatever the ratio', () => {
    for (const bpm of [97.3, 133.37, 61, 179.9]) {
      const slow = edited([{ op: 'tempo.set', bpm, keep: 'stretch' }])
      const cut = edited(
        ['3.2.117', '7.1.1', '9.4.900'].map((atTick) => ({ op: 'clip.split', clipIds: ['@Kick'], atTick })),
        slow,
      )
      expect(clipsOf(cut).length).toBeGreaterThan(clipsOf(slow).length)
      expect(planOf(cut)).toEqual(planOf(slow))
    }
  })

  it('keeps what a clip plays when its warp is set and taken off again', () => {
    const warped = edited([{ op: 'clip.warp', clipIds: ['@Kick'], bpm: 100, semitones: -3 }])
    expect(edited([{ op: 'clip.warp', clipIds: ['@Kick'], milliBpm: null, cents: 0 }], warped)).toEqual(sampleRemix())
    expect(kickOf(warped)[0]?.source?.warp?.cents).toBe(-300)
  })

  it('leaves every sound at its moment when a tempo is only corrected', () => {
    const slow = edited([{ op: 'tempo.set', bpm: 100, keep: 'stretch' }])
    const corrected = edited([{ op: 'tempo.set', bpm: 50, keep: 'audio' }], slow)
    expect(kickOf(corrected)).toEqual(kickOf(slow))
  })

  it('tells the licence how far stretching and pitching go, once per stem and value', () => {
    const usage = usageOf(
      planOf(
        edited([
          { op: 'tempo.set', bpm: 112.5, keep: 'stretch' },
          { op: 'clip.split', clipIds: ['@Kick'], atTick: '5.1.0' },
          { op: 'clip.warp', clipIds: ['@Lead'], cents: 200 },
        ]),
      ),
    )
    const opsOf = (title: string) => usage.stems.find((stem) => stem.title === title)?.ops ?? []
    expect(opsOf('Kick').filter((one) => one.op === 'stretch')).toHaveLength(1)
    expect(opsOf('Kick').find((one) => one.op === 'stretch')?.ratioPermille).toBe(1_250)
    expect(opsOf('Lead').find((one) => one.op === 'pitch')?.cents).toBe(200)
    expect(usage.stems.filter((stem) => stem.title === 'Kick')).toHaveLength(1)
  })
})

describe('made sounds (remix.sound)', () => {
  const notes = [{ startFrame: 0, lengthFrames: 24_000, pitch: 60, velocity: 100 }]
  const make = { kind: 'notes', instrument: { name: 'synth:pad', params: {} }, notes, model: 'urn:stemma:model:x' }
  const stemId = 'urn:stemma:stem:river:lead'
  const stemOf = (snapshot: RemixSnapshot) => clipsOf(snapshot).find((clip) => clip.name === 'Lead')?.stemId ?? stemId

  it('play in the place of the stem and are credited to the model that wrote the notes', () => {
    const remix = edited([
      { op: 'sound.add', id: 's1', stemId: stemOf(sampleRemix()), name: 'Pad', make },
      { op: 'clip.sound', clipIds: ['@Lead'], soundId: 's1' },
    ])
    const plan = planOf(remix)
    expect(plan.sources.find((source) => source.title === 'Lead')?.make).toEqual(make)
    const lead = usageOf(plan).stems.find((stem) => stem.title === 'Lead')
    expect(lead?.ops.find((one) => one.op === 'ai.transcribe')?.model).toBe('urn:stemma:model:x')
    expect(edited([{ op: 'sound.remove', soundId: 's1' }], remix)).toEqual(sampleRemix())
  })

  it('are refused for clips of another stem', () => {
    const added = edited([{ op: 'sound.add', id: 's1', stemId: stemOf(sampleRemix()), name: 'Pad', make }])
    const refused = applyEdits(added, unwrap(decodeEditCommands([{ op: 'clip.sound', clipIds: ['@Kick'], soundId: 's1' }])), {
      newId: countingIds('x'),
    })
    expect(refused.ok ? '' : refused.error.code).toBe('clip.other_stem')
  })
})

describe('a second work (remix.work)', () => {
  const work = { id: 'urn:stemma:work:two', title: 'Two', artists: ['B'], milliBpm: 100_000, key: 'C minor' }
  const stem = (title: string, role: string, n: number) => ({
    id: `urn:stemma:stem:two:${title}`,
    title,
    role,
    contentSha256: String(n).repeat(64),
    sampleRate: 48_000,
    channels: 2,
    lengthFrames: 48_000 * 48,
    isrc: null,
  })
  const added = () => edited([{ op: 'work.add', work, stems: [stem('Beat', 'drums', 1), stem('Voice', 'vocals', 2)], atTick: 0 }])

  it('is matched in tempo and key in one step, voices with their formants, drums without a transposition', () => {
    const keyed = edited([{ op: 'remix.set', key: 'A minor' }], added())
    const matched = edited([{ op: 'work.match', workId: work.id }], keyed)
    const warps = Object.fromEntries(clipsOf(matched).map((clip) => [clip.name, clip.warp]))
    expect(warps.Beat).toEqual({ milliBpm: 100_000, cents: 0, keepsFormants: false })
    expect(warps.Voice).toEqual({ milliBpm: 100_000, cents: -300, keepsFormants: true })
    expect(warps.Kick).toBeUndefined()
    // 48 s at 100 BPM are 80 beats.
    expect(clipsOf(matched).find((clip) => clip.name === 'Beat')?.lengthTicks).toBe(80 * 960)
  })

  it('is matched in what is known of it; the step is called by what it changed, and the rest is said', () => {
    const keyed = edited([{ op: 'remix.set', key: 'A minor' }], added())
    const match = (snapshot: RemixSnapshot, asked: { tempo?: boolean; key?: boolean } = {}) => {
      const result = applyEdits(snapshot, [{ op: 'work.match', workId: work.id, ...asked }], { newId: countingIds('y') })
      if (!result.ok) return { code: result.error.code, message: result.error.message }
      const voice = clipsOf(result.value.snapshot).find((clip) => clip.name === 'Voice')
      return { label: result.value.label, milliBpm: voice?.warp?.milliBpm, cents: voice?.warp?.cents }
    }
    const without = (facts: { milliBpm?: null; key?: null }) => edited([{ op: 'work.set', workId: work.id, ...facts }], keyed)
    const saidOf = (snapshot: RemixSnapshot) => {
      const known = recordOf(snapshot, 'work', work.id)
      return known && matchable(snapshot, known).leftOut
    }
    expect(match(keyed)).toEqual({ label: 'Match Two', milliBpm: 100_000, cents: -300 })
    expect(saidOf(keyed)).toBeNull()
    expect(match(without({ key: null }))).toEqual({ label: 'Match the tempo of Two', milliBpm: 100_000, cents: 0 })
    expect(saidOf(without({ key: null }))).toContain('the key of “Two”')
    expect(match(without({ milliBpm: null }))).toEqual({ label: 'Match the key of Two', milliBpm: null, cents: -300 })
    expect(saidOf(without({ milliBpm: null }))).toContain('the tempo of “Two”')
    const keyless = edited([{ op: 'remix.set', key: null }], keyed)
    expect(match(keyless)).toMatchObject({ label: 'Match the tempo of Two' })
    expect(saidOf(keyless)).toContain('the key of this remix')
    const nothing = match(without({ milliBpm: null, key: null }))
    expect(nothing).toMatchObject({ code: 'work.no_tempo' })
    expect(nothing.message).toContain('the tempo of “Two” and the key of “Two”')
    expect(match(without({ key: null }), { tempo: false })).toMatchObject({ code: 'work.no_key' })
  })

  it('is told from the work the remix began with, whatever order the document lists them in', () => {
    const listed = new Map([...added()].sort(([left], [right]) => (left < right ? 1 : -1)))
    expect([...recordsOf(listed, 'work')].map(({ id }) => id)[0]).toBe(work.id)
    expect(homeWork(listed)?.id).not.toBe(work.id)
  })

  it('names the key that a transposition leads to, and none between two keys', () => {
    expect(transposedKey('A minor', -300)).toBe('F# minor')
    expect(transposedKey('Cb major', 100)).toBe('C major')
    expect(transposedKey('Db major', 1_200)).toBe('Db major')
    expect(transposedKey('C major', -2_300)).toBe('C# major')
    expect(transposedKey('A minor', -323)).toBeNull()
  })

  it('measures keys by the notes they share', () => {
    expect(centsBetweenKeys('A minor', 'C major')).toBe(0)
    expect(centsBetweenKeys('C minor', 'A minor')).toBe(-300)
    expect(centsBetweenKeys('C major', 'F# major')).toBe(600)
    expect(centsBetweenKeys('Bb major', 'G minor')).toBe(0)
    expect(centsBetweenKeys(null, 'G minor')).toBeNull()
  })
})
