// Messages between an engine and one host, one way or the other: a pipe, and shared memory for what fits into it. Whoever waits watches for a moment,
// then sleeps on the pipe, where the other rings; the pipe also tells at once when the other process has ended.
import { availableParallelism } from 'node:os'
import { AREA_BYTES, FRAME, type Frame, type FrameArea } from './frame.ts'
import type { Pipe } from './pipe.ts'
import { type SharedMemory, WORD } from './shared-memory.ts'

/** How long a waiter watches before it sleeps: waking up costs more than most plugins do. With one core it would only be in the way. */
const WATCH_MS = availableParallelism() > 1 ? 0.05 : 0
const LOOKS_PER_CLOCK = 64
/** The same for pipes, where a look is a system call. */
const READS_PER_CLOCK = 4
/** Watching in vain so often means that the other is not running, since others need the cores; then it only keeps the other from running. */
const VAIN_WATCHES = 3
const MOST_UNWATCHED = 256

export type Side = 'engine' | 'host'

/** `broken`: what came is no message. */
export type Received = Frame | 'late' | 'gone' | 'broken'

export class Channel {
  readonly #pipe: Pipe
  readonly #memory: SharedMemory | null
  readonly #incoming: FrameArea | null
  readonly #sent: number
  readonly #arrived: number
  readonly #isAsleep: number
  readonly #isOtherAsleep: number
  #seen = 0
  /** Times watched in vain, one after another, and times to go without. */
  #vain = 0
  #unwatched = 0

  constructor(pipe: Pipe, memory: SharedMemory | null, side: Side) {
    const isHost = side === 'host'
    this.#pipe = pipe
    this.#memory = memory
    this.#incoming = memory ? (isHost ? memory.request : memory.reply) : null
    this.#sent = isHost ? WORD.replies : WORD.requests
    this.#arrived = isHost ? WORD.requests : WORD.replies
    this.#isAsleep = isHost ? WORD.isHostAsleep : WORD.isEngineAsleep
    this.#isOtherAsleep = isHost ? WORD.isEngineAsleep : WORD.isHostAsleep
    this.outgoing = memory ? (isHost ? memory.reply : memory.request) : pipe.outgoing
    if (memory) this.#seen = Atomics.load(memory.words, this.#arrived)
  }

  /** Where the payload of the next message is laid out. */
  readonly outgoing: FrameArea

  /** Starts to send what lies in `outgoing`; `push` does the rest. */
  send(kind: number, sequence: number, length: number): void {
    const memory = this.#memory
    if (!memory) {
      this.#pipe.sendArea(kind, sequence, length)
      return
    }
    this.outgoing.setHeader(kind, sequence, length)
    Atomics.add(memory.words, this.#sent, 1)
    if (Atomics.exchange(memory.words, this.#isOtherAsleep, 0) === 1) this.#pipe.sendArea(FRAME.bell, 0, 0)
  }

  /** The same for a payload in parts, which must not change until all is pushed. */
  sendParts(kind: number, sequence: number, parts: readonly Uint8Array[]): void {
    const length = parts.reduce((sum, part) => sum + part.byteLength, 0)
    if (length > AREA_BYTES) {
      this.#pipe.sendParts(kind, sequence, parts)
      return
    }
    let offset = 0
    for (const part of parts) {
      this.outgoing.bytes.set(part, offset)
      offset += part.byteLength
    }
    this.send(kind, sequence, length)
  }

  /** Moves on what is being sent, without waiting. */
  push(): 'done' | 'waiting' | 'gone' {
    return this.#pipe.isSending ? this.#pipe.push() : 'done'
  }

  /** Waits until all is sent. */
  flush(timeoutMs: number): 'done' | 'late' | 'gone' {
    const until = performance.now() + timeoutMs
    for (;;) {
      const pushed = this.push()
      if (pushed !== 'waiting') return pushed
      const waited = this.#pipe.wait(true, until - performance.now())
      if (waited !== 'ready') return waited
    }
  }

  /** The next message if it is here, without waiting. */
  take(): Frame | null | 'gone' | 'broken' {
    const here = this.#look()
    if (here) return here
    for (;;) {
      const taken = this.#pipe.take()
      // What was said last may lie in memory, whatever became of the pipe.
      if (taken === 'gone') return this.#look() ?? 'gone'
      if (taken === null || taken === 'broken' || taken.kind !== FRAME.bell) return taken ?? this.#look()
    }
  }

  /** Waits for the next message. */
  receive(timeoutMs: number): Received {
    const memory = this.#memory
    const start = performance.now()
    const until = start + timeoutMs
    const seen = this.#watch(start, timeoutMs)
    if (seen !== null) return seen
    let isReady = false
    for (;;) {
      if (memory) Atomics.store(memory.words, this.#isAsleep, 1)
      const taken = memory || isReady || !this.#pipe.isDrained ? this.take() : null
      if (taken !== null) {
        this.#stayAwake()
        return taken
      }
      const waited = this.#pipe.wait(false, until - performance.now())
      if (waited === 'ready') {
        isReady = true
        continue
      }
      this.#stayAwake()
      const last = this.#look()
      return last ?? waited
    }
  }

  /** Watches for a moment; null where nothing came. */
  #watch(start: number, timeoutMs: number): Received | null {
    if (WATCH_MS === 0 || timeoutMs <= 0) return null
    if (this.#unwatched > 0) {
      this.#unwatched -= 1
      return null
    }
    const memory = this.#memory
    const stop = start + Math.min(WATCH_MS, timeoutMs)
    do {
      const taken = memory ? this.#lookAt(memory.words) : this.#readSome()
      if (taken !== null) {
        this.#vain = 0
        return taken
      }
    } while (performance.now() < stop)
    this.#vain += 1
    if (this.#vain >= VAIN_WATCHES) this.#unwatched = Math.min(MOST_UNWATCHED, 2 ** (this.#vain - VAIN_WATCHES))
    return null
  }

  #lookAt(words: Int32Array): Received | null {
    for (let look = 0; look < LOOKS_PER_CLOCK; look++) {
      if (Atomics.load(words, this.#arrived) !== this.#seen) return this.#look()
    }
    return null
  }

  #readSome(): Received | null {
    for (let look = 0; look < READS_PER_CLOCK; look++) {
      const taken = this.take()
      if (taken !== null) return taken
    }
    return null
  }

  #stayAwake(): void {
    if (this.#memory) Atomics.store(this.#memory.words, this.#isAsleep, 0)
  }

  #look(): Frame | 'broken' | null {
    if (!this.#memory || !this.#incoming) return null
    const arrived = Atomics.load(this.#memory.words, this.#arrived)
    if (arrived === this.#seen) return null
    this.#seen = arrived
    const header = this.#incoming.header()
    if (header === null || header.length > AREA_BYTES) return 'broken'
    return { ...header, payload: this.#incoming.bytes.subarray(0, header.length), area: this.#incoming }
  }

  close(): void {
    this.#pipe.close()
    this.#memory?.release()
  }
}
