// Requests and answers as files, for those who pass them on by hand.
import {
  type AnswerDraftFile,
  type AnswerFile,
  type Approver,
  readApprovalFile,
  type ReviewFile,
  type StatementKind,
  verifyApprovalRevocation,
  verifyComment,
  verifyRequest,
} from '../../../src-shared/approvals/index.ts'
import type { ApprovalAudioReply } from '../../../src-shared/protocol/index.ts'
import { fail, fromBase64, ok, type Result, toBase64 } from '../../../src-shared/std/index.ts'
import { placeOf, proofOf, statementCrypto } from './signatures.ts'
import type { NewStatement } from './store.ts'
import { type ApprovalThreads, unknownRequest } from './threads.ts'

/** The sound of a request, fetched where it is not here yet. */
export type SoundOf = (request: string, which: 'preview' | 'original') => Promise<Result<ApprovalAudioReply>>

export interface TakenIn {
  readonly kind: 'review' | 'answer' | 'draft'
  readonly thread: string | null
  /** Statements that were not known yet. */
  readonly added: number
  readonly sentence: string
  readonly draft: AnswerDraftFile | null
}

/** What a review file of a request holds. Codes: those of `sound`. */
export const buildReviewFile = async (threads: ApprovalThreads, sound: SoundOf, id: string): Promise<Result<ReviewFile>> => {
  const found = threads.find(id)
  if (!found.ok) return found
  const { thread, view } = found.value
  const preview = await sound(view.request.id, 'preview')
  if (!preview.ok) return preview
  const original = view.request.original ? await sound(view.request.id, 'original') : null
  if (original && !original.ok) return original
  const members = new Set(thread.requests.map(({ request }) => request.id))
  const own = threads.statementJws(view.hash)
  if (!own) return unknownRequest()
  const approvers = threads.knownApprovers()
  return ok({
    format: 'stemma-review',
    v: 1,
    request: own,
    approvers: thread.approvers.map(({ kid, name, publicKeyJwk: { kty, crv, x } }) => ({ kid, name, publicKeyJwk: { kty, crv, x } })),
    preview: { mimeType: preview.value.mimeType, base64: toBase64(preview.value.bytes) },
    original: original ? { mimeType: original.value.mimeType, base64: toBase64(original.value.bytes) } : null,
    statements: threads.store
      .statements()
      .filter(({ kind, jws, id: statement }) => statement !== view.request.id && members.has(placeOf(kind, jws)?.requestId ?? ''))
      .filter(({ kind, jws }) => proofOf(kind, jws, approvers) === 'holds')
      .map(({ kind, jws }) => ({ kind, jws })),
  })
}

/** What was said to a request, to send by hand. Codes: `approval.unknown_request`, `approval.nothing_said`. */
export const buildAnswerFile = (threads: ApprovalThreads, id: string): Result<AnswerFile> => {
  const found = threads.find(id)
  if (!found.ok) return found
  const approvers = threads.knownApprovers()
  const statements = threads.store
    .statements()
    .filter(({ kind, jws }) => kind !== 'request' && placeOf(kind, jws)?.requestId === found.value.view.request.id)
    // What does not hold here would hold nowhere, and one such statement makes the whole file be turned away.
    .filter(({ kind, jws }) => proofOf(kind, jws, approvers) === 'holds')
    .map(({ kind, jws }) => ({ kind: kind as Exclude<StatementKind, 'request'>, jws }))
  return statements.length === 0
    ? fail('approval.nothing_said', 'Nothing was answered to this request yet, so there is nothing to send.')
    : ok({ format: 'stemma-answer', v: 1, statements })
}

/** Takes in a review or answer file, or the page around a review. What is known already is not taken twice. Codes: `approval.file_unreadable`, `.forged`, `.unknown_request`, `.other_audio`. */
export const takeInFile = async (threads: ApprovalThreads, name: string, text: string): Promise<Result<TakenIn>> => {
  const read = readApprovalFile(name, text)
  if (!read.ok) return read
  if (read.value.format === 'stemma-answer-draft') return takeDraft(threads, read.value)
  return read.value.format === 'stemma-review' ? takeReview(threads, read.value) : takeAnswers(threads, read.value)
}

/** A draft says nothing until it is signed: it is handed back for the artist to check. */
const takeDraft = (threads: ApprovalThreads, draft: AnswerDraftFile): Result<TakenIn> => {
  const found = threads.find(draft.request)
  if (!found.ok)
    return fail(
      'approval.unknown_request',
      'This answer is about a remix that is not here yet. Open the review page itself in Stemma first, then this file again.',
    )
  if (found.value.view.hash !== draft.requestHash)
    return fail('approval.other_request', 'This answer was written about another version of the request, so it was not taken in.')
  if (!found.value.thread.mayAnswer)
    return fail('approval.not_approver', 'Only the artist can sign this answer. Open it in the Stemma that has the artist’s key.')
  return ok({
    kind: 'draft',
    thread: found.value.thread.id,
    added: 0,
    sentence: 'This answer was written in a browser and is not signed yet. It counts once the artist signs it.',
    draft,
  })
}

