import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { clockState, decide, newRefusals, refusalsOf, strictest } from './decide.ts'
import { explainGrant } from './explain.ts'
import {
  context,
  inForce,
  NOW,
  rule,
  sampleGrant,
  sampleLease,
  sampleRevocations,
  stemUrn,
  stemUsage,
  usageFrom,
  used,
} from './grant.fixture.ts'
import { type Grant, OPERATIONS, type Rule } from './grant.ts'
import type { UsedOperation } from './usage.ts'

const HOUR = 3_600_000
const codes = (...args: Parameters<typeof decide>): readonly string[] => refusalsOf(decide(...args)).map((one) => one.code)
const vocals = (grant: Grant, ...ops: UsedOperation[]) => decide([inForce(grant)], usageFrom(stemUsage(2, ops)), context())

describe('operations (licence.operation)', () => {
  it('refuses a vocal pitch change with reason, place and the nearest legal alternative', () => {
    const grant = sampleGrant({ rules: [rule(['*'], 'pitch', { cents: [-300, 300] }), rule(['vocals'], 'pitch', { cents: [-200, 200] })] })
    const [decision] = refusalsOf(vocals(grant, used('pitch', { cents: 400, fromMs: 1_000, toMs: 2_000 })))
    expect(decision).toEqual({
      effect: 'deny',
      code: 'licence.out_of_range',
      grantId: grant.id,
      stem: stemUrn(2),
      op: 'pitch',
      fromMs: 1_000,
      toMs: 2_000,
      causeId: 'device:1',
      excess: 200,
      message: 'Vocals may be changed by pitch shifting from -300 cents to +300 cents; this is +400 cents.',
      alternative: { kind: 'set', param: 'cents', value: 200, words: 'Use +200 cents.' },
    })
    expect(strictest(vocals(grant, used('pitch', { cents: 200 })))).toBe('allow')
    expect(codes([inForce(grant)], usageFrom(stemUsage(2, [used('pitch')])), context())).toEqual(['licence.value_unknown'])
  })

  it('lets deny beat approval and approval beat allow', () => {
    const rules = [rule(['*'], 'ai.voice'), rule(['vocals'], 'ai.voice', { effect: 'approval', sla: 'P3D' })]
    expect(strictest(vocals(sampleGrant({ rules }), used('ai.voice')))).toBe('approval')
    expect(strictest(vocals(sampleGrant({ rules: [...rules, rule(['*'], '*', { effect: 'deny' })] }), used('ai.voice')))).toBe('deny')
  })

  it('denies what it does not know: operations and critical fields', () => {
    expect(codes([inForce()], usageFrom(stemUsage(1, [used('ai.clone')])), context())).toEqual(['licence.unknown_operation'])
    expect(
      codes([inForce(sampleGrant({ rules: [rule(['*'], 'ai.clone')] }))], usageFrom(stemUsage(1, [used('ai.clone')])), context()),
    ).toEqual(['licence.unknown_operation'])
    expect(codes([inForce(sampleGrant({}, {}, { crit: ['use.formats', 'mood'] }))], usageFrom(stemUsage(1)), context())).toEqual([
      'licence.not_understood',
    ])
    expect(codes([inForce(sampleGrant({}, {}, { crit: ['use.formats', 'transform'] }))], usageFrom(stemUsage(1)), context())).toEqual([])
  })

  it('permits arranging and mixing under every grant that does not rule it out; the default speaks of the rest', () => {
    const strict = sampleGrant({ default: 'deny' })
    expect(
      codes(
        [inForce(strict)],
        usageFrom(
          stemUsage(
            1,
            ['arrange', 'trim', 'gain', 'pan', 'fade', 'automation'].map((op) => used(op)),
          ),
        ),
        context(),
      ),
    ).toEqual([])
    expect(codes([inForce(strict)], usageFrom(stemUsage(1, [used('reverb')])), context())).toEqual(['licence.operation_not_granted'])
    expect(
      codes(
        [inForce(sampleGrant({ rules: [rule(['drums'], 'arrange', { effect: 'deny' })] }))],
        usageFrom(stemUsage(1, [used('arrange')])),
        context(),
      ),
    ).toEqual(['licence.operation_denied'])
  })

  it('judges a stem by the role in the grant, whatever the remix calls it', () => {
    const grant = sampleGrant({ rules: [rule(['vocals'], 'pitch', { effect: 'deny' })] })
    expect(codes([inForce(grant)], usageFrom(stemUsage(2, [used('pitch', { cents: 1 })], { role: 'drums' })), context())).toEqual([
      'licence.operation_denied',
    ])
  })
})

