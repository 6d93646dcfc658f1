// Grants, leases and revocation lists on this device: checked against the pinned keys before they are stored, handed to `decide()` in its own form.
import { grantKeyOf } from '../../../src-shared/protocol/index.ts'
import type { LeaseReply } from '../../../src-shared/protocol/index.ts'
import { grantHash, verifyGrant, verifyLease, verifyRevocationList } from '../../../src-shared/rights/index.ts'
import type { DecisionContext, Grant, GrantInForce, Lease, RevocationList, StatementTrust } from '../../../src-shared/rights/index.ts'
import { fail, hashText, ok } from '../../../src-shared/std/index.ts'
import type { Result } from '../../../src-shared/std/index.ts'
import { sha256, verifyEd25519 } from '../identity/index.ts'
import type { Enrolment } from '../identity/index.ts'
import { ledgerFailure } from '../ledger/index.ts'
import type { LedgerDatabase } from '../ledger/index.ts'
import type { ServiceClient } from '../service-client/index.ts'
import type { ClockGuard } from './clock-guard.ts'

const DAY_MS = 86_400_000
const HOUR_MS = 3_600_000

export type LeaseState = 'none' | 'valid' | 'grace' | 'ended'

export interface WorkLicence extends GrantInForce {
  readonly issuer: string
  readonly leaseState: LeaseState
}

interface GrantRow {
  readonly hash: string
  readonly issuer: string
  readonly jws: string
  readonly lease: string | null
}

/** Statements in the database were checked when they came in. */
const TRUSTED: StatementTrust = { keyFor: () => new Uint8Array(32), verify: () => true }

const refusedStatement = (what: string): Result<never> =>
  fail(
    'licence.refused',
    `The rights service sent ${what} that does not fit what was asked for. Nothing was kept; try again, and tell whoever runs the service if it happens twice.`,
  )

export class Licences {
  readonly #db: LedgerDatabase
  readonly clock: ClockGuard
  /** Parsed statements by their text: they are immutable, and `decide` runs on every gesture. */
  readonly #grants = new Map<string, Grant>()
  readonly #leases = new Map<string, Lease>()
  #revocations: { readonly key: string; readonly list: RevocationList | null } | undefined
  constructor({ db, clock }: { readonly db: LedgerDatabase; readonly clock: ClockGuard }) {
    this.#db = db
    this.clock = clock
  }

