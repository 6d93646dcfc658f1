// Grants, leases and revocation lists as they travel: compact JWS by the rights service's grant key.
import { hashText, verifyJws } from '../std/index.ts'
import type { Result, Sha256, VerifyEd25519 } from '../std/index.ts'
import { grantSchema, leaseSchema, revocationListSchema } from './grant.ts'
import type { Grant, Lease, RevocationList } from './grant.ts'

export const GRANT_TYP = 'stemma-grant+jws'
export const LEASE_TYP = 'stemma-lease+jws'
export const REVOCATIONS_TYP = 'stemma-revocations+jws'

/** Who may sign, and how a signature is checked. */
export interface StatementTrust {
  readonly keyFor: (kid: string) => Uint8Array | undefined
  readonly verify: VerifyEd25519
}

const verifyAs =
  <T>(typ: string, schema: Parameters<typeof verifyJws<T>>[1]['schema']) =>
  (jws: string, trust: StatementTrust): Result<T> => {
    const verified = verifyJws(jws, { typ, schema, ...trust })
    return verified.ok ? { ok: true, value: verified.value.payload } : verified
  }

/** Checks and reads a signed grant. Errors are the `jws.*` codes. Fields beyond the schema are dropped here; `crit` names those that matter. */
export const verifyGrant = verifyAs<Grant>(GRANT_TYP, grantSchema)
/** Checks and reads a signed lease. */
export const verifyLease = verifyAs<Lease>(LEASE_TYP, leaseSchema)
/** Checks and reads a signed revocation list. */
export const verifyRevocationList = verifyAs<RevocationList>(REVOCATIONS_TYP, revocationListSchema)

/** `grantHash` of a receipt and `hash` of a lease entry: SHA-256 of the grant's JWS text. */
export const grantHash = (grantJws: string, sha256: Sha256): string => hashText(grantJws, sha256)
