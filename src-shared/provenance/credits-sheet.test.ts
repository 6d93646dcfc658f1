import { describe, expect, it } from 'vitest'
import type { RenderPlan, WorkRecord } from '../remix/index.ts'
import { compilePlan, recordsOf } from '../remix/index.ts'
import { sampleRemix } from '../remix/remix.fixture.ts'
import { inForce, stemUsage, usageFrom, used } from '../rights/grant.fixture.ts'
import type { StemUsage } from '../rights/index.ts'
import { unwrap } from '../std/index.ts'
import { aiSummaryOf } from './ai.ts'
import { buildCreditsSheet } from './credits-sheet.ts'
import { buildManifestPlan } from './manifest-plan.ts'

const FILE = { fileName: 'River.wav', sha256: 'a'.repeat(64), receiptId: '0192f0c0-0000-7000-8000-000000000000', c2pa: 'urn:c2pa:1' }
const snapshot = sampleRemix()
const plan = unwrap(compilePlan(snapshot))
const works: readonly WorkRecord[] = recordsOf(snapshot, 'work')
const manifestOf = (of: RenderPlan = plan, range?: { fromFrame: number; toFrame: number }) =>
  buildManifestPlan(of, [inForce()], { title: 'River (dawn)', range })

/** The plan with codes for its stems, in their order. */
const coded = (...isrcs: readonly (string | null)[]): RenderPlan => ({
  ...plan,
  sources: plan.sources.map((source, i) => ({ ...source, isrc: isrcs[i] ?? null })),
})

const restyled = (n: number, more: object = {}) => stemUsage(n, [used('ai.restyle', { model: 'urn:m:1', ...more })])
const sheetOf = (...stems: readonly StemUsage[]) =>
  buildCreditsSheet({ ...manifestOf(), ai: aiSummaryOf(usageFrom(...stems)) }, works, [FILE]).SoundRecording

describe('the AI credits sheet (provenance.credits_sheet)', () => {
  it('names the recording, that it is a remix, and the files it is about', () => {
    const sheet = buildCreditsSheet(manifestOf(), works, [FILE])
    expect(sheet.SoundRecording).toMatchObject({ DisplayTitleText: 'River (dawn)', VersionType: 'RemixVersion' })
    expect(sheet.Stemma).toEqual({ files: [FILE], scope: 'personal-use', credits: ['Contains “River” by A. Author'], models: [] })
  })

  it('with None has no contributor at all', () => {
    expect(sheetOf(stemUsage(1, [used('eq')]), stemUsage(2, [used('ai.master')]))).toMatchObject({ ContainsAI: 'None', Contributor: [] })
  })

  it('with Partly calls AI the contributor only of roles it made all of', () => {
    expect(sheetOf(stemUsage(1), restyled(2))).toMatchObject({
      ContainsAI: 'Partly',
      Contributor: [{ SpecialContributor: 'GenerativeAI', Role: 'Vocalist', AiContribution: 'All', ProprietaryId: 'urn:m:1' }],
    })
    expect(sheetOf(stemUsage(1), restyled(2, { toMs: 10_000 })).Contributor).toEqual([
      { Role: 'Vocalist', AiContribution: 'Partly', ProprietaryId: 'urn:m:1' },
    ])
  })

  it('with All has no contributor but generative AI', () => {
    const sheet = sheetOf(restyled(1), restyled(2, { model: 'urn:m:2' }))
    expect(sheet.ContainsAI).toBe('All')
    expect(sheet.Contributor.map((one) => [one.SpecialContributor, one.Role, one.AiContribution])).toEqual([
      ['GenerativeAI', 'Drummer', 'All'],
      ['GenerativeAI', 'Vocalist', 'All'],
    ])
  })

  it('never calls a model that wrote down notes, or a synthesizer beside made stems, generative', () => {
    expect(sheetOf(stemUsage(1, [used('ai.transcribe', { model: 'urn:m:3' })]))).toMatchObject({
      ContainsAI: 'Partly',
      Contributor: [{ Role: 'Drummer', AiContribution: 'Partly', ProprietaryId: 'urn:m:3' }],
    })
    const plugin = { format: 'lv2', id: 'urn:synth', name: 'Synth' } as const
    const usage = { ...usageFrom(restyled(2)), made: [{ plugin, role: 'vocals', fromMs: 0, toMs: 60_000, causeId: 'device:2' }] }
    expect(aiSummaryOf(usage)).toMatchObject({ containsAI: 'Partly', contributions: [{ role: 'Vocalist', value: 'Partly' }] })
  })

  it('gives the codes of the sources to relations only, one per recording, and none of its own', () => {
    const sheet = buildCreditsSheet(manifestOf(coded('GBAAA2600001', 'GBAAA2600001', 'GBAAA2600002')), works, [FILE])
    const river = { ResourceRelationshipType: 'HasContentFrom', DisplayTitleText: 'River', DisplayArtistName: 'A. Author' }
    expect(sheet.SoundRecording.RelatedResource).toEqual([
      { ...river, ResourceId: { ISRC: 'GBAAA2600001' } },
      { ...river, ResourceId: { ISRC: 'GBAAA2600002' } },
    ])
    const { RelatedResource: _, ...own } = sheet.SoundRecording
    expect(JSON.stringify({ own, files: sheet.Stemma })).not.toMatch(/ISRC|ResourceId|GBAAA/)
    expect(buildCreditsSheet(manifestOf(coded('GBAAA2600001')), works, [FILE]).SoundRecording.RelatedResource).toHaveLength(1)
    expect(buildCreditsSheet(manifestOf(), works, [FILE]).SoundRecording.RelatedResource).toEqual([river])
  })

  it('calls what is heard in part only samples', () => {
    const part = manifestOf(plan, { fromFrame: 0, toFrame: 480_000 })
    expect(buildCreditsSheet(part, works, [FILE]).SoundRecording.RelatedResource[0]?.ResourceRelationshipType).toBe('ContainsSamplesFrom')
  })
})
