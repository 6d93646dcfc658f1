// What somebody likes, learned on this computer from what they kept and rejected: logistic regression over what recipes do. Small on purpose:
// it starts from nothing, learns in a millisecond, is the same for the same marks, and never leaves the machine.

export type Features = Readonly<Record<string, number>>

export interface Example {
  readonly features: Features
  readonly isLiked: boolean
}

/** Fewest marks of each kind before a guess is worth showing. */
export const FEWEST_MARKS = 3
const ROUNDS = 300
const RATE = 0.4
/** Pulls weights towards nothing: few marks must not make strong opinions. */
const SHRINK = 0.02

const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x))

export interface Ranker {
  /** How likely it is to please, 0..1. */
  score(features: Features): number
}

/** Learns from marks; null where there are too few of either kind. */
export const learnRanker = (examples: readonly Example[]): Ranker | null => {
  const liked = examples.filter((one) => one.isLiked).length
  if (liked < FEWEST_MARKS || examples.length - liked < FEWEST_MARKS) return null
  const names = [...new Set(examples.flatMap((one) => Object.keys(one.features)))].sort()
  const rows = examples.map((one) => names.map((name) => one.features[name] ?? 0))
  const weights = new Array<number>(names.length).fill(0)
  let bias = 0
  // Rejects are cheap and many: both sides weigh the same.
  const weightOf = (isLiked: boolean): number => examples.length / (2 * (isLiked ? liked : examples.length - liked))
  for (let round = 0; round < ROUNDS; round++) {
    const slope = new Array<number>(names.length).fill(0)
    let biasSlope = 0
    for (const [i, row] of rows.entries()) {
      const isLiked = examples[i]?.isLiked === true
      const guess = sigmoid(row.reduce((sum, value, n) => sum + value * (weights[n] ?? 0), bias))
      const error = (guess - (isLiked ? 1 : 0)) * weightOf(isLiked)
      for (const [n, value] of row.entries()) slope[n] = (slope[n] ?? 0) + error * value
      biasSlope += error
    }
    for (const [n, weight] of weights.entries()) weights[n] = weight - RATE * ((slope[n] ?? 0) / rows.length + SHRINK * weight)
    bias -= (RATE * biasSlope) / rows.length
  }
  const byName = new Map(names.map((name, n) => [name, weights[n] ?? 0]))
  return {
    score: (features) => sigmoid(Object.entries(features).reduce((sum, [name, value]) => sum + value * (byName.get(name) ?? 0), bias)),
  }
}
