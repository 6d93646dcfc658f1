// Thread that listens to stems for one request, then leaves.
import { parentPort, workerData } from 'node:worker_threads'
import { assert, ProblemError } from '../../../src-shared/std/index.ts'
import type { Problem, Result } from '../../../src-shared/std/index.ts'
import { type AnalysisJob, runAnalysis } from './analysis-job.ts'

export interface AnalysisWorkerData {
  readonly job: AnalysisJob
  /** One number, not 0 once nobody wants the answer. */
  readonly stop: SharedArrayBuffer
}

export type FromAnalysisWorker =
  | { readonly kind: 'progress'; readonly fraction: number }
  | { readonly kind: 'done'; readonly result: Result<unknown> }

const port = parentPort
assert(port, 'runs as a worker')
const { job, stop } = workerData as AnalysisWorkerData
const flag = new Int32Array(stop)
const post = (message: FromAnalysisWorker): void => port.postMessage(message)
let shown = 0
const failure = (problem: Problem): Result<unknown> => ({ ok: false, error: problem })
try {
  const result = runAnalysis(job, {
    isCancelled: () => Atomics.load(flag, 0) !== 0,
    onProgress: (fraction) => {
      if (fraction - shown < 0.01 && fraction < 1) return
      shown = fraction
      post({ kind: 'progress', fraction })
    },
  })
  post({ kind: 'done', result })
} catch (thrown) {
  if (!(thrown instanceof ProblemError)) throw thrown
  post({ kind: 'done', result: failure(thrown.problem) })
}