describe('stems (licence.stem)', () => {
  it('refuses a stem that is not in a grant, another audio under its name, and more of it than allowed', () => {
    expect(codes([inForce()], usageFrom(stemUsage(9)), context())).toEqual(['licence.stem_not_granted'])
    expect(codes([inForce()], usageFrom(stemUsage(1, [], { contentSha256: 'c'.repeat(64) })), context())).toEqual(['licence.stem_swapped'])
    const [tooLong] = refusalsOf(
      decide([inForce(sampleGrant({ maxUsedMs: 60_000 }))], usageFrom(stemUsage(1, [], { usedMs: 72_250 })), context()),
    )
    expect(tooLong).toMatchObject({
      code: 'licence.too_long',
      excess: 12_250,
      alternative: { kind: 'shorten', value: 60_000, words: 'Shorten Drums by 12.3 s.' },
    })
    expect(codes([inForce(sampleGrant({ minOtherMaterialPermille: 500 }))], usageFrom(stemUsage(1)), context())).toEqual([
      'licence.too_little_else',
    ])
  })

  it('refuses an edit only for what it makes worse', () => {
    const judge = (usedMs: number) =>
      decide([inForce(sampleGrant({ maxUsedMs: 60_000 }))], usageFrom(stemUsage(1, [], { usedMs })), context({ purpose: 'edit' }))
    expect(newRefusals(judge(80_000), judge(70_000))).toEqual([])
    expect(newRefusals(judge(80_000), judge(80_001))).toHaveLength(1)
    expect(newRefusals(judge(10_000), judge(70_000))).toHaveLength(1)
  })

  it('lets nothing but taking its stems out pass once a grant has ended', () => {
    const nowMs = Date.parse('2027-02-01T00:00:00.000Z')
    const judge = (usedMs: number) => decide([inForce()], usageFrom(stemUsage(1, [], { usedMs })), context({ purpose: 'edit', nowMs }))
    expect(newRefusals(judge(60_000), judge(60_000)).map((one) => one.code)).toContain('licence.ended')
    expect(newRefusals(judge(60_000), judge(30_000))).toEqual([])
    expect(newRefusals(judge(60_000), decide([inForce()], usageFrom(), context({ purpose: 'edit', nowMs })))).toEqual([])
  })
})

