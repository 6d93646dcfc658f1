// Leases, revocations and the clock against a real service (PROVENANCE 4.4, 5.3, 6.6, 6.10, 6.11).
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { decide } from '../../../src-shared/rights/index.ts'
import type { Usage } from '../../../src-shared/rights/index.ts'
import { unwrap } from '../../../src-shared/std/index.ts'
import { startRig, WORK } from '../../../tests/rigs/service-rig.ts'
import type { Rig } from '../../../tests/rigs/service-rig.ts'
import { createServiceAdmin } from '../service-client/index.ts'
import { Sync } from '../sync/index.ts'
import { ClockGuard, openRecords } from './index.ts'

const HOUR = 3_600_000
const DAY = 24 * HOUR
let rig: Rig
const start = async (terms: Record<string, unknown> = {}): Promise<void> => {
  rig = await startRig(terms)
}
afterEach(() => rig.close())

const sync = async () =>
  unwrap(await new Sync({ ledger: rig.records.ledger, identity: rig.identity, url: rig.wire.url, clock: () => rig.nowMs }).run())
const leaseCode = async (ledgerHead = rig.records.ledger.head(rig.enrolment.issuer)): Promise<string> => {
  const result = await rig.records.licences.lease(rig.client, rig.enrolment, { work: WORK, ledgerHead })
  return result.ok ? 'leased' : result.error.code
}
const usage = (): Usage => {
  const { grant } = rig.records.licences.grantsInForce()[0]!
  const { stem, role, contentSha256 } = grant.assets[0]!
  return { lengthMs: 1_000, stems: [{ stem, role, title: 'Lead vocal', contentSha256, usedMs: 1_000, ops: [] }] }
}
const refusals = (purpose: 'edit' | 'render' | 'export', exceptIntent = ''): string[] => {
  const grants = rig.records.licences.grantsInForce()
  return decide(grants, usage(), rig.records.licences.context(purpose, { grants, exceptIntent }))
    .filter((decision) => decision.effect === 'deny')
    .map((decision) => decision.code)
}
const admin = () => createServiceAdmin({ url: rig.service.url, adminToken: rig.service.adminToken })

describe('a lease', () => {
  beforeEach(() => start({ offline: { leaseMaxHours: 48, graceHours: 24 } }))

  it('lease.stored: is checked, stored and found again after a restart', async () => {
    const licence = await rig.lease()
    expect(licence.leaseState).toBe('valid')
    rig.records.close()
    rig.records = unwrap(
      await openRecords({ dir: rig.dir, key: rig.identity, app: { name: 'Stemma', version: '0' }, clock: () => rig.nowMs }),
    )
    expect(rig.records.licences.grantsInForce({ works: [WORK] })).toEqual([licence])
    expect(rig.records.licences.grantsInForce({ works: ['urn:work:other'] })).toEqual([])
    expect(refusals('export')).toEqual([])
  })
  it('lease.grace: ends on time; in the grace edits go on and exports stop', async () => {
    await rig.lease()
    rig.nowMs += 49 * HOUR
    expect(rig.records.licences.grantsInForce()[0]!.leaseState).toBe('grace')
    expect(refusals('edit')).toEqual([])
    expect(refusals('export')).not.toEqual([])
    rig.nowMs += 24 * HOUR
    expect(rig.records.licences.grantsInForce()[0]!.leaseState).toBe('ended')
  })
  it('lease.for_this_device: of another device, another work or changed text is not accepted', async () => {
    const reply = unwrap(await rig.client.lease({ work: WORK, ledger: null }))
    const accept = (change: object, enrolment = rig.enrolment, work = WORK): string => {
      const result = rig.records.licences.accept({ ...reply, ...change }, enrolment, { work, roundTripMs: 1 })
      return result.ok ? 'accepted' : result.error.code
    }
    const flip = (jws: string): string => jws.replace(/.$/, (last) => (last === 'A' ? 'Q' : 'A'))
    expect(accept({}, { ...rig.enrolment, device: 'other' })).toBe('licence.refused')
    expect(accept({}, { ...rig.enrolment, account: 'other' })).toBe('licence.refused')
    expect(accept({}, { ...rig.enrolment, issuer: 'other' })).toBe('licence.refused')
    expect(accept({}, rig.enrolment, 'urn:work:other')).toBe('licence.refused')
    expect(accept({ grantJws: reply.leaseJws })).toBe('jws.type')
    expect(accept({ leaseJws: flip(reply.leaseJws) })).toMatch(/^jws\./)
    expect(accept({}, { ...rig.enrolment, trust: { ...rig.enrolment.trust, grantKeys: [] } })).toBe('jws.unknown_key')
    expect(accept({})).toBe('accepted')
  })
  it('lease.needs_receipts: is not given while receipts are missing, nor to a ledger that lost some', async () => {
    const licence = await rig.lease()
    rig.exportUnder(licence)
    expect(await leaseCode()).toBe('lease.receipts_missing')
    await sync()
    expect(await leaseCode()).toBe('leased')
    expect(await leaseCode(null)).toBe('lease.ledger_missing')
    const old = rig.records.ledger.head(rig.enrolment.issuer)
    rig.exportUnder(licence)
    await sync()
    expect(await leaseCode(old)).toBe('lease.ledger_forked')
  })
  it('is not given for a work that is not there', async () => {
    expect(await rig.client.lease({ work: 'urn:work:none', ledger: null })).toMatchObject({ ok: false, error: { code: 'work.unknown' } })
  })
})

