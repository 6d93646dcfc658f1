// Where heard structure lies in a remix, and the edits that change its structure. Pure: from snapshots and findings to edits.
import type { SectionFinding } from '../../src-shared/protocol/index.ts'
import {
  centsBetweenKeys,
  type Clip,
  clipsOf,
  type EditCommand,
  endTick,
  homeWork,
  type Marker,
  REMIX_SAMPLE_RATE,
  recordOf,
  recordsOf,
  remixOf,
  type RemixSnapshot,
  type Role,
  sectionColor,
  sourceFramesBetween,
  tickAfterSourceFrames,
} from '../../src-shared/remix/index.ts'
import { barPositionAt, barTicks, beatTicks, type MeterPoint, tick } from '../../src-shared/time/index.ts'

/** A section as it would be put into the remix. */
export interface PlacedSection {
  readonly name: string
  readonly color: string
  readonly atTick: number
  readonly lengthTicks: number
  /** 0..1. */
  readonly confidence: number
}

const meterAt = (meter: readonly MeterPoint[], position: number): MeterPoint =>
  meter.findLast((point) => point.atTick <= position) ?? { atTick: tick(0), numerator: 4, denominator: 4 }

/** Starts of all bars up to a position. */
const barStarts = (meter: readonly MeterPoint[], until: number): readonly number[] => {
  const starts: number[] = []
  let at = 0
  while (at < until && starts.length < 20_000) {
    starts.push(at)
    const next = meter.find((point) => point.atTick > at)
    at = Math.min(at + barTicks(meterAt(meter, at)), next?.atTick ?? Number.POSITIVE_INFINITY)
  }
  return starts
}

/** Where in its stem a clip is at a position, in frames at 48 kHz. */
export const sourceFrameAt = (snapshot: RemixSnapshot, clip: Clip, position: number): number => {
  const rate = recordOf(snapshot, 'stem', clip.stemId)?.sampleRate ?? REMIX_SAMPLE_RATE
  return (
    Math.round((clip.sourceOffsetFrames * REMIX_SAMPLE_RATE) / rate) +
    sourceFramesBetween(remixOf(snapshot).tempo, clip, clip.startTick, Math.round(position))
  )
}

/** Where the remix first plays a moment of a work, in ticks; null where it does not. */
export const tickOfWorkFrame = (snapshot: RemixSnapshot, workId: string, frame: number): number | null => {
  const { tempo } = remixOf(snapshot)
  let first: number | null = null
  for (const clip of clipsOf(snapshot)) {
    if (recordOf(snapshot, 'stem', clip.stemId)?.workId !== workId) continue
    const into = frame - sourceFrameAt(snapshot, clip, clip.startTick)
    if (into < 0) continue
    const at = tickAfterSourceFrames(tempo, clip, clip.startTick, into)
    if (at < endTick(clip) && (first === null || at < first)) first = at
  }
  return first
}

const SIMILAR_COLORS = ['blue', 'rose', 'teal', 'amber', 'violet', 'slate'] as const

/** Sections that sound alike get one colour, unless their name has its own. */
const colorOf = ({ name, label }: SectionFinding): string => {
  const own = sectionColor(name)
  return own === 'gray' ? (SIMILAR_COLORS[Math.max(0, label.charCodeAt(0) - 65) % SIMILAR_COLORS.length] ?? 'gray') : own
}

/**
 * Lays the sections of a work over the remix as it is arranged now: each bar belongs to the section most of the work's clips play there. A work that
 * was not rearranged gets its sections as they are.
 */
