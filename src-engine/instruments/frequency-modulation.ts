// Two-operator frequency modulation (Chowning 1973), pairs added up: electric piano and bells. The depth of modulation is bounded by the note, so
// that no sideband of weight goes beyond what the sample rate holds.
import { Envelope, type EnvelopeShape } from './envelope.ts'
import { hzOfPitch } from './exact-math.ts'
import { scaled } from './synth.ts'
import { type MakeVoice, type Parameters, RATE, sidesOf, type Tone, type Voice } from './voice.ts'
import { TABLE_SIZE, wavetable } from './wavetables.ts'

export interface OperatorPair {
  /** Times the note's frequency. */
  readonly carrier: number
  readonly modulator: number
  /** Radians at full force, falling by its own envelope. */
  readonly depth: number
  readonly depthEnvelope: EnvelopeShape
  readonly gain: number
}

export interface ModulationPatch {
  readonly pairs: readonly OperatorPair[]
  readonly amplitude: EnvelopeShape
  readonly gain: number
}

const HIGHEST_HZ = 20_000
const TURNS_PER_RADIAN = 0.15915494309189535

export const modulated =
  (patch: ModulationPatch): MakeVoice =>
  (tone, parameters) =>
    new ModulatedVoice(patch, tone, parameters)

interface RunningPair {
  readonly carrierStep: number
  readonly modulatorStep: number
  readonly depth: number
  readonly gain: number
  readonly envelope: Envelope
  carrier: number
  modulator: number
}

class ModulatedVoice implements Voice {
  readonly #pairs: readonly RunningPair[]
  readonly #amplitude: Envelope
  readonly #left: number
  readonly #right: number
  readonly #sine = wavetable('sine', 440)

  constructor(patch: ModulationPatch, tone: Tone, parameters: Parameters) {
    const hz = hzOfPitch(tone.pitch)
    this.#pairs = patch.pairs
      // Sidebands reach about depth + 1 modulators beyond the carrier (Carson's rule).
      .map((pair) => ({ pair, room: (HIGHEST_HZ - hz * pair.carrier) / (hz * pair.modulator) - 1 }))
      .filter(({ room }) => room > 0)
      .map(({ pair, room }) => ({
        carrierStep: (hz * pair.carrier) / RATE,
        modulatorStep: (hz * pair.modulator) / RATE,
        depth: Math.min(room, pair.depth * (0.3 + 0.7 * tone.force) * (1 + 0.6 * parameters.brightness)) * TURNS_PER_RADIAN,
        gain: pair.gain,
        envelope: new Envelope(pair.depthEnvelope, RATE),
        carrier: 0,
        modulator: 0,
      }))
    this.#amplitude = new Envelope(scaled(patch.amplitude, parameters), RATE)
    // Low notes to the left, high notes to the right, as one sits at the keys.
    const [left, right] = sidesOf(((tone.pitch - 60) / 48) * parameters.width * 0.5)
    this.#left = left * patch.gain * tone.level
    this.#right = right * patch.gain * tone.level
  }

  get isDone(): boolean {
    return this.#amplitude.isDone
  }

  get isReleased(): boolean {
    return this.#amplitude.isReleased
  }

  release(): void {
    this.#amplitude.release()
    for (const { envelope } of this.#pairs) envelope.release()
  }

  stop(): void {
    this.#amplitude.stop()
  }

  add(left: Float64Array, right: Float64Array, at: number, frames: number): void {
    const sine = this.#sine
    const look = (turns: number): number => {
      const place = (turns - Math.floor(turns)) * TABLE_SIZE
      const whole = Math.floor(place)
      const low = sine[whole] as number
      return low + ((sine[whole + 1] as number) - low) * (place - whole)
    }
    for (let n = at; n < at + frames && !this.#amplitude.isDone; n++) {
      let sum = 0
      for (const pair of this.#pairs) {
        sum += pair.gain * look(pair.carrier + pair.depth * pair.envelope.next() * look(pair.modulator))
        pair.carrier += pair.carrierStep
        if (pair.carrier >= 1) pair.carrier -= 1
        pair.modulator += pair.modulatorStep
        if (pair.modulator >= 1) pair.modulator -= Math.floor(pair.modulator)
      }
      sum *= this.#amplitude.next()
      left[n] = (left[n] as number) + sum * this.#left
      right[n] = (right[n] as number) + sum * this.#right
    }
  }
}
