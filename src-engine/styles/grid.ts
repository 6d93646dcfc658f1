// Bars, beats and sections of a remix as styles see them: stated sections first, then detected ones, then plain blocks of bars.
import {
  type Clip,
  endTick,
  homeWork,
  markersOf,
  recordsOf,
  REMIX_SAMPLE_RATE,
  type RemixSnapshot,
  remixOf,
} from '../../src-shared/remix/index.ts'
import { barTicks, beatTicks, frame, frameAt, type MeterPoint, type TempoPoint, tick, tickAtFrame } from '../../src-shared/time/index.ts'
import type { StyleFacts } from './facts.ts'

export const SECTION_KINDS = ['intro', 'verse', 'pre', 'chorus', 'drop', 'build', 'bridge', 'break', 'outro', 'other'] as const
export type SectionKind = (typeof SECTION_KINDS)[number]

export interface Section {
  readonly name: string
  readonly kind: SectionKind
  readonly startTick: number
  readonly lengthTicks: number
  /** 0 … 1; measured where it was, else what the name and the number of tracks that play suggest. */
  readonly energy: number
  readonly origin: 'stated' | 'detected' | 'assumed'
}

const KIND_PATTERNS: readonly (readonly [RegExp, SectionKind])[] = [
  [/pre/i, 'pre'],
  [/intro|start/i, 'intro'],
  [/outro|ending|\bend\b|coda/i, 'outro'],
  [/chorus|hook|refrain/i, 'chorus'],
  [/drop/i, 'drop'],
  [/build|rise/i, 'build'],
  [/break|instrumental|interlude|solo/i, 'break'],
  [/bridge|middle/i, 'bridge'],
  [/verse|strophe/i, 'verse'],
]

const KIND_ENERGY: Readonly<Record<SectionKind, number>> = {
  intro: 0.3,
  verse: 0.55,
  pre: 0.65,
  chorus: 0.9,
  drop: 1,
  build: 0.6,
  bridge: 0.5,
  break: 0.35,
  outro: 0.3,
  other: 0.6,
}

export const sectionKind = (name: string): SectionKind => KIND_PATTERNS.find(([pattern]) => pattern.test(name))?.[1] ?? 'other'

export interface Bar {
  readonly startTick: number
  readonly lengthTicks: number
  readonly beatTicks: number
  readonly beats: number
}

/** Meter in force at a position. */
export const meterAt = (meter: readonly MeterPoint[], at: number): MeterPoint =>
  meter.findLast((point) => point.atTick <= at) ?? (meter[0] as MeterPoint)

/** The bars of a stretch of time; the first is the one `fromTick` lies in. */
export const barsBetween = (meter: readonly MeterPoint[], fromTick: number, toTick: number): readonly Bar[] => {
  const bars: Bar[] = []
  const first = meterAt(meter, fromTick)
  const firstBar = barTicks(first)
  let at = first.atTick + Math.floor((fromTick - first.atTick) / firstBar) * firstBar
  while (at < toTick && bars.length < 20_000) {
    const point = meterAt(meter, at)
    bars.push({ startTick: at, lengthTicks: barTicks(point), beatTicks: beatTicks(point), beats: point.numerator })
    at += barTicks(point)
  }
  return bars
}

/** The bar line nearest to a position. */
export const nearestBar = (meter: readonly MeterPoint[], at: number): number => {
  const point = meterAt(meter, at)
  const bar = barTicks(point)
  return Math.max(0, point.atTick + Math.round((at - point.atTick) / bar) * bar)
}

/** End of the last clip that is not muted. */
export const contentEnd = (clips: readonly Clip[]): number =>
  clips.reduce((end, clip) => (clip.isMuted ? end : Math.max(end, endTick(clip))), 0)

/**
 * For a clip that starts `offset48` frames into its stem: the position at which a frame of the stem's own time (48 kHz) is heard, or undefined where the
 * clip does not play it. Later frames are never heard earlier.
 */
export const tickOfSource = (clip: Clip, offset48: number, tempo: readonly TempoPoint[]): ((frame48: number) => number | undefined) => {
  const milliBpm = clip.warp?.milliBpm
  const first: number = milliBpm == null ? frameAt(tempo, clip.startTick, REMIX_SAMPLE_RATE) : 0
  const end = endTick(clip)
  return (frame48) => {
    const into = frame48 - offset48
    if (into < 0) return undefined
    const at =
      milliBpm == null
        ? tickAtFrame(tempo, frame(first + into), REMIX_SAMPLE_RATE)
        : clip.startTick + Math.round((into * milliBpm * 960) / (REMIX_SAMPLE_RATE * 60_000))
    return at < end ? at : undefined
  }
}