export const placeSections = (snapshot: RemixSnapshot, workId: string, findings: readonly SectionFinding[]): readonly PlacedSection[] => {
  const stems = new Set(recordsOf(snapshot, 'stem').flatMap((stem) => (stem.workId === workId ? [stem.id] : [])))
  const clips = clipsOf(snapshot).filter((clip) => stems.has(clip.stemId) && !clip.isMuted)
  const end = Math.max(0, ...clips.map(endTick))
  const { meter } = remixOf(snapshot)
  const starts = barStarts(meter, end)
  const placed: (PlacedSection & { readonly index: number; readonly frame: number })[] = []
  for (const [i, start] of starts.entries()) {
    const stop = starts[i + 1] ?? start + barTicks(meterAt(meter, start))
    const middle = (start + stop) / 2
    const votes = new Map<number, { count: number; frame: number }>()
    for (const clip of clips) {
      if (clip.startTick > middle || endTick(clip) <= middle) continue
      const frame = sourceFrameAt(snapshot, clip, middle)
      const index = findings.findIndex((one) => frame >= one.startFrame && frame < one.startFrame + one.lengthFrames)
      if (index < 0) continue
      const vote = votes.get(index)
      if (vote) vote.count += 1
      else votes.set(index, { count: 1, frame })
    }
    const best = [...votes].sort(([, left], [, right]) => right.count - left.count)[0]
    if (!best) continue
    const [index, { frame }] = best
    const finding = findings[index]
    const last = placed.at(-1)
    if (!finding) continue
    // Going back in the work begins the section anew: it was repeated.
    if (last && last.index === index && last.atTick + last.lengthTicks === start && frame > last.frame)
      placed[placed.length - 1] = { ...last, lengthTicks: stop - last.atTick, frame }
    else
      placed.push({
        name: finding.name,
        color: colorOf(finding),
        atTick: start,
        lengthTicks: stop - start,
        confidence: finding.confidence,
        index,
        frame,
      })
  }
  return placed.map(({ index: _, frame: __, ...section }) => section)
}

/** Puts sections in the place of those there are; markers stay. */
export const applySections = (snapshot: RemixSnapshot, sections: readonly PlacedSection[], newId: () => string): readonly EditCommand[] => [
  ...recordsOf(snapshot, 'marker').flatMap((marker): EditCommand[] =>
    marker.lengthTicks === null ? [] : [{ op: 'marker.remove', markerId: marker.id }],
  ),
  ...sections.map(
    ({ name, color, atTick, lengthTicks }): EditCommand => ({ op: 'marker.add', id: newId(), name, atTick, lengthTicks, color }),
  ),
]

/** Where a section may be dropped: at the edges of the others, at the start and at the end. */
export const dropPlaces = (snapshot: RemixSnapshot, section: Marker): readonly number[] => {
  const to = section.atTick + (section.lengthTicks ?? 0)
  const places = new Set([0, section.atTick])
  for (const marker of recordsOf(snapshot, 'marker')) {
    if (marker.lengthTicks === null) continue
    for (const at of [marker.atTick, marker.atTick + marker.lengthTicks]) if (at <= section.atTick || at >= to) places.add(at)
  }
  places.add(Math.max(to, ...clipsOf(snapshot).map(endTick)))
  return [...places].sort((left, right) => left - right)
}

/** Sections by position. */
export const sectionsInOrder = (
  snapshot: RemixSnapshot,
): readonly (Marker & { readonly lengthTicks: NonNullable<Marker['lengthTicks']> })[] =>
  recordsOf(snapshot, 'marker')
    .flatMap((marker) => (marker.lengthTicks === null ? [] : [{ ...marker, lengthTicks: marker.lengthTicks }]))
    .sort((left, right) => left.atTick - right.atTick || left.lengthTicks - right.lengthTicks)

/** The shortest section over a position. */
export const sectionAt = (snapshot: RemixSnapshot, position: number): Marker | undefined =>
  sectionsInOrder(snapshot)
    .filter((one) => one.atTick <= position && one.atTick + one.lengthTicks > position)
    .sort((left, right) => left.lengthTicks - right.lengthTicks)[0]

