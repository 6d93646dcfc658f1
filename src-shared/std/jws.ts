// Signed statements: canonical JSON (RFC 8785) in a compact JWS (RFC 7515), EdDSA only. Receipts, grants, leases, revocation lists,
// packs and trust bundles all take this one form. Decoding is strict: one statement has exactly one spelling.
import canonicalize from 'canonicalize'
import type { z } from 'zod'
import type { Sha256, VerifyEd25519 } from './bytes.ts'
import { toHex } from './bytes.ts'
import { fail, ok } from './result.ts'
import type { Result } from './result.ts'
import { fromBase64Url, fromUtf8, toBase64Url, utf8 } from './text.ts'

/** Signs a message with an Ed25519 key; returns 64 bytes. */
export type SignEd25519 = (message: Uint8Array) => Uint8Array

/** Public Ed25519 key as a JWK (RFC 8037). */
export interface Ed25519Jwk {
  readonly kty: 'OKP'
  readonly crv: 'Ed25519'
  /** Base64url of the 32 raw bytes. */
  readonly x: string
}

export interface JwsHeader {
  readonly alg: 'EdDSA'
  /** RFC 7638 thumbprint of the signing key. */
  readonly kid: string
  readonly typ: string
}

export interface DecodedJws {
  readonly header: JwsHeader
  readonly payload: unknown
  readonly signature: Uint8Array
  /** The bytes the signature covers. */
  readonly signed: Uint8Array
}

/** Longest statement that is looked at, in characters. */
export const MAX_JWS_LENGTH = 4 * 1024 * 1024

const MAX_DEPTH = 64

/** RFC 8785 text of a JSON value. Throws on values JSON cannot hold. */
export const canonicalText = (value: unknown): string => {
  const text = canonicalize(value)
  if (text === undefined) throw new TypeError('not a JSON value')
  return text
}

/** RFC 8785 bytes of a JSON value. */
export const canonicalBytes = (value: unknown): Uint8Array => utf8(canonicalText(value))

/** `sha256:<hex>` of bytes or of the UTF-8 of a text. */
export const hashText = (data: string | Uint8Array, sha256: Sha256): string =>
  `sha256:${toHex(sha256(typeof data === 'string' ? utf8(data) : data))}`

/** RFC 7638 thumbprint of an Ed25519 key, base64url: the `kid` of everything it signs. */
export const jwkThumbprint = ({ crv, kty, x }: Ed25519Jwk, sha256: Sha256): string => toBase64Url(sha256(canonicalBytes({ crv, kty, x })))

/** The 32 raw bytes of an Ed25519 JWK; undefined if it holds anything else. */
export const jwkBytes = (jwk: Ed25519Jwk): Uint8Array | undefined => {
  const bytes = fromBase64Url(jwk.x)
  return bytes?.length === 32 ? bytes : undefined
}

/** Compact JWS over the canonical bytes of `payload`. */
export const buildJws = ({ typ, kid, payload }: { typ: string; kid: string; payload: unknown }, sign: SignEd25519): string => {
  const signed = `${toBase64Url(canonicalBytes({ alg: 'EdDSA', kid, typ }))}.${toBase64Url(canonicalBytes(payload))}`
  return `${signed}.${toBase64Url(sign(utf8(signed)))}`
}

const depthOf = (text: string): number => {
  let depth = 0
  let deepest = 0
  let isInText = false
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (isInText) {
      if (code === 92) i++
      else if (code === 34) isInText = false
    } else if (code === 34) isInText = true
    else if (code === 91 || code === 123) deepest = Math.max(deepest, ++depth)
    else if (code === 93 || code === 125) depth--
  }
  return deepest
}

