// C2SP signed notes: the example of the specification, and what a log must not get away with.
import { createHash, createPublicKey, generateKeyPairSync, sign, verify } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { unwrap, utf8 } from '../std/index.ts'
import { buildCheckpoint, buildVerifierKey, parseVerifierKey, signNote, verifyCheckpoint, verifyNote } from './note.ts'

const sha256 = (...chunks: readonly Uint8Array[]): Uint8Array => {
  const hash = createHash('sha256')
  for (const chunk of chunks) hash.update(chunk)
  return new Uint8Array(hash.digest())
}
const verifyEd25519 = (key: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean =>
  verify(
    null,
    message,
    createPublicKey({ key: Buffer.concat([Buffer.from('302a300506032b6570032100', 'hex'), key]), format: 'der', type: 'spki' }),
    signature,
  )
const makeKey = (name: string) => {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519')
  const raw = new Uint8Array(Buffer.from(publicKey.export({ format: 'jwk' }).x ?? '', 'base64url'))
  return {
    raw,
    key: unwrap(parseVerifierKey(buildVerifierKey(name, raw, sha256), sha256)),
    sign: (m: Uint8Array) => new Uint8Array(sign(null, m, privateKey)),
  }
}
const origin = 'log.stemma.example/test'
const log = makeKey(origin)
const other = makeKey('other.example/log')
const root = sha256(utf8('root'))
const text = buildCheckpoint({ origin, size: 7, root })
const note = signNote(text, origin, log.raw, { sign: log.sign, sha256 })
const codeOf = (candidate: string): string => {
  const result = verifyCheckpoint(candidate, log.key, verifyEd25519)
  return result.ok ? 'accepted' : result.error.code
}

describe('a checkpoint', () => {
  it('is read back', () => expect(unwrap(verifyCheckpoint(note, log.key, verifyEd25519))).toEqual({ origin, size: 7, root }))
  it('may carry witness signatures and extension lines', () => {
    const extended = signNote(`${text}extra\n`, origin, log.raw, { sign: log.sign, sha256 })
    const witness = signNote(`${text}extra\n`, 'other.example/log', other.raw, { sign: other.sign, sha256 }).split('\n\n')[1]!
    expect(codeOf(extended + witness)).toBe('accepted')
  })
  it.each<[string, string, string]>([
    ['with another size', note.replace('\n7\n', '\n8\n'), 'note.signature'],
    [
      'signed by a key that is not trusted',
      signNote(text, 'other.example/log', other.raw, { sign: other.sign, sha256 }),
      'note.unknown_key',
    ],
    ['signed by another key under this name', signNote(text, origin, other.raw, { sign: other.sign, sha256 }), 'note.unknown_key'],
    [
      'of another log under the same key',
      signNote(buildCheckpoint({ origin: 'x.example', size: 7, root }), origin, log.raw, { sign: log.sign, sha256 }),
      'note.origin',
    ],
    [
      'with a size of leading zeros',
      signNote(text.replace('\n7\n', '\n07\n'), origin, log.raw, { sign: log.sign, sha256 }),
      'note.malformed',
    ],
    [
      'with a size beyond counting',
      signNote(text.replace('\n7\n', '\n99999999999999999\n'), origin, log.raw, { sign: log.sign, sha256 }),
      'note.malformed',
    ],
    ['without a signature', text, 'note.malformed'],
    ['without its last newline', note.slice(0, -1), 'note.malformed'],
    ['with a control character', note.replace('log', 'l\u0000og'), 'note.malformed'],
    ['longer than any checkpoint', note.replace('\n7\n', `\n${'7'.repeat(20_000)}\n`), 'note.malformed'],
  ])('%s is refused', (_name, candidate, code) => expect(codeOf(candidate)).toBe(code))
})

describe('a verifier key', () => {
  it('of the C2SP specification is read, and its example note verifies', () => {
    const key = unwrap(parseVerifierKey('PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW', sha256))
    const example =
      "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n\n— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
    expect(verifyNote(example, key, verifyEd25519).ok).toBe(true)
    expect(verifyNote(example.replace('answer', 'ANSWER'), key, verifyEd25519).ok).toBe(false)
  })
  it.each([
    '',
    'name',
    'name+00000000',
    `${origin}+00000000+${buildVerifierKey(origin, log.raw, sha256).split('+').slice(2).join('+')}`,
    ' +c74f20a3+AA==',
  ])('%j is refused', (candidate) => expect(parseVerifierKey(candidate, sha256).ok).toBe(false))
})
