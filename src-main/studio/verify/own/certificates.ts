// The signer's certificates: RFC 5280 path to a given anchor and the rules C2PA puts on a claim-signing leaf (2.2, section 14.5).
// Only what `node:crypto` leaves out is parsed here: key usage, basic constraints and the key identifiers.
import { X509Certificate } from 'node:crypto'

export interface SignerCertificate {
  readonly name: string
  readonly organisation: string
  readonly issuer: string
  readonly serial: string
  readonly notBefore: Date
  readonly notAfter: Date
}

export type ChainState = 'trusted' | 'unknown' | 'expired' | 'not-yet' | 'unfit'

export interface ChainVerdict {
  readonly state: ChainState
  readonly why: string
}

const OID_KEY_USAGE = '551d0f'
const OID_BASIC_CONSTRAINTS = '551d13'
const OID_EXTENDED_KEY_USAGE = '551d25'
const OID_AUTHORITY_KEY_IDENTIFIER = '551d23'
const EKU_ANY = '2.5.29.37.0'
/** Claim signing (C2PA), document signing, e-mail protection. */
const ACCEPTED_EKUS: readonly string[] = ['1.3.6.1.4.1.62558.2.1', '1.3.6.1.5.5.7.3.36', '1.3.6.1.5.5.7.3.4']
const KEY_USAGE_DIGITAL_SIGNATURE = 0x80
const KEY_USAGE_CERT_SIGN = 0x04
const MAX_CHAIN = 8

interface Der {
  readonly tag: number
  readonly body: Buffer
}

const readDer = (bytes: Buffer): readonly Der[] => {
  const items: Der[] = []
  let at = 0
  while (at + 2 <= bytes.length) {
    const tag = bytes.readUInt8(at)
    let length = bytes.readUInt8(at + 1)
    at += 2
    if (length & 0x80) {
      const count = length & 0x7f
      if (count === 0 || count > 4 || at + count > bytes.length) throw new Error('a certificate is malformed')
      length = bytes.readUIntBE(at, count)
      at += count
    }
    if (at + length > bytes.length) throw new Error('a certificate is malformed')
    items.push({ tag, body: bytes.subarray(at, at + length) })
    at += length
  }
  return items
}

interface Extensions {
  readonly keyUsage: number | undefined
  readonly isCa: boolean
  readonly pathLength: number | undefined
  readonly hasAuthorityKeyIdentifier: boolean
  readonly hasExtendedKeyUsage: boolean
}

const readExtensions = (certificate: X509Certificate): Extensions => {
  const [outer] = readDer(certificate.raw)
  const [tbs] = readDer(outer?.body ?? Buffer.alloc(0))
  const wrapper = readDer(tbs?.body ?? Buffer.alloc(0)).find((item) => item.tag === 0xa3)
  const [list] = wrapper ? readDer(wrapper.body) : []
  const values = new Map<string, Buffer>()
  for (const extension of list ? readDer(list.body) : []) {
    const parts = readDer(extension.body)
    const id = parts[0]?.body.toString('hex') ?? ''
    // Which of two equal extensions counts differs between readers.
    if (values.has(id)) throw new Error('a certificate holds an extension twice')
    values.set(id, parts.at(-1)?.body ?? Buffer.alloc(0))
  }
  const usage = values.get(OID_KEY_USAGE)
  const constraints = values.get(OID_BASIC_CONSTRAINTS)
  const [sequence] = constraints ? readDer(constraints) : []
  const parts = sequence ? readDer(sequence.body) : []
  const pathLength = parts.find((part) => part.tag === 0x02)?.body
  return {
    keyUsage: usage ? readDer(usage)[0]?.body[1] : undefined,
    isCa: parts.some((part) => part.tag === 0x01 && part.body[0] !== 0),
    pathLength: pathLength && pathLength.length === 1 ? pathLength[0] : undefined,
    hasAuthorityKeyIdentifier: values.has(OID_AUTHORITY_KEY_IDENTIFIER),
    hasExtendedKeyUsage: values.has(OID_EXTENDED_KEY_USAGE),
  }
}

/** The first value of a name's attribute. The legacy object is the one form Node gives without escapes. */
const attribute = (name: unknown, key: string): string => {
  const value = typeof name === 'object' && name !== null ? (name as Readonly<Record<string, unknown>>)[key] : undefined
  const first = Array.isArray(value) ? (value as readonly unknown[])[0] : value
  return typeof first === 'string' ? first : ''
}

export const describeCertificate = (certificate: X509Certificate): SignerCertificate => {
  const { subject, issuer } = certificate.toLegacyObject()
  return {
    name: attribute(subject, 'CN') || attribute(subject, 'O'),
    organisation: attribute(subject, 'O'),
    issuer: attribute(issuer, 'CN') || attribute(issuer, 'O'),
    serial: certificate.serialNumber.toLowerCase(),
    notBefore: new Date(certificate.validFrom),
    notAfter: new Date(certificate.validTo),
  }
}

