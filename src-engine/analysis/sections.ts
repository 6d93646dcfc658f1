// Sections: bars that sound alike are put together by dynamic programming (least change within, few and regular borders), sections that sound alike
// get one letter, and names follow from energy, voices and repetition. Features after Serrà et al., "Unsupervised music structure annotation" (2014).
import type { Role } from '../../src-shared/remix/index.ts'

/** One bar: what plays how loud, and in which harmony. */
export interface BarView {
  /** Level of each stem, 0 (silent) .. 1 (as loud as it gets). */
  readonly levels: readonly number[]
  readonly chroma: readonly number[]
  /** Of all stems together in dB; null for silence. */
  readonly levelDb: number | null
}

export interface SectionDraft {
  readonly name: string
  readonly label: string
  readonly startBar: number
  readonly lengthBars: number
  readonly energy: number
  readonly confidence: number
}

const LONGEST_BARS = 24
/** What a border must explain. */
const BORDER = 0.55
/** Sections nearer than this sound alike. */
const ALIKE = 0.5
const HARMONY = 0.55

/** Bars that only ring out belong to what they follow. */
const TAIL_DB = 14

/** How much a bar differs from the next within a section, at least; and what one value may count at most. */
const LEAST_SPREAD = 0.05
const MOST = 4

/**
 * What plays in each bar, in units of how much it changes from bar to bar anyway: what is always on the move says little about borders. Harmony is that of
 * the four bars around, because chords turn within a section.
 */
const describe = (bars: readonly BarView[]): number[][] => {
  const rows = bars.map((bar, i) => {
    const around = bars.slice(Math.max(0, i - 1), i + 3)
    const chroma = bar.chroma.map((_, k) => around.reduce((sum, one) => sum + (one.chroma[k] ?? 0), 0) / around.length)
    return [...bar.levels, ...chroma.map((value) => value * HARMONY), Math.max(0, Math.min(1, ((bar.levelDb ?? -60) + 50) / 40))]
  })
  const size = rows[0]?.length ?? 0
  const scales = Array.from({ length: size }, (_, k) => {
    const steps = rows.slice(1).map((row, i) => Math.abs((row[k] ?? 0) - (rows[i]?.[k] ?? 0)))
    steps.sort((a, b) => a - b)
    return LEAST_SPREAD + (steps[Math.floor(steps.length * 0.6)] ?? 0)
  })
  const mean = Array.from({ length: size }, (_, k) => rows.reduce((sum, row) => sum + (row[k] ?? 0), 0) / rows.length)
  // Many stems together count no more than a few.
  const share = 1 / Math.sqrt(size)
  return rows.map((row) => row.map((value, k) => Math.max(-MOST, Math.min(MOST, (value - (mean[k] ?? 0)) / (scales[k] ?? 1))) * share))
}

/** What a length costs, in units of one border: music is written in fours and eights. */
const lengthCost = (bars: number): number => {
  if (bars % 8 === 0) return bars > 16 ? 0.35 : 0
  if (bars % 4 === 0) return 0.15
  if (bars % 2 === 0) return bars < 4 ? 1.2 : 0.5
  return bars < 3 ? 4 : 1.8
}

const distanceOf = (a: readonly number[], b: readonly number[]): number => {
  let sum = 0
  for (let i = 0; i < a.length; i++) sum += ((a[i] ?? 0) - (b[i] ?? 0)) ** 2
  return Math.sqrt(sum)
}

