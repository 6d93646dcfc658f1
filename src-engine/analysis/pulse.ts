// Tempo, meter, beats and downbeats of stems together: the candidates of `tempo.ts` read as notation, with what the work states about its meter,
// and beats laid through the onsets to the millisecond.
import type { BeatsFinding, TempoFinding } from '../../src-shared/protocol/index.ts'
import { findDownbeat, meterEvidence, viewBeats } from './bars.ts'
import { fitLine } from './beats.ts'
import type { Chroma } from './key.ts'
import type { Onset } from './onsets.ts'
import { gatherRhythm, type Rhythm, type RhythmStem } from './rhythm.ts'
import { SOUND_RATE, STEP, STEPS_PER_SECOND } from './stem-features.ts'
import { autocorrelation, findTempi, repeatAt, type TempoCandidate } from './tempo.ts'

export interface Meter {
  readonly numerator: number
  readonly denominator: number
}

export interface PulseStem extends RhythmStem {
  readonly chroma: Chroma
  readonly onsets: readonly Onset[]
}

export interface Pulse {
  readonly tempo: TempoFinding
  readonly meter: Meter & { readonly confidence: number }
  readonly beats: BeatsFinding
}

const clamp = (value: number): number => Math.max(0, Math.min(1, value))
const round3 = (value: number): number => Math.round(clamp(value) * 1_000) / 1_000

/** A candidate read as notation: steps per quarter note, and steps per counted beat. */
interface Reading {
  readonly candidate: TempoCandidate
  readonly quarter: number
  readonly counted: number
  readonly meter: Meter | null
}

const ODD_MARGIN = 1.06

/** Whether bars of seven or five of these eighths repeat better than the usual ones. */
const oddBars = (acf: Float64Array, eighth: number): number | null => {
  const at = (count: number): number => repeatAt(acf, eighth * count)
  for (const bar of [7, 5]) {
    const own = at(bar)
    const others = bar === 7 ? [6, 8, 4] : [4, 6]
    if (own < 0.1 || others.some((count) => own < at(count) * ODD_MARGIN)) continue
    const isTwiceToo =
      eighth * bar * 2 > acf.length - 4 ||
      others.every((count) => eighth * count * 2 > acf.length - 4 || at(bar * 2) >= at(count * 2) * ODD_MARGIN)
    if (isTwiceToo) return bar
  }
  return null
}

const quarterPrior = (quarter: number): number => -0.5 * (Math.log2((60 * STEPS_PER_SECOND) / quarter / 112) / 0.62) ** 2

const readCandidate = (candidate: TempoCandidate, acf: Float64Array, stated: Meter | null): Reading => {
  const { period } = candidate
  if (stated) {
    if (stated.denominator === 8 && stated.numerator % 3 === 0) {
      const quarter = (period * 2) / 3
      return { candidate, quarter, counted: quarter / 2, meter: stated }
    }
    if (stated.denominator === 8 && stated.numerator % 2 === 1) {
      // The tapped beat may be the quarter or the eighth: whichever makes the stated bar come back.
      const [slow, fast] = [period / 2, period] as const
      const fits = (eighth: number): number => repeatAt(acf, eighth * stated.numerator) + 0.25 * quarterPrior(eighth * 2)
      const eighth = fits(slow) >= fits(fast) ? slow : fast
      return { candidate, quarter: eighth * 2, counted: eighth, meter: stated }
    }
    const counted = (period * 4) / stated.denominator
    return { candidate, quarter: period, counted, meter: stated }
  }
  if (candidate.isTernary) return { candidate, quarter: (period * 2) / 3, counted: period / 3, meter: { numerator: 6, denominator: 8 } }
  for (const eighth of [period / 2, period]) {
    if (eighth < 12 || eighth > 50) continue
    const bar = oddBars(acf, eighth)
    if (bar !== null) return { candidate, quarter: eighth * 2, counted: eighth, meter: { numerator: bar, denominator: 8 } }
  }
  return { candidate, quarter: period, counted: period, meter: null }
}

/** Threes need more proof than twos: where the same quarters explain nearly as much, or the work states quarters, they go first. */
const rank = (readings: readonly Reading[], stated: Meter | null): readonly Reading[] => {
  if (stated?.denominator === 4) {
    const plain = readings.filter(({ candidate }) => !candidate.isTernary)
    return plain.length > 0 ? plain : readings
  }
  const [best] = readings
  if (!best || stated || !best.candidate.isTernary) return readings
  const rival = readings.find(
    ({ candidate, quarter }) =>
      !candidate.isTernary && Math.abs(quarter / best.quarter - 1) < 0.02 && candidate.score > best.candidate.score - 0.4,
  )
  return rival ? [rival, ...readings.filter((reading) => reading !== rival)] : readings
}

const milliBpmOf = (quarter: number): number => Math.round((60_000 * STEPS_PER_SECOND) / quarter)
const isInRange = (milliBpm: number): boolean => milliBpm >= 10_000 && milliBpm <= 800_000

