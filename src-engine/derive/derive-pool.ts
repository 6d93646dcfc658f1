// A few derive workers, started when needed and kept for the next sound. Idle ones do not hold the process open.
import { existsSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { dirname, join } from 'node:path'
import { Worker } from 'node:worker_threads'
import { err, ok, type Result } from '../../src-shared/std/index.ts'
import type { DeriveJob } from './derive-sound.ts'
import type { FromDeriveWorker, ToDeriveWorker } from './derive-worker.ts'
import { deriveProblem } from './problems.ts'

const MAX_WORKERS = 8

/** Where the worker's entry is: a `.ts` beside this file in source, a flat `.js` in the bundle. */
const entry = (): string => {
  const here = import.meta.dirname
  if (import.meta.filename.endsWith('.ts')) return join(here, 'derive-worker.ts')
  const beside = join(here, 'derive-worker.js')
  return existsSync(beside) ? beside : join(dirname(here), 'derive-worker.js')
}

interface Waiting {
  readonly id: number
  readonly job: DeriveJob
  readonly stop: SharedArrayBuffer
  readonly onProgress: (fraction: number) => void
  readonly settle: (result: Result<void>) => void
}

interface Member {
  readonly worker: Worker
  running: Waiting | undefined
}

const members: Member[] = []
const waiting: Waiting[] = []
let nextId = 1

const start = (): Member => {
  const member: Member = { worker: new Worker(entry()), running: undefined }
  const finish = (result: Result<void>): void => {
    const { running } = member
    member.running = undefined
    member.worker.unref()
    running?.settle(result)
    assign()
  }
  member.worker.on('message', (message: FromDeriveWorker) => {
    if (message.id !== member.running?.id) return
    if (message.kind === 'progress') member.running.onProgress(message.fraction)
    else finish(message.kind === 'done' ? ok(undefined) : err(message.problem))
  })
  const leave = (cause: unknown): void => {
    const at = members.indexOf(member)
    if (at >= 0) members.splice(at, 1)
    if (member.running) finish(err(deriveProblem('derive.failed', { cause: String(cause) })))
  }
  member.worker.on('error', leave)
  member.worker.on('exit', leave)
  members.push(member)
  return member
}

const assign = (): void => {
  while (waiting.length > 0) {
    const limit = Math.max(1, Math.min(MAX_WORKERS, availableParallelism()))
    const member = members.find((one) => !one.running) ?? (members.length < limit ? start() : undefined)
    if (!member) return
    const next = waiting.shift() as Waiting
    member.running = next
    member.worker.ref()
    member.worker.postMessage({ id: next.id, job: next.job, stop: next.stop } satisfies ToDeriveWorker)
  }
}

/** Derives in the next free worker; `isFirst` before all that waits. Aborting takes it out of the queue or stops it at the next block. */
export const deriveInPool = (
  job: DeriveJob,
  onProgress: (fraction: number) => void,
  signal: AbortSignal,
  isFirst = false,
): Promise<Result<void>> =>
  new Promise((resolve) => {
    const id = nextId++
    const stop = new SharedArrayBuffer(4)
    const onAbort = (): void => {
      const at = waiting.findIndex((one) => one.id === id)
      if (at < 0) {
        Atomics.store(new Int32Array(stop), 0, 1)
        return
      }
      waiting.splice(at, 1)
      settle(err(deriveProblem('derive.cancelled')))
    }
    const settle = (result: Result<void>): void => {
      signal.removeEventListener('abort', onAbort)
      resolve(result)
    }
    if (signal.aborted) return settle(err(deriveProblem('derive.cancelled')))
    signal.addEventListener('abort', onAbort)
    const wanted = { id, job, stop, onProgress, settle }
    if (isFirst) waiting.unshift(wanted)
    else waiting.push(wanted)
    assign()
  })

/** Ends every worker; for tests and for an orderly exit. */
export const closeDerivePool = async (): Promise<void> => {
  await Promise.all(members.splice(0).map(({ worker }) => worker.terminate()))
}
