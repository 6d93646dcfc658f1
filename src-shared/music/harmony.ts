// Keys, scales and chords as pitch classes, and notes moved into them. Pure and in integers: the same notes on every machine.

export const SCALES = {
  major: [0, 2, 4, 5, 7, 9, 11],
  minor: [0, 2, 3, 5, 7, 8, 10],
  'harmonic minor': [0, 2, 3, 5, 7, 8, 11],
  dorian: [0, 2, 3, 5, 7, 9, 10],
  phrygian: [0, 1, 3, 5, 7, 8, 10],
  lydian: [0, 2, 4, 6, 7, 9, 11],
  mixolydian: [0, 2, 4, 5, 7, 9, 10],
  'major pentatonic': [0, 2, 4, 7, 9],
  'minor pentatonic': [0, 3, 5, 7, 10],
  blues: [0, 3, 5, 6, 7, 10],
} as const
export type ScaleName = keyof typeof SCALES

const QUALITIES: ReadonlyMap<string, readonly number[]> = new Map([
  ['', [0, 4, 7]],
  ['m', [0, 3, 7]],
  ['dim', [0, 3, 6]],
  ['aug', [0, 4, 8]],
  ['sus2', [0, 2, 7]],
  ['sus4', [0, 5, 7]],
  ['6', [0, 4, 7, 9]],
  ['m6', [0, 3, 7, 9]],
  ['7', [0, 4, 7, 10]],
  ['maj7', [0, 4, 7, 11]],
  ['m7', [0, 3, 7, 10]],
  ['m7b5', [0, 3, 6, 10]],
  ['dim7', [0, 3, 6, 9]],
  ['9', [0, 2, 4, 7, 10]],
  ['maj9', [0, 2, 4, 7, 11]],
  ['m9', [0, 2, 3, 7, 10]],
  ['add9', [0, 2, 4, 7]],
])

const CLASSES: Readonly<Record<string, number>> = { C: 0, D: 2, E: 4, F: 5, G: 7, A: 9, B: 11 }

/** `F#`, `Bb` as 0..11; undefined for anything else. */
export const readPitchClass = (text: string): number | undefined => {
  const match = /^([A-G])(#|b)?$/.exec(text)
  if (!match) return undefined
  return ((CLASSES[match[1] ?? ''] ?? 0) + (match[2] === '#' ? 1 : match[2] === 'b' ? 11 : 0)) % 12
}

/** A set of pitch classes with a root, 0 is C. */
export interface PitchSet {
  readonly root: number
  /** Ascending from the root, in semitones above it, 0..11. */
  readonly intervals: readonly number[]
}

/** `F# minor`, `D dorian`; undefined for what is no key. */
export const readKey = (text: string): PitchSet | undefined => {
  const [rootText = '', ...rest] = text.trim().split(/\s+/)
  const root = readPitchClass(rootText)
  const scale = rest.join(' ').toLowerCase()
  return root === undefined || !Object.hasOwn(SCALES, scale) ? undefined : { root, intervals: SCALES[scale as ScaleName] }
}

/** `Am7`, `F#maj7`, `Bb`, `D/F#` (the bass is left out); undefined for what is no chord. */
export const readChord = (text: string): PitchSet | undefined => {
  const match = /^([A-G][#b]?)([a-z0-9]*)(?:\/[A-G][#b]?)?$/.exec(text.trim())
  const root = match && readPitchClass(match[1] ?? '')
  const intervals = match && QUALITIES.get(match[2] ?? '')
  return root === undefined || root === null || !intervals ? undefined : { root, intervals }
}

/** A chord that holds from a frame until the next one's. */
export interface ChordChange {
  readonly fromFrame: number
  readonly chord: PitchSet
}

export interface HarmoniseOptions {
  /** What the notes were in: with both keys, each degree becomes the same degree of the new scale. Null: nobody knows; each note goes to the nearest. */
  readonly from: PitchSet | null
  readonly to: PitchSet
  /** Where given, notes that begin with a chord, or hold for a beat and longer, go to its tones. Ascending. */
  readonly chords?: readonly ChordChange[] | undefined
  /** Notes at least this long follow the chords; shorter ones pass through the scale. */
  readonly chordFromFrames?: number | undefined
}

interface Pitched {
  readonly startFrame: number
  readonly lengthFrames: number
  readonly pitch: number
}

/** A second at 120 bpm holds two of these. */
const DEFAULT_CHORD_FRAMES = 24_000

const modulo = (value: number, by: number): number => ((value % by) + by) % by

/** The nearest pitch of a set; of two equally near the lower one. Octaves are kept. */
export const nearestPitch = (pitch: number, set: PitchSet): number => {
  for (let distance = 0; distance < 12; distance++) {
    for (const candidate of [pitch - distance, pitch + distance])
      if (set.intervals.includes(modulo(candidate - set.root, 12))) return candidate
  }
  return pitch
}

/** The same degree of another scale, alterations kept where both have as many degrees. */
const sameDegree = (pitch: number, from: PitchSet, to: PitchSet): number => {
  const base = nearestPitch(pitch, from)
  const above = modulo(base - from.root, 12)
  const degree = from.intervals.indexOf(above)
  // The new root goes the shorter way, so that a song does not leap by more than a tritone.
  const shift = modulo(to.root - from.root + 6, 12) - 6
  const root = base - above + shift
  return root + (to.intervals[degree] ?? 0) + (pitch - base)
}

const inRange = (pitch: number): number => {
  let held = pitch
  while (held < 0) held += 12
  while (held > 127) held -= 12
  return held
}

/**
 * Moves notes into a key, and onto chords where they are given. Times, lengths and velocities stay; two notes that would fall on one another are kept
 * once, the longer.
 */
export const harmonise = <N extends Pitched>(notes: readonly N[], options: HarmoniseOptions): readonly N[] => {
  const { from, to, chords = [], chordFromFrames = DEFAULT_CHORD_FRAMES } = options
  const isSameShape = from !== null && from.intervals.length === to.intervals.length
  const placed = new Map<string, N>()
  for (const note of notes) {
    const inKey = from !== null && isSameShape ? nearestPitch(sameDegree(note.pitch, from, to), to) : nearestPitch(note.pitch, to)
    const chord = chordAt(chords, note.startFrame)
    const isStructural =
      chord !== undefined && (note.lengthFrames >= chordFromFrames || chords.some(({ fromFrame }) => fromFrame === note.startFrame))
    const pitch = inRange(isStructural ? nearestPitch(inKey, chord) : inKey)
    const key = `${note.startFrame}:${pitch}`
    const other = placed.get(key)
    if (!other || other.lengthFrames < note.lengthFrames) placed.set(key, { ...note, pitch })
  }
  return [...placed.values()].sort((a, b) => a.startFrame - b.startFrame || a.pitch - b.pitch)
}

const chordAt = (chords: readonly ChordChange[], frame: number): PitchSet | undefined => {
  let current: PitchSet | undefined
  for (const { fromFrame, chord } of chords) {
    if (fromFrame > frame) break
    current = chord
  }
  return current
}
