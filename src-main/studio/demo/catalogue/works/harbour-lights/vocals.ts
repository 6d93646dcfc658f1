import { type Note, parseMelody } from '../../score.ts'
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
import { grid, VERSE, BUILD, CHORUS, BREAK, LIFT, CHORUS_2, OUTRO, chords, voicings, inBars } from './score.ts'

export const hook = (bar: number, velocity: number): readonly Note[] =>
  parseMelody(
    `C5/1.5:ah E5/.5:- E5/1:la D5/.5:- C5/.5:- | D5/1.5:ah B4/.5:- G4/1:la _/.5 A4/.25:na B4/.25:- |
     C5/1.5:ah E5/.5:- G5/1!:ah E5/.5:- D5/.5:- | E5/2:oo _/1 G4/.5:na A4/.5:- |
     C5/1.5:ah E5/.5:- E5/1:la D5/.5:- C5/.5:- | D5/1.5:ah E5/.5:- D5/1:la B4/1:- |
     B4/1:ah D5/1:la E5/1!:ah D5/.5:- B4/.5:- | C5/.5:ah B4/.5:- A4/2:- _/1`,
    bar,
    grid,
    velocity,
  )

const lead: readonly Note[] = [
  ...parseMelody('_/1 E4/1:mm G4/2:oo | B4/1.5:oo A4/.5:- G4/2:-', 2, grid, 0.5),
  ...parseMelody(
    `_/1 A4/.5:na B4/.5:- C5/1.5:na B4/.5:- | A4/1.5:oo G4/.5:- A4/1:- _/1 | _/1 G4/.5:na A4/.5:- B4/1.5:la G4/.5:- | E4/1:oo D4/.5:- E4/1.5:- _/1 |
     _/1 A4/.5:na B4/.5:- C5/1:na D5/.5:la E5/.5:- | E5/1.5:ah D5/.5:- C5/1:- A4/1:la | _/.5 A4/.5:na C5/.5:la D5/.5:- E5/1:na D5/.5:la C5/.5:- |
     B4/2:ah B4/.5:na G#4/1.5:ah`,
    VERSE,
    grid,
    0.62,
  ),
  ...parseMelody(
    `_/.5 D5/1.5:oo C5/1:- A4/1:- | B4/2:oo D5/1:- E5/1:- | E5/2:ah F5/.5:- E5/.5:- D5/1:- | E5/1.5!:ah D5/.5:- B4/1:ah _/.5 A4/.25:na B4/.25:-`,
    BUILD,
    grid,
    0.68,
  ),
  ...hook(CHORUS, 0.8),
  ...parseMelody('_/2 F4/.5:oo A4/.5:- D5/1:- | C5/3:oo _/1 | _/1 D5/1:ah F5/1:- D5/1:- | B4/2:ah G#4/1:- _/1', BREAK, grid, 0.55),
  ...parseMelody(
    `A4/.25:da _/.25 A4/.25:da _/.25 C5/.5:da _/.5 A4/.25:da _/.25 E5/.5:da _/1 | B4/.25:da _/.25 B4/.25:da _/.25 D5/.5:da _/.5 B4/.25:da _/.25 E5/.5:da _/1 |
     C5/.25:da _/.25 C5/.25:da _/.25 E5/.5:da _/.5 C5/.25:da _/.25 G5/.5!:da _/.5 E5/.25:da _/.25 | E5/1.5:ah D5/.5:- B4/1:- _/.5 A4/.25:na B4/.25:-`,
    LIFT,
    grid,
    0.68,
  ),
  ...hook(CHORUS_2, 0.88),
  ...parseMelody('_/1 C5/1:oo B4/.5:- A4/1.5:- | _/1 A4/1:oo F4/2:- | E4/3:oo _/1', OUTRO, grid, 0.5),
]

