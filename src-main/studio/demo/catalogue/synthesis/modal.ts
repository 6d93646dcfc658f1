// Struck things as sums of decaying partials: felt piano, electric piano, bells, kalimba, glass.
import type { Random } from '../random.ts'
import type { Grid, Note } from '../score.ts'
import { midiToHz, panGains, SAMPLE_RATE, type Stereo } from './stereo.ts'

/** One partial: frequency as a multiple of the note's, level, seconds to fall by 60 dB at C4. */
export interface Partial {
  readonly ratio: number
  readonly level: number
  readonly seconds: number
}

export interface ModalPatch {
  readonly partials: readonly Partial[]
  /** Seconds to full level: 0.002 a stick, 0.2 a rubbed glass. */
  readonly attack: number
  /** Seconds to silence after the note ends; `null` lets it ring. */
  readonly damp: number | null
  /** Octaves of level the upper partials lose at low velocity. */
  readonly softness: number
  /** Level and cutoff of the knock at the start. */
  readonly knock: number
  readonly knockHz: number
  /** Decay shortens by this power of pitch: 0 not at all, 1 an octave up rings half as long. */
  readonly keyDecay: number
  /** Spread of pitches across the stereo image. */
  readonly width: number
  /** Detune between left and right in cents, for chorus-like beating. */
  readonly beatingCents: number
}

// One note at a time is built here: a fresh buffer for each would cost more than its sound.
let scratch: readonly [Float64Array, Float64Array] = [new Float64Array(0), new Float64Array(0)]

/** Plays notes into `target`. */
export const playModal = (target: Stereo, patch: ModalPatch, notes: readonly Note[], grid: Grid, random: Random): void => {
  for (const note of notes) {
    const start = grid.frameAt(note.startBeat)
    const hz = midiToHz(note.midi)
    const held = note.lengthBeats * grid.secondsPerBeat
    const decayScale = 2 ** ((-(note.midi - 60) / 12) * patch.keyDecay)
    const longest = Math.max(...patch.partials.map((partial) => partial.seconds)) * decayScale * 1.2
    const lasts = patch.damp === null ? longest : Math.min(longest, held + patch.damp)
    const frames = Math.min(target.left.length - start, Math.ceil(lasts * SAMPLE_RATE))
    if (frames <= 0) continue
    const [panLeft, panRight] = panGains(Math.max(-1, Math.min(1, ((note.midi - 66) / 24) * patch.width)))
    const level = note.velocity ** 1.5
    if (scratch[0].length < frames) scratch = [new Float64Array(frames * 2), new Float64Array(frames * 2)]
    const left = scratch[0].subarray(0, frames).fill(0)
    const right = scratch[1].subarray(0, frames).fill(0)
    for (const partial of patch.partials) {
      const partialHz = hz * partial.ratio
      if (partialHz > 18_000) continue
      const softened = partial.level * partial.ratio ** (-patch.softness * (1 - note.velocity))
      const rate = Math.exp(-6.9078 / (partial.seconds * decayScale * SAMPLE_RATE))
      const phase = random() * 2 * Math.PI
      ring(left, partialHz * 2 ** (-patch.beatingCents / 2400), rate, softened * panLeft, phase)
      ring(right, partialHz * 2 ** (patch.beatingCents / 2400), rate, softened * panRight, phase + 0.3 * patch.width)
    }
    if (patch.knock > 0) {
      const smooth = 1 - Math.exp((-2 * Math.PI * patch.knockHz) / SAMPLE_RATE)
      let low = 0
      const knockFrames = Math.min(frames, Math.ceil(0.03 * SAMPLE_RATE))
      for (let n = 0; n < knockFrames; n++) {
        low += smooth * (random() * 2 - 1 - low)
        const value = low * patch.knock * note.velocity * Math.exp(-n / (0.006 * SAMPLE_RATE))
        left[n] = (left[n] as number) + value
        right[n] = (right[n] as number) + value
      }
    }
    const attackFrames = Math.max(8, patch.attack * SAMPLE_RATE)
    const dampFrom = patch.damp === null ? frames : Math.min(frames, Math.round(held * SAMPLE_RATE))
    const fadeFrames = Math.min(frames, 480)
    for (let n = 0; n < frames; n++) {
      let gain = level
      if (n < attackFrames) gain *= 0.5 - 0.5 * Math.cos((Math.PI * n) / attackFrames)
      if (n > dampFrom) {
        const past = 1 - (n - dampFrom) / Math.max(1, frames - dampFrom)
        gain *= past * past
      }
      if (frames - n < fadeFrames) gain *= (frames - n) / fadeFrames
      target.left[start + n] = (target.left[start + n] as number) + (left[n] as number) * gain
      target.right[start + n] = (target.right[start + n] as number) + (right[n] as number) * gain
    }
  }
}

