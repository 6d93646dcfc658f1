// "Glass Orchard": 120 BPM, E flat major, 6/8. Half-time and wide; bells count in threes over the two, and the minor subdominant keeps returning.
import { parseChords, voiceLead } from '../../harmony.ts'
import { createGrid } from '../../score.ts'
import { layOut } from '../../work.ts'

export const BAR = 3
export const grid = createGrid(120, BAR, 56, 4)

export const sections = layOut([
  ['Intro', 4],
  ['Verse', 8],
  ['Build', 4],
  ['Drop', 8],
  ['Break', 8],
  ['Build', 4],
  ['Drop', 12],
  ['Outro', 8],
])

export const VERSE = 4
export const BUILD = 12
export const DROP = 16
export const BREAK = 24
export const BUILD_2 = 32
export const DROP_2 = 36
export const OUTRO = 48

export const chords = parseChords(
  `Ebmaj9 Cm9 Abmaj9 Abm6
   Ebmaj9 Gm7 Cm9 Bb6 Abmaj9 Ebmaj9/G Fm9 Bb7sus4+Bb7
   Abmaj9 Bb6 G7/B Cm9
   Abmaj9 Bb6 Cm9 Ebmaj9/G Abmaj9 Bb6 G7/B Cm9
   Abmaj9 Abm6 Gm7 Cm9 Fm9 Bb7sus4 Bmaj7 Bb7sus4
   Abmaj9 Bb6 G7/B Bb7sus4+Bb7
   Abmaj9 Bb6 Cm9 Ebmaj9/G Abmaj9 Bb6 G7/B Cm9 Abmaj9 Bb6 Fm9 Bb7sus4+Bb7
   Ebmaj9 Gm7 Cm9 Bb6 Abmaj9 Abm6 Ebmaj9 Ebmaj9`,
  0,
  grid,
)
export const voicings = voiceLead(chords, 53, 75)
export const isDrop = (bar: number): boolean => (bar >= DROP && bar < BREAK) || (bar >= DROP_2 && bar < OUTRO)
export const isBuild = (bar: number): boolean => (bar >= BUILD && bar < DROP) || (bar >= BUILD_2 && bar < DROP_2)
