// Sends what waits and fetches what is new. A statement counts once, by its id, on either side: a lost reply, a second program or a file by hand change nothing.
import { type ApprovalRequest, type Approver, REQUEST_TYP } from '../../../src-shared/approvals/index.ts'
import { ARTIST_TYP } from '../../../src-shared/protocol/index.ts'
import { buildJws, decodeJws, ok, type Problem, type Result } from '../../../src-shared/std/index.ts'
import type { Enrolment, Identity } from '../identity/index.ts'
import type { ServiceClient } from '../service-client/index.ts'
import { backoffMs } from '../sync/index.ts'
import type { ApprovalAudioFiles } from './audio.ts'
import { placeOf, proofOf } from './signatures.ts'
import type { ApprovalStore, NewStatement } from './store.ts'

export interface ApprovalSyncTools {
  readonly store: ApprovalStore
  readonly audio: ApprovalAudioFiles
  readonly identity: Identity
  /** An enrolled client; `isForced` enrols anew where the service forgot this device. */
  readonly connect: (isForced: boolean) => Promise<Result<{ readonly client: ServiceClient; readonly enrolment: Enrolment }>>
  readonly nowMs: () => number
  /** Everyone a licence or a review names as able to answer. */
  readonly approvers: () => readonly Approver[]
}

export interface ApprovalSyncSummary {
  readonly sent: number
  readonly received: number
  readonly refused: readonly { readonly id: string; readonly code: string; readonly message: string }[]
  /** Statements still to be sent. */
  readonly remaining: number
}

/** Not wrong, only not yet: what it belongs to has not reached the service, or a clock that is fast dated it ahead of now. */
const WAITS: ReadonlySet<string> = new Set(['approval.unknown_request', 'approval.unknown_answer', 'approval.clock', 'enrol.expired'])

export class ApprovalSync {
  readonly #tools: ApprovalSyncTools
  #running: Promise<Result<ApprovalSyncSummary>> | undefined
  #next: { readonly pass: Promise<Result<ApprovalSyncSummary>>; isForced: boolean } | undefined
  constructor(tools: ApprovalSyncTools) {
    this.#tools = tools
  }

  /**
   * One pass that begins after the call: what was signed before the call is sent, what the service had then is fetched. Calls while a pass runs share the one
   * that follows it. Codes: `service.*`, `enrol.*`, `trust.*`, `approval.*`. `isForced` sends what is not due yet, too.
   */
  run({
    isForced = true,
    signal,
  }: {
    readonly isForced?: boolean
    readonly signal?: AbortSignal
  } = {}): Promise<Result<ApprovalSyncSummary>> {
    if (this.#next) this.#next.isForced ||= isForced
    else if (!this.#running) return this.#start(isForced, signal)
    else {
      // The pass under way may have read its outbox, or what the service has, before this call.
      const begin = (): Promise<Result<ApprovalSyncSummary>> => {
        const isNextForced = this.#next?.isForced ?? isForced
        this.#next = undefined
        return this.#start(isNextForced, signal)
      }
      this.#next = { pass: this.#running.then(begin, begin), isForced }
    }
    return this.#next.pass
  }

  #start(isForced: boolean, signal: AbortSignal | undefined): Promise<Result<ApprovalSyncSummary>> {
    const pass = this.#pass(isForced, signal).finally(() => {
      if (this.#running === pass) this.#running = undefined
    })
    this.#running = pass
    return pass
  }

  async #pass(isForced: boolean, signal: AbortSignal | undefined): Promise<Result<ApprovalSyncSummary>> {
    let connected = await this.#tools.connect(false)
    if (!connected.ok) return this.#unsent(connected.error)
    const since = this.#tools.store.cursor(connected.value.enrolment.issuer).seq
    let known = await connected.value.client.approvalThreads(since, signal)
    if (!known.ok && known.error.code === 'service.unauthorised') {
      connected = await this.#tools.connect(true)
      if (!connected.ok) return this.#unsent(connected.error)
      known = await connected.value.client.approvalThreads(since, signal)
    }
    if (!known.ok) return this.#unsent(known.error)
    const { client, enrolment } = connected.value
    const bound = await this.#bind(client, enrolment, known.value.artists)
    if (!bound.ok) return bound
    const refused: { id: string; code: string; message: string }[] = []
    let sent = 0
    for (const item of this.#tools.store.outbox(enrolment.issuer, isForced ? Number.MAX_SAFE_INTEGER : this.#tools.nowMs())) {
      if (signal?.aborted) break
      const reply = await client.approvalStatement(item.kind, { id: item.id, jws: item.jws }, signal)
      if (reply.ok) {
        this.#tools.store.settle(item.hash, 'sent', reply.value.receivedAt, null)
        sent++
        continue
      }
      const { code, message } = reply.error
      const status = Number(reply.error.details?.status ?? 0)
      if (!WAITS.has(code) && status >= 400 && status < 500 && status !== 401 && status !== 429) {
        this.#tools.store.settle(item.hash, 'refused', new Date(this.#tools.nowMs()).toISOString(), message)
        refused.push({ id: item.id, code, message })
        continue
      }
      this.#postpone(item, message)
      if (!WAITS.has(code)) return reply
    }
    const received = await this.#fetch(client, enrolment, signal)
    if (!received.ok) return received
    return ok({ sent, received: received.value, refused, remaining: this.#tools.store.waiting().count })
  }

  #postpone({ hash, attempts }: { readonly hash: string; readonly attempts: number }, reason: string): void {
    this.#tools.store.postpone(hash, this.#tools.nowMs() + backoffMs(attempts), reason)
  }

