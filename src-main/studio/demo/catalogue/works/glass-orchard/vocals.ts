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
import { BAR, grid, VERSE, BUILD, DROP, BREAK, BUILD_2, DROP_2, OUTRO, chords, voicings, isDrop } from './score.ts'

export const chops = `Eb5/.5:da C5/.5:- _/.5 Eb5/.5:da G5/.5!:ah Eb5/.5:- | F5/.5:da D5/.5:- _/.5 F5/.5:da D5/.5:ah Bb4/.5:- |
   Eb5/.5:da C5/.5:- _/.5 G4/.5:da C5/.5:ah D5/.5:- | Eb5/1:ah D5/.5:- Bb4/1:oh _/.5 |
   Eb5/.5:da C5/.5:- _/.5 Eb5/.5:da G5/.5!:ah Eb5/.5:- | F5/.5:da D5/.5:- _/.5 F5/.5:da G5/.5:ah F5/.5:- |
   D5/1:ah B4/.5:- G4/.5:da B4/.5:- D5/.5:- | Eb5/1:ah D5/.5:- C5/1:- _/.5 |`

export const lead: readonly Note[] = [
  ...parseMelody('_/3 | _/1.5 G4/1.5:mm | Eb4/2.5:oo _/.5', 1, grid, 0.45),
  ...parseMelody(
    `_/.5 G4/.5:na Bb4/.5:- Bb4/1:oo G4/.5:- | _/.5 F4/.5:na G4/.5:- D5/1:oo Bb4/.5:- | _/.5 G4/.5:na C5/.5:- Eb5/1:ah D5/.5:- | D5/1:- C5/.5:- Bb4/1:- _/.5 |
     _/.5 C5/.5:na Eb5/.5:- Eb5/1:oo C5/.5:- | Bb4/1:la G4/.5:- Bb4/1:oo _/.5 | _/.5 Ab4/.5:na C5/.5:- Eb5/1:ah F5/.5:- | Eb5/1.5:ah D5/1:- _/.5`,
    VERSE,
    grid,
    0.62,
  ),
  ...parseMelody('C5/1.5:oo Eb5/1.5:- | D5/1.5:- F5/1.5:- | F5/1:ah D5/.5:- B4/1.5:- | C5/1:oh D5/.5:- Eb5/.5:- _/1', BUILD, grid, 0.66),
  ...parseMelody(`${chops} _/3`, DROP, grid, 0.78),
  ...parseMelody(
    `_/3 | _/1.5 B4/1:oo Ab4/.5:- | Bb4/2.5:oo _/.5 | _/.5 G4/.5:na C5/.5:- Eb5/1:ah D5/.5:- | C5/2:oo Ab4/1:- | Bb4/2:oo _/1 | _/.5 Bb4/.5:na Eb5/.5:- Gb5/1:ah F5/.5:- | F5/1.5:ah Eb5/1:- _/.5`,
    BREAK,
    grid,
    0.56,
  ),
  ...parseMelody(
    `C5/.25:da _/.25 C5/.25:da _/.25 Eb5/.25:da _/.25 C5/.25:da _/.25 Eb5/.5:da _/.5 | D5/.25:da _/.25 D5/.25:da _/.25 F5/.25:da _/.25 D5/.25:da _/.25 F5/.5:da _/.5 |
     D5/.25:da _/.25 F5/.25:da _/.25 D5/.25:da _/.25 F5/.25:da _/.25 G5/.5:da _/.5 | F5/1.5!:ah Eb5/.5:- D5/.5:- _/.5`,
    BUILD_2,
    grid,
    0.66,
  ),
  ...parseMelody(
    `${chops} Eb5/.5:da C5/.5:- _/.5 Eb5/.5:da G5/.5!:ah Eb5/.5:- | F5/.5:da D5/.5:- _/.5 F5/.5:da Bb5/.5!:ah G5/.5:- | Ab5/1:ah G5/.5:- F5/1:- Eb5/.5:- | F5/1.5:ah D5/1:- _/.5`,
    DROP_2,
    grid,
    0.86,
  ),
  ...parseMelody(
    '_/.5 G4/.5:na Bb4/.5:- Bb4/1:oo G4/.5:- | _/.5 F4/.5:na G4/.5:- D5/1:oo Bb4/.5:- | _/.5 G4/.5:na C5/.5:- Eb5/1:oo D5/.5:- | Bb4/2.5:oo _/.5 | C5/2.5:oo _/.5 | B4/2.5:oo _/.5 | Bb4/2.8:oo _/.2',
    OUTRO,
    grid,
    0.5,
  ),
]

export const renderVocals = ({ random }: StemContext): Stereo => {
  const dry = createStereo(grid.frames)
  const singer: Singer = { ...LEAD, formantScale: 1.1, tilt: 0.3, vibratoHz: 5.6, breathiness: 0.05 }
  sing(dry, singer, lead, grid, random, 0.5)
  const inDrops = lead.filter((note) => isDrop((note.startBeat + 0.05) / BAR))
  const doubles = createStereo(grid.frames)
  const double: Singer = { ...singer, topHz: 6_000, breathBefore: false, timingMs: 9, breathiness: 0 }
  sing(doubles, { ...double, pan: -0.8, detuneCents: 9, formantScale: 1.18 }, inDrops, grid, random, 0.22)
  sing(doubles, { ...double, pan: 0.8, detuneCents: -8, formantScale: 1.03 }, inDrops, grid, random, 0.22)
  // The choir holds what the chops leave out.
  const choir = createStereo(grid.frames)
  for (const [index, pan] of [
    [0, 0.15],
    [1, -0.65],
    [2, 0.65],
  ] as const) {
    const notes = chords.flatMap((chord, at): readonly Note[] => {
      const bar = Math.floor(chord.startBeat / BAR + 1e-6)
      const midi = (voicings[at] ?? [])[index]
      if (midi === undefined || !(isDrop(bar) || (bar >= BREAK + 4 && bar < BREAK + 8) || bar >= OUTRO + 4)) return []
      return [
        {
          startBeat: chord.startBeat,
          lengthBeats: chord.lengthBeats,
          midi,
          velocity: isDrop(bar) ? 0.55 : 0.42,
          syllable: bar % 4 === 0 ? (isDrop(bar) ? 'ah' : 'oo') : '-',
        },
      ]
    })
    sing(
      choir,
      {
        ...double,
        topHz: 4_500,
        breathiness: 0.09,
        vibratoCents: 18,
        timingMs: 24,
        tilt: 0.55,
        pan,
        detuneCents: index * 4 - 4,
        formantScale: 0.92 + index * 0.07,
      },
      notes,
      grid,
      random,
      0.16,
    )
  }
  addInto(dry, doubles)
  compress(dry, -14, 3, 6, 120, 3)
  filter(dry, 'highpass', 150)
  filter(dry, 'high-shelf', 6500, 0.7, 3)
  const echoes = delay(send(dry, 0.24), 0.75, 0.45, grid)
  const hall = reverb(addInto(addInto(send(dry, 0.24), choir, 0.6), echoes, 0.3), {
    seconds: 3,
    preDelayMs: 30,
    brightness: 0.62,
    size: 1.25,
  })
  return addInto(addInto(addInto(dry, choir, 0.75), echoes), filter(hall, 'highpass', 220))
}