// The second voice sings thirds below in the first chorus and above in the last; sixths where a third would leave the chord.
const harmonyVoice: readonly Note[] = [
  ...parseMelody(
    `A4/1.5:ah C5/.5:- C5/1:la B4/.5:- A4/.5:- | B4/1.5:ah G4/.5:- D4/1:la _/1 | A4/1.5:ah C5/.5:- E5/1:ah C5/.5:- B4/.5:- | C5/2:oo _/2 |
     A4/1.5:ah C5/.5:- C5/1:la B4/.5:- A4/.5:- | B4/1.5:ah B4/.5:- B4/1:la G4/1:- | G#4/1:ah B4/1:la B4/1:ah B4/.5:- G#4/.5:- | A4/.5:ah G4/.5:- E4/2:- _/1`,
    CHORUS,
    grid,
    0.6,
  ),
  ...parseMelody(
    `A4/1.5:ah C5/.5:- C5/1:la B4/.5:- A4/.5:- | B4/1.5:ah G4/.5:- D4/1:la _/1 | E5/1.5:ah G5/.5:- C5/1:ah C5/.5:- B4/.5:- | C5/2:oo _/2 |
     A4/1.5:ah C5/.5:- C5/1:la B4/.5:- A4/.5:- | B4/1.5:ah B4/.5:- B4/1:la G4/1:- | G#4/1:ah B4/1:la B4/1:ah B4/.5:- G#4/.5:- | E4/.5:ah E4/.5:- E4/2:- _/1`,
    CHORUS_2,
    grid,
    0.66,
  ),
]

const choirNotes = (index: number): readonly Note[] =>
  chords.flatMap((chord, at): readonly Note[] => {
    const bar = chord.startBeat / 4
    const isSung = (bar >= BUILD + 2 && bar < BREAK) || (bar >= BREAK + 2 && bar < LIFT) || (bar >= CHORUS_2 && bar < OUTRO + 3)
    const midi = (voicings[at] ?? [])[index]
    if (!isSung || midi === undefined) return []
    return [{ startBeat: chord.startBeat, lengthBeats: chord.lengthBeats, midi, velocity: 0.5, syllable: bar % 4 === 0 ? 'oo' : '-' }]
  })

export const renderVocals = ({ random }: StemContext): Stereo => {
  const dry = createStereo(grid.frames)
  sing(dry, LEAD, lead, grid, random, 0.5)
  const doubles = createStereo(grid.frames)
  const chorusLead = [...inBars(lead, CHORUS, BREAK), ...inBars(lead, CHORUS_2, OUTRO)]
  const double: Singer = { ...LEAD, topHz: 6_000, breathBefore: false, timingMs: 13, vibratoHz: 5.1, breathiness: 0, formantScale: 1.0 }
  sing(doubles, { ...double, pan: -0.75, detuneCents: 7 }, chorusLead, grid, random, 0.2)
  sing(doubles, { ...double, pan: 0.75, detuneCents: -6, formantScale: 1.06 }, chorusLead, grid, random, 0.2)
  sing(doubles, { ...double, pan: -0.4, formantScale: 0.98 }, harmonyVoice, grid, random, 0.24)
  sing(doubles, { ...double, pan: 0.45, detuneCents: 5 }, harmonyVoice, grid, random, 0.22)
  const choir = createStereo(grid.frames)
  for (const [index, pan] of [
    [1, -0.6],
    [2, 0.6],
    [3, -0.2],
  ] as const) {
    sing(
      choir,
      {
        ...double,
        topHz: 4_500,
        breathiness: 0.1,
        vibratoCents: 18,
        timingMs: 22,
        tilt: 0.6,
        pan,
        detuneCents: index * 3 - 6,
        formantScale: 0.94 + index * 0.03,
      },
      choirNotes(index),
      grid,
      random,
      0.15,
    )
  }
  addInto(dry, doubles)
  compress(dry, -14, 3, 8, 140, 3)
  filter(dry, 'highpass', 140)
  filter(dry, 'high-shelf', 6500, 0.7, 3)
  const echoes = delay(send(dry, 0.22), 0.75, 0.42, grid)
  const hall = reverb(addInto(send(dry, 0.2), choir, 0.55), { seconds: 2.4, preDelayMs: 28, brightness: 0.62, size: 1.1 })
  return addInto(addInto(addInto(dry, choir, 0.8), echoes), filter(hall, 'highpass', 220))
}
