import { describe, expect, it } from 'vitest'
import { applyEdits, decodeEditCommands, type EditCommand, endTick, recordsOf, type RemixSnapshot } from '../remix/index.ts'
import { countingIds, sampleRemix } from '../remix/remix.fixture.ts'
import { type Grant, refusalsOf } from '../rights/index.ts'
import { context, inForce, rule, sampleGrant } from '../rights/grant.fixture.ts'
import { unwrap } from '../std/index.ts'
import { assessRemix, denialsOfEdit, type LicenceTerms, nearestLegalEdit, remedyFor } from './licence-check.ts'

const edited = (snapshot: RemixSnapshot, ...commands: unknown[]): RemixSnapshot =>
  unwrap(applyEdits(snapshot, unwrap(decodeEditCommands(commands)), { newId: countingIds('n') })).snapshot

/** Terms that cover the three stems of the sample remix. */
const terms = (transform: Partial<Grant['transform']>, more: Partial<Grant> = {}): LicenceTerms => {
  const stems = recordsOf(sampleRemix(), 'stem')
  const assets = stems.map(({ id, role, contentSha256 }) => ({ stem: id, role, contentSha256, isrc: null, c2pa: null }))
  return { grants: [inForce(sampleGrant(transform, {}, { assets, ...more }))], context: context({ purpose: 'edit' }) }
}
const refusals = (snapshot: RemixSnapshot, under: LicenceTerms) => refusalsOf(unwrap(assessRemix(snapshot, under)).decisions)
const usedMs = (snapshot: RemixSnapshot, under: LicenceTerms, title: string) =>
  unwrap(assessRemix(snapshot, under)).usage.stems.find((stem) => stem.title === title)?.usedMs
const idOf = (snapshot: RemixSnapshot, name: string): string => recordsOf(snapshot, 'clip').find((clip) => clip.name === name)?.id ?? ''

describe('a way out of a refusal (provenance.remedy)', () => {
  it('shortens a stem to exactly its cap, from the end', () => {
    const under = terms({ maxUsedMs: 45_000 })
    const before = sampleRemix()
    const all = refusals(before, under)
    expect(all.map((one) => one.code)).toEqual(['licence.too_long', 'licence.too_long', 'licence.too_long'])
    const lead = all.find((one) => one.message.startsWith('Lead'))
    const remedy = lead && remedyFor(before, lead, under)
    expect(remedy?.label).toBe('Shorten Lead by 15 s.')
    const after = edited(before, ...(remedy?.commands ?? []))
    expect(usedMs(after, under, 'Lead')).toBeLessThanOrEqual(45_000)
    expect(usedMs(after, under, 'Lead')).toBeGreaterThan(44_995)
    expect(refusals(after, under)).toHaveLength(2)
  })

  it('deletes whole clips where trimming the last one is not enough', () => {
    const under = terms({ maxUsedMs: 10_000 })
    const before = edited(sampleRemix(), { op: 'clip.duplicate', clipIds: ['@Kick'], byTicks: '61s' })
    const kick = refusals(before, under).find((one) => one.message.startsWith('Kick'))
    const remedy = kick && remedyFor(before, kick, under)
    expect(remedy?.commands.map((command) => command.op)).toEqual(['clip.delete', 'clip.trim'])
    expect(usedMs(edited(before, ...(remedy?.commands ?? [])), under, 'Kick')).toBeLessThanOrEqual(10_000)
  })

  it('takes off every device that causes it', () => {
    const under = terms({ rules: [rule(['*'], 'reverb', { effect: 'deny' })] })
    const before = edited(
      sampleRemix(),
      { op: 'device.add', id: 'verb:1', trackId: '@Lead', kind: 'reverb' },
      { op: 'device.add', id: 'verb:2', trackId: '@Lead', kind: 'reverb' },
    )
    const [first] = refusals(before, under)
    const remedy = first && remedyFor(before, first, under)
    expect(remedy?.commands).toEqual([
      { op: 'device.remove', deviceId: 'verb:1' },
      { op: 'device.remove', deviceId: 'verb:2' },
    ])
    expect(refusals(edited(before, ...(remedy?.commands ?? [])), under)).toEqual([])
  })

  it('mutes what a licence that ended covers, and offers nothing where only waiting helps', () => {
    const ended = terms({}, { validity: { notBefore: '2026-01-01T00:00:00.000Z', notAfter: '2026-02-01T00:00:00.000Z' } })
    const [over] = refusals(sampleRemix(), ended)
    const remedy = over && remedyFor(sampleRemix(), over, ended)
    expect(remedy?.label).toBe('Mute these 3 stems.')
    expect(refusals(edited(sampleRemix(), ...(remedy?.commands ?? [])), ended)).toEqual([])
    const little = terms({ minOtherMaterialPermille: 500 })
    const [alone] = refusals(sampleRemix(), little)
    expect(alone?.code).toBe('licence.too_little_else')
    expect(alone && remedyFor(sampleRemix(), alone, little)).toBeNull()
  })
})

