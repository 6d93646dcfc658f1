// Node's side of the platform services that the pure floors ask for.
import { createHash, createPublicKey, verify } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { toHex } from '../../../src-shared/std/index.ts'
import type { Sha256, VerifyEd25519 } from '../../../src-shared/std/index.ts'

export const sha256: Sha256 = (...chunks) => {
  const hash = createHash('sha256')
  for (const chunk of chunks) hash.update(chunk)
  return new Uint8Array(hash.digest())
}

const SPKI_PREFIX = Buffer.from('302a300506032b6570032100', 'hex')
const MAX_CACHED_KEYS = 64
const keys = new Map<string, KeyObject>()

const publicKeyOf = (raw: Uint8Array): KeyObject => {
  const name = toHex(raw)
  let key = keys.get(name)
  if (!key) {
    key = createPublicKey({ key: Buffer.concat([SPKI_PREFIX, raw]), format: 'der', type: 'spki' })
    if (keys.size >= MAX_CACHED_KEYS) keys.clear()
    keys.set(name, key)
  }
  return key
}

/** Ed25519 with a raw public key; false for anything malformed. */
export const verifyEd25519: VerifyEd25519 = (publicKey, message, signature) =>
  publicKey.length === 32 && signature.length === 64 && verify(null, message, publicKeyOf(publicKey), signature)
