// Threads: what producer and artist said about one remix, put together from signed statements. Pure, and the same on both sides, whatever order they
// arrived in and however often: a statement counts once, by its id.
import type { ApprovalAnswer, ApprovalAudio, ApprovalComment, ApprovalRequest, ApprovalRevocation, StatementKind } from './records.ts'
import { isYes } from './records.ts'
import { type ApprovalFinding, judgeApproval, type KnownRevocation, revokedFrom } from './judge.ts'
import { type Approver, type StatementCrypto, verifyAnswer, verifyApprovalRevocation, verifyComment, verifyRequest } from './signed.ts'

/** Where a statement is on its way. `file`: it came in or went out by hand. */
export type Delivery = 'local' | 'queued' | 'sent' | 'refused' | 'file'

/** A statement as this device holds it. */
export interface KnownStatement {
  readonly kind: StatementKind
  readonly id: string
  readonly jws: string
  /** `sha256:…` of `jws`. */
  readonly hash: string
  /** When it came to be known: to the service where it went there, else here. */
  readonly receivedAt: string
  readonly delivery: Delivery
  /** Why it was refused or waits, in words. */
  readonly deliveryMessage: string | null
}

export interface ThreadWorld extends StatementCrypto {
  /** Who may answer under a grant, as far as this device knows. */
  readonly approversOf: (grant: string) => { readonly approvers: readonly Approver[]; readonly slaHours: number | null }
  readonly revokedArtists: readonly { readonly kid: string; readonly since: string }[]
  readonly hasAudio: (sha256: string) => boolean
  readonly nowMs: number
}

export type ApprovalState = 'waiting' | 'approved' | 'conditions' | 'changes' | 'refused' | 'revoked' | 'expired'

export interface AnswerView {
  readonly answer: ApprovalAnswer
  readonly hash: string
  readonly artistName: string
  readonly delivery: Delivery
  readonly deliveryMessage: string | null
  readonly findings: readonly ApprovalFinding[]
  /** True where a later answer of the same artist to the same request took its place. */
  readonly isReplaced: boolean
  readonly revocation: { readonly revocation: ApprovalRevocation; readonly from: string; readonly delivery: Delivery } | null
}

export interface CommentView {
  readonly comment: ApprovalComment
  readonly delivery: Delivery
}

export interface RequestView {
  readonly request: ApprovalRequest
  readonly hash: string
  readonly state: ApprovalState
  /** The state in one plain sentence. */
  readonly sentence: string
  readonly isSuperseded: boolean
  readonly answers: readonly AnswerView[]
  readonly comments: readonly CommentView[]
  readonly delivery: Delivery
  readonly deliveryMessage: string | null
  readonly hasPreview: boolean
  readonly hasOriginal: boolean
  /** Gains that make preview and original equally loud, never above 0 dB. */
  readonly levelMatch: LevelMatch
}

export interface ApprovalThread {
  readonly id: string
  readonly work: { readonly id: string; readonly title: string }
  readonly grant: string
  readonly remix: { readonly uid: string; readonly title: string }
  /** Pseudonym of the producer. */
  readonly account: string
  /** State of the newest request. */
  readonly state: ApprovalState
  readonly sentence: string
  /** Whose turn it is; null where there is nothing to do. */
  readonly waitsFor: 'artist' | 'producer' | null
  readonly waitingSince: string | null
  /** When the artist promised an answer by. */
  readonly dueAt: string | null
  readonly isOverdue: boolean
  readonly approvers: readonly Approver[]
  readonly updatedAt: string
  /** Oldest first. */
  readonly requests: readonly RequestView[]
}

export interface LevelMatch {
  readonly previewGainDb: number
  readonly originalGainDb: number
}

/** The louder of the two is turned down to the other. */
export const levelMatchOf = (preview: ApprovalAudio, original: ApprovalAudio | null): LevelMatch => {
  if (!original || preview.centiLufs === null || original.centiLufs === null) return { previewGainDb: 0, originalGainDb: 0 }
  const difference = (preview.centiLufs - original.centiLufs) / 100
  return { previewGainDb: difference > 0 ? -difference : 0, originalGainDb: difference < 0 ? difference : 0 }
}

/** What an ending may add; more is another tempo or another structure. */
const SAME_LENGTH_MS = 3_000

/** What to know before comparing: both run on one clock, so where their lengths differ the same second is another bar. Null where they agree. */
export const lengthNoteOf = (preview: ApprovalAudio, original: ApprovalAudio | null): string | null => {
  const difference = original ? preview.durationMs - original.durationMs : 0
  return Math.abs(difference) <= SAME_LENGTH_MS
    ? null
    : `The remix is ${Math.round(Math.abs(difference) / 1000)} s ${difference > 0 ? 'longer' : 'shorter'} than the original: a switch keeps the second, and may land in another bar.`
}

