// What a demo work is: a score, its stems as functions that play it, and the terms it is licensed under.
import type { Grant } from '../../../../src-shared/rights/index.ts'
import type { Role } from '../../../../src-shared/remix/index.ts'
import type { Random } from './random.ts'
import type { Grid, Section } from './score.ts'
import type { Samples, Stereo } from './synthesis/index.ts'

/** The part of a grant that people write; ids, hashes, issuer and version are added when it is signed. */
export type GrantTerms = Pick<
  Grant,
  | 'licensor'
  | 'consent'
  | 'validity'
  | 'territory'
  | 'use'
  | 'transform'
  | 'training'
  | 'credit'
  | 'shareAlike'
  | 'compensation'
  | 'offline'
>

export interface StemContext {
  readonly grid: Grid
  readonly samples: Samples
  /** Seeded by work and stem. */
  readonly random: Random
}

export interface DemoStem {
  /** File name without extension. */
  readonly file: string
  readonly title: string
  readonly role: Role
  /** Names in the sample library this stem plays. */
  readonly samples: readonly string[]
  /** Level in the mix. */
  readonly gainDb: number
  readonly render: (context: StemContext) => Stereo
}

export interface DemoWork {
  /** Folder name and stable id. */
  readonly id: string
  readonly title: string
  readonly artists: readonly string[]
  /** Quarter notes per minute. */
  readonly tempo: number
  readonly key: string
  readonly meter: string
  readonly year: number
  readonly coverColors: readonly [string, string]
  readonly grid: Grid
  readonly sections: readonly Section[]
  readonly grant: GrantTerms
  readonly stems: readonly DemoStem[]
}

/** Lays sections end to end; bars count from 1. */
export const layOut = (parts: readonly (readonly [name: string, lengthBars: number])[]): readonly Section[] => {
  let startBar = 1
  return parts.map(([name, lengthBars]) => {
    const section = { name, startBar, lengthBars }
    startBar += lengthBars
    return section
  })
}

/** A curve through (bar, value) points, linear between them; bars count from 0. For levels and filters over a work. */
export const overBars =
  (grid: Grid, points: readonly (readonly [bar: number, value: number])[]): ((beat: number) => number) =>
  (beat) => {
    const bar = beat / grid.beatsPerBar
    let before = points[0] as readonly [number, number]
    for (const point of points) {
      if (point[0] > bar) {
        const part = point[0] === before[0] ? 1 : Math.max(0, (bar - before[0]) / (point[0] - before[0]))
        return before[1] + (point[1] - before[1]) * part
      }
      before = point
    }
    return before[1]
  }
