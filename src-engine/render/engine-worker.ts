// Thread that renders some of the audio tracks of an export into shared memory. It runs straight through and sleeps only on a full ring.
import { parentPort, workerData } from 'node:worker_threads'
import type { RenderPlan } from '../../src-shared/remix/index.ts'
import { type Problem, ProblemError } from '../../src-shared/std/index.ts'
import { adoptVoices, type VoicesTicket } from '../plugins/rack/index.ts'
import { type KernelsModule, loadKernels } from '../kernels/index.ts'
import type { StereoBlock } from './channel.ts'
import { CELL_FRAMES, noPlugins, RenderContext } from './context.ts'
import { deviceFailure } from './device-failure.ts'
import { loadDeviceModule } from './device-module.ts'
import { SourcePool } from './sources.ts'
import { LocalTrack } from './track-feed.ts'
import { type RingMemory, TrackRing } from './track-ring.ts'

export interface WorkerJob {
  readonly module: KernelsModule
  readonly plan: RenderPlan
  readonly trackIds: readonly string[]
  readonly cacheDir: string
  readonly fromFrame: number
  readonly ring: RingMemory
  readonly skipsSilence: boolean
  readonly deviceModule: string | null
  /** The plugins of its tracks; absent where there are none. */
  readonly plugins?: VoicesTicket
}

/** `ready` wakes a mix that waits for a cell. */
export type FromWorker =
  | { readonly kind: 'ready' }
  | { readonly kind: 'failed'; readonly problem: Problem }
  | { readonly kind: 'warning'; readonly problem: Problem }

const tell = (message: FromWorker): void => parentPort?.postMessage(message)

const run = async (job: WorkerJob): Promise<void> => {
  const kernels = loadKernels(job.module)
  const sources = new SourcePool(job.cacheDir, kernels)
  const onWarning = (problem: Problem): void => tell({ kind: 'warning', problem })
  const voices = job.plugins && (await adoptVoices(job.plugins, onWarning))
  const context = new RenderContext({
    kernels,
    openSource: (plan, source) => sources.open(plan, source),
    makeDevice: await loadDeviceModule(job.deviceModule),
    onDeviceFailed: (track, device, error) => {
      throw new ProblemError(deviceFailure(track, device, error))
    },
    openVoice: voices?.open ?? noPlugins,
    onWarning,
    fromFrame: job.fromFrame,
    skipsSilence: job.skipsSilence,
  })
  try {
    renderCells(job, context)
  } finally {
    sources.dispose()
    // Ends of pipes do not go with the thread.
    voices?.close()
  }
}

const renderCells = (job: WorkerJob, context: RenderContext): void => {
  const { kernels } = context
  const ring = new TrackRing(job.ring)
  const tracks = job.trackIds.map((id) => new LocalTrack(context, job.plan, job.plan.tracks.find((track) => track.id === id)!))
  const newBlock = (): StereoBlock => ({ left: context.alloc(CELL_FRAMES), right: context.alloc(CELL_FRAMES) })
  const block = newBlock()
  const preFader = newBlock()
  // Runs ahead of the mix without an end of its own: the mix knows when it has enough.
  for (let cell = 0; ring.waitForSlot(cell); cell++) {
    const start = job.fromFrame + cell * CELL_FRAMES
    tracks.forEach((track, index) => {
      track.beginCell(start, start + CELL_FRAMES)
      ring.writeHeader(cell, index, track.isRunning, track.soundsUntil)
      if (!track.isRunning) return
      const hasPreFader = job.ring.hasPreFader[index] === true
      track.render(block, hasPreFader ? preFader : undefined, start, CELL_FRAMES)
      const channels = hasPreFader ? [block.left, block.right, preFader.left, preFader.right] : [block.left, block.right]
      for (const [channel, from] of channels.entries()) ring.channel(cell, index, channel).set(kernels.f32(from, CELL_FRAMES))
    })
    if (ring.publish(cell)) tell({ kind: 'ready' })
  }
}

run(workerData as WorkerJob).catch((error: unknown) => {
  // A defect ends the thread loudly; what a user can meet travels as a problem.
  if (!(error instanceof ProblemError)) throw error
  tell({ kind: 'failed', problem: error.problem })
})
