// What a style does to the sound, in numbers: the remix is made, rendered by the engine as a preview, and measured.
import { findStyle, type RecipeOrder, type StyleRun } from '../../src-engine/styles/index.ts'
import { proposeStyle, type Studio } from '../../src-main/studio/index.ts'
import type { PreviewReport } from '../../src-shared/protocol/index.ts'
import { compilePlan, recordsOf, type RemixSnapshot, remixOf } from '../../src-shared/remix/index.ts'
import { ok, type Result, unwrap } from '../../src-shared/std/index.ts'

export interface StyleSound {
  readonly lufs: number | null
  readonly truePeakDb: number | null
  /** Middle of the spectrum weighed by amplitude, over 16 bands from 60 Hz to 16 kHz. */
  readonly centroidHz: number
  /** Level of the bands under 150 Hz against all of them. */
  readonly lowDb: number
  /** Level of the bands over 5 kHz against all of them. */
  readonly highDb: number
  readonly onsetsPerSecond: number
  readonly seconds: number
  readonly bpm: number
  /** Seconds the last sound rings on at most, by the devices there are. */
  readonly tailSeconds: number
  readonly clips: number
}

const EDGES = Array.from({ length: 17 }, (_, i) => 60 * (16_000 / 60) ** (i / 16))

const soundOf = (report: PreviewReport, snapshot: RemixSnapshot): StyleSound => {
  const power = Array.from({ length: 16 }, (_, band) => {
    let sum = 0
    for (let segment = 0; segment < 8; segment++) sum += 10 ** ((report.signature[segment * 16 + band] ?? -100) / 10)
    return sum
  })
  const amplitude = power.map(Math.sqrt)
  const total = power.reduce((sum, one) => sum + one, 0)
  const middle = (band: number): number => Math.sqrt((EDGES[band] ?? 0) * (EDGES[band + 1] ?? 0))
  const share = (isIn: (hz: number) => boolean): number =>
    10 * Math.log10(Math.max(1e-9, power.reduce((sum, one, band) => sum + (isIn(middle(band)) ? one : 0), 0) / total))
  const plan = unwrap(compilePlan(snapshot))
  return {
    lufs: report.loudness.integratedLufs,
    truePeakDb: report.loudness.truePeakDb,
    centroidHz: Math.round(
      amplitude.reduce((sum, one, band) => sum + one * middle(band), 0) / amplitude.reduce((sum, one) => sum + one, 0),
    ),
    lowDb: Math.round(share((hz) => hz < 150) * 10) / 10,
    highDb: Math.round(share((hz) => hz > 5_000) * 10) / 10,
    onsetsPerSecond: Math.round(report.onsetsPerSecond * 100) / 100,
    seconds: Math.round(plan.lengthFrames / 4_800) / 10,
    bpm: Math.round((remixOf(snapshot).tempo[0]?.milliBpm ?? 0) / 100) / 10,
    tailSeconds: Math.round(plan.tailFrames / 4_800) / 10,
    clips: recordsOf(snapshot, 'clip').length,
  }
}

/** Renders a remix (its first two minutes at most) and measures it. */
export const listenTo = async (studio: Studio, snapshot: RemixSnapshot): Promise<Result<StyleSound>> => {
  const plan = compilePlan(snapshot)
  if (!plan.ok) return plan
  const engine = await studio.engine.client()
  if (!engine.ok) return engine
  const locate = studio.stemLocator(snapshot)
  const stems = [...new Set(plan.value.sources.map((source) => source.stemId))].flatMap((id) => {
    const file = locate(id)
    return file ? [{ path: file.path, contentSha256: file.contentSha256, name: file.name }] : []
  })
  const toFrame = Math.min(plan.value.lengthFrames, 120 * 48_000)
  const report = await engine.value.request('preview.render', { plan: plan.value, stems, range: { fromFrame: 0, toFrame }, keeps: false })
  return report.ok ? ok(soundOf(report.value, snapshot)) : report
}

/** Makes a style's remix and measures it. */
export const measureStyle = async (
  studio: Studio,
  snapshot: RemixSnapshot,
  order: RecipeOrder,
): Promise<Result<{ readonly run: StyleRun; readonly sound: StyleSound }>> => {
  const style = findStyle(order.style)
  if (!style.ok) return style
  const run = await proposeStyle(studio.factTools(snapshot), snapshot, order)
  if (!run.ok) return run
  const sound = await listenTo(studio, run.value.snapshot)
  return sound.ok ? ok({ run: run.value, sound: sound.value }) : sound
}
