// Forged receipts (PROVENANCE 6.5): each must be refused, by signature, spelling or shape.
import { createHash, generateKeyPairSync, sign, verify } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { buildJws, canonicalText, jwkThumbprint, toBase64Url, utf8 } from '../std/index.ts'
import type { Ed25519Jwk } from '../std/index.ts'
import { verifyChain } from './chain.ts'
import { RECEIPT_TYP, ZERO_HASH } from './receipt.ts'
import type { Receipt, VoidReceipt } from './receipt.ts'
import { receiptHash, signReceipt, verifyReceipt } from './signed-receipt.ts'

const sha256 = (...chunks: readonly Uint8Array[]): Uint8Array => {
  const hash = createHash('sha256')
  for (const chunk of chunks) hash.update(chunk)
  return new Uint8Array(hash.digest())
}
const makeKey = () => {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519')
  const jwk: Ed25519Jwk = { kty: 'OKP', crv: 'Ed25519', x: publicKey.export({ format: 'jwk' }).x ?? '' }
  return { publicKey, jwk, kid: jwkThumbprint(jwk, sha256), sign: (message: Uint8Array) => new Uint8Array(sign(null, message, privateKey)) }
}
const device = makeKey()
const stranger = makeKey()
const keys = new Map<string, KeyObject>([[device.kid, device.publicKey]])
const trust = {
  keyFor: (kid: string) => (kid === device.kid ? new Uint8Array(Buffer.from(device.jwk.x, 'base64url')) : undefined),
  verify: (_key: Uint8Array, message: Uint8Array, signature: Uint8Array) => verify(null, message, keys.get(device.kid)!, signature),
}

const receipt: VoidReceipt = {
  v: 1,
  id: '0192f0c0-0000-7000-8000-000000000001',
  device: device.kid,
  epoch: '0192f0c0-0000-7000-8000-0000000000ff',
  seq: 0,
  prev: ZERO_HASH,
  issuedAt: '2026-11-22T14:00:00.000Z',
  clock: { src: 'system', uncertaintyMs: 1, anchor: '', mono: 5 },
  account: 'urn:stemma:account:x',
  app: { name: 'Stemma', version: '0.1.0' },
  type: 'void',
  reason: 'cancelled',
  voids: null,
}
const header = { alg: 'EdDSA', kid: device.kid, typ: RECEIPT_TYP }
/** A JWS over texts as they stand, signed by the device itself: only the spelling is wrong. */
const raw = (headerText: string, payloadText: string, key = device): string => {
  const signed = `${toBase64Url(utf8(headerText))}.${toBase64Url(utf8(payloadText))}`
  return `${signed}.${toBase64Url(key.sign(utf8(signed)))}`
}
const codeOf = (jws: string): string => {
  const result = verifyReceipt(jws, trust)
  return result.ok ? 'accepted' : result.error.code
}
const text = canonicalText(receipt)
const good = signReceipt(receipt, device.sign)
const [h, p, s] = good.split('.') as [string, string, string]
const withoutX = (change: object): string => canonicalText({ ...receipt, ...change })

