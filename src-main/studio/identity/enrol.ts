// Connecting to a rights service: pin its keys on first contact, enrol, renew the claim-signing certificate before it ends.
import { createPrivateKey, webcrypto } from 'node:crypto'
import { ENROL_TYP, verifyTrustBundle } from '../../../src-shared/protocol/index.ts'
import type { TrustBundle } from '../../../src-shared/protocol/index.ts'
import { buildJws, fail, ok, toHex, utf8 } from '../../../src-shared/std/index.ts'
import type { Result } from '../../../src-shared/std/index.ts'
import type { ServiceClient } from '../service-client/index.ts'
import { isLoopback } from '../service-client/index.ts'
import { sha256, verifyEd25519 } from './crypto.ts'
import type { Enrolment, Identity } from './identity.ts'

/** Certificates are renewed this long before they end. */
const RENEW_BEFORE_MS = 7 * 86_400_000
const ES256 = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const

const buildCsr = async (claimKeyPem: string): Promise<string> => {
  // Loaded here: the certificate library would cost every start 60 ms.
  await import('reflect-metadata')
  const x509 = await import('@peculiar/x509')
  // The library's types name the browser's classes; Node's are the same at run time.
  type Keys = Parameters<typeof x509.Pkcs10CertificateRequestGenerator.create>[0]['keys']
  const provider = x509.cryptoProvider as { set(crypto: unknown): void }
  provider.set(webcrypto)
  const key = createPrivateKey(claimKeyPem)
  const privateKey = await webcrypto.subtle.importKey('pkcs8', key.export({ format: 'der', type: 'pkcs8' }), ES256, false, ['sign'])
  const { kty, crv, x, y } = key.export({ format: 'jwk' })
  const publicKey = await webcrypto.subtle.importKey('jwk', { kty, crv, x, y } as webcrypto.JsonWebKey, ES256, true, ['verify'])
  const request = await x509.Pkcs10CertificateRequestGenerator.create({
    name: 'CN=Stemma device',
    keys: { privateKey, publicKey } as unknown as Keys,
    signingAlgorithm: ES256,
  })
  return request.toString('pem')
}

/** The service's keys as far as this device trusts them. Codes: `trust.changed`, `trust.older`, `jws.*`, `service.*`. */
const fetchTrust = async (client: ServiceClient, identity: Identity): Promise<Result<TrustBundle>> => {
  const reply = await client.trust()
  if (!reply.ok) return reply
  const first = verifyTrustBundle(reply.value.trustJws, { pinned: undefined, sha256, verify: verifyEd25519 })
  if (!first.ok) return first
  const atThisUrl = identity.enrolments().find((enrolment) => enrolment.url === client.url)
  if (atThisUrl && atThisUrl.issuer !== first.value.issuer && !isLoopback(client.url))
    return fail(
      'trust.changed',
      `The rights service at ${client.url} is not the one this device enrolled with. Nothing was accepted from it; ask who runs it.`,
    )
  const pinned = identity.enrolment(first.value.issuer)?.trust
  return pinned ? verifyTrustBundle(reply.value.trustJws, { pinned, sha256, verify: verifyEd25519 }) : first
}

const enrolNow = async (client: ServiceClient, identity: Identity, trust: TrustBundle): Promise<Result<Enrolment>> => {
  const challenge = await client.enrolChallenge()
  if (!challenge.ok) return challenge
  const csr = await buildCsr(identity.claimKeyPem)
  const payload = { csrSha256: toHex(sha256(utf8(csr))), nonce: challenge.value.nonce }
  const proof = buildJws({ typ: ENROL_TYP, kid: identity.kid, payload }, identity.sign)
  const reply = await client.enrol({ deviceKey: identity.jwk, csr, proof })
  if (!reply.ok) return reply
  const { device, account, token, certificates, notAfter } = reply.value
  if (device !== identity.kid)
    return fail('enrol.refused', 'The rights service enrolled another device than this one. Nothing was kept; try again.')
  const enrolment: Enrolment = { issuer: trust.issuer, url: client.url, device, account, token, certificates, notAfter, trust }
  identity.saveEnrolment(enrolment)
  return ok(enrolment)
}

/** Makes sure this device is enrolled with the service behind `client`, with fresh keys of the service and a certificate that still lasts. */
export const ensureEnrolled = async (
  client: ServiceClient,
  identity: Identity,
  { nowMs, isForced = false }: { readonly nowMs: number; readonly isForced?: boolean },
): Promise<Result<Enrolment>> => {
  const trust = await fetchTrust(client, identity)
  if (!trust.ok) return trust
  const known = identity.enrolment(trust.value.issuer)
  if (!known || isForced || Date.parse(known.notAfter) - nowMs < RENEW_BEFORE_MS) return enrolNow(client, identity, trust.value)
  const current = { ...known, url: client.url, trust: trust.value }
  if (known.url !== client.url || JSON.stringify(known.trust.anchors) !== JSON.stringify(trust.value.anchors))
    identity.saveEnrolment(current)
  return ok(current)
}
