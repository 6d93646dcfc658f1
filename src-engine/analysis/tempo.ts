// Tempo: which periods repeat, and which of them a listener would tap. Half and double are told apart by where kick and snare lie in the bar
// and by what lies between the beats; where that does not tell, the confidence says so.
import { fitLine, type Line, nearby, trackBeats } from './beats.ts'
import type { Rhythm } from './rhythm.ts'
import { STEPS_PER_SECOND } from './stem-features.ts'

export interface TempoCandidate {
  /** Steps per tapped beat. */
  readonly period: number
  /** How well it explains the onsets, higher is better. */
  readonly score: number
  readonly beats: readonly number[]
  readonly line: Line
  readonly parts: Readonly<Record<string, number>>
  /** True where beats divide in three. */
  readonly isTernary: boolean
}

const WINDOW = 1_200
const HOP = 600
const LONGEST = 620

/** How alike the curve is to itself a lag later: windows of 12 s, so that a tempo that drifts keeps its peaks; lag 0 is 1. */
export const autocorrelation = (curve: Float32Array): Float64Array => {
  const sum = new Float64Array(LONGEST + 1)
  for (let at = 0; at === 0 || at + WINDOW / 2 < curve.length; at += HOP) {
    const end = Math.min(curve.length, at + WINDOW)
    for (let lag = 0; lag <= LONGEST; lag++) {
      let product = 0
      for (let i = at; i + lag < end; i++) product += curve[i]! * curve[i + lag]!
      // Longer lags overlap less.
      sum[lag]! += (product * (end - at)) / Math.max(end - at - lag, WINDOW / 8)
    }
  }
  const whole = sum[0]!
  return whole > 0 ? sum.map((value) => value / whole) : sum
}

/** The autocorrelation around a lag. */
export const repeatAt = (acf: Float64Array, lag: number): number => {
  // Peaks are narrow and players loose: the best within a few percent counts.
  const reach = Math.max(1, Math.round(lag * 0.012))
  let best = 0
  for (let i = Math.max(0, Math.round(lag) - reach); i <= Math.min(acf.length - 1, Math.round(lag) + reach); i++)
    if (acf[i]! > best) best = acf[i]!
  return best
}

const SLOWEST_STEPS = 150
const FASTEST_STEPS = 25

/** How much repeats after one to four periods. */
const strengthOf = (acf: Float64Array, period: number): number => {
  let sum = 0
  let weights = 0
  for (let k = 1; k <= 4 && k * period <= LONGEST - 4; k++) {
    const weight = k === 3 ? 0.5 : 1
    sum += weight * repeatAt(acf, k * period)
    weights += weight
  }
  return sum / weights
}

/** Periods worth looking at. */
const findPeriods = (acf: Float64Array): { readonly period: number; readonly strength: number }[] => {
  const strengths: { period: number; strength: number }[] = []
  for (let period = FASTEST_STEPS; period <= SLOWEST_STEPS; period *= 1.006) strengths.push({ period, strength: strengthOf(acf, period) })
  const peaks = strengths.filter(
    ({ strength }, i) =>
      strength > 0.02 &&
      strength >= (strengths[i - 1]?.strength ?? 0) &&
      strength > (strengths[i + 1]?.strength ?? 0) &&
      isWidest(strengths, i),
  )
  peaks.sort((a, b) => b.strength - a.strength || a.period - b.period)
  return peaks.slice(0, 9)
}

const isWidest = (strengths: readonly { readonly strength: number }[], i: number): boolean => {
  for (let k = Math.max(0, i - 5); k <= Math.min(strengths.length - 1, i + 5); k++)
    if ((strengths[k]?.strength ?? 0) > (strengths[i]?.strength ?? 0)) return false
  return true
}

const mean = (values: readonly number[]): number =>
  values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length

/** What kicks and snares do within a bar in common music, per beat: how often it fits decides between half and double. */
const TEMPLATES: readonly {
  readonly name: string
  readonly kick: readonly number[]
  readonly snare: readonly number[]
  readonly weight: number
}[] = [
  { name: 'backbeat', kick: [1, 0, 1, 0], snare: [0, 1, 0, 1], weight: 1 },
  { name: 'waltz', kick: [1, 0, 0], snare: [0, 1, 1], weight: 0.8 },
]

