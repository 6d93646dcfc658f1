// Approvals on this machine, for producer and artist alike: submit, answer, take back, comment, by the service or by files. Everything is signed and stored
// here first; what the service or the other side has to know follows when it can.
import { mkdirSync } from 'node:fs'
import {
  type AnswerDraftFile,
  type AnswerFile,
  type ApprovalFinding,
  type ApprovalNote,
  type ApprovalRequest,
  type ApprovalThread,
  type Approver,
  buildThreads,
  type ExportSettings,
  judgeApproval,
  type KnownStatement,
  type RequestView,
  readApprovalFile,
  type ReviewFile,
  signAnswer,
  signApprovalRevocation,
  signComment,
  signRequest,
  type StatementKind,
  type Verdict,
  verifyRequest,
} from '../../../src-shared/approvals/index.ts'
import type {
  ApprovalAudioReply,
  ApprovalStanding,
  ApprovalSyncView,
  ApprovalThreadView,
  ArtistUsage,
  ArtistView,
  EngineClient,
  StemFile,
  WorkSummary,
} from '../../../src-shared/protocol/index.ts'
import { aiSummaryOf, doneToStems, type FrameRange, usageOf } from '../../../src-shared/provenance/index.ts'
import { canonicalPlan, compilePlan, type RemixSnapshot, remixOf } from '../../../src-shared/remix/index.ts'
import { decide, type GrantInForce } from '../../../src-shared/rights/index.ts'
import { fail, fromBase64, hashText, ok, type Result, toBase64, toHex, type VerifyEd25519 } from '../../../src-shared/std/index.ts'
import { type Enrolment, type Identity, sha256, verifyEd25519 } from '../identity/index.ts'
import type { Licences } from '../licences/index.ts'
import { uuidV7 } from '../ledger/index.ts'
import type { ServiceClient } from '../service-client/index.ts'
import { type LicenceDesk, licenceProblem } from '../session/index.ts'
import { fetchArtistUsage } from './artist-usage.ts'
import { ApprovalAudioFiles } from './audio.ts'
import { type Preview, renderPreview } from './preview.ts'
import { type ExportInQuestion, judgeExport, standingOf } from './standing.ts'
import { ApprovalStore, type NewStatement } from './store.ts'
import { ApprovalSync, type ApprovalSyncSummary, isKeepable, placeOf } from './sync.ts'

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

export interface SubmitOrder {
  readonly snapshot: RemixSnapshot
  readonly message: string
  readonly range: FrameRange | null
  readonly loudnessTargetLufs: number | null
  readonly threads: number
  readonly signal?: AbortSignal
  readonly onProgress?: (fraction: number, label: string) => void
}

export interface AnswerOrder {
  readonly request: string
  readonly verdict: Verdict
  readonly conditions: readonly string[]
  readonly notes: readonly ApprovalNote[]
  readonly expires: string | null
}

const MAX_REMEMBERED = 20_000

/** Signatures that held are not checked again: threads are put together anew after every edit, out of the same statements. */
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

const crypto = { sha256, verify: rememberGood(verifyEd25519) }
const unknownRequest = (): Result<never> =>
  fail('approval.unknown_request', 'There is no such request here. Sync, or take in its review file, then try again.')

/** What a loudness target and range are to a request: integers, so that canonical JSON is stable. */
export const settingsOf = (range: FrameRange | null, loudnessTargetLufs: number | null): ExportSettings => ({
  range: range && { fromFrame: range.fromFrame, toFrame: range.toFrame },
  centiLufsTarget: loudnessTargetLufs === null ? null : Math.round(loudnessTargetLufs * 100),
})

