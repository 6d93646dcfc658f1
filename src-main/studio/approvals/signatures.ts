// How signatures of statements are checked: one that held is not checked again. Threads are put together anew after every edit, out of the same statements.
import {
  APPROVAL_REVOCATION_TYP,
  APPROVAL_TYP,
  type Approver,
  COMMENT_TYP,
  REQUEST_TYP,
  type StatementKind,
  verifyAnswer,
  verifyApprovalRevocation,
  verifyComment,
  verifyRequest,
} from '../../../src-shared/approvals/index.ts'
import { decodeJws, toHex, type VerifyEd25519 } from '../../../src-shared/std/index.ts'
import { sha256, verifyEd25519 } from '../identity/index.ts'

const MAX_REMEMBERED = 20_000

const rememberGood = (verify: VerifyEd25519): VerifyEd25519 => {
  const good = new Set<string>()
  return (publicKey, message, signature) => {
    // Key and signature have fixed lengths, so no other three parts make the same bytes.
    if (signature.length !== 64 || publicKey.length !== 32) return false
    const name = toHex(sha256(publicKey, signature, message))
    if (good.has(name)) return true
    if (!verify(publicKey, message, signature)) return false
    if (good.size >= MAX_REMEMBERED) good.clear()
    good.add(name)
    return true
  }
}

/** Hash and check that statements are verified with. */
export const statementCrypto = { sha256, verify: rememberGood(verifyEd25519) }

const TYPS: Readonly<Record<StatementKind, string>> = {
  request: REQUEST_TYP,
  answer: APPROVAL_TYP,
  revocation: APPROVAL_REVOCATION_TYP,
  comment: COMMENT_TYP,
}

/** Id and request of a statement, read without trust: enough to file it. Undefined where it is none of its kind. */
export const placeOf = (kind: StatementKind, jws: string): { readonly id: string; readonly requestId: string } | undefined => {
  const decoded = decodeJws(jws, TYPS[kind])
  if (!decoded.ok) return undefined
  const { id, requestId } = decoded.value.payload as { readonly id?: unknown; readonly requestId?: unknown }
  const request = kind === 'request' ? id : requestId
  return typeof id === 'string' && typeof request === 'string' ? { id, requestId: request } : undefined
}

/** `unproven`: nobody known here has the key it is signed with, so that nothing can be said of it yet. */
export type Proof = 'holds' | 'unproven' | 'broken'

/** Whether the signature of a statement holds: requests and comments carry their key, answers and revocations are signed by one of `approvers`. */
export const proofOf = (kind: StatementKind, jws: string, approvers: readonly Approver[]): Proof => {
  const read = {
    request: () => verifyRequest(jws, statementCrypto),
    comment: () => verifyComment(jws, statementCrypto),
    answer: () => verifyAnswer(jws, approvers, statementCrypto),
    revocation: () => verifyApprovalRevocation(jws, approvers, statementCrypto),
  }[kind]()
  if (read.ok) return 'holds'
  const isKeyMissing = read.error.code === 'jws.unknown_key' && (kind === 'answer' || kind === 'revocation')
  return isKeyMissing && placeOf(kind, jws) ? 'unproven' : 'broken'
}