  #trustOf(enrolment: Enrolment): StatementTrust {
    return { keyFor: grantKeyOf(enrolment.trust, sha256), verify: verifyEd25519 }
  }

  /** Checks and stores what a lease request brought. Codes: `jws.*`, `licence.refused`, `revocations.older`, `revocations.changed`, `ledger.*`. */
  accept(
    reply: LeaseReply,
    enrolment: Enrolment,
    { work, roundTripMs }: { readonly work: string; readonly roundTripMs: number },
  ): Result<WorkLicence> {
    const trust = this.#trustOf(enrolment)
    const grant = verifyGrant(reply.grantJws, trust)
    if (!grant.ok) return grant
    const lease = verifyLease(reply.leaseJws, trust)
    if (!lease.ok) return lease
    const hash = grantHash(reply.grantJws, sha256)
    if (grant.value.work !== work || grant.value.issuer !== enrolment.issuer) return refusedStatement('a licence')
    const covers = lease.value.grants.some(
      (entry) => entry.hash === hash && entry.id === grant.value.id && entry.version === grant.value.version,
    )
    if (!covers || lease.value.device !== enrolment.device || lease.value.account !== enrolment.account) return refusedStatement('a lease')
    const newest = this.#newestGrant(grant.value.id)
    if (newest && newest.version > grant.value.version) return refusedStatement('an older licence than this device already has')
    const revoked = this.acceptRevocations(reply.revocationListJws, enrolment)
    if (!revoked.ok) return revoked
    try {
      this.#db
        .transaction(() => {
          this.#db
            .prepare('INSERT OR IGNORE INTO grant_doc (hash, id, version, issuer, work, jws) VALUES (?, ?, ?, ?, ?, ?)')
            .run(hash, grant.value.id, grant.value.version, enrolment.issuer, grant.value.work, reply.grantJws)
          this.#db
            .prepare('INSERT OR IGNORE INTO lease (id, issuer, grant_hash, issued_at, not_after, jws) VALUES (?, ?, ?, ?, ?, ?)')
            .run(lease.value.id, enrolment.issuer, hash, lease.value.issuedAt, lease.value.notAfter, reply.leaseJws)
        })
        .immediate()
      this.clock.anchorTo(Date.parse(lease.value.serverTime), { name: lease.value.id, roundTripMs })
    } catch (error) {
      return ledgerFailure(error)
    }
    return ok({
      grant: grant.value,
      hash,
      lease: lease.value,
      issuer: enrolment.issuer,
      leaseState: this.#stateOf(grant.value, lease.value),
    })
  }

  #newestGrant(id: string): { readonly version: number } | undefined {
    return this.#db
      .prepare<[string], { version: number }>('SELECT version FROM grant_doc WHERE id = ? ORDER BY version DESC LIMIT 1')
      .get(id)
  }

  /** Checks and stores a revocation list. A list that goes back, or rewrites one that was seen, is refused. */
  acceptRevocations(jws: string, enrolment: Enrolment): Result<RevocationList> {
    const list = verifyRevocationList(jws, this.#trustOf(enrolment))
    if (!list.ok) return list
    const { seq, prev } = list.value
    const hash = hashText(jws, sha256)
    const newest = this.#db
      .prepare<[string], { seq: number; hash: string }>('SELECT seq, hash FROM revocations WHERE issuer = ? ORDER BY seq DESC LIMIT 1')
      .get(enrolment.issuer)
    if (newest && seq < newest.seq)
      return fail(
        'revocations.older',
        'The rights service sent an older list of withdrawn licences than this device already has. It was not accepted; try again later.',
        { seq, have: newest.seq },
      )
    if (newest && ((seq === newest.seq && hash !== newest.hash) || (seq === newest.seq + 1 && prev !== newest.hash)))
      return fail(
        'revocations.changed',
        'The rights service changed a list of withdrawn licences it had already published. It was not accepted; tell whoever runs the service.',
        { seq },
      )
    try {
      this.#db
        .prepare('INSERT OR IGNORE INTO revocations (issuer, seq, hash, jws) VALUES (?, ?, ?, ?)')
        .run(enrolment.issuer, seq, hash, jws)
      this.clock.observe(Date.parse(list.value.issuedAt), `revocations ${seq}`)
    } catch (error) {
      return ledgerFailure(error)
    }
    return ok(list.value)
  }

  /** Asks the service for the newest list. */
  async refreshRevocations(client: ServiceClient, enrolment: Enrolment): Promise<Result<RevocationList>> {
    const reply = await client.revocations()
    return reply.ok ? this.acceptRevocations(reply.value.revocationListJws, enrolment) : reply
  }

  /**
   * Gets grant and lease for a work. `ledgerHead` is the ledger's newest receipt for this service. Codes: those of `accept`, `lease.*`, `work.unknown`, `service.*`.
   * On `lease.receipts_missing` and `lease.ledger_forked`, sync and ask again.
   */
  async lease(
    client: ServiceClient,
    enrolment: Enrolment,
    {
      work,
      ledgerHead,
    }: { readonly work: string; readonly ledgerHead: { readonly epoch: string; readonly seq: number; readonly hash: string } | null },
  ): Promise<Result<WorkLicence>> {
    const started = performance.now()
    const reply = await client.lease({ work, ledger: ledgerHead })
    return reply.ok ? this.accept(reply.value, enrolment, { work, roundTripMs: performance.now() - started }) : reply
  }

  #stateOf(grant: Grant, lease: Lease | null): LeaseState {
    if (!lease) return 'none'
    const late = this.clock.nowMs - Date.parse(lease.notAfter)
    return late <= 0 ? 'valid' : late <= grant.offline.graceHours * HOUR_MS ? 'grace' : 'ended'
  }

  #parse<T>(cache: Map<string, T>, jws: string, verify: (text: string, trust: StatementTrust) => Result<T>): T | undefined {
    let value = cache.get(jws)
    if (!value) {
      const parsed = verify(jws, TRUSTED)
      if (!parsed.ok) return undefined
      value = parsed.value
      cache.set(jws, value)
    }
    return value
  }

  /** Newest version of every grant on this device with its newest lease. Narrow to works with `works`. */
  grantsInForce({ works }: { readonly works?: readonly string[] } = {}): WorkLicence[] {
    const rows = this.#db
      .prepare<[], GrantRow & { readonly work: string }>(
        `SELECT g.hash, g.issuer, g.work, g.jws, (SELECT l.jws FROM lease l WHERE l.grant_hash = g.hash ORDER BY l.rowid DESC LIMIT 1) AS lease
         FROM grant_doc g WHERE g.version = (SELECT max(version) FROM grant_doc WHERE id = g.id) ORDER BY g.id`,
      )
      .all()
    const wanted = works && new Set(works)
    return rows.flatMap((row) => {
      if (wanted && !wanted.has(row.work)) return []
      const grant = this.#parse(this.#grants, row.jws, verifyGrant)
      const lease = row.lease === null ? null : (this.#parse(this.#leases, row.lease, verifyLease) ?? null)
      return grant ? [{ grant, hash: row.hash, lease, issuer: row.issuer, leaseState: this.#stateOf(grant, lease) }] : []
    })
  }

  /** What is withdrawn, from the newest list of each service; null if there never was one. */
  revocations(): RevocationList | null {
    const rows = this.#db
      .prepare<[], { issuer: string; hash: string; jws: string }>(
        'SELECT issuer, hash, jws FROM revocations r WHERE seq = (SELECT max(seq) FROM revocations WHERE issuer = r.issuer) ORDER BY issuer',
      )
      .all()
    const key = rows.map((row) => row.hash).join()
    if (this.#revocations?.key === key) return this.#revocations.list
    const lists = rows.flatMap((row) => {
      const list = verifyRevocationList(row.jws, TRUSTED)
      return list.ok ? [list.value] : []
    })
    const stalest = lists.toSorted((a, b) => a.nextUpdate.localeCompare(b.nextUpdate))[0]
    const list = stalest ? { ...stalest, entries: lists.flatMap((one) => one.entries) } : null
    this.#revocations = { key, list }
    return list
  }

  /** Exports that count against a grant within its period and against its lease; exports under way count, except `exceptIntent`. */
  #exportsUsed({ grant, lease }: GrantInForce, exceptIntent: string): { readonly grant: number; readonly lease: number } {
    const since = grant.use.exports ? new Date(this.clock.nowMs - grant.use.exports.perDays * DAY_MS).toISOString() : ''
    const count = (sql: string, ...values: string[]): number => this.#db.prepare<string[], { n: number }>(sql).get(...values)?.n ?? 0
    const open = "JOIN intent i ON i.id = u.intent_id WHERE i.state = 'open' AND i.id <> ?"
    return {
      grant:
        count('SELECT count(DISTINCT receipt_id) AS n FROM receipt_use WHERE grant_id = ? AND issued_at >= ?', grant.id, since) +
        count(`SELECT count(DISTINCT u.intent_id) AS n FROM intent_use u ${open} AND u.grant_id = ?`, exceptIntent, grant.id),
      lease: lease
        ? count('SELECT count(DISTINCT receipt_id) AS n FROM receipt_use WHERE lease_id = ?', lease.id) +
          count(`SELECT count(DISTINCT u.intent_id) AS n FROM intent_use u ${open} AND u.lease_id = ?`, exceptIntent, lease.id)
        : 0,
    }
  }

  /**
   * Everything `decide` needs besides grants and usage. At commit pass the export's own receipt id as `exceptIntent`, or it would count against itself.
   */
  context(
    purpose: DecisionContext['purpose'],
    {
      grants = this.grantsInForce(),
      exceptIntent = '',
    }: { readonly grants?: readonly GrantInForce[]; readonly exceptIntent?: string } = {},
  ): DecisionContext {
    const exportsUsed: Record<string, number> = {}
    const leaseExportsUsed: Record<string, number> = {}
    for (const one of grants) {
      const used = this.#exportsUsed(one, exceptIntent)
      exportsUsed[one.grant.id] = used.grant
      if (one.lease) leaseExportsUsed[one.lease.id] = used.lease
    }
    return { purpose, nowMs: this.clock.nowMs, clock: this.clock.state(), revocations: this.revocations(), exportsUsed, leaseExportsUsed }
  }
}