const relationOf = (milliBpm: number, to: number): TempoFinding['candidates'][number]['relation'] => {
  const near = (ratio: number): boolean => Math.abs(milliBpm / to / ratio - 1) < 0.02
  return near(1) ? 'detected' : near(0.5) ? 'half' : near(2) ? 'double' : near(2 / 3) ? 'two-thirds' : near(1.5) ? 'three-halves' : 'other'
}

/** Slowest and fastest tempo over eight beats, without the outermost tenth: what a lost beat does is no change of tempo. */
const paceOf = (beats: readonly number[]): { readonly slowest: number; readonly fastest: number } | undefined => {
  const SPAN = 12
  const periods: number[] = []
  for (let i = 0; i + SPAN < beats.length; i += 2) periods.push(fitLine(beats.slice(i, i + SPAN + 1)).period)
  if (periods.length < 2) return undefined
  periods.sort((a, b) => a - b)
  const at = (share: number): number => periods[Math.min(periods.length - 1, Math.floor(share * periods.length))] as number
  return { slowest: at(0.92), fastest: at(0.08) }
}

/** Moves beats (in frames) onto the onsets nearest to them, as one line where the tempo is steady. */
const alignToOnsets = (
  beats: readonly number[],
  onsets: readonly Onset[],
  isSteady: boolean,
): { readonly frames: number[]; readonly periodFrames: number } => {
  const reach = SOUND_RATE * 0.045
  const matched: number[] = []
  const weights: number[] = []
  let from = 0
  for (const beat of beats) {
    while (from < onsets.length && onsets[from]!.frame < beat - reach) from++
    let nearest: Onset | undefined
    for (let k = from; k < onsets.length && onsets[k]!.frame <= beat + reach; k++) {
      const one = onsets[k]!
      if (
        !nearest ||
        one.strength * (1 - Math.abs(one.frame - beat) / reach / 2) > nearest.strength * (1 - Math.abs(nearest.frame - beat) / reach / 2)
      )
        nearest = one
    }
    matched.push(nearest ? nearest.frame : beat)
    weights.push(nearest ? nearest.strength : 0)
  }
  const heard = weights.filter((weight) => weight > 0).length
  const raw = fitLine(beats)
  if (!isSteady) return { frames: matched.map(Math.round), periodFrames: raw.period }
  const line = heard >= 8 ? fitLine(matched, weights) : raw
  return { frames: beats.map((_, i) => Math.round(line.start + i * line.period)), periodFrames: line.period }
}

/** Steady beats go on to both ends of the sound. */
const extend = (frames: readonly number[], period: number, lengthFrames: number): number[] => {
  const first = frames[0] ?? 0
  const before = Math.max(0, Math.floor((first + period * 0.04) / period))
  const out: number[] = []
  for (let k = before; k > 0; k--) out.push(Math.max(0, Math.round(first - k * period)))
  out.push(...frames.filter((frame) => frame >= 0 && frame < lengthFrames))
  let last = out.at(-1) ?? 0
  while (last + period < lengthFrames) {
    last += period
    out.push(Math.round(last))
  }
  return out
}

const mergedOnsets = (stems: readonly PulseStem[], rhythm: Rhythm): Onset[] => {
  const drums = stems.filter(({ role }) => role === 'drums')
  const used = rhythm.hasDrums && drums.length > 0 ? drums : stems.filter(({ role }) => role !== 'effects' && role !== 'vocals')
  return (used.length > 0 ? used : stems).flatMap(({ onsets }) => onsets).sort((a, b) => a.frame - b.frame || b.strength - a.strength)
}

