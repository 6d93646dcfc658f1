// What an analysis thread does: reads decoded stems, measures and listens, keeps what it found of each stem.
import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { deserialize, serialize } from 'node:v8'
import {
  ANALYSIS_VERSION,
  type AnalysisStem,
  type LoudnessReport,
  type StatedMusic,
  type StemAnalysis,
  stemAnalysisSchema,
  type WorkAnalysis,
} from '../../../src-shared/protocol/index.ts'
import { fail, ok, type Result } from '../../../src-shared/std/index.ts'
import { featuresPath, findingsPath, openDecoded } from '../../files/index.ts'
import { loadKernels } from '../../kernels/index.ts'
import { createLoudnessMeter, type LoudnessMeter } from '../loudness.ts'
import { extractFeatures } from '../stem-features.ts'
import { analyseStem, buildStemMusic, compactStemMusic, type StemMusic } from '../stem-music.ts'
import { analyseWork, type WorkStem } from '../work-music.ts'

export type AnalysisJob =
  | { readonly kind: 'stem'; readonly cacheDir: string; readonly contentSha256: string }
  | { readonly kind: 'work'; readonly cacheDir: string; readonly stems: readonly AnalysisStem[]; readonly stated: StatedMusic | null }

export interface JobHooks {
  readonly isCancelled: () => boolean
  readonly onProgress: (fraction: number) => void
}

const cancelled = () => fail('analysis.cancelled', 'The analysis was cancelled.')

const finite = (value: number): number | null => (Number.isFinite(value) ? Math.round(value * 100) / 100 : null)

const report = (meter: LoudnessMeter): LoudnessReport => ({
  integratedLufs: finite(meter.integratedLufs()),
  rangeLu: finite(meter.rangeLu()),
  momentaryMaxLufs: finite(meter.maxMomentaryLufs()),
  shortTermMaxLufs: finite(meter.maxShortTermLufs()),
  truePeakDb: Math.max(-200, finite(meter.truePeakDb()) ?? -200),
  samplePeakDb: Math.max(-200, finite(meter.samplePeakDb()) ?? -200),
})

interface Heard {
  readonly music: StemMusic
  readonly loudness: LoudnessReport
}

/** Writes beside and renames: a half-written file is never read. What cannot be kept is made anew next time. */
const keep = (path: string, bytes: Uint8Array | string): void => {
  const part = `${path}.part-${process.pid}-${Math.trunc(performance.now() * 1_000)}`
  try {
    writeFileSync(part, bytes)
    renameSync(part, path)
  } catch {
    rmSync(part, { force: true })
  }
}

const readKept = (path: string): Heard | undefined => {
  try {
    const value = deserialize(readFileSync(path)) as Partial<Heard> & { readonly version?: number }
    const isWhole =
      value.version === ANALYSIS_VERSION &&
      value.music?.features?.flux?.length === 4 &&
      value.music.features.peaks?.starts instanceof Uint32Array &&
      value.music.chroma?.all instanceof Float32Array &&
      value.loudness !== undefined
    return isWhole ? { music: value.music as StemMusic, loudness: value.loudness as LoudnessReport } : undefined
  } catch {
    return undefined
  }
}

const hear = (cacheDir: string, contentSha256: string, { isCancelled, onProgress }: JobHooks): Result<Heard> => {
  const path = featuresPath(cacheDir, contentSha256)
  const kept = readKept(path)
  if (kept) {
    onProgress(1)
    return ok(kept)
  }
  const kernels = loadKernels()
  const opened = openDecoded(cacheDir, contentSha256, kernels)
  if (!opened.ok) return opened
  const source = opened.value
  const meter = createLoudnessMeter(kernels, 48_000)
  let room = 0
  let left = 0
  let right = 0
  try {
    const features = extractFeatures(source, {
      isCancelled,
      onProgress,
      onBlock: (l, r, frames) => {
        if (room === 0) {
          room = l.length
          left = kernels.alloc(room * 4)
          right = kernels.alloc(room * 4)
        }
        if (frames <= 0) return
        kernels.f32(left, frames).set(l.subarray(0, frames))
        kernels.f32(right, frames).set(r.subarray(0, frames))
        meter.push(left, right, frames)
      },
    })
    if (!features) return cancelled()
    const heard: Heard = { music: compactStemMusic(buildStemMusic(features)), loudness: report(meter) }
    keep(path, serialize({ version: ANALYSIS_VERSION, ...heard }))
    return ok(heard)
  } finally {
    meter.dispose()
    source.close()
  }
}

const readStem = (path: string): StemAnalysis | undefined => {
  try {
    const parsed = stemAnalysisSchema.safeParse(JSON.parse(readFileSync(path, 'utf8')))
    return parsed.success ? parsed.data : undefined
  } catch {
    return undefined
  }
}

/** Runs a job in this thread. Codes: `analysis.cancelled`, `audio.cache_corrupt`. */
export const runAnalysis = (job: AnalysisJob, hooks: JobHooks): Result<StemAnalysis | WorkAnalysis> => {
  if (job.kind === 'stem') {
    const path = findingsPath(job.cacheDir, job.contentSha256)
    const known = readStem(path)
    if (known) return ok(known)
    const heard = hear(job.cacheDir, job.contentSha256, hooks)
    if (!heard.ok) return heard
    const analysis = analyseStem(job.contentSha256, heard.value.music, { loudness: heard.value.loudness })
    keep(path, JSON.stringify(analysis))
    return ok(analysis)
  }
  const stems: WorkStem[] = []
  for (const [i, stem] of job.stems.entries()) {
    if (hooks.isCancelled()) return cancelled()
    const heard = hear(job.cacheDir, stem.contentSha256, {
      ...hooks,
      onProgress: (fraction) => hooks.onProgress((i + fraction) / (job.stems.length + 1)),
    })
    if (!heard.ok) return heard
    stems.push({ stem, music: heard.value.music, loudness: heard.value.loudness })
  }
  if (hooks.isCancelled()) return cancelled()
  const analysis = analyseWork(stems, job.stated)
  hooks.onProgress(1)
  return ok(analysis)
}
