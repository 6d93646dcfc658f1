// "Paper Kites": 84 BPM, D major, 7/8 as 2+2+3. Fingerpicked folk; the minor subdominant darkens each chorus before it comes home.
import { parseChords, voiceLead } from '../../harmony.ts'
import { createGrid } from '../../score.ts'
import { layOut } from '../../work.ts'

export const BAR = 3.5
export const grid = createGrid(84, BAR, 38, 3.5)

export const sections = layOut([
  ['Intro', 4],
  ['Verse', 8],
  ['Build', 4],
  ['Chorus', 8],
  ['Break', 4],
  ['Chorus', 6],
  ['Outro', 4],
])

export const VERSE = 4
export const BUILD = 12
export const CHORUS = 16
export const BREAK = 24
export const CHORUS_2 = 28
export const OUTRO = 34

export const chords = parseChords(
  `Dadd9 Gmaj7 Dadd9 A7sus4
   Dadd9 Gmaj7 Bm7 A7sus4 Dadd9 F#m7 Gmaj7 A7sus4:2+A7:1.5
   Em7 F#m7 Gmaj7 A7sus4
   Gmaj7 A6 F#m7 Bm7 Em7 Gm6 D/A A7
   Bm7 Gmaj7 Em7 A7sus4
   Gmaj7 A6 F#m7 Bm7 Gm6 Dadd9/A
   Gmaj7 Gm6 Dadd9 Dadd9`,
  0,
  grid,
)
export const voicings = voiceLead(chords, 54, 74)
