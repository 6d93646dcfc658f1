import { type Note, parseMelody, transpose } from '../../score.ts'
import {
  addInto,
  compress,
  createStereo,
  delay,
  filter,
  LEAD,
  reverb,
  send,
  type Singer,
  sing,
  type Stereo,
} from '../../synthesis/index.ts'
import type { StemContext } from '../../work.ts'
import { BAR, grid, VERSE, BUILD, CHORUS, BREAK, CHORUS_2, OUTRO, chords, voicings } from './score.ts'

export const refrain = `D5/1:la B4/.5:- D5/.5:la F#5/1.5!:ah | E5/1:la C#5/.5:- E5/.5:la C#5/1:ah A4/.5:- | C#5/1:la A4/.5:- C#5/.5:la E5/1.5:ah |
   D5/1:oh C#5/.5:- B4/1:- _/1 |`

const lead: readonly Note[] = [
  ...parseMelody(
    `_/.5 F#4/.5:la A4/1:- B4/.5:la A4/1:- | B4/1:oo A4/.5:- F#4/1:- _/1 | _/.5 F#4/.5:la A4/1:- D5/.5:la C#5/1:- | B4/1:oo A4/.5:- E4/1:- _/1 |
     _/.5 F#4/.5:la A4/1:- B4/.5:la D5/1:- | C#5/1:ah B4/.5:- A4/1:- _/.5 A4/.5:na | B4/1:na D5/1:- E5/.5:la D5/.5:- B4/.5:- | A4/2:ah C#5/1:- _/.5`,
    VERSE,
    grid,
    0.62,
  ),
  ...parseMelody(
    `_/1 G4/.5:na A4/.5:- B4/1.5:oo | _/1 A4/.5:na B4/.5:- C#5/1.5:oo | _/1 B4/.5:na C#5/.5:- D5/1.5:ah | E5/2:ah D5/.5:- _/.5 A4/.5:na`,
    BUILD,
    grid,
    0.66,
  ),
  ...parseMelody(
    `${refrain} B4/1:la G4/.5:- B4/.5:la D5/1.5:ah | D5/1:la Bb4/.5:- D5/.5:la E5/1.5!:ah | F#5/1:ah E5/.5:- D5/1:- A4/1:- | C#5/1.5:oo B4/.5:- A4/.5:- _/1`,
    CHORUS,
    grid,
    0.78,
  ),
  ...parseMelody('_/2 F#4/.5:mm A4/1:- | B4/2.5:oo _/1 | _/2 G4/.5:oo B4/1:- | A4/2:oo _/1 A4/.5:na', BREAK, grid, 0.5),
  ...parseMelody(`${refrain} D5/1:la E5/.5:- D5/.5:la Bb4/1.5:ah | A4/3:ah _/.5`, CHORUS_2, grid, 0.84),
  ...parseMelody('_/1 B4/1:oo A4/1.5:- | Bb4/2:oo A4/1.5:- | F#4/3:oo _/.5', OUTRO, grid, 0.52),
]

// A second singer, lower, moving against the first: down where she goes up.
export const second: readonly Note[] = [
  ...parseMelody('_/3.5 | _/3.5 | _/2 G4/1.5:oo | A4/2:ah G4/.5:- _/1', BUILD, grid, 0.5),
  ...parseMelody(
    `B4/1:la G4/.5:- B4/.5:la A4/1.5:ah | A4/1:la A4/.5:- C#5/.5:la A4/1:ah E4/.5:- | A4/1:la F#4/.5:- A4/.5:la C#5/1.5:ah | B4/1:oh A4/.5:- F#4/1:- _/1 |
     G4/1:la E4/.5:- G4/.5:la B4/1.5:ah | Bb4/1:la G4/.5:- Bb4/.5:la Bb4/1.5:ah | A4/1:ah G4/.5:- F#4/1:- F#4/1:- | A4/1.5:oo G4/.5:- E4/.5:- _/1`,
    CHORUS,
    grid,
    0.58,
  ),
  ...parseMelody(
    `B4/1:la G4/.5:- B4/.5:la A4/1.5:ah | A4/1:la A4/.5:- C#5/.5:la A4/1:ah E4/.5:- | A4/1:la F#4/.5:- A4/.5:la C#5/1.5:ah | B4/1:oh A4/.5:- F#4/1:- _/1 |
     Bb4/1:la Bb4/.5:- Bb4/.5:la G4/1.5:ah | F#4/3:ah _/.5`,
    CHORUS_2,
    grid,
    0.62,
  ),
]

export const renderVocals = ({ random }: StemContext): Stereo => {
  const dry = createStereo(grid.frames)
  const singer: Singer = { ...LEAD, formantScale: 1.0, tilt: 0.42, vibratoHz: 5.1, vibratoCents: 24, breathiness: 0.06, timingMs: 9 }
  sing(dry, { ...singer, pan: 0.06 }, lead, grid, random, 0.5)
  sing(dry, { ...singer, pan: -0.45, formantScale: 0.92, breathBefore: false, timingMs: 16 }, second, grid, random, 0.36)
  const tenor: Singer = { ...singer, formantScale: 0.86, pan: 0.4, breathBefore: false, timingMs: 14, tilt: 0.3, detuneCents: -4 }
  sing(
    dry,
    tenor,
    transpose(
      lead.filter((note) => note.startBeat >= CHORUS_2 * BAR - 0.1 && note.startBeat < OUTRO * BAR - 0.1),
      -12,
    ),
    grid,
    random,
    0.34,
  )
  const choir = createStereo(grid.frames)
  for (const [index, pan] of [
    [0, -0.5],
    [1, 0.55],
    [2, -0.1],
  ] as const) {
    const notes = chords.flatMap((chord, at): readonly Note[] => {
      const bar = chord.startBeat / BAR
      const midi = (voicings[at] ?? [])[index]
      if (midi === undefined || !((bar >= CHORUS + 4 && bar < BREAK) || (bar >= CHORUS_2 && bar < OUTRO + 2))) return []
      return [{ startBeat: chord.startBeat, lengthBeats: chord.lengthBeats, midi, velocity: 0.45, syllable: bar % 2 === 0 ? 'oo' : '-' }]
    })
    sing(
      choir,
      {
        ...singer,
        topHz: 4_500,
        formantScale: 0.9 + index * 0.06,
        breathBefore: false,
        timingMs: 20,
        vibratoCents: 16,
        tilt: 0.6,
        breathiness: 0.1,
        pan,
        detuneCents: 4 - index * 4,
      },
      notes,
      grid,
      random,
      0.16,
    )
  }
  compress(dry, -15, 2.5, 10, 160, 2.5)
  filter(dry, 'highpass', 120)
  filter(dry, 'high-shelf', 6000, 0.7, 2.5)
  const room = reverb(addInto(send(dry, 0.24), choir, 0.6), { seconds: 1.9, preDelayMs: 22, brightness: 0.55, size: 0.95 })
  return addInto(addInto(addInto(dry, choir, 0.8), delay(send(dry, 0.12), 0.5, 0.3, grid)), filter(room, 'highpass', 200))
}
