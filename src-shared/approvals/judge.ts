// Whether an artist's answer lets this very sound be exported. Pure; asked at the start of a render, at its commit, in the window and when a file is
// verified. Findings with codes, never a boolean alone.
import { decodeJws } from '../std/index.ts'
import { type ApprovalAnswer, type ApprovalRevocation, APPROVAL_TYP, approvalAnswerSchema } from './records.ts'
import { type Approver, type StatementCrypto, verifyAnswer } from './signed.ts'

export type ApprovalFindingCode =
  | 'approval.malformed'
  | 'approval.forged'
  | 'approval.not_approver'
  | 'approval.other_request'
  | 'approval.other_plan'
  | 'approval.other_sound'
  | 'approval.artist_revoked'
  | 'approval.revoked'
  | 'approval.expired'
  | 'approval.after_export'
  | 'approval.changes'
  | 'approval.refused'
  | 'approval.conditions'

export interface ApprovalFinding {
  readonly code: ApprovalFindingCode
  /** Any error means that the answer does not cover the export. */
  readonly severity: 'error' | 'warning' | 'info'
  readonly message: string
}

/** A revocation that was checked, and when it became known here or to the service: a revocation never reaches back behind that. */
export interface KnownRevocation {
  readonly revocation: ApprovalRevocation
  readonly knownSince: string
}

export interface JudgeOptions extends StatementCrypto {
  /** The request it is to answer; null where it is not known here. */
  readonly request: { readonly id: string; readonly hash: string } | null
  /** `sha256:…` of the plan as it stands. */
  readonly planSha256: string
  /** `sha256:…` of the rendered sound; null before the render. */
  readonly pcmSha256: string | null
  readonly approvers: readonly Approver[]
  readonly revocations: readonly KnownRevocation[]
  /** Artists' keys the rights service withdrew. */
  readonly revokedArtists: readonly { readonly kid: string; readonly since: string }[]
  /** The moment that is judged: now for an export to be made, the time of its receipt for one that was made. */
  readonly atMs: number
}

export interface ApprovalVerdict {
  /** The answer, where its signature holds. */
  readonly answer: ApprovalAnswer | null
  readonly findings: readonly ApprovalFinding[]
  /** A yes that covers exactly this export. */
  readonly isApproved: boolean
}

/** Clocks of artist and producer may differ by this much. */
const CLOCK_TOLERANCE_MS = 5 * 60_000

const day = (iso: string): string => iso.slice(0, 10)

/** When a revocation starts to count. */
export const revokedFrom = ({ revocation, knownSince }: KnownRevocation): string =>
  Date.parse(revocation.since) > Date.parse(knownSince) ? revocation.since : knownSince

const unreadable = (jws: string, { approvers }: JudgeOptions, code: string): ApprovalFinding => {
  const decoded = decodeJws(jws, APPROVAL_TYP)
  if (
    !decoded.ok ||
    code === 'jws.schema' ||
    code === 'approval.too_long' ||
    !approvalAnswerSchema.safeParse(decoded.value.payload).success
  )
    return {
      code: 'approval.malformed',
      severity: 'error',
      message: 'The answer cannot be read; it was damaged on the way. Ask for it again.',
    }
  if (code === 'jws.unknown_key')
    return {
      code: 'approval.not_approver',
      severity: 'error',
      message: `The answer is signed by somebody whom the licence does not name (${decoded.value.header.kid.slice(0, 12)}…). ${approvers.length === 0 ? 'It names nobody.' : `It asks for ${approvers.map(({ name }) => name).join(' or ')}.`}`,
    }
  return {
    code: 'approval.forged',
    severity: 'error',
    message: 'The signature does not fit the answer: it was changed after the artist signed it, or somebody else wrote it.',
  }
}

/** Judges one answer. */
export const judgeApproval = (jws: string, options: JudgeOptions): ApprovalVerdict => {
  const read = verifyAnswer(jws, options.approvers, options)
  if (!read.ok) return { answer: null, findings: [unreadable(jws, options, read.error.code)], isApproved: false }
  const answer = read.value
  const findings: ApprovalFinding[] = []
  const error = (code: ApprovalFindingCode, message: string): void => void findings.push({ code, severity: 'error', message })
  const { request, planSha256, pcmSha256, atMs } = options
  if (request && (answer.requestId !== request.id || answer.requestHash !== request.hash))
    error('approval.other_request', 'The answer was given to another request, so it says nothing about this one.')
  if (answer.planSha256 !== planSha256)
    error('approval.other_plan', 'The remix was edited since the artist heard it, so the answer no longer covers it. Submit it again.')
  else if (pcmSha256 !== null && answer.pcmSha256 !== pcmSha256)
    error(
      'approval.other_sound',
      'This does not sound to the sample like what the artist heard. Export it with the settings it was submitted with, or submit it again.',
    )
  const revokedArtist = options.revokedArtists.find(({ kid, since }) => kid === answer.artist && Date.parse(since) <= atMs)
  if (revokedArtist)
    error(
      'approval.artist_revoked',
      `The key of this artist was withdrawn on ${day(revokedArtist.since)}. Exports made before stay lawful; ask for a new answer.`,
    )
  const revoked = options.revocations.find(
    (known) =>
      known.revocation.answerId === answer.id && known.revocation.artist === answer.artist && Date.parse(revokedFrom(known)) <= atMs,
  )
  if (revoked)
    error(
      'approval.revoked',
      `The artist took the approval back for new exports on ${day(revokedFrom(revoked))}${revoked.revocation.reason === '' ? '' : `: ${revoked.revocation.reason}`}. Exports made before stay lawful.`,
    )
  if (answer.expires !== null && Date.parse(answer.expires) <= atMs)
    error('approval.expired', `The approval ended on ${day(answer.expires)}. Ask the artist for a new one.`)
  if (Date.parse(answer.issuedAt) > atMs + CLOCK_TOLERANCE_MS)
    error('approval.after_export', `The answer was given on ${day(answer.issuedAt)}, after this export, so it does not cover it.`)
  if (answer.verdict === 'changes') error('approval.changes', 'The artist asks for changes.')
  if (answer.verdict === 'refuse') error('approval.refused', 'The artist said no to this remix.')
  if (answer.verdict === 'approve_with_conditions')
    findings.push({
      code: 'approval.conditions',
      severity: 'warning',
      message: `Approved on conditions: ${answer.conditions.join('; ') || 'see the notes'}.`,
    })
  return { answer, findings, isApproved: !findings.some(({ severity }) => severity === 'error') }
}
