// One worker that holds one model of the user's, with a watch on every call: what does not answer in time is ended.
import { Worker } from 'node:worker_threads'
import { type Problem, ProblemError } from '../../src-shared/std/index.ts'
import { workerEntry } from '../threads/index.ts'
import type { FromModelWorker, ToModelWorker } from './model-worker.ts'
import type { ModelPort } from './own-model.ts'

export interface Patience {
  /** For reading and preparing the model. */
  readonly loadMs: number
  /** For one call, a few seconds of sound. */
  readonly callMs: number
}

export const PATIENCE: Patience = { loadMs: 60_000, callMs: 60_000 }

export interface LoadedModel {
  readonly sha256: string
  readonly bytes: number
  readonly port: ModelPort
  /** One row a channel in and out. Takes `samples` over. */
  run(samples: Float32Array<ArrayBuffer>, channels: number, frames: number): Promise<Float32Array<ArrayBuffer>>
  close(): Promise<void>
}

const problem = (code: string, message: string, details?: Problem['details']): ProblemError =>
  new ProblemError(details === undefined ? { code, message } : { code, message, details })

/** Loads a model into a thread of its own. Throws `ProblemError`: `ai.cancelled`, `ai.model_slow`, `ai.model_refused`, `ai.model_failed`, `ai.model_output`. */
export const openModel = async (path: string, signal: AbortSignal | undefined, patience: Patience = PATIENCE): Promise<LoadedModel> => {
  const worker = new Worker(workerEntry(import.meta, 'model-worker'), { resourceLimits: { maxOldGenerationSizeMb: 1_024 } })
  const ask = (message: ToModelWorker, withinMs: number): Promise<FromModelWorker> =>
    new Promise((resolve, reject) => {
      const settle = (act: () => void): void => {
        clearTimeout(timer)
        worker.off('message', onMessage).off('error', onEnd).off('exit', onEnd)
        signal?.removeEventListener('abort', onAbort)
        act()
      }
      const giveUp = (error: ProblemError): void => {
        settle(() => reject(error))
        void worker.terminate()
      }
      const onMessage = (reply: FromModelWorker): void =>
        settle(() => (reply.kind === 'failed' ? reject(new ProblemError(reply.problem)) : resolve(reply)))
      const onEnd = (cause: unknown): void =>
        giveUp(
          problem('ai.model_failed', 'The model brought its helper down, probably for want of memory. It cannot be used.', {
            cause: String(cause),
          }),
        )
      const onAbort = (): void => giveUp(problem('ai.cancelled', 'Running the model was cancelled.'))
      const timer = setTimeout(
        () =>
          giveUp(
            problem(
              'ai.model_slow',
              `The model gave no answer within ${Math.round(withinMs / 1_000)} s and was stopped. It is too slow to use here.`,
            ),
          ),
        withinMs,
      )
      if (signal?.aborted) return onAbort()
      worker.on('message', onMessage).on('error', onEnd).on('exit', onEnd)
      signal?.addEventListener('abort', onAbort, { once: true })
      worker.postMessage(message, message.kind === 'run' ? [message.samples.buffer] : [])
    })
  const close = async (): Promise<void> => {
    await worker.terminate()
  }
  try {
    const loaded = await ask({ kind: 'load', path }, patience.loadMs)
    if (loaded.kind !== 'loaded') throw new Error('the model worker answered out of turn')
    return {
      sha256: loaded.sha256,
      bytes: loaded.bytes,
      port: loaded.port,
      close,
      async run(samples, channels, frames) {
        const ran = await ask({ kind: 'run', samples, channels, frames }, patience.callMs)
        if (ran.kind !== 'ran') throw new Error('the model worker answered out of turn')
        return ran.samples
      },
    }
  } catch (error) {
    await close()
    throw error
  }
}