/** Plays a stretch of time twice; what follows moves later. */
export const duplicateTime = (snapshot: RemixSnapshot, from: number, to: number): readonly EditCommand[] => {
  const end = Math.max(
    to,
    ...clipsOf(snapshot).map(endTick),
    ...recordsOf(snapshot, 'marker').map((one) => one.atTick + (one.lengthTicks ?? 1)),
  )
  const pieces = [
    { fromTick: 0, lengthTicks: to },
    { fromTick: from, lengthTicks: to - from },
    { fromTick: to, lengthTicks: end - to },
  ].filter((piece) => piece.lengthTicks > 0)
  return [{ op: 'time.arrange', pieces }]
}

/** Moves everything so that bar lines fall some ticks later (or earlier) in the sound; silence at the start is used up before more is put there. */
const shiftBars = (snapshot: RemixSnapshot, laterTicks: number): readonly EditCommand[] => {
  const { meter } = remixOf(snapshot)
  const first = meterAt(meter, 0)
  const bar = barTicks(first)
  const cut = ((laterTicks % bar) + bar) % bar
  if (cut === 0) return []
  const lead = Math.min(...clipsOf(snapshot).map((clip) => clip.startTick as number))
  if (!Number.isFinite(lead)) return []
  const isCut = lead >= cut
  const shift: EditCommand = isCut
    ? { op: 'time.delete', fromTick: 0, lengthTicks: cut }
    : { op: 'time.insert', atTick: 0, lengthTicks: bar - cut }
  if (meter.length < 2) return [shift]
  // Changes of meter are bar lines too: they go with the others, by whole bars of the first meter, and not with the sound by part of one.
  const wanted = laterTicks + (isCut ? -cut : bar - cut)
  const moved = Math.max(wanted, bar - (meter[1]?.atTick ?? bar))
  const put = (point: MeterPoint, at: number) => ({ at, numerator: point.numerator, denominator: point.denominator })
  return [
    { op: 'meter.set', points: [put(first, 0)] },
    shift,
    { op: 'meter.set', points: [put(first, 0), ...meter.slice(1).map((point) => put(point, point.atTick + moved))] },
  ]
}

/** Lets the bar begin one beat later (1) or earlier (-1) in the sound. */
export const shiftDownbeatCommands = (snapshot: RemixSnapshot, byBeats: 1 | -1): readonly EditCommand[] =>
  shiftBars(snapshot, byBeats * beatTicks(meterAt(remixOf(snapshot).meter, 0)))

/** How far after a bar line a position lies, or before it where that is nearer, in ticks. */
export const ticksOffBar = (snapshot: RemixSnapshot, position: number): number => {
  const { meter } = remixOf(snapshot)
  const point = meterAt(meter, position)
  const bar = barTicks(point)
  const after = (((position - point.atTick) % bar) + bar) % bar
  return after > bar / 2 ? after - bar : after
}

/** Puts a bar line at a position that is none. */
export const alignBarCommands = (snapshot: RemixSnapshot, position: number): readonly EditCommand[] =>
  shiftBars(snapshot, Math.round(ticksOffBar(snapshot, position)))

/** Roles that have no key. */
const UNPITCHED: ReadonlySet<Role> = new Set<Role>(['drums', 'effects'])

/** Transposes all pitched clips by some cents on top of what they are. */
export const transposeAllCommands = (snapshot: RemixSnapshot, byCents: number): readonly EditCommand[] => {
  const groups = new Map<number, string[]>()
  for (const clip of clipsOf(snapshot)) {
    const role = recordOf(snapshot, 'stem', clip.stemId)?.role ?? 'other'
    if (UNPITCHED.has(role)) continue
    const cents = Math.max(-2_400, Math.min(2_400, (clip.warp?.cents ?? 0) + byCents))
    groups.set(cents, [...(groups.get(cents) ?? []), clip.id])
  }
  return byCents === 0 ? [] : [...groups].map(([cents, clipIds]): EditCommand => ({ op: 'clip.warp', clipIds, cents }))
}

/** The remix in another key; `isTransposed` moves the sound along by the smallest way. Null where the way is not known. */
export const keyCommands = (snapshot: RemixSnapshot, key: string | null, isTransposed: boolean): readonly EditCommand[] | null => {
  const cents = isTransposed ? centsBetweenKeys(remixOf(snapshot).key, key) : 0
  return cents === null ? null : [{ op: 'remix.set', key }, ...transposeAllCommands(snapshot, cents)]
}