/** Certificates of PEM texts, each of which may hold several. Throws on text that holds none. */
export const readPem = (texts: readonly string[]): readonly X509Certificate[] =>
  texts.flatMap((text) => {
    const blocks = text.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g)
    if (!blocks) throw new Error('there is no certificate in this text')
    return blocks.map((block) => new X509Certificate(block))
  })

const isIssuedBy = (certificate: X509Certificate, issuer: X509Certificate): boolean => {
  try {
    return certificate.checkIssued(issuer) && certificate.verify(issuer.publicKey)
  } catch {
    return false
  }
}

const unfit = (why: string): ChainVerdict => ({ state: 'unfit', why })

const judgeLeaf = (leaf: X509Certificate): ChainVerdict | undefined => {
  const extensions = readExtensions(leaf)
  if (extensions.isCa || leaf.ca) return unfit('The signing certificate is that of an authority, which must not sign files.')
  if (leaf.verify(leaf.publicKey)) return unfit('The signing certificate is signed by itself.')
  if (!((extensions.keyUsage ?? 0) & KEY_USAGE_DIGITAL_SIGNATURE)) return unfit('The signing certificate is not meant for signatures.')
  // Node's types leave out that a certificate without the extension has none.
  const usages: readonly string[] = extensions.hasExtendedKeyUsage ? (leaf.keyUsage ?? []) : []
  if (usages.includes(EKU_ANY) || !usages.some((usage) => ACCEPTED_EKUS.includes(usage))) {
    return unfit('The signing certificate is not meant for signing content credentials.')
  }
  if (!extensions.hasAuthorityKeyIdentifier) return unfit('The signing certificate does not name its authority.')
  return undefined
}

const judgeTime = (certificate: X509Certificate, now: number): ChainVerdict | undefined => {
  const { notBefore, notAfter } = describeCertificate(certificate)
  if (!(now >= notBefore.getTime()))
    return { state: 'not-yet', why: `A certificate of the signer is valid only from ${notBefore.toISOString()}.` }
  if (!(now <= notAfter.getTime())) return { state: 'expired', why: `A certificate of the signer ended on ${notAfter.toISOString()}.` }
  return undefined
}

/** Judges a chain (leaf first, root left out) against the anchors at a time in ms. The order of reasons: unfit, unknown, then time. */
export const judgeChain = (chain: readonly X509Certificate[], anchors: readonly X509Certificate[], now: number): ChainVerdict => {
  const [leaf, ...others] = chain
  if (!leaf) return unfit('The signature carries no certificate.')
  if (chain.length > MAX_CHAIN) return unfit('The signature carries too many certificates.')
  try {
    const leafVerdict = judgeLeaf(leaf)
    if (leafVerdict) return leafVerdict
    const path = [leaf]
    const candidates = [...others]
    for (;;) {
      const tip = path.at(-1) as X509Certificate
      const anchor = anchors.find((candidate) => candidate.raw.equals(tip.raw) || isIssuedBy(tip, candidate))
      if (anchor && path.length + 1 <= MAX_CHAIN) {
        if (anchor.raw.equals(leaf.raw)) return unfit('The signing certificate is itself an anchor.')
        const authorities = anchor.raw.equals(tip.raw) ? path.slice(1) : [...path.slice(1), anchor]
        for (const [index, authority] of authorities.entries()) {
          const { isCa, keyUsage, pathLength } = readExtensions(authority)
          if (!isCa || !((keyUsage ?? 0) & KEY_USAGE_CERT_SIGN)) return unfit('A certificate in the chain must not issue others.')
          if (pathLength !== undefined && index > pathLength) return unfit('The chain of certificates is longer than its authority allows.')
        }
        for (const certificate of [leaf, ...authorities]) {
          const late = judgeTime(certificate, now)
          if (late) return late
        }
        return {
          state: 'trusted',
          why: `The certificate was issued by ${describeCertificate(anchor).name}, which is one of the trusted authorities.`,
        }
      }
      const next = candidates.findIndex((candidate) => isIssuedBy(tip, candidate))
      const [issuer] = next < 0 ? [] : candidates.splice(next, 1)
      if (!issuer) {
        const { issuer: name } = describeCertificate(leaf)
        return {
          state: 'unknown',
          why: `The certificate was issued by ${name || 'an unnamed authority'}, which is not one of the trusted authorities.`,
        }
      }
      path.push(issuer)
    }
  } catch {
    return unfit('A certificate of the signer is malformed.')
  }
}
