// A thread that renders previews, one after another, in kernels it keeps.
import { workerData } from 'node:worker_threads'
import type { PreviewReport } from '../../src-shared/protocol/index.ts'
import { type KernelsModule, loadKernels } from '../kernels/index.ts'
import { adoptVoices } from '../plugins/rack/index.ts'
import { serveJobs } from '../threads/index.ts'
import { type PreviewJob, renderPreview } from './render-preview.ts'

const kernels = loadKernels((workerData as { readonly module: KernelsModule }).module)

serveJobs<PreviewJob, PreviewReport>(async (job, { isCancelled }) =>
  renderPreview(job, kernels, job.plugins && (await adoptVoices(job.plugins, () => {})), isCancelled),
)