/** The tempo map with its first tempo changed, later changes in proportion. */
export const tempoCommands = (snapshot: RemixSnapshot, milliBpm: number, keep: 'audio' | 'grid' | 'stretch'): readonly EditCommand[] => {
  const { tempo } = remixOf(snapshot)
  const first = tempo[0]?.milliBpm ?? milliBpm
  return [
    {
      op: 'tempo.set',
      keep,
      points: tempo.map((point, i) => ({
        at: point.atTick,
        milliBpm: i === 0 ? Math.round(milliBpm) : Math.round((point.milliBpm * milliBpm) / first),
      })),
    },
  ]
}

/**
 * The meter map with its first meter changed. Later changes stay, each on the bar line nearest to where it is: the sound stays, so they are meant for
 * that moment, and a meter can only change at the beginning of a bar.
 */
export const meterCommands = (snapshot: RemixSnapshot, numerator: number, denominator: number): readonly EditCommand[] => {
  const [, ...later] = remixOf(snapshot).meter
  const points = [{ at: 0, numerator, denominator }]
  let before: MeterPoint = { atTick: tick(0), numerator, denominator }
  for (const point of later) {
    const bar = barTicks(before)
    const at = before.atTick + Math.max(1, Math.round((point.atTick - before.atTick) / bar)) * bar
    before = { ...point, atTick: tick(at) }
    points.push({ at, numerator: point.numerator, denominator: point.denominator })
  }
  return [{ op: 'meter.set', points }]
}

/** Whether a work came to one that is there: tempo and key of the remix are not its own, it is matched to them. */
export const isGuest = (snapshot: RemixSnapshot, workId: string): boolean => {
  const home = homeWork(snapshot)
  return home !== undefined && home.id !== workId
}

/** Takes over the tempo that was heard in a work. Of a guest only what is known of it changes, or nothing would be left to match it to. */
export const heardTempoCommands = (snapshot: RemixSnapshot, workId: string | undefined, milliBpm: number): readonly EditCommand[] => {
  const work = workId === undefined ? undefined : recordOf(snapshot, 'work', workId)
  const grid = tempoCommands(snapshot, milliBpm, 'audio')
  if (!work) return grid
  const known: EditCommand = { op: 'work.set', workId: work.id, milliBpm: Math.round(milliBpm) }
  if (isGuest(snapshot, work.id)) return [known]
  // What the remix knows of the work is corrected along, so that stretching starts from the right tempo.
  return work.milliBpm === null ? [known, ...grid] : grid
}

/** Takes over the key that was heard in a work. Of a guest only what is known of it changes. */
export const heardKeyCommands = (snapshot: RemixSnapshot, workId: string | undefined, key: string): readonly EditCommand[] => {
  const work = workId === undefined ? undefined : recordOf(snapshot, 'work', workId)
  const named: EditCommand = { op: 'remix.set', key }
  if (!work) return [named]
  const known: EditCommand = { op: 'work.set', workId: work.id, key }
  if (isGuest(snapshot, work.id)) return [known]
  return work.key === null ? [known, named] : [named]
}

/** `4 bars`, `2 bars 1 beat`. */
export const barsText = (snapshot: RemixSnapshot, from: number, lengthTicks: number): string => {
  const { meter } = remixOf(snapshot)
  const start = barPositionAt(meter, tick(Math.max(0, Math.round(from))))
  const end = barPositionAt(meter, tick(Math.max(0, Math.round(from + lengthTicks))))
  const point = meterAt(meter, from)
  const beats = Math.round(lengthTicks / beatTicks(point))
  const bars = start.beat === end.beat && start.ticks === end.ticks ? end.bar - start.bar : null
  if (bars !== null) return `${bars} ${bars === 1 ? 'bar' : 'bars'}`
  return `${beats} ${beats === 1 ? 'beat' : 'beats'}`
}
