// Chords and how they move: chord symbols in, voicings out that go to the nearest next one.
import type { Grid, Note } from './score.ts'

/** A chord sounding for a while. */
export interface Chord {
  readonly symbol: string
  readonly startBeat: number
  readonly lengthBeats: number
  /** Pitch class of the root and of the bass, 0 is C. */
  readonly root: number
  readonly bass: number
  /** Semitones above the root. */
  readonly intervals: readonly number[]
}

const QUALITIES: Readonly<Record<string, readonly number[]>> = {
  '': [0, 4, 7],
  m: [0, 3, 7],
  '6': [0, 4, 7, 9],
  m6: [0, 3, 7, 9],
  m7: [0, 3, 7, 10],
  maj7: [0, 4, 7, 11],
  '7': [0, 4, 7, 10],
  '7sus4': [0, 5, 7, 10],
  '7b9': [0, 4, 10, 13],
  add9: [0, 4, 7, 14],
  m9: [0, 3, 10, 14],
  maj9: [0, 4, 11, 14],
  sus2: [0, 2, 7],
}

const CLASSES: Readonly<Record<string, number>> = { C: 0, D: 2, E: 4, F: 5, G: 7, A: 9, B: 11 }

const parseClass = (text: string): number =>
  ((CLASSES[text[0] as string] as number) + (text[1] === '#' ? 1 : text[1] === 'b' ? 11 : 0)) % 12

