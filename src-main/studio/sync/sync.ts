// Sends the outbox. Nothing counts as synced before its proof has been checked here; nothing is ever dropped; one bad item does not stop the others.
import { logKeyOf } from '../../../src-shared/protocol/index.ts'
import type { ReceiptResult } from '../../../src-shared/protocol/index.ts'
import type { NoteKey } from '../../../src-shared/receipts/index.ts'
import { fail, ok } from '../../../src-shared/std/index.ts'
import type { Problem, Result } from '../../../src-shared/std/index.ts'
import { ensureEnrolled, sha256 } from '../identity/index.ts'
import type { Enrolment, Identity } from '../identity/index.ts'
import { ledgerFailure } from '../ledger/index.ts'
import type { Ledger } from '../ledger/index.ts'
import { createServiceClient } from '../service-client/index.ts'
import type { ServiceClient } from '../service-client/index.ts'
import { backoffMs } from './backoff.ts'
import { checkConsistency, checkInclusion } from './check-proof.ts'
import type { KnownCheckpoint } from './check-proof.ts'
import { Outbox } from './outbox.ts'
import type { OutboxItem } from './outbox.ts'

const MAX_BATCH = 100
const MAX_BATCH_CHARS = 8 * 1024 * 1024

/** Not in the service's chain: what follows in the same series cannot join it either. */
const BREAKS_CHAIN: ReadonlySet<string> = new Set(['receipt-conflict', 'bad-signature', 'wrong-device', 'malformed', 'fork'])

export interface SyncOptions {
  readonly ledger: Ledger
  readonly identity: Identity
  /** Address of the service. */
  readonly url: string
  readonly clock?: () => number
  /** 0 to 1, for the jitter. */
  readonly random?: () => number
}

export interface SyncSummary {
  readonly sent: number
  readonly synced: number
  readonly refused: readonly { readonly id: string; readonly code: string; readonly message: string }[]
  /** Receipts that are still to be sent. */
  readonly remaining: number
  /** A new series was begun because the service knew another receipt in the same place. */
  readonly hasNewEpoch: boolean
}

interface Pass {
  readonly client: ServiceClient
  readonly enrolment: Enrolment
  readonly logKey: NoteKey
  sent: number
  synced: number
  readonly refused: { readonly id: string; readonly code: string; readonly message: string }[]
  hasNewEpoch: boolean
}

type ItemOutcome = 'synced' | 'refused' | 'retry'

export class Sync {
  readonly #options: SyncOptions
  readonly #clock: () => number
  readonly #outbox: Outbox
  #running: Promise<Result<SyncSummary>> | undefined
  constructor(options: SyncOptions) {
    this.#options = options
    this.#clock = options.clock ?? Date.now
    this.#outbox = new Outbox(options.ledger, this.#clock)
  }

  get outbox(): Outbox {
    return this.#outbox
  }

