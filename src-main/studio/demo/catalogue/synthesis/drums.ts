// Drum patterns: one letter per step, one line per instrument, hands that are never quite on the grid.
import { gaussian, type Random } from '../random.ts'
import { type Grid, swing } from '../score.ts'
import { playSample } from './sampler.ts'
import type { Samples } from './samples.ts'
import { SAMPLE_RATE, type Stereo } from './stereo.ts'

/** How one instrument of a kit plays. */
export interface Piece {
  readonly sample: string
  readonly gain: number
  readonly pan?: number
  readonly semitones?: number
  /** Mean lateness in ms: a snare lies back, a hat pushes. */
  readonly lateMs?: number
  /** Deviation in ms. */
  readonly looseMs?: number
  readonly holdSeconds?: number
  readonly fadeSeconds?: number
  /** Softer strokes are duller: the cutoff at velocity 0, in Hz. */
  readonly softHz?: number
  /** Pitch deviation in semitones, so that no two strokes are alike. */
  readonly looseSemitones?: number
  /** Played together with it, at this gain. */
  readonly layer?: Piece
}

/** `x` a stroke, `X` an accent, `o` a soft stroke, `.` a ghost, `-` nothing. */
const VELOCITIES: Readonly<Record<string, number>> = { X: 1, x: 0.78, o: 0.52, '.': 0.3 }

export interface Stroke {
  readonly piece: string
  readonly beat: number
  readonly velocity: number
}

/** Reads a bar's patterns; all lines of a bar have steps of `stepBeats`. Spaces in patterns are for the eye. */
export const readPattern = (pattern: Readonly<Record<string, string>>, startBeat: number, stepBeats: number): readonly Stroke[] =>
  Object.entries(pattern).flatMap(([piece, line]) =>
    [...line.replaceAll(' ', '')].flatMap((step, index): Stroke[] => {
      if (step === '-') return []
      const velocity = VELOCITIES[step]
      if (velocity === undefined) throw new Error(`not a stroke: ${step} in ${line}`)
      return [{ piece, beat: startBeat + index * stepBeats, velocity }]
    }),
  )

export interface Feel {
  readonly swingUnitBeats: number
  readonly swingAmount: number
}

/** Plays strokes on a kit into `target`. */
export const playDrums = (
  target: Stereo,
  kit: Readonly<Record<string, Piece>>,
  strokes: readonly Stroke[],
  samples: Samples,
  grid: Grid,
  random: Random,
  feel: Feel,
): void => {
  const inOrder = [...strokes].sort((a, b) => a.beat - b.beat || (a.piece < b.piece ? -1 : 1))
  for (const stroke of inOrder) {
    const piece = kit[stroke.piece]
    if (piece === undefined) throw new Error(`not in the kit: ${stroke.piece}`)
    const beat = swing(stroke.beat, feel.swingUnitBeats, feel.swingAmount)
    const offsetMs = (piece.lateMs ?? 0) + gaussian(random) * (piece.looseMs ?? 1.5)
    const frame = Math.max(0, grid.frameAt(beat) + Math.round((offsetMs / 1000) * SAMPLE_RATE))
    const velocity = Math.max(0.08, Math.min(1, stroke.velocity + gaussian(random) * 0.045))
    const bend = gaussian(random) * (piece.looseSemitones ?? 0.08)
    for (const part of piece.layer === undefined ? [piece] : [piece, piece.layer]) {
      playSample(target, samples(part.sample), {
        frame,
        gain: part.gain * velocity ** 1.4,
        semitones: (part.semitones ?? 0) + bend,
        pan: part.pan ?? 0,
        ...(part.holdSeconds === undefined ? {} : { holdSeconds: part.holdSeconds * (0.6 + 0.4 * velocity) }),
        fadeSeconds: part.fadeSeconds ?? 0.02,
        ...(part.softHz === undefined ? {} : { lowpassHz: part.softHz + (18_000 - part.softHz) * velocity }),
      })
    }
  }
}

/** The samples a kit plays. */
export const samplesOf = (kit: Readonly<Record<string, Piece>>): readonly string[] => [
  ...new Set(Object.values(kit).flatMap((piece) => (piece.layer === undefined ? [piece.sample] : [piece.sample, piece.layer.sample]))),
]
