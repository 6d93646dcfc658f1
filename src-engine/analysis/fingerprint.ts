// The acoustic fingerprint: what of the sound survives a lossy copy. After Haitsma & Kalker, "A Highly Robust Audio Fingerprinting System"
// (ISMIR 2002): the sign of band energy differences in time and frequency. Windows are longer and words rarer, so that a receipt can carry it.
import { FINGERPRINT_HOP_MS, MAX_FINGERPRINT_WORDS, MAX_QUERY_WORDS, QUERY_DENSITY } from '../../src-shared/receipts/index.ts'
import { assert } from '../../src-shared/std/index.ts'
import type { Kernels } from '../kernels/index.ts'
import { cosineOf } from './fourier.ts'

/** Takes a stream of stereo blocks; `finish` gives the words. */
export interface Fingerprinter {
  /** Samples, -1..1, as blocks of the kernels; for a mono stream hand the same one twice. */
  push(left: number, right: number, frames: number): void
  /** The same from arrays, which costs a copy. */
  pushArrays(left: Float32Array, right: Float32Array, frames: number): void
  /** True once everything it can hold is taken; more sound changes nothing. */
  isFull(): boolean
  /** One word per hop, or `QUERY_DENSITY` of them; 0 where there is next to nothing to hear. Once, at the end. */
  finish(): Uint32Array
}

export interface FingerprinterOptions {
  /** `stored` is what a receipt carries; `query` is denser and shorter, to look one up with. */
  readonly kind: 'stored' | 'query'
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

/** Frames taken at once. */
const CHUNK_FRAMES = 8_192

/** Mono at `RATE`, in the kernels' memory. */
class Downsampler {
  readonly #kernels: Kernels
  readonly #half: number
  readonly #sampleRate: number
  readonly #taps: number
  /** Input not used up yet; its first sample is number `#start` of the stream. */
  readonly #input: number
  #length: number
  #start: number
  #emitted = 0

