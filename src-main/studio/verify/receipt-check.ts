// The receipt behind a file: found by the id the file names, by the file's hash, by its sound or by its fingerprint, then checked down to the log's signature.
import type { Inclusion, VerifyFinding, VerifyReceipt } from '../../../src-shared/protocol/index.ts'
import {
  createFingerprintSearch,
  decodeFingerprint,
  leafHash,
  parseVerifierKey,
  verifyCheckpoint,
  verifyInclusion,
  verifyReceipt,
  type ExportReceipt,
  type Receipt,
} from '../../../src-shared/receipts/index.ts'
import { fromBase64, jwkBytes, jwkThumbprint, utf8, type Ed25519Jwk } from '../../../src-shared/std/index.ts'
import { sha256, verifyEd25519 } from '../identity/index.ts'

/** Place of a receipt in the log; see `inclusionSchema`. */
export type LogProof = Readonly<Omit<Inclusion, 'inclusion'>> & { readonly inclusion: readonly string[] }

/** A receipt as the ledger or the service hands it out. Nothing in it is believed. */
export interface FoundReceipt {
  readonly jws: string
  /** Key that is said to have signed it. */
  readonly deviceKey: Ed25519Jwk
  /** What it was looked up by; checked against its content. */
  readonly matched: 'id' | 'file' | 'sound' | 'fingerprint'
  readonly proof: LogProof | null
  /** True where a later receipt withdraws it. */
  readonly isVoid: boolean
}

export interface ReceiptQuery {
  /** The id the file names, without `urn:uuid:`. */
  readonly receiptId: string | null
  /** Hex. */
  readonly fileSha256: string | null
  /** Hash of the decoded samples, hex; given only when the file carries no credentials. */
  readonly filePcmSha256: string | null
  /** Acoustic fingerprint at query density; given only when nothing exact was found for a file without credentials. */
  readonly fingerprint: Uint32Array | null
}

/** Where receipts are looked for: this machine's ledger, the service, or both. */
export interface ReceiptLookup {
  find(query: ReceiptQuery): Promise<readonly FoundReceipt[]>
}

export interface ReceiptVerdict {
  readonly receipt: VerifyReceipt
  readonly findings: readonly VerifyFinding[]
  /** How far the sound is from the receipt's, 0..1; 0 where it was found by something exact. */
  readonly bitErrorRate: number
  /** The receipt's content, where its signature holds and it speaks of this file. */
  readonly content: Receipt | null
}

const checkProof = (jws: string, proof: LogProof, logKey: string): { readonly origin: string; readonly isValid: boolean } => {
  const key = parseVerifierKey(logKey, sha256)
  if (!key.ok) return { origin: '', isValid: false }
  const checkpoint = verifyCheckpoint(proof.checkpoint, key.value, verifyEd25519)
  if (!checkpoint.ok) return { origin: key.value.name, isValid: false }
  const hashes = proof.inclusion.map((hash) => fromBase64(hash))
  const isIncluded =
    checkpoint.value.size === proof.treeSize &&
    hashes.every((hash) => hash?.length === 32) &&
    verifyInclusion(
      {
        leaf: leafHash(utf8(jws), sha256),
        index: proof.logIndex,
        size: proof.treeSize,
        proof: hashes as readonly Uint8Array[],
        root: checkpoint.value.root,
      },
      sha256,
    )
  return { origin: checkpoint.value.origin, isValid: isIncluded }
}

const error = (code: string, message: string): VerifyFinding => ({ code, severity: 'error', message })

/** The file, to hold against the receipt. */
export interface ReceiptClaims extends ReceiptQuery {
  /** URN of its active manifest. */
  readonly c2pa: string | null
}

/** How close the file's sound is to what the receipt says its export sounds like; null where it is something else. */
const soundDistance = ({ asset }: ExportReceipt, { fingerprint }: ReceiptClaims): number | null => {
  const stored = asset.fingerprint === null ? undefined : decodeFingerprint(asset.fingerprint)
  if (fingerprint === null || stored === undefined) return null
  return createFingerprintSearch(fingerprint)(stored)?.bitErrorRate ?? null
}

/** How a receipt is tied to the file, by its own signed content: a service may hand out any receipt for any file. */
const tieOf = (content: ExportReceipt, claims: ReceiptClaims, distance: number | null): FoundReceipt['matched'] | null => {
  const { receiptId, fileSha256, filePcmSha256 } = claims
  if (fileSha256 !== null && content.asset.sha256 === `sha256:${fileSha256}`) return receiptId === content.id ? 'id' : 'file'
  if (receiptId === content.id) return 'id'
  if (filePcmSha256 !== null && content.asset.filePcmSha256 === `sha256:${filePcmSha256}`) return 'sound'
  return distance === null ? null : 'fingerprint'
}

/** Checks a found receipt: signature, log proof, and that it speaks of this file. */
export const checkReceipt = (found: FoundReceipt, logKey: string | null, claims: ReceiptClaims): ReceiptVerdict => {
  const findings: VerifyFinding[] = []
  const kid = jwkThumbprint(found.deviceKey, sha256)
  const key = jwkBytes(found.deviceKey)
  const signed = verifyReceipt(found.jws, { keyFor: (wanted) => (wanted === kid ? key : undefined), verify: verifyEd25519 })
  const content = signed.ok ? signed.value : null
  if (!signed.ok) findings.push(error('receipt.signature_invalid', `The receipt of this file does not hold: ${signed.error.message}`))
  const proof = found.proof && logKey !== null ? { ...found.proof, ...checkProof(found.jws, found.proof, logKey) } : null
  if (proof && !proof.isValid)
    findings.push(error('receipt.proof_invalid', 'The proof that the receipt stands in the public log does not hold.'))
  const distance = content === null || content.type === 'void' ? null : soundDistance(content, claims)
  const tie =
    content === null
      ? found.matched
      : content.type === 'void'
        ? content.id === claims.receiptId
          ? 'id'
          : null
        : tieOf(content, claims, distance)
  if (tie === null) findings.push(error('receipt.other_file', 'The receipt that was found was written for another file.'))
  else if (content && content.type !== 'void' && tie === 'id') {
    if (claims.c2pa !== null && content.asset.c2pa !== claims.c2pa) {
      findings.push(error('receipt.other_file', 'The receipt this file names was written for another file.'))
    } else if (claims.fileSha256 !== null && content.asset.sha256 !== `sha256:${claims.fileSha256}`) {
      findings.push(error('receipt.file_changed', 'The file is not byte for byte the one its receipt was written for.'))
    }
  }
  const isBroken = findings.length > 0
  const state = isBroken ? 'unproved' : found.isVoid || content?.type === 'void' ? 'void' : proof ? 'synced' : 'local'
  return {
    content: tie === null ? null : content,
    bitErrorRate: tie === 'fingerprint' ? (distance ?? 1) : 0,
    findings,
    receipt: {
      id: content?.id ?? '',
      state,
      matched: tie,
      issuedAt: content?.issuedAt ?? null,
      signatureIsValid: signed.ok,
      proof: proof && { logIndex: proof.logIndex, treeSize: proof.treeSize, origin: proof.origin, isValid: proof.isValid },
      sentence: {
        unproved: 'There is a receipt, but it does not hold; see the findings.',
        void: 'The receipt was withdrawn.',
        synced: `Receipt number ${proof?.logIndex ?? 0} of the log ${proof?.origin ?? ''}; the proof was checked.`,
        local: 'There is a receipt, signed but not yet proved by a log.',
      }[state],
    },
  }
}
