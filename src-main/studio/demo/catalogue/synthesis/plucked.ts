// Plucked strings: Karplus and Strong, "Digital synthesis of plucked-string and drum timbres" (1983), tuned as Jaffe and Smith do.
import type { Random } from '../random.ts'
import type { Grid, Note } from '../score.ts'
import { midiToHz, panGains, SAMPLE_RATE, type Stereo } from './stereo.ts'

export interface PluckPatch {
  /** Seconds to fall by 60 dB at A2. */
  readonly seconds: number
  /** 0 dull nylon … 1 bright steel. */
  readonly brightness: number
  /** Where the string is plucked, as a part of its length. */
  readonly position: number
  /** Seconds to silence after the note ends. */
  readonly damp: number
  readonly pan: number
}

export const NYLON_GUITAR: PluckPatch = { seconds: 4.5, brightness: 0.42, position: 0.19, damp: 0.16, pan: 0 }
export const UPRIGHT_BASS: PluckPatch = { seconds: 3.2, brightness: 0.2, position: 0.26, damp: 0.12, pan: 0 }

/** Plays notes into `target`. */
export const playPlucked = (target: Stereo, patch: PluckPatch, notes: readonly Note[], grid: Grid, random: Random): void => {
  for (const note of notes) {
    const start = grid.frameAt(note.startBeat)
    const hz = midiToHz(note.midi)
    const held = note.lengthBeats * grid.secondsPerBeat
    const frames = Math.min(target.left.length - start, Math.ceil((held + patch.damp) * SAMPLE_RATE))
    if (frames <= 0) continue
    // The loop is a delay, a two-point low-pass and an all-pass for the fraction; their delays together are one period.
    const brightness = Math.min(0.95, patch.brightness * (0.7 + 0.6 * note.velocity))
    const stretch = 0.5 - 0.42 * brightness
    const period = SAMPLE_RATE / hz
    const filterDelay = stretch
    const whole = Math.floor(period - filterDelay - 0.2)
    const fraction = period - filterDelay - whole
    const tune = (1 - fraction) / (1 + fraction)
    const seconds = patch.seconds * (110 / hz) ** 0.6
    const loss = Math.exp((-6.9078 * period) / (seconds * SAMPLE_RATE))
    const line = new Float64Array(whole)
    let low = 0
    const pick = 0.12 + 0.8 * note.velocity * (0.35 + 0.65 * patch.brightness)
    for (let i = 0; i < whole; i++) {
      low += pick * (random() * 2 - 1 - low)
      line[i] = low
    }
    const comb = Math.max(1, Math.round(whole * patch.position))
    const shaped = line.map((value, i) => value - (line[(i - comb + whole) % whole] as number))
    let mean = 0
    for (const value of shaped) mean += value / whole
    let energy = 0
    for (let i = 0; i < whole; i++) {
      line[i] = (shaped[i] as number) - mean
      energy += (line[i] as number) ** 2
    }
    const normal = (0.25 * note.velocity ** 1.2) / Math.sqrt(energy / whole + 1e-9)
    const [left, right] = panGains(patch.pan + (random() - 0.5) * 0.12)
    let at = 0
    let lastOut = 0
    let allpassIn = 0
    let allpassOut = 0
    const dampFrom = Math.round(held * SAMPLE_RATE)
    for (let n = 0; n < frames; n++) {
      const out = line[at] as number
      const smoothed = ((1 - stretch) * out + stretch * lastOut) * loss
      lastOut = out
      const tuned = tune * smoothed + allpassIn - tune * allpassOut
      allpassIn = smoothed
      allpassOut = tuned
      line[at] = tuned
      at = at + 1 === whole ? 0 : at + 1
      let gain = normal
      if (n < 32) gain *= n / 32
      if (n > dampFrom) {
        const rest = 1 - (n - dampFrom) / Math.max(1, frames - dampFrom)
        gain *= rest * rest
      }
      target.left[start + n] = (target.left[start + n] as number) + out * gain * left
      target.right[start + n] = (target.right[start + n] as number) + out * gain * right
    }
  }
}