describe('a signed receipt', () => {
  it('is read back as it was signed', () => {
    expect(verifyReceipt(good, trust)).toEqual({ ok: true, value: receipt })
    expect(raw(canonicalText(header), text)).toBe(good)
  })

  const reordered = `{"v":1,${text.slice(1).replace('"v":1,', '')}`
  it.each<[string, string, string]>([
    ['signed by another key under its own name', signReceipt({ ...receipt, device: stranger.kid }, stranger.sign), 'jws.unknown_key'],
    ['signed by another key under this name', signReceipt(receipt, stranger.sign), 'jws.signature'],
    ['with alg none', raw(canonicalText({ ...header, alg: 'none' }), text), 'jws.algorithm'],
    ['with alg none and no signature', `${toBase64Url(utf8(canonicalText({ ...header, alg: 'none' })))}.${p}.`, 'jws.malformed'],
    ['with alg ES256', raw(canonicalText({ ...header, alg: 'ES256' }), text), 'jws.algorithm'],
    ['with alg eddsa', raw(canonicalText({ ...header, alg: 'eddsa' }), text), 'jws.algorithm'],
    ['with another typ', buildJws({ typ: 'stemma-grant+jws', kid: device.kid, payload: receipt }, device.sign), 'jws.type'],
    ['with an embedded key', raw(canonicalText({ ...header, jwk: stranger.jwk }), text), 'jws.malformed'],
    ['with a critical header', raw(canonicalText({ ...header, crit: ['b64'] }), text), 'jws.malformed'],
    [
      'naming another device',
      signReceipt({ ...receipt, device: stranger.kid }, device.sign).replace(/^[^.]+/, () => toBase64Url(utf8(canonicalText(header)))),
      'jws.signature',
    ],
    [
      'signed here for another device',
      buildJws({ typ: RECEIPT_TYP, kid: device.kid, payload: { ...receipt, device: stranger.kid } }, device.sign),
      'receipt.device',
    ],
    ['with keys in another order', raw(canonicalText(header), reordered), 'jws.not_canonical'],
    ['with a key twice', raw(canonicalText(header), text.replace('"seq":0', '"seq":1,"seq":0')), 'jws.not_canonical'],
    ['with white space', raw(canonicalText(header), text.replace('"seq":0', '"seq": 0')), 'jws.not_canonical'],
    ['with an escaped letter', raw(canonicalText(header), text.replace('"void"', '"\\u0076oid"')), 'jws.not_canonical'],
    ['with a number spelt otherwise', raw(canonicalText(header), text.replace('"seq":0', '"seq":0e0')), 'jws.not_canonical'],
    ['with a header in another order', raw(`{"typ":"${RECEIPT_TYP}","kid":"${device.kid}","alg":"EdDSA"}`, text), 'jws.not_canonical'],
    ['with a look-alike field', raw(canonicalText(header), withoutX({ ѕeq: 9 })), 'jws.schema'],
    ['with an unknown field', raw(canonicalText(header), withoutX({ owner: 'someone' })), 'jws.schema'],
    ['with an own __proto__', raw(canonicalText(header), `{"__proto__":{"v":1},${text.slice(1)}`), 'jws.schema'],
    ['with a fraction for a number', raw(canonicalText(header), withoutX({ seq: 0.5 })), 'jws.schema'],
    ['with a negative number', raw(canonicalText(header), withoutX({ seq: -1 })), 'jws.schema'],
    ['of another version', raw(canonicalText(header), withoutX({ v: 2 })), 'jws.schema'],
    ['padded', `${h}.${p}==.${s}`, 'jws.malformed'],
    ['with a line break in it', `${h}.${p.slice(0, 4)}\n${p.slice(4)}.${s}`, 'jws.malformed'],
    [
      'with spare bits in its signature',
      `${h}.${p}.${s.slice(0, -1)}${s.endsWith('A') ? 'B' : s.endsWith('Q') ? 'R' : s.endsWith('g') ? 'h' : 'x'}`,
      'jws.malformed',
    ],
    ['with a byte order mark', raw(canonicalText(header), `\ufeff${text}`), 'jws.malformed'],
    ['in four parts', `${good}.${s}`, 'jws.malformed'],
    ['nested too deep', raw(canonicalText(header), `${'['.repeat(100_000)}${']'.repeat(100_000)}`), 'jws.malformed'],
    ['larger than any receipt', `${good}${'A'.repeat(3 * 1024 * 1024)}`, 'receipt.too_long'],
    ['empty', '', 'jws.malformed'],
  ])('%s is refused', (_name, jws, code) => {
    expect(codeOf(jws)).toBe(code)
  })

  it('is refused with any one bit of it changed', () => {
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
    const accepted = [...good].filter((letter, at) => {
      const place = alphabet.indexOf(letter)
      if (place < 0) return false
      return codeOf(`${good.slice(0, at)}${alphabet[place ^ 1]}${good.slice(at + 1)}`) === 'accepted'
    })
    expect(accepted).toEqual([])
  })
})

describe('a chain of receipts', () => {
  const chain = (count: number, change: (receipt: Receipt, at: number) => Receipt = (one) => one) => {
    let prev = ZERO_HASH
    return Array.from({ length: count }, (_, seq) => {
      const one = change({ ...receipt, id: `0192f0c0-0000-7000-8000-0000000000${10 + seq}`, seq, prev }, seq)
      const jws = signReceipt(one, device.sign)
      prev = receiptHash(jws, sha256)
      return { jws, receipt: one }
    })
  }
  const codes = (links: ReturnType<typeof chain>, known?: ReadonlySet<string>) =>
    verifyChain(links, sha256, known).map((finding) => finding.code)

  it('has no findings when whole', () => expect(codes(chain(5))).toEqual([]))
  it('shows a missing receipt', () => expect(codes(chain(5).filter((_, at) => at !== 2))).toContain('chain.gap'))
  it('shows an exchanged receipt', () =>
    expect(codes(chain(5).map((link, at) => (at === 2 ? chain(5, (one) => ({ ...one, account: 'y' }))[2]! : link)))).toContain(
      'chain.broken',
    ))
  it('shows a repeated receipt', () => expect(codes([...chain(3), chain(3)[2]!])).toContain('chain.duplicate_id'))
  it('lets a new epoch start from a receipt that is known, and from no other', () => {
    const first = chain(2)
    const from = (prev: string) => {
      const one = { ...receipt, id: '0192f0c0-0000-7000-8000-000000000099', epoch: '0192f0c0-0000-7000-8000-0000000000ee', prev }
      return [...first, { jws: signReceipt(one, device.sign), receipt: one }]
    }
    expect(codes(from(receiptHash(first[1]!.jws, sha256)))).toEqual([])
    expect(codes(from(`sha256:${'ab'.repeat(32)}`))).toEqual(['chain.unknown_start'])
  })
})
