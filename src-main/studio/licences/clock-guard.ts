// Notices a clock that was set back. The high-water mark is the latest moment known to have passed: signed server times, leases, own receipts.
import { CLOCK_TOLERANCE_MS } from '../../../src-shared/rights/index.ts'
import type { ClockState } from '../../../src-shared/rights/index.ts'
import type { LedgerDatabase, ReceiptClock } from '../ledger/index.ts'

const DAY_MS = 86_400_000

export interface ClockGuardOptions {
  readonly db: LedgerDatabase
  readonly isReadOnly: boolean
  readonly clock: () => number
  /** Milliseconds that only go forward, from any start. */
  readonly monotonic?: () => number
}

export class ClockGuard {
  readonly #options: ClockGuardOptions
  readonly #monotonic: () => number
  readonly #startWallMs: number
  readonly #startMono: number
  #anchor: { readonly name: string; readonly uncertaintyMs: number } | undefined
  #markMs: number
  constructor(options: ClockGuardOptions) {
    this.#options = options
    this.#monotonic = options.monotonic ?? (() => performance.now())
    this.#startWallMs = options.clock()
    this.#startMono = this.#monotonic()
    const { db } = options
    const stored = db.prepare<[], { ms: number }>('SELECT ms FROM clock').get()?.ms ?? 0
    const newest = db.prepare<[], { at: string | null }>('SELECT max(issued_at) AS at FROM receipt').get()?.at
    // A server's word may have corrected receipts that were written under a fast clock; then the stored mark, which is later news, counts alone.
    this.#markMs = stored > 0 ? stored : newest ? Date.parse(newest) : 0
  }

  get nowMs(): number {
    return this.#options.clock()
  }

  /** `rolled-back` while the wall clock is behind what has passed; editing goes on, exports wait until the service has been asked. */
  state(): ClockState {
    const now = this.#options.clock()
    const passedHere = this.#startWallMs + (this.#monotonic() - this.#startMono)
    const isBehind = now < this.#markMs - CLOCK_TOLERANCE_MS || (!this.#anchor && now < passedHere - CLOCK_TOLERANCE_MS)
    return isBehind ? 'rolled-back' : 'ok'
  }

  #store(ms: number, anchor: string): void {
    this.#markMs = ms
    if (this.#options.isReadOnly) return
    this.#options.db
      .prepare(
        'INSERT INTO clock (one, ms, anchor) VALUES (1, ?, ?) ON CONFLICT (one) DO UPDATE SET ms = excluded.ms, anchor = excluded.anchor',
      )
      .run(Math.floor(ms), anchor)
  }

  /** A moment that is known to have passed, such as the issue of a receipt. */
  observe(passedMs: number, anchor: string): void {
    if (passedMs > this.#markMs) this.#store(passedMs, anchor)
  }

  /** The service's signed word on what time it is. It may also lower the mark: a clock that ran fast has been corrected. */
  anchorTo(serverMs: number, { name, roundTripMs }: { readonly name: string; readonly roundTripMs: number }): void {
    this.#anchor = { name, uncertaintyMs: Math.ceil(roundTripMs + Math.abs(this.#options.clock() - serverMs)) }
    this.#store(serverMs, name)
  }

  /** How well the time is known, as receipts state it. */
  receiptClock(): ReceiptClock {
    const mono = Math.max(0, Math.floor(this.#monotonic()))
    return this.#anchor
      ? { src: 'server-anchored', uncertaintyMs: this.#anchor.uncertaintyMs, anchor: this.#anchor.name, mono }
      : { src: 'system', uncertaintyMs: DAY_MS, anchor: '', mono }
  }
}
