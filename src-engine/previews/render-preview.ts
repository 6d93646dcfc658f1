// Renders one preview in the calling thread: the same renderer as playback and export, measured on the way, kept in the cache where asked.
import type { FrameRange, PreviewReport } from '../../src-shared/protocol/index.ts'
import type { RenderPlan } from '../../src-shared/remix/index.ts'
import { err, ok, ProblemError, type Result } from '../../src-shared/std/index.ts'
import { createLoudnessMeter } from '../analysis/index.ts'
import { PcmWriter } from '../files/index.ts'
import type { Kernels } from '../kernels/index.ts'
import type { Voices, VoicesTicket } from '../plugins/rack/index.ts'
import { BlockRenderer, deviceFailure, reportLoudness } from '../render/index.ts'
import { PreviewListener } from './listen.ts'

export interface PreviewJob {
  readonly plan: RenderPlan
  readonly range: FrameRange
  readonly key: string
  readonly keeps: boolean
  readonly cacheDir: string
  /** Its plugins, already open. */
  readonly plugins?: VoicesTicket
}

/** Renders, measures and with `keeps` stores a preview. `isStopped` is asked now and then; stopped, it ends with `preview.cancelled`. */
export const renderPreview = (
  job: PreviewJob,
  kernels: Kernels,
  voices: Voices | undefined,
  isStopped: () => boolean,
): Result<PreviewReport> => {
  const { plan, range, key, keeps, cacheDir } = job
  const length = range.toFrame - range.fromFrame
  const listener = new PreviewListener(length)
  const meter = createLoudnessMeter(kernels, 48_000)
  let writer: PcmWriter | undefined
  let renderer: BlockRenderer | undefined
  try {
    renderer = new BlockRenderer({
      plan,
      cacheDir,
      fromFrame: range.fromFrame,
      kernels,
      ...(voices ? { openVoice: voices.open } : {}),
      onDeviceFailed: (track, device, error) => {
        throw new ProblemError(deviceFailure(track, device, error))
      },
      onWarning: () => {},
    })
    if (keeps) {
      writer = new PcmWriter({
        kernels,
        cacheDir,
        contentSha256: key,
        format: 'f32',
        channels: 2,
        isLossless: true,
        sourceRate: 48_000,
        silence: 0,
      })
    }
    while (renderer.position < range.toFrame) {
      const block = renderer.render()
      if (isStopped()) return err({ code: 'preview.cancelled', message: 'The preview was cancelled.' })
      if (!block) continue
      const frames = Math.min(block.frames, range.toFrame - block.frame)
      meter.push(block.left, block.right, frames)
      const left = kernels.f32(block.left, frames)
      const right = kernels.f32(block.right, frames)
      listener.push(left, right, frames)
      writer?.write([left, right], frames)
    }
    writer?.publish()
    return ok({ key, isKept: keeps, loudness: reportLoudness(meter), ...listener.finish() })
  } catch (error) {
    if (error instanceof ProblemError) return err(error.problem)
    throw error
  } finally {
    renderer?.dispose()
    voices?.close()
    writer?.abort()
    writer?.dispose()
    meter.dispose()
  }
}
