// What a preview sounds like, in few numbers: waveform, band levels over time, attacks. Cheap enough to be taken of thousands.
import { SIGNATURE_BANDS, SIGNATURE_SEGMENTS } from '../../src-shared/protocol/index.ts'
import { createPowerSpectra } from '../analysis/index.ts'

const SIZE = 2_048
const HOP = 4_096
const PEAK_PAIRS = 160
/** Frames of one energy reading for attacks: 10.7 ms. */
const ENERGY_FRAMES = 512
const FLOOR_DB = -100

/** Edges of the bands in FFT bins: an octave fraction each, from 60 Hz to 16 kHz. */
const EDGES = Array.from({ length: SIGNATURE_BANDS + 1 }, (_, i) =>
  Math.round((60 * (16_000 / 60) ** (i / SIGNATURE_BANDS) * SIZE) / 48_000),
)

const decibels = (power: number): number => (power > 1e-10 ? 10 * Math.log10(power) : FLOOR_DB)

/** Listens to a preview block by block. `lengthFrames` is known beforehand. */
export class PreviewListener {
  readonly #length: number
  readonly #spectra = createPowerSpectra(SIZE, 0, SIZE / 2)
  readonly #window = Float64Array.from({ length: SIZE }, (_, i) => Math.min(1, (Math.min(i, SIZE - 1 - i) * 4) / SIZE))
  readonly #frames = [new Float64Array(SIZE), new Float64Array(SIZE)] as const
  readonly #power = [new Float64Array(SIZE / 2), new Float64Array(SIZE / 2)] as const
  readonly #bands = new Float64Array(SIGNATURE_BANDS * SIGNATURE_SEGMENTS)
  readonly #counts = new Float64Array(SIGNATURE_SEGMENTS)
  readonly #segments = [0, 0]
  readonly #peaks: Float32Array
  #at = 0
  #filling = 0
  #energy = 0
  #smooth = 0
  #sinceOnset = 0
  #onsets = 0

  constructor(lengthFrames: number) {
    this.#length = lengthFrames
    this.#peaks = new Float32Array(PEAK_PAIRS * 2)
  }

  push(left: Float32Array, right: Float32Array, frames: number): void {
    for (let i = 0; i < frames; i++) {
      const mid = ((left[i] ?? 0) + (right[i] ?? 0)) / 2
      const at = this.#at++
      const pair = Math.min(PEAK_PAIRS - 1, Math.floor((at * PEAK_PAIRS) / this.#length)) * 2
      if (mid < (this.#peaks[pair] ?? 0)) this.#peaks[pair] = mid
      if (mid > (this.#peaks[pair + 1] ?? 0)) this.#peaks[pair + 1] = mid
      this.#energy += mid * mid
      if ((at + 1) % ENERGY_FRAMES === 0) this.#endEnergy()
      const into = at % HOP
      if (into >= SIZE) continue
      const frame = this.#frames[this.#filling === 0 ? 0 : 1]
      frame[into] = mid * (this.#window[into] ?? 0)
      if (into === SIZE - 1) this.#endFrame(at)
    }
  }

  finish(): { readonly peaks: Int8Array; readonly signature: number[]; readonly onsetsPerSecond: number } {
    if (this.#filling === 1) this.#analyse(1)
    const signature = Array.from(this.#bands, (sum, i) => {
      const count = this.#counts[Math.floor(i / SIGNATURE_BANDS)] ?? 0
      return Math.round(decibels(count > 0 ? sum / count : 0) * 10) / 10
    })
    const peaks = Int8Array.from(this.#peaks, (value, i) =>
      i % 2 === 0 ? Math.max(-127, Math.floor(value * 127)) : Math.min(127, Math.ceil(value * 127)),
    )
    return { peaks, signature, onsetsPerSecond: Math.round((this.#onsets * 48_000_0) / Math.max(1, this.#length)) / 10 }
  }

  /** An attack is a rise well above what was just heard, and not right after another. */
  #endEnergy(): void {
    const energy = this.#energy / ENERGY_FRAMES
    this.#energy = 0
    this.#sinceOnset++
    if (energy > 1e-6 && energy > this.#smooth * 2.5 && this.#sinceOnset > 6) {
      this.#onsets++
      this.#sinceOnset = 0
    }
    this.#smooth += (energy - this.#smooth) * (energy > this.#smooth ? 0.4 : 0.12)
  }

  #endFrame(at: number): void {
    this.#segments[this.#filling] = Math.min(SIGNATURE_SEGMENTS - 1, Math.floor((at * SIGNATURE_SEGMENTS) / this.#length))
    this.#filling++
    if (this.#filling === 2) this.#analyse(2)
  }

  #analyse(count: number): void {
    this.#spectra.run(this.#frames[0], this.#frames[1], this.#power[0], this.#power[1])
    for (let one = 0; one < count; one++) {
      const power = one === 0 ? this.#power[0] : this.#power[1]
      const segment = this.#segments[one] ?? 0
      this.#counts[segment] = (this.#counts[segment] ?? 0) + 1
      for (let band = 0; band < SIGNATURE_BANDS; band++) {
        let sum = 0
        for (let bin = EDGES[band] ?? 0; bin < Math.max((EDGES[band] ?? 0) + 1, EDGES[band + 1] ?? 0); bin++) sum += power[bin] ?? 0
        const index = segment * SIGNATURE_BANDS + band
        this.#bands[index] = (this.#bands[index] ?? 0) + sum / (SIZE * SIZE)
      }
    }
    this.#filling = 0
  }
}
