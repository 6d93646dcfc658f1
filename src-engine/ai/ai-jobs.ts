// Starts the AI worker, hands it one job at a time, and ends it when a job is cancelled or nothing was asked for a while: its memory goes with it.
import { Worker } from 'node:worker_threads'
import { err, fail, ok, type Result } from '../../src-shared/std/index.ts'
import { workerEntry } from '../threads/index.ts'
import type { AiJobKind, AiJobs, FromAiWorker, ToAiWorker } from './ai-worker.ts'

const IDLE_MS = 15_000

let worker: Worker | undefined
let idle: NodeJS.Timeout | undefined
/** Settles when the job before has: the worker does one at a time. */
let turn: Promise<unknown> = Promise.resolve()

const stopWorker = async (): Promise<void> => {
  clearTimeout(idle)
  const ending = worker
  worker = undefined
  await ending?.terminate()
}

export interface JobCall {
  readonly signal?: AbortSignal | undefined
  /** 0..1, rising. */
  readonly onProgress?: ((fraction: number) => void) | undefined
}

const cancelled = () => fail('ai.cancelled', 'The analysis was cancelled.')

/** Runs one job in the worker. Codes: `ai.cancelled`, `ai.failed`, `ai.too_long`, `ai.model_missing`, `ai.model_damaged`, `audio.cache_corrupt`. */
export const runAiJob = async <K extends AiJobKind>(job: ToAiWorker & { readonly kind: K }, call: JobCall): Promise<Result<AiJobs[K]>> => {
  const before = turn
  let release = (): void => undefined
  turn = new Promise<void>((resolve) => {
    release = resolve
  })
  try {
    await before
    if (call.signal?.aborted) return cancelled()
    return await runNow(job, call)
  } finally {
    release()
  }
}

const runNow = <K extends AiJobKind>(job: ToAiWorker & { readonly kind: K }, { signal, onProgress }: JobCall): Promise<Result<AiJobs[K]>> =>
  new Promise((resolve) => {
    clearTimeout(idle)
    worker ??= new Worker(workerEntry(import.meta, 'ai-worker'))
    const current = worker
    current.ref()
    const settle = (result: Result<AiJobs[K]>): void => {
      current.off('message', onMessage).off('error', onEnd).off('exit', onEnd)
      signal?.removeEventListener('abort', onAbort)
      current.unref()
      if (worker === current) idle = setTimeout(() => void stopWorker(), IDLE_MS).unref()
      resolve(result)
    }
    const onMessage = (message: FromAiWorker): void => {
      if (message.kind === 'progress') onProgress?.(message.fraction)
      else settle(message.kind === 'done' ? ok(message.value as AiJobs[K]) : err(message.problem))
    }
    const onEnd = (cause: unknown): void => {
      if (worker === current) worker = undefined
      settle(fail('ai.failed', 'The analysis stopped unexpectedly. Try again.', { cause: String(cause) }))
    }
    // A model that computes reads no messages: ending its thread is the one way that always works.
    const onAbort = (): void => {
      current.off('error', onEnd).off('exit', onEnd)
      void stopWorker().then(() => settle(cancelled()))
    }
    current.on('message', onMessage).on('error', onEnd).on('exit', onEnd)
    signal?.addEventListener('abort', onAbort, { once: true })
    current.postMessage(job)
  })

/** Ends the worker; for an orderly exit and for tests. */
export const closeAiJobs = stopWorker
