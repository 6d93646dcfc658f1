// Renders a stretch of a plan as fast as it can, in this thread or with helpers; the bits are the same for any number of threads.
import { setImmediate } from 'node:timers/promises'
import { REMIX_SAMPLE_RATE, type RenderPlan } from '../../src-shared/remix/index.ts'
import { assert, err, fail, ok, type Problem, ProblemError, type Result } from '../../src-shared/std/index.ts'
import { type Kernels, loadKernels } from '../kernels/index.ts'
import { heardPlugins, type OfflinePlugins, type OfflineTools, type Voices } from '../plugins/rack/index.ts'
import { BlockRenderer, type RenderedBlock } from './block-renderer.ts'
import type { StereoBlock } from './channel.ts'
import { CELL_FRAMES } from './context.ts'
import { deviceFailure } from './device-failure.ts'
import { loadDeviceModule } from './device-module.ts'
import { playsFrozen } from './frozen.ts'
import { RingOut } from './ring-out.ts'
import { spreadTracks, TrackWorkers } from './track-workers.ts'

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
  /** Where plugins come from; without it a plan must hold none that is heard. */
  readonly plugins?: OfflineTools
  /** Goes on after `toFrame` while plugins ring, at most as long as they say, or ten seconds where one does not. */
  readonly ringsOut?: boolean
}

/** How long a render may keep the event loop: playback in the same process has to be served in between. */
const SLICE_MS = 8

/** Longest ringing of plugins that do not say how long they ring, and of any that does. */
const UNTOLD_TAIL_FRAMES = 10 * REMIX_SAMPLE_RATE
const MAX_TAIL_FRAMES = 30 * REMIX_SAMPLE_RATE

/** Renders [fromFrame, toFrame), and what rings on where that is asked; `frames` says how much it was. A device that breaks fails the render by name (`export.device_failed`); a cancelled one is `export.cancelled`. */
export const renderPlan = async (options: RenderPlanOptions): Promise<Result<{ readonly frames: number }>> => {
  const { cacheDir, fromFrame, toFrame, threads, signal, onBlock, onStem, onProgress, onWarning = () => {} } = options
  assert(toFrame > fromFrame, 'a render holds at least one frame')
  const { loudnessGainDb = null, deviceModule = null, skipsSilence = true, blockFrames = CELL_FRAMES } = options
  const plan = playsFrozen(options.plan, cacheDir)
  const kernels = options.kernels ?? loadKernels()
  let plugins: OfflinePlugins | undefined
  let voices: Voices | undefined
  let renderer: BlockRenderer | undefined
  let workers: TrackWorkers | undefined
  let ringing: RingOut | undefined
  try {
    const makeDevice = await loadDeviceModule(deviceModule)
    const groups = threads > 1 ? spreadTracks(plan, threads) : []
    if (options.plugins && heardPlugins(plan).length > 0) {
      const prepared = await options.plugins.prepare(plan, [...groups.map((group) => group.map((track) => track.id)), []], signal)
      if (!prepared.ok) return prepared
      plugins = prepared.value
      voices = plugins.voices(groups.length, onWarning)
    }
    if (options.ringsOut && plugins) {
      ringing = new RingOut(kernels, toFrame, Math.min(plugins.tailFrames ?? UNTOLD_TAIL_FRAMES, MAX_TAIL_FRAMES))
    }
    const build = (feeds: TrackWorkers['feeds'] | undefined): BlockRenderer =>
      new BlockRenderer({
        plan,
        cacheDir,
        fromFrame,
        blockFrames,
        loudnessGainDb,
        kernels,
        makeDevice,
        ...(voices ? { openVoice: voices.open } : {}),
        skipsSilence,
        onDeviceFailed: (track, device, error) => {
          throw new ProblemError(deviceFailure(track, device, error))
        },
        onWarning,
        ...(feeds ? { feeds } : {}),
        ...(onStem
          ? {
              onStem: (track, block, frames, frame) => {
                const count = Math.min(frames, toFrame - frame)
                if (count > 0) onStem(track, block, count, frame, kernels)
                const after = partAfter(block, frames, frame, toFrame)
                const left = ringing?.within(after.frame, after.frames) ?? 0
                if (left > 0) ringing?.keep(after, left, (held) => onStem(track, held, left, after.frame, kernels))
              },
            }
          : {}),
      })
    if (groups.length > 0) {
      workers = new TrackWorkers({ plan, cacheDir, fromFrame, groups, plugins, kernels, makeDevice, deviceModule, skipsSilence, onWarning })
    }
    renderer = build(workers?.feeds)
    let sliceEnd = performance.now() + SLICE_MS
    let cell = -1
    while (renderer.position < toFrame || (ringing && !ringing.isOver)) {
      const nextCell = Math.floor((renderer.mixPosition - fromFrame) / CELL_FRAMES)
      if (workers && nextCell !== cell) {
        workers.release(nextCell)
        await workers.ready(nextCell)
      }
      cell = nextCell
      const block = renderer.render()
      if (block) {
        const count = Math.min(block.frames, toFrame - block.frame)
        const pending = count > 0 ? onBlock({ ...block, frames: count }, kernels) : undefined
        if (pending) await pending
        const after = partAfter(block, block.frames, block.frame, toFrame)
        const left = ringing?.within(after.frame, after.frames) ?? 0
        if (left > 0) await ringing?.push(after, left, (held) => onBlock({ ...held, frames: left, frame: after.frame }, kernels))
      }
      if (performance.now() >= sliceEnd) {
        onProgress?.(Math.min(1, (renderer.position - fromFrame) / (toFrame - fromFrame)))
        await setImmediate()
        sliceEnd = performance.now() + SLICE_MS
      }
      if (signal?.aborted) return fail('export.cancelled', 'The export was cancelled; nothing was written.')
    }
    onProgress?.(1)
    return ok({ frames: (ringing?.endFrame ?? toFrame) - fromFrame })
  } catch (error) {
    if (error instanceof ProblemError) return err(error.problem)
    throw error
  } finally {
    // First: a helper may be waiting for a plugin that hangs.
    plugins?.dispose()
    await workers?.dispose()
    renderer?.dispose()
    ringing?.dispose()
  }
}

/** The part of a piece that lies at or after a frame. */
const partAfter = (
  block: StereoBlock,
  frames: number,
  frame: number,
  fromFrame: number,
): StereoBlock & { readonly frames: number; readonly frame: number } => {
  const skip = Math.max(0, Math.min(frames, fromFrame - frame))
  return { left: block.left + skip * 4, right: block.right + skip * 4, frames: frames - skip, frame: frame + skip }
}
