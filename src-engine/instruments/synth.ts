// A subtractive synthesizer: band-limited oscillators in unison, a state variable filter (Zavalishin, "The Art of VA Filter Design", 4.2) with its own
// envelope, an amplitude envelope. Sums and products only, so it gives the same bits on every machine.
import { Envelope, type EnvelopeShape } from './envelope.ts'
import { cosTurns, exp2, hzOfPitch, sinTurns } from './exact-math.ts'
import { type MakeVoice, type Parameters, RATE, sidesOf, type Tone, type Voice } from './voice.ts'
import { TABLE_SIZE, type Wave, wavetable } from './wavetables.ts'

export interface Oscillator {
  readonly wave: Wave
  /** Semitones above the note. */
  readonly semitones: number
  readonly gain: number
  /** How many in unison, and how far apart the outermost are, in cents. */
  readonly unison: number
  readonly spreadCents: number
}

export interface SynthPatch {
  readonly oscillators: readonly Oscillator[]
  readonly amplitude: EnvelopeShape
  readonly filter: {
    /** MIDI pitch at which it cuts for a note at middle C, played with full force. */
    readonly cutoff: number
    /** Semitones the envelope adds. */
    readonly sweep: number
    /** Share by which it follows the note. */
    readonly follow: number
    /** 0 none … 0.95 whistling. */
    readonly resonance: number
    readonly envelope: EnvelopeShape
    /** Semitones lost at the softest touch. */
    readonly touch: number
  } | null
  readonly vibrato: { readonly cents: number; readonly hz: number; readonly delay: number } | null
  readonly gain: number
}

/** Samples between two settings of filter and vibrato. */
const CONTROL = 16
const MIDDLE_C = 60
const PITCH_STEPS = 8
const LOWEST_CUTOFF = 16
const HIGHEST_CUTOFF = 135

/** tan(pi * f / rate) of every eighth semitone. */
const tangents = Float64Array.from({ length: (HIGHEST_CUTOFF - LOWEST_CUTOFF) * PITCH_STEPS + 2 }, (_, at) => {
  const turns = Math.min(0.245, hzOfPitch(LOWEST_CUTOFF + at / PITCH_STEPS) / RATE / 2)
  return sinTurns(turns) / cosTurns(turns)
})
const tangentOf = (pitch: number): number => {
  const at = (Math.max(LOWEST_CUTOFF, Math.min(HIGHEST_CUTOFF, pitch)) - LOWEST_CUTOFF) * PITCH_STEPS
  const whole = Math.floor(at)
  const low = tangents[whole] as number
  return low + ((tangents[whole + 1] as number) - low) * (at - whole)
}

/** Where an oscillator starts in its period: spread so that unison does not begin as one loud wave; the golden ratio never repeats. */
const startOf = (tone: Tone, index: number): number => {
  const turns = (tone.index * 7 + index * 3 + 1) * 0.6180339887498949
  return turns - Math.floor(turns)
}

interface Running {
  readonly table: Float64Array
  readonly step: number
  phase: number
  readonly left: number
  readonly right: number
}

export const subtractive =
  (patch: SynthPatch): MakeVoice =>
  (tone, parameters) =>
    new SubtractiveVoice(patch, tone, parameters)

class SubtractiveVoice implements Voice {
  readonly #patch: SynthPatch
  readonly #running: Running[] = []
  readonly #amplitude: Envelope
  readonly #sweep: Envelope | undefined
  readonly #cutoff: number
  readonly #gain: number
  #time = 0
  #bend = 1
  #tangent = 0
  #untilControl = 0
  // Both integrators of the filter, left and right.
  #l1 = 0
  #l2 = 0
  #r1 = 0
  #r2 = 0

  constructor(patch: SynthPatch, tone: Tone, parameters: Parameters) {
    this.#patch = patch
    const { filter } = patch
    for (const [index, one] of patch.oscillators.entries()) {
      for (let n = 0; n < one.unison; n++) {
        const place = one.unison === 1 ? 0 : (2 * n) / (one.unison - 1) - 1
        const hz = hzOfPitch(tone.pitch + one.semitones + (place * one.spreadCents) / 200)
        if (hz > RATE * 0.45) continue
        const [left, right] = sidesOf(place * parameters.width)
        const gain = one.gain / Math.sqrt(one.unison)
        this.#running.push({
          table: wavetable(one.wave, hz),
          step: (hz / RATE) * TABLE_SIZE,
          phase: startOf(tone, index * 16 + n) * TABLE_SIZE,
          left: left * gain,
          right: right * gain,
        })
      }
    }
    this.#amplitude = new Envelope(scaled(patch.amplitude, parameters), RATE)
    this.#sweep = filter ? new Envelope(filter.envelope, RATE) : undefined
    this.#cutoff = filter
      ? filter.cutoff + filter.follow * (tone.pitch - MIDDLE_C) - filter.touch * (1 - tone.force) + parameters.brightness * 24
      : 0
    this.#gain = patch.gain * tone.level
  }

  get isDone(): boolean {
    return this.#amplitude.isDone
  }

  get isReleased(): boolean {
    return this.#amplitude.isReleased
  }

  release(): void {
    this.#amplitude.release()
    this.#sweep?.release()
  }

  stop(): void {
    this.#amplitude.stop()
  }

  add(left: Float64Array, right: Float64Array, at: number, frames: number): void {
    const { filter } = this.#patch
    const damping = filter ? 2 - 2 * filter.resonance : 0
    for (let n = at; n < at + frames && !this.#amplitude.isDone; n++) {
      if (this.#untilControl === 0) this.#control()
      this.#untilControl--
      let l = 0
      let r = 0
      for (const one of this.#running) {
        const whole = Math.floor(one.phase)
        const low = one.table[whole] as number
        const value = low + ((one.table[whole + 1] as number) - low) * (one.phase - whole)
        l += value * one.left
        r += value * one.right
        one.phase += one.step * this.#bend
        if (one.phase >= TABLE_SIZE) one.phase -= TABLE_SIZE
      }
      if (filter) {
        this.#sweep?.next()
        const g = this.#tangent
        const scale = 1 / (1 + g * (g + damping))
        const hl = (l - (g + damping) * this.#l1 - this.#l2) * scale
        const bl = g * hl + this.#l1
        l = g * bl + this.#l2
        this.#l1 = g * hl + bl
        this.#l2 = g * bl + l
        const hr = (r - (g + damping) * this.#r1 - this.#r2) * scale
        const br = g * hr + this.#r1
        r = g * br + this.#r2
        this.#r1 = g * hr + br
        this.#r2 = g * br + r
      }
      const gain = this.#amplitude.next() * this.#gain
      left[n] = (left[n] as number) + l * gain
      right[n] = (right[n] as number) + r * gain
    }
  }

  #control(): void {
    this.#untilControl = CONTROL
    const { filter, vibrato } = this.#patch
    if (filter && this.#sweep) this.#tangent = tangentOf(this.#cutoff + filter.sweep * this.#sweep.value)
    if (vibrato) {
      const seconds = this.#time / RATE
      const depth = Math.max(0, Math.min(1, (seconds - vibrato.delay) * 2))
      this.#bend = depth === 0 ? 1 : exp2((depth * vibrato.cents * sinTurns(seconds * vibrato.hz)) / 1_200)
    }
    this.#time += CONTROL
  }
}

export const scaled = (shape: EnvelopeShape, { attack, release }: Parameters): EnvelopeShape => ({
  ...shape,
  attack: shape.attack * attack,
  release: shape.release * release,
})
