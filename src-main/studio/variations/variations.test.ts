import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { checkSnapshot, compilePlan, recordsOf, remixOf } from '../../../src-shared/remix/index.ts'
import { applyEdits } from '../../../src-shared/remix/apply-edit.ts'
import { countingIds, sampleRemix } from '../../../src-shared/remix/remix.fixture.ts'
import { unwrap } from '../../../src-shared/std/index.ts'
import { compVariations } from './comp.ts'
import { layoutDistance, layoutOf, soundDistance, spectralDifferenceDb } from './distance.ts'
import { variationId } from './draw.ts'
import { MarkStore } from './marks.ts'
import { learnRanker } from './ranker.ts'

describe('distances of variations (variations.distance)', () => {
  const planOf = (...commands: Parameters<typeof applyEdits>[1]) =>
    unwrap(compilePlan(unwrap(applyEdits(sampleRemix(), commands, { newId: countingIds('v') })).snapshot))

  it('are 0 for the same arrangement, grow with what was moved, and do not care for levels', () => {
    const base = planOf()
    const layout = (plan: typeof base) => layoutOf(plan, base.lengthFrames)
    const louder = planOf({ op: 'track.set', trackId: '@Kick', gainDb: -6 })
    const moved = planOf({ op: 'section.swap', markerId: '@Intro', withMarkerId: '@Verse' })
    const cut = planOf({ op: 'clip.delete', clipIds: ['@Kick'] })
    expect(layoutDistance(layout(base), layout(louder))).toBe(0)
    expect(layoutDistance(layout(base), layout(moved))).toBeGreaterThan(0.1)
    expect(layoutDistance(layout(base), layout(cut))).toBeCloseTo(1 / 3)
    const slow = planOf({ op: 'tempo.set', bpm: 45, keep: 'stretch' })
    expect(layoutDistance(layout(base), layoutOf(slow, slow.lengthFrames))).toBeLessThan(0.05)
  })

  it('in sound measure tone and course, not loudness', () => {
    const bright = Array.from({ length: 128 }, (_, i) => -30 + (i % 16))
    const dull = Array.from({ length: 128 }, (_, i) => -30 - (i % 16))
    expect(
      spectralDifferenceDb(
        bright,
        bright.map((one) => one - 12),
      ),
    ).toBeCloseTo(0)
    expect(soundDistance(bright, dull)).toBeGreaterThan(0.5)
    expect(soundDistance(bright, bright)).toBe(0)
    expect(soundDistance(new Array(128).fill(-100), new Array(128).fill(-100))).toBe(0)
  })
})

describe('the local model (variations.learning)', () => {
  const example = (lofi: number, far: number, isLiked: boolean) => ({ features: { 'style:lo-fi': lofi, far }, isLiked })

  it('says nothing before it has seen enough of both', () => {
    expect(learnRanker([example(1, 0, true), example(1, 0.1, true), example(1, 0.2, true), example(0, 1, false)])).toBeNull()
  })

  it('learns what is kept, the same way every time', () => {
    const marks = [
      ...[0.1, 0.2, 0.3, 0.15].map((far) => example(1, far, true)),
      ...[0.8, 0.9, 0.7].map((far) => example(0, far, false)),
      example(1, 0.95, false),
    ]
    const ranker = learnRanker(marks)
    expect(ranker?.score({ 'style:lo-fi': 1, far: 0.1 })).toBeGreaterThan(0.7)
    expect(ranker?.score({ 'style:lo-fi': 0, far: 0.9 })).toBeLessThan(0.3)
    expect(ranker?.score({ far: 0.4 })).toBe(learnRanker(marks)?.score({ far: 0.4 }))
  })
})

