// Freezing: one track's clips and devices, before its fader, rendered once into the sound cache. The same renderer as everything else; what the track's
// plugins listen to is rendered beside it.
import { createHash } from 'node:crypto'
import type { EngineProgress, StemFile } from '../../src-shared/protocol/index.ts'
import { canonicalPlan, type PlanTrack, type RenderPlan } from '../../src-shared/remix/index.ts'
import { canonicalBytes, err, fail, ok, ProblemError, type Result } from '../../src-shared/std/index.ts'
import { derivedSourcesOf, ensureDerived } from '../derive/index.ts'
import { DERIVE_VERSION } from '../derive-key.ts'
import {
  describeDecoded,
  ensureDecoded,
  frozenDir,
  hashSound,
  openDecoded,
  PcmWriter,
  readFrozenNote,
  trimCache,
  trimFrozenNotes,
  writeFrozenNote,
} from '../files/index.ts'
import { loadKernels } from '../kernels/index.ts'
import type { OfflineTools } from '../plugins/rack/index.ts'
import { CELL_FRAMES } from './context.ts'
import { heardShapeOf, shapeOf } from './frozen-shape.ts'
import { heardBy } from './mix-order.ts'
import { renderPlan } from './render-plan.ts'

/** Raised when the same track would freeze to another sound. */
const FREEZE_VERSION = 1
/** Room for frozen sounds: some hours. */
const MAX_KEPT_BYTES = 20 * 2 ** 30

export interface FreezeContext {
  readonly cacheDir: string
  readonly modelsDir: string | null
  readonly plugins: OfflineTools
  readonly signal: AbortSignal
  readonly onProgress: (progress: EngineProgress) => void
}

/** The plan that sounds like one track before its fader. Undefined where there is no such audio track. */
const trackAlone = (plan: RenderPlan, trackId: string): RenderPlan | undefined => {
  if (plan.tracks.find((track) => track.id === trackId)?.kind !== 'audio') return undefined
  const heard = heardBy(plan, trackId)
  const tracks = plan.tracks.flatMap((track): readonly PlanTrack[] => {
    if (track.kind === 'master') return [{ ...track, devices: [], gainDb: { value: 0 }, pan: { value: 0 } }]
    if (track.id === trackId) {
      const { frozen: _, ...thawed } = track
      return [{ ...thawed, isAudible: true, gainDb: { value: 0 }, pan: { value: 0 }, sends: [] }]
    }
    return heard.has(track.id) ? [{ ...track, sends: track.sends.filter((send) => heard.has(send.toTrackId)) }] : []
  })
  const used = [...new Set(tracks.flatMap((track) => track.clips.map((clip) => clip.source)))].sort((a, b) => a - b)
  return {
    ...plan,
    sources: used.map((source) => plan.sources[source]!),
    tracks: tracks.map((track) => ({ ...track, clips: track.clips.map((clip) => ({ ...clip, source: used.indexOf(clip.source) })) })),
  }
}

/** Renders a track into the cache unless it is there. Codes: `freeze.not_an_audio_track`, `freeze.empty`, and those of exports. */
export const freezeTrack = async (
  plan: RenderPlan,
  stems: readonly StemFile[],
  trackId: string,
  context: FreezeContext,
): Promise<Result<{ readonly key: string; readonly sha256: string }>> => {
  const alone = trackAlone(plan, trackId)
  if (!alone) return fail('freeze.not_an_audio_track', 'Only tracks with clips can be frozen. Choose one of those.', { trackId })
  const toFrame = plan.lengthFrames + plan.tailFrames
  const track = alone.tracks.findIndex((one) => one.id === trackId)
  if (toFrame === 0 || alone.tracks[track]!.clips.length === 0)
    return fail('freeze.empty', 'There is nothing to freeze on this track. Put a clip on it first.', { trackId })
  const key = createHash('sha256')
    .update(canonicalPlan(alone))
    .update(canonicalBytes({ freeze: FREEZE_VERSION, derive: DERIVE_VERSION }))
    .digest('hex')
  const dir = frozenDir(context.cacheDir)
  const shape = shapeOf(alone, alone.tracks[track]!)
  const known = readFrozenNote(context.cacheDir, key)
  if (known && known.shape === shape && describeDecoded(dir, key)) return ok({ key, sha256: known.sha256 })
  const prepared = await prepareSources(alone, stems, context)
  if (!prepared.ok) return prepared

  const kernels = loadKernels()
  const writer = new PcmWriter({
    kernels,
    cacheDir: dir,
    contentSha256: key,
    format: 'f32',
    channels: 2,
    isLossless: true,
    sourceRate: 48_000,
    silence: 0,
  })
  const silence = new Float32Array(CELL_FRAMES)
  const fillTo = (frame: number): void => {
    while (writer.lengthFrames < frame) {
      const frames = Math.min(CELL_FRAMES, frame - writer.lengthFrames)
      writer.write([silence, silence], frames)
    }
  }
  try {
    const rendered = await renderPlan({
      plan: alone,
      cacheDir: context.cacheDir,
      fromFrame: 0,
      toFrame,
      threads: 1,
      kernels,
      plugins: context.plugins,
      ringsOut: true,
      signal: context.signal,
      onBlock: () => {},
      onStem: (index, block, frames, frame) => {
        if (index !== track) return
        fillTo(frame)
        writer.write([kernels.f32(block.left, frames), kernels.f32(block.right, frames)], frames)
      },
      onProgress: (fraction) => context.onProgress({ step: 'render', fraction, stem: null }),
    })
    if (!rendered.ok) return rendered
    fillTo(rendered.value.frames)
    writer.publish()
  } catch (error) {
    if (error instanceof ProblemError) return err(error.problem)
    throw error
  } finally {
    writer.abort()
    writer.dispose()
  }
  const opened = openDecoded(dir, key)
  if (!opened.ok) return opened
  const sha256 = await hashSound(opened.value).finally(() => opened.value.close())
  writeFrozenNote(context.cacheDir, key, { shape, heard: heardShapeOf(plan, trackId), sha256 })
  trimCache({ cacheDir: dir, maxBytes: MAX_KEPT_BYTES, keep: new Set([key, ...frozenKeys(plan)]), withPeaks: true })
  trimFrozenNotes(context.cacheDir)
  return ok({ key, sha256 })
}

const frozenKeys = (plan: RenderPlan): readonly string[] => plan.tracks.flatMap(({ frozen }) => (frozen ? [frozen.key] : []))

const prepareSources = async (
  plan: RenderPlan,
  stems: readonly StemFile[],
  { cacheDir, modelsDir, signal, onProgress }: FreezeContext,
): Promise<Result<unknown>> => {
  const used = new Set(plan.sources.map((source) => source.contentSha256))
  const wanted = stems.filter((stem) => used.has(stem.contentSha256))
  const decoded = await Promise.all(
    wanted.map((stem) =>
      ensureDecoded({ ...stem, cacheDir, signal, onProgress: (fraction) => onProgress({ step: 'decode', fraction, stem: stem.name }) }),
    ),
  )
  const failed = decoded.find((result) => !result.ok)
  if (failed) return failed
  const onDerived = (fraction: number, stem: string): void => onProgress({ step: 'derive', fraction, stem })
  return ensureDerived(derivedSourcesOf(plan), { cacheDir, modelsDir, signal, onProgress: onDerived })
}
