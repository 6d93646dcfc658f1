// Enrolment: a device proves that it holds both its keys and gets a short-lived certificate and a token. No name, no address: the account is a pseudonym.
import { createHmac, randomBytes } from 'node:crypto'
import type { z } from 'zod'
import { ENROL_TYP, enrolProofSchema } from '../src-shared/protocol/index.ts'
import type { EnrolReply, EnrolRequest } from '../src-shared/protocol/index.ts'
import { fail, jwkBytes, jwkThumbprint, ok, toHex, utf8, verifyJws } from '../src-shared/std/index.ts'
import type { Result } from '../src-shared/std/index.ts'
import type { Authority } from './authority.ts'
import { sha256, verifyEd25519 } from './keys.ts'
import type { ServiceKeys } from './keys.ts'
import type { ServiceStore } from './store.ts'

const CHALLENGE_MS = 10 * 60_000
const TOKEN_MS = 365 * 86_400_000

export const tokenHash = (token: string): string => toHex(sha256(utf8(token)))

export const makeChallenge = async (store: ServiceStore, nowMs: number): Promise<{ nonce: string; expiresAt: string }> => {
  const challenge = { nonce: randomBytes(24).toString('base64url'), expiresAt: new Date(nowMs + CHALLENGE_MS).toISOString() }
  await store.transact((writer) => writer.putChallenge(challenge.nonce, challenge.expiresAt))
  return challenge
}

/** Enrols or renews. Codes: `enrol.bad_proof`, `enrol.expired`, `enrol.bad_csr`. */
export const enrol = async (
  { store, keys, authority }: { store: ServiceStore; keys: ServiceKeys; authority: Authority },
  { deviceKey, csr, proof }: EnrolRequest,
  nowMs: number,
): Promise<Result<EnrolReply>> => {
  const key = jwkBytes(deviceKey)
  const kid = jwkThumbprint(deviceKey, sha256)
  const verified = verifyJws(proof, {
    typ: ENROL_TYP,
    schema: enrolProofSchema as z.ZodType<z.output<typeof enrolProofSchema>>,
    keyFor: (name) => (name === kid ? key : undefined),
    verify: verifyEd25519,
  })
  if (!verified.ok || verified.value.payload.csrSha256 !== toHex(sha256(utf8(csr))))
    return fail('enrol.bad_proof', 'The device did not prove that it holds its key. Enrol again; if it fails twice, make a new device key.')
  const now = new Date(nowMs).toISOString()
  if (!(await store.transact((writer) => writer.takeChallenge(verified.value.payload.nonce, now))))
    return fail('enrol.expired', 'The enrolment took too long or was sent twice. Enrol again.')
  const issued = await authority.issue(csr, { commonName: `Stemma device ${kid.slice(0, 12)}`, nowMs })
  if (!issued.ok) return issued
  const account = `urn:stemma:account:${createHmac('sha256', keys.accountSecret).update(kid).digest('base64url').slice(0, 32)}`
  const token = randomBytes(32).toString('base64url')
  await store.transact((writer) =>
    writer.putDevice(
      { kid, x: deviceKey.x, account, enrolledAt: now },
      { hash: tokenHash(token), expiresAt: new Date(nowMs + TOKEN_MS).toISOString() },
    ),
  )
  return ok({ device: kid, account, token, certificates: [...issued.value.chain], notAfter: issued.value.notAfter })
}
