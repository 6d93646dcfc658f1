// A new remix of a work: every stem on its own track, in place, so that pressing play gives the song.
import type { NewId } from '../std/index.ts'
import { barTicks, type MeterPoint, type TempoPoint, tick, tickAtBar, ticks } from '../time/index.ts'
import { stemFrames, tickAfterFrames } from './edits/index.ts'
import { type AnyRecord, MASTER_TRACK_ID, PLAIN_MASTER, type RemixSnapshot, ROLES, type Role, type StemRecord } from './records.ts'

/** What must be known of a stem; lengths come from the decoded file, or from the catalogue until it is there. */
export interface StemFacts {
  readonly id: string
  readonly title: string
  readonly role: Role
  readonly contentSha256: string
  readonly sampleRate: number
  readonly channels: number
  /** Frames at `sampleRate`. */
  readonly lengthFrames: number
  readonly isrc: string | null
}

export interface WorkFacts {
  readonly id: string
  readonly title: string
  readonly artists: readonly string[]
  readonly milliBpm: number | null
  readonly key: string | null
  readonly meter: { readonly numerator: number; readonly denominator: number }
  /** In bars from 1. */
  readonly sections: readonly { readonly name: string; readonly startBar: number; readonly lengthBars: number }[]
  readonly stems: readonly StemFacts[]
}

/** Tempo of a remix whose work states none. */
export const DEFAULT_MILLI_BPM = 120_000

const SECTION_COLORS: readonly (readonly [RegExp, string])[] = [
  [/intro/i, 'slate'],
  [/pre/i, 'teal'],
  [/verse/i, 'blue'],
  [/chorus|hook|refrain/i, 'rose'],
  [/bridge|middle/i, 'violet'],
  [/drop|build/i, 'amber'],
  [/outro|end/i, 'slate'],
]

/** Colour name of a section by its name; views map it to their palette. */
export const sectionColor = (name: string): string => SECTION_COLORS.find(([pattern]) => pattern.test(name))?.[1] ?? 'gray'

const DENOMINATORS = [1, 2, 4, 8, 16] as const

/**
 * One track per stem in role order, one clip each over the whole stem from the start, sections as markers, and a master with a true-peak
 * limiter at -1 dB. `now` is milliseconds since the epoch.
 */
export const createRemix = (
  work: WorkFacts,
  { newId, now, title }: { readonly newId: NewId; readonly now: number; readonly title?: string },
): RemixSnapshot => {
  const tempo: TempoPoint[] = [{ atTick: tick(0), milliBpm: work.milliBpm ?? DEFAULT_MILLI_BPM }]
  const denominator = DENOMINATORS.find((one) => one === work.meter.denominator) ?? 4
  const meter: MeterPoint & { denominator: typeof denominator } = { atTick: tick(0), numerator: work.meter.numerator, denominator }
  const records: AnyRecord[] = [
    {
      type: 'remix',
      id: 'remix',
      uid: `urn:uuid:${newId()}`,
      title: title ?? work.title,
      createdAt: new Date(now).toISOString(),
      tempo,
      meter: [meter],
      key: work.key,
      loop: null,
    },
    { type: 'work', id: work.id, title: work.title, artists: [...work.artists], milliBpm: work.milliBpm, key: work.key },
    PLAIN_MASTER,
    {
      type: 'device',
      id: 'device:master-limiter',
      trackId: MASTER_TRACK_ID,
      order: 0,
      kind: 'limiter',
      isEnabled: true,
      params: { ceilingDb: -1 },
    },
  ]
  const stems = work.stems
    .map((stem, i) => ({ stem, i }))
    .sort((left, right) => ROLES.indexOf(left.stem.role) - ROLES.indexOf(right.stem.role) || left.i - right.i)
  for (const [row, { stem }] of stems.entries()) {
    const record: StemRecord = { type: 'stem', ...stem, workId: work.id }
    const trackId = newId()
    records.push(
      record,
      {
        type: 'track',
        id: trackId,
        kind: 'audio',
        name: stem.title,
        role: stem.role,
        order: row,
        gainDb: 0,
        pan: 0,
        isMuted: false,
        isSoloed: false,
      },
      {
        type: 'clip',
        id: newId(),
        trackId,
        stemId: stem.id,
        name: stem.title,
        startTick: tick(0),
        lengthTicks: ticks(Math.max(1, tickAfterFrames(tempo, 0, stemFrames(record)))),
        sourceOffsetFrames: 0,
        gainDb: 0,
        isMuted: false,
        fadeInFrames: 0,
        fadeOutFrames: 0,
        fadeCurve: 'linear',
      },
    )
  }
  for (const section of work.sections) {
    const atTick = tickAtBar([meter], section.startBar)
    const lengthTicks = ticks(Math.round(section.lengthBars * barTicks(meter)))
    records.push({ type: 'marker', id: newId(), name: section.name, atTick, lengthTicks, color: sectionColor(section.name) })
  }
  return new Map(records.map((record) => [record.id, record]))
}
