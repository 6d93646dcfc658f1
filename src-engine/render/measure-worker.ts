// Thread that listens to the master of a long export: hash, loudness and fingerprint cost as much as a third of the mix itself.
import { parentPort, workerData } from 'node:worker_threads'
import { assert } from '../../src-shared/std/index.ts'
import type { Batch, WriteBatch } from '../files/index.ts'
import { type KernelsModule, loadKernels } from '../kernels/index.ts'
import { BLOCK_FRAMES } from './context.ts'
import { MasterMeasure, type MasterReport } from './master-measure.ts'

export type ToMeasureWorker = WriteBatch | { readonly kind: 'finish' } | { readonly kind: 'close' }

export type FromMeasureWorker = (Batch & { readonly kind: 'measured' }) | { readonly kind: 'finished'; readonly report: MasterReport }

export interface MeasureJob {
  readonly module: KernelsModule
}

const port = parentPort
assert(port, 'runs as a worker')
const kernels = loadKernels((workerData as MeasureJob).module)
const measure = new MasterMeasure(kernels)
const block = { left: kernels.alloc(BLOCK_FRAMES * 4), right: kernels.alloc(BLOCK_FRAMES * 4) }

port.on('message', (message: ToMeasureWorker) => {
  if (message.kind !== 'write') {
    if (message.kind === 'finish') port.postMessage({ kind: 'finished', report: measure.finish() } satisfies FromMeasureWorker)
    // Leaves by itself: terminating a thread on its way out can deadlock.
    port.close()
    return
  }
  const { left, right, frames } = message
  for (let done = 0; done < frames; done += BLOCK_FRAMES) {
    const count = Math.min(BLOCK_FRAMES, frames - done)
    kernels.f32(block.left, count).set(left.subarray(done, done + count))
    kernels.f32(block.right, count).set(right.subarray(done, done + count))
    measure.push(block, count)
  }
  port.postMessage({ kind: 'measured', left, right } satisfies FromMeasureWorker, [left.buffer as ArrayBuffer, right.buffer as ArrayBuffer])
})
