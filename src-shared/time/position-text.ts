// Positions and spans as people write them: bars `33.1.0`, clock `1:04.5`, seconds `64.5s`, ticks `480t`. Spans also `4 bars`, `2 beats`.
import { barPositionAt, barTicks, beatTicks, type MeterPoint, secondsAt, type TempoPoint, tickAtBar, tickAtSeconds } from './tempo-map.ts'
import { type Tick, tick } from './time.ts'

/** The maps a text is read against. */
export interface TimeMaps {
  readonly tempo: readonly TempoPoint[]
  readonly meter: readonly MeterPoint[]
}

const meterAt = (meter: readonly MeterPoint[], position: number): MeterPoint => {
  let found: MeterPoint = meter[0] ?? { atTick: tick(0), numerator: 4, denominator: 4 }
  for (const point of meter) if (point.atTick <= position) found = point
  return found
}

const secondsOf = (text: string): number | null => {
  const clock = /^(?:(\d{1,3}):)?(\d{1,4}):(\d{1,2}(?:\.\d{1,6})?)$/.exec(text)
  if (clock) return Number(clock[1] ?? 0) * 3600 + Number(clock[2]) * 60 + Number(clock[3])
  const unit = /^(\d{1,9}(?:\.\d{1,6})?)\s*(s|sec|seconds?|ms)$/.exec(text)
  return unit ? Number(unit[1]) * (unit[2] === 'ms' ? 0.001 : 1) : null
}

/**
 * The timeline position a text names, or null if it names none. `33.1.0` and `33.1` are bar, beat (both from 1) and ticks (from 0) within
 * the beat; `bar 33` is the start of a bar; `1:04.5` and `64.5s` are time; `480t` is ticks.
 */
export const parsePosition = (text: string, { tempo, meter }: TimeMaps): Tick | null => {
  const written = text.trim().toLowerCase()
  const inTicks = /^(\d{1,12})\s*t(?:icks?)?$/.exec(written)
  if (inTicks) return tick(Number(inTicks[1]))
  const seconds = secondsOf(written)
  if (seconds !== null) return tickAtSeconds(tempo, seconds)
  const bars = /^(?:bar\s+)?(\d{1,6})(?:\.(\d{1,2})(?:\.(\d{1,5}))?)?$/.exec(written)
  if (!bars || (!written.startsWith('bar') && bars[2] === undefined)) return null
  const bar = Number(bars[1])
  const beat = Number(bars[2] ?? 1)
  if (bar < 1 || beat < 1) return null
  const start = tickAtBar(meter, bar)
  const point = meterAt(meter, start)
  const into = Number(bars[3] ?? 0)
  if (beat > point.numerator || into >= beatTicks(point)) return null
  return tick(start + (beat - 1) * beatTicks(point) + into)
}

/** Ticks of a span written as `4 bars`, `-1 bar`, `2 beats`, `1.5s`, `120 ms` or `480t`, measured from a position; null if it is none. */
export const parseSpan = (text: string, fromTick: number, { tempo, meter }: TimeMaps): number | null => {
  const written = text.trim().toLowerCase()
  const sign = written.startsWith('-') ? -1 : 1
  const size = written.replace(/^[+-]\s*/, '')
  const inTicks = /^(\d{1,12})\s*t(?:icks?)?$/.exec(size)
  if (inTicks) return sign * Number(inTicks[1])
  const musical = /^(\d{1,6}(?:\.\d{1,4})?)\s*(bars?|beats?)$/.exec(size)
  if (musical) {
    const point = meterAt(meter, fromTick)
    const unit = musical[2]?.startsWith('bar') ? barTicks(point) : beatTicks(point)
    return sign * Math.round(Number(musical[1]) * unit)
  }
  const seconds = secondsOf(size)
  if (seconds === null) return null
  const start = secondsAt(tempo, tick(fromTick))
  const end = start + sign * seconds
  return end < 0 ? -fromTick : tickAtSeconds(tempo, end) - fromTick
}

/** `33.1.0`: bar and beat from 1, ticks from 0. */
export const formatBars = (position: Tick, { meter }: Pick<TimeMaps, 'meter'>): string => {
  const { bar, beat, ticks } = barPositionAt(meter, position)
  return `${bar}.${beat}.${ticks}`
}
