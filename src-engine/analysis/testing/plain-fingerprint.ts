// The acoustic fingerprint in plain JavaScript, as stored ones were first made: what the kernels' version must equal, word by word.
import { FINGERPRINT_HOP_MS, MAX_FINGERPRINT_WORDS, MAX_QUERY_WORDS, QUERY_DENSITY } from '../../../src-shared/receipts/index.ts'
import { assert } from '../../../src-shared/std/index.ts'
import { cosineOf, createPowerSpectra } from '../fourier.ts'

/** Takes a stream of stereo blocks; `finish` gives the words. */
export interface PlainFingerprinter {
  push(left: Float32Array, right: Float32Array, frames: number): void
  finish(): Uint32Array
}

const RATE = 6_000
const WINDOW = 4_096
const BANDS = 33
const LOWEST_HZ = 300
const HIGHEST_HZ = 2_000
/** Mean square of the bands under which a window counts as silent: -72 dBFS, beneath what a coder leaves of a fade. */
const SILENCE = 6.3e-8

/** Sinc under a Hann window, flat to 2 kHz and down from 4 kHz, where the new rate folds. */
const HALF_WIDTH_SECONDS = 1 / 1_300
const CUTOFF_HZ = 3_000
/** Positions between input samples that have taps of their own; the rest round to them, inaudibly below 2 kHz. */
const PHASES = 32

const buildTaps = (sampleRate: number, half: number): readonly Float64Array[] =>
  Array.from({ length: PHASES }, (_, phase) => {
    const taps = new Float64Array(2 * half)
    let sum = 0
    for (let i = 0; i < taps.length; i++) {
      // In whole 1/PHASES of a sample, so that every angle is a ratio of whole numbers.
      const distance = (i - half + 1) * PHASES - phase
      const sine = cosineOf(4 * CUTOFF_HZ * distance - sampleRate * PHASES, 4 * sampleRate * PHASES)
      const x = (2 * Math.PI * CUTOFF_HZ * distance) / (sampleRate * PHASES)
      taps[i] = (distance === 0 ? 1 : sine / x) * (0.5 + 0.5 * cosineOf(distance, 2 * half * PHASES))
      sum += taps[i]!
    }
    return taps.map((tap) => tap / sum)
  })

/** Mono at `RATE`, each sample handed on as it is complete. */
class Downsampler {
  readonly #taps: readonly Float64Array[]
  readonly #half: number
  readonly #sampleRate: number
  /** Input not used up yet; its first sample is number `#start` of the stream. */
  #input: Float64Array
  #length: number
  #start: number
  #emitted = 0

  constructor(sampleRate: number) {
    this.#sampleRate = sampleRate
    this.#half = Math.ceil(sampleRate * HALF_WIDTH_SECONDS)
    this.#taps = buildTaps(sampleRate, this.#half)
    this.#input = new Float64Array(4 * this.#half + 16_384)
    // The stream begins in silence.
    this.#length = this.#half
    this.#start = -this.#half
  }

