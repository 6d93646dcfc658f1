// Thread that listens to the master of a long export and writes its WAV files: hash, loudness, fingerprint and integers cost as much as a third of
// the mix itself, and what they read is the same.
import { parentPort, workerData } from 'node:worker_threads'
import { assert, type Problem, ProblemError, type Result } from '../../src-shared/std/index.ts'
import {
  type AudioEncoderSink,
  type Batch,
  createWavEncoder,
  type EncodedInfo,
  type EncodeRequest,
  type FinishOptions,
  type WriteBatch,
} from '../files/index.ts'
import { type KernelsModule, loadKernels } from '../kernels/index.ts'
import { CELL_FRAMES } from './context.ts'
import { MasterMeasure, type MasterReport } from './master-measure.ts'

/** Files are numbered by who asks. */
export type ToMeasureWorker =
  | WriteBatch
  | { readonly kind: 'open-file'; readonly file: number; readonly request: EncodeRequest }
  | { readonly kind: 'finish' }
  | { readonly kind: 'finish-file'; readonly file: number; readonly options: FinishOptions }
  | { readonly kind: 'close' }

export type FromMeasureWorker =
  | (Batch & { readonly kind: 'measured' })
  | { readonly kind: 'finished'; readonly report: MasterReport }
  /** From here on the file at the path is ours. */
  | { readonly kind: 'file-opened'; readonly file: number }
  | { readonly kind: 'file-failed'; readonly file: number; readonly problem: Problem }
  | { readonly kind: 'file-finished'; readonly file: number; readonly result: Result<EncodedInfo> }

export interface MeasureJob {
  readonly module: KernelsModule
}

const port = parentPort
assert(port, 'runs as a worker')
const reply = (message: FromMeasureWorker): void => port.postMessage(message)
const kernels = loadKernels((workerData as MeasureJob).module)
const measure = new MasterMeasure(kernels)
const block = { left: kernels.alloc(CELL_FRAMES * 4), right: kernels.alloc(CELL_FRAMES * 4) }
const files = new Map<number, AudioEncoderSink>()
let isMeasured = false

const open = (file: number, request: EncodeRequest): void => {
  const created = createWavEncoder(request, kernels)
  if (created.ok) files.set(file, created.value)
  reply(created.ok ? { kind: 'file-opened', file } : { kind: 'file-failed', file, problem: created.error })
}

const write = ({ left, right, frames }: WriteBatch): void => {
  for (let done = 0; done < frames; done += CELL_FRAMES) {
    const count = Math.min(CELL_FRAMES, frames - done)
    kernels.f32(block.left, count).set(left.subarray(done, done + count))
    kernels.f32(block.right, count).set(right.subarray(done, done + count))
    measure.push(block, count)
  }
  for (const [file, sink] of files) {
    try {
      sink.write(left, right, frames)
    } catch (thrown) {
      if (!(thrown instanceof ProblemError)) throw thrown
      files.delete(file)
      sink.abort()
      reply({ kind: 'file-failed', file, problem: thrown.problem })
    }
  }
  port.postMessage({ kind: 'measured', left, right } satisfies FromMeasureWorker, [left.buffer as ArrayBuffer, right.buffer as ArrayBuffer])
}

/** Leaves by itself: terminating a thread on its way out can deadlock. */
const leaveWhenDone = (): void => {
  if (isMeasured && files.size === 0) port.close()
}

const finishFile = async (file: number, options: FinishOptions): Promise<void> => {
  const result = await files.get(file)?.finish(options)
  files.delete(file)
  if (result) reply({ kind: 'file-finished', file, result })
  leaveWhenDone()
}

port.on('message', (message: ToMeasureWorker) => {
  switch (message.kind) {
    case 'open-file':
      return open(message.file, message.request)
    case 'write':
      return write(message)
    case 'finish':
      reply({ kind: 'finished', report: measure.finish() })
      isMeasured = true
      return leaveWhenDone()
    case 'finish-file':
      return void finishFile(message.file, message.options)
    case 'close':
      for (const sink of files.values()) sink.abort()
      return port.close()
  }
})
