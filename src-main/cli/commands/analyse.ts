// `stemma analyse`: what is heard in a work or in the works of a remix, beside what they state. Nothing is changed by it.
import { resolve } from 'node:path'
import type { WorkAnalysis, WorkSummary } from '../../../src-shared/protocol/index.ts'
import { recordsOf } from '../../../src-shared/remix/index.ts'
import type { Result } from '../../../src-shared/std/index.ts'
import type { Studio } from '../../studio/index.ts'
import type { CommandContext, Run } from '../command.ts'
import { done, formatDuration, refused, table } from '../output.ts'
import { withRemix } from './remix.ts'

interface Analysed {
  readonly work: WorkSummary
  readonly analysis: WorkAnalysis
}

const percent = (confidence: number): string => `${Math.round(confidence * 100)} % sure`
const bpm = (milliBpm: number): string => `${Math.round(milliBpm / 10) / 100} BPM`

const besideStated = (stated: string | null, heard: string, agrees: boolean | null): string =>
  stated === null ? heard : `${stated} stated; heard ${heard}${agrees === null ? '' : agrees ? ', which agrees' : ', which does not agree'}`

const linesOf = ({ work, analysis }: Analysed): string[] => {
  const { tempo, meter, key, beats, sections, notes, groove } = analysis
  const heardTempo = tempo.detected
    ? `${bpm(tempo.detected.milliBpm)} (${percent(tempo.detected.confidence)}${tempo.detected.isSteady ? '' : ', drifting'})`
    : 'nothing steady'
  const others = (tempo.detected?.candidates ?? [])
    .slice(1)
    .filter(({ confidence }) => confidence >= 0.05)
    .map(
      ({ milliBpm, relation, confidence }) =>
        `${bpm(milliBpm)}${relation === 'other' ? '' : ` (${relation})`} ${Math.round(confidence * 100)} %`,
    )
  const heardKey = key.detected?.key ? `${key.detected.key} (${percent(key.detected.confidence)})` : 'unsure'
  const { stated } = meter
  const heardMeter = meter.detected
    ? `${meter.detected.numerator}/${meter.detected.denominator} (${percent(meter.detected.confidence)})`
    : 'not asked'
  return [
    `${work.title}, ${formatDuration(analysis.lengthFrames / 48)}, ${analysis.stems.length} stems`,
    `Tempo     ${besideStated(tempo.stated === null ? null : bpm(tempo.stated), heardTempo, tempo.agrees)}`,
    ...(others.length > 0 ? [`          or ${others.join(', ')}`] : []),
    `Meter     ${stated ? `${stated.numerator}/${stated.denominator} stated` : heardMeter}`,
    `Key       ${besideStated(key.stated, heardKey, key.agrees)}`,
    ...(beats ? [`Beats     ${beats.frames.length}, ${percent(beats.confidence)}; bar line ${percent(beats.downbeatConfidence)}`] : []),
    ...(groove
      ? [
          `Groove    eighths ${groove.swingEighthPermille / 10} %, sixteenths ${groove.swingSixteenthPermille / 10} % (${percent(groove.confidence)})`,
        ]
      : []),
    `Sections  ${sections.origin}`,
    ...table(
      sections.list.map(({ name, label, startBar, lengthBars, energy, confidence }) => [
        `  ${name}`,
        label,
        `bar ${startBar}`,
        `${lengthBars} bars`,
        `energy ${Math.round(energy * 100)} %`,
        percent(confidence),
      ]),
    ),
    ...notes,
  ]
}

const analyseAll = async (
  studio: Studio,
  context: CommandContext,
  works: readonly { readonly work: WorkSummary; readonly stemIds?: ReadonlySet<string> }[],
): Promise<Result<readonly Analysed[]>> => {
  const analysed: Analysed[] = []
  for (const { work, stemIds } of works) {
    const analysis = await studio.works.analyse(work, {
      signal: context.signal,
      onProgress: (fraction, label) => context.progress.show(label, fraction),
      ...(stemIds ? { stemIds } : {}),
    })
    if (!analysis.ok) return analysis
    analysed.push({ work, analysis: analysis.value })
  }
  return { ok: true, value: analysed }
}

export const analyseCommand: Run<{ readonly target: string }> = async (context, { target }) => {
  const opened = await context.studio()
  if (!opened.ok) return refused(opened.error)
  const studio = opened.value
  const report = (result: Result<readonly Analysed[]>) => {
    if (!result.ok) return refused(result.error)
    return done(
      { ok: true, works: result.value.map(({ work, analysis }) => ({ work: work.id, title: work.title, ...analysis })) },
      result.value.flatMap((one, i) => [...(i > 0 ? [''] : []), ...linesOf(one)]),
    )
  }
  if (!target.toLowerCase().endsWith('.stemma')) {
    const work = await studio.works.find(target)
    return work.ok ? report(await analyseAll(studio, context, [{ work: work.value }])) : refused(work.error)
  }
  return withRemix(studio, resolve(target), async (remix) => {
    const { snapshot } = remix.session
    const works = recordsOf(snapshot, 'work').flatMap(({ id }) => {
      const work = studio.library.work(id)
      const used = new Set(recordsOf(snapshot, 'stem').flatMap((stem) => (stem.workId === id ? [stem.id] : [])))
      return work && used.size > 0 ? [{ work, stemIds: used }] : []
    })
    if (works.length === 0)
      return refused({ code: 'analysis.nothing', message: 'None of the works in this remix is on this computer. Pull one of them first.' })
    return report(await analyseAll(studio, context, works))
  })
}