describe('time, place and count (licence.validity, licence.lease, licence.clock, licence.exports)', () => {
  const plain = usageFrom(stemUsage(1))
  const at = (more: Parameters<typeof context>[0], grant = sampleGrant(), lease: ReturnType<typeof sampleLease> | null = sampleLease()) =>
    codes([inForce(grant, lease)], plain, context(more))
  const fresh = { ...sampleRevocations(), issuedAt: '2030-01-01T00:00:00.000Z' }

  it('holds only within its validity', () => {
    const later = sampleGrant({}, {}, { validity: { notBefore: '2026-12-01T00:00:00.000Z', notAfter: '2027-12-01T00:00:00.000Z' } })
    expect(at({ purpose: 'edit' }, later)).toEqual(['licence.not_yet'])
    expect(
      at(
        { nowMs: Date.parse('2027-01-02T00:00:00.000Z'), revocations: fresh },
        sampleGrant(),
        sampleLease({ notAfter: '2028-01-01T00:00:00.000Z' }),
      ),
    ).toEqual(['licence.ended'])
  })

  it('gives editing a grace after the lease, and export none', () => {
    const end = Date.parse(sampleLease().notAfter)
    expect(at({ nowMs: end + 1, purpose: 'edit' })).toEqual([])
    expect(at({ nowMs: end + 25 * HOUR, purpose: 'edit' })).toEqual(['licence.lease_ended'])
    expect(at({ nowMs: end + 1, revocations: fresh })).toEqual(['licence.lease_ended'])
    expect(at({}, sampleGrant(), null)).toEqual(['licence.no_lease'])
    expect(at({}, sampleGrant({}, {}, { version: 2 }))).toEqual(['licence.lease_mismatch'])
  })

  it('with the clock set back lets editing go on and stops exports', () => {
    expect(clockState(NOW - 6 * 60_000, [NOW])).toBe('rolled-back')
    expect(clockState(NOW - 4 * 60_000, [NOW])).toBe('ok')
    expect(at({ clock: 'rolled-back', purpose: 'edit', nowMs: Date.parse('2020-01-01T00:00:00.000Z') })).toEqual([])
    expect(at({ clock: 'rolled-back' })).toEqual(['licence.clock_rolled_back'])
    expect(at({ nowMs: Date.parse('2026-11-22T09:00:00.000Z') })).toEqual(['licence.clock_rolled_back'])
  })

  it('blocks new exports of what was withdrawn, and editing only where the grant says so', () => {
    const entry = (kind: 'grant' | 'stem', id: string) => ({ kind, id, since: '2026-11-20T00:00:00.000Z', reason: '' })
    expect(at({ revocations: sampleRevocations([entry('grant', 'urn:stemma:grant:1')]) })).toEqual(['licence.revoked'])
    expect(at({ revocations: sampleRevocations([entry('stem', stemUrn(1))]) })).toEqual(['licence.stem_withdrawn'])
    expect(at({ revocations: sampleRevocations([entry('grant', 'urn:stemma:grant:1')]), purpose: 'edit' })).toEqual([])
    const strict = sampleGrant({}, {}, { revocation: { list: '', maxAgeHours: 72, onRevoke: 'block-editing' } })
    expect(at({ revocations: sampleRevocations([entry('grant', 'urn:stemma:grant:1')]), purpose: 'edit' }, strict)).toEqual([
      'licence.revoked',
    ])
    expect(at({ revocations: null })).toEqual(['licence.revocations_stale'])
    expect(at({ nowMs: NOW + 73 * HOUR })).toEqual(['licence.revocations_stale'])
  })

  it('counts exports, and offers the nearest format and depth', () => {
    const grant = sampleGrant({}, { exports: { max: 3, perDays: 30 }, formats: ['mp3'], maxBitDepth: 16 })
    expect(at({ exportsUsed: { [grant.id]: 2 } }, grant)).toEqual([])
    expect(at({ exportsUsed: { [grant.id]: 3 } }, grant)).toEqual(['licence.exports_used_up'])
    expect(at({ exportsUsed: { [grant.id]: 3 }, purpose: 'edit' }, grant)).toEqual([])
    const [format, depth] = refusalsOf(decide([inForce(grant)], plain, context({ format: 'wav', bitDepth: 24 })))
    expect([format?.alternative, depth?.alternative]).toEqual([
      { kind: 'set', param: 'format', value: 'mp3', words: 'Export as MP3.' },
      { kind: 'set', param: 'bitDepth', value: 16, words: 'Export with 16 bits.' },
    ])
    expect(at({ leaseExportsUsed: { 'urn:stemma:lease:1': 2 } }, sampleGrant(), sampleLease({ exportsCap: 2 }))).toEqual([
      'licence.lease_used_up',
    ])
    expect(at({ territory: 'DE' }, sampleGrant({}, {}, { territory: { allow: ['GB'], deny: [] } }))).toEqual(['licence.territory'])
  })
})

const RANK = { allow: 0, approval: 1, deny: 2 } as const
const opArb = fc.constantFrom(...OPERATIONS, '*')
const rangeArb = (min: number, max: number) =>
  fc.tuple(fc.integer({ min, max }), fc.integer({ min, max })).map(([a, b]): [number, number] => [Math.min(a, b), Math.max(a, b)])
const ruleArb: fc.Arbitrary<Rule> = fc
  .record({
    role: fc.constantFrom('*', 'vocals', 'drums'),
    op: opArb,
    effect: fc.constantFrom('allow' as const, 'deny' as const, 'approval' as const),
    cents: rangeArb(-600, 600),
    ratio: rangeArb(700, 1_300),
    has: fc.nat(3),
    strength: fc.nat(1_000),
  })
  .map(({ role, op, effect, cents, ratio, has, strength }) =>
    rule([role], op, {
      effect,
      ...(has & 1 ? { cents } : {}),
      ...(has & 2 ? { ratioPermille: ratio } : {}),
      ...(has === 3 ? { strengthMaxPermille: strength } : {}),
    }),
  )
const usedArb = fc
  .record({
    op: fc.constantFrom(...OPERATIONS),
    cents: fc.integer({ min: -700, max: 700 }),
    ratioPermille: fc.integer({ min: 600, max: 1_400 }),
    strengthPermille: fc.nat(1_000),
  })
  .map(({ op, cents, ratioPermille, strengthPermille }) =>
    used(
      op,
      op === 'pitch'
        ? { cents }
        : op === 'stretch'
          ? { ratioPermille }
          : op.startsWith('ai.')
            ? { strengthPermille, model: 'urn:m:1' }
            : {},
    ),
  )
