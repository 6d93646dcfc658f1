// An export: decode what is missing, find the gain for a loudness target, render once for all formats, and leave nothing behind when it fails.
import { rm } from 'node:fs/promises'
import type {
  EngineProgress,
  ExportJob,
  ExportReply,
  FrameRange,
  LoudnessReport,
  RenderReport,
  WrittenFile,
} from '../../src-shared/protocol/index.ts'
import { REMIX_SAMPLE_RATE } from '../../src-shared/remix/index.ts'
import { err, fail, ok, type Problem, type Result } from '../../src-shared/std/index.ts'
import { createLoudnessMeter } from '../analysis/index.ts'
import { derivedSourcesOf, ensureDerived } from '../derive/index.ts'
import { ensureDecoded } from '../files/index.ts'
import { loadKernels } from '../kernels/index.ts'
import type { OfflineTools } from '../plugins/rack/index.ts'
import type { StereoBlock } from './channel.ts'
import { abortWriters, isSideEncoder, openWriters, type Output, type Writer } from './export-writers.ts'
import { frozenLost, type IsInstalled, readFrozenTracks } from './frozen.ts'
import { type MasterReport, reportLoudness } from './master-measure.ts'
import { renderPlan } from './render-plan.ts'
import { listenToMaster } from './side-measure.ts'

export interface ExportContext {
  readonly cacheDir: string
  /** Where models that sounds are made with lie; null where there is no such folder. */
  readonly modelsDir?: string | null
  readonly signal: AbortSignal
  readonly onProgress: (progress: EngineProgress) => void
  /** Module that makes devices in place of the built-in ones. */
  readonly deviceModule?: string | null
  /** Where plugins come from; without it plans must hold none that is heard. */
  readonly plugins?: OfflineTools
  /** Which plugins are there; without it no frozen sound from elsewhere is used. */
  readonly isInstalled?: IsInstalled
}

/** How far from the target counts as reached. */
const LOUDNESS_TOLERANCE_LU = 0.2
/** Encoders that run beside the render at once; more files take further passes over the same sound. */
const MAX_SIDE_ENCODERS = 8

/** Runs an export job. Files are complete and at their paths when it succeeds; none of them is there when it fails. */
export const exportPlan = async (ordered: ExportJob, context: ExportContext): Promise<Result<ExportReply>> => {
  const { plan, lost, elsewhere } = readFrozenTracks(ordered.plan, context.cacheDir, context.isInstalled)
  const job: ExportJob = { ...ordered, plan }
  let range = job.range ?? { fromFrame: 0, toFrame: plan.lengthFrames + plan.tailFrames }
  if (range.toFrame <= range.fromFrame)
    return fail('export.empty', 'There is nothing to export: the remix holds no clips. Add some and try again.')
  const decoded = await decodeMissing(job, context)
  if (!decoded.ok) return decoded
  const derived = await deriveMissing(job, context)
  if (!derived.ok) return derived

  // A whole remix lasts until its plugins have rung out; how long that is, the first render tells.
  let ringsOut = job.range === null
  const gain = await findLoudnessGain(job, range, ringsOut, context)
  if (!gain.ok) return gain
  if (gain.value) {
    range = { ...range, toFrame: range.fromFrame + gain.value.frames }
    ringsOut = false
  }
  const gainDb = gain.value?.gainDb ?? null
  const files: WrittenFile[] = []
  let report: PassReport | undefined
  const passes = spreadPasses(job.outputs)
  for (const [index, outputs] of passes.entries()) {
    const onProgress = (fraction: number): void =>
      context.onProgress({ step: 'render', fraction: (index + fraction) / passes.length, stem: null })
    const pass = await renderPass(job, range, ringsOut, outputs, gainDb, report, context, onProgress)
    if (pass.ok) files.push(...pass.value.files)
    if (!pass.ok || context.signal.aborted) {
      await removeFiles(files)
      return pass.ok ? cancelled() : pass
    }
    report ??= pass.value
    range = { ...range, toFrame: range.fromFrame + pass.value.durationFrames }
    ringsOut = false
  }
  const { pcmSha256, durationFrames, loudness, warnings } = report!
  return ok({
    pcmSha256,
    durationFrames,
    loudness,
    gainDb: gainDb ?? 0,
    shortfall: describeShortfall(job.loudnessTargetLufs, loudness),
    warnings: [...lost.map((one) => frozenLost(one, 'export.frozen_lost')), ...warnings],
    frozenElsewhere: elsewhere.filter((track) => track.isAudible).map((track) => track.id),
    // As they were asked for, whatever pass wrote them.
    files: job.outputs.flatMap(({ path }) => files.filter((file) => file.path === path)),
  })
}

