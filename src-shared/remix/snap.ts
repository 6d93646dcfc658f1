// Snapping. A helper for gestures: it turns a dragged position into the argument of an edit; edits themselves never snap.
import { barTicks, beatTicks, type MeterPoint, type Tick, tick, TICKS_PER_QUARTER } from '../time/index.ts'

/** What to snap to: bars, beats, a division of the quarter note (`1/16` = 4 per quarter), or nothing. */
export type SnapGrid = 'off' | 'bar' | 'beat' | '1/8' | '1/16' | '1/32' | '1/8t' | '1/16t'

const GRID_TICKS: Readonly<Partial<Record<SnapGrid, number>>> = {
  '1/8': TICKS_PER_QUARTER / 2,
  '1/16': TICKS_PER_QUARTER / 4,
  '1/32': TICKS_PER_QUARTER / 8,
  '1/8t': TICKS_PER_QUARTER / 3,
  '1/16t': TICKS_PER_QUARTER / 6,
}

const stepAt = (grid: SnapGrid, point: MeterPoint): number =>
  grid === 'bar' ? barTicks(point) : grid === 'beat' ? beatTicks(point) : (GRID_TICKS[grid] ?? 1)

const gridTick = (position: number, grid: SnapGrid, meter: readonly MeterPoint[]): number => {
  let point: MeterPoint = meter[0] ?? { atTick: tick(0), numerator: 4, denominator: 4 }
  let next: MeterPoint | undefined
  for (const candidate of meter) {
    if (candidate.atTick <= position) point = candidate
    else {
      next = candidate
      break
    }
  }
  const step = stepAt(grid, point)
  const snapped = point.atTick + Math.round((position - point.atTick) / step) * step
  return next ? Math.min(snapped, next.atTick) : snapped
}

/**
 * The nearest of the grid line and those of `candidates` (clip edges, markers, playhead) that lie within `reachTicks`. A candidate wins
 * over the grid at equal distance. With the grid off only candidates pull.
 */
export const snapTick = (
  position: number,
  grid: SnapGrid,
  meter: readonly MeterPoint[],
  candidates: readonly number[] = [],
  reachTicks = TICKS_PER_QUARTER / 4,
): Tick => {
  const at = Math.max(0, Math.round(position))
  let best = grid === 'off' ? at : gridTick(at, grid, meter)
  let bestDistance = grid === 'off' ? Number.POSITIVE_INFINITY : Math.abs(best - at)
  for (const candidate of candidates) {
    const away = Math.abs(candidate - at)
    if (away <= reachTicks && away <= bestDistance) {
      best = candidate
      bestDistance = away
    }
  }
  return tick(Math.max(0, best))
}
