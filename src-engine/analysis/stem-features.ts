// One pass over one stem: what all musical analysis is made of. Streams in blocks, so memory grows by the features only (about 30 kB a minute of
// onset strength); silent stretches cost nothing. Everything is plain arithmetic in a fixed order: the same figures each time.
import type { PcmSource } from '../files/index.ts'
import { cosineOf, createPowerSpectra } from './fourier.ts'
import { createDecimator, TONAL_RATE } from './decimator.ts'

export const SOUND_RATE = 48_000
/** Frames of sound per step of the onset and energy curves: 10 ms. */
export const STEP = 480
export const STEPS_PER_SECOND = SOUND_RATE / STEP
/** Frames per value of the fine envelope that onsets are placed by: 1 ms. */
export const FINE = 48

const WINDOW = 1_024
const BLOCK = STEP * 64
/** Steps of the tonal spectra: 128 ms at 8 kHz. */
const TONAL_WINDOW = 4_096
const TONAL_STEP = 1_024
export const TONAL_STEP_FRAMES = TONAL_STEP * (SOUND_RATE / TONAL_RATE)

/** Frequency groups of the curves: kick and bass, bodies, presence, air. */
export const GROUPS = 4
const GROUP_EDGES_HZ = [0, 150, 700, 5_000, 24_000] as const

export const PROFILE_BANDS_HZ = [
  25, 31.5, 40, 50, 63, 80, 100, 125, 160, 200, 250, 315, 400, 500, 630, 800, 1_000, 1_250, 1_600, 2_000, 2_500, 3_150, 4_000, 5_000, 6_300,
  8_000, 10_000, 12_500, 16_000,
] as const

/** A spectral peak of one tonal step. */
export interface TonalPeaks {
  /** First peak of each step, and one past the last. */
  readonly starts: Uint32Array
  /** Pitch in semitones, 69 is 440 Hz, with fractions. */
  readonly pitch: Float32Array
  /** Amplitude, full-scale sine is 1. */
  readonly level: Float32Array
}

export interface StemFeatures {
  readonly lengthFrames: number
  /** True where nothing rises above -72 dBFS. */
  readonly isSilent: boolean
  /** Onset strength per step for each group. */
  readonly flux: readonly Float32Array[]
  /** Mean square per step for each group. */
  readonly power: readonly Float32Array[]
  /** Mean square per millisecond of the sound without its bass, then of the bass alone. */
  readonly fine: Float32Array
  readonly fineLow: Float32Array
  readonly peaks: TonalPeaks
  /** Mean square over the whole stem in each third-octave band. */
  readonly bands: Float64Array
  readonly centroidHz: number
  readonly peak: number
}

/** Log-spaced bands over the bins of the short spectrum: narrow enough that vibrato stays inside a band or its neighbour. */
const buildBands = (): { readonly first: Uint16Array; readonly group: Uint8Array } => {
  const first: number[] = []
  const group: number[] = []
  let hz = 30
  let bin = 1
  while (bin < WINDOW / 2 - 8) {
    first.push(bin)
    const middle = ((bin + 0.5) * SOUND_RATE) / WINDOW
    let one = 0
    while (one < GROUPS - 1 && middle >= (GROUP_EDGES_HZ[one + 1] as number)) one++
    group.push(one)
    hz = Math.max(hz * 1.12, ((bin + 1) * SOUND_RATE) / WINDOW)
    bin = Math.max(bin + 1, Math.round((hz * WINDOW) / SOUND_RATE))
    if (hz > 16_000) break
  }
  first.push(bin)
  return { first: Uint16Array.from(first), group: Uint8Array.from(group) }
}

const isCancelling = (left: Float32Array, right: Float32Array): boolean => {
  let together = 0
  let apart = 0
  for (let i = 0; i < left.length; i += 8) {
    together += (left[i]! + right[i]!) ** 2
    apart += (left[i]! - right[i]!) ** 2
  }
  return together < apart * 0.01
}

const hann = (size: number): Float64Array => Float64Array.from({ length: size }, (_, i) => 0.5 - 0.5 * cosineOf(2 * i + 1, 2 * size))

class Growing {
  data = new Float32Array(1 << 14)
  length = 0
  push(value: number): void {
    if (this.length === this.data.length) {
      const wider = new Float32Array(this.length * 2)
      wider.set(this.data)
      this.data = wider
    }
    this.data[this.length++] = value
  }
  done(): Float32Array {
    return this.data.slice(0, this.length)
  }
}

/** Mean square of a -72 dBFS sine: below it nothing counts as sound. */
const SILENCE = 3.2e-8
const MAX_PEAKS = 40
/** What a stem may be long: four hours, so that curves fit in memory whatever a header claims. */
const MAX_STEPS = STEPS_PER_SECOND * 3_600 * 4

