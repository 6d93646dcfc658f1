// What the statements on this device say: the threads they make, and whether they cover an export.
import {
  type ApprovalFinding,
  type ApprovalThread,
  type Approver,
  buildThreads,
  judgeApproval,
  type JudgeOptions,
  type RequestView,
  type StatementKind,
} from '../../../src-shared/approvals/index.ts'
import type { ApprovalStanding, ApprovalThreadView, EngineClient, StemFile, WorkSummary } from '../../../src-shared/protocol/index.ts'
import { usageOf } from '../../../src-shared/provenance/index.ts'
import { canonicalPlan, compilePlan, type RemixSnapshot, remixOf } from '../../../src-shared/remix/index.ts'
import { decide, type GrantInForce } from '../../../src-shared/rights/index.ts'
import { fail, hashText, ok, type Result } from '../../../src-shared/std/index.ts'
import { type Enrolment, type Identity, sha256 } from '../identity/index.ts'
import type { Licences } from '../licences/index.ts'
import type { ServiceClient } from '../service-client/index.ts'
import type { LicenceDesk } from '../session/index.ts'
import { ApprovalAudioFiles } from './audio.ts'
import { statementCrypto } from './signatures.ts'
import { type ExportInQuestion, judgeExport, standingOf } from './standing.ts'
import { ApprovalStore } from './store.ts'

export interface ApprovalTools {
  /** Folder of threads and sounds. */
  readonly dir: string
  readonly tempDir: string
  readonly identity: Identity
  readonly licences: Licences
  readonly desk: LicenceDesk
  readonly connect: (isForced: boolean) => Promise<Result<{ readonly client: ServiceClient; readonly enrolment: Enrolment }>>
  readonly engine: () => Promise<Result<EngineClient>>
  /** Where the stems of a remix lie. */
  readonly stemLocator: (snapshot: RemixSnapshot) => (stemId: string) => StemFile | undefined
  /** A work as it was released, as a remix with all stems in place; null where it is not here. */
  readonly originalOf: (work: string) => RemixSnapshot | null
  readonly work: (id: string) => Pick<WorkSummary, 'title'> | undefined
}

/** Told of a request whose statement is not on this device. */
export const unknownRequest = (): Result<never> =>
  fail('approval.unknown_request', 'There is no such request here. Sync, or take in its review file, then try again.')

const MAX_CANDIDATES = 5

/** What an id that was cut short means: itself in full, or the only one that begins so. Candidates are named where there are several. */
export const chosenById = <T>(
  id: string,
  all: readonly T[],
  words: { readonly what: 'request' | 'answer'; readonly idOf: (one: T) => string; readonly titleOf: (one: T) => string },
): Result<T | undefined> => {
  const whole = all.find((one) => words.idOf(one) === id)
  const found = whole ? [whole] : id.length < 8 ? [] : all.filter((one) => words.idOf(one).startsWith(id))
  if (found.length < 2) return ok(found[0])
  const named = found.slice(0, MAX_CANDIDATES).map((one) => `${words.idOf(one)} (“${words.titleOf(one)}”)`)
  const more = found.length > named.length ? ` and ${found.length - named.length} more` : ''
  return fail(
    `approval.ambiguous_${words.what}`,
    `The ids of ${found.length} ${words.what}s begin with ${id}: ${named.join(', ')}${more}. Give more of the id, or all of it.`,
    { candidates: found.map(words.idOf) },
  )
}

/** Nothing here asks the service: what it sent is kept by `ApprovalSync`. */
export class ApprovalThreads {
  readonly store: ApprovalStore
  readonly audio: ApprovalAudioFiles
  readonly #tools: ApprovalTools
  constructor(tools: ApprovalTools) {
    this.#tools = tools
    this.store = new ApprovalStore(tools.dir)
    this.audio = new ApprovalAudioFiles(tools.dir)
  }

  /** By the clock that licences go by. */
  get nowMs(): number {
    return this.#tools.licences.clock.nowMs
  }
  get now(): string {
    return new Date(this.nowMs).toISOString()
  }