/** Reads chord symbols, one bar each; `E7sus4+E7` shares a bar, `:2` after a symbol gives its beats. */
export const parseChords = (text: string, startBar: number, grid: Grid): readonly Chord[] =>
  text
    .trim()
    .split(/\s+/)
    .flatMap((bar, index) => {
      const parts = bar.split('+')
      let beat = (startBar + index) * grid.beatsPerBar
      return parts.map((part): Chord => {
        const [symbol = '', beats] = part.split(':')
        const match = /^([A-G][#b]?)([a-z0-9]*)(?:\/([A-G][#b]?))?$/.exec(symbol)
        const intervals = match === null ? undefined : QUALITIES[match[2] as string]
        if (match === null || intervals === undefined) throw new Error(`not a chord: ${symbol}`)
        const lengthBeats = beats === undefined ? grid.beatsPerBar / parts.length : Number(beats)
        const chord = {
          symbol,
          startBeat: beat,
          lengthBeats,
          root: parseClass(match[1] as string),
          bass: parseClass(match[3] ?? (match[1] as string)),
          intervals,
        }
        beat += lengthBeats
        return chord
      })
    })

/** The chord sounding at `beat`. */
export const chordAt = (chords: readonly Chord[], beat: number): Chord => {
  const found = chords.find((chord) => beat >= chord.startBeat - 1e-6 && beat < chord.startBeat + chord.lengthBeats - 1e-6)
  const chord = found ?? chords[chords.length - 1]
  if (chord === undefined) throw new Error('no chords')
  return chord
}

/** Every way to stack the chord's tones within `low` … `high`, one note per tone, close position and its inversions. */
const voicingsOf = (chord: Chord, low: number, high: number): readonly (readonly number[])[] => {
  const classes = chord.intervals.map((interval) => (chord.root + interval) % 12)
  const found: number[][] = []
  const extend = (voicing: readonly number[], rest: readonly number[]): void => {
    if (rest.length === 0) {
      found.push([...voicing])
      return
    }
    const below = voicing[voicing.length - 1]
    for (const tone of rest) {
      const from = below === undefined ? low : below + 1
      const first = from + ((((tone - from) % 12) + 12) % 12)
      for (let midi = first; midi <= high; midi += 12) {
        // More than an octave between neighbours sounds like two instruments; a semitone at the bottom sounds like mud.
        if (below !== undefined && (midi - below > 10 || (midi - below === 1 && midi < 62))) continue
        extend(
          [...voicing, midi],
          rest.filter((other) => other !== tone),
        )
      }
    }
  }
  extend([], classes)
  return found
}

/** One voicing per chord, each the one that moves least from the last and stays near the middle of the range. */
export const voiceLead = (chords: readonly Chord[], low: number, high: number): readonly (readonly number[])[] => {
  let last: readonly number[] | undefined
  const centre = (low + high) / 2
  return chords.map((chord) => {
    let best: readonly number[] = []
    let bestCost = Number.POSITIVE_INFINITY
    for (const voicing of voicingsOf(chord, low, high)) {
      const mean = voicing.reduce((sum, midi) => sum + midi, 0) / voicing.length
      let cost = Math.abs(mean - centre) * 0.35
      for (const midi of voicing) {
        const nearest = last === undefined ? 0 : Math.min(...last.map((other) => Math.abs(other - midi)))
        cost += nearest
      }
      // Clusters blur; a chord wants some air between its outer voices.
      for (let i = 1; i < voicing.length; i++) if ((voicing[i] as number) - (voicing[i - 1] as number) === 1) cost += 2
      cost += Math.max(0, 9 - ((voicing[voicing.length - 1] as number) - (voicing[0] as number)))
      // Parallel motion of every voice is what voice leading is meant to avoid.
      if (last !== undefined && last.length === voicing.length) {
        const moves = voicing.map((midi, index) => midi - ((last as readonly number[])[index] as number))
        if (moves.every((move) => move === moves[0]) && moves[0] !== 0) cost += 4
      }
      if (cost < bestCost) {
        bestCost = cost
        best = voicing
      }
    }
    if (best.length === 0) throw new Error(`no voicing of ${chord.symbol} between ${low} and ${high}`)
    last = best
    return best
  })
}

/** A rhythm within a bar: start and length in beats, velocity 0 … 1. */
export type Hit = readonly [startBeat: number, lengthBeats: number, velocity: number]

/** Plays voiced chords in a rhythm; hits are cut where their chord ends. */
export const playChords = (
  chords: readonly Chord[],
  voicings: readonly (readonly number[])[],
  grid: Grid,
  rhythm: (bar: number) => readonly Hit[],
  strumBeats = 0,
): readonly Note[] => {
  const notes: Note[] = []
  const first = chords[0]
  const last = chords[chords.length - 1]
  if (first === undefined || last === undefined) return notes
  const fromBar = Math.round(first.startBeat / grid.beatsPerBar)
  const toBar = Math.round((last.startBeat + last.lengthBeats) / grid.beatsPerBar)
  for (let bar = fromBar; bar < toBar; bar++) {
    for (const [offset, length, velocity] of rhythm(bar)) {
      const beat = bar * grid.beatsPerBar + offset
      const end = beat + length
      let at = beat
      while (at < end - 1e-6) {
        const chord = chordAt(chords, at)
        const chordEnd = Math.min(end, Math.max(at + 0.01, chord.startBeat + chord.lengthBeats))
        const voicing = voicings[chords.indexOf(chord)] ?? []
        voicing.forEach((midi, index) => {
          notes.push({ startBeat: at + index * strumBeats, lengthBeats: chordEnd - at, midi, velocity })
        })
        at = chordEnd
      }
    }
  }
  return notes
}

/** The note of the chord's bass nearest to `near`, within an octave of it. */
export const bassNote = (chord: Chord, near: number): number => {
  const below = near - ((((near - chord.bass) % 12) + 12) % 12)
  return near - below <= 6 ? below : below + 12
}

/**
 * A bass line from a pattern per bar: `r` root, `5` fifth, `8` octave, `3` third, `>` a step below the next root, each as `r/1.5`, `_` a rest.
 */
export const playBass = (
  chords: readonly Chord[],
  grid: Grid,
  fromBar: number,
  bars: number,
  pattern: (bar: number) => string,
  near: number,
): readonly Note[] => {
  const notes: Note[] = []
  for (let bar = fromBar; bar < fromBar + bars; bar++) {
    let beat = bar * grid.beatsPerBar
    for (const token of pattern(bar).trim().split(/\s+/)) {
      const match = /^([r358>_])\/([\d.]+)(!?)$/.exec(token)
      if (match === null) throw new Error(`not a bass step: ${token}`)
      const lengthBeats = Number(match[2])
      const chord = chordAt(chords, beat)
      const root = bassNote(chord, near)
      const step = match[1] as string
      if (step !== '_') {
        const next = bassNote(chordAt(chords, (bar + 1) * grid.beatsPerBar), near)
        const third = chord.intervals.includes(3) ? 3 : 4
        const fifthAbove = chord.bass === chord.root ? root + 7 : root + 12
        const midi =
          step === 'r'
            ? root
            : step === '8'
              ? root + 12
              : step === '5'
                ? fifthAbove > near + 9
                  ? fifthAbove - 12
                  : fifthAbove
                : step === '3'
                  ? root + third
                  : next > root
                    ? next - 1
                    : next + (next < root ? 2 : -2)
        notes.push({ startBeat: beat, lengthBeats, midi, velocity: match[3] === '!' ? 0.95 : 0.78 })
      }
      beat += lengthBeats
    }
  }
  return notes
}
