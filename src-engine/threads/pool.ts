// A few threads that are alike: started when first needed, kept for the next job, one job each. Idle ones do not hold the process open.
import { availableParallelism } from 'node:os'
import type { Worker } from 'node:worker_threads'
import { err, type Problem, type Result } from '../../src-shared/std/index.ts'
import type { FromThread, ToThread } from './messages.ts'

export interface ThreadPoolOptions {
  /** Starts one; its program is a `serveJobs` for the same jobs. */
  readonly start: () => Worker
  /** At the most; never more than the machine has cores. */
  readonly maxThreads: number
  readonly cancelled: Problem
  /** What is told of a job whose thread died. */
  readonly lost: (cause: unknown) => Problem
}

export interface JobCall<P> {
  readonly signal: AbortSignal | undefined
  readonly onProgress?: (progress: P) => void
  /** Goes before all that waits. */
  readonly isFirst?: boolean | undefined
}

interface Waiting<J, T, P> {
  readonly job: J
  readonly stop: SharedArrayBuffer
  readonly onProgress: ((progress: P) => void) | undefined
  readonly settle: (result: Result<T>) => void
}

interface Member<J, T, P> {
  readonly worker: Worker
  running: Waiting<J, T, P> | undefined
}

const stopJob = ({ stop }: { readonly stop: SharedArrayBuffer }): void => {
  Atomics.store(new Int32Array(stop), 0, 1)
}

/** A job `J` becomes a result `T` and tells of its progress as `P` meanwhile. */
export class ThreadPool<J, T, P = never> {
  readonly #options: ThreadPoolOptions
  readonly #size: number
  readonly #members: Member<J, T, P>[] = []
  readonly #waiting: Waiting<J, T, P>[] = []

  constructor(options: ThreadPoolOptions) {
    this.#options = options
    this.#size = Math.max(1, Math.min(options.maxThreads, availableParallelism()))
  }

  /** Does a job in the next free thread. Aborting takes it out of the queue or stops it at the next block. */
  run(job: J, { signal, onProgress, isFirst = false }: JobCall<P>): Promise<Result<T>> {
    return new Promise((resolve) => {
      if (signal?.aborted) return resolve(err(this.#options.cancelled))
      const onAbort = (): void => {
        const at = this.#waiting.indexOf(waiting)
        if (at < 0) stopJob(waiting)
        else {
          this.#waiting.splice(at, 1)
          settle(err(this.#options.cancelled))
        }
      }
      const settle = (result: Result<T>): void => {
        signal?.removeEventListener('abort', onAbort)
        resolve(result)
      }
      const waiting = { job, stop: new SharedArrayBuffer(4), onProgress, settle }
      signal?.addEventListener('abort', onAbort)
      if (isFirst) this.#waiting.unshift(waiting)
      else this.#waiting.push(waiting)
      this.#assign()
    })
  }

  /** Asks every thread to end; jobs under way end as cancelled. */
  dispose(): void {
    for (const waiting of this.#waiting.splice(0)) waiting.settle(err(this.#options.cancelled))
    for (const { worker, running } of this.#members.splice(0)) {
      if (running) stopJob(running)
      worker.unref()
      worker.postMessage({ kind: 'close' } satisfies ToThread<J>)
    }
  }

  /** Ends every thread at once, as if it had died; for tests. */
  async terminate(): Promise<void> {
    await Promise.all(this.#members.splice(0).map(({ worker }) => worker.terminate()))
  }

  #assign(): void {
    while (this.#waiting.length > 0) {
      const member = this.#members.find(({ running }) => !running) ?? (this.#members.length < this.#size ? this.#start() : undefined)
      const next = member && this.#waiting.shift()
      if (!member || !next) return
      member.running = next
      member.worker.ref()
      member.worker.postMessage({ kind: 'job', job: next.job, stop: next.stop } satisfies ToThread<J>)
    }
  }

  #start(): Member<J, T, P> {
    const member: Member<J, T, P> = { worker: this.#options.start(), running: undefined }
    const finish = (result: Result<T>): void => {
      const { running } = member
      member.running = undefined
      member.worker.unref()
      running?.settle(result)
      this.#assign()
    }
    member.worker.on('message', (message: FromThread<T, P>) => {
      if (message.kind === 'progress') member.running?.onProgress?.(message.progress)
      else finish(message.result)
    })
    const leave = (cause: unknown): void => {
      const at = this.#members.indexOf(member)
      if (at >= 0) this.#members.splice(at, 1)
      finish(err(this.#options.lost(cause)))
    }
    member.worker.on('error', leave)
    member.worker.on('exit', leave)
    this.#members.push(member)
    return member
  }
}
