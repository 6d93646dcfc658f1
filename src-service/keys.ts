// Keys of the service, made on first start and kept in <data>/keys with mode 0600. Whoever can read that folder is the service.
import { createHash, createPrivateKey, createPublicKey, generateKeyPairSync, randomBytes, randomUUID, sign, verify } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { chmodSync, closeSync, existsSync, fsyncSync, mkdirSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { buildVerifierKey, parseVerifierKey } from '../src-shared/receipts/index.ts'
import type { NoteKey } from '../src-shared/receipts/index.ts'
import { jwkThumbprint, unwrap } from '../src-shared/std/index.ts'
import type { Ed25519Jwk, Sha256, SignEd25519, VerifyEd25519 } from '../src-shared/std/index.ts'

export const sha256: Sha256 = (...chunks) => {
  const hash = createHash('sha256')
  for (const chunk of chunks) hash.update(chunk)
  return new Uint8Array(hash.digest())
}

const SPKI_PREFIX = Buffer.from('302a300506032b6570032100', 'hex')

export const verifyEd25519: VerifyEd25519 = (publicKey, message, signature) => {
  if (publicKey.length !== 32 || signature.length !== 64) return false
  const key = createPublicKey({ key: Buffer.concat([SPKI_PREFIX, publicKey]), format: 'der', type: 'spki' })
  return verify(null, message, key, signature)
}

export interface SigningKey {
  readonly jwk: Ed25519Jwk
  readonly kid: string
  readonly sign: SignEd25519
}

export interface ServiceKeys {
  /** `urn:stemma:service:…`, made once. */
  readonly issuer: string
  readonly grant: SigningKey
  readonly log: { readonly noteKey: NoteKey; readonly verifierKey: string; readonly sign: SignEd25519 }
  /** Secret behind the pairwise account names. */
  readonly accountSecret: Buffer
  /** Bearer token of the operator. */
  readonly adminToken: string
  readonly dir: string
}

/** Writes a secret so that no other user can read it, not even for a moment. */
export const writeSecret = (path: string, text: string): void => {
  const part = `${path}.part`
  const file = openSync(part, 'w', 0o600)
  try {
    writeSync(file, text)
    fsyncSync(file)
  } finally {
    closeSync(file)
  }
  chmodSync(part, 0o600)
  renameSync(part, path)
}

const readOrMake = (path: string, make: () => string): string => {
  if (!existsSync(path)) writeSecret(path, make())
  return readFileSync(path, 'utf8').trim()
}

const signingKey = (key: KeyObject): SigningKey => {
  const { x } = createPublicKey(key).export({ format: 'jwk' })
  const jwk: Ed25519Jwk = { kty: 'OKP', crv: 'Ed25519', x: x ?? '' }
  return { jwk, kid: jwkThumbprint(jwk, sha256), sign: (message) => new Uint8Array(sign(null, message, key)) }
}

const makeKey = (): string => generateKeyPairSync('ed25519').privateKey.export({ format: 'pem', type: 'pkcs8' }).toString()

/** Opens the keys in `dataDir`, making what is missing. */
export const openKeys = (dataDir: string): ServiceKeys => {
  const dir = join(dataDir, 'keys')
  mkdirSync(dir, { recursive: true, mode: 0o700 })
  const issuer = readOrMake(join(dir, 'issuer'), () => `urn:stemma:service:${randomUUID()}`)
  const grant = signingKey(createPrivateKey(readOrMake(join(dir, 'grant-signing.pem'), makeKey)))
  const log = signingKey(createPrivateKey(readOrMake(join(dir, 'log.pem'), makeKey)))
  const origin = `log.stemma.example/${issuer.split(':').at(-1)}`
  const verifierKey = buildVerifierKey(origin, Buffer.from(log.jwk.x, 'base64url'), sha256)
  return {
    issuer,
    grant,
    log: { noteKey: unwrap(parseVerifierKey(verifierKey, sha256)), verifierKey, sign: log.sign },
    accountSecret: Buffer.from(
      readOrMake(join(dir, 'account-secret'), () => randomBytes(32).toString('hex')),
      'hex',
    ),
    adminToken: readOrMake(join(dir, 'admin-token'), () => randomBytes(32).toString('base64url')),
    dir,
  }
}
