// The threads that render previews: started when first needed, kept, one job each. Waiting jobs can be cancelled, and the newest is taken first where
// somebody looks at it now.
import { existsSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { dirname, join } from 'node:path'
import { Worker } from 'node:worker_threads'
import type { PreviewReport } from '../../src-shared/protocol/index.ts'
import { err, type Result } from '../../src-shared/std/index.ts'
import { kernelsModule } from '../kernels/index.ts'
import type { FromPreviewWorker, ToPreviewWorker } from './preview-worker.ts'
import type { PreviewJob } from './render-preview.ts'

const entry = (): string => {
  const here = import.meta.dirname
  if (import.meta.filename.endsWith('.ts')) return join(here, 'preview-worker.ts')
  const beside = join(here, 'preview-worker.js')
  return existsSync(beside) ? beside : join(dirname(here), 'preview-worker.js')
}

interface Waiting {
  readonly job: PreviewJob
  readonly stop: SharedArrayBuffer
  readonly settle: (result: Result<PreviewReport>) => void
}

interface Member {
  readonly worker: Worker
  running: Waiting | undefined
}

const CANCELLED = { code: 'preview.cancelled', message: 'The preview was cancelled.' } as const

export class PreviewPool {
  readonly #members: Member[] = []
  readonly #waiting: Waiting[] = []
  readonly #size = Math.max(1, availableParallelism())

  render(job: PreviewJob, signal: AbortSignal): Promise<Result<PreviewReport>> {
    return new Promise((resolve) => {
      const waiting: Waiting = {
        job,
        stop: new SharedArrayBuffer(4),
        settle: (result) => {
          signal.removeEventListener('abort', onAbort)
          resolve(result)
        },
      }
      const onAbort = (): void => {
        const at = this.#waiting.indexOf(waiting)
        if (at < 0) {
          Atomics.store(new Int32Array(waiting.stop), 0, 1)
          return
        }
        this.#waiting.splice(at, 1)
        waiting.settle(err(CANCELLED))
      }
      if (signal.aborted) {
        resolve(err(CANCELLED))
        return
      }
      signal.addEventListener('abort', onAbort)
      this.#waiting.push(waiting)
      this.#assign()
    })
  }

  /** Asks every thread to end; jobs under way end as cancelled. */
  dispose(): void {
    for (const waiting of this.#waiting.splice(0)) waiting.settle(err(CANCELLED))
    for (const { worker, running } of this.#members.splice(0)) {
      if (running) Atomics.store(new Int32Array(running.stop), 0, 1)
      worker.unref()
      worker.postMessage({ kind: 'close' })
    }
  }

  #assign(): void {
    while (this.#waiting.length > 0) {
      const member = this.#members.find((one) => !one.running) ?? (this.#members.length < this.#size ? this.#start() : undefined)
      const waiting = member && this.#waiting.shift()
      if (!member || !waiting) return
      member.running = waiting
      member.worker.ref()
      member.worker.postMessage({ kind: 'render', job: waiting.job, stop: waiting.stop } satisfies ToPreviewWorker)
    }
  }

  #start(): Member {
    const member: Member = { worker: new Worker(entry(), { workerData: { module: kernelsModule() } }), running: undefined }
    const finish = (result: Result<PreviewReport>): void => {
      const { running } = member
      member.running = undefined
      member.worker.unref()
      running?.settle(result)
    }
    member.worker.on('message', (message: FromPreviewWorker) => {
      finish(message)
      this.#assign()
    })
    const leave = (cause: unknown): void => {
      const at = this.#members.indexOf(member)
      if (at >= 0) this.#members.splice(at, 1)
      finish(
        err({
          code: 'preview.worker_failed',
          message: 'A preview could not be rendered: its thread stopped.',
          details: { cause: String(cause) },
        }),
      )
      this.#assign()
    }
    member.worker.on('error', leave)
    member.worker.on('exit', leave)
    this.#members.push(member)
    return member
  }
}