describe('a licence that has ended or not begun', () => {
  it.each([
    ['lease.ended', '2020-01-01T00:00:00Z', '2021-01-01T00:00:00Z'],
    ['lease.not_yet', '2098-01-01T00:00:00Z', '2099-01-01T00:00:00Z'],
  ])('%s: is not leased, and the sentence names the day', async (code, notBefore, notAfter) => {
    await start({ validity: { notBefore, notAfter } })
    expect(await leaseCode()).toBe(code)
  })
})

describe('a number of exports', () => {
  beforeEach(() => start({ use: { exports: { max: 2, perDays: 30 } } }))

  it('lease.cap: counts exports made and under way, not the one that asks', async () => {
    const licence = await rig.lease()
    expect(licence.lease!.exportsCap).toBe(2)
    rig.exportUnder(licence)
    const intent = unwrap(rig.records.ledger.beginIntent(rig.draft(licence)))
    expect(refusals('render', intent.receiptId)).toEqual([])
    expect(refusals('render')).not.toEqual([])
    unwrap(intent.commit(rig.fields(licence)))
    expect(refusals('export')).not.toEqual([])
  })
  it('lease.cap: a new lease carries what is left; an export beyond it is kept, flagged and not logged (6.6)', async () => {
    const licence = await rig.lease()
    rig.exportUnder(licence)
    await sync()
    const second = await rig.lease()
    expect(second.lease!.exportsCap).toBe(1)
    rig.exportUnder(second)
    rig.exportUnder(second)
    rig.exportUnder(licence)
    const summary = await sync()
    expect(summary.refused.map((one) => one.code)).toEqual(['lease-cap'])
    expect(summary.hasNewEpoch).toBe(false)
    expect((await rig.service.flags()).map((flag) => flag.kind)).toEqual(['lease-cap'])
    expect(await leaseCode()).toBe('leased')
  })
})

