// The threads that render previews. Kernels are compiled once for all of them.
import { Worker } from 'node:worker_threads'
import type { PreviewReport } from '../../src-shared/protocol/index.ts'
import { kernelsModule } from '../kernels/index.ts'
import { ThreadPool, workerEntry } from '../threads/index.ts'
import type { PreviewJob } from './render-preview.ts'

export const createPreviewPool = (): ThreadPool<PreviewJob, PreviewReport> =>
  new ThreadPool({
    start: () => new Worker(workerEntry(import.meta, 'preview-worker'), { workerData: { module: kernelsModule() } }),
    maxThreads: Number.POSITIVE_INFINITY,
    cancelled: { code: 'preview.cancelled', message: 'The preview was cancelled.' },
    lost: (cause) => ({
      code: 'preview.worker_failed',
      message: 'A preview could not be rendered: its thread stopped.',
      details: { cause: String(cause) },
    }),
  })
