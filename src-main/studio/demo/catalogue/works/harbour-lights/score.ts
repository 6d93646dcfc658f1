// "Harbour Lights": 112 BPM, A minor, 4/4. Night-drive house; the hook climbs to a minor seventh over the tonic and falls home by step.
import { parseChords, voiceLead } from '../../harmony.ts'
import { createGrid, type Note } from '../../score.ts'
import { layOut } from '../../work.ts'

export const grid = createGrid(112, 4, 44, 3)

export const sections = layOut([
  ['Intro', 4],
  ['Verse', 8],
  ['Build', 4],
  ['Chorus', 8],
  ['Break', 4],
  ['Lift', 4],
  ['Chorus', 8],
  ['Outro', 4],
])

export const VERSE = 4
export const BUILD = 12
export const CHORUS = 16
export const BREAK = 24
export const LIFT = 28
export const CHORUS_2 = 32
export const OUTRO = 40

// The dominant keeps its leading note back: E7sus4 hangs, then G# pulls home. The break leans on the flat second before it.
export const chords = parseChords(
  `Am9 Fmaj9 Cadd9 Em7
   Am9 Fmaj9 Cadd9 G6 Am9 Fmaj9 Dm9 E7sus4+E7
   Dm9 Em7 Fmaj9 E7sus4+E7
   Fmaj9 G6 Am9 Cadd9/E Fmaj9 G6 E7/G# Am9
   Dm9 Am9 Bbmaj7 E7sus4+E7
   Fmaj9 G6 Am9 E7sus4+E7b9
   Fmaj9 G6 Am9 Cadd9/E Fmaj9 G6 E7/G# Am9
   Fmaj9 Dm9 Am9 Am9`,
  0,
  grid,
)
export const voicings = voiceLead(chords, 52, 74)

export const inBars = (notes: readonly Note[], from: number, to: number): readonly Note[] =>
  notes.filter((note) => note.startBeat >= from * 4 - 0.5 && note.startBeat < to * 4 - 0.01)