const defaults = fc.constantFrom('allow' as const, 'deny' as const)
const rankOf = (rules: readonly Rule[], byDefault: 'allow' | 'deny', ops: readonly UsedOperation[]) =>
  RANK[strictest(vocals(sampleGrant({ rules: [...rules], default: byDefault }), ...ops))]

describe('no change of a grant that narrows it ever allows more (licence.monotone)', () => {
  const settings = { seed: 20_261_122, numRuns: 500 }

  it('adding a rule that denies or asks, or one more limit, never widens', () => {
    fc.assert(
      fc.property(
        fc.array(ruleArb, { maxLength: 6 }),
        defaults,
        fc.array(usedArb, { minLength: 1, maxLength: 4 }),
        ruleArb,
        (rules, byDefault, ops, extra) => {
          const before = rankOf(rules, byDefault, ops)
          expect(rankOf([...rules, { ...extra, effect: 'deny' }], byDefault, ops)).toBeGreaterThanOrEqual(before)
          // Where the default denies, an approval rule is an offer: it may turn no into ask, never into yes.
          expect(rankOf([...rules, { ...extra, effect: 'approval' }], byDefault, ops)).toBeGreaterThanOrEqual(
            byDefault === 'allow' ? before : Math.min(before, RANK.approval),
          )
          expect(rankOf(rules, 'deny', ops)).toBeGreaterThanOrEqual(rankOf(rules, 'allow', ops))
          if (byDefault === 'allow')
            expect(rankOf([...rules, { ...extra, effect: 'allow' }], byDefault, ops)).toBeGreaterThanOrEqual(before)
        },
      ),
      settings,
    )
  })

  it('a narrower range never allows more, and the alternative offered is itself allowed', () => {
    fc.assert(
      fc.property(
        fc.array(ruleArb, { maxLength: 4 }),
        rangeArb(-600, 600),
        fc.nat(300),
        fc.nat(300),
        fc.integer({ min: -700, max: 700 }),
        (others, [min, max], up, down, cents) => {
          const rules = others.map((one): Rule => ({ ...one, effect: 'allow' }))
          const wide = rule(['*'], 'pitch', { cents: [min, max] })
          const narrow = rule(['*'], 'pitch', { cents: [Math.min(min + up, max), Math.max(min, max - down)] })
          const ops = [used('pitch', { cents })]
          expect(rankOf([...rules, narrow], 'deny', ops)).toBeGreaterThanOrEqual(rankOf([...rules, wide], 'deny', ops))
          for (const { alternative } of refusalsOf(vocals(sampleGrant({ rules: [...rules, wide] }), ...ops))) {
            if (alternative?.param === 'cents')
              expect(rankOf([...rules, wide], 'allow', [used('pitch', { cents: Number(alternative.value) })])).toBe(0)
          }
        },
      ),
      settings,
    )
  })
})

describe('a grant in plain words', () => {
  it('tells the badge, what may be done and what not', () => {
    const grant = sampleGrant(
      {
        rules: [rule(['vocals'], 'pitch', { effect: 'deny' }), rule(['*'], 'stretch', { ratioPermille: [900, 1_100] })],
        maxUsedMs: 60_000,
      },
      { exports: { max: 3, perDays: 30 } },
    )
    const explained = explainGrant(grant, { nowMs: NOW })
    expect(explained).toMatchObject({ state: 'limited', badge: 'vocals limited · 1 min per stem · 3 exports' })
    expect(explained.sentences).toContain('You may not use pitch shifting on vocals.')
    expect(explained.sentences).toContain('You may use time-stretching on every stem from 90 % to 110 %.')
    expect(explained.sentences).toContain('You may use 1 min of each stem in one export.')
    expect(explainGrant(sampleGrant(), { nowMs: NOW })).toMatchObject({ state: 'open', badge: 'open' })
    expect(explainGrant(sampleGrant(), { nowMs: NOW + 1_000 * 24 * HOUR })).toMatchObject({ state: 'ended', badge: 'ended 2027-01-01' })
    const revocations = sampleRevocations([{ kind: 'grant', id: 'urn:stemma:grant:1', since: '2026-11-20T00:00:00.000Z', reason: '' }])
    expect(explainGrant(sampleGrant(), { nowMs: NOW, revocations }).state).toBe('revoked')
  })
})
