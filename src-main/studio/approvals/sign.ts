// What people say to a request, signed with their keys: an answer, taking it back, a comment.
import { type ApprovalNote, signAnswer, signApprovalRevocation, signComment, type Verdict } from '../../../src-shared/approvals/index.ts'
import { fail, ok, type Result } from '../../../src-shared/std/index.ts'
import type { Identity } from '../identity/index.ts'
import { uuidV7 } from '../ledger/index.ts'
import { type ApprovalThreads, chosenById } from './threads.ts'

export interface AnswerOrder {
  readonly request: string
  readonly verdict: Verdict
  readonly conditions: readonly string[]
  readonly notes: readonly ApprovalNote[]
  readonly expires: string | null
}

export interface RevokeOrder {
  readonly answer: string
  readonly reason: string
  readonly since: string | null
}

export interface CommentOrder {
  readonly request: string
  readonly text: string
  readonly atMs?: number | null
  readonly kind?: 'comment' | 'reminder'
}

/** Signs an answer with this home's artist key. Codes: `approval.no_artist`, `.not_approver`, `.unknown_request`, `.no_conditions`, `.note_outside`. */
export const answerRequest = (
  threads: ApprovalThreads,
  identity: Identity,
  { request: id, verdict, conditions, notes, expires }: AnswerOrder,
): Result<{ readonly answer: string }> => {
  const artist = identity.artist()
  if (!artist)
    return fail('approval.no_artist', 'This home has no artist’s key yet. Make one, and have the rights holder name it in the licence.')
  const found = threads.find(id)
  if (!found.ok) return found
  const { thread, view } = found.value
  if (!thread.approvers.some(({ kid }) => kid === artist.kid))
    return fail(
      'approval.not_approver',
      `The licence of “${thread.work.title}” does not name the key of ${artist.name}, so an answer would not count.`,
    )
  if (verdict === 'approve_with_conditions' && conditions.length === 0)
    return fail('approval.no_conditions', 'Say at least one condition, or approve it without.')
  const outside = notes.find(({ fromMs, toMs }) => fromMs > view.request.durationMs || (toMs !== null && toMs < fromMs))
  if (outside)
    return fail(
      'approval.note_outside',
      `A note is about ${Math.round(outside.fromMs / 1000)} s, which is not in the remix, or ends before it begins.`,
    )
  const answer = uuidV7(threads.nowMs)
  const { planSha256, pcmSha256 } = view.request
  const jws = signAnswer(
    {
      v: 1,
      id: answer,
      requestId: view.request.id,
      requestHash: view.hash,
      planSha256,
      pcmSha256,
      verdict,
      conditions: verdict === 'approve_with_conditions' ? [...conditions] : [],
      notes: [...notes],
      artist: artist.kid,
      issuedAt: threads.now,
      expires,
    },
    artist.sign,
  )
  threads.keepOwn('answer', answer, view.request.id, jws)
  return ok({ answer })
}

/** Takes an answer of this home's artist back for new exports. Codes: `approval.no_artist`, `.unknown_answer`, `.ambiguous_answer`, `.backdated`, `.revoked`. */
export const revokeAnswer = (
  threads: ApprovalThreads,
  identity: Identity,
  { answer: id, reason, since }: RevokeOrder,
): Result<{ readonly revocation: string }> => {
  const artist = identity.artist()
  if (!artist) return fail('approval.no_artist', 'This home has no artist’s key, so it has given no answer that could be taken back.')
  const own = threads
    .threads()
    .flatMap((thread) => thread.requests.flatMap((view) => view.answers.map((one) => ({ thread, view, one }))))
    .filter(({ one }) => one.answer.artist === artist.kid)
  const chosen = chosenById(id, own, { what: 'answer', idOf: ({ one }) => one.answer.id, titleOf: ({ thread }) => thread.remix.title })
  if (!chosen.ok) return chosen
  const found = chosen.value
  if (!found) return fail('approval.unknown_answer', 'There is no such answer of this artist here.')
  if (found.one.revocation) return fail('approval.revoked', 'This answer was taken back already.')
  const issuedAt = threads.now
  if (since !== null && Date.parse(since) < Date.parse(issuedAt))
    return fail('approval.backdated', 'An approval can be taken back from now on or later: exports made before stay lawful.')
  const revocation = uuidV7(threads.nowMs)
  const { answer, hash } = found.one
  const jws = signApprovalRevocation(
    {
      v: 1,
      id: revocation,
      answerId: answer.id,
      requestId: answer.requestId,
      answerHash: hash,
      since: since ?? issuedAt,
      reason,
      artist: artist.kid,
      issuedAt,
    },
    artist.sign,
  )
  threads.keepOwn('revocation', revocation, found.view.request.id, jws)
  return ok({ revocation })
}

/** Writes into a thread: as its artist where this home is one, else as its producer. Codes: `approval.unknown_request`, `.not_party`. */
export const commentRequest = (
  threads: ApprovalThreads,
  identity: Identity,
  { request: id, text, atMs = null, kind = 'comment' }: CommentOrder,
): Result<{ readonly comment: string }> => {
  const found = threads.find(id)
  if (!found.ok) return found
  const { thread, view } = found.value
  const artist = thread.mayAnswer && !thread.isMine ? identity.artist() : null
  if (!artist && !thread.isMine)
    return fail('approval.not_party', 'Only the producer and the artists of a request can write in its thread.')
  if (kind === 'reminder' && (artist || view.state !== 'waiting'))
    return fail('approval.not_waiting', 'There is nothing to remind of: this request does not wait for the artist.')
  const author = artist ?? identity
  const comment = uuidV7(threads.nowMs)
  const jws = signComment(
    {
      v: 1,
      id: comment,
      requestId: view.request.id,
      kind,
      text,
      atMs,
      from: artist ? 'artist' : 'producer',
      author: author.kid,
      key: author.jwk,
      issuedAt: threads.now,
    },
    author.sign,
  )
  threads.keepOwn('comment', comment, view.request.id, jws)
  return ok({ comment })
}
