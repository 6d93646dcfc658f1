// Renders a stretch of a plan as fast as it can, in this thread or with helpers; the bits are the same for any number of threads.
import { setImmediate } from 'node:timers/promises'
import type { RenderPlan } from '../../src-shared/remix/index.ts'
import { assert, err, fail, ok, type Problem, ProblemError, type Result } from '../../src-shared/std/index.ts'
import { type Kernels, loadKernels } from '../kernels/index.ts'
import { BlockRenderer, type RenderedBlock } from './block-renderer.ts'
import type { StereoBlock } from './channel.ts'
import { CELL_FRAMES } from './context.ts'
import { deviceFailure } from './device-failure.ts'
import { loadDeviceModule } from './device-module.ts'
import { TrackWorkers } from './track-workers.ts'

export interface RenderPlanOptions {
  readonly plan: RenderPlan
  /** Where the decoded stems lie; all must be there. */
  readonly cacheDir: string
  readonly fromFrame: number
  readonly toFrame: number
  /** 1 renders in this thread alone; with more, helpers take audio tracks off it. */
  readonly threads: number
  /** Gain before the master's limiter (a limiter is added where there is none); null renders the plan as it is. */
  readonly loudnessGainDb?: number | null
  readonly signal?: AbortSignal
  /** Gets the finished mix piece by piece: pointers into `kernels`, valid during the call or until its promise settles. */
  readonly onBlock: (block: RenderedBlock, kernels: Kernels) => void | Promise<void> | undefined
  /** Gets what each track adds to the master's input, aligned with the mix; pieces of silence are left out. */
  readonly onStem?: (track: number, block: StereoBlock, frames: number, timelineFrame: number, kernels: Kernels) => void
  /** 0..1, some times a second. */
  readonly onProgress?: (fraction: number) => void
  readonly onWarning?: (problem: Problem) => void
  /** Kernels to render in; a fresh instance unless given. */
  readonly kernels?: Kernels
  /** A cell unless given: nobody waits for a block here, and every block costs calls. */
  readonly blockFrames?: number
  readonly skipsSilence?: boolean
  /** Path of a module that makes the devices in place of the built-in ones. */
  readonly deviceModule?: string | null
}

/** How long a render may keep the event loop: playback in the same process has to be served in between. */
const SLICE_MS = 8

/** Renders [fromFrame, toFrame). A device that breaks fails the render by name (`export.device_failed`); a cancelled one is `export.cancelled`. */
export const renderPlan = async (options: RenderPlanOptions): Promise<Result<{ readonly frames: number }>> => {
  const { plan, cacheDir, fromFrame, toFrame, threads, signal, onBlock, onStem, onProgress, onWarning = () => {} } = options
  assert(toFrame > fromFrame, 'a render holds at least one frame')
  const { loudnessGainDb = null, deviceModule = null, skipsSilence = true, blockFrames = CELL_FRAMES } = options
  const kernels = options.kernels ?? loadKernels()
  let renderer: BlockRenderer | undefined
  let workers: TrackWorkers | undefined
  try {
    const makeDevice = await loadDeviceModule(deviceModule)
    const build = (feeds: TrackWorkers['feeds'] | undefined): BlockRenderer =>
      new BlockRenderer({
        plan,
        cacheDir,
        fromFrame,
        blockFrames,
        loudnessGainDb,
        kernels,
        makeDevice,
        skipsSilence,
        onDeviceFailed: (track, device, error) => {
          throw new ProblemError(deviceFailure(track, device, error))
        },
        onWarning,
        ...(feeds ? { feeds } : {}),
        ...(onStem
          ? {
              onStem: (track, block, frames, frame) =>
                clipTo(toFrame, frames, frame, (count) => onStem(track, block, count, frame, kernels)),
            }
          : {}),
      })
    if (threads > 1) {
      workers = new TrackWorkers({ plan, cacheDir, fromFrame, threads, kernels, makeDevice, deviceModule, skipsSilence, onWarning })
    }
    renderer = build(workers?.feeds)
    let sliceEnd = performance.now() + SLICE_MS
    let cell = -1
    while (renderer.position < toFrame) {
      const nextCell = Math.floor((renderer.mixPosition - fromFrame) / CELL_FRAMES)
      if (workers && nextCell !== cell) {
        workers.release(nextCell)
        await workers.ready(nextCell)
      }
      cell = nextCell
      const block = renderer.render()
      if (block) {
        const pending = onBlock({ ...block, frames: Math.min(block.frames, toFrame - block.frame) }, kernels)
        if (pending) await pending
      }
      if (performance.now() >= sliceEnd) {
        onProgress?.((renderer.position - fromFrame) / (toFrame - fromFrame))
        await setImmediate()
        sliceEnd = performance.now() + SLICE_MS
      }
      if (signal?.aborted) return fail('export.cancelled', 'The export was cancelled; nothing was written.')
    }
    onProgress?.(1)
    return ok({ frames: toFrame - fromFrame })
  } catch (error) {
    if (error instanceof ProblemError) return err(error.problem)
    throw error
  } finally {
    await workers?.dispose()
    renderer?.dispose()
  }
}

const clipTo = (toFrame: number, frames: number, frame: number, run: (count: number) => void): void => {
  const count = Math.min(frames, toFrame - frame)
  if (count > 0) run(count)
}
