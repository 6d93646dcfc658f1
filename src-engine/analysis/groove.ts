// Groove: where players put their notes against a straight grid, so that it can be laid over other sound. Swing is the share of a pair that its
// first note takes; offsets are per sixteenth of the bar.
import type { GrooveFinding } from '../../src-shared/protocol/index.ts'

export interface GrooveGrid {
  /** Frame of a downbeat, and frames per quarter note. */
  readonly startFrame: number
  readonly quarterFrames: number
  /** Sixteenths per bar. */
  readonly slots: number
}

interface Struck {
  readonly frame: number
  readonly strength: number
}

const weightedMedian = (values: readonly { readonly at: number; readonly weight: number }[]): number => {
  const sorted = [...values].sort((a, b) => a.at - b.at)
  const half = sorted.reduce((sum, { weight }) => sum + weight, 0) / 2
  let sum = 0
  for (const { at, weight } of sorted) {
    sum += weight
    if (sum >= half) return at
  }
  return 0.5
}

const turn = (value: number): number => value - Math.floor(value)

/** Where in a pair its second note falls; 0.5 where there are too few to tell. */
const swingOf = (onsets: readonly Struck[], { startFrame }: GrooveGrid, pairFrames: number, from: number, to: number): number => {
  const second = onsets
    .map(({ frame, strength }) => ({ at: turn((frame - startFrame) / pairFrames), weight: strength }))
    .filter(({ at }) => at > from && at < to)
  return second.length < 6 ? 0.5 : weightedMedian(second)
}

/** Groove of onsets on a steady grid; null where fewer than 16 of them lie on it. */
export const findGroove = (onsets: readonly Struck[], grid: GrooveGrid): GrooveFinding | null => {
  if (onsets.length < 16 || !(grid.quarterFrames > 0)) return null
  const sixteenth = grid.quarterFrames / 4
  const place = (frame: number): number => (frame - grid.startFrame) / sixteenth
  const nearQuarterOf = (share: number): number =>
    onsets.filter(({ frame }) => Math.abs(turn((frame - grid.startFrame) / grid.quarterFrames) - share) < 0.06).length
  // Triplet eighths leave the straight sixteenths empty.
  const eighth = swingOf(onsets, grid, grid.quarterFrames, 0.42, 0.72)
  const isShuffled = eighth > 0.565 && nearQuarterOf(eighth) > 3 * (nearQuarterOf(0.25) + nearQuarterOf(0.5))
  const sixteenths = isShuffled ? 0.5 : swingOf(onsets, grid, grid.quarterFrames / 2, 0.35, 0.75)
  const sums = new Float64Array(grid.slots)
  const weights = new Float64Array(grid.slots)
  let kept = 0
  let squares = 0
  for (const { frame, strength } of onsets) {
    const exact = place(frame)
    const inQuarter = turn(exact / 4) * 4
    // A shuffled eighth belongs to the half of its quarter, however late it comes; a swung sixteenth to its own place.
    const nearest = isShuffled && inQuarter > 1.5 && inQuarter < 3.4 ? Math.floor(exact / 4) * 4 + 2 : roundSwung(exact, sixteenths)
    const off = exact - nearest
    const expected = isShuffled && turn(nearest / 4) === 0.5 ? (eighth - 0.5) * 4 : turn(nearest / 2) === 0.5 ? (sixteenths - 0.5) * 2 : 0
    // Far from where the groove puts it: another note, such as a roll.
    if (Math.abs(off - expected) > 0.28) continue
    const slot = ((nearest % grid.slots) + grid.slots) % grid.slots
    sums[slot]! += off * strength
    weights[slot]! += strength
    squares += (off - expected) ** 2
    kept++
  }
  if (kept < 16) return null
  const most = weights.reduce((a, b) => Math.max(a, b), 0)
  const spread = Math.sqrt(squares / kept)
  return {
    swingEighthPermille: Math.round((isShuffled ? eighth : 0.5) * 1_000),
    swingSixteenthPermille: Math.round(sixteenths * 1_000),
    offsetsUs: [...sums].map((sum, i) => (weights[i]! < most * 0.02 ? null : Math.round(((sum / weights[i]!) * sixteenth * 1e6) / 48_000))),
    weights: [...weights].map((weight) => Math.round((weight / most) * 1_000) / 1_000),
    confidence: Math.round(Math.max(0, Math.min(1, (kept / onsets.length) * Math.min(1, kept / 48) * (1 - spread * 3))) * 1_000) / 1_000,
  }
}

const roundSwung = (exact: number, swing: number): number => {
  const pair = Math.floor(exact / 2)
  const inside = exact / 2 - pair
  return inside < swing / 2 ? pair * 2 : inside < (1 + swing) / 2 ? pair * 2 + 1 : pair * 2 + 2
}
