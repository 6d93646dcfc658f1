// Takes signed statements in. The signature says who speaks, the grant who may; the same statement again gets the same answer, another under its id is refused.
import {
  type ApprovalFindingCode,
  type Approver,
  judgeApproval,
  type StatementCrypto,
  statementHash,
  verifyApprovalRevocation,
  verifyComment,
  verifyRequest,
} from '../../src-shared/approvals/index.ts'
import type { ApprovalTerms } from '../../src-shared/rights/index.ts'
import { decodeJws, fail, ok, type Result } from '../../src-shared/std/index.ts'
import { APPROVAL_REVOCATION_TYP, APPROVAL_TYP } from '../../src-shared/approvals/index.ts'
import { grantOf } from '../catalogue.ts'
import { sha256, verifyEd25519 } from '../keys.ts'
import { currentEntries } from '../revocations.ts'
import type { ServiceReader, ServiceStore, ServiceWriter, StoredDevice } from '../store.ts'
import type { StoredStatement } from './store.ts'

const crypto: StatementCrypto = { sha256, verify: verifyEd25519 }
const CLOCK_TOLERANCE_MS = 5 * 60_000
const NEVER = ''

export interface StatementItem {
  readonly id: string
  readonly jws: string
}

export interface Accepted {
  readonly id: string
  readonly receivedAt: string
}

type NewStatement = Omit<StoredStatement, 'seq' | 'hash' | 'receivedAt' | 'jws'>

/** Approval terms of a grant's newest version; undefined where it asks nobody. */
export const termsOf = async (reader: ServiceReader, grantId: string): Promise<ApprovalTerms | undefined> => {
  const work = await reader.approvals.workOf(grantId)
  const stored = work === undefined ? undefined : await reader.currentGrant(work)
  return stored && grantOf(stored).approval
}

const approversOf = async (reader: ServiceReader, grantId: string): Promise<readonly Approver[]> =>
  (await termsOf(reader, grantId))?.approvers ?? []

const unknownRequest = (): Result<never> =>
  fail('approval.unknown_request', 'The rights service does not know the request this belongs to. It has to be sent first.')

/** Stores once. `read` checks the statement and says where it belongs; it runs only for what is new. */
const acceptOnce = (
  store: ServiceStore,
  device: StoredDevice,
  { id, jws }: StatementItem,
  nowMs: number,
  read: (writer: ServiceWriter) => Promise<Result<NewStatement>>,
): Promise<Result<Accepted>> =>
  store.transact(async (writer): Promise<Result<Accepted>> => {
    const hash = statementHash(jws, sha256)
    const known = await writer.approvals.statement(id)
    if (known?.hash === hash) return ok({ id, receivedAt: known.receivedAt })
    const statement = await read(writer)
    if (!statement.ok) return statement
    if (statement.value.id !== id) return fail('approval.malformed', 'The statement has another id than the one it was sent under.')
    const receivedAt = new Date(nowMs).toISOString()
    if (known) {
      await writer.putFlag({
        at: receivedAt,
        kid: device.kid,
        account: device.account,
        kind: 'approval-conflict',
        details: { id, hash, jws },
      })
      return fail(
        'approval.conflict',
        'Another statement was sent under this id before. The first one counts; this one is kept as evidence.',
      )
    }
    await writer.approvals.putStatement({ ...statement.value, jws, hash, receivedAt })
    return ok({ id, receivedAt })
  })

/** Codes: `jws.*`, `approval.wrong_device`, `.no_approver`, `.no_licence`, `.unknown_request`, `.conflict`, `.clock`. */
export const acceptRequest = (
  { store, issuer }: { readonly store: ServiceStore; readonly issuer: string },
  device: StoredDevice,
  item: StatementItem,
  nowMs: number,
): Promise<Result<Accepted>> =>
  acceptOnce(store, device, item, nowMs, async (writer): Promise<Result<NewStatement>> => {
    const read = verifyRequest(item.jws, crypto)
    if (!read.ok) return read
    const request = read.value
    if (request.device !== device.kid || request.account !== device.account || request.issuer !== issuer)
      return fail(
        'approval.wrong_device',
        'The request was signed by another device or for another rights service. Only that device can send it.',
      )
    if (Date.parse(request.issuedAt) > nowMs + CLOCK_TOLERANCE_MS)
      return fail(
        'approval.clock',
        'The request is dated in the future. Set the clock of this computer right; it is sent again by itself, and taken once its date is reached.',
      )
    const stored = await writer.currentGrant(request.work)
    const grant = stored && grantOf(stored)
    if (!stored || !grant || grant.id !== request.grant.id || request.grant.version > grant.version)
      return fail(
        'approval.no_licence',
        'The rights service has no such licence for this work. Pull the work again and submit the remix anew.',
      )
    if (!grant.approval)
      return fail('approval.no_approver', 'The licence of this work names nobody who could say yes, so there is nobody to ask.')
    if (!(await writer.hasLease(device.account, [request.work], NEVER)))
      return fail('approval.no_licence', 'This account never held a licence for the work. Pull it first.')
    const before = request.supersedes === null ? undefined : await writer.approvals.statement(request.supersedes)
    if (before && (before.kind !== 'request' || before.account !== device.account || before.grantId !== grant.id))
      return fail('approval.unknown_request', 'The request says it replaces one that is not its own. It was refused.')
    for (const audio of [request.preview, request.original])
      if (audio)
        await writer.approvals.putAudio({ sha256: audio.sha256, bytes: audio.bytes, mimeType: audio.mimeType, requestId: request.id })
    return ok({ kind: 'request', id: request.id, requestId: request.id, grantId: grant.id, account: device.account })
  })

