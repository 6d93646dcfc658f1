// The threads that decode stems.
import { Worker } from 'node:worker_threads'
import { SOUND_THREAD_LIMITS, ThreadPool, workerEntry } from '../threads/index.ts'
import type { DecodeRequest } from './decode-file.ts'
import { audioProblem } from './problems.ts'

/** Frames of the file that are done, and of how many. */
export interface DecodeProgress {
  readonly done: number
  readonly total: number | null
}

export const decodePool = new ThreadPool<DecodeRequest, void, DecodeProgress>({
  start: () => new Worker(workerEntry(import.meta, 'decode-worker'), { resourceLimits: SOUND_THREAD_LIMITS }),
  maxThreads: 4,
  cancelled: audioProblem('audio.cancelled', 'Decoding was stopped.'),
  lost: (cause) => audioProblem('audio.worker_failed', 'The decoder stopped unexpectedly.', { cause: String(cause) }),
})

/** Ends every worker; for tests and for an orderly exit. */
export const closeDecodePool = (): Promise<void> => decodePool.terminate()