const takeReview = async (threads: ApprovalThreads, file: ReviewFile): Promise<Result<TakenIn>> => {
  const request = verifyRequest(file.request, statementCrypto)
  if (!request.ok) return fail('approval.forged', `The request in this file does not hold: ${request.error.message}`)
  for (const [sound, named] of [
    [file.preview, request.value.preview],
    [file.original, request.value.original],
  ] as const) {
    if (!sound || !named || threads.audio.has(named.sha256)) continue
    const bytes = fromBase64(sound.base64)
    const stored = await threads.audio.put(named.sha256, bytes ? [bytes] : [])
    if (!stored.ok) return stored
  }
  const { issuer, grant } = request.value
  if (!threads.store.terms(grant.id) && file.approvers.length > 0)
    threads.store.putTerms(grant.id, { required: true, approvers: file.approvers.map((one) => ({ ...one })) })
  const all = [...file.statements, { kind: 'request' as const, jws: file.request }]
  const approvers = threads.knownApprovers()
  let damaged = 0
  const statements = all.flatMap(({ kind, jws }): NewStatement[] => {
    const place = proofOf(kind, jws, approvers) === 'broken' ? undefined : placeOf(kind, jws)
    if (!place) damaged++
    return place ? [{ kind, id: place.id, issuer, requestId: place.requestId, jws, receivedAt: threads.now, origin: 'file' }] : []
  })
  const added = threads.store.add(statements, { isToSend: false }).length
  const thread = threads.find(request.value.id)
  return ok({
    kind: 'review',
    thread: thread.ok ? thread.value.thread.id : null,
    added,
    draft: null,
    sentence: [
      added === 0
        ? 'This review was here already.'
        : `“${request.value.remix.title}” asks for an answer about “${request.value.workTitle}”.`,
      ...(damaged > 0 ? ['Part of what was said to it is damaged in this file and was left out; sync, or ask for the file again.'] : []),
    ].join(' '),
  })
}

/** Why a withdrawal or comment from a file would not count, before it is kept. */
const wrongWithWord = (kind: StatementKind, jws: string, approvers: readonly Approver[]): { code: string; message: string } | undefined => {
  const read = kind === 'revocation' ? verifyApprovalRevocation(jws, approvers, statementCrypto) : verifyComment(jws, statementCrypto)
  if (read.ok) return undefined
  const what = kind === 'revocation' ? 'withdrawal' : 'comment'
  if (read.error.code.startsWith('approval.')) return read.error
  return kind === 'revocation' && read.error.code === 'jws.unknown_key'
    ? { code: 'approval.not_approver', message: 'The withdrawal in this file is signed by somebody whom the licence does not name.' }
    : {
        code: 'approval.forged',
        message: `The signature does not fit the ${what} in this file: it was damaged or changed on the way. Ask for it again.`,
      }
}

const takeAnswers = (threads: ApprovalThreads, file: AnswerFile): Result<TakenIn> => {
  const fresh: NewStatement[] = []
  const approvers = threads.knownApprovers()
  const known = threads.store.statements()
  for (const { kind, jws } of file.statements) {
    const place = placeOf(kind, jws)
    if (!place) return fail('approval.malformed', 'The answer in this file cannot be read; it was damaged on the way. Ask for it again.')
    const request = threads.find(place.requestId)
    if (!request.ok)
      return fail(
        'approval.unknown_request',
        'This answers a request that was not made here, so it says nothing about any remix on this computer.',
      )
    const before = known.find((one) => one.kind === kind && one.id === place.id && proofOf(kind, one.jws, approvers) === 'holds')
    const wrong =
      before?.jws === jws ? undefined : kind === 'answer' ? threads.wrongWith(jws, request.value) : wrongWithWord(kind, jws, approvers)
    if (wrong) return fail(wrong.code, wrong.message)
    // The first that holds under an id counts; another one changes nothing.
    if (before && before.jws !== jws) continue
    const issuer = threads.store.issuerOf(place.requestId) ?? ''
    fresh.push({ kind, id: place.id, issuer, requestId: place.requestId, jws, receivedAt: threads.now, origin: 'file' })
  }
  // Whoever has an answer may bring it to the service: it is the artist's signature that counts.
  const added = threads.store.add(fresh, { isToSend: true }).length
  const [first] = fresh
  const thread = first ? threads.find(first.requestId) : undefined
  return ok({
    kind: 'answer',
    thread: thread?.ok ? thread.value.thread.id : null,
    added,
    draft: null,
    sentence:
      added === 0 ? 'This answer was here already; it counts once.' : thread?.ok ? thread.value.view.sentence : 'The answer was taken in.',
  })
}