const HOUR_MS = 3_600_000
const day = (iso: string): string => iso.slice(0, 10)
const byTime =
  <T>(time: (item: T) => string, id: (item: T) => string) =>
  (a: T, b: T): number =>
    time(a) < time(b) ? -1 : time(a) > time(b) ? 1 : id(a) < id(b) ? -1 : 1

interface Read<T> {
  readonly value: T
  readonly known: KnownStatement
}

/** Statements of one kind whose signature holds, each once: by id and author, so that nobody takes an id from somebody else. */
const readAll = <T>(
  statements: readonly KnownStatement[],
  kind: StatementKind,
  read: (jws: string) => { readonly ok: true; readonly value: T } | { readonly ok: false },
  authorOf: (value: T) => string,
): readonly Read<T>[] => {
  const seen = new Map<string, Read<T>>()
  for (const known of statements) {
    if (known.kind !== kind) continue
    const result = read(known.jws)
    const name = result.ok ? `${known.id} ${authorOf(result.value)}` : ''
    if (result.ok && !seen.has(name)) seen.set(name, { value: result.value, known })
  }
  return [...seen.values()]
}

const stateOf = (answers: readonly AnswerView[]): { state: ApprovalState; decisive: AnswerView | null } => {
  const standing = answers.filter(({ isReplaced }) => !isReplaced)
  const find = (test: (view: AnswerView) => boolean): AnswerView | undefined => standing.findLast(test)
  const has = (view: AnswerView, code: string): boolean => view.findings.some((finding) => finding.code === code)
  const isHeld = (view: AnswerView): boolean => !view.findings.some(({ severity }) => severity === 'error')
  // A standing no of one approver holds back the yes of another.
  const refused = find(({ answer }) => answer.verdict === 'refuse')
  if (refused) return { state: 'refused', decisive: refused }
  const changes = find(({ answer }) => answer.verdict === 'changes')
  if (changes) return { state: 'changes', decisive: changes }
  const yes = find((view) => isYes(view.answer.verdict) && isHeld(view))
  if (yes) return { state: yes.answer.verdict === 'approve' ? 'approved' : 'conditions', decisive: yes }
  const revoked = find((view) => has(view, 'approval.revoked') || has(view, 'approval.artist_revoked'))
  if (revoked) return { state: 'revoked', decisive: revoked }
  const expired = find((view) => has(view, 'approval.expired'))
  return expired ? { state: 'expired', decisive: expired } : { state: 'waiting', decisive: null }
}

const sentenceOf = (state: ApprovalState, decisive: AnswerView | null, request: ApprovalRequest): string => {
  const name = decisive?.artistName ?? 'The artist'
  const on = decisive ? ` on ${day(decisive.answer.issuedAt)}` : ''
  const error = decisive?.findings.find(({ severity }) => severity === 'error')
  switch (state) {
    case 'waiting':
      return `Waiting for an answer since ${day(request.issuedAt)}.`
    case 'approved':
      return `${name} approved it${on}.`
    case 'conditions':
      return `${name} approved it${on} on conditions: ${decisive?.answer.conditions.join('; ') || 'see the notes'}.`
    case 'changes':
      return `${name} asked for changes${on}.`
    case 'refused':
      return `${name} said no${on}.`
    case 'revoked':
    case 'expired':
      return error?.message ?? 'The approval no longer holds.'
  }
}