describe('a withdrawn licence', () => {
  beforeEach(() => start())

  it('revocation.applies: stops leases and new exports, and the catalogue says so', async () => {
    const licence = await rig.lease()
    unwrap(await admin().revoke({ kind: 'grant', id: licence.grant.id, reason: 'artist asked' }))
    expect(refusals('export')).toEqual([])
    unwrap(await rig.records.licences.refreshRevocations(rig.client, rig.enrolment))
    rig.nowMs += 1_000
    expect(refusals('export')).not.toEqual([])
    expect(await leaseCode()).toBe('lease.revoked')
    expect(unwrap(await rig.client.work(WORK)).licence.state).toBe('revoked')
  })
  it('revocation.forward: an older list, or a changed one, is not accepted (6.11)', async () => {
    const licence = await rig.lease()
    const before = unwrap(await rig.client.revocations()).revocationListJws
    const after = unwrap(await admin().revoke({ kind: 'stem', id: licence.grant.assets[0]!.stem, reason: '' })).revocationListJws
    const accept = (jws: string): string => {
      const result = rig.records.licences.acceptRevocations(jws, rig.enrolment)
      return result.ok ? `list ${result.value.seq}` : result.error.code
    }
    expect([accept(after), accept(before), accept(after)]).toEqual(['list 1', 'revocations.older', 'list 1'])
    expect(unwrap(await admin().revoke({ kind: 'stem', id: licence.grant.assets[0]!.stem, reason: '' })).revocationListJws).toBe(after)
  })
  it('revocation.admin: nobody else can withdraw anything', async () => {
    const stranger = createServiceAdmin({ url: rig.service.url, adminToken: rig.enrolment.token })
    expect(await stranger.revoke({ kind: 'grant', id: 'urn:x', reason: '' })).toMatchObject({
      ok: false,
      error: { code: 'service.unauthorised' },
    })
  })
})

describe('a clock that is set (6.10)', () => {
  beforeEach(() => start())

  it('clock.back: a day back stops exports, not edits, until the service has been asked', async () => {
    await rig.lease()
    rig.nowMs -= DAY
    expect(rig.records.clock.state()).toBe('rolled-back')
    expect(refusals('export')).not.toEqual([])
    expect(refusals('edit')).toEqual([])
    // A restart does not forget.
    rig.records.close()
    rig.records = unwrap(
      await openRecords({ dir: rig.dir, key: rig.identity, app: { name: 'Stemma', version: '0' }, clock: () => rig.nowMs }),
    )
    expect(rig.records.clock.state()).toBe('rolled-back')
    // The service of this rig runs on the same clock: its word that it is yesterday settles it.
    await rig.lease()
    expect(rig.records.clock.state()).toBe('ok')
  })
  it('clock.forward: a year forward ends leases; coming back from it needs the service once', async () => {
    const licence = await rig.lease()
    rig.nowMs += 365 * DAY
    rig.exportUnder(licence)
    rig.records.clock.observe(rig.nowMs, 'own receipt')
    expect(rig.records.licences.grantsInForce()[0]!.leaseState).toBe('ended')
    rig.nowMs -= 365 * DAY
    expect(rig.records.clock.state()).toBe('rolled-back')
    await sync()
    await rig.lease()
    expect(rig.records.clock.state()).toBe('ok')
  })
  it('clock.tolerance: five minutes back and the end of summer time change nothing', async () => {
    await rig.lease()
    rig.nowMs -= 4 * 60_000
    expect(rig.records.clock.state()).toBe('ok')
  })
  it('clock.running: is noticed while the program runs, without any lease', () => {
    let wall = Date.now()
    let mono = 0
    const guard = new ClockGuard({ db: rig.records.ledger.db, isReadOnly: false, clock: () => wall, monotonic: () => mono })
    wall += HOUR
    mono += HOUR
    expect(guard.state()).toBe('ok')
    wall -= HOUR
    expect(guard.state()).toBe('rolled-back')
  })
  it('clock.sleep: a computer that slept is not accused', () => {
    let wall = Date.now()
    const guard = new ClockGuard({ db: rig.records.ledger.db, isReadOnly: false, clock: () => wall, monotonic: () => 0 })
    wall += 8 * HOUR
    expect(guard.state()).toBe('ok')
  })
  it('clock.stated: receipts say how well the time was known', async () => {
    expect(rig.records.clock.receiptClock()).toMatchObject({ src: 'system' })
    const licence = await rig.lease()
    expect(rig.records.clock.receiptClock()).toMatchObject({ src: 'server-anchored', anchor: licence.lease!.id })
  })
})
