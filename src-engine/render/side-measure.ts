// The measuring of an export's master and the writing of its WAV files: in this thread where it is short, else in one of their own, with the same
// figures and bytes.
import { rmSync } from 'node:fs'
import { Worker } from 'node:worker_threads'
import { err, ok, type Problem, ProblemError, type Result } from '../../src-shared/std/index.ts'
import { type AudioEncoderSink, BatchSender, type EncodedInfo, refuseFile } from '../files/index.ts'
import { type Kernels, kernelsModule } from '../kernels/index.ts'
import { SOUND_THREAD_LIMITS, workerEntry } from '../threads/index.ts'
import type { StereoBlock } from './channel.ts'
import type { WriteWav } from './export-writers.ts'
import { MasterMeasure, type MasterReport } from './master-measure.ts'
import type { FromMeasureWorker, MeasureJob, ToMeasureWorker } from './measure-worker.ts'

/** Hears the master block by block. */
export interface MasterListener {
  /** A promise asks to wait before the next block. Throws a `ProblemError` where the thread is lost. */
  push(block: StereoBlock, frames: number): Promise<void> | undefined
  finish(): Promise<Result<MasterReport>>
  /**
   * Where there is a thread, it writes WAV files of what it hears as well: one thread less, and one copy of the sound. Asked for before the first
   * block; what is written to such a file is only what was pushed here.
   */
  readonly writeWav?: WriteWav
  /** Nobody wants the figures any more, nor the files. */
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

/** A file that the thread writes. */
interface SideFile {
  problem: Problem | undefined
  /** Whether the file at the path is ours, to be removed when things go wrong. */
  isOurs: boolean
  settle: ((result: Result<EncodedInfo>) => void) | undefined
}

const listenInThread = (kernels: Kernels): MasterListener => {
  const worker = new Worker(workerEntry(import.meta, 'measure-worker'), {
    workerData: { module: kernelsModule() } satisfies MeasureJob,
    resourceLimits: SOUND_THREAD_LIMITS,
  })
  const sender = new BatchSender(worker)
  const tell = (message: ToMeasureWorker): void => worker.postMessage(message)
  const files: SideFile[] = []
  let isLost = false
  let settle: ((report: MasterReport | undefined) => void) | undefined
  const fail = (file: SideFile, problem: Problem): void => {
    file.problem ??= problem
    file.settle?.(err(file.problem))
  }
  const leave = (): void => {
    isLost = true
    sender.release()
    settle?.(undefined)
    for (const file of files) fail(file, lost)
  }
  worker.on('message', (message: FromMeasureWorker) => {
    if (message.kind === 'measured') sender.takeBack(message)
    else if (message.kind === 'finished') settle?.(message.report)
    else {
      const file = files[message.file]!
      if (message.kind === 'file-opened') file.isOurs = true
      else if (message.kind === 'file-failed') fail(file, message.problem)
      else file.settle?.(message.result)
    }
  })
  worker.on('error', leave)
  const gone = new Promise<void>((resolve) => {
    worker.once('exit', () => {
      leave()
      resolve()
    })
  })
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
    writeWav: async (request) => {
      const refused = refuseFile(request)
      if (refused) return err(refused)
      const file: SideFile = { problem: undefined, isOurs: false, settle: undefined }
      const number = files.push(file) - 1
      tell({ kind: 'open-file', file: number, request })
      return ok<AudioEncoderSink>({
        write: () => {
          if (file.problem) throw new ProblemError(file.problem)
          return undefined
        },
        finish: (options) =>
          new Promise((resolve) => {
            file.settle = resolve
            if (file.problem) resolve(err(file.problem))
            else tell({ kind: 'finish-file', file: number, options })
          }),
        abort: async () => {
          tell({ kind: 'close' })
          await gone
          if (file.isOurs) rmSync(request.path, { force: true })
        },
      })
    },
    abort: () => tell({ kind: 'close' }),
  }
}
