// The tone and the loudness of a whole mix: rendered by the engine as previews, window by window, and measured as any sound is.
import type { EngineClient, SpectralProfile, StemFile } from '../../../src-shared/protocol/index.ts'
import { MAX_PREVIEW_FRAMES } from '../../../src-shared/protocol/index.ts'
import { compilePlan, type RemixSnapshot } from '../../../src-shared/remix/index.ts'
import { fail, ok, type Result } from '../../../src-shared/std/index.ts'

export interface MixTools {
  readonly engine: () => Promise<Result<EngineClient>>
  /** Where a stem of the remix lies; undefined where it is not on this computer. */
  readonly stemFile: (stemId: string) => StemFile | undefined
}

export interface MixMeasure {
  readonly profile: SpectralProfile
  readonly integratedLufs: number | null
  readonly truePeakDb: number | null
}

export interface MixHooks {
  readonly signal?: AbortSignal
  readonly onProgress?: (fraction: number, label: string) => void
}

/** Windows of the mix that are listened to; a longer one is heard at this many places, evenly spread. */
const MOST_WINDOWS = 5

/** A snapshot never changes, so what was measured of it holds. */
const known = new WeakMap<RemixSnapshot, MixMeasure>()

/** Stretches of at most two minutes that cover a length, or are spread over it where it is very long. */
const windowsOf = (lengthFrames: number): readonly { readonly fromFrame: number; readonly toFrame: number }[] => {
  const count = Math.ceil(lengthFrames / MAX_PREVIEW_FRAMES)
  const windows = Math.min(count, MOST_WINDOWS)
  const size = Math.min(MAX_PREVIEW_FRAMES, Math.ceil(lengthFrames / windows))
  return Array.from({ length: windows }, (_, i) => {
    const fromFrame = windows === 1 ? 0 : Math.floor((i * (lengthFrames - size)) / (windows - 1))
    return { fromFrame, toFrame: Math.min(lengthFrames, fromFrame + size) }
  })
}

/** Mean of powers in each band; all windows have the same bands and the same length. */
const meanProfile = (profiles: readonly SpectralProfile[]): SpectralProfile => {
  const [first] = profiles
  if (!first || profiles.length === 1) return first ?? { bandsHz: [], levelsDb: [] }
  const levelsDb = first.levelsDb.map((_, band) => {
    const power = profiles.reduce((sum, { levelsDb: levels }) => sum + 10 ** ((levels[band] ?? -200) / 10), 0) / profiles.length
    return Math.max(-200, Math.round(100 * Math.log10(power)) / 10)
  })
  return { bandsHz: first.bandsHz, levelsDb }
}

/** Measures a remix as it sounds now, effects and all. Codes: `style.needs_mix`, `remix.*`, those of rendering. */
export const measureMix = async (
  tools: MixTools,
  snapshot: RemixSnapshot,
  { signal, onProgress }: MixHooks = {},
): Promise<Result<MixMeasure>> => {
  const kept = known.get(snapshot)
  if (kept) return ok(kept)
  const compiled = compilePlan(snapshot)
  if (!compiled.ok) return compiled
  const plan = compiled.value
  if (plan.lengthFrames <= 0) return fail('style.needs_mix', 'There is nothing to hear in this remix yet, so there is nothing to match.')
  const stems: StemFile[] = []
  for (const stemId of new Set(plan.sources.map((source) => source.stemId))) {
    const file = tools.stemFile(stemId)
    const title = plan.sources.find((source) => source.stemId === stemId)?.title ?? stemId
    if (!file) return fail('style.needs_mix', `The mix cannot be measured: ${title} is not on this computer. Pull its work first.`)
    stems.push({ path: file.path, contentSha256: file.contentSha256, name: file.name })
  }
  const client = await tools.engine()
  if (!client.ok) return client
  const options = signal ? { signal } : {}
  const windows = windowsOf(plan.lengthFrames)
  const profiles: SpectralProfile[] = []
  let measure: Pick<MixMeasure, 'integratedLufs' | 'truePeakDb'> | undefined
  for (const [i, range] of windows.entries()) {
    onProgress?.(i / windows.length, 'Measuring the mix')
    const preview = await client.value.request('preview.render', { plan, stems, range, keeps: true }, options)
    if (!preview.ok) return preview
    // A kept preview lies among the decoded stems, so it is analysed like one.
    const heard = await client.value.request('analysis.stem', { contentSha256: preview.value.key }, options)
    if (!heard.ok) return heard
    profiles.push(heard.value.profile)
    measure = { integratedLufs: preview.value.loudness.integratedLufs, truePeakDb: preview.value.loudness.truePeakDb }
  }
  if (windows.length > 1) {
    // Loudness is gated over the whole, so windows cannot be averaged.
    const whole = await client.value.request(
      'plan.measure',
      { plan, range: { fromFrame: 0, toFrame: plan.lengthFrames }, threads: 2 },
      options,
    )
    if (!whole.ok) return whole
    measure = { integratedLufs: whole.value.loudness.integratedLufs, truePeakDb: whole.value.loudness.truePeakDb }
  }
  onProgress?.(1, 'Measuring the mix')
  const mix: MixMeasure = { profile: meanProfile(profiles), integratedLufs: null, truePeakDb: null, ...measure }
  known.set(snapshot, mix)
  return ok(mix)
}