  /**
   * Sends what is due (`isForced`: everything) and stores the proofs. Codes: `service.*`, `enrol.*`, `trust.*`, `ledger.*`, and `sync.evidence` where
   * the service contradicted itself; then the replies are kept and `outbox.evidence()` lists them. Calls while it runs share one pass.
   */
  run({ isForced = true, signal }: { readonly isForced?: boolean; readonly signal?: AbortSignal } = {}): Promise<Result<SyncSummary>> {
    this.#running ??= this.#pass(isForced, signal).finally(() => {
      this.#running = undefined
    })
    return this.#running
  }

  async #connect(isForced: boolean): Promise<Result<{ client: ServiceClient; enrolment: Enrolment; logKey: NoteKey }>> {
    const { url, identity } = this.#options
    let token: string | undefined
    const client = createServiceClient({ url, token: () => token })
    if (!client.ok) return client
    const enrolment = await ensureEnrolled(client.value, identity, { nowMs: this.#clock(), isForced })
    if (!enrolment.ok) return enrolment
    token = enrolment.value.token
    const logKey = logKeyOf(enrolment.value.trust, sha256)
    return logKey.ok ? ok({ client: client.value, enrolment: enrolment.value, logKey: logKey.value }) : logKey
  }

  async #pass(isForced: boolean, signal: AbortSignal | undefined): Promise<Result<SyncSummary>> {
    try {
      if (this.#outbox.countDue(isForced) === 0)
        return ok({ sent: 0, synced: 0, refused: [], remaining: this.#outbox.count(), hasNewEpoch: false })
      const connected = await this.#connect(false)
      if (!connected.ok) {
        this.#postpone(this.#outbox.take(undefined, isForced, MAX_BATCH, MAX_BATCH_CHARS), connected.error)
        return connected
      }
      let pass: Pass = { ...connected.value, sent: 0, synced: 0, refused: [], hasNewEpoch: false }
      let isRenewed = false
      for (;;) {
        if (signal?.aborted) break
        const items = this.#outbox.take(pass.enrolment.issuer, isForced, MAX_BATCH, MAX_BATCH_CHARS)
        if (items.length === 0) break
        const reply = await pass.client.receipts(
          items.map(({ id, jws }) => ({ id, jws })),
          signal,
        )
        if (!reply.ok && reply.error.code === 'service.unauthorised' && !isRenewed) {
          isRenewed = true
          const renewed = await this.#connect(true)
          if (!renewed.ok) return renewed
          pass = { ...pass, ...renewed.value }
          continue
        }
        if (!reply.ok) {
          if (signal?.aborted) break
          this.#postpone(items, reply.error)
          return reply
        }
        pass.sent += items.length
        const outcome = await this.#settle(pass, items, reply.value.results)
        if (!outcome.ok) return outcome
        // Without progress another round would only repeat itself; the back-off decides when to try again.
        if (outcome.value === 0) break
      }
      return ok({
        sent: pass.sent,
        synced: pass.synced,
        refused: pass.refused,
        remaining: this.#outbox.count(),
        hasNewEpoch: pass.hasNewEpoch,
      })
    } catch (error) {
      return ledgerFailure(error)
    } finally {
      this.#options.ledger.changed()
    }
  }

  #postpone(items: readonly OutboxItem[], problem: Problem): void {
    for (const { id, attempts } of items) this.#outbox.postpone(id, backoffMs(attempts, this.#options.random), problem.message)
  }

  /** Goes through the answers to a batch in order. Returns how many items are done with. */
  async #settle(pass: Pass, items: readonly OutboxItem[], results: readonly ReceiptResult[]): Promise<Result<number>> {
    const answers = new Map(results.map((result) => [result.id, result]))
    const brokenEpochs = new Set<string>()
    let done = 0
    for (const item of items) {
      const result = answers.get(item.id)
      if (!result) {
        this.#postpone([item], {
          code: 'service.bad_reply',
          message: 'The rights service did not answer for this receipt; it will be sent again.',
        })
        continue
      }
      const outcome =
        result.status === 'stored' ? await this.#settleStored(pass, item, result) : this.#settleRefused(pass, item, result, brokenEpochs)
      if (!outcome.ok) return outcome
      if (outcome.value !== 'retry') done++
    }
    return ok(done)
  }

  async #settleStored(pass: Pass, item: OutboxItem, result: Extract<ReceiptResult, { status: 'stored' }>): Promise<Result<ItemOutcome>> {
    const { client, enrolment, logKey } = pass
    const keep = (problem: Problem, about: Record<string, unknown>): Result<never> => {
      this.#outbox.keepEvidence(enrolment.issuer, problem.code, { receipt: item.id, jws: item.jws, proof: result.proof, ...about })
      this.#postpone([item], problem)
      return fail(
        'sync.evidence',
        `The rights service gave a proof that is not right: ${problem.message} Its reply is kept as evidence; the receipt stays on this device. Tell the rights holder.`,
        { cause: problem.code },
      )
    }
    const included = checkInclusion(item.jws, result.proof, logKey)
    if (!included.ok) return keep(included.error, {})
    const checkpoint = included.value
    const known: KnownCheckpoint | undefined = this.#outbox.newestCheckpoint(logKey.name)
    // The same size with the same root was checked before; this saves a request for every receipt of a batch.
    const isKnown = known?.size === checkpoint.size && Buffer.from(known.root).equals(checkpoint.root)
    if (known && !isKnown) {
      const seen = this.#outbox.checkpoint(logKey.name, checkpoint.size)
      const isSeen = seen !== undefined && Buffer.from(seen.root).equals(checkpoint.root)
      const grown = isSeen ? ok(null) : await checkConsistency(known, checkpoint, (from, to) => client.consistency(from, to))
      if (!grown.ok) {
        if (grown.error.code === 'proof.consistency') return keep(grown.error, { knownCheckpoint: known.note })
        // The proof could not be fetched: not wrong, only not checked yet.
        this.#postpone([item], grown.error)
        return grown
      }
    }
    this.#outbox.markSynced(item.id, logKey.name, result.proof, checkpoint)
    pass.synced++
    return ok('synced')
  }

  #settleRefused(
    pass: Pass,
    item: OutboxItem,
    result: Extract<ReceiptResult, { status: 'refused' }>,
    brokenEpochs: Set<string>,
  ): Result<ItemOutcome> {
    const { issuer } = pass.enrolment
    const { code, message, have = -1 } = result
    const refuse = (): void => {
      this.#outbox.markRefused(item.id, code, message)
      pass.refused.push({ id: item.id, code, message })
    }
    if (code === 'chain-gap') {
      const proven = this.#outbox.newestSynced(item.epoch)
      if (proven > have) {
        this.#outbox.keepEvidence(issuer, 'service.lost_receipts', { epoch: item.epoch, have, proven })
        this.#postpone([item], { code, message })
        return fail(
          'sync.evidence',
          'The rights service does not know receipts it gave proofs for. The proofs are kept as evidence; tell the rights holder.',
          { have, proven },
        )
      }
      const isHopeless =
        brokenEpochs.has(item.epoch) || this.#outbox.hasBrokenPredecessor(item.epoch, item.seq, BREAKS_CHAIN) || item.seq === 0
      if (!isHopeless) {
        this.#postpone([item], { code, message })
        return ok('retry')
      }
      brokenEpochs.add(item.epoch)
      refuse()
      this.#leaveEpoch(pass, item.epoch, 'refused')
      return ok('refused')
    }
    refuse()
    if (BREAKS_CHAIN.has(code)) {
      brokenEpochs.add(item.epoch)
      this.#leaveEpoch(pass, item.epoch, code === 'fork' ? 'fork' : 'refused')
    }
    return ok('refused')
  }

  /** Starts a new series if the broken one is still being written to. */
  #leaveEpoch(pass: Pass, epoch: string, reason: 'fork' | 'refused'): void {
    const { ledger } = this.#options
    if (this.#outbox.currentEpoch(pass.enrolment.issuer) !== epoch) return
    ledger.startEpoch(pass.enrolment.issuer, reason)
    pass.hasNewEpoch = true
  }
}