/** All threads of these statements, the one with the newest word first. Statements whose signature does not hold are left out. */
export const buildThreads = (statements: readonly KnownStatement[], world: ThreadWorld): readonly ApprovalThread[] => {
  const requests = readAll(
    statements,
    'request',
    (jws) => verifyRequest(jws, world),
    () => '',
  )
  const byId = new Map(requests.map((one) => [one.value.id, one]))
  const anyApprover = [...new Set(requests.map(({ value }) => value.grant.id))].flatMap((grant) => world.approversOf(grant).approvers)
  const answers = readAll(
    statements,
    'answer',
    (jws) => verifyAnswer(jws, anyApprover, world),
    ({ artist }) => artist,
  )
  const revocations = readAll(
    statements,
    'revocation',
    (jws) => verifyApprovalRevocation(jws, anyApprover, world),
    ({ artist }) => artist,
  )
  const comments = readAll(
    statements,
    'comment',
    (jws) => verifyComment(jws, world),
    ({ author }) => author,
  )
  const known: readonly (KnownRevocation & { readonly delivery: Delivery; readonly id: string })[] = revocations.map(
    ({ value, known: by }) => ({
      revocation: value,
      knownSince: by.receivedAt,
      delivery: by.delivery,
      id: by.id,
    }),
  )

  const viewOf = (one: Read<ApprovalRequest>): RequestView => {
    const { value: request, known: by } = one
    const { approvers } = world.approversOf(request.grant.id)
    const own = answers
      .filter(({ value }) => value.requestId === request.id && value.requestHash === by.hash)
      .sort(
        byTime(
          ({ value }) => value.issuedAt,
          ({ value }) => value.id,
        ),
      )
    const views = own.map(({ value: answer, known: statement }, i): AnswerView => {
      const judged = judgeApproval(statement.jws, {
        ...world,
        request: { id: request.id, hash: by.hash },
        planSha256: request.planSha256,
        pcmSha256: request.pcmSha256,
        approvers,
        revocations: known,
        atMs: world.nowMs,
      })
      const taken = known.find(({ revocation }) => revocation.answerId === answer.id && revocation.artist === answer.artist)
      return {
        answer,
        hash: statement.hash,
        artistName: approvers.find(({ kid }) => kid === answer.artist)?.name ?? 'An artist',
        delivery: statement.delivery,
        deliveryMessage: statement.deliveryMessage,
        findings: judged.findings,
        isReplaced: own.slice(i + 1).some(({ value }) => value.artist === answer.artist),
        revocation: taken ? { revocation: taken.revocation, from: revokedFrom(taken), delivery: taken.delivery } : null,
      }
    })
    const { state, decisive } = stateOf(views.filter(({ findings }) => !findings.some(({ code }) => code === 'approval.not_approver')))
    return {
      request,
      hash: by.hash,
      state,
      sentence: sentenceOf(state, decisive, request),
      isSuperseded: requests.some(({ value }) => value.supersedes === request.id && value.device === request.device),
      answers: views,
      comments: comments
        .filter(({ value }) => value.requestId === request.id)
        .sort(
          byTime(
            ({ value }) => value.issuedAt,
            ({ value }) => value.id,
          ),
        )
        .map(({ value, known: statement }) => ({ comment: value, delivery: statement.delivery })),
      delivery: by.delivery,
      deliveryMessage: by.deliveryMessage,
      hasPreview: world.hasAudio(request.preview.sha256),
      hasOriginal: request.original !== null && world.hasAudio(request.original.sha256),
      levelMatch: levelMatchOf(request.preview, request.original),
    }
  }

  /** A request joins the thread it names only where the same device began it: nobody else can speak into it. */
  const threadOf = ({ value }: Read<ApprovalRequest>): string =>
    byId.get(value.thread)?.value.device === value.device ? value.thread : value.id
  const grouped = new Map<string, Read<ApprovalRequest>[]>()
  for (const one of requests) grouped.set(threadOf(one), [...(grouped.get(threadOf(one)) ?? []), one])
  const threads = [...grouped].map(([id, members]): ApprovalThread => {
    const views = [...members]
      .sort(
        byTime(
          ({ value }) => value.issuedAt,
          ({ value }) => value.id,
        ),
      )
      .map(viewOf)
    const last = views.at(-1) as RequestView
    const { request, state } = last
    const { approvers, slaHours } = world.approversOf(request.grant.id)
    const isWaiting = state === 'waiting'
    const due = isWaiting && slaHours !== null ? Date.parse(request.issuedAt) + slaHours * HOUR_MS : null
    const moments = views.flatMap(({ request: own, answers: said, comments: more }) => [
      own.issuedAt,
      ...said.flatMap(({ answer, revocation }) => [answer.issuedAt, ...(revocation ? [revocation.revocation.issuedAt] : [])]),
      ...more.map(({ comment }) => comment.issuedAt),
    ])
    return {
      id,
      work: { id: request.work, title: request.workTitle },
      grant: request.grant.id,
      remix: request.remix,
      account: request.account,
      state,
      sentence: last.sentence,
      waitsFor: isWaiting ? 'artist' : state === 'changes' ? 'producer' : null,
      waitingSince: isWaiting ? request.issuedAt : null,
      dueAt: due === null ? null : new Date(due).toISOString(),
      isOverdue: due !== null && due < world.nowMs,
      approvers,
      updatedAt: moments.reduce((latest, moment) => (moment > latest ? moment : latest), ''),
      requests: views,
    }
  })
  return threads.sort((a, b) => (a.updatedAt > b.updatedAt ? -1 : 1))
}
