// Which lines the ruler and the grid draw at a zoom: bars, beats, and every n-th bar's number.
import { barPositionAt, barTicks, beatTicks, type MeterPoint, tick } from '../../src-shared/time/index.ts'

export interface GridLine {
  readonly atTick: number
  readonly kind: 'major' | 'bar' | 'beat'
  /** Bar number where it is written. */
  readonly bar: number | null
}

/** Least pixels between numbers, bar lines and beat lines. */
const NUMBER_PIXELS = 56
const LINE_PIXELS = 9
const MAX_LINES = 4_000

const powerAtLeast = (wanted: number): number => {
  let step = 1
  while (step < wanted) step *= 2
  return step
}

/** Lines between two ticks at a scale in pixels per tick. */
export const gridLines = (meter: readonly MeterPoint[], fromTick: number, toTick: number, scale: number): readonly GridLine[] => {
  const lines: GridLine[] = []
  for (const [i, point] of meter.entries()) {
    const end = Math.min(toTick, meter[i + 1]?.atTick ?? Number.POSITIVE_INFINITY)
    if (end <= fromTick) continue
    const bar = barTicks(point)
    const beat = beatTicks(point)
    const numbered = powerAtLeast(NUMBER_PIXELS / (bar * scale))
    const lined = powerAtLeast(LINE_PIXELS / (bar * scale))
    const isBeats = beat * scale >= LINE_PIXELS * 1.6
    const firstBar = barPositionAt(meter, point.atTick).bar
    const skip = Math.max(0, Math.floor((fromTick - point.atTick) / bar))
    for (let n = skip; point.atTick + n * bar < end && lines.length < MAX_LINES; n++) {
      const at = point.atTick + n * bar
      const number = firstBar + n
      const isNumbered = (number - 1) % numbered === 0
      if (isNumbered || (number - 1) % lined === 0)
        lines.push({ atTick: at, kind: isNumbered ? 'major' : 'bar', bar: isNumbered ? number : null })
      if (isBeats) for (let b = beat; b < bar && at + b < end; b += beat) lines.push({ atTick: at + b, kind: 'beat', bar: null })
    }
  }
  return lines
}

const CLOCK_STEPS = [0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600]

/** Seconds between clock marks at a number of pixels per second. */
export const clockStep = (pixelsPerSecond: number): number => CLOCK_STEPS.find((step) => step * pixelsPerSecond >= 64) ?? 1_200

/** A tick, kept in range, for functions that want one. */
export const safeTick = (position: number) => tick(Math.max(0, Math.round(position)))