const correlate = (a: readonly number[], b: readonly number[]): number => {
  const [ma, mb] = [mean(a), mean(b)]
  let up = 0
  let aa = 0
  let bb = 0
  for (let i = 0; i < a.length; i++) {
    const [x, y] = [(a[i] ?? 0) - ma, (b[i] ?? 0) - mb]
    up += x * y
    aa += x * x
    bb += y * y
  }
  return aa > 0 && bb > 0 ? up / Math.sqrt(aa * bb) : 0
}

/** How much of the bar's shape follows a template: correlation times how far the beats differ at all. */
const templateFit = (kick: readonly number[], snare: readonly number[], template: (typeof TEMPLATES)[number]): number => {
  const m = template.kick.length
  const chunk = m * 4
  let sum = 0
  let count = 0
  for (let from = 0; from + chunk <= kick.length; from += chunk) {
    const kicks = Array.from({ length: m }, (_, j) => mean([0, 1, 2, 3].map((bar) => kick[from + bar * m + j] ?? 0)))
    const snares = Array.from({ length: m }, (_, j) => mean([0, 1, 2, 3].map((bar) => snare[from + bar * m + j] ?? 0)))
    const depth = (values: readonly number[]): number => {
      const most = Math.max(...values)
      return most < 0.5 ? 0 : (most - Math.min(...values)) / most
    }
    if (Math.max(...kicks, ...snares) < 0.5) continue
    let best = 0
    for (let phase = 0; phase < m; phase++) {
      const turned = (values: readonly number[]): number[] => values.map((_, j) => values[(j + phase) % m] ?? 0)
      // A kick on every beat says nothing either way.
      const fit =
        correlate(turned(snares), template.snare) * depth(snares) * 0.65 + correlate(turned(kicks), template.kick) * depth(kicks) * 0.35
      if (fit > best) best = fit
    }
    sum += best
    count++
  }
  return count === 0 ? 0 : sum / count
}

const backbeatOf = (rhythm: Rhythm, beats: readonly number[]): number => {
  const kicks = beats.map((beat) => nearby(rhythm.kick, beat, 3))
  const snares = beats.map((beat) => nearby(rhythm.snare, beat, 3))
  return Math.max(...TEMPLATES.map((template) => template.weight * templateFit(kicks, snares, template)))
}

/** The beats, or the places between them where kick and snare say that those are the beats: busy offbeats can draw the tracker. */
const onTheBeat = (rhythm: Rhythm, beats: readonly number[]): readonly number[] => {
  if (!rhythm.hasDrums || beats.length < 16) return beats
  const between = beats.slice(1).map((beat, i) => Math.round((beat + (beats[i] ?? 0)) / 2))
  const strengthAt = (steps: readonly number[]): number => mean(steps.map((step) => nearby(rhythm.total, step, 3)))
  if (strengthAt(between) < 0.6 * strengthAt(beats)) return beats
  return backbeatOf(rhythm, between) > backbeatOf(rhythm, beats) + 0.2 ? between : beats
}

