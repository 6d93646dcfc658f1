// The asking side of the engine protocol, over any port: a child process, a utility process, a window's message port.
import { fail, type Problem, type Result } from '../std/index.ts'
import type { EngineEventName, EngineEvents, EngineProgress, EngineReplies, EngineRequest, EngineRequestName } from './engine.ts'
import { fromEngineSchema } from './engine.ts'

/** One end of a channel to an engine. */
export interface EnginePort {
  postMessage(message: unknown): void
  onMessage(listener: (message: unknown) => void): () => void
  /** Called once when the engine is gone, however it ended. */
  onExit(listener: () => void): () => void
}

/** The part of an AbortSignal that is needed; this floor knows no platform types. */
export interface CancelSignal {
  readonly aborted: boolean
  addEventListener(type: 'abort', listener: () => void): void
  removeEventListener(type: 'abort', listener: () => void): void
}

export interface RequestOptions {
  readonly signal?: CancelSignal
  readonly onProgress?: (progress: EngineProgress) => void
}

interface Waiting {
  readonly settle: (result: Result<unknown>) => void
  readonly onProgress: ((progress: EngineProgress) => void) | undefined
}

const LOST: Problem = {
  code: 'engine.lost',
  message: 'The audio engine stopped unexpectedly. What it was doing was not finished; your remix is safe. Try again.',
}

/** Sends requests, matches replies, hands on events. When the engine goes, everything under way ends with `engine.lost`. */
export class EngineClient {
  readonly #port: EnginePort
  readonly #waiting = new Map<number, Waiting>()
  readonly #listeners = new Map<EngineEventName, Set<(payload: never) => void>>()
  readonly #lostListeners = new Set<(problem: Problem) => void>()
  #nextId = 1
  #isLost = false

  constructor(port: EnginePort) {
    this.#port = port
    port.onMessage((message) => this.#receive(message))
    port.onExit(() => this.#lose())
  }

  get isLost(): boolean {
    return this.#isLost
  }

  request<N extends EngineRequestName>(
    name: N,
    payload: EngineRequest<N>,
    { signal, onProgress }: RequestOptions = {},
  ): Promise<Result<EngineReplies[N]>> {
    if (this.#isLost) return Promise.resolve(fail(LOST.code, LOST.message))
    const id = this.#nextId++
    return new Promise((resolve) => {
      const cancel = (): void => this.#port.postMessage({ cancel: id })
      this.#waiting.set(id, {
        onProgress,
        settle: (result) => {
          signal?.removeEventListener('abort', cancel)
          // The engine is our own program and its replies are typed by the request they answer.
          resolve(result as Result<EngineReplies[N]>)
        },
      })
      this.#port.postMessage({ id, name, payload })
      if (signal?.aborted) cancel()
      else signal?.addEventListener('abort', cancel)
    })
  }

  on<N extends EngineEventName>(event: N, listener: (payload: EngineEvents[N]) => void): () => void {
    const listeners = this.#listeners.get(event) ?? new Set()
    this.#listeners.set(event, listeners)
    listeners.add(listener as (payload: never) => void)
    return () => listeners.delete(listener as (payload: never) => void)
  }

  /** Called once when the engine is gone; its owner may start another. */
  onLost(listener: (problem: Problem) => void): () => void {
    this.#lostListeners.add(listener)
    return () => this.#lostListeners.delete(listener)
  }

  #receive(message: unknown): void {
    const decoded = fromEngineSchema.safeParse(message)
    if (!decoded.success) return
    const from = decoded.data
    if ('event' in from) {
      for (const listener of this.#listeners.get(from.event) ?? []) listener(from.payload as never)
    } else if ('progress' in from) {
      this.#waiting.get(from.id)?.onProgress?.(from.progress)
    } else {
      const waiting = this.#waiting.get(from.id)
      this.#waiting.delete(from.id)
      waiting?.settle(from.result as Result<unknown>)
    }
  }

  #lose(): void {
    if (this.#isLost) return
    this.#isLost = true
    const waiting = [...this.#waiting.values()]
    this.#waiting.clear()
    for (const { settle } of waiting) settle(fail(LOST.code, LOST.message))
    for (const listener of this.#lostListeners) listener(LOST)
  }
}