describe('comping (variations.comp)', () => {
  const edited = (...commands: Parameters<typeof applyEdits>[1]) => unwrap(applyEdits(base, commands, { newId: countingIds('v') })).snapshot
  const base = sampleRemix()
  const BAR = 3_840

  it('plays each variation in its stretch, with its own devices, and nothing twice', () => {
    const wet = edited(
      { op: 'track.add', id: 'space', kind: 'bus', name: 'Space' },
      { op: 'device.add', id: 'verb', trackId: 'space', kind: 'reverb' },
      { op: 'send.add', id: 'to-space', fromTrackId: '@Lead', toTrackId: 'space' },
      { op: 'automation.set', ownerId: '@Lead', param: 'pan', points: [{ atTick: 0, value: -1 }] },
    )
    const swapped = edited({ op: 'section.swap', markerId: '@Intro', withMarkerId: '@Verse' })
    const comped = unwrap(
      compVariations(base, [
        { fromTick: 0, toTick: 4 * BAR, snapshot: wet, name: 'V1' },
        { fromTick: 4 * BAR, toTick: 8 * BAR, snapshot: base, name: '' },
        { fromTick: 8 * BAR, toTick: 12 * BAR, snapshot: swapped, name: 'V2' },
      ]),
    )
    unwrap(checkSnapshot(comped))
    const plan = unwrap(compilePlan(comped))
    const at = (bar: number) =>
      plan.tracks
        .flatMap((track) => track.clips.map((clip) => ({ track: track.name, clip })))
        .filter(({ clip }) => {
          const frame = (bar * BAR * 60 * 48_000) / (960 * 90)
          return frame >= clip.startFrame && frame < clip.startFrame + clip.lengthFrames
        })
        .map(({ track }) => track)
        .sort()
    expect(at(1)).toEqual(['Bass · V1', 'Kick · V1', 'Lead · V1'])
    expect(at(5)).toEqual(['Bass', 'Kick', 'Lead'])
    expect(at(9)).toEqual(['Bass · V2', 'Kick · V2', 'Lead · V2'])
    expect(
      recordsOf(comped, 'device')
        .map((one) => one.kind)
        .sort(),
    ).toEqual(['limiter', 'reverb'])
    expect(recordsOf(comped, 'automation')).toHaveLength(1)
    expect(remixOf(comped).uid).toBe(remixOf(base).uid)
  })

  it('refuses tempos that do not meet, and stretches that overlap', () => {
    const slow = edited({ op: 'tempo.set', bpm: 60, keep: 'stretch' })
    const refused = (lanes: Parameters<typeof compVariations>[1]) => {
      const result = compVariations(base, lanes)
      return result.ok ? '' : result.error.code
    }
    expect(
      refused([
        { fromTick: 0, toTick: BAR, snapshot: slow, name: 'V1' },
        { fromTick: BAR, toTick: 2 * BAR, snapshot: base, name: '' },
      ]),
    ).toBe('comp.tempo')
    expect(
      refused([
        { fromTick: 0, toTick: BAR, snapshot: base, name: '' },
        { fromTick: 10, toTick: 2 * BAR, snapshot: base, name: '' },
      ]),
    ).toBe('comp.overlap')
    expect(refused([])).toBe('comp.empty')
  })
})

describe('marks (variations.marks)', () => {
  const recipes = [{ style: 'lo-fi', version: 1, params: { slow: 5 }, seed: 3, inputs: [] }]
  const kept = { id: variationId({ recipes, keep: [] }), number: 1, recipes, keep: [], mark: 'kept' as const, tags: ['late night'] }

  it('are there after a restart, as recipes, and gone when taken back', async () => {
    const dir = mkdtempSync(join(tmpdir(), 'stemma-marks-'))
    unwrap(await new MarkStore(dir, 'urn:uuid:a', () => {}).put(kept))
    const again = new MarkStore(dir, 'urn:uuid:a', () => {})
    expect(again.all).toEqual([kept])
    expect(new MarkStore(dir, 'urn:uuid:b', () => {}).all).toEqual([])
    unwrap(await again.put({ ...kept, mark: null, tags: [] }))
    expect(new MarkStore(dir, 'urn:uuid:a', () => {}).all).toEqual([])
    rmSync(dir, { recursive: true })
  })

  it('that cannot be read are put aside, said, and never written over', async () => {
    const dir = mkdtempSync(join(tmpdir(), 'stemma-marks-'))
    unwrap(await new MarkStore(dir, 'urn:uuid:a', () => {}).put(kept))
    const [file] = readdirSync(dir)
    writeFileSync(join(dir, file ?? ''), '{"v":1,"marked":[{')
    const problems: string[] = []
    const store = new MarkStore(dir, 'urn:uuid:a', ({ code }) => problems.push(code))
    expect(problems).toEqual(['variations.damaged'])
    expect(readdirSync(dir)).toEqual([`${file}.damaged`])
    unwrap(await store.put(kept))
    expect(readdirSync(dir)).toHaveLength(2)
    rmSync(dir, { recursive: true })
  })
})
