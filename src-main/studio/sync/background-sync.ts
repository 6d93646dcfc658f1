// Sends in the background: soon after a receipt is written, again after a back-off, not at all while paused or while evidence waits to be seen.
import type { Problem } from '../../../src-shared/std/index.ts'
import type { Ledger } from '../ledger/index.ts'
import type { Sync } from './sync.ts'

/** Time for an export's other receipts to be written, so that they go out together. */
const SETTLE_MS = 300
const MAX_SLEEP_MS = 15 * 60_000

export interface SyncStatus {
  readonly state: 'idle' | 'syncing' | 'offline' | 'waiting' | 'paused' | 'evidence'
  /** Receipts that are still to be sent. */
  readonly queued: number
  readonly synced: number
  readonly message: string | null
  readonly nextAttemptAt: string | null
}

const OFFLINE: ReadonlySet<string> = new Set(['service.unreachable', 'service.timeout'])

export class BackgroundSync {
  readonly #sync: Sync
  readonly #ledger: Ledger
  readonly #onStatus: (status: SyncStatus) => void
  #timer: NodeJS.Timeout | undefined
  #abort: AbortController | undefined
  #problem: Problem | undefined
  #isPaused = false
  #isStopped = false
  #stopListening: (() => void) | undefined
  constructor({ sync, ledger, onStatus }: { sync: Sync; ledger: Ledger; onStatus: (status: SyncStatus) => void }) {
    this.#sync = sync
    this.#ledger = ledger
    this.#onStatus = onStatus
  }

  start(): void {
    this.#stopListening = this.#ledger.onChange(() => this.#schedule(SETTLE_MS))
    this.#schedule(0)
  }

  pause(): void {
    this.#isPaused = true
    clearTimeout(this.#timer)
    this.#timer = undefined
    this.#abort?.abort()
    this.#onStatus(this.status())
  }

  resume(): void {
    this.#isPaused = false
    this.#schedule(0)
  }

  /** Sends now, whatever the back-off says, evidence seen or not. */
  async now(): Promise<SyncStatus> {
    await this.#run(true)
    return this.status()
  }

  /** Stops for good and waits for a pass under way. */
  async stop(): Promise<void> {
    this.#isStopped = true
    this.#stopListening?.()
    clearTimeout(this.#timer)
    this.#abort?.abort()
    if (this.#abort) await this.#sync.run().catch(() => {})
  }

  status(): SyncStatus {
    const { synced } = this.#ledger.counts()
    const queued = this.#sync.outbox.count()
    const dueMs = this.#sync.outbox.nextDueMs()
    const isOffline = this.#problem !== undefined && OFFLINE.has(this.#problem.code)
    const state = this.#sync.outbox.hasUnseenEvidence()
      ? 'evidence'
      : this.#isPaused
        ? 'paused'
        : this.#abort
          ? 'syncing'
          : queued === 0
            ? 'idle'
            : isOffline
              ? 'offline'
              : 'waiting'
    return { state, queued, synced, message: this.#problem?.message ?? null, nextAttemptAt: dueMs ? new Date(dueMs).toISOString() : null }
  }

  #schedule(leastMs: number): void {
    if (this.#isStopped || this.#isPaused || this.#abort || this.#timer || this.#sync.outbox.hasUnseenEvidence()) return
    const dueMs = this.#sync.outbox.nextDueMs()
    if (dueMs === undefined) return
    const waitMs = Math.min(MAX_SLEEP_MS, Math.max(leastMs, dueMs - Date.now()))
    this.#timer = setTimeout(() => {
      this.#timer = undefined
      void this.#run(false)
    }, waitMs)
    // Waiting to send must not keep a program alive that has nothing else to do.
    this.#timer.unref()
  }

  async #run(isForced: boolean): Promise<void> {
    if (this.#isStopped || this.#abort) return
    this.#abort = new AbortController()
    this.#onStatus(this.status())
    try {
      const result = await this.#sync.run({ isForced, signal: this.#abort.signal })
      this.#problem = result.ok ? undefined : result.error
    } finally {
      this.#abort = undefined
    }
    if (this.#isStopped) return
    this.#onStatus(this.status())
    this.#schedule(SETTLE_MS)
  }
}
