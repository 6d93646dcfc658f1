// Drum hits from a drum stem: kick, snare and hat each have a curve of their own (bass; body with presence; air), and where two of them rise
// at once the balance of their levels decides who played.
import type { DrumHit } from '../../src-shared/protocol/index.ts'
import { pickPeaks, placeOnset, quantile } from './onsets.ts'
import type { StemFeatures } from './stem-features.ts'

type Drum = 'kick' | 'snare' | 'hat'

interface Strike {
  readonly step: number
  readonly kick: number
  readonly snare: number
  readonly hat: number
  /** Mean square just after, over what was there before. */
  readonly low: number
  readonly body: number
  readonly presence: number
  readonly air: number
}

/** What a level rose by around a step. */
const riseOf = (power: Float32Array, step: number): number => {
  let after = 0
  for (let i = step; i <= step + 4; i++) after = Math.max(after, power[i] ?? 0)
  let before = Number.POSITIVE_INFINITY
  for (let i = step - 5; i <= step - 2; i++) before = Math.min(before, power[i] ?? 0)
  return Math.max(0, after - before)
}

const db = (ratio: number): number => 10 * Math.log10(Math.max(ratio, 1e-12))

export interface Transcription {
  readonly hits: readonly DrumHit[]
  /** How clearly the stem is made of hits at all. */
  readonly confidence: number
}

/** Hits of a stem, ascending. `only` is the drum a stem is known to hold by its name. */
export const transcribeDrums = (features: StemFeatures, only: Drum | null = null): Transcription => {
  const [lowFlux, bodyFlux, presenceFlux, airFlux] = features.flux as [Float32Array, Float32Array, Float32Array, Float32Array]
  const [low, body, presence, air] = features.power as [Float32Array, Float32Array, Float32Array, Float32Array]
  if (features.isSilent) return { hits: [], confidence: 0 }
  const steps = lowFlux.length
  const all = new Float32Array(steps)
  for (let i = 0; i < steps; i++) all[i] = lowFlux[i]! + bodyFlux[i]! + presenceFlux[i]! + airFlux[i]!
  const strong = quantile(
    all.filter((value) => value > 0.05),
    0.97,
  )
  if (strong === 0) return { hits: [], confidence: 0 }
  const strikes: Strike[] = pickPeaks(all, { least: strong * 0.1, ratio: 1.5 }).map((step) => {
    const near = (curve: Float32Array): number => Math.max(curve[step - 1] ?? 0, curve[step] ?? 0, curve[step + 1] ?? 0)
    return {
      step,
      kick: near(lowFlux),
      snare: Math.sqrt(near(bodyFlux) * near(presenceFlux)),
      hat: near(airFlux),
      low: riseOf(low, step),
      body: riseOf(body, step),
      presence: riseOf(presence, step),
      air: riseOf(air, step),
    }
  })
  const loudest = (of: (strike: Strike) => number): number => quantile(strikes.map(of), 0.95)
  const most = { low: loudest(({ low: v }) => v), presence: loudest((s) => s.presence + s.body), air: loudest(({ air: v }) => v) }
  const whole = loudest((s) => s.low + s.body + s.presence + s.air)
  const isKickLike = (strike: Strike): boolean =>
    strike.kick > 0.25 &&
    db(strike.low / most.low) > -14 &&
    db(strike.low / whole) > -22 &&
    db(strike.low / (strike.presence + strike.air * 0.5)) > 1
  // What presence a kick alone has, so that a snare on top of one is heard by what it adds.
  const kickAlone = quantile(
    strikes.filter(isKickLike).map(({ presence: value }) => value),
    0.2,
  )
  const found: { drum: Drum; step: number; level: number }[] = []
  for (const strike of strikes) {
    const middle = strike.presence + strike.body
    if (only !== null) {
      found.push({ drum: only, step: strike.step, level: strike.low + middle + strike.air })
      continue
    }
    const total = strike.low + middle + strike.air
    // A kick is mostly bass; a snare has some, but its noise is as loud.
    const isKick = isKickLike(strike)
    const noise = strike.presence + strike.air
    const isSnare =
      strike.snare > 0.6 &&
      db(middle / most.presence) > -13 &&
      db(noise / (strike.low + strike.body)) > (isKick ? -24 : -13) &&
      db(strike.presence / (strike.air + 1e-12)) > -7 &&
      db(middle / whole) > -18 &&
      (!isKick || db(strike.presence / kickAlone) > 8)
    // Under a snare a hat cannot be told from its rattle.
    const isHat =
      !isSnare &&
      strike.hat > 0.3 &&
      db(strike.air / most.air) > -20 &&
      (db(strike.air / (total + 1e-12)) > -6 || (isKick && db(strike.air / most.air) > -9))
    if (isKick) found.push({ drum: 'kick', step: strike.step, level: strike.low })
    if (isSnare) found.push({ drum: 'snare', step: strike.step, level: middle })
    if (isHat) found.push({ drum: 'hat', step: strike.step, level: strike.air })
  }
  const reference = new Map<Drum, number>()
  for (const drum of ['kick', 'snare', 'hat'] as const)
    reference.set(
      drum,
      quantile(
        found.filter((one) => one.drum === drum).map(({ level }) => level),
        0.9,
      ),
    )
  const hits = found.map(({ drum, step, level }): DrumHit => {
    const against = reference.get(drum) ?? level
    const velocity = Math.round(112 * (against > 0 ? Math.min(1.13, Math.sqrt(level / against)) : 1))
    const frame = Math.min(
      Math.max(0, features.lengthFrames - 1),
      placeOnset(step, ...(drum === 'kick' ? [features.fineLow, features.fine] : [features.fine])),
    )
    return { frame, drum, velocity: Math.max(1, Math.min(127, velocity)) }
  })
  hits.sort((a, b) => a.frame - b.frame || (a.drum < b.drum ? -1 : 1))
  // Hits stand out of what is between them; noise and held chords do not.
  const isNear = new Uint8Array(steps)
  for (const { step } of strikes) isNear.fill(1, Math.max(0, step - 3), step + 4)
  let near = 0
  let sum = 0
  let covered = 0
  for (let i = 0; i < steps; i++) {
    sum += all[i]!
    if (isNear[i] === 0) continue
    near += all[i]!
    covered++
  }
  const chance = covered / steps
  const percussive = sum === 0 || chance >= 1 ? 0 : Math.max(0, Math.min(1, ((near / sum - chance) / (1 - chance) - 0.3) / 0.5))
  return { hits, confidence: Math.round(percussive * Math.min(1, hits.length / 16) * 1_000) / 1_000 }
}
