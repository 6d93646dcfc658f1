import 'reflect-metadata'
import { webcrypto, X509Certificate } from 'node:crypto'
import * as x509 from '@peculiar/x509'
import { describe, expect, it } from 'vitest'
import { createRootCertificate, issueSigningCertificate } from '../../pack/label-certificates.ts'
import { describeCertificate, judgeChain } from './certificates.ts'

const crypto = webcrypto as unknown as NonNullable<Parameters<typeof x509.X509CertificateGenerator.create>[1]>
const ES256 = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' }
const CLAIM_SIGNING = '1.3.6.1.4.1.62558.2.1'
const DAY = 86_400_000

interface Party {
  readonly certificate: X509Certificate
  readonly parsed: x509.X509Certificate
  readonly keys: Awaited<ReturnType<typeof makeKeys>>
}

const makeKeys = async () =>
  (await webcrypto.subtle.generateKey(ES256, true, ['sign', 'verify'])) as unknown as Parameters<
    typeof x509.X509CertificateGenerator.createSelfSigned
  >[0]['keys']

const issue = async (
  name: string,
  issuer: Party | null,
  extensions: readonly x509.Extension[],
  days: readonly [number, number] = [-1, 1],
): Promise<Party> => {
  const keys = await makeKeys()
  const validity = { notBefore: new Date(Date.now() + days[0] * DAY), notAfter: new Date(Date.now() + days[1] * DAY) }
  const parsed = await x509.X509CertificateGenerator.create(
    {
      serialNumber: '01',
      subject: `CN=${name}`,
      issuer: issuer ? issuer.parsed.subjectName : `CN=${name}`,
      ...validity,
      signingAlgorithm: ES256,
      publicKey: keys.publicKey,
      signingKey: (issuer?.keys ?? keys).privateKey,
      extensions: [...extensions, await x509.AuthorityKeyIdentifierExtension.create(issuer?.parsed ?? keys.publicKey, false, crypto)],
    },
    crypto,
  )
  return { certificate: new X509Certificate(parsed.toString('pem')), parsed, keys }
}

const ca = (pathLength?: number): readonly x509.Extension[] => [
  new x509.BasicConstraintsExtension(true, pathLength, true),
  new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign, true),
]
const leaf = (usages: string[] = [CLAIM_SIGNING], usage: number = x509.KeyUsageFlags.digitalSignature): readonly x509.Extension[] => [
  new x509.BasicConstraintsExtension(false, undefined, true),
  new x509.KeyUsagesExtension(usage, true),
  ...(usages.length > 0 ? [new x509.ExtendedKeyUsageExtension(usages)] : []),
]
const chainOf = (...parties: readonly Party[]): X509Certificate[] => parties.map(({ certificate }) => certificate)

describe('the chain of a signer', async () => {
  const root = await issue('Root', null, ca())
  const middle = await issue('Middle', root, ca(0))
  const judge = (chain: readonly X509Certificate[], anchors = chainOf(root), now = Date.now()) => judgeChain(chain, anchors, now).state

  it('is trusted straight from the root and over an authority in between', async () => {
    expect(judge(chainOf(await issue('Leaf', root, leaf())))).toBe('trusted')
    expect(judge(chainOf(await issue('Leaf', middle, leaf()), middle))).toBe('trusted')
    expect(judge(chainOf(await issue('Leaf', middle, leaf())), chainOf(middle))).toBe('trusted')
  })

  it('is unknown without the authority in between, or under another root of the same name', async () => {
    expect(judge(chainOf(await issue('Leaf', middle, leaf())))).toBe('unknown')
    const impostor = await issue('Root', null, ca())
    expect(judge(chainOf(await issue('Leaf', impostor, leaf()), impostor))).toBe('unknown')
  })

  it('holds only while each of its certificates does', async () => {
    expect(judge(chainOf(await issue('Leaf', root, leaf(), [-3, -1])))).toBe('expired')
    expect(judge(chainOf(await issue('Leaf', root, leaf(), [1, 3])))).toBe('not-yet')
    const old = await issue('Old', root, ca(), [-3, -1])
    expect(judge(chainOf(await issue('Leaf', old, leaf()), old))).toBe('expired')
  })

  it('is unfit where a certificate does what it may not', async () => {
    const cases: readonly (readonly [string, X509Certificate[], X509Certificate[]?])[] = [
      ['an authority signs', chainOf(middle)],
      ['the root signs', chainOf(root)],
      ['a self-made certificate signs', chainOf(await issue('Self', null, leaf()))],
      ['the leaf is its own anchor', chainOf(await issue('Self', null, leaf()))],
      ['not meant for signatures', chainOf(await issue('Leaf', root, leaf([CLAIM_SIGNING], x509.KeyUsageFlags.keyEncipherment)))],
      ['not meant for claims', chainOf(await issue('Leaf', root, leaf(['1.3.6.1.5.5.7.3.1'])))],
      ['meant for anything', chainOf(await issue('Leaf', root, leaf(['2.5.29.37.0', CLAIM_SIGNING])))],
      ['says no purpose', chainOf(await issue('Leaf', root, leaf([])))],
    ]
    for (const [what, chain, anchors] of cases)
      expect(judge(chain, anchors ?? [...chainOf(root), ...(what.includes('anchor') ? chain : [])]), what).toBe('unfit')
    const notCa = await issue('NotCa', root, leaf())
    expect(judge(chainOf(await issue('Leaf', notCa, leaf()), notCa))).toBe('unknown')
    // `middle` allows no further authority below it.
    const below = await issue('Below', middle, ca())
    expect(judge(chainOf(await issue('Leaf', below, leaf()), below, middle))).toBe('unfit')
    expect(judge([])).toBe('unfit')
  })

  it('names people by their own letters', async () => {
    const odd = 'Ana “<b>” Ñ, \\"x\\" Ltd'
    const made = await issueSigningCertificate(await createRootCertificate({ name: odd }), { name: odd })
    expect(describeCertificate(new X509Certificate(made.certificate))).toMatchObject({ name: odd, organisation: odd, issuer: odd })
  })
})
