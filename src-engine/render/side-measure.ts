// The measuring of an export's master: in this thread where it is short, else in one of its own, with the same figures.
import { Worker } from 'node:worker_threads'
import { err, ok, type Problem, ProblemError, type Result } from '../../src-shared/std/index.ts'
import { BatchSender } from '../files/index.ts'
import { type Kernels, kernelsModule } from '../kernels/index.ts'
import { SOUND_THREAD_LIMITS } from '../thread-limits.ts'
import type { StereoBlock } from './channel.ts'
import { MasterMeasure, type MasterReport } from './master-measure.ts'
import type { FromMeasureWorker, MeasureJob, ToMeasureWorker } from './measure-worker.ts'
import { workerEntry } from './worker-entry.ts'

/** Hears the master block by block. */
export interface MasterListener {
  /** A promise asks to wait before the next block. Throws a `ProblemError` where the thread is lost. */
  push(block: StereoBlock, frames: number): Promise<void> | undefined
  finish(): Promise<Result<MasterReport>>
  /** Nobody wants the figures any more. */
  abort(): void
}

/** A minute: what a thread costs to start is saved several times over. */
const LONG_FRAMES = 2_880_000

export const listenToMaster = (kernels: Kernels, frames: number): MasterListener =>
  frames < LONG_FRAMES ? listenHere(kernels) : listenInThread(kernels)

const listenHere = (kernels: Kernels): MasterListener => {
  const measure = new MasterMeasure(kernels)
  return {
    push: (block, frames) => {
      measure.push(block, frames)
      return undefined
    },
    finish: async () => ok(measure.finish()),
    abort: () => {},
  }
}

const lost: Problem = {
  code: 'render.measure_failed',
  message: 'The measuring of the mix stopped unexpectedly, perhaps for lack of memory. Close other programs and export again.',
}

const listenInThread = (kernels: Kernels): MasterListener => {
  const worker = new Worker(workerEntry('measure-worker'), {
    workerData: { module: kernelsModule() } satisfies MeasureJob,
    resourceLimits: SOUND_THREAD_LIMITS,
  })
  const sender = new BatchSender(worker)
  const tell = (message: ToMeasureWorker): void => worker.postMessage(message)
  let isLost = false
  let settle: ((report: MasterReport | undefined) => void) | undefined
  const leave = (): void => {
    isLost = true
    sender.release()
    settle?.(undefined)
  }
  worker.on('message', (message: FromMeasureWorker) => {
    if (message.kind === 'measured') sender.takeBack(message)
    else settle?.(message.report)
  })
  worker.on('error', leave)
  worker.on('exit', leave)
  return {
    push: ({ left, right }, frames) => {
      if (isLost) throw new ProblemError(lost)
      return sender.write(kernels.f32(left, frames), kernels.f32(right, frames), frames)
    },
    finish: async () => {
      sender.flush()
      const report = await new Promise<MasterReport | undefined>((resolve) => {
        settle = resolve
        if (isLost) resolve(undefined)
        else tell({ kind: 'finish' })
      })
      return report === undefined ? err(lost) : ok(report)
    },
    abort: () => tell({ kind: 'close' }),
  }
}