/** Adds a decaying sine by the two-term recurrence. */
const ring = (out: Float64Array, hz: number, rate: number, level: number, phase: number): void => {
  const turn = (2 * Math.PI * hz) / SAMPLE_RATE
  const c1 = 2 * Math.cos(turn) * rate
  const c2 = rate * rate
  let now = level * Math.sin(phase)
  let before = (level * Math.sin(phase - turn)) / rate
  for (let n = 0; n < out.length; n++) {
    out[n] = (out[n] as number) + now
    const next = c1 * now - c2 * before
    before = now
    now = next
    // Stops once inaudible: most partials die long before the fundamental.
    if ((n & 1023) === 0 && Math.abs(now) + Math.abs(before) < level * 1e-5) break
  }
}

const inharmonic = (count: number, stiffness: number, slope: number, seconds: number, fall: number): readonly Partial[] =>
  Array.from({ length: count }, (_, index) => {
    const n = index + 1
    return { ratio: n * Math.sqrt(1 + stiffness * n * n), level: 0.55 * n ** -slope, seconds: seconds / (1 + fall * index) }
  })

export const FELT_PIANO: ModalPatch = {
  partials: inharmonic(12, 0.0004, 1.5, 5, 0.3),
  attack: 0.004,
  damp: 0.22,
  softness: 1.6,
  knock: 0.5,
  knockHz: 900,
  keyDecay: 0.55,
  width: 0.7,
  beatingCents: 1.6,
}

export const ELECTRIC_PIANO: ModalPatch = {
  partials: [
    { ratio: 1, level: 0.6, seconds: 4.5 },
    { ratio: 2.001, level: 0.2, seconds: 3 },
    { ratio: 3.003, level: 0.12, seconds: 1.6 },
    { ratio: 4.01, level: 0.05, seconds: 1 },
    { ratio: 6.27, level: 0.05, seconds: 0.4 },
    { ratio: 9.7, level: 0.045, seconds: 0.22 },
    { ratio: 14.1, level: 0.03, seconds: 0.12 },
  ],
  attack: 0.002,
  damp: 0.18,
  softness: 1.4,
  knock: 0.12,
  knockHz: 1400,
  keyDecay: 0.5,
  width: 0.35,
  beatingCents: 2.4,
}

export const KALIMBA: ModalPatch = {
  partials: [
    { ratio: 1, level: 0.6, seconds: 1.8 },
    { ratio: 2, level: 0.07, seconds: 0.6 },
    { ratio: 5.9, level: 0.12, seconds: 0.24 },
    { ratio: 11.4, level: 0.035, seconds: 0.1 },
  ],
  attack: 0.0015,
  damp: null,
  softness: 1,
  knock: 0.35,
  knockHz: 700,
  keyDecay: 0.6,
  width: 1,
  beatingCents: 1,
}

export const GLASS_BELL: ModalPatch = {
  partials: [
    { ratio: 1, level: 0.42, seconds: 3.2 },
    { ratio: 2.0, level: 0.2, seconds: 2.2 },
    { ratio: 3.01, level: 0.08, seconds: 1.5 },
    { ratio: 4.2, level: 0.1, seconds: 0.9 },
    { ratio: 6.8, level: 0.05, seconds: 0.45 },
    { ratio: 9.6, level: 0.025, seconds: 0.25 },
  ],
  attack: 0.0015,
  damp: null,
  softness: 1.1,
  knock: 0.05,
  knockHz: 5000,
  keyDecay: 0.6,
  width: 1.1,
  beatingCents: 3,
}

export const RUBBED_GLASS: ModalPatch = {
  partials: [
    { ratio: 1, level: 0.5, seconds: 14 },
    { ratio: 2.003, level: 0.1, seconds: 10 },
    { ratio: 3.01, level: 0.05, seconds: 8 },
  ],
  attack: 0.9,
  damp: 1.6,
  softness: 0.5,
  knock: 0,
  knockHz: 1000,
  keyDecay: 0.2,
  width: 1.2,
  beatingCents: 6,
}