  constructor(kernels: Kernels, sampleRate: number) {
    this.#kernels = kernels
    this.#sampleRate = sampleRate
    this.#half = Math.ceil(sampleRate * HALF_WIDTH_SECONDS)
    const rows = buildTaps(sampleRate, this.#half)
    this.#taps = kernels.alloc(PHASES * 2 * this.#half * 8)
    for (const [phase, row] of rows.entries()) kernels.f64(this.#taps + phase * row.byteLength, row.length).set(row)
    this.#input = kernels.alloc((4 * this.#half + CHUNK_FRAMES) * 8)
    // The stream begins in silence.
    this.#length = this.#half
    this.#start = -this.#half
  }

  /** Takes at most `CHUNK_FRAMES`; writes what they complete to `to` and returns how many samples that is: at most as many. */
  push(left: number, right: number, frames: number, to: number): number {
    const { raw } = this.#kernels
    raw.fingerprintMono(this.#input + this.#length * 8, left, right, frames)
    this.#length += frames
    const made = raw.fingerprintDownsample(
      to,
      this.#input,
      this.#length,
      this.#start,
      this.#taps,
      this.#half,
      this.#sampleRate,
      this.#emitted,
    )
    this.#emitted += made
    const done = Math.floor((this.#emitted * this.#sampleRate) / RATE) - this.#half - this.#start
    if (done > 0) {
      this.#length -= done
      this.#start += done
      raw.copy(this.#input, this.#input + done * 8, this.#length * 2)
    }
    return made
  }

  dispose(): void {
    this.#kernels.release(this.#taps)
    this.#kernels.release(this.#input)
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

/** Windows of `WINDOW` samples in the kernels' memory to power per bin, two windows at a time as one complex transform. */
class Spectra {
  readonly #kernels: Kernels
  readonly #window: number
  readonly #order: number
  readonly #twiddles: number
  readonly #frames: readonly [number, number]
  readonly #powers: readonly [number, number]

  constructor(kernels: Kernels) {
    this.#kernels = kernels
    this.#window = kernels.alloc(WINDOW * 8)
    kernels.f64(this.#window, WINDOW).set(Float64Array.from({ length: WINDOW }, (_, i) => 0.5 - 0.5 * cosineOf(2 * i + 1, 2 * WINDOW)))
    const reversed = new Uint32Array(WINDOW)
    for (let i = 1; i < WINDOW; i++) reversed[i] = (reversed[i >> 1]! >> 1) | (i & 1 ? WINDOW / 2 : 0)
    this.#order = kernels.alloc(WINDOW * 4)
    kernels.bytes(this.#order, WINDOW * 4).set(new Uint8Array(reversed.buffer))
    this.#twiddles = kernels.alloc(2 * WINDOW * 8)
    const cosines = Float64Array.from({ length: WINDOW / 2 }, (_, i) => cosineOf(i, WINDOW))
    const sines = Float64Array.from({ length: WINDOW / 2 }, (_, i) => -cosineOf(i - WINDOW / 4, WINDOW))
    let at = this.#twiddles
    for (let span = 1; span < WINDOW; span *= 2) {
      const step = WINDOW / 2 / span
      const table = kernels.f64(at, 2 * span)
      for (let k = 0; k < span; k++) {
        table[k] = cosines[k * step]!
        table[span + k] = sines[k * step]!
      }
      at += 2 * span * 8
    }
    this.#frames = [kernels.alloc(WINDOW * 8), kernels.alloc(WINDOW * 8)]
    this.#powers = [kernels.alloc((TO_BIN - FROM_BIN) * 8), kernels.alloc((TO_BIN - FROM_BIN) * 8)]
  }

  /** Takes a window as the first or second of the next two. */
  take(slot: number, samples: number): void {
    this.#kernels.raw.fingerprintWindow(this.#frames[slot]!, samples, this.#window, this.#order, WINDOW)
  }

  /** Power of bins `FROM_BIN` to `TO_BIN` of the windows taken, `count` of them: views, to be used at once. */
  run(count: number): readonly Float64Array[] {
    const { raw } = this.#kernels
    if (count === 1) raw.clear(this.#frames[1], WINDOW * 2)
    raw.fingerprintSpectra(this.#frames[0], this.#frames[1], this.#twiddles, WINDOW, FROM_BIN, TO_BIN, this.#powers[0], this.#powers[1])
    return this.#powers.slice(0, count).map((power) => this.#kernels.f64(power, TO_BIN - FROM_BIN))
  }

  dispose(): void {
    for (const ptr of [this.#window, this.#order, this.#twiddles, ...this.#frames, ...this.#powers]) this.#kernels.release(ptr)
  }
}

/** A fingerprinter for sound at a rate of 8 to 384 kHz. Costs a quarter of a millisecond (`stored`) a second of sound; memory grows by the words only. */
export const createFingerprinter = (
  kernels: Kernels,
  sampleRate: number,
  { kind }: FingerprinterOptions = { kind: 'stored' },
): Fingerprinter => {
  assert(Number.isInteger(sampleRate) && sampleRate >= 8_000 && sampleRate <= 384_000, `cannot fingerprint at ${sampleRate} Hz`)
  const density = kind === 'query' ? QUERY_DENSITY : 1
  const maxFrames = (kind === 'query' ? MAX_QUERY_WORDS : MAX_FINGERPRINT_WORDS) + density
  const hop = (RATE * FINGERPRINT_HOP_MS) / 1_000 / density
  const downsampler = new Downsampler(kernels, sampleRate)
  const spectra = new Spectra(kernels)
  const edges = bandEdges()
  /** Energy per band of the last `density` frames, oldest overwritten. */
  const history = Array.from({ length: density }, () => new Float64Array(BANDS))
  const loud = new Uint8Array(density)
  const sound = kernels.alloc((WINDOW + CHUNK_FRAMES) * 8)
  const words: number[] = []
  let filled = 0
  let waiting = 0
  let framesDone = 0
  /** Where arrays are copied to. */
  let incoming: readonly [number, number] | undefined

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
    for (const power of waiting > 0 ? spectra.run(waiting) : []) addFrame(power)
    waiting = 0
  }

  const isFull = (): boolean => framesDone + waiting >= maxFrames

  const take = (left: number, right: number, frames: number): void => {
    filled += downsampler.push(left, right, frames, sound + filled * 8)
    let from = 0
    for (; from + WINDOW <= filled; from += hop) {
      spectra.take(waiting, sound + from * 8)
      if (++waiting === 2) transform()
    }
    filled -= from
    if (from > 0) kernels.raw.copy(sound, sound + from * 8, filled * 2)
  }

  return {
    isFull,
    push(left, right, frames) {
      for (let done = 0; done < frames && !isFull(); done += CHUNK_FRAMES)
        take(left + done * 4, right + done * 4, Math.min(CHUNK_FRAMES, frames - done))
    },
    pushArrays(left, right, frames) {
      incoming ??= [kernels.alloc(CHUNK_FRAMES * 4), kernels.alloc(CHUNK_FRAMES * 4)]
      for (let done = 0; done < frames && !isFull(); done += CHUNK_FRAMES) {
        const count = Math.min(CHUNK_FRAMES, frames - done)
        kernels.f32(incoming[0], count).set(left.subarray(done, done + count))
        kernels.f32(incoming[1], count).set(right.subarray(done, done + count))
        take(incoming[0], incoming[1], count)
      }
    },
    finish() {
      transform()
      downsampler.dispose()
      spectra.dispose()
      for (const ptr of [sound, ...(incoming ?? [])]) kernels.release(ptr)
      return Uint32Array.from(words.slice(0, maxFrames - density))
    },
  }
}
