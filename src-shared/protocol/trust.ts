// Reading a trust bundle: which keys may sign what. A key counts only under the thumbprint it really has.
import { fail, jwkBytes, jwkThumbprint, ok, verifyJws } from '../std/index.ts'
import type { Result, Sha256, VerifyEd25519 } from '../std/index.ts'
import { parseVerifierKey } from '../receipts/index.ts'
import type { NoteKey } from '../receipts/index.ts'
import { TRUST_TYP, trustBundleSchema } from './service.ts'
import type { TrustBundle } from './service.ts'

/** Looks up a grant-signing key by `kid`. */
export const grantKeyOf = (bundle: TrustBundle, sha256: Sha256): ((kid: string) => Uint8Array | undefined) => {
  const keys = new Map<string, Uint8Array>()
  for (const jwk of bundle.grantKeys) {
    const bytes = jwkBytes(jwk)
    if (bytes && jwkThumbprint(jwk, sha256) === jwk.kid) keys.set(jwk.kid, bytes)
  }
  return (kid) => keys.get(kid)
}

export const logKeyOf = (bundle: TrustBundle, sha256: Sha256): Result<NoteKey> => parseVerifierKey(bundle.logKey, sha256)

/**
 * Reads a bundle. With `pinned` it must come from the same issuer and be signed by a key of the pinned bundle; without, by one of its own keys.
 * Codes: `jws.*`, `trust.changed`, `trust.older`.
 */
export const verifyTrustBundle = (
  trustJws: string,
  { pinned, sha256, verify }: { pinned: TrustBundle | undefined; sha256: Sha256; verify: VerifyEd25519 },
): Result<TrustBundle> => {
  let own: TrustBundle | undefined
  if (!pinned) {
    // First contact: which keys to trust stands inside the statement itself; the signature then shows that it is whole.
    const unchecked = verifyJws(trustJws, {
      typ: TRUST_TYP,
      schema: trustBundleSchema,
      keyFor: () => new Uint8Array(32),
      verify: () => true,
    })
    if (!unchecked.ok) return unchecked
    own = unchecked.value.payload
  }
  const keyFor = grantKeyOf(pinned ?? own!, sha256)
  const verified = verifyJws(trustJws, { typ: TRUST_TYP, schema: trustBundleSchema, keyFor, verify })
  if (!verified.ok) {
    if (pinned && (verified.error.code === 'jws.unknown_key' || verified.error.code === 'jws.signature'))
      return fail(
        'trust.changed',
        'The rights service signs with keys this device has never been told to trust. Nothing was accepted from it; ask who runs it.',
      )
    return verified
  }
  const bundle = verified.value.payload
  if (pinned && bundle.issuer !== pinned.issuer)
    return fail(
      'trust.changed',
      'The rights service at this address is not the one this device enrolled with. Nothing was accepted from it.',
    )
  if (pinned && bundle.issuedAt < pinned.issuedAt)
    return fail('trust.older', 'The rights service sent an older list of its keys than this device already has; it was not accepted.')
  return ok(bundle)
}
