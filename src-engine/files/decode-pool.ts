// A few decode workers, started when needed and kept for the next stem. Idle ones do not hold the process open.
import { availableParallelism } from 'node:os'
import { Worker } from 'node:worker_threads'
import { err, ok, type Result } from '../../src-shared/std/index.ts'
import { SOUND_THREAD_LIMITS } from '../thread-limits.ts'
import type { DecodeRequest } from './decode-file.ts'
import type { FromDecodeWorker, ToDecodeWorker } from './decode-worker.ts'
import { audioProblem } from './problems.ts'
import { workerEntry } from './worker-entry.ts'

const MAX_WORKERS = 4

interface Job {
  readonly id: number
  readonly request: DecodeRequest
  readonly stop: SharedArrayBuffer
  readonly onProgress: (done: number, total: number | null) => void
  readonly settle: (result: Result<void>) => void
}

interface Member {
  readonly worker: Worker
  job: Job | undefined
}

const members: Member[] = []
const waiting: Job[] = []
let nextId = 1

const start = (): Member => {
  const member: Member = { worker: new Worker(workerEntry('decode-worker'), { resourceLimits: SOUND_THREAD_LIMITS }), job: undefined }
  const finish = (result: Result<void>): void => {
    const { job } = member
    member.job = undefined
    member.worker.unref()
    job?.settle(result)
    assign()
  }
  member.worker.on('message', (message: FromDecodeWorker) => {
    if (message.id !== member.job?.id) return
    if (message.kind === 'progress') member.job.onProgress(message.done, message.total)
    else finish(message.kind === 'done' ? ok(undefined) : err(message.problem))
  })
  const leave = (cause: unknown): void => {
    const at = members.indexOf(member)
    if (at >= 0) members.splice(at, 1)
    if (member.job) finish(err(audioProblem('audio.worker_failed', 'The decoder stopped unexpectedly.', { cause: String(cause) })))
  }
  member.worker.on('error', leave)
  member.worker.on('exit', leave)
  members.push(member)
  return member
}

const assign = (): void => {
  while (waiting.length > 0) {
    const limit = Math.max(1, Math.min(MAX_WORKERS, availableParallelism()))
    const member = members.find((candidate) => !candidate.job) ?? (members.length < limit ? start() : undefined)
    if (!member) return
    const job = waiting.shift() as Job
    member.job = job
    member.worker.ref()
    member.worker.postMessage({ id: job.id, request: job.request, stop: job.stop } satisfies ToDecodeWorker)
  }
}

/** Decodes in the next free worker. Aborting takes it out of the queue or stops it at the next block. */
export const decodeInPool = (
  request: DecodeRequest,
  onProgress: Job['onProgress'],
  signal: AbortSignal | undefined,
): Promise<Result<void>> =>
  new Promise((resolve) => {
    const id = nextId++
    const stop = new SharedArrayBuffer(4)
    const onAbort = (): void => {
      const at = waiting.findIndex((job) => job.id === id)
      if (at >= 0) {
        waiting.splice(at, 1)
        settle(err(audioProblem('audio.cancelled', 'Decoding was stopped.')))
      } else Atomics.store(new Int32Array(stop), 0, 1)
    }
    const settle = (result: Result<void>): void => {
      signal?.removeEventListener('abort', onAbort)
      resolve(result)
    }
    if (signal?.aborted) return settle(err(audioProblem('audio.cancelled', 'Decoding was stopped.')))
    signal?.addEventListener('abort', onAbort)
    waiting.push({ id, request, stop, onProgress, settle })
    assign()
  })

/** Ends every worker; for tests and for an orderly exit. */
export const closeDecodePool = async (): Promise<void> => {
  await Promise.all(members.splice(0).map((member) => member.worker.terminate()))
}