  push(left: Float32Array, right: Float32Array, frames: number, emit: (sample: number) => void): void {
    if (this.#length + frames > this.#input.length) {
      const wider = new Float64Array(this.#length + frames)
      wider.set(this.#input.subarray(0, this.#length))
      this.#input = wider
    }
    const input = this.#input
    for (let i = 0, at = this.#length; i < frames; i++, at++) {
      const sample = (left[i]! + right[i]!) * 0.5
      // A broken sample must not spoil everything after it.
      input[at] = sample >= -8 && sample <= 8 ? sample : 0
    }
    this.#length += frames
    const half = this.#half
    const size = 2 * half
    for (;;) {
      const exact = (this.#emitted * this.#sampleRate) / RATE
      const step = Math.round(exact * PHASES)
      const first = Math.floor(step / PHASES) - half + 1 - this.#start
      if (first + size > this.#length) break
      const taps = this.#taps[step % PHASES]!
      let sum = 0
      for (let i = 0; i < size; i++) sum += input[first + i]! * taps[i]!
      this.#emitted++
      emit(sum)
    }
    const done = Math.floor((this.#emitted * this.#sampleRate) / RATE) - half - this.#start
    if (done > 0) {
      input.copyWithin(0, done, this.#length)
      this.#length -= done
      this.#start += done
    }
  }
}

const FROM_BIN = Math.floor((LOWEST_HZ * WINDOW) / RATE)
const TO_BIN = Math.ceil((HIGHEST_HZ * WINDOW) / RATE) + 1

/** First bin of each band and of what follows the last: equal steps of pitch. */
const bandEdges = (): Uint32Array => {
  const ratio = bandRatio()
  const edges = new Uint32Array(BANDS + 1)
  for (let band = 0, hz = LOWEST_HZ; band <= BANDS; band++, hz *= ratio) edges[band] = Math.round((hz * WINDOW) / RATE) - FROM_BIN
  return edges
}

/** (2000 / 300) ^ (1 / 33) by bisection: `Math.pow` may differ in its last digit. */
const bandRatio = (): number => {
  let [low, high] = [1, 2]
  for (let i = 0; i < 60; i++) {
    const middle = (low + high) / 2
    let power = 1
    for (let n = 0; n < BANDS; n++) power *= middle
    if (power < HIGHEST_HZ / LOWEST_HZ) low = middle
    else high = middle
  }
  return low
}

/** A fingerprinter for sound at a rate of 8 to 384 kHz. */
export const createPlainFingerprinter = (sampleRate: number, kind: 'stored' | 'query'): PlainFingerprinter => {
  assert(Number.isInteger(sampleRate) && sampleRate >= 8_000 && sampleRate <= 384_000, `cannot fingerprint at ${sampleRate} Hz`)
  const density = kind === 'query' ? QUERY_DENSITY : 1
  const maxFrames = (kind === 'query' ? MAX_QUERY_WORDS : MAX_FINGERPRINT_WORDS) + density
  const hop = (RATE * FINGERPRINT_HOP_MS) / 1_000 / density
  const downsampler = new Downsampler(sampleRate)
  const window = Float64Array.from({ length: WINDOW }, (_, i) => 0.5 - 0.5 * cosineOf(2 * i + 1, 2 * WINDOW))
  const spectra = createPowerSpectra(WINDOW, FROM_BIN, TO_BIN)
  const edges = bandEdges()
  const frames = [new Float64Array(WINDOW), new Float64Array(WINDOW)] as const
  const powers = [new Float64Array(TO_BIN - FROM_BIN), new Float64Array(TO_BIN - FROM_BIN)] as const
  /** Energy per band of the last `density` frames, oldest overwritten. */
  const history = Array.from({ length: density }, () => new Float64Array(BANDS))
  const loud = new Uint8Array(density)
  const sound = new Float64Array(WINDOW * 4)
  const words: number[] = []
  let filled = 0
  let waiting = 0
  let framesDone = 0

  /** Mean square of a full-scale sample after the window, per unit of bin power: sum over both halves of the spectrum. */
  const silence = SILENCE * WINDOW * WINDOW * 0.375 * 0.5

  const addFrame = (power: Float64Array): void => {
    const slot = framesDone % density
    const before = history[slot]!
    let word = 0
    let total = 0
    let last = 0
    let lastBefore = 0
    for (let band = 0; band < BANDS; band++) {
      let energy = 0
      for (let bin = edges[band]!; bin < edges[band + 1]!; bin++) energy += power[bin]!
      total += energy
      if (band > 0 && last - energy - (lastBefore - before[band]!) > 0) word |= 1 << (band - 1)
      lastBefore = before[band]!
      last = energy
      before[band] = energy
    }
    const isLoud = total > silence
    if (framesDone >= density) words.push(isLoud && loud[slot] === 1 ? word >>> 0 : 0)
    loud[slot] = isLoud ? 1 : 0
    framesDone++
  }

  const transform = (): void => {
    if (waiting === 0) return
    if (waiting === 1) frames[1].fill(0)
    spectra.run(frames[0], frames[1], powers[0], powers[1])
    for (let i = 0; i < waiting; i++) addFrame(powers[i]!)
    waiting = 0
  }

  const take = (sample: number): void => {
    sound[filled++] = sample
    if (filled < WINDOW) return
    // Windows are cut where they end, so that nothing is kept twice; the buffer moves down only when it is full.
    if (nextEnd === filled) {
      const frame = frames[waiting]!
      for (let i = 0, at = filled - WINDOW; i < WINDOW; i++, at++) frame[i] = sound[at]! * window[i]!
      nextEnd += hop
      if (++waiting === 2) transform()
    }
    if (filled === sound.length) {
      sound.copyWithin(0, filled - WINDOW + 1, filled)
      nextEnd -= filled - WINDOW + 1
      filled = WINDOW - 1
    }
  }
  let nextEnd = WINDOW

  return {
    push(left, right, count) {
      if (framesDone + waiting < maxFrames) downsampler.push(left, right, count, take)
    },
    finish() {
      transform()
      return Uint32Array.from(words.slice(0, maxFrames - density))
    },
  }
}