/** Sections over bars, in order, without gaps. Fewer than four bars have none. */
export const findSections = (bars: readonly BarView[], roles: readonly Role[]): readonly SectionDraft[] => {
  if (bars.length < 4 || bars.every(({ levelDb }) => levelDb === null)) return []
  const loudest = Math.max(...bars.map(({ levelDb }) => levelDb ?? -60))
  let count = bars.length
  while (count > 4 && (bars[count - 1]?.levelDb ?? -60) < loudest - TAIL_DB && bars.length - count < 4) count--
  const vectors = describe(bars.slice(0, count))
  const size = vectors[0]?.length ?? 0
  const sums = [new Float64Array(size)]
  const squares = [0]
  for (let i = 0; i < count; i++) {
    const next = Float64Array.from(sums[i] as Float64Array)
    let square = squares[i] ?? 0
    for (let k = 0; k < size; k++) {
      const value = vectors[i]?.[k] ?? 0
      next[k]! += value
      square += value * value
    }
    sums.push(next)
    squares.push(square)
  }
  const within = (from: number, to: number): number => {
    let means = 0
    for (let k = 0; k < size; k++) means += (sums[to]![k]! - sums[from]![k]!) ** 2
    return squares[to]! - squares[from]! - means / (to - from)
  }
  // A border must explain more than a bar's ordinary change.
  const border = BORDER
  const best = new Float64Array(count + 1).fill(Number.POSITIVE_INFINITY)
  const from = new Int32Array(count + 1)
  best[0] = 0
  for (let to = 1; to <= count; to++)
    for (let length = 1; length <= Math.min(LONGEST_BARS, to); length++) {
      const start = to - length
      const cost =
        best[start]! + within(start, to) + border * (1 + lengthCost(to === count && length % 4 !== 0 ? length + 4 - (length % 4) : length))
      if (cost < best[to]! - 1e-9) {
        best[to] = cost
        from[to] = start
      }
    }
  const borders: number[] = []
  for (let to = count; to > 0; to = from[to]!) borders.push(from[to]!)
  borders.reverse()
  const parts = borders.map((start, i) => {
    const end = borders[i + 1] ?? count
    const mean = Array.from({ length: size }, (_, k) => (sums[end]![k]! - sums[start]![k]!) / (end - start))
    const levels = bars.slice(start, end).map(({ levelDb }) => levelDb ?? -60)
    return { start, end, mean, level: levels.reduce((a, b) => a + b, 0) / levels.length }
  })

  const letters: number[] = []
  const models: number[][] = []
  for (const { mean } of parts) {
    let nearest = -1
    let least = ALIKE
    models.forEach((model, k) => {
      const apart = distanceOf(model, mean)
      if (apart < least) {
        least = apart
        nearest = k
      }
    })
    if (nearest < 0) {
      models.push(mean)
      letters.push(models.length - 1)
    } else letters.push(nearest)
  }

  const lowest = Math.min(...parts.map(({ level }) => level))
  const highest = Math.max(...parts.map(({ level }) => level))
  const energies = parts.map(({ level }) => (highest - lowest < 0.5 ? 1 : (level - lowest) / (highest - lowest)))
  const play = (role: Role, i: number): number => {
    const { start, end } = parts[i] ?? { start: 0, end: 1 }
    let most = 0
    roles.forEach((one, k) => {
      if (one !== role) return
      const mean = bars.slice(start, end).reduce((sum, bar) => sum + (bar.levels[k] ?? 0), 0) / (end - start)
      most = Math.max(most, mean)
    })
    return most
  }
  const hasVoices = parts.some((_, i) => play('vocals', i) > 0.3)
  const times = (letter: number): number => letters.filter((one) => one === letter).length
  const energyOf = (letter: number): number => {
    const own = energies.filter((_, i) => letters[i] === letter)
    return own.reduce((a, b) => a + b, 0) / own.length
  }
  // The chorus is the loudest thing that comes back; else the loudest that is long enough.
  const kinds = [...new Set(letters)]
  const loud = kinds
    .filter((letter) => letters.some((one, i) => one === letter && (parts[i]?.end ?? 0) - (parts[i]?.start ?? 0) >= 4))
    .sort((a, b) => energyOf(b) + 0.25 * Math.min(2, times(b) - 1) - (energyOf(a) + 0.25 * Math.min(2, times(a) - 1)) || a - b)
  const chorus = parts.length >= 3 ? loud[0] : undefined
  const verse = kinds.find(
    (letter) => letter !== chorus && (hasVoices ? letters.some((one, i) => one === letter && play('vocals', i) > 0.3) : times(letter) > 1),
  )
  const firstChorus = letters.indexOf(chorus ?? -1)
  const nameOf = (i: number): string => {
    const letter = letters[i] ?? 0
    const energy = energies[i] ?? 0
    const isSung = play('vocals', i) > 0.3
    if (i === 0 && parts.length > 1 && (!isSung || energy < 0.5) && letter !== chorus) return 'Intro'
    if (i === parts.length - 1 && i > 0 && letter !== chorus && (!isSung || energy < 0.6)) return 'Outro'
    if (letter === chorus) return hasVoices ? 'Chorus' : 'Drop'
    if (letter === verse) return 'Verse'
    if (play('drums', i) < 0.15 && roles.includes('drums') && i > firstChorus) return 'Break'
    if (letters[i + 1] === chorus && (parts[i]?.end ?? 0) - (parts[i]?.start ?? 0) <= 8 && i > 0) return 'Build'
    if (i > firstChorus && firstChorus >= 0 && times(letter) === 1) return 'Bridge'
    return isSung ? 'Verse' : `Section ${String.fromCharCode(65 + (letter % 26))}`
  }
  return parts.map(({ start, end, mean }, i) => {
    const before = parts[i - 1]
    // Clear where it sets itself off from what came before.
    const apart = before ? distanceOf(before.mean, mean) : 0.8
    return {
      name: nameOf(i),
      label: String.fromCharCode(65 + ((letters[i] ?? 0) % 26)),
      startBar: start + 1,
      lengthBars: (i === parts.length - 1 ? bars.length : end) - start,
      energy: Math.round((energies[i] ?? 0) * 1_000) / 1_000,
      confidence: Math.round(Math.max(0, Math.min(1, apart / 1.6)) * 1_000) / 1_000,
    }
  })
}
