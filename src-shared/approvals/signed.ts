// Statements as they travel: compact JWS. Requests and comments carry their author's key; answers and revocations are checked against the grant.
import { buildJws, decodeJws, fail, hashText, jwkBytes, jwkThumbprint, ok, verifyJws } from '../std/index.ts'
import type { Ed25519Jwk, Result, Sha256, SignEd25519, VerifyEd25519 } from '../std/index.ts'
import {
  APPROVAL_REVOCATION_TYP,
  APPROVAL_TYP,
  COMMENT_TYP,
  REQUEST_TYP,
  approvalAnswerSchema,
  approvalCommentSchema,
  approvalRequestSchema,
  approvalRevocationSchema,
} from './records.ts'
import type { ApprovalAnswer, ApprovalComment, ApprovalRequest, ApprovalRevocation } from './records.ts'

/** Longest statement that is read, in characters of its JWS. */
export const MAX_STATEMENT_LENGTH = 1024 * 1024

/** The platform's hash and signature check. */
export interface StatementCrypto {
  readonly sha256: Sha256
  readonly verify: VerifyEd25519
}

/** Someone a grant names as able to say yes. */
export interface Approver {
  readonly kid: string
  readonly name: string
  readonly publicKeyJwk: Ed25519Jwk
}

export const signRequest = (request: ApprovalRequest, sign: SignEd25519): string =>
  buildJws({ typ: REQUEST_TYP, kid: request.device, payload: approvalRequestSchema.parse(request) }, sign)

export const signAnswer = (answer: ApprovalAnswer, sign: SignEd25519): string =>
  buildJws({ typ: APPROVAL_TYP, kid: answer.artist, payload: approvalAnswerSchema.parse(answer) }, sign)

export const signApprovalRevocation = (revocation: ApprovalRevocation, sign: SignEd25519): string =>
  buildJws({ typ: APPROVAL_REVOCATION_TYP, kid: revocation.artist, payload: approvalRevocationSchema.parse(revocation) }, sign)

export const signComment = (comment: ApprovalComment, sign: SignEd25519): string =>
  buildJws({ typ: COMMENT_TYP, kid: comment.author, payload: approvalCommentSchema.parse(comment) }, sign)

/** `requestHash` and `answerHash`, and how a manifest names an answer: SHA-256 of the JWS text. */
export const statementHash = (jws: string, sha256: Sha256): string => hashText(jws, sha256)

const tooLong = (): Result<never> => fail('approval.too_long', 'The statement is larger than 1 MiB; it was not read.')

const keyInside = (jws: string, typ: string, sha256: Sha256): ((kid: string) => Uint8Array | undefined) => {
  const decoded = decodeJws(jws, typ)
  const key = decoded.ok ? (decoded.value.payload as { readonly key?: Partial<Ed25519Jwk> } | null)?.key : undefined
  if (key?.kty !== 'OKP' || key.crv !== 'Ed25519' || typeof key.x !== 'string') return () => undefined
  const jwk: Ed25519Jwk = { kty: 'OKP', crv: 'Ed25519', x: key.x }
  const own = jwkThumbprint(jwk, sha256)
  return (kid) => (kid === own ? jwkBytes(jwk) : undefined)
}

/** Checks and reads a request by the key it carries. Errors are the `jws.*` codes, `approval.too_long`, `approval.device`, `approval.settings`. */
export const verifyRequest = (jws: string, { sha256, verify }: StatementCrypto): Result<ApprovalRequest> => {
  if (jws.length > MAX_STATEMENT_LENGTH) return tooLong()
  const read = verifyJws(jws, { typ: REQUEST_TYP, schema: approvalRequestSchema, keyFor: keyInside(jws, REQUEST_TYP, sha256), verify })
  if (!read.ok) return read
  const { kid, payload } = read.value
  if (payload.device !== kid)
    return fail('approval.device', 'The request names another device than the one that signed it; it was refused.')
  const { range } = payload.export
  if ((range && range.toFrame <= range.fromFrame) || (payload.supersedes === null) !== (payload.thread === payload.id))
    return fail('approval.settings', 'The request contradicts itself about its range or its thread; it was refused.')
  return ok(payload)
}

/** Checks and reads a comment or reminder by the key it carries. */
export const verifyComment = (jws: string, { sha256, verify }: StatementCrypto): Result<ApprovalComment> => {
  if (jws.length > MAX_STATEMENT_LENGTH) return tooLong()
  const read = verifyJws(jws, { typ: COMMENT_TYP, schema: approvalCommentSchema, keyFor: keyInside(jws, COMMENT_TYP, sha256), verify })
  if (!read.ok) return read
  return read.value.payload.author === read.value.kid
    ? ok(read.value.payload)
    : fail('approval.device', 'The comment names another author than the one who signed it; it was refused.')
}

const approverKeys =
  (approvers: readonly Approver[], sha256: Sha256) =>
  (kid: string): Uint8Array | undefined => {
    const approver = approvers.find((one) => one.kid === kid && jwkThumbprint(one.publicKeyJwk, sha256) === kid)
    return approver && jwkBytes(approver.publicKeyJwk)
  }

/** Checks and reads an answer by one of the approvers of a grant. */
export const verifyAnswer = (jws: string, approvers: readonly Approver[], { sha256, verify }: StatementCrypto): Result<ApprovalAnswer> => {
  if (jws.length > MAX_STATEMENT_LENGTH) return tooLong()
  const read = verifyJws(jws, { typ: APPROVAL_TYP, schema: approvalAnswerSchema, keyFor: approverKeys(approvers, sha256), verify })
  if (!read.ok) return read
  return read.value.payload.artist === read.value.kid
    ? ok(read.value.payload)
    : fail('approval.device', 'The answer names another artist than the one who signed it; it was refused.')
}

/** Checks and reads a revocation by one of the approvers of a grant. */
export const verifyApprovalRevocation = (
  jws: string,
  approvers: readonly Approver[],
  { sha256, verify }: StatementCrypto,
): Result<ApprovalRevocation> => {
  if (jws.length > MAX_STATEMENT_LENGTH) return tooLong()
  const read = verifyJws(jws, {
    typ: APPROVAL_REVOCATION_TYP,
    schema: approvalRevocationSchema,
    keyFor: approverKeys(approvers, sha256),
    verify,
  })
  if (!read.ok) return read
  const { payload, kid } = read.value
  if (payload.artist !== kid)
    return fail('approval.device', 'The withdrawal names another artist than the one who signed it; it was refused.')
  if (Date.parse(payload.since) < Date.parse(payload.issuedAt))
    return fail('approval.backdated', 'The withdrawal reaches back before it was written. Exports made before stay lawful; it was refused.')
  return ok(payload)
}
