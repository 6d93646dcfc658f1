import { describe, expect, it } from 'vitest'
import { receiptStemSchema } from '../receipts/index.ts'
import { applyEdits, compilePlan, decodeEditCommands, type RemixSnapshot, type RenderPlan } from '../remix/index.ts'
import { countingIds, sampleRemix } from '../remix/remix.fixture.ts'
import { inForce, sampleGrant, stemUsage, usageFrom, used } from '../rights/grant.fixture.ts'
import { unwrap } from '../std/index.ts'
import { aiSummaryOf } from './ai.ts'
import { buildManifestPlan } from './manifest-plan.ts'
import { buildReceiptStems } from './receipt-stems.ts'
import { usageOf } from './usage.ts'

const planOf = (...commands: unknown[]): RenderPlan => {
  const snapshot: RemixSnapshot = sampleRemix()
  return unwrap(compilePlan(unwrap(applyEdits(snapshot, unwrap(decodeEditCommands(commands)), { newId: countingIds('p') })).snapshot))
}
const usedMs = (plan: RenderPlan, options: Parameters<typeof usageOf>[1] = {}) =>
  Object.fromEntries(usageOf(plan, options).stems.map((stem) => [stem.title, stem.usedMs]))
const opsOf = (plan: RenderPlan, title: string, options: Parameters<typeof usageOf>[1] = {}) =>
  usageOf(plan, options)
    .stems.find((stem) => stem.title === title)
    ?.ops.map((one) => one.op)
    .sort()

describe('usage (provenance.usage)', () => {
  it('counts what is heard of a stem, overlaps once, in the exported range', () => {
    expect(usedMs(planOf())).toEqual({ Lead: 60_000, Kick: 60_000, Bass: 60_000 })
    expect(usedMs(planOf(), { range: { fromFrame: 48_000, toFrame: 96_000 } })).toEqual({ Lead: 1_000, Kick: 1_000, Bass: 1_000 })
    const second = planOf(
      { op: 'track.add', id: 't2', kind: 'audio', name: 'Again' },
      { op: 'clip.add', trackId: 't2', stemId: '@Kick', startTick: '30s' },
    )
    expect(usedMs(second).Kick).toBe(90_000)
  })

  it('counts nothing of what is muted, silenced by a solo, or turned all the way down', () => {
    expect(
      usedMs(planOf({ op: 'track.set', trackId: '@Kick', isMuted: true }, { op: 'track.set', trackId: '@Bass', gainDb: -144 })),
    ).toEqual({ Lead: 60_000 })
    expect(usedMs(planOf({ op: 'track.set', trackId: '@Kick', isSoloed: true }))).toEqual({ Kick: 60_000 })
    expect(usedMs(planOf({ op: 'track.set', trackId: 'track:master', isMuted: true }))).toEqual({})
  })

  it('derives operations from clips, devices, buses, automation and the master', () => {
    expect(opsOf(planOf(), 'Kick')).toEqual(['gain'])
    const plan = planOf(
      { op: 'track.add', id: 'bus', kind: 'bus', name: 'Space' },
      { op: 'device.add', id: 'verb', trackId: 'bus', kind: 'reverb' },
      { op: 'send.add', fromTrackId: '@Lead', toTrackId: 'bus', gainDb: -6 },
      { op: 'device.add', id: 'eq', trackId: '@Kick', kind: 'eq' },
      { op: 'device.add', trackId: '@Bass', kind: 'delay', isEnabled: false },
      { op: 'automation.set', ownerId: '@Bass', param: 'pan', points: [{ atTick: 0, value: -1 }] },
      { op: 'clip.move', clipIds: ['@Bass'], byTicks: '1 bar' },
    )
    expect(opsOf(plan, 'Lead')).toEqual(['gain', 'reverb'])
    expect(opsOf(plan, 'Kick')).toEqual(['eq', 'gain'])
    expect(opsOf(plan, 'Bass')).toEqual(['arrange', 'automation', 'gain', 'pan'])
    expect(
      usageOf(plan)
        .stems.find((stem) => stem.title === 'Lead')
        ?.ops.find((one) => one.op === 'reverb'),
    ).toEqual({ op: 'reverb', fromMs: 0, toMs: 60_000, causeId: 'verb' })
  })

  it('says so when a stem goes out on its own', () => {
    expect(opsOf(planOf({ op: 'track.set', trackId: '@Kick', isSoloed: true }), 'Kick')).toEqual(['gain', 'isolate'])
    expect(opsOf(planOf(), 'Kick', { isIsolated: true })).toEqual(['gain', 'isolate'])
  })
})

