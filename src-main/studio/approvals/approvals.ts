// Approvals on this machine, for producer and artist alike: submit, answer, take back, comment, by the service or by files. Everything is signed and stored
// here first; what the service or the other side has to know follows when it can.
import type { AnswerFile, ReviewFile } from '../../../src-shared/approvals/index.ts'
import type { ApprovalAudioReply, ApprovalSyncView, ArtistUsage, ArtistView } from '../../../src-shared/protocol/index.ts'
import { fail, ok, type Result } from '../../../src-shared/std/index.ts'
import { fetchArtistUsage } from './artist-usage.ts'
import { buildAnswerFile, buildReviewFile, type TakenIn, takeInFile } from './hand-over.ts'
import { type AnswerOrder, answerRequest, type CommentOrder, commentRequest, type RevokeOrder, revokeAnswer } from './sign.ts'
import { type SubmitOrder, submitRemix } from './submit.ts'
import { ApprovalSync, type ApprovalSyncSummary } from './sync.ts'
import { ApprovalThreads, type ApprovalTools } from './threads.ts'

export class Approvals extends ApprovalThreads {
  readonly #tools: ApprovalTools
  readonly #sync: ApprovalSync
  #lastProblem: string | null = null
  constructor(tools: ApprovalTools) {
    super(tools)
    this.#tools = tools
    this.#sync = new ApprovalSync({
      store: this.store,
      audio: this.audio,
      identity: tools.identity,
      connect: tools.connect,
      nowMs: () => this.nowMs,
      approvers: () => this.knownApprovers(),
    })
  }

  /** Hands a remix to the artists of its works. Codes: those of `submitRemix`. */
  submit(order: SubmitOrder): ReturnType<typeof submitRemix> {
    return submitRemix(this.#tools, this, order)
  }

  /** Signs an answer of this home's artist. Codes: those of `answerRequest`. */
  answer(order: AnswerOrder): ReturnType<typeof answerRequest> {
    return answerRequest(this, this.#tools.identity, order)
  }

  /** Takes an answer of this home's artist back. Codes: those of `revokeAnswer`. */
  revoke(order: RevokeOrder): ReturnType<typeof revokeAnswer> {
    return revokeAnswer(this, this.#tools.identity, order)
  }

  /** Writes into a thread. Codes: those of `commentRequest`. */
  comment(order: CommentOrder): ReturnType<typeof commentRequest> {
    return commentRequest(this, this.#tools.identity, order)
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
    return connected.ok ? fetchArtistUsage(connected.value.client, this.threads(), { max, nowMs: this.nowMs, signal }) : connected
  }

  makeArtist(name: string): ArtistView {
    this.#tools.identity.makeArtist(name)
    return this.artist() as ArtistView
  }

  /** What a review file of a request holds. Codes as `sound`. */
  review(id: string): Promise<Result<ReviewFile>> {
    return buildReviewFile(this, (request, which) => this.sound(request, which), id)
  }

  /** What was said to a request, to send by hand. Codes: those of `buildAnswerFile`. */
  answerFile(id: string): Result<AnswerFile> {
    return buildAnswerFile(this, id)
  }

  /** Takes in a file somebody sent. Codes: those of `takeInFile`. */
  takeIn(name: string, text: string): Promise<Result<TakenIn>> {
    return takeInFile(this, name, text)
  }

  close(): void {
    this.store.close()
  }
}
