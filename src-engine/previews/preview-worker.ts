// A thread that renders previews, one after another, in kernels it keeps.
import { parentPort, workerData } from 'node:worker_threads'
import type { PreviewReport } from '../../src-shared/protocol/index.ts'
import { assert, type Result } from '../../src-shared/std/index.ts'
import { type KernelsModule, loadKernels } from '../kernels/index.ts'
import { adoptVoices, type Voices } from '../plugins/rack/index.ts'
import { type PreviewJob, renderPreview } from './render-preview.ts'

export type ToPreviewWorker =
  | {
      readonly kind: 'render'
      readonly job: PreviewJob
      /** One 32-bit word; not 0 stops the job. */
      readonly stop: SharedArrayBuffer
    }
  | { readonly kind: 'close' }

export type FromPreviewWorker = Result<PreviewReport>

const port = parentPort
assert(port, 'runs as a worker')
const kernels = loadKernels((workerData as { readonly module: KernelsModule }).module)

port.on('message', (message: ToPreviewWorker) => {
  // Leaves by itself: terminating a thread on its way out can deadlock.
  if (message.kind === 'close') {
    port.close()
    return
  }
  const flag = new Int32Array(message.stop)
  const { job } = message
  const render = (voices: Voices | undefined): void =>
    port.postMessage(renderPreview(job, kernels, voices, () => Atomics.load(flag, 0) !== 0) satisfies FromPreviewWorker)
  if (job.plugins) void adoptVoices(job.plugins, () => {}).then(render)
  else render(undefined)
})