describe('manifest (provenance.manifest)', () => {
  const granted = inForce(sampleGrant())

  it('claims no AI for an arrangement made by a human, and tells its steps in order', () => {
    const manifest = buildManifestPlan(
      planOf({ op: 'clip.move', clipIds: ['@Bass'], byTicks: '1 bar' }, { op: 'device.add', trackId: '@Kick', kind: 'eq' }),
      [granted],
      { title: 'River (dawn)' },
    )
    expect(manifest.actions.map((one) => [one.action, one.parameters['com.stemma.op']])).toEqual([
      ['c2pa.created', undefined],
      ['c2pa.placed', undefined],
      ['c2pa.edited', 'arrange'],
      ['c2pa.edited', 'eq'],
      ['c2pa.edited', 'gain'],
      ['c2pa.remixed', undefined],
      ['c2pa.mixed', undefined],
      ['c2pa.mastered', undefined],
    ])
    // Elsewhere nobody reads our parameters, and “edited” says nothing.
    expect(manifest.actions.map(({ description }) => description)).toEqual([
      undefined,
      undefined,
      'Moved to other places in the song',
      'Run through EQ',
      'Made louder or quieter',
      undefined,
      undefined,
      undefined,
    ])
    expect(manifest.actions[0]?.digitalSourceType).toBe('http://cv.iptc.org/newscodes/digitalsourcetype/compositeCapture')
    expect(manifest.actions[3]).toMatchObject({
      stems: ['urn:stemma:stem:1'],
      digitalSourceType: 'http://cv.iptc.org/newscodes/digitalsourcetype/humanEdits',
      region: { fromMs: 0, toMs: 60_000 },
    })
    expect(manifest.ai).toMatchObject({ containsAI: 'None', contributions: [] })
    expect(manifest.ingredients.map((one) => [one.source.title, one.fromMs, one.toMs])).toEqual([
      ['Lead', 0, 60_000],
      ['Kick', 0, 60_000],
      ['Bass', 2_667, 62_667],
    ])
    expect(Object.values(manifest.trainingMining)).toEqual(['notAllowed', 'notAllowed', 'notAllowed', 'notAllowed'])
    expect(manifest.scope).toBe('personal-use')
    expect(manifest.credits).toEqual(['Contains “River” by A. Author'])
  })

  it('credits AI only where a generative operation ran', () => {
    const some = aiSummaryOf(usageFrom(stemUsage(1), stemUsage(2, [used('ai.restyle', { model: 'urn:m:1' }), used('ai.master')])))
    expect(some).toEqual({
      containsAI: 'Partly',
      contributions: [{ role: 'Vocalist', value: 'All', model: 'urn:m:1' }],
      dst: 'http://cv.iptc.org/newscodes/digitalsourcetype/compositeWithTrainedAlgorithmicMedia',
    })
    expect(aiSummaryOf(usageFrom(stemUsage(1, [used('ai.master')]))).containsAI).toBe('None')
    expect(aiSummaryOf(usageFrom(stemUsage(2, [used('ai.voice', { toMs: 10_000 })]))).contributions[0]?.value).toBe('Partly')
  })
})

describe('receipt lines (provenance.receipt)', () => {
  it('name grant, version, hash and lease of each stem, in integers', () => {
    const usage = usageFrom(stemUsage(2, [used('eq'), used('eq', { causeId: 'device:2', toMs: 70_000 }), used('pitch', { cents: 100 })]))
    const lines = unwrap(buildReceiptStems(usage, [inForce()]))
    expect(lines[0]).toMatchObject({
      stem: 'urn:stemma:stem:2',
      isrc: 'GBAAA2600001',
      grant: 'urn:stemma:grant:1',
      grantVersion: 1,
      lease: 'urn:stemma:lease:1',
      usedMs: 60_000,
    })
    expect(lines[0]?.ops).toEqual([
      { op: 'eq', fromMs: 0, toMs: 70_000 },
      { op: 'pitch', fromMs: 0, toMs: 60_000, cents: 100 },
    ])
    for (const line of lines) expect(receiptStemSchema.safeParse(line).success).toBe(true)
    expect(buildReceiptStems(usage, [])).toMatchObject({ ok: false, error: { code: 'receipt.no_grant' } })
    expect(buildReceiptStems(usage, [inForce(sampleGrant(), null)])).toMatchObject({ ok: false, error: { code: 'receipt.no_lease' } })
  })
})
