// The threads that derive sounds.
import { Worker } from 'node:worker_threads'
import { ThreadPool, workerEntry } from '../threads/index.ts'
import type { DeriveJob } from './derive-sound.ts'
import { deriveProblem } from './problems.ts'

/** Tells of its progress as 0..1. */
export const derivePool = new ThreadPool<DeriveJob, void, number>({
  start: () => new Worker(workerEntry(import.meta, 'derive-worker')),
  maxThreads: 8,
  cancelled: deriveProblem('derive.cancelled'),
  lost: (cause) => deriveProblem('derive.failed', { cause: String(cause) }),
})

/** Ends every worker; for tests. */
export const closeDerivePool = (): Promise<void> => derivePool.terminate()