/** What pulse some stems have together; null where there is none to be found. `stated` is the meter where the work states one. */
export const findPulse = (stems: readonly PulseStem[], stated: Meter | null): Pulse | null => {
  const rhythm = gatherRhythm(stems)
  const lengthFrames = stems.reduce((most, { features }) => Math.max(most, features.lengthFrames), 0)
  const acf = autocorrelation(rhythm.total)
  const readings = rank(
    findTempi(rhythm, acf).map((candidate) => readCandidate(candidate, acf, stated)),
    stated,
  )
  const [best] = readings
  if (!best || best.candidate.beats.length < 8) return null
  const { candidate } = best
  const pace = paceOf(candidate.beats)
  const isSteady = pace === undefined || (pace.slowest / pace.fastest < 1.022 && candidate.line.spread < 4)
  // Beats as tapped, then divided or joined into what the meter counts.
  const onsets = mergedOnsets(stems, rhythm)
  const tapped = candidate.beats.map((step) => step * STEP)
  const onLine = isSteady ? candidate.beats.map((_, i) => (candidate.line.start + i * candidate.line.period) * STEP) : tapped
  const aligned = alignToOnsets(onLine, onsets, isSteady)
  const perTap = candidate.period / best.counted
  const divisions = Math.max(1, Math.round(perTap))
  const counted = divisions === 1 ? aligned.frames : divide(aligned.frames, divisions)
  const countedPeriod = aligned.periodFrames / divisions
  const quarterFrames = isSteady ? (aligned.periodFrames * best.quarter) / candidate.period : best.quarter * STEP
  const milliBpm = Math.round((60_000 * SOUND_RATE) / quarterFrames)
  if (!isInRange(milliBpm)) return null
  const frames = extend(counted, countedPeriod, lengthFrames)

  const view = viewBeats(
    frames.map((frame) => frame / STEP),
    rhythm,
    {
      chromas: stems.filter(({ role }) => role !== 'drums' && role !== 'effects').map(({ chroma }) => ({ chroma, weight: 1 })),
      bassFlux: bassFluxOf(stems, rhythm.steps),
    },
  )
  const meter = chooseMeter(view, best)
  const barBeats = meter.numerator
  const downbeat = findDownbeat(view, barBeats)

  const confidence = tempoConfidence(readings, isSteady, rhythm)
  const seen = new Set<string>()
  const candidates = readings
    .map((reading) => ({ reading, milliBpm: reading === best ? milliBpm : milliBpmOf(reading.quarter) }))
    .filter(({ milliBpm: value }) => isInRange(value))
    .filter(({ milliBpm: value }) => {
      const relation = relationOf(value, milliBpm)
      const name = relation === 'other' ? String(Math.round(value / 1_000)) : relation
      if (seen.has(name)) return false
      seen.add(name)
      return true
    })
    .slice(0, 5)
  const shares = candidates.map(({ reading }) => Math.exp((reading.candidate.score - candidate.score) / 0.35))
  const rest = shares.slice(1).reduce((a, b) => a + b, 0)
  return {
    tempo: {
      milliBpm,
      confidence,
      isSteady,
      slowestMilliBpm: isSteady || !pace ? milliBpm : Math.min(milliBpm, Math.round((milliBpm * candidate.period) / pace.slowest)),
      fastestMilliBpm: isSteady || !pace ? milliBpm : Math.max(milliBpm, Math.round((milliBpm * candidate.period) / pace.fastest)),
      candidates: candidates.map(({ milliBpm: value }, i) => ({
        milliBpm: value,
        relation: relationOf(value, milliBpm),
        confidence: i === 0 ? confidence : round3(Math.min(confidence, ((1 - confidence) * (shares[i] ?? 0)) / Math.max(rest, 1e-9))),
      })),
    },
    meter,
    beats: {
      frames,
      confidence: round3(confidence * (isSteady ? 1 : 0.8)),
      beatsPerBar: barBeats,
      beatsPerQuarter: meter.denominator === 8 ? 2 : 1,
      firstDownbeat: Math.min(downbeat.phase, Math.max(0, frames.length - 1)),
      downbeatConfidence: round3(downbeat.confidence * confidence),
    },
  }
}

const divide = (frames: readonly number[], parts: number): number[] =>
  frames.flatMap((frame, i) => {
    const next = frames[i + 1]
    return Array.from({ length: next === undefined ? 1 : parts }, (_, k) => Math.round(frame + ((next ?? frame) - frame) * (k / parts)))
  })

const bassFluxOf = (stems: readonly PulseStem[], steps: number): Float32Array => {
  const sum = new Float32Array(steps)
  for (const { features, role } of stems) {
    if (role !== 'bass') continue
    const [low, body] = features.flux
    for (let i = 0; i < steps; i++) sum[i]! += (low?.[i] ?? 0) + 0.5 * (body?.[i] ?? 0)
  }
  return sum
}

const chooseMeter = (view: ReturnType<typeof viewBeats>, { meter }: Reading): Meter & { readonly confidence: number } => {
  if (meter && meter.numerator !== 6) return { ...meter, confidence: round3(meterEvidence(view, meter.numerator) * 2) }
  if (meter) return { ...meter, confidence: round3(0.4 + meterEvidence(view, 6)) }
  const three = meterEvidence(view, 3)
  // Bars of four repeat every two as well: that alone is no reason for a shorter bar.
  const four = meterEvidence(view, 4)
  const isThree = three > four + 0.03
  const margin = Math.abs(three - four)
  return { numerator: isThree ? 3 : 4, denominator: 4, confidence: round3((isThree ? 0.3 : 0.45) + margin * 2.5) }
}

/** How far to trust the tempo: repetition, distance to the next reading, a pulse that holds. */
const tempoConfidence = (readings: readonly Reading[], isSteady: boolean, rhythm: Rhythm): number => {
  const [best] = readings
  if (!best) return 0
  const { candidate } = best
  const strength = clamp(((candidate.parts.strength ?? 0) - 0.14) / 0.35)
  const rival = readings.find((reading) => Math.abs(Math.log(reading.quarter / best.quarter)) > 0.03)
  const margin = rival ? clamp(0.45 + (candidate.score - rival.candidate.score) * 0.5) : 1
  const enough = clamp(candidate.beats.length / 24)
  return round3(strength * margin * enough * (isSteady ? 1 : 0.55) * (rhythm.hasDrums ? 1 : 0.85))
}
