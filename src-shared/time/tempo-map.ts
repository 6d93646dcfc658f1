// Tempo and meter maps: ticks to frames and back, ticks to bars and back. Deterministic: the same map gives the same frame on every machine.
import { type Frame, frame, type Tick, tick, TICKS_PER_QUARTER } from './time.ts'

/** A tempo from `atTick` on, in thousandths of a quarter note per minute (90 BPM = 90000). */
export interface TempoPoint {
  readonly atTick: Tick
  readonly milliBpm: number
}

/** A meter from `atTick` on, which is the start of a bar. */
export interface MeterPoint {
  readonly atTick: Tick
  readonly numerator: number
  readonly denominator: number
}

/** A bar position; bars and beats count from 1, `ticks` from 0 within the beat. */
export interface BarPosition {
  readonly bar: number
  readonly beat: number
  readonly ticks: number
}

/** Seconds from the start of the timeline to `position`. `tempo` is sorted and starts at tick 0. */
export const secondsAt = (tempo: readonly TempoPoint[], position: Tick): number => {
  let seconds = 0
  for (let i = 0; i < tempo.length; i++) {
    const point = tempo[i]
    if (!point || (i > 0 && point.atTick >= position)) break
    const next = tempo[i + 1]
    const end = next && next.atTick < position ? next.atTick : position
    seconds += ((end - point.atTick) * 60_000) / (TICKS_PER_QUARTER * point.milliBpm)
  }
  return seconds
}

/** The frame nearest to a timeline position. */
export const frameAt = (tempo: readonly TempoPoint[], position: Tick, sampleRate: number): Frame =>
  frame(Math.round(secondsAt(tempo, position) * sampleRate))

/** The timeline position nearest to a number of seconds. */
export const tickAtSeconds = (tempo: readonly TempoPoint[], seconds: number): Tick => {
  let elapsed = 0
  for (let i = 0; i < tempo.length; i++) {
    const point = tempo[i]
    if (!point) break
    const next = tempo[i + 1]
    const secondsPerTick = 60_000 / (TICKS_PER_QUARTER * point.milliBpm)
    const span = next ? (next.atTick - point.atTick) * secondsPerTick : Number.POSITIVE_INFINITY
    if (seconds < elapsed + span || !next) return tick(Math.round(point.atTick + (seconds - elapsed) / secondsPerTick))
    elapsed += span
  }
  throw new RangeError('empty tempo map')
}

/** The timeline position nearest to a frame. */
export const tickAtFrame = (tempo: readonly TempoPoint[], position: Frame, sampleRate: number): Tick =>
  tickAtSeconds(tempo, position / sampleRate)

/** Ticks in one beat and one bar of a meter. */
export const beatTicks = (meter: MeterPoint): number => (TICKS_PER_QUARTER * 4) / meter.denominator
export const barTicks = (meter: MeterPoint): number => beatTicks(meter) * meter.numerator

/** Bar, beat and remaining ticks of a position. `meter` is sorted, starts at tick 0, and changes on bar lines. */
export const barPositionAt = (meter: readonly MeterPoint[], position: Tick): BarPosition => {
  let bar = 1
  for (let i = 0; i < meter.length; i++) {
    const point = meter[i]
    if (!point) break
    const next = meter[i + 1]
    if (next && position >= next.atTick) {
      bar += Math.ceil((next.atTick - point.atTick) / barTicks(point))
      continue
    }
    const into = position - point.atTick
    const beat = Math.floor((into % barTicks(point)) / beatTicks(point))
    return { bar: bar + Math.floor(into / barTicks(point)), beat: beat + 1, ticks: Math.floor(into % beatTicks(point)) }
  }
  return { bar: 1, beat: 1, ticks: 0 }
}

/** The tick at which a bar (from 1) starts. */
export const tickAtBar = (meter: readonly MeterPoint[], bar: number): Tick => {
  let first = 1
  for (let i = 0; i < meter.length; i++) {
    const point = meter[i]
    if (!point) break
    const next = meter[i + 1]
    const count = next ? Math.ceil((next.atTick - point.atTick) / barTicks(point)) : Number.POSITIVE_INFINITY
    if (bar < first + count || !next) return tick(point.atTick + (bar - first) * barTicks(point))
    first += count
  }
  return tick(0)
}