  /** Nothing could be sent: everything stays and waits a little longer. */
  #unsent(problem: Problem): Result<never> {
    for (const { issuer } of this.#tools.identity.enrolments())
      for (const item of this.#tools.store.outbox(issuer, this.#tools.nowMs())) this.#postpone(item, problem.message)
    return { ok: false, error: problem }
  }

  /** Proves to the service that this device speaks for its artist. */
  async #bind(client: ServiceClient, enrolment: Enrolment, known: readonly string[]): Promise<Result<null>> {
    const artist = this.#tools.identity.artist()
    if (!artist || known.includes(artist.kid)) return ok(null)
    const challenge = await client.enrolChallenge()
    if (!challenge.ok) return challenge
    const payload = { nonce: challenge.value.nonce, device: enrolment.device, issuer: enrolment.issuer }
    const proof = buildJws({ typ: ARTIST_TYP, kid: artist.kid, payload }, artist.sign)
    const bound = await client.bindArtist({ key: artist.jwk, proof })
    return bound.ok ? ok(null) : bound
  }

  /** Fetches new statements and terms, then sends sounds the service lacks and fetches those this device lacks. */
  async #fetch(client: ServiceClient, { issuer }: Enrolment, signal: AbortSignal | undefined): Promise<Result<number>> {
    const { store, audio } = this.#tools
    let { scope, seq } = store.cursor(issuer)
    let received = 0
    // A statement that came damaged is asked for again at the next pass, with all after it: the genuine one may not be lost for it.
    let damagedSeq = Number.POSITIVE_INFINITY
    let missing: readonly string[] = []
    for (let isMore = true; isMore && !signal?.aborted; ) {
      const page = await client.approvalThreads(seq, signal)
      if (!page.ok) return page
      if (page.value.scope !== scope && seq > 0) {
        // Older statements may have become visible: from the beginning, once.
        scope = page.value.scope
        seq = 0
        continue
      }
      scope = page.value.scope
      for (const { id, terms } of page.value.grants) store.putTerms(id, terms)
      const approvers = this.#tools.approvers()
      const fresh = page.value.statements.flatMap(({ seq: at, kind, id, jws, receivedAt }): NewStatement[] => {
        const place = proofOf(kind, jws, approvers) === 'broken' ? undefined : placeOf(kind, jws)
        if (place?.id === id) return [{ kind, id, issuer, requestId: place.requestId, jws, receivedAt, origin: 'service' }]
        damagedSeq = Math.min(damagedSeq, at)
        return []
      })
      received += store.add(fresh, { isToSend: false }).length
      seq = Math.max(seq, ...page.value.statements.map((statement) => statement.seq))
      store.setCursor(issuer, scope, Math.min(seq, damagedSeq - 1))
      missing = page.value.missingAudio
      isMore = page.value.hasMore
    }
    const named = this.#namedAudio()
    for (const sha256Hex of missing) {
      const bytes = audio.read(sha256Hex)
      const mimeType = named.get(sha256Hex)
      if (!bytes || !mimeType || signal?.aborted) continue
      const uploaded = await client.uploadApprovalAudio(sha256Hex, mimeType, bytes, signal)
      if (!uploaded.ok) return uploaded
    }
    for (const sha256Hex of named.keys()) {
      if (audio.has(sha256Hex) || signal?.aborted) continue
      // What has not arrived at the service yet is asked for again at the next pass.
      await this.fetchAudio(client, sha256Hex, signal ?? new AbortController().signal)
    }
    return ok(received)
  }

  /** Fetches one sound. Codes: `approval.unknown_audio`, `approval.other_audio`, `service.*`, `disk.*`. */
  async fetchAudio(client: ServiceClient, sha256Hex: string, signal: AbortSignal): Promise<Result<null>> {
    const opened = await client.downloadApprovalAudio(sha256Hex, signal)
    return opened.ok ? this.#tools.audio.put(sha256Hex, opened.value.body) : opened
  }

  #namedAudio(): Map<string, string> {
    const named = new Map<string, string>()
    for (const { kind, jws } of this.#tools.store.statements()) {
      if (kind !== 'request') continue
      const decoded = decodeJws(jws, REQUEST_TYP)
      const request = decoded.ok ? (decoded.value.payload as ApprovalRequest) : undefined
      for (const sound of request ? [request.preview, request.original] : []) if (sound) named.set(sound.sha256, sound.mimeType)
    }
    return named
  }
}