const judge = (rhythm: Rhythm, period: number, strength: number): TempoCandidate => {
  // Twice: the second time from where the first ended up.
  const first = trackBeats(rhythm.total, period)
  const gaps = first.slice(1).map((step, i) => step - (first[i] ?? 0))
  const sorted = gaps.filter((gap) => gap > period * 0.9 && gap < period * 1.1).sort((a, b) => a - b)
  const trimmed = sorted.slice(Math.floor(sorted.length * 0.1), Math.ceil(sorted.length * 0.9))
  const better = trimmed.length > 4 ? mean(trimmed) : period
  const beats = onTheBeat(rhythm, trackBeats(rhythm.total, better))
  const line = fitLine(
    beats,
    beats.map((beat) => Math.min(2, nearby(rhythm.total, beat, 3))),
  )
  const onBeat = beats.map((beat) => nearby(rhythm.total, beat, 3))
  const kicks = beats.map((beat) => nearby(rhythm.kick, beat, 3))
  const between = (share: number): number[] =>
    beats.slice(1).map((beat, i) => nearby(rhythm.total, (beats[i] ?? 0) + share * (beat - (beats[i] ?? 0)), 2))
  const strong = mean(onBeat)
  const half = mean(between(0.5))
  const thirds = (mean(between(1 / 3)) + mean(between(2 / 3))) / 2
  const firstThird = mean(between(1 / 3))
  const firstQuarter = mean(between(0.25))
  const quarters = (mean(between(0.25)) + mean(between(0.75))) / 2
  let even = 0
  let uneven = 0
  for (let from = 0; from + 8 <= onBeat.length; from += 8) {
    const a = mean([0, 2, 4, 6].map((i) => onBeat[from + i] ?? 0))
    const b = mean([1, 3, 5, 7].map((i) => onBeat[from + i] ?? 0))
    even += a + b
    uneven += Math.abs(a - b)
  }
  const alternation = even === 0 ? 0 : uneven / even
  // Beats that hurry and wait follow a rhythm, not a pulse; a drift does neither from one beat to the next.
  const jitter = mean(gaps.slice(1).map((gap, i) => Math.abs(Math.log(gap / (gaps[i] ?? gap)))))
  const bpm = (60 * STEPS_PER_SECOND) / better
  const prior = -0.5 * (Math.log2(bpm / 112) / 0.62) ** 2
  const backbeat = rhythm.hasDrums ? backbeatOf(rhythm, beats) : 0
  // A swung pair has its second note at two thirds too, but nothing at one third; a half belongs to both.
  const isTernary = thirds > 0.9 * half && thirds > 1.5 * quarters && firstThird > 1.8 * firstQuarter && firstThird > 0.12 * strong
  const kickBetween = mean(beats.slice(1).map((beat, i) => nearby(rhythm.kick, ((beats[i] ?? 0) + beat) / 2, 2)))
  const kickStrong = mean(kicks)
  let kickAll = 0
  for (const value of rhythm.kick) kickAll += value
  let kickNear = 0
  for (const beat of beats) for (let i = Math.max(0, beat - 3); i <= Math.min(rhythm.steps - 1, beat + 3); i++) kickNear += rhythm.kick[i]!
  // Above what any place would get.
  const kickShare = rhythm.hasDrums && kickAll > 0 ? Math.max(0, kickNear / kickAll - 7 / better) : 0
  const offKick = rhythm.hasDrums && !isTernary && kickStrong > 0 ? kickBetween / kickStrong : 0
  const divided = isTernary ? thirds : half
  const filled = strong === 0 ? 0 : divided / strong
  const parts = {
    strength,
    jitter,
    prior,
    backbeat,
    alternation,
    offKick,
    kickShare,
    filled,
    quarters: strong === 0 ? 0 : quarters / strong,
    strong,
  }
  const score =
    1.6 * strength -
    10 * Math.max(0, jitter - 0.02) +
    0.7 * kickShare +
    0.9 * prior +
    2.2 * backbeat +
    0.25 * strong -
    0.9 * Math.max(0, filled - 0.7) -
    (rhythm.hasDrums ? 0.8 : 1.3) * Math.max(0, (rhythm.hasDrums ? 0.05 : 0.25) - filled) -
    0.4 * Math.max(0, offKick - 0.6) -
    0.9 * Math.max(0, alternation - backbeat * 0.5 - 0.1)
  return {
    period: line.period > 0 && Math.abs(line.period / better - 1) < 0.03 ? line.period : better,
    score,
    beats,
    line,
    parts,
    isTernary,
  }
}

/** Candidates for the tapped beat, best first. Empty where nothing repeats. */
export const findTempi = (rhythm: Rhythm, acf = autocorrelation(rhythm.total)): readonly TempoCandidate[] => {
  if (rhythm.isEmpty) return []
  const found = findPeriods(acf)
  // Half and double of the strongest are always asked, peak or not.
  for (const { period } of found.slice(0, 4))
    for (const other of [period / 2, period * 2])
      if (other >= FASTEST_STEPS && other <= SLOWEST_STEPS && !found.some((one) => Math.abs(one.period / other - 1) < 0.03))
        found.push({ period: other, strength: strengthOf(acf, other) })
  const candidates = found.map(({ period, strength }) => judge(rhythm, period, strength))
  candidates.sort((a, b) => b.score - a.score || a.period - b.period)
  return candidates
}
