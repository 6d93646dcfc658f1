// COSE_Sign1 (RFC 9052) over a claim: detached payload, certificates in header 33, algorithm in the protected header.
import { constants, verify, X509Certificate, type KeyObject } from 'node:crypto'
import { asArray, asBytes, CborTag, decodeCbor, type CborValue } from './cbor.ts'

export interface ClaimSignature {
  readonly chain: readonly X509Certificate[]
  readonly isValid: boolean
  readonly algorithm: string
  /** An RFC 3161 time-stamp is present; this verifier does not judge it. */
  readonly hasTimestamp: boolean
}

export class CoseError extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'CoseError'
  }
}

const X5CHAIN = 33
const ALG = 1

interface Algorithm {
  readonly name: string
  readonly digest: string | null
  readonly fits: (key: KeyObject) => boolean
  readonly padding?: number
}

const isCurve =
  (curve: string) =>
  (key: KeyObject): boolean =>
    key.asymmetricKeyType === 'ec' && key.asymmetricKeyDetails?.namedCurve === curve
const isRsa = (key: KeyObject): boolean =>
  (key.asymmetricKeyType === 'rsa' || key.asymmetricKeyType === 'rsa-pss') && (key.asymmetricKeyDetails?.modulusLength ?? 0) >= 2_048
const pss = constants.RSA_PKCS1_PSS_PADDING

/** Algorithms C2PA allows, by COSE number. The key must fit: an algorithm never picks another kind of key. */
const ALGORITHMS: ReadonlyMap<number, Algorithm> = new Map([
  [-7, { name: 'ES256', digest: 'sha256', fits: isCurve('prime256v1') }],
  [-35, { name: 'ES384', digest: 'sha384', fits: isCurve('secp384r1') }],
  [-36, { name: 'ES512', digest: 'sha512', fits: isCurve('secp521r1') }],
  [-37, { name: 'PS256', digest: 'sha256', fits: isRsa, padding: pss }],
  [-38, { name: 'PS384', digest: 'sha384', fits: isRsa, padding: pss }],
  [-39, { name: 'PS512', digest: 'sha512', fits: isRsa, padding: pss }],
  [-8, { name: 'EdDSA', digest: null, fits: (key: KeyObject) => key.asymmetricKeyType === 'ed25519' }],
])

const byteString = (bytes: Uint8Array): Buffer => {
  const head = Buffer.alloc(5)
  head[0] = 0x5a
  head.writeUInt32BE(bytes.length, 1)
  // RFC 9052 asks for the shortest form of the length.
  if (bytes.length < 24) return Buffer.concat([Buffer.from([0x40 | bytes.length]), bytes])
  if (bytes.length < 256) return Buffer.concat([Buffer.from([0x58, bytes.length]), bytes])
  if (bytes.length < 65_536) return Buffer.concat([Buffer.from([0x59, bytes.length >> 8, bytes.length & 255]), bytes])
  return Buffer.concat([head, bytes])
}

/** `Sig_structure` of RFC 9052, section 4.4, with an empty external_aad. */
const toBeSigned = (protectedHeader: Uint8Array, payload: Uint8Array): Buffer =>
  Buffer.concat([
    Buffer.from([0x84, 0x6a]),
    Buffer.from('Signature1'),
    byteString(protectedHeader),
    Buffer.from([0x40]),
    byteString(payload),
  ])

const header = (map: CborValue, key: number | string): CborValue => {
  if (map instanceof Map) return (map as ReadonlyMap<CborValue, CborValue>).get(key)
  if (typeof key === 'string' && typeof map === 'object' && map !== null) return (map as { readonly [key: string]: CborValue })[key]
  return undefined
}

/** Reads and checks the signature box of a manifest over its claim bytes. Throws `CoseError` when it is malformed. */
export const checkClaimSignature = (signature: Uint8Array, claim: Uint8Array): ClaimSignature => {
  const decoded = decodeCbor(signature)
  const parts = asArray(decoded instanceof CborTag && decoded.tag === 18 ? decoded.value : decoded)
  if (parts?.length !== 4) throw new CoseError('the signature is not a COSE_Sign1')
  const [protectedBytes, unprotected, payload, raw] = parts
  const protectedHeader = asBytes(protectedBytes)
  const signed = asBytes(raw)
  if (!protectedHeader || !signed) throw new CoseError('the signature is malformed')
  if (payload !== null && asBytes(payload)?.length !== 0) throw new CoseError('the signature carries a payload of its own')
  const headers = decodeCbor(protectedHeader)
  const algorithm = ALGORITHMS.get(Number(header(headers, ALG)))
  if (!algorithm) throw new CoseError('the signature uses an algorithm that is not allowed')
  const chainValue =
    header(headers, X5CHAIN) ?? header(headers, 'x5chain') ?? header(unprotected, X5CHAIN) ?? header(unprotected, 'x5chain')
  const ders = asBytes(chainValue) ? [asBytes(chainValue)] : (asArray(chainValue) ?? []).map(asBytes)
  let chain: X509Certificate[]
  try {
    chain = ders.slice(0, 16).map((der) => new X509Certificate(der ?? new Uint8Array()))
  } catch {
    throw new CoseError('a certificate of the signer is malformed')
  }
  const [leaf] = chain
  if (!leaf) throw new CoseError('the signature carries no certificate')
  const key = leaf.publicKey
  const hasTimestamp = header(unprotected, 'sigTst2') !== undefined || header(unprotected, 'sigTst') !== undefined
  const isValid =
    algorithm.fits(key) &&
    verify(
      algorithm.digest,
      toBeSigned(protectedHeader, claim),
      {
        key,
        dsaEncoding: 'ieee-p1363',
        ...(algorithm.padding === undefined ? {} : { padding: algorithm.padding, saltLength: constants.RSA_PSS_SALTLEN_DIGEST }),
      },
      signed,
    )
  return { chain, isValid, algorithm: algorithm.name, hasTimestamp }
}
