// Notes, bars and time. Beats are quarter notes from the start of the work, as floats: a score is read once and only rounded to frames.
import { gaussian, type Random } from './random.ts'

/** Frames per second of everything rendered. */
export const SAMPLE_RATE = 48_000

/** One note. `syllable` is what a voice sings; `-` carries the last vowel on. */
export interface Note {
  readonly startBeat: number
  readonly lengthBeats: number
  readonly midi: number
  /** 0 … 1. */
  readonly velocity: number
  readonly syllable?: string
}

/** A named stretch of a work; `startBar` counts from 1. */
export interface Section {
  readonly name: string
  readonly startBar: number
  readonly lengthBars: number
}

/** The time base of a work. */
export interface Grid {
  readonly bpm: number
  readonly beatsPerBar: number
  readonly bars: number
  /** Frames rendered, the last tail included. */
  readonly frames: number
  readonly frameAt: (beat: number) => number
  readonly secondsPerBeat: number
}

export const createGrid = (bpm: number, beatsPerBar: number, bars: number, tailSeconds: number): Grid => {
  const secondsPerBeat = 60 / bpm
  return {
    bpm,
    beatsPerBar,
    bars,
    secondsPerBeat,
    frames: Math.round((bars * beatsPerBar * secondsPerBeat + tailSeconds) * SAMPLE_RATE),
    frameAt: (beat) => Math.round(beat * secondsPerBeat * SAMPLE_RATE),
  }
}

const STEPS: Readonly<Record<string, number>> = { C: 0, D: 2, E: 4, F: 5, G: 7, A: 9, B: 11 }

/** MIDI number of `F#4`, `Bb3`; C4 is 60. */
export const parsePitch = (text: string): number => {
  const match = /^([A-G])(#|b)?(-?\d)$/.exec(text)
  if (match === null) throw new Error(`not a pitch: ${text}`)
  const accidental = match[2] === '#' ? 1 : match[2] === 'b' ? -1 : 0
  return (STEPS[match[1] as string] as number) + accidental + (Number(match[3]) + 1) * 12
}

/**
 * Reads a melody: `A4/1.5:na` is a pitch, its length in beats and a syllable, `_/1` a rest, `!` after the length an accent, `|` a bar
 * line, which must fall where a bar ends.
 */
export const parseMelody = (text: string, startBar: number, grid: Grid, velocity = 0.7): readonly Note[] => {
  const notes: Note[] = []
  const start = startBar * grid.beatsPerBar
  let beat = start
  for (const token of text.trim().split(/\s+/)) {
    if (token === '|') {
      const bars = (beat - start) / grid.beatsPerBar
      if (Math.abs(bars - Math.round(bars)) > 1e-6) throw new Error(`bar line at beat ${beat - start} in: ${text}`)
      continue
    }
    const match = /^(_|[A-G][#b]?-?\d)\/([\d.]+)(!?)(?::([a-z-]+))?$/.exec(token)
    if (match === null) throw new Error(`not a note: ${token}`)
    const lengthBeats = Number(match[2])
    if (match[1] !== '_') {
      notes.push({
        startBeat: beat,
        lengthBeats,
        midi: parsePitch(match[1] as string),
        velocity: Math.min(1, velocity + (match[3] === '!' ? 0.15 : 0)),
        ...(match[4] === undefined ? {} : { syllable: match[4] }),
      })
    }
    beat += lengthBeats
  }
  return notes
}

/** Moves notes by small random amounts, as hands do. `timingMs` and `velocity` are deviations. */
export const humanise = (notes: readonly Note[], grid: Grid, random: Random, timingMs: number, velocity: number): readonly Note[] =>
  notes.map((note) => ({
    ...note,
    startBeat: Math.max(0, note.startBeat + (gaussian(random) * timingMs) / 1000 / grid.secondsPerBeat),
    velocity: Math.max(0.05, Math.min(1, note.velocity + gaussian(random) * velocity)),
  }))

export const transpose = (notes: readonly Note[], semitones: number): readonly Note[] =>
  notes.map((note) => ({ ...note, midi: note.midi + semitones }))

/** Delays every second subdivision: `amount` 0.5 is straight, 0.66 a triplet shuffle; `unit` is the subdivision in beats. */
export const swing = (beat: number, unit: number, amount: number): number => {
  const pair = Math.floor(beat / (unit * 2) + 1e-9)
  const inPair = (beat - pair * unit * 2) / (unit * 2)
  const warped = inPair < 0.5 ? inPair * 2 * amount : amount + (inPair - 0.5) * 2 * (1 - amount)
  return (pair + warped) * unit * 2
}