export interface FeatureOptions {
  readonly onProgress?: (fraction: number) => void
  /** Asked once a block; true ends the pass, which then returns undefined. */
  readonly isCancelled?: () => boolean
  /** Hears every block of both channels, for whoever measures beside. */
  readonly onBlock?: (left: Float32Array, right: Float32Array, frames: number) => void
}

/** Features of a decoded stem; undefined where it was cancelled. Throws what the source throws. */
export const extractFeatures = (source: PcmSource, { onProgress, isCancelled, onBlock }: FeatureOptions = {}): StemFeatures | undefined => {
  const lengthFrames = source.lengthFrames
  const steps = Math.min(MAX_STEPS, Math.ceil(lengthFrames / STEP))
  const { first, group } = buildBands()
  const bandCount = group.length
  const flux = Array.from({ length: GROUPS }, () => new Float32Array(steps))
  const power = Array.from({ length: GROUPS }, () => new Float32Array(steps))
  const fine = new Float32Array(steps * (STEP / FINE))
  const fineLow = new Float32Array(steps * (STEP / FINE))

  const spectra = createPowerSpectra(WINDOW, 0, WINDOW / 2)
  const window = hann(WINDOW)
  const shorts = [new Float64Array(WINDOW), new Float64Array(WINDOW)] as const
  const shortPowers = [new Float64Array(WINDOW / 2), new Float64Array(WINDOW / 2)] as const
  const shortSum = new Float64Array(WINDOW / 2)
  // A full-scale sine reads 1 after this.
  const shortScale = (4 / WINDOW) * (4 / WINDOW)
  const log = new Float64Array(bandCount)
  /** Log bands of the two steps before. */
  const past = [new Float64Array(bandCount), new Float64Array(bandCount)]

  const decimator = createDecimator()
  const tonal = createPowerSpectra(TONAL_WINDOW, 0, TONAL_WINDOW / 2)
  const tonalWindow = hann(TONAL_WINDOW)
  const tonalFrames = [new Float64Array(TONAL_WINDOW), new Float64Array(TONAL_WINDOW)] as const
  const tonalPowers = [new Float64Array(TONAL_WINDOW / 2), new Float64Array(TONAL_WINDOW / 2)] as const
  const tonalSum = new Float64Array(TONAL_WINDOW / 2)
  const tonalScale = (4 / TONAL_WINDOW) * (4 / TONAL_WINDOW)
  const tonalSound = new Float64Array(TONAL_WINDOW + BLOCK)
  // The window looks half of itself back, so that a step's pitch is that of its middle.
  let tonalFilled = TONAL_WINDOW / 2
  let tonalDone = 0
  const tonalSteps = Math.ceil((steps * STEP) / TONAL_STEP_FRAMES)
  const starts = new Uint32Array(tonalSteps + 1)
  const pitch = new Growing()
  const level = new Growing()

  const addShort = (step: number, bins: Float64Array): void => {
    const older = past[step & 1] as Float64Array
    const groupFlux = [0, 0, 0, 0]
    const groupPower = [0, 0, 0, 0]
    for (let band = 0; band < bandCount; band++) {
      let sum = 0
      for (let bin = first[band]!; bin < first[band + 1]!; bin++) {
        sum += bins[bin]!
        shortSum[bin]! += bins[bin]!
      }
      sum *= shortScale
      groupPower[group[band]!]! += sum
      log[band] = Math.log10(1 + 1_000 * Math.sqrt(sum))
    }
    for (let band = 0; band < bandCount; band++) {
      // Against the loudest neighbour before: a pitch that glides into the next band is no onset (superflux).
      let before = older[band]!
      if (band > 0 && older[band - 1]! > before) before = older[band - 1]!
      if (band + 1 < bandCount && older[band + 1]! > before) before = older[band + 1]!
      const rise = log[band]! - before
      if (rise > 0) groupFlux[group[band]!]! += rise
    }
    older.set(log)
    for (let g = 0; g < GROUPS; g++) {
      ;(flux[g] as Float32Array)[step] = groupFlux[g]!
      // A Hann window keeps 1.5 bins of a sine's power.
      ;(power[g] as Float32Array)[step] = groupPower[g]! / 3
    }
  }

  const addTonal = (bins: Float64Array): void => {
    starts[tonalDone] = pitch.length
    if (tonalDone >= tonalSteps) return
    tonalDone++
    let loudest = 0
    for (let bin = 0; bin < bins.length; bin++) {
      tonalSum[bin]! += bins[bin]!
      if (bin > 20 && bins[bin]! > loudest) loudest = bins[bin]!
    }
    const floor = Math.max(loudest * 1e-5, SILENCE / tonalScale)
    const found: { hz: number; power: number }[] = []
    // 40 Hz to 2.5 kHz.
    for (let bin = 20; bin < 1_280; bin++) {
      const here = bins[bin]!
      if (here < floor || here <= bins[bin - 1]! || here < bins[bin + 1]!) continue
      const a = Math.log(bins[bin - 1]! + 1e-30)
      const b = Math.log(here)
      const c = Math.log(bins[bin + 1]! + 1e-30)
      const shift = a - 2 * b + c === 0 ? 0 : (0.5 * (a - c)) / (a - 2 * b + c)
      found.push({ hz: ((bin + shift) * TONAL_RATE) / TONAL_WINDOW, power: here })
    }
    // Repeated notes have sidebands a few hertz off: what stands close beside a much stronger peak is no note of its own.
    const all = [...found]
    let kept = 0
    for (let i = 0; i < all.length; i++) {
      const here = all[i] as { hz: number; power: number }
      const reach = Math.max(9, here.hz * 0.06)
      let isSide = false
      for (let k = i - 1; k >= 0 && here.hz - all[k]!.hz < reach && !isSide; k--) isSide = all[k]!.power > 4 * here.power
      for (let k = i + 1; k < all.length && all[k]!.hz - here.hz < reach && !isSide; k++) isSide = all[k]!.power > 4 * here.power
      if (!isSide) found[kept++] = here
    }
    found.length = kept
    if (found.length > MAX_PEAKS) {
      found.sort((x, y) => y.power - x.power || x.hz - y.hz)
      found.length = MAX_PEAKS
      found.sort((x, y) => x.hz - y.hz)
    }
    for (const one of found) {
      pitch.push(69 + 12 * Math.log2(one.hz / 440))
      level.push(Math.sqrt(one.power * tonalScale))
    }
  }

  let waitingShort = 0
  let shortStep = 0
  const flushShort = (): void => {
    if (waitingShort === 0) return
    if (waitingShort === 1) shorts[1].fill(0)
    spectra.run(shorts[0], shorts[1], shortPowers[0], shortPowers[1])
    for (let i = 0; i < waitingShort; i++) addShort(shortStep++, shortPowers[i]!)
    waitingShort = 0
  }
  const clearShort = (): void => {
    flushShort()
    log.fill(0)
    ;(past[shortStep & 1] as Float64Array).fill(0)
    shortStep++
  }
  let waitingTonal = 0
  const flushTonal = (): void => {
    if (waitingTonal === 0) return
    if (waitingTonal === 1) tonalFrames[1].fill(0)
    tonal.run(tonalFrames[0], tonalFrames[1], tonalPowers[0], tonalPowers[1])
    for (let i = 0; i < waitingTonal; i++) addTonal(tonalPowers[i]!)
    waitingTonal = 0
  }

  const left = new Float32Array(BLOCK)
  const right = new Float32Array(BLOCK)
  /** Half a window from before, this block, and room for the half that follows. */
  const HALF = WINDOW / 2
  const mono = new Float64Array(WINDOW + BLOCK)
  let peak = 0
  let slowLow = 0
  let slowLower = 0
  let wasSilent = true
  let isFlushedZero = 0
  const blocks = Math.ceil((steps * STEP) / BLOCK)
  // One block late, because a window looks half of itself ahead.
  for (let block = 0; block <= blocks; block++) {
    if (isCancelled?.()) return undefined
    const at = block * BLOCK
    const isSilentBlock = block === blocks || source.isSilent(at, BLOCK)
    mono.copyWithin(0, BLOCK, BLOCK + WINDOW)
    if (isSilentBlock) {
      mono.fill(0, WINDOW, WINDOW + BLOCK)
      left.fill(0)
      right.fill(0)
    } else {
      source.read(at, BLOCK, left, right)
      for (let i = 0; i < BLOCK; i++) {
        let l = left[i]!
        let r = right[i]!
        // A broken sample must not spoil everything after it.
        if (!(l >= -8 && l <= 8)) l = 0
        if (!(r >= -8 && r <= 8)) r = 0
        left[i] = l
        right[i] = r
        const louder = Math.max(Math.abs(l), Math.abs(r))
        if (louder > peak) peak = louder
        mono[WINDOW + i] = (l + r) * 0.5
      }
      // Sides that cancel each other would leave nothing: then one of them speaks for both.
      if (isCancelling(left, right)) for (let i = 0; i < BLOCK; i++) mono[WINDOW + i] = left[i]!
    }
    if (block < blocks) {
      onBlock?.(left, right, Math.min(BLOCK, lengthFrames - at))
      // Two one-pole low-passes at 150 Hz part the bass from the rest.
      if (!isSilentBlock || !wasSilent) {
        const count = Math.min(BLOCK, steps * STEP - at)
        let slot = at / FINE
        for (let i = 0; i < count; i += FINE, slot++) {
          let high = 0
          let low = 0
          for (let k = 0; k < FINE; k++) {
            const x = mono[WINDOW + i + k]!
            slowLow += 0.0195 * (x - slowLow)
            slowLower += 0.0195 * (slowLow - slowLower)
            const rest = x - slowLow
            high += rest * rest
            low += slowLower * slowLower
          }
          fine[slot] = high / FINE
          fineLow[slot] = low / FINE
        }
      }
    }
    // Short windows are centred on their step; those of this block begin where the last block's half window did.
    const isQuiet = isSilentBlock && wasSilent
    // mono[0] is sound frame `at - WINDOW`; a step's window begins HALF before it.
    for (let step = shortStep + waitingShort; step < steps && step * STEP + HALF <= at + BLOCK; step++) {
      if (isQuiet) {
        clearShort()
        continue
      }
      const from = step * STEP - HALF - (at - WINDOW)
      const frame = shorts[waitingShort] as Float64Array
      if (from < 0) throw new RangeError('analysis lost a window')
      for (let i = 0; i < WINDOW; i++) frame[i] = mono[from + i]! * window[i]!
      if (++waitingShort === 2) flushShort()
    }
    if (isQuiet) {
      slowLow = 0
      slowLower = 0
    }
    // The tonal window is long: it has fallen silent only after two quiet blocks.
    isFlushedZero = isSilentBlock ? isFlushedZero + 1 : 0
    const made = isFlushedZero > 2 ? decimator.skip(BLOCK) : decimator.run(mono, WINDOW, BLOCK, tonalSound, tonalFilled)
    if (isFlushedZero > 2) tonalSound.fill(0, tonalFilled, tonalFilled + made)
    tonalFilled += made
    let used = 0
    for (; used + TONAL_WINDOW <= tonalFilled; used += TONAL_STEP) {
      if (isFlushedZero > 3) {
        flushTonal()
        starts[Math.min(tonalDone, tonalSteps)] = pitch.length
        if (tonalDone < tonalSteps) tonalDone++
        continue
      }
      const frame = tonalFrames[waitingTonal] as Float64Array
      for (let i = 0; i < TONAL_WINDOW; i++) frame[i] = tonalSound[used + i]! * tonalWindow[i]!
      if (++waitingTonal === 2) flushTonal()
    }
    tonalSound.copyWithin(0, used, tonalFilled)
    tonalFilled -= used
    wasSilent = isSilentBlock
    onProgress?.(Math.min(1, (block + 1) / (blocks + 1)))
  }
  flushShort()
  flushTonal()
  for (let step = tonalDone; step <= tonalSteps; step++) starts[step] = pitch.length

  const bands = bandPowers(shortSum, shortScale / 3, tonalSum, tonalScale / 3, steps, tonalSteps)
  let weighted = 0
  let total = 0
  for (let bin = 1; bin < WINDOW / 2; bin++) {
    const amplitude = Math.sqrt(shortSum[bin]!)
    weighted += amplitude * bin
    total += amplitude
  }
  const loudest = Math.max(...power.map((curve) => curve.reduce((most, value) => (value > most ? value : most), 0)))
  const isSilent = !(loudest > SILENCE)
  return {
    lengthFrames,
    isSilent,
    flux,
    power,
    fine,
    fineLow,
    peaks: { starts, pitch: pitch.done(), level: level.done() },
    bands,
    centroidHz: isSilent || total === 0 ? 0 : Math.round((weighted / total) * (SOUND_RATE / WINDOW)),
    peak,
  }
}

/** Mean square in each third-octave band: from the long spectrum below 400 Hz, where the short one is too coarse. */
const bandPowers = (
  short: Float64Array,
  shortScale: number,
  long: Float64Array,
  longScale: number,
  steps: number,
  tonalSteps: number,
): Float64Array =>
  Float64Array.from(PROFILE_BANDS_HZ, (middle) => {
    const isLow = middle < 400
    const [bins, scale, width, count] = isLow
      ? ([long, longScale, TONAL_RATE / TONAL_WINDOW, tonalSteps] as const)
      : ([short, shortScale, SOUND_RATE / WINDOW, steps] as const)
    const from = middle / 2 ** (1 / 6) / width
    const to = (middle * 2 ** (1 / 6)) / width
    let sum = 0
    for (let bin = Math.floor(from); bin <= Math.ceil(to) && bin < bins.length; bin++) {
      // Bins on the edge count by the part that lies inside.
      const part = Math.min(to, bin + 0.5) - Math.max(from, bin - 0.5)
      if (part > 0) sum += bins[bin]! * Math.min(1, part)
    }
    return count === 0 ? 0 : (sum * scale) / count
  })