  #threadsBy(approversOf: (grant: string) => { approvers: readonly Approver[]; slaHours: number | null }): readonly ApprovalThread[] {
    return buildThreads(this.store.statements(), {
      ...statementCrypto,
      approversOf,
      revokedArtists: this.#revokedArtists(),
      hasAudio: (name) => this.audio.has(name),
      nowMs: this.nowMs,
    })
  }

  /** Everyone a licence on this device, the service or a review names as able to answer, under whatever grant. */
  knownApprovers(): readonly Approver[] {
    return [...this.#tools.licences.grantsInForce().flatMap(({ grant }) => grant.approval?.approvers ?? []), ...this.store.approvers()]
  }

  #revokedArtists(): readonly { kid: string; since: string }[] {
    return (this.#tools.licences.revocations()?.entries ?? [])
      .filter(({ kind }) => kind === 'artist')
      .map(({ id, since }) => ({ kid: id, since }))
  }

  /** Threads for people, newest word first: licences on this device say who may answer, and where there is none, the service or the review file. */
  threads(): readonly ApprovalThreadView[] {
    const grants = new Map(this.#tools.licences.grantsInForce().map(({ grant }) => [grant.id, grant.approval]))
    const artist = this.#tools.identity.artist()
    const device = this.#tools.identity.kid
    return this.#threadsBy((grant) => {
      const terms = grants.get(grant) ?? this.store.terms(grant)
      return { approvers: terms?.approvers ?? [], slaHours: terms?.slaHours ?? null }
    }).map((thread) => ({
      ...thread,
      isMine: thread.requests.some(({ request }) => request.device === device),
      mayAnswer: artist !== null && thread.approvers.some(({ kid }) => kid === artist.kid),
    }))
  }

  /** A request with its thread; ids may be cut short where they stay unambiguous. Codes: `approval.unknown_request`, `.ambiguous_request`. */
  find(id: string): Result<{ readonly thread: ApprovalThreadView; readonly view: RequestView }> {
    const all = this.threads().flatMap((thread) => thread.requests.map((view) => ({ thread, view })))
    const found = chosenById(id, all, {
      what: 'request',
      idOf: ({ view }) => view.request.id,
      titleOf: ({ thread }) => thread.remix.title,
    })
    if (!found.ok) return found
    return found.value ? ok(found.value) : unknownRequest()
  }

  #asker(): { readonly device: string; readonly accounts: readonly string[] } {
    const { identity } = this.#tools
    return { device: identity.kid, accounts: identity.enrolments().map(({ account }) => account) }
  }

  /** Whether a yes covers exactly what is to be exported, by grant, and which answers go into manifest and receipt. Asks only grants in force. */
  judgeExport(grants: readonly GrantInForce[], wanted: ExportInQuestion): ReturnType<typeof judgeExport> {
    const terms = new Map(grants.map(({ grant }) => [grant.id, grant.approval]))
    const threads = this.#threadsBy((grant) => ({ approvers: terms.get(grant)?.approvers ?? [], slaHours: null }))
    return judgeExport(grants, threads, this.#asker(), wanted)
  }

  #judge(
    jws: string,
    { approvers }: ApprovalThread,
    { request, hash }: RequestView,
    asOf: Pick<JudgeOptions, 'planSha256' | 'pcmSha256' | 'revocations' | 'atMs'>,
  ): readonly ApprovalFinding[] {
    const { planSha256, pcmSha256, revocations, atMs } = asOf
    return judgeApproval(jws, {
      ...statementCrypto,
      request: { id: request.id, hash },
      planSha256,
      pcmSha256,
      approvers,
      revocations,
      revokedArtists: this.#revokedArtists(),
      atMs,
    }).findings
  }

  /** Judges an answer that a file carries, as of when the file was made; null where the answer is not known here. */
  judgePast(
    carried: { readonly id: string; readonly sha256: string; readonly artist: string },
    made: { readonly planSha256: string; readonly pcmSha256: string; readonly issuedAt: string },
  ): { readonly artistName: string; readonly answeredAt: string; readonly findings: readonly ApprovalFinding[] } | null {
    const found = this.threads()
      .flatMap((thread) => thread.requests.map((view) => ({ thread, view })))
      .flatMap(({ thread, view }) => view.answers.map((one) => ({ thread, view, one })))
      .find(({ one }) => one.answer.id === carried.id)
    const jws = found && this.statementJws(found.one.hash)
    if (!found || jws === undefined) return null
    const { thread, view, one } = found
    const revocations = one.revocation ? [{ revocation: one.revocation.revocation, knownSince: one.revocation.from }] : []
    const findings = this.#judge(jws, thread, view, { ...made, revocations, atMs: Date.parse(made.issuedAt) })
    const isOther = one.hash !== carried.sha256 || one.answer.artist !== carried.artist
    const other: ApprovalFinding = {
      code: 'approval.forged',
      severity: 'error',
      message: 'The file names an answer of an artist that reads otherwise than the one known here.',
    }
    return { artistName: one.artistName, answeredAt: one.answer.issuedAt, findings: isOther ? [...findings, other] : findings }
  }

  /** How a remix, as it is now, stands with the artists of its works. Codes: `plan.*`. */
  standing(snapshot: RemixSnapshot): Result<readonly ApprovalStanding[]> {
    const plan = compilePlan(snapshot)
    if (!plan.ok) return plan
    const grants = this.#tools.desk.grantsFor(plan.value.sources.map(({ stemId }) => stemId))
    if (grants.every(({ grant }) => grant.approval === undefined)) return ok([])
    const decisions = decide(grants, usageOf(plan.value), this.#tools.desk.context('render'))
    return ok(
      standingOf(grants, this.threads(), this.#asker(), {
        uid: remixOf(snapshot).uid,
        planSha256: hashText(canonicalPlan(plan.value), sha256),
        isNeeded: (grantId) => decisions.some((one) => one.effect === 'approval' && one.grantId === grantId),
        workTitle: (work) => this.#tools.work(work)?.title ?? work,
      }),
    )
  }

  /** A statement as it was signed, by its hash. */
  statementJws(hash: string): string | undefined {
    return this.store.statements().find((statement) => statement.hash === hash)?.jws
  }

  /** Keeps what was signed here, to be sent when it can. */
  keepOwn(kind: StatementKind, id: string, requestId: string, jws: string): void {
    const issuer = this.store.issuerOf(requestId) ?? ''
    this.store.add([{ kind, id, issuer, requestId, jws, receivedAt: this.now, origin: 'own' }], { isToSend: true })
  }

  /** Why an answer from a file would not count, before it is kept. */
  wrongWith(jws: string, { thread, view }: { readonly thread: ApprovalThread; readonly view: RequestView }) {
    const { planSha256, pcmSha256 } = view.request
    return this.#judge(jws, thread, view, { planSha256, pcmSha256, revocations: [], atMs: this.nowMs }).find(
      ({ severity, code }) =>
        severity === 'error' && code !== 'approval.changes' && code !== 'approval.refused' && code !== 'approval.expired',
    )
  }
}
