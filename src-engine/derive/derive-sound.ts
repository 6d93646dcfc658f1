// One step of a derived sound, from one cache entry to another: made anew, or warped. Runs in a worker thread; memory does not grow with length.
import type { Make, PlanWarp } from '../../src-shared/remix/index.ts'
import { ProblemError } from '../../src-shared/std/index.ts'
import { CACHE_SAMPLE_RATE, DUST, openDecoded, type PcmSource, PcmWriter } from '../files/index.ts'
import { type Kernels, loadKernels } from '../kernels/index.ts'
import type { SoundBlocks } from '../sound-blocks.ts'
import { type StretchSource, stretchSound } from '../stretch/index.ts'
import { deriveError } from './problems.ts'

/** A folder of the cache and a name in it. */
export interface SoundPlace {
  readonly dir: string
  readonly key: string
}

export type DeriveStep =
  | { readonly kind: 'make'; readonly make: Make; readonly lengthFrames: number; readonly modelPath: string | null }
  | { readonly kind: 'warp'; readonly warp: PlanWarp }

/** All of it is plain data: it travels to a thread. */
export interface DeriveJob {
  /** Cache entry it is made from. */
  readonly from: SoundPlace
  readonly to: SoundPlace
  readonly step: DeriveStep
}

export interface DeriveHooks {
  readonly signal: AbortSignal
  readonly isCancelled: () => boolean
  /** 0..1, about every five seconds of audio. */
  readonly onProgress: (fraction: number) => void
}

const PROGRESS_FRAMES = 240_000

let kernels: Kernels | undefined

/** Derives one sound and publishes it. Throws `ProblemError`; whatever was begun is removed again. */
export const deriveSound = async (job: DeriveJob, hooks: DeriveHooks): Promise<void> => {
  kernels ??= loadKernels()
  const opened = openDecoded(job.from.dir, job.from.key)
  if (!opened.ok) throw new ProblemError(opened.error)
  const source = opened.value
  const { step } = job
  const writer = new PcmWriter({
    kernels,
    cacheDir: job.to.dir,
    contentSha256: job.to.key,
    format: 'f32',
    channels: step.kind === 'warp' ? source.channels : 2,
    isLossless: false,
    sourceRate: CACHE_SAMPLE_RATE,
    silence: DUST,
  })
  const total = step.kind === 'warp' ? (step.warp.anchors.at(-1)?.[1] ?? 0) : step.lengthFrames
  let reported = 0
  const write = (channels: readonly Float32Array[], frames: number): void => {
    if (hooks.isCancelled()) throw deriveError('derive.cancelled')
    writer.write(channels, frames)
    if (writer.lengthFrames - reported < PROGRESS_FRAMES) return
    reported = writer.lengthFrames
    hooks.onProgress(reported / total)
  }
  try {
    if (step.kind === 'warp') stretchSound({ source: soundOnly(source), warp: step.warp, kernels, emit: write })
    else for await (const { left, right, frames } of await made(step, source, hooks)) write([left, right], frames)
    if (hooks.isCancelled()) throw deriveError('derive.cancelled')
    writer.publish()
  } catch (thrown) {
    writer.abort()
    throw thrown
  } finally {
    writer.dispose()
    source.close()
  }
}

/** Loaded only where something is made: a thread that stretches starts faster without instruments and models. */
const made = async (step: DeriveStep & { readonly kind: 'make' }, source: PcmSource, { signal }: DeriveHooks): Promise<SoundBlocks> => {
  const { make, lengthFrames, modelPath } = step
  if (make.kind !== 'model') {
    const { renderHits, renderNotes } = await import('../instruments/index.ts')
    if (make.kind === 'notes') return renderNotes(make.notes, make.instrument, lengthFrames, { signal })
    return renderHits(make.hits, make.kit, lengthFrames, { signal })
  }
  if (modelPath === null) throw deriveError('derive.model_missing', { modelSha256: make.modelSha256, name: make.name })
  const { runModel } = await import('../ai/index.ts')
  const { modelSha256, strengthPermille } = make
  return runModel({
    path: modelPath,
    modelSha256,
    strengthPermille,
    lengthFrames,
    signal,
    read: (from, frames, left, right) => source.read(from, frames, left, right),
  })
}

/** Louder than any sound; a float file may hold such numbers, or none at all. */
const ABSURD = 2 ** 20

/** Broken numbers would stay in the stretcher for good: they are silence, as in the mix. */
const soundOnly = (source: PcmSource): StretchSource => ({
  lengthFrames: source.lengthFrames,
  channels: source.channels,
  silentRanges: () => source.silentRanges(),
  read(from, frames, left, right) {
    source.read(from, frames, left, right)
    clean(left, frames)
    if (right !== left) clean(right, frames)
  },
})

const clean = (samples: Float32Array, frames: number): void => {
  for (let i = 0; i < frames; i++) if (!(Math.abs(samples[i] as number) < ABSURD)) samples[i] = 0
}
