// Leases: the right to use a grant for a while without asking. None without the receipts that are due.
import { randomUUID } from 'node:crypto'
import type { LeaseReply, LeaseRequest } from '../src-shared/protocol/index.ts'
import { LEASE_TYP } from '../src-shared/rights/index.ts'
import type { Lease } from '../src-shared/rights/index.ts'
import { buildJws, fail, ok } from '../src-shared/std/index.ts'
import type { Result } from '../src-shared/std/index.ts'
import { grantOf } from './catalogue.ts'
import type { ServiceKeys } from './keys.ts'
import { currentEntries, currentRevocations } from './revocations.ts'
import type { ServiceStore, ServiceWriter, StoredDevice } from './store.ts'

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
const day = (iso: string): string => iso.slice(0, 10)

/** Whether the device's ledger, as it states it, has arrived here. */
const checkLedger = async (writer: ServiceWriter, device: StoredDevice, ledger: LeaseRequest['ledger']): Promise<Result<null>> => {
  if (!ledger) {
    if (!(await writer.hasReceipts(device.kid))) return ok(null)
    return fail(
      'lease.ledger_missing',
      'This device has sent receipts before but names none now. Its ledger was lost or replaced; restore it, or start a new series of receipts.',
    )
  }
  const head = await writer.head(device.kid, ledger.epoch)
  const have = head?.seq ?? -1
  if (have < ledger.seq)
    return fail(
      'lease.receipts_missing',
      `A new lease needs the receipts of earlier exports first: ${ledger.seq - have} have not arrived. Sync, then try again.`,
      { have, need: ledger.seq },
    )
  const stated = await writer.receiptByHash(device.kid, ledger.hash)
  if (have > ledger.seq || stated?.seq !== ledger.seq || stated.outcome === 'fork')
    return fail(
      'lease.ledger_forked',
      'The receipts on this device differ from those it sent before, as after restoring a backup. Sync to start a new series, then try again.',
      { have },
    )
  return ok(null)
}

/**
 * Grant, lease and revocation list for a work. Codes: `work.unknown`, `lease.ended`, `lease.not_yet`, `lease.revoked`, `lease.receipts_missing`,
 * `lease.ledger_missing`, `lease.ledger_forked`.
 */
export const issueLease = async (
  store: ServiceStore,
  keys: ServiceKeys,
  device: StoredDevice,
  { work: workId, ledger }: LeaseRequest,
  nowMs: number,
): Promise<Result<LeaseReply>> => {
  const revocations = await currentRevocations(store, keys, nowMs)
  return store.transact(async (writer): Promise<Result<LeaseReply>> => {
    const work = await writer.work(workId)
    const stored = await writer.currentGrant(workId)
    if (!work || !stored)
      return fail('work.unknown', 'This work is not in the catalogue of this rights service. Search again; it may have been withdrawn.')
    const grant = grantOf(stored)
    const { notBefore, notAfter } = grant.validity
    const title = work.facts.title
    if (nowMs > Date.parse(notAfter))
      return fail(
        'lease.ended',
        `The licence for “${title}” ended on ${day(notAfter)}. Its stems cannot be pulled any more; choose another work.`,
        { notAfter },
      )
    if (nowMs < Date.parse(notBefore))
      return fail('lease.not_yet', `The licence for “${title}” starts on ${day(notBefore)}. Pull it from that day on.`, { notBefore })
    const revoked = (await currentEntries(writer)).find((entry) => entry.kind === 'grant' && entry.id === grant.id)
    if (revoked)
      return fail(
        'lease.revoked',
        `The rights holder withdrew the licence for “${title}” on ${day(revoked.since)}. Exports made before stay lawful.`,
        { since: revoked.since },
      )
    const complete = await checkLedger(writer, device, ledger)
    if (!complete.ok) return complete
    const cap = grant.use.exports
    const since = cap ? new Date(nowMs - cap.perDays * DAY_MS).toISOString() : ''
    const exportsCap = cap ? Math.max(0, cap.max - (await writer.countExports({ account: device.account, grant: grant.id, since }))) : null
    const now = new Date(nowMs).toISOString()
    const lease: Lease = {
      v: 1,
      id: `urn:uuid:${randomUUID()}`,
      device: device.kid,
      account: device.account,
      grants: [{ id: grant.id, version: grant.version, hash: stored.hash }],
      issuedAt: now,
      notAfter: new Date(Math.min(nowMs + grant.offline.leaseMaxHours * HOUR_MS, Date.parse(notAfter))).toISOString(),
      exportsCap,
      serverTime: now,
      crlSeq: revocations.seq,
    }
    const leaseJws = buildJws({ typ: LEASE_TYP, kid: keys.grant.kid, payload: lease }, keys.grant.sign)
    await writer.putLease({
      id: lease.id,
      kid: device.kid,
      account: device.account,
      grantId: grant.id,
      grantVersion: grant.version,
      grantHash: stored.hash,
      exportsCap,
      issuedAt: now,
      notAfter: lease.notAfter,
      jws: leaseJws,
    })
    return ok({ grantJws: stored.jws, leaseJws, revocationListJws: revocations.jws })
  })
}
