// Answers `analysis.*`: each in a thread of its own, so that playback in the same process is not held up.
import { Worker } from 'node:worker_threads'
import type { AnalysisReplies, analysisRequestSchemas, EngineProgress } from '../../../src-shared/protocol/index.ts'
import { fail, type Result } from '../../../src-shared/std/index.ts'
import { workerEntry } from '../../threads/index.ts'
import type { AnalysisJob } from './analysis-job.ts'
import type { AnalysisWorkerData, FromAnalysisWorker } from './analysis-worker.ts'

type Payload<N extends keyof typeof analysisRequestSchemas> = ReturnType<(typeof analysisRequestSchemas)[N]['parse']>

interface Call {
  readonly signal: AbortSignal
  readonly onProgress: (progress: EngineProgress) => void
}

const cancelled = fail('analysis.cancelled', 'The analysis was cancelled.')

const inThread = <T>(job: AnalysisJob, { signal, onProgress }: Call): Promise<Result<T>> =>
  new Promise((resolve) => {
    if (signal.aborted) return resolve(cancelled)
    const stop = new SharedArrayBuffer(4)
    const onAbort = (): void => void Atomics.store(new Int32Array(stop), 0, 1)
    signal.addEventListener('abort', onAbort)
    const worker = new Worker(workerEntry(import.meta, 'analysis-worker'), { workerData: { job, stop } satisfies AnalysisWorkerData })
    const settle = (result: Result<T>): void => {
      signal.removeEventListener('abort', onAbort)
      resolve(result)
    }
    const lost = (): void =>
      settle(
        fail(
          'analysis.failed',
          'The analysis stopped unexpectedly, perhaps for lack of memory. Close other programs and try again.',
        ) as Result<T>,
      )
    worker.on('message', (message: FromAnalysisWorker) => {
      if (message.kind === 'progress') onProgress({ step: 'analyse', fraction: message.fraction, stem: null })
      else settle(message.result as Result<T>)
    })
    worker.on('error', lost)
    worker.on('exit', lost)
  })

/** Handlers of the analysis requests, over wherever the engine keeps decoded audio. */
export const analysisHandlers = (cacheDir: () => string) => ({
  'analysis.stem': ({ contentSha256 }: Payload<'analysis.stem'>, call: Call): Promise<Result<AnalysisReplies['analysis.stem']>> =>
    inThread({ kind: 'stem', cacheDir: cacheDir(), contentSha256 }, call),
  'analysis.work': ({ stems, stated }: Payload<'analysis.work'>, call: Call): Promise<Result<AnalysisReplies['analysis.work']>> =>
    inThread({ kind: 'work', cacheDir: cacheDir(), stems, stated }, call),
})
