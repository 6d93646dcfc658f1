// The threads that make variations: a thousand take seconds of one core, and meanwhile the window has to move and a run be stopped.
import { availableParallelism } from 'node:os'
import { serialize } from 'node:v8'
import { Worker } from 'node:worker_threads'
import { ThreadPool, workerEntry } from '../../../src-engine/threads/index.ts'
import type { StyleFacts } from '../../../src-engine/styles/index.ts'
import type { RemixSnapshot } from '../../../src-shared/remix/index.ts'
import type { Result } from '../../../src-shared/std/index.ts'
import type { Variation } from './draw.ts'
import type { Judged } from './make.ts'

/** A remix as threads read it: written once, shared by all of them. */
export interface SharedOriginal {
  /** Tells it from another one. */
  readonly number: number
  /** `{ snapshot, facts }` as `v8.serialize` writes it. */
  readonly bytes: SharedArrayBuffer
}

export interface MakeJob {
  readonly original: SharedOriginal
  readonly variations: readonly Variation[]
}

/** One result for each variation of the job. */
export type MakeReport = readonly Result<Judged>[]

let originals = 0

/** Writes a remix and what is known of it down for the threads. */
export const shareOriginal = (snapshot: RemixSnapshot, facts: StyleFacts): SharedOriginal => {
  const written = serialize({ snapshot, facts })
  const bytes = new SharedArrayBuffer(written.length)
  written.copy(new Uint8Array(bytes))
  return { number: ++originals, bytes }
}

/** No more: each warms up by itself, and what is made is small. */
const MAX_THREADS = 4

export const makePool = new ThreadPool<MakeJob, MakeReport>({
  start: () => new Worker(workerEntry(import.meta, 'make-worker')),
  maxThreads: MAX_THREADS,
  cancelled: { code: 'variations.cancelled', message: 'Making variations was stopped.' },
  lost: (cause) => ({
    code: 'variations.thread_lost',
    message: 'Variations could not be made: their thread stopped. Try again.',
    details: { cause: String(cause) },
  }),
})

/** Starts the threads ahead of what they are to make; resolves when they are up. */
export const warmMakers = async (): Promise<void> => {
  const nothing: MakeJob = { original: { number: 0, bytes: new SharedArrayBuffer(0) }, variations: [] }
  await Promise.all(
    Array.from({ length: Math.min(MAX_THREADS, availableParallelism()) }, () => makePool.run(nothing, { signal: undefined })),
  )
}
