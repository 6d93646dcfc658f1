// A subtractive synthesiser: detuned band-limited oscillators, a resonant low-pass with its own envelope, an amplifier.
import type { Random } from '../random.ts'
import type { Grid, Note } from '../score.ts'
import { type Envelope, envelopeAt } from './envelope.ts'
import { midiToHz, panGains, SAMPLE_RATE, type Stereo } from './stereo.ts'
import { type Wave, WAVETABLE_SIZE, wavetable } from './wavetable.ts'

export interface SynthPatch {
  readonly wave: Wave
  /** Oscillators per note, and how far apart the outer two are. */
  readonly unison: number
  readonly detuneCents: number
  /** 0 mono … 1 the outer oscillators hard left and right. */
  readonly width: number
  /** Level of a sine an octave below; of the fundamental's own sine if `subOctave` is 0. */
  readonly sub?: number
  readonly subOctave?: number
  readonly envelope: Envelope
  readonly cutoffHz: number
  /** Octaves the filter envelope opens the filter by. */
  readonly sweepOctaves: number
  readonly filterEnvelope: Envelope
  /** 0.7 is flat, 4 sings. */
  readonly resonance: number
  /** How far the cutoff follows the pitch, 0 … 1, from C4. */
  readonly keyFollow?: number
  /** How much velocity opens the filter, in octaves. */
  readonly velocityOctaves?: number
  readonly vibratoCents?: number
  readonly vibratoHz?: number
  /** Multiplies the cutoff over the work. */
  readonly cutoffAt?: (beat: number) => number
  /** Notes that touch the one before glide from it in this time. */
  readonly glideSeconds?: number
}

const CONTROL = 16

/** Plays notes into `target`. */
export const playSynth = (target: Stereo, patch: SynthPatch, notes: readonly Note[], grid: Grid, random: Random): void => {
  let previous: Note | undefined
  for (const note of notes) {
    const isTied =
      previous !== undefined &&
      patch.glideSeconds !== undefined &&
      Math.abs(previous.startBeat + previous.lengthBeats - note.startBeat) < 0.05
    playNote(target, patch, note, isTied ? (previous as Note).midi : note.midi, grid, random)
    previous = note
  }
}

const playNote = (target: Stereo, patch: SynthPatch, note: Note, fromMidi: number, grid: Grid, random: Random): void => {
  const start = grid.frameAt(note.startBeat)
  const held = note.lengthBeats * grid.secondsPerBeat
  const frames = Math.min(target.left.length - start, Math.ceil((held + patch.envelope.release) * SAMPLE_RATE))
  if (frames <= 0) return
  const hz = midiToHz(note.midi)
  const count = patch.unison
  const phases = new Float64Array(count)
  const ratios = new Float64Array(count)
  const leftGains = new Float64Array(count)
  const rightGains = new Float64Array(count)
  for (let i = 0; i < count; i++) {
    const place = count === 1 ? 0 : (i / (count - 1)) * 2 - 1
    phases[i] = random() * WAVETABLE_SIZE
    ratios[i] = 2 ** ((place * patch.detuneCents) / 2400 + (random() - 0.5) / 6000)
    // Neighbours in pitch go to opposite sides.
    const [left, right] = panGains(place * patch.width * (i % 2 === 0 ? 1 : -1))
    leftGains[i] = left / Math.sqrt(count)
    rightGains[i] = right / Math.sqrt(count)
  }
  const table = wavetable(patch.wave, Math.max(hz, midiToHz(fromMidi)) * 1.02)
  const sub = patch.sub ?? 0
  const subRatio = 2 ** (patch.subOctave ?? -1)
  let subPhase = 0
  let ic1l = 0
  let ic2l = 0
  let ic1r = 0
  let ic2r = 0
  const k = 1 / patch.resonance
  const level = note.velocity ** 1.3
  const keyed = 2 ** (((patch.keyFollow ?? 0) * (note.midi - 60)) / 12) * 2 ** ((patch.velocityOctaves ?? 0) * (note.velocity - 0.7))
  const vibrato = patch.vibratoCents ?? 0
  const vibratoHz = (patch.vibratoHz ?? 5) * (0.95 + random() * 0.1)
  const vibratoPhase = random() * 6.28
  let amp = 0
  for (let block = 0; block < frames; block += CONTROL) {
    const seconds = block / SAMPLE_RATE
    const beat = note.startBeat + seconds / grid.secondsPerBeat
    const size = Math.min(CONTROL, frames - block)
    const cutoff = Math.min(
      19_000,
      Math.max(
        30,
        patch.cutoffHz *
          keyed *
          2 ** (patch.sweepOctaves * envelopeAt(patch.filterEnvelope, seconds, held)) *
          (patch.cutoffAt?.(beat) ?? 1),
      ),
    )
    const g = Math.tan((Math.PI * cutoff) / SAMPLE_RATE)
    const a1 = 1 / (1 + g * (g + k))
    const a2 = g * a1
    const a3 = g * a2
    const nextAmp = envelopeAt(patch.envelope, seconds + CONTROL / SAMPLE_RATE, held) * level
    const ampStep = (nextAmp - amp) / CONTROL
    const glide = patch.glideSeconds === undefined ? 0 : (fromMidi - note.midi) * Math.exp((-4 * seconds) / patch.glideSeconds)
    const bend =
      2 ** ((glide + (vibrato / 100) * Math.min(1, seconds * 1.5) * Math.sin(vibratoPhase + 2 * Math.PI * vibratoHz * seconds)) / 12)
    const increment = (hz * bend * WAVETABLE_SIZE) / SAMPLE_RATE
    const subStep = (2 * Math.PI * hz * bend * subRatio) / SAMPLE_RATE
    for (let n = 0; n < size; n++) {
      let left = 0
      let right = 0
      for (let i = 0; i < count; i++) {
        let phase = (phases[i] as number) + increment * (ratios[i] as number)
        if (phase >= WAVETABLE_SIZE) phase -= WAVETABLE_SIZE
        phases[i] = phase
        const index = phase | 0
        const a = table[index] as number
        const value = a + ((table[index + 1] as number) - a) * (phase - index)
        left += value * (leftGains[i] as number)
        right += value * (rightGains[i] as number)
      }
      if (sub > 0) {
        subPhase += subStep
        const value = Math.sin(subPhase) * sub
        left += value
        right += value
      }
      // Simper, "Solving the continuous SVF equations using trapezoidal integration" (2013).
      const v3l = left - ic2l
      const v1l = a1 * ic1l + a2 * v3l
      const v2l = ic2l + a2 * ic1l + a3 * v3l
      ic1l = 2 * v1l - ic1l
      ic2l = 2 * v2l - ic2l
      const v3r = right - ic2r
      const v1r = a1 * ic1r + a2 * v3r
      const v2r = ic2r + a2 * ic1r + a3 * v3r
      ic1r = 2 * v1r - ic1r
      ic2r = 2 * v2r - ic2r
      amp += ampStep
      const at = start + block + n
      target.left[at] = (target.left[at] as number) + v2l * amp
      target.right[at] = (target.right[at] as number) + v2r * amp
    }
  }
}