/** Only what this job wrote: a path that was taken before belongs to somebody else. */
const removeFiles = async (files: readonly WrittenFile[]): Promise<void> => {
  await Promise.all(files.map(({ path }) => rm(path, { force: true })))
}

const cancelled = () => fail('export.cancelled', 'The export was cancelled; nothing was written.')

/** Decodes what the plan hears and the cache lacks. */
const decodeMissing = async ({ plan, stems }: ExportJob, { cacheDir, signal, onProgress }: ExportContext): Promise<Result<null>> => {
  const used = new Set(plan.tracks.flatMap((track) => track.clips.map((clip) => plan.sources[clip.source]!.contentSha256)))
  const wanted = stems.filter((stem) => used.has(stem.contentSha256))
  const fractions = new Map(wanted.map((stem) => [stem.contentSha256, 0]))
  const results = await Promise.all(
    wanted.map((stem) =>
      ensureDecoded({
        path: stem.path,
        contentSha256: stem.contentSha256,
        cacheDir,
        signal,
        onProgress: (fraction) => {
          fractions.set(stem.contentSha256, fraction)
          const sum = [...fractions.values()].reduce((total, one) => total + one, 0)
          onProgress({ step: 'decode', fraction: sum / wanted.length, stem: stem.name })
        },
      }),
    ),
  )
  if (signal.aborted) return cancelled()
  const failed = results.find((result) => !result.ok)
  return failed && !failed.ok ? err(failed.error) : ok(null)
}

/** Derives made and warped sounds that the plan hears and the cache lacks. */
const deriveMissing = async (
  { plan }: ExportJob,
  { cacheDir, modelsDir = null, signal, onProgress }: ExportContext,
): Promise<Result<null>> => {
  const derived = await ensureDerived(derivedSourcesOf(plan), {
    cacheDir,
    modelsDir,
    signal,
    onProgress: (fraction, stem) => onProgress({ step: 'derive', fraction, stem }),
  })
  return signal.aborted ? cancelled() : derived
}

/** First pass of an export with a loudness target: the gain that reaches it, in dB, and how long the remix is; null without a target. */
const findLoudnessGain = async (
  job: ExportJob,
  range: FrameRange,
  ringsOut: boolean,
  context: ExportContext,
): Promise<Result<{ readonly gainDb: number; readonly frames: number } | null>> => {
  const { loudnessTargetLufs } = job
  if (loudnessTargetLufs === null) return ok(null)
  const kernels = loadKernels()
  const meter = createLoudnessMeter(kernels, REMIX_SAMPLE_RATE)
  const rendered = await renderPlan({
    plan: job.plan,
    cacheDir: context.cacheDir,
    ...range,
    threads: job.threads,
    kernels,
    signal: context.signal,
    deviceModule: context.deviceModule ?? null,
    ...(context.plugins ? { plugins: context.plugins } : {}),
    ringsOut,
    onBlock: (block) => meter.push(block.left, block.right, block.frames),
    onProgress: (fraction) => context.onProgress({ step: 'measure', fraction, stem: null }),
  })
  if (!rendered.ok) return rendered
  const { integratedLufs } = reportLoudness(meter)
  // Rounded, so that the last digit of a logarithm can never decide the bits of an export.
  const gainDb = integratedLufs === null ? 0 : Math.round((loudnessTargetLufs - integratedLufs) * 1_000) / 1_000
  return ok({ gainDb, frames: rendered.value.frames })
}

