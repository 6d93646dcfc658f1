// Worker thread entry: derives sounds one after another, so that playback never waits for a stretcher.
import { parentPort } from 'node:worker_threads'
import { type Problem, ProblemError } from '../../src-shared/std/index.ts'
import { type DeriveJob, deriveSound } from './derive-sound.ts'
import { deriveProblem } from './problems.ts'

export interface ToDeriveWorker {
  readonly id: number
  readonly job: DeriveJob
  /** One Int32; non-zero stops the job. Shared, since a busy worker reads no messages. */
  readonly stop: SharedArrayBuffer
}

export type FromDeriveWorker =
  | { readonly kind: 'progress'; readonly id: number; readonly fraction: number }
  | { readonly kind: 'done'; readonly id: number }
  | { readonly kind: 'failed'; readonly id: number; readonly problem: Problem }

/** How often a job that waits for a model looks whether it shall go on. */
const LOOK_MS = 50

const problemOf = (thrown: unknown): Problem => {
  if (thrown instanceof ProblemError) return thrown.problem
  const code = thrown instanceof Error && 'code' in thrown && typeof thrown.code === 'string' ? thrown.code : undefined
  if (code === 'ENOSPC' || code === 'EDQUOT' || code === 'EROFS')
    return {
      code: 'audio.cache_unwritable',
      message:
        'A changed sound could not be kept: the disk that holds decoded audio is full or read-only. Free some disk space or choose another folder for decoded audio.',
      details: { code },
    }
  return deriveProblem('derive.failed', { cause: String(thrown) })
}

const derive = async ({ id, job, stop }: ToDeriveWorker): Promise<FromDeriveWorker> => {
  const flag = new Int32Array(stop)
  const controller = new AbortController()
  const isCancelled = (): boolean => Atomics.load(flag, 0) !== 0
  const look = setInterval(() => isCancelled() && controller.abort(), LOOK_MS)
  try {
    await deriveSound(job, {
      signal: controller.signal,
      isCancelled,
      onProgress: (fraction) => parentPort?.postMessage({ kind: 'progress', id, fraction } satisfies FromDeriveWorker),
    })
    return { kind: 'done', id }
  } catch (thrown) {
    return { kind: 'failed', id, problem: isCancelled() ? deriveProblem('derive.cancelled') : problemOf(thrown) }
  } finally {
    clearInterval(look)
  }
}

parentPort?.on('message', (message: ToDeriveWorker) => {
  void derive(message).then((reply) => parentPort?.postMessage(reply))
})
