// Beats for a known tempo, by dynamic programming: Ellis, "Beat tracking by dynamic programming" (2007). Then, where the tempo holds, on a straight
// line through them, which is more exact than any single onset.

/** Weight of an even pace against strong onsets. */
const TIGHTNESS = 220

/** Smooths onset strength so that a beat a few steps off still counts. */
const blurred = (curve: Float32Array): Float32Array => {
  const weights = [0.1, 0.35, 0.75, 1, 0.75, 0.35, 0.1]
  const out = new Float32Array(curve.length)
  for (let i = 0; i < curve.length; i++) {
    let sum = 0
    for (let k = -3; k <= 3; k++) sum += (weights[k + 3] as number) * (curve[i + k] ?? 0)
    out[i] = sum / 2
  }
  return out
}

/** Steps of the best train of beats about `period` steps apart, through the whole curve. */
export const trackBeats = (curve: Float32Array, period: number): number[] => {
  const strength = blurred(curve)
  const count = strength.length
  const score = new Float64Array(count)
  const before = new Int32Array(count).fill(-1)
  const shortest = Math.max(1, Math.round(period * 0.75))
  const longest = Math.round(period * 1.34)
  const costs = Float64Array.from({ length: longest + 1 }, (_, lag) => (lag < shortest ? 0 : -TIGHTNESS * Math.log(lag / period) ** 2))
  for (let i = 0; i < count; i++) {
    let best = 0
    let from = -1
    for (let lag = shortest; lag <= longest && lag <= i; lag++) {
      const value = score[i - lag]! + costs[lag]!
      if (value > best) {
        best = value
        from = i - lag
      }
    }
    score[i] = strength[i]! + best
    before[i] = from
  }
  let last = -1
  for (let i = Math.max(0, count - Math.round(period * 2)); i < count; i++) if (last < 0 || score[i]! > score[last]!) last = i
  const beats: number[] = []
  for (let i = last; i >= 0; i = before[i]!) beats.push(i)
  return beats.reverse()
}

export interface Line {
  /** Step of beat 0 and steps from beat to beat. */
  readonly start: number
  readonly period: number
  /** Spread of the beats around the line, in steps. */
  readonly spread: number
}

/** The straight line through beats that lies nearest to most of them: least squares, thrice, each without the strays of the last. */
export const fitLine = (beats: readonly number[], weights?: readonly number[]): Line => {
  let kept = beats.map((step, i) => ({ i, step, weight: weights?.[i] ?? 1 })).filter(({ weight }) => weight > 0)
  let line: Line = { start: beats[0] ?? 0, period: 1, spread: 0 }
  for (let round = 0; round < 3; round++) {
    let sum = 0
    let sumI = 0
    let sumStep = 0
    for (const { i, step, weight } of kept) {
      sum += weight
      sumI += weight * i
      sumStep += weight * step
    }
    if (sum === 0 || kept.length < 2) return line
    const middle = sumI / sum
    const middleStep = sumStep / sum
    let up = 0
    let down = 0
    for (const { i, step, weight } of kept) {
      up += weight * (i - middle) * (step - middleStep)
      down += weight * (i - middle) ** 2
    }
    const period = down === 0 ? 1 : up / down
    const start = middleStep - middle * period
    let squares = 0
    for (const { i, step, weight } of kept) squares += weight * (step - start - i * period) ** 2
    const spread = Math.sqrt(squares / sum)
    line = { start, period, spread }
    const limit = Math.max(2, 2 * spread)
    const nearer = kept.filter(({ i, step }) => Math.abs(step - start - i * period) <= limit)
    if (nearer.length < kept.length / 2) return line
    kept = nearer
  }
  return line
}

/** The highest value of a curve within a few steps of a place. */
export const nearby = (curve: Float32Array, place: number, reach: number): number => {
  const from = Math.max(0, Math.round(place) - reach)
  const to = Math.min(curve.length - 1, Math.round(place) + reach)
  let most = 0
  for (let i = from; i <= to; i++) if (curve[i]! > most) most = curve[i]!
  return most
}