const decodeCanonical = (part: string): { readonly value: unknown } | 'malformed' | 'not_canonical' => {
  const bytes = fromBase64Url(part)
  const text = bytes && fromUtf8(bytes)
  if (text === undefined || depthOf(text) > MAX_DEPTH) return 'malformed'
  try {
    const value: unknown = JSON.parse(text)
    // One comparison refuses re-ordered and duplicate keys, white space, other escapes and other spellings of a number.
    return canonicalText(value) === text ? { value } : 'not_canonical'
  } catch {
    return 'malformed'
  }
}

const isHeader = (value: unknown): value is JwsHeader => {
  if (typeof value !== 'object' || value === null || Object.keys(value).sort().join() !== 'alg,kid,typ') return false
  return Object.values(value).every((field) => typeof field === 'string')
}

/** Takes a statement apart without trusting it. Codes: `jws.malformed`, `jws.not_canonical`, `jws.algorithm`, `jws.type`. */
export const decodeJws = (text: string, typ: string): Result<DecodedJws> => {
  if (text.length > MAX_JWS_LENGTH) return fail('jws.malformed', 'The signed statement is larger than 4 MiB; it was not read.')
  const parts = text.split('.')
  const [headerPart, payloadPart, signaturePart] = parts
  if (parts.length !== 3 || !headerPart || !payloadPart || !signaturePart)
    return fail('jws.malformed', 'The signed statement is not a complete compact JWS; fetch it again.')
  const header = decodeCanonical(headerPart)
  const payload = decodeCanonical(payloadPart)
  const signature = fromBase64Url(signaturePart)
  if (header === 'malformed' || payload === 'malformed' || signature?.length !== 64)
    return fail('jws.malformed', 'The signed statement is damaged; fetch it again.')
  if (header === 'not_canonical' || payload === 'not_canonical')
    return fail('jws.not_canonical', 'The signed statement is spelt in a way its signer never writes; it was refused.')
  if (!isHeader(header.value))
    return fail('jws.malformed', 'The signed statement has a header with missing or unknown fields; it was refused.')
  if (header.value.alg !== 'EdDSA')
    return fail('jws.algorithm', 'The signed statement asks for another signature method than EdDSA; it was refused.')
  if (header.value.typ !== typ)
    return fail('jws.type', `The signed statement is a ${header.value.typ.slice(0, 60)}, not a ${typ}; it was refused.`)
  return ok({ header: header.value, payload: payload.value, signature, signed: utf8(`${headerPart}.${payloadPart}`) })
}

export interface VerifyJwsOptions<T> {
  readonly typ: string
  /** Shape of the payload. Use a strict object where unknown fields must be refused. */
  readonly schema: z.ZodType<T>
  /** Raw public key for a `kid`; undefined if that key is not trusted here. */
  readonly keyFor: (kid: string) => Uint8Array | undefined
  readonly verify: VerifyEd25519
}

/** Decodes a statement and checks its signature and shape. Further codes: `jws.unknown_key`, `jws.signature`, `jws.schema`. */
export const verifyJws = <T>(
  text: string,
  { typ, schema, keyFor, verify }: VerifyJwsOptions<T>,
): Result<{ readonly kid: string; readonly payload: T }> => {
  const decoded = decodeJws(text, typ)
  if (!decoded.ok) return decoded
  const { header, payload, signature, signed } = decoded.value
  const key = keyFor(header.kid)
  if (!key)
    return fail('jws.unknown_key', 'The statement is signed by a key that is not trusted here; it was refused.', {
      kid: header.kid.slice(0, 100),
    })
  if (!verify(key, signed, signature))
    return fail('jws.signature', 'The signature does not fit the statement: it was changed or signed by someone else.')
  const parsed = schema.safeParse(payload)
  if (!parsed.success) {
    const issue = parsed.error.issues[0]
    return fail('jws.schema', 'The signed statement holds fields this version does not accept; update Stemma or ask who signed it.', {
      at: issue?.path.join('.') ?? '',
      issue: issue?.message ?? '',
    })
  }
  return ok({ kid: header.kid, payload: parsed.data })
}