const describeShortfall = (target: number | null, { integratedLufs, truePeakDb }: LoudnessReport): string | null => {
  if (target === null) return null
  if (integratedLufs === null) return `The target of ${target} LUFS could not be aimed at: the export is too short or too quiet to measure.`
  const miss = integratedLufs - target
  if (Math.abs(miss) <= LOUDNESS_TOLERANCE_LU) return null
  const figures = `The export is at ${integratedLufs.toFixed(1)} LUFS, ${Math.abs(miss).toFixed(1)} LU ${miss < 0 ? 'below' : 'above'} the target of ${target}`
  return miss < 0
    ? `${figures}: the limiter held the peaks at ${truePeakDb.toFixed(1)} dBTP. Choose a lower target, or tame the peaks with a compressor.`
    : `${figures}: the dynamics on the master answered to the gain. Lower the target by the difference.`
}

/** Outputs of each pass: the limit is on encoders with a thread or process of their own. */
const spreadPasses = (outputs: readonly Output[]): readonly (readonly Output[])[] => {
  const passes: Output[][] = [[]]
  let side = 0
  for (const output of outputs) {
    const isSide = isSideEncoder(output.format)
    if (isSide && side === MAX_SIDE_ENCODERS) {
      passes.push([])
      side = 0
    }
    if (isSide) side++
    passes[passes.length - 1]!.push(output)
  }
  return passes
}

const drainAll = async (writers: readonly Writer[]): Promise<void> => {
  for (const writer of writers) await writer.drain()
}

interface PassReport extends RenderReport, MasterReport {
  readonly files: readonly WrittenFile[]
}

const renderPass = async (
  job: ExportJob,
  range: FrameRange,
  ringsOut: boolean,
  outputs: readonly Output[],
  loudnessGainDb: number | null,
  /** What an earlier pass found out about the same master. */
  known: MasterReport | undefined,
  context: ExportContext,
  onProgress: (fraction: number) => void,
): Promise<Result<PassReport>> => {
  const kernels = loadKernels()
  const warnings: Problem[] = []
  const listener = known ? undefined : listenToMaster(kernels, range.toFrame - range.fromFrame)
  const opened = openWriters(job.plan, range, outputs, kernels, listener?.writeWav)
  if (!opened.ok) {
    listener?.abort()
    return opened
  }
  const writers = opened.value
  const mixes = writers.filter((writer) => writer.trackIndex === null)
  const stems = writers.filter((writer) => writer.trackIndex !== null)
  const rendered = await renderPlan({
    plan: job.plan,
    cacheDir: context.cacheDir,
    ...range,
    threads: job.threads,
    kernels,
    loudnessGainDb,
    signal: context.signal,
    deviceModule: context.deviceModule ?? null,
    ...(context.plugins ? { plugins: context.plugins } : {}),
    ringsOut,
    onProgress,
    onWarning: (problem) => warnings.push(problem),
    onBlock: (block) => {
      const measuring = listener?.push(block, block.frames)
      for (const writer of mixes) writer.push(block, block.frames, block.frame)
      const isBehind = writers.some((writer) => writer.isBehind)
      return measuring || isBehind ? Promise.all([measuring, isBehind ? drainAll(writers) : undefined]).then(() => {}) : undefined
    },
    ...(stems.length > 0
      ? {
          onStem: (track: number, block: StereoBlock, frames: number, frame: number) => {
            for (const writer of stems) if (writer.trackIndex === track) writer.push(block, frames, frame)
          },
        }
      : {}),
  })
  if (!rendered.ok) {
    listener?.abort()
    await abortWriters(writers)
    return rendered
  }
  const measured = known ? ok(known) : await listener!.finish()
  if (!measured.ok) {
    await abortWriters(writers)
    return measured
  }
  const master = measured.value
  const files: WrittenFile[] = []
  for (const [index, writer] of writers.entries()) {
    const finished = await writer.finish(range.fromFrame + rendered.value.frames, master)
    if (!finished.ok) {
      await abortWriters(writers.slice(index))
      await removeFiles(files)
      return finished
    }
    files.push(finished.value)
  }
  return ok({ ...master, durationFrames: rendered.value.frames, gainDb: 0, shortfall: null, warnings, files })
}