describe('the nearest legal edit (provenance.nearest)', () => {
  const nearest = (before: RemixSnapshot, under: LicenceTerms, commands: readonly EditCommand[]) => {
    const after = edited(before, ...commands)
    const known = unwrap(assessRemix(before, under)).decisions
    const [refused] = denialsOfEdit(known, unwrap(assessRemix(after, under)).decisions)
    return { refused, remedy: refused ? nearestLegalEdit(before, after, commands, refused, under) : null }
  }

  it('copies as much of a clip as the cap leaves', () => {
    const under = terms({ maxUsedMs: 75_000 })
    const before = sampleRemix()
    const { refused, remedy } = nearest(before, under, [
      { op: 'clip.duplicate', clipIds: [idOf(before, 'Kick')], byTicks: 960 * 4 * 40, newIds: ['copy'] },
    ])
    expect(refused?.code).toBe('licence.too_long')
    const after = edited(before, ...(remedy?.commands ?? []))
    expect(usedMs(after, under, 'Kick')).toBeLessThanOrEqual(75_000)
    expect(usedMs(after, under, 'Kick')).toBeGreaterThan(74_990)
    expect(recordsOf(after, 'clip').find((clip) => clip.id === idOf(before, 'Kick'))?.lengthTicks).toBe(
      recordsOf(before, 'clip').find((clip) => clip.name === 'Kick')?.lengthTicks,
    )
  })

  it('offers nothing where nothing of the edit would be left', () => {
    const under = terms({ maxUsedMs: 45_000 })
    const before = sampleRemix()
    const { refused, remedy } = nearest(before, under, [
      { op: 'clip.duplicate', clipIds: [idOf(before, 'Kick')], byTicks: 960 * 4 * 40, newIds: ['copy'] },
    ])
    expect(refused?.code).toBe('licence.too_long')
    expect(remedy).toBeNull()
  })

  it('gives back at the edge that was dragged', () => {
    const under = terms({ maxUsedMs: 40_000 })
    const whole = sampleRemix()
    const id = idOf(whole, 'Bass')
    const before = edited(whole, { op: 'clip.trim', clipId: id, edge: 'start', toTick: '25s' })
    const { remedy } = nearest(before, under, [{ op: 'clip.trim', clipId: id, edge: 'start', toTick: 0 }])
    const after = edited(before, ...(remedy?.commands ?? []))
    const endOf = (snapshot: RemixSnapshot) => recordsOf(snapshot, 'clip').flatMap((clip) => (clip.id === id ? [endTick(clip)] : []))
    expect(usedMs(after, under, 'Bass')).toBeGreaterThan(39_990)
    expect(usedMs(after, under, 'Bass')).toBeLessThanOrEqual(40_000)
    expect(endOf(after)).toEqual(endOf(before))
  })
})