const withEnergy = (
  sections: readonly Omit<Section, 'energy'>[],
  clips: readonly Clip[],
  measured: readonly (number | undefined)[],
): readonly Section[] => {
  const heard = clips.filter((clip) => !clip.isMuted)
  const counts = sections.map(({ startTick, lengthTicks }) => {
    let sum = 0
    for (const clip of heard) sum += Math.max(0, Math.min(startTick + lengthTicks, endTick(clip)) - Math.max(startTick, clip.startTick))
    return sum / Math.max(1, lengthTicks)
  })
  const most = Math.max(1, ...counts)
  return sections.map((section, i) => {
    const guess = KIND_ENERGY[section.kind] * 0.7 + ((counts[i] ?? 0) / most) * 0.3
    return { ...section, energy: Math.round((measured[i] ?? guess) * 1000) / 1000 }
  })
}

/** Mean level of the bars of a stretch against the loudest bar, 0 … 1, over the 30 dB that matter. */
const measuredEnergy = (facts: StyleFacts, workId: string | undefined, fromFrame: number, toFrame: number): number | undefined => {
  const bars = workId === undefined ? undefined : facts.works?.[workId]?.bars
  if (!bars || bars.length === 0) return undefined
  const inside = bars.filter((bar) => bar.startFrame >= fromFrame && bar.startFrame < toFrame)
  if (inside.length === 0) return undefined
  const loudest = Math.max(...bars.map((bar) => bar.levelDb ?? -200))
  const mean = inside.reduce((sum, bar) => sum + Math.max(-60, bar.levelDb ?? -60), 0) / inside.length
  return Math.max(0, Math.min(1, 1 + (mean - loudest) / 30))
}

/** Blocks of this many bars stand in for sections where none are known. */
const BLOCK_BARS = 8

/**
 * The sections of a remix, without gaps or overlaps, from the start to the end of the last clip. Markers with a length count as stated; where there
 * are none, what was detected in the work whose tempo the remix has; where there is nothing, every eight bars are one.
 */
export const sectionsOf = (snapshot: RemixSnapshot, facts: StyleFacts): readonly Section[] => {
  const { meter, tempo } = remixOf(snapshot)
  const clips = recordsOf(snapshot, 'clip')
  const end = contentEnd(clips)
  if (end <= 0) return []
  const workId = homeWork(snapshot)?.id
  const frameOf = (at: number): number => frameAt(tempo, tick(at), REMIX_SAMPLE_RATE)
  const bare: Omit<Section, 'energy'>[] = []
  const measured: (number | undefined)[] = []
  const push = (name: string, startTick: number, endAt: number, origin: Section['origin'], energy?: number): void => {
    if (endAt <= startTick) return
    bare.push({ name, kind: sectionKind(name), startTick, lengthTicks: endAt - startTick, origin })
    measured.push(energy ?? measuredEnergy(facts, workId, frameOf(startTick), frameOf(endAt)))
  }
  const named = (
    list: readonly { name: string; startTick: number; endTick: number; energy?: number }[],
    origin: 'stated' | 'detected',
  ): void => {
    let at = 0
    for (const [i, section] of list.entries()) {
      const start = Math.max(at, section.startTick)
      const stop = Math.min(end, section.endTick, list[i + 1]?.startTick ?? end)
      // Less than a bar that nobody named belongs to what comes after it.
      const from = start - at < barTicks(meterAt(meter, at)) ? at : start
      if (from > at) push(i === 0 ? 'Intro' : 'Between', at, from, 'assumed')
      push(section.name, from, stop, origin, section.energy)
      at = Math.max(at, stop)
    }
    const tail = bare.at(-1)
    if (end - at >= barTicks(meterAt(meter, at)) || !tail) push('Outro', at, end, 'assumed')
    else if (end > at) bare[bare.length - 1] = { ...tail, lengthTicks: end - tail.startTick }
  }
  const markers = markersOf(snapshot).filter((marker) => marker.lengthTicks !== null && marker.atTick < end)
  if (markers.length > 0) {
    named(
      markers.map((marker) => ({ name: marker.name, startTick: marker.atTick, endTick: marker.atTick + (marker.lengthTicks ?? 0) })),
      'stated',
    )
    return withEnergy(bare, clips, measured)
  }
  const detected = workId === undefined ? undefined : facts.works?.[workId]?.sections
  if (detected && detected.length > 0) {
    const at = (position: number): number => nearestBar(meter, tickAtFrame(tempo, frame(position), REMIX_SAMPLE_RATE))
    named(
      detected.map(({ name, startFrame, lengthFrames, energy }) => ({
        name,
        startTick: at(startFrame),
        endTick: at(startFrame + lengthFrames),
        energy,
      })),
      'detected',
    )
    return withEnergy(bare, clips, measured)
  }
  const bars = barsBetween(meter, 0, end)
  for (let i = 0; i < bars.length; i += BLOCK_BARS) {
    const last = bars[Math.min(bars.length, i + BLOCK_BARS) - 1]
    const first = bars[i]
    if (first && last)
      push(
        `Bars ${i + 1}–${Math.min(bars.length, i + BLOCK_BARS)}`,
        first.startTick,
        Math.min(end, last.startTick + last.lengthTicks),
        'assumed',
      )
  }
  return withEnergy(bare, clips, measured)
}