export class Approvals {
  readonly store: ApprovalStore
  readonly audio: ApprovalAudioFiles
  readonly #tools: ApprovalTools
  readonly #sync: ApprovalSync
  #lastProblem: string | null = null
  constructor(tools: ApprovalTools) {
    this.#tools = tools
    this.store = new ApprovalStore(tools.dir)
    this.audio = new ApprovalAudioFiles(tools.dir)
    this.#sync = new ApprovalSync({
      store: this.store,
      audio: this.audio,
      identity: tools.identity,
      connect: tools.connect,
      nowMs: () => tools.licences.clock.nowMs,
    })
  }

  get #nowMs(): number {
    return this.#tools.licences.clock.nowMs
  }
  get #now(): string {
    return new Date(this.#nowMs).toISOString()
  }

  #threadsBy(approversOf: (grant: string) => { approvers: readonly Approver[]; slaHours: number | null }): readonly ApprovalThread[] {
    return buildThreads(this.store.statements(), {
      ...crypto,
      approversOf,
      revokedArtists: this.#revokedArtists(),
      hasAudio: (name) => this.audio.has(name),
      nowMs: this.#nowMs,
    })
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

  /** A request with its thread; ids may be cut short where they stay unambiguous. */
  find(id: string): Result<{ readonly thread: ApprovalThreadView; readonly view: RequestView }> {
    const found = this.threads().flatMap((thread) =>
      thread.requests
        .filter(({ request }) => request.id === id || (id.length >= 8 && request.id.startsWith(id)))
        .map((view) => ({ thread, view })),
    )
    const [only] = found
    return only && found.length === 1 ? ok(only) : unknownRequest()
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

  /** Judges an answer that a file carries, as of when the file was made; null where the answer is not known here. */
  judgePast(
    carried: { readonly id: string; readonly sha256: string; readonly artist: string },
    made: { readonly planSha256: string; readonly pcmSha256: string; readonly issuedAt: string },
  ): { readonly artistName: string; readonly answeredAt: string; readonly findings: readonly ApprovalFinding[] } | null {
    const found = this.threads()
      .flatMap((thread) => thread.requests.map((view) => ({ thread, view })))
      .flatMap(({ thread, view }) => view.answers.map((one) => ({ thread, view, one })))
      .find(({ one }) => one.answer.id === carried.id)
    const jws = found && this.#statementJws(found.one.answer.id)
    if (!found || jws === undefined) return null
    const { thread, view, one } = found
    const judged = judgeApproval(jws, {
      ...crypto,
      request: { id: view.request.id, hash: view.hash },
      planSha256: made.planSha256,
      pcmSha256: made.pcmSha256,
      approvers: thread.approvers,
      revocations: one.revocation ? [{ revocation: one.revocation.revocation, knownSince: one.revocation.from }] : [],
      revokedArtists: this.#revokedArtists(),
      atMs: Date.parse(made.issuedAt),
    })
    const isOther = one.hash !== carried.sha256 || one.answer.artist !== carried.artist
    const other: ApprovalFinding = {
      code: 'approval.forged',
      severity: 'error',
      message: 'The file names an answer of an artist that reads otherwise than the one known here.',
    }
    return {
      artistName: one.artistName,
      answeredAt: one.answer.issuedAt,
      findings: isOther ? [...judged.findings, other] : judged.findings,
    }
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

  #preview(
    snapshot: RemixSnapshot,
    engine: EngineClient,
    order: SubmitOrder,
    part: { from: number; title: string },
  ): Promise<Result<Preview>> {
    const plan = compilePlan(snapshot)
    if (!plan.ok) return Promise.resolve(plan)
    mkdirSync(this.#tools.tempDir, { recursive: true, mode: 0o700 })
    return renderPreview(
      { engine, audio: this.audio, tempDir: this.#tools.tempDir, stemFile: this.#tools.stemLocator(snapshot) },
      {
        plan: plan.value,
        title: part.title,
        range: order.range,
        loudnessTargetLufs: order.loudnessTargetLufs,
        threads: order.threads,
        signal: order.signal,
        onProgress: (fraction, label) => order.onProgress?.(part.from + 0.45 * fraction, label),
      },
    )
  }

  /** The work over the same stretch; null where it is not here or shorter than that. */
  async #original(work: string, engine: EngineClient, order: SubmitOrder): Promise<Result<Preview> | null> {
    const snapshot = this.#tools.originalOf(work)
    const plan = snapshot && compilePlan(snapshot)
    if (!snapshot || !plan?.ok) return null
    const end = plan.value.lengthFrames + plan.value.tailFrames
    const range = order.range && { fromFrame: order.range.fromFrame, toFrame: Math.min(order.range.toFrame, end) }
    if (range && range.toFrame <= range.fromFrame) return null
    return this.#preview(
      snapshot,
      engine,
      { ...order, range, loudnessTargetLufs: null },
      { from: 0.5, title: this.#tools.work(work)?.title ?? 'Original' },
    )
  }

  /**
   * Hands a remix to the artists of its works: renders what they will hear and signs one request per work that asks. The same remix with the same settings
   * is not asked about twice. Codes: `approval.*`, `licence.*`, `plan.*`, `export.*`, `stem.*`, `audio.*`.
   */
  async submit(order: SubmitOrder): Promise<Result<{ readonly requests: readonly string[]; readonly isNew: boolean }>> {
    const { identity, desk } = this.#tools
    const plan = compilePlan(order.snapshot)
    if (!plan.ok) return plan
    if (plan.value.lengthFrames === 0) return fail('export.empty', 'There is nothing to submit: no clip of this remix can be heard.')
    const grants = desk.grantsFor(plan.value.sources.map(({ stemId }) => stemId))
    const usage = usageOf(plan.value, { range: order.range ?? undefined })
    const decisions = decide(grants, usage, desk.context('render'))
    const denied = decisions.filter(({ effect }) => effect === 'deny')
    if (denied.length > 0) return { ok: false, error: licenceProblem(denied) }
    const needed = new Set(decisions.filter(({ effect }) => effect === 'approval').map(({ grantId }) => grantId))
    const unanswerable = grants.find(({ grant }) => needed.has(grant.id) && !grant.approval)
    if (unanswerable)
      return fail(
        'approval.no_approver',
        'The licence asks for the artist’s approval but names nobody who could give it. Ask the rights holder to name somebody, or undo what needs approval.',
      )
    const asked = grants.filter(({ grant }) => grant.approval && (needed.size === 0 || needed.has(grant.id)))
    if (asked.length === 0)
      return fail('approval.not_needed', 'No licence in this remix asks for approval, so there is nobody to submit it to. Export it.')

    const planSha256 = hashText(canonicalPlan(plan.value), sha256)
    const settings = settingsOf(order.range, order.loudnessTargetLufs)
    const before = this.threads()
    const { uid, title } = remixOf(order.snapshot)
    const open = asked.map(({ grant }) => ({
      grant,
      thread: before.find((thread) => thread.isMine && thread.grant === grant.id && thread.remix.uid === uid),
    }))
    const isSame = (view: RequestView | undefined): boolean =>
      view !== undefined &&
      ['waiting', 'approved', 'conditions'].includes(view.state) &&
      view.delivery !== 'refused' &&
      view.request.planSha256 === planSha256 &&
      JSON.stringify(view.request.export) === JSON.stringify(settings)
    const known = open.map(({ thread }) => thread?.requests.at(-1))
    if (known.every(isSame)) return ok({ requests: known.flatMap((view) => (view ? [view.request.id] : [])), isNew: false })

    const engine = await this.#tools.engine()
    if (!engine.ok) return engine
    const preview = await this.#preview(order.snapshot, engine.value, order, { from: 0, title })
    if (!preview.ok) return preview
    const statements: NewStatement[] = []
    const requests: string[] = []
    for (const { grant, hash, lease } of asked) {
      const enrolment = identity.enrolment(grant.issuer)
      const account = enrolment?.account ?? lease?.account
      if (!account)
        return fail('export.not_enrolled', `This computer is not enrolled with ${grant.issuer}. Connect to it once, then submit again.`)
      const original = await this.#original(grant.work, engine.value, order)
      if (original && !original.ok && order.signal?.aborted) return original
      const previous = open.find((one) => one.grant.id === grant.id)?.thread?.requests.at(-1)
      const id = uuidV7(this.#nowMs)
      const covered = new Set(grant.assets.map(({ stem }) => stem))
      const request: ApprovalRequest = {
        v: 1,
        id,
        thread: previous?.request.thread ?? id,
        supersedes: previous?.request.id ?? null,
        issuer: grant.issuer,
        work: grant.work,
        workTitle: (this.#tools.work(grant.work)?.title ?? grant.work).slice(0, 300),
        grant: { id: grant.id, version: grant.version, hash },
        remix: { uid, title: title.slice(0, 300) },
        recipes: [...(remixOf(order.snapshot).recipes ?? [])],
        planSha256,
        pcmSha256: preview.value.pcmSha256,
        export: settings,
        durationMs: preview.value.durationMs,
        preview: preview.value.audio,
        original: original?.ok ? original.value.audio : null,
        // The artist of one work is told of their stems only, and that others took part by the operation `layer`.
        done: doneToStems({ ...usage, stems: usage.stems.filter(({ stem }) => covered.has(stem)) }).slice(0, 500),
        ai: aiSummaryOf(usage),
        message: order.message.slice(0, 4_000),
        device: identity.kid,
        key: identity.jwk,
        account,
        issuedAt: this.#now,
      }
      const jws = signRequest(request, identity.sign)
      const kept = verifyRequest(jws, crypto)
      if (!kept.ok) return kept
      statements.push({ kind: 'request', id, issuer: grant.issuer, requestId: id, jws, receivedAt: request.issuedAt, origin: 'own' })
      requests.push(id)
    }
    if (order.signal?.aborted) return fail('approval.cancelled', 'It was not submitted. Nothing was kept.')
    this.store.add(statements, { isToSend: true })
    order.onProgress?.(1, 'Submitted')
    return ok({ requests, isNew: true })
  }

  #own(kind: StatementKind, id: string, requestId: string, jws: string): void {
    const issuer = this.store.issuerOf(requestId) ?? ''
    this.store.add([{ kind, id, issuer, requestId, jws, receivedAt: this.#now, origin: 'own' }], { isToSend: true })
  }

  /** Signs an answer with this home's artist key. Codes: `approval.no_artist`, `.not_approver`, `.unknown_request`, `.no_conditions`, `.note_outside`. */
  answer({ request: id, verdict, conditions, notes, expires }: AnswerOrder): Result<{ readonly answer: string }> {
    const artist = this.#tools.identity.artist()
    if (!artist)
      return fail('approval.no_artist', 'This home has no artist’s key yet. Make one, and have the rights holder name it in the licence.')
    const found = this.find(id)
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
    const answer = uuidV7(this.#nowMs)
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
        issuedAt: this.#now,
        expires,
      },
      artist.sign,
    )
    this.#own('answer', answer, view.request.id, jws)
    return ok({ answer })
  }

  /** Takes an answer of this home's artist back for new exports. Codes: `approval.no_artist`, `.unknown_answer`, `.backdated`, `.revoked`. */
  revoke({
    answer: id,
    reason,
    since,
  }: {
    readonly answer: string
    readonly reason: string
    readonly since: string | null
  }): Result<{ readonly revocation: string }> {
    const artist = this.#tools.identity.artist()
    if (!artist) return fail('approval.no_artist', 'This home has no artist’s key, so it has given no answer that could be taken back.')
    const found = this.threads()
      .flatMap(({ requests }) => requests)
      .flatMap((view) => view.answers.map((one) => ({ view, one })))
      .find(({ one }) => (one.answer.id === id || (id.length >= 8 && one.answer.id.startsWith(id))) && one.answer.artist === artist.kid)
    if (!found) return fail('approval.unknown_answer', 'There is no such answer of this artist here.')
    if (found.one.revocation) return fail('approval.revoked', 'This answer was taken back already.')
    const issuedAt = this.#now
    if (since !== null && Date.parse(since) < Date.parse(issuedAt))
      return fail('approval.backdated', 'An approval can be taken back from now on or later: exports made before stay lawful.')
    const revocation = uuidV7(this.#nowMs)
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
    this.#own('revocation', revocation, found.view.request.id, jws)
    return ok({ revocation })
  }

  /** Writes into a thread: as its artist where this home is one, else as its producer. Codes: `approval.unknown_request`, `.not_party`. */
  comment({
    request: id,
    text,
    atMs = null,
    kind = 'comment',
  }: {
    readonly request: string
    readonly text: string
    readonly atMs?: number | null
    readonly kind?: 'comment' | 'reminder'
  }): Result<{ readonly comment: string }> {
    const found = this.find(id)
    if (!found.ok) return found
    const { thread, view } = found.value
    const { identity } = this.#tools
    const artist = thread.mayAnswer && !thread.isMine ? identity.artist() : null
    if (!artist && !thread.isMine)
      return fail('approval.not_party', 'Only the producer and the artists of a request can write in its thread.')
    if (kind === 'reminder' && (artist || view.state !== 'waiting'))
      return fail('approval.not_waiting', 'There is nothing to remind of: this request does not wait for the artist.')
    const author = artist ?? identity
    const comment = uuidV7(this.#nowMs)
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
        issuedAt: this.#now,
      },
      author.sign,
    )
    this.#own('comment', comment, view.request.id, jws)
    return ok({ comment })
  }

  /** The sound of a request, fetched where it is not here yet. Codes: `approval.unknown_request`, `.no_audio`, `service.*`. */
  async sound(id: string, which: 'preview' | 'original'): Promise<Result<ApprovalAudioReply>> {
    const found = this.find(id)
    if (!found.ok) return found
    const named = found.value.view.request[which]
    if (!named)
      return fail('approval.no_audio', 'The original could not be made when this was submitted, so there is nothing to compare with.')
    let bytes = this.audio.read(named.sha256)
    if (!bytes) {
      const connected = await this.#tools.connect(false)
      if (!connected.ok) return connected
      const fetched = await this.#sync.fetchAudio(connected.value.client, named.sha256, AbortSignal.timeout(10 * 60_000))
      if (!fetched.ok) return fetched
      bytes = this.audio.read(named.sha256)
    }
    if (!bytes) return fail('approval.no_audio', 'The sound of this request is not here. Connect to the rights service and try again.')
    return ok({ mimeType: named.mimeType, sha256: named.sha256, bytes })
  }

  /** Sends and fetches. The producer's licences are asked for withdrawn artists, too, whenever the ledger is in touch with the service. */
  async sync(options: { readonly isForced?: boolean; readonly signal?: AbortSignal } = {}): Promise<Result<ApprovalSyncSummary>> {
    const done = await this.#sync.run(options)
    this.#lastProblem = done.ok ? null : done.error.message
    if (done.ok) {
      const connected = await this.#tools.connect(false)
      // A withdrawn artist's key counts from the list on, so the newest list is asked for along with the answers.
      if (connected.ok) await this.#tools.licences.refreshRevocations(connected.value.client, connected.value.enrolment)
    }
    return done
  }

  syncView(): ApprovalSyncView {
    const { count, nextAt, lastError } = this.store.waiting()
    return { queued: count, message: this.#lastProblem ?? lastError, nextAttemptAt: nextAt ? new Date(nextAt).toISOString() : null }
  }

  artist(): ArtistView | null {
    const artist = this.#tools.identity.artist()
    if (!artist) return null
    const { kid, name, jwk } = artist
    return { kid, name, approver: JSON.stringify({ kid, name, publicKeyJwk: jwk }, null, 2) }
  }

  /** Where this artist's stems were used, newest first. Codes: `approval.no_artist`, `service.*`. */
  async usage({ max, signal }: { readonly max: number; readonly signal?: AbortSignal }): Promise<Result<ArtistUsage>> {
    if (!this.#tools.identity.artist())
      return fail(
        'approval.no_artist',
        'This home has no artist’s key, so the rights service cannot tell whose stems to look for. Make one first.',
      )
    // The key is bound to this device by a sync; without one the service would not know whom it answers.
    const synced = await this.sync({ isForced: false, ...(signal ? { signal } : {}) })
    if (!synced.ok) return synced
    const connected = await this.#tools.connect(false)
    return connected.ok ? fetchArtistUsage(connected.value.client, this.threads(), { max, nowMs: this.#nowMs, signal }) : connected
  }

  makeArtist(name: string): ArtistView {
    this.#tools.identity.makeArtist(name)
    return this.artist() as ArtistView
  }

  /** What a review file of a request holds. Codes as `sound`. */
  async review(id: string): Promise<Result<ReviewFile>> {
    const found = this.find(id)
    if (!found.ok) return found
    const { thread, view } = found.value
    const preview = await this.sound(view.request.id, 'preview')
    if (!preview.ok) return preview
    const original = view.request.original ? await this.sound(view.request.id, 'original') : null
    if (original && !original.ok) return original
    const members = new Set(thread.requests.map(({ request }) => request.id))
    const own = this.#statementJws(view.request.id)
    if (!own) return unknownRequest()
    return ok({
      format: 'stemma-review',
      v: 1,
      request: own,
      approvers: thread.approvers.map(({ kid, name, publicKeyJwk: { kty, crv, x } }) => ({ kid, name, publicKeyJwk: { kty, crv, x } })),
      preview: { mimeType: preview.value.mimeType, base64: toBase64(preview.value.bytes) },
      original: original ? { mimeType: original.value.mimeType, base64: toBase64(original.value.bytes) } : null,
      statements: this.store
        .statements()
        .filter(({ kind, jws, id: statement }) => statement !== view.request.id && members.has(placeOf(kind, jws)?.requestId ?? ''))
        .map(({ kind, jws }) => ({ kind, jws })),
    })
  }

  #statementJws(id: string): string | undefined {
    return this.store.statements().find((statement: KnownStatement) => statement.id === id)?.jws
  }

  /** What was said to a request, to send by hand. Codes: `approval.unknown_request`, `approval.nothing_said`. */
  answerFile(id: string): Result<AnswerFile> {
    const found = this.find(id)
    if (!found.ok) return found
    const statements = this.store
      .statements()
      .filter(({ kind, jws }) => kind !== 'request' && placeOf(kind, jws)?.requestId === found.value.view.request.id)
      .map(({ kind, jws }) => ({ kind: kind as Exclude<StatementKind, 'request'>, jws }))
    return statements.length === 0
      ? fail('approval.nothing_said', 'Nothing was answered to this request yet, so there is nothing to send.')
      : ok({ format: 'stemma-answer', v: 1, statements })
  }

  /** Takes in a review or answer file, or the page around a review. What is known already is not taken twice. Codes: `approval.file_unreadable`, `.forged`, `.unknown_request`, `.other_audio`. */
  async takeIn(
    name: string,
    text: string,
  ): Promise<
    Result<{
      readonly kind: 'review' | 'answer' | 'draft'
      readonly thread: string | null
      readonly added: number
      readonly sentence: string
      readonly draft: AnswerDraftFile | null
    }>
  > {
    const read = readApprovalFile(name, text)
    if (!read.ok) return read
    if (read.value.format === 'stemma-answer-draft') return this.#takeDraft(read.value)
    return read.value.format === 'stemma-review' ? this.#takeReview(read.value) : this.#takeAnswers(read.value)
  }

  /** A draft says nothing until it is signed: it is handed back for the artist to check. */
  #takeDraft(draft: AnswerDraftFile) {
    const found = this.find(draft.request)
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
      kind: 'draft' as const,
      thread: found.value.thread.id,
      added: 0,
      sentence: 'This answer was written in a browser and is not signed yet. It counts once the artist signs it.',
      draft,
    })
  }

  async #takeReview(file: ReviewFile) {
    const request = verifyRequest(file.request, crypto)
    if (!request.ok) return fail('approval.forged', `The request in this file does not hold: ${request.error.message}`)
    for (const [sound, named] of [
      [file.preview, request.value.preview],
      [file.original, request.value.original],
    ] as const) {
      if (!sound || !named || this.audio.has(named.sha256)) continue
      const bytes = fromBase64(sound.base64)
      const stored = await this.audio.put(named.sha256, bytes ? [bytes] : [])
      if (!stored.ok) return stored
    }
    const { issuer, grant } = request.value
    if (!this.store.terms(grant.id) && file.approvers.length > 0)
      this.store.putTerms(grant.id, { required: true, approvers: file.approvers.map((one) => ({ ...one })) })
    const all = [...file.statements, { kind: 'request' as const, jws: file.request }]
    const statements = all.flatMap(({ kind, jws }): NewStatement[] => {
      const place = isKeepable(kind, jws) ? placeOf(kind, jws) : undefined
      return place ? [{ kind, id: place.id, issuer, requestId: place.requestId, jws, receivedAt: this.#now, origin: 'file' }] : []
    })
    const added = this.store.add(statements, { isToSend: false }).length
    const thread = this.find(request.value.id)
    return ok({
      kind: 'review' as const,
      thread: thread.ok ? thread.value.thread.id : null,
      added,
      draft: null,
      sentence:
        added === 0
          ? 'This review was here already.'
          : `“${request.value.remix.title}” asks for an answer about “${request.value.workTitle}”.`,
    })
  }

  #takeAnswers(file: AnswerFile) {
    const fresh: NewStatement[] = []
    for (const { kind, jws } of file.statements) {
      const place = isKeepable(kind, jws) ? placeOf(kind, jws) : undefined
      if (!place) return fail('approval.malformed', 'The answer in this file cannot be read; it was damaged on the way. Ask for it again.')
      const request = this.find(place.requestId)
      if (!request.ok)
        return fail(
          'approval.unknown_request',
          'This answers a request that was not made here, so it says nothing about any remix on this computer.',
        )
      if (kind === 'answer' && !request.value.view.answers.some(({ answer }) => answer.id === place.id)) {
        const wrong = this.#wrongWith(jws, request.value)
        if (wrong) return fail(wrong.code, wrong.message)
      }
      const issuer = this.store.issuerOf(place.requestId) ?? ''
      fresh.push({ kind, id: place.id, issuer, requestId: place.requestId, jws, receivedAt: this.#now, origin: 'file' })
    }
    // Whoever has an answer may bring it to the service: it is the artist's signature that counts.
    const added = this.store.add(fresh, { isToSend: true }).length
    const [first] = fresh
    const thread = first ? this.find(first.requestId) : undefined
    return ok({
      kind: 'answer' as const,
      thread: thread?.ok ? thread.value.thread.id : null,
      added,
      draft: null,
      sentence:
        added === 0
          ? 'This answer was here already; it counts once.'
          : thread?.ok
            ? thread.value.view.sentence
            : 'The answer was taken in.',
    })
  }

  /** Why an answer from a file would not count, before it is kept. */
  #wrongWith(jws: string, { thread, view }: { readonly thread: ApprovalThread; readonly view: RequestView }) {
    const { findings } = judgeApproval(jws, {
      ...crypto,
      request: { id: view.request.id, hash: view.hash },
      planSha256: view.request.planSha256,
      pcmSha256: view.request.pcmSha256,
      approvers: thread.approvers,
      revocations: [],
      revokedArtists: this.#revokedArtists(),
      atMs: this.#nowMs,
    })
    return findings.find(
      ({ severity, code }) =>
        severity === 'error' && code !== 'approval.changes' && code !== 'approval.refused' && code !== 'approval.expired',
    )
  }

  close(): void {
    this.store.close()
  }
}
