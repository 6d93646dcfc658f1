// Certificates a label signs its stems with: a root of its own and an ES256 leaf for claim signing, in the shape C2PA asks for
// (PROVENANCE.md 1.5: leaf never a CA, EKU claimSigning and documentSigning, AKI present, x5chain without the root).
import { webcrypto } from 'node:crypto'
import type * as x509 from '@peculiar/x509'

const EKU_C2PA_CLAIM_SIGNING = '1.3.6.1.4.1.62558.2.1'
const EKU_DOCUMENT_SIGNING = '1.3.6.1.5.5.7.3.36'
const ES256 = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const
const DAY_MS = 86_400_000

/** A certificate with its private key, PEM. */
export interface Credential {
  readonly certificate: string
  readonly privateKey: string
}

interface CertificateSubject {
  /** Shown to people as the signer. */
  readonly name: string
  readonly notBefore?: Date
  readonly notAfter?: Date
}

// The library is typed against the DOM's Crypto; Node's has the same shape under another name.
type DomCrypto = NonNullable<Parameters<typeof x509.X509CertificateGenerator.create>[1]>
type DomKeys = Parameters<typeof x509.X509CertificateGenerator.createSelfSigned>[0]['keys']
const provider = webcrypto as unknown as DomCrypto

/** Loaded late: the certificate library would cost every start 60 ms, and labels are made once. */
const loadX509 = async (): Promise<typeof x509> => {
  await import('reflect-metadata')
  return import('@peculiar/x509')
}

const generateKeys = async (): Promise<DomKeys> =>
  (await webcrypto.subtle.generateKey(ES256, true, ['sign', 'verify'])) as unknown as DomKeys

const privateKeyPem = async (keys: DomKeys): Promise<string> => {
  const der = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey as unknown as webcrypto.CryptoKey))
  return `-----BEGIN PRIVATE KEY-----\n${der.toString('base64').replace(/.{64}/g, '$&\n').trimEnd()}\n-----END PRIVATE KEY-----\n`
}

/** Distinguished names are built from parts, so that a comma or a quote in a label's name stays text. */
const nameOf = (name: string): x509.JsonName => {
  // A bare string would be parsed for quotes and escapes; the typings leave the tagged form out.
  const text = { utf8String: name.slice(0, 64) }
  return [{ CN: [text] }, { O: [text] }] as unknown as x509.JsonName
}

const serialNumber = (): string =>
  Buffer.from(webcrypto.getRandomValues(new Uint8Array(15)))
    .toString('hex')
    .replace(/^/, '01')

/** A self-signed root that may issue claim-signing certificates. */
export const createRootCertificate = async ({ name, notBefore, notAfter }: CertificateSubject): Promise<Credential> => {
  const x509 = await loadX509()
  const keys = await generateKeys()
  const now = Date.now()
  const certificate = await x509.X509CertificateGenerator.createSelfSigned(
    {
      serialNumber: serialNumber(),
      name: nameOf(name),
      notBefore: notBefore ?? new Date(now - DAY_MS),
      notAfter: notAfter ?? new Date(now + 3650 * DAY_MS),
      signingAlgorithm: ES256,
      keys,
      extensions: [
        new x509.BasicConstraintsExtension(true, undefined, true),
        new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
        await x509.SubjectKeyIdentifierExtension.create(keys.publicKey, false, provider),
      ],
    },
    provider,
  )
  return { certificate: `${certificate.toString('pem')}\n`, privateKey: await privateKeyPem(keys) }
}

/** A claim-signing leaf issued by `root`. */
export const issueSigningCertificate = async (root: Credential, { name, notBefore, notAfter }: CertificateSubject): Promise<Credential> => {
  const x509 = await loadX509()
  const keys = await generateKeys()
  const issuer = new x509.X509Certificate(root.certificate)
  const der = Buffer.from(root.privateKey.replace(/-----[^-]+-----/g, ''), 'base64')
  const signingKey = (await webcrypto.subtle.importKey('pkcs8', der, ES256, false, ['sign'])) as unknown as DomKeys['privateKey']
  const now = Date.now()
  const certificate = await x509.X509CertificateGenerator.create(
    {
      serialNumber: serialNumber(),
      subject: nameOf(name),
      issuer: issuer.subjectName,
      notBefore: notBefore ?? new Date(now - DAY_MS),
      notAfter: notAfter ?? new Date(now + 730 * DAY_MS),
      signingAlgorithm: ES256,
      publicKey: keys.publicKey,
      signingKey,
      extensions: [
        new x509.BasicConstraintsExtension(false, undefined, true),
        new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
        new x509.ExtendedKeyUsageExtension([EKU_DOCUMENT_SIGNING, EKU_C2PA_CLAIM_SIGNING]),
        await x509.SubjectKeyIdentifierExtension.create(keys.publicKey, false, provider),
        await x509.AuthorityKeyIdentifierExtension.create(issuer, false, provider),
      ],
    },
    provider,
  )
  return { certificate: `${certificate.toString('pem')}\n`, privateKey: await privateKeyPem(keys) }
}