/** Findings that keep an answer out altogether; a no is an answer like a yes. */
const KEEPS_OUT: ReadonlySet<ApprovalFindingCode> = new Set([
  'approval.malformed',
  'approval.forged',
  'approval.not_approver',
  'approval.other_request',
  'approval.other_plan',
  'approval.other_sound',
  'approval.artist_revoked',
])

const requestIdIn = (jws: string, typ: string): string => {
  const decoded = decodeJws(jws, typ)
  const id = decoded.ok ? (decoded.value.payload as { readonly requestId?: unknown } | null)?.requestId : undefined
  return typeof id === 'string' ? id : ''
}

/** Anyone enrolled may bring an answer: it is the artist's signature that counts. Codes: `approval.*` as `judgeApproval` has them. */
export const acceptAnswer = (store: ServiceStore, device: StoredDevice, item: StatementItem, nowMs: number): Promise<Result<Accepted>> =>
  acceptOnce(store, device, item, nowMs, async (writer): Promise<Result<NewStatement>> => {
    const stored = await writer.approvals.statement(requestIdIn(item.jws, APPROVAL_TYP))
    const request = stored?.kind === 'request' ? verifyRequest(stored.jws, crypto) : undefined
    if (!stored || !request?.ok) return unknownRequest()
    const { answer, findings } = judgeApproval(item.jws, {
      ...crypto,
      request: { id: stored.id, hash: stored.hash },
      planSha256: request.value.planSha256,
      pcmSha256: request.value.pcmSha256,
      approvers: await approversOf(writer, stored.grantId),
      revocations: [],
      revokedArtists: (await currentEntries(writer)).filter(({ kind }) => kind === 'artist').map(({ id, since }) => ({ kid: id, since })),
      atMs: nowMs,
    })
    const wrong = findings.find(({ code }) => KEEPS_OUT.has(code))
    if (wrong || !answer) return fail(wrong?.code ?? 'approval.malformed', wrong?.message ?? 'The answer cannot be read.')
    if (Date.parse(answer.issuedAt) > nowMs + CLOCK_TOLERANCE_MS)
      return fail(
        'approval.clock',
        'The answer is dated in the future. Set the clock of the computer right; it is sent again by itself, and taken once its date is reached.',
      )
    return ok({ kind: 'answer', id: answer.id, requestId: stored.id, grantId: stored.grantId, account: stored.account })
  })

/** Codes: `jws.*`, `approval.unknown_answer`, `.backdated`, `.not_approver`. */
export const acceptRevocation = (
  store: ServiceStore,
  device: StoredDevice,
  item: StatementItem,
  nowMs: number,
): Promise<Result<Accepted>> =>
  acceptOnce(store, device, item, nowMs, async (writer): Promise<Result<NewStatement>> => {
    const request = await writer.approvals.statement(requestIdIn(item.jws, APPROVAL_REVOCATION_TYP))
    if (request?.kind !== 'request') return unknownRequest()
    const read = verifyApprovalRevocation(item.jws, await approversOf(writer, request.grantId), crypto)
    if (!read.ok) return read
    const answer = await writer.approvals.statement(read.value.answerId)
    if (answer?.kind !== 'answer' || answer.hash !== read.value.answerHash || answer.requestId !== request.id)
      return fail('approval.unknown_answer', 'The rights service does not know the answer that is taken back. It has to be sent first.')
    const decoded = decodeJws(answer.jws, APPROVAL_TYP)
    if (!decoded.ok || decoded.value.header.kid !== read.value.artist)
      return fail('approval.not_approver', 'An answer can be taken back only by the artist who gave it.')
    return ok({ kind: 'revocation', id: read.value.id, requestId: request.id, grantId: request.grantId, account: request.account })
  })

/** Comments and reminders of the two sides of a request. Codes: `jws.*`, `approval.unknown_request`, `.not_party`. */
export const acceptComment = (store: ServiceStore, device: StoredDevice, item: StatementItem, nowMs: number): Promise<Result<Accepted>> =>
  acceptOnce(store, device, item, nowMs, async (writer): Promise<Result<NewStatement>> => {
    const read = verifyComment(item.jws, crypto)
    if (!read.ok) return read
    const comment = read.value
    const request = await writer.approvals.statement(comment.requestId)
    if (request?.kind !== 'request') return unknownRequest()
    const isParty =
      comment.from === 'producer'
        ? (await writer.device(comment.author))?.account === request.account
        : (await approversOf(writer, request.grantId)).some(({ kid }) => kid === comment.author)
    if (!isParty) return fail('approval.not_party', 'Only the producer and the artists of a request can write in its thread.')
    return ok({ kind: 'comment', id: comment.id, requestId: request.id, grantId: request.grantId, account: request.account })
  })
