// The service's own certificate authority: root, intermediate, and short-lived claim-signing certificates for devices (C2PA 2.2 section 14.5,
// PROVENANCE profile: EKU c2pa-kp-claimSigning and documentSigning, digitalSignature only, never a CA).
import 'reflect-metadata'
import { randomBytes, webcrypto } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import * as x509 from '@peculiar/x509'
import { fail, ok } from '../src-shared/std/index.ts'
import type { Result } from '../src-shared/std/index.ts'
import { writeSecret } from './keys.ts'

type CryptoKey = webcrypto.CryptoKey
const crypto = webcrypto
// The library's types name the browser's classes; Node's are the same at run time.
type LibraryKey = NonNullable<x509.Pkcs10CertificateRequestCreateParams['keys']['privateKey']>
const libraryKey = (key: CryptoKey): LibraryKey => key as unknown as LibraryKey
const provider = x509.cryptoProvider as { set(crypto: unknown): void }
provider.set(crypto)

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const
const CLAIM_SIGNING = '1.3.6.1.4.1.62558.2.1'
const DOCUMENT_SIGNING = '1.3.6.1.5.5.7.3.36'
const DAY_MS = 86_400_000

interface Issuer {
  readonly certificate: x509.X509Certificate
  readonly key: CryptoKey
}

export interface Authority {
  /** Root certificate, PEM. */
  readonly anchor: string
  /** Certifies the key of a PKCS #10 request. Codes: `enrol.bad_csr`. */
  issue(csrPem: string, options: { readonly commonName: string; readonly nowMs: number }): Promise<Result<IssuedCertificate>>
}

export interface IssuedCertificate {
  /** Leaf, then intermediate, PEM each. */
  readonly chain: readonly string[]
  readonly serial: string
  readonly notAfter: string
}

const serialNumber = (): string => `4${randomBytes(15).toString('hex').slice(1)}`

const exportKey = async (key: CryptoKey): Promise<string> =>
  x509.PemConverter.encode(await crypto.subtle.exportKey('pkcs8', key), 'PRIVATE KEY')

const importKey = (pem: string): Promise<CryptoKey> => {
  const der = x509.PemConverter.decodeFirst(pem)
  return crypto.subtle.importKey('pkcs8', der, ALGORITHM, true, ['sign'])
}

const load = async (dir: string, name: string): Promise<Issuer | undefined> => {
  const certificate = join(dir, `${name}.crt.pem`)
  const key = join(dir, `${name}.key.pem`)
  if (!existsSync(certificate) || !existsSync(key)) return undefined
  return { certificate: new x509.X509Certificate(readFileSync(certificate, 'utf8')), key: await importKey(readFileSync(key, 'utf8')) }
}

const save = async (dir: string, name: string, { certificate, key }: Issuer): Promise<void> => {
  writeSecret(join(dir, `${name}.key.pem`), await exportKey(key))
  writeSecret(join(dir, `${name}.crt.pem`), certificate.toString('pem'))
}

const makeAuthorityCertificate = async (name: string, days: number, parent: Issuer | undefined, nowMs: number): Promise<Issuer> => {
  const keys = (await crypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify'])) as webcrypto.CryptoKeyPair
  const extensions = [
    new x509.BasicConstraintsExtension(true, parent ? 0 : 1, true),
    new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
    await x509.SubjectKeyIdentifierExtension.create(libraryKey(keys.publicKey)),
    await x509.AuthorityKeyIdentifierExtension.create(parent ? parent.certificate.publicKey : libraryKey(keys.publicKey)),
  ]
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: serialNumber(),
    subject: name,
    issuer: parent ? parent.certificate.subject : name,
    notBefore: new Date(nowMs - DAY_MS),
    notAfter: new Date(nowMs + days * DAY_MS),
    signingAlgorithm: ALGORITHM,
    publicKey: libraryKey(keys.publicKey),
    signingKey: libraryKey(parent ? parent.key : keys.privateKey),
    extensions,
  })
  return { certificate, key: keys.privateKey }
}

/** Opens root and intermediate in `dir`, making them on first use. `leafDays` is the life of device certificates. */
export const openAuthority = async (dir: string, { leafDays, nowMs }: { leafDays: number; nowMs: number }): Promise<Authority> => {
  let root = await load(dir, 'root')
  if (!root) {
    root = await makeAuthorityCertificate('CN=Stemma Rights Service Root,O=Stemma', 3650, undefined, nowMs)
    await save(dir, 'root', root)
  }
  let intermediate = await load(dir, 'intermediate')
  if (!intermediate) {
    intermediate = await makeAuthorityCertificate('CN=Stemma Claim Signing,O=Stemma', 1825, root, nowMs)
    await save(dir, 'intermediate', intermediate)
  }
  const issuer = intermediate
  return {
    anchor: root.certificate.toString('pem'),
    issue: async (csrPem, { commonName, nowMs: now }) => {
      const refused = fail(
        'enrol.bad_csr',
        'The certificate request is not one for an ES256 key that its sender holds. Create a new device key and enrol again.',
      )
      try {
        const request = new x509.Pkcs10CertificateRequest(csrPem)
        const algorithm = request.publicKey.algorithm as { name: string; namedCurve?: string }
        if (algorithm.name !== 'ECDSA' || algorithm.namedCurve !== 'P-256' || !(await request.verify())) return refused
        const notAfter = new Date(Math.floor((now + leafDays * DAY_MS) / 1000) * 1000)
        const serial = serialNumber()
        // Subject and extensions of the request are ignored: a device cannot choose its name or its rights.
        const leaf = await x509.X509CertificateGenerator.create({
          serialNumber: serial,
          subject: `CN=${commonName},O=Stemma`,
          issuer: issuer.certificate.subject,
          notBefore: new Date(now - 5 * 60_000),
          notAfter,
          signingAlgorithm: ALGORITHM,
          publicKey: request.publicKey,
          signingKey: libraryKey(issuer.key),
          extensions: [
            new x509.BasicConstraintsExtension(false, undefined, true),
            new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
            new x509.ExtendedKeyUsageExtension([CLAIM_SIGNING, DOCUMENT_SIGNING]),
            await x509.SubjectKeyIdentifierExtension.create(request.publicKey),
            await x509.AuthorityKeyIdentifierExtension.create(issuer.certificate.publicKey),
          ],
        })
        return ok({ chain: [leaf.toString('pem'), issuer.certificate.toString('pem')], serial, notAfter: notAfter.toISOString() })
      } catch {
        return refused
      }
    },
  }
}
