// "Glass Orchard": piano, chords, bells.
import { chordAt, type Hit, playChords } from '../../harmony.ts'
import { humanise, type Note, parseMelody } from '../../score.ts'
import {
  addInto,
  addReverb,
  createStereo,
  delay,
  duck,
  FELT_PIANO,
  filter,
  GLASS_BELL,
  playModal,
  playSynth,
  reverb,
  send,
  shape,
  type Stereo,
  type SynthPatch,
} from '../../synthesis/index.ts'
import { overBars, type StemContext } from '../../work.ts'
import { dropKicks } from './drums.ts'
import { BAR, grid, VERSE, BUILD, DROP, BREAK, BUILD_2, DROP_2, OUTRO, chords, voicings, isDrop, isBuild } from './score.ts'

export const renderPiano = ({ random }: StemContext): Stereo => {
  const dry = createStereo(grid.frames)
  const notes: Note[] = []
  // Rolling six: low, middle, high, top, high, middle; a quarter of the notes left out where the voice sings.
  const roll = [-1, 1, 2, 3, 2, 1]
  for (let eighth = 0; eighth < 55 * 6; eighth++) {
    const bar = Math.floor(eighth / 6)
    const place = eighth % 6
    if (isDrop(bar)) continue
    if (bar >= VERSE && bar < BUILD && (place === 2 || place === 5)) continue
    const beat = eighth / 2
    const chord = chordAt(chords, beat)
    const voicing = voicings[chords.indexOf(chord)] ?? []
    const finger = roll[place] as number
    const midi = finger === -1 ? (voicing[0] as number) - 12 : (voicing[finger % voicing.length] as number)
    notes.push({
      startBeat: beat,
      lengthBeats: Math.min(2, (bar + 1) * BAR - beat + 0.2),
      midi,
      velocity: (place === 0 ? 0.6 : place === 3 ? 0.52 : 0.42) + (isBuild(bar) ? (eighth % 24) * 0.008 : 0),
    })
  }
  const stabs = playChords(
    chords,
    voicings,
    grid,
    (bar): readonly Hit[] =>
      isDrop(bar)
        ? [
            [0, 1.3, 0.6],
            [1.5, 0.9, 0.52],
            [2.5, 0.45, 0.56],
          ]
        : bar === 55
          ? [[0, 2.9, 0.46]]
          : [],
    0.015,
  )
  const melody = parseMelody(
    `Eb5/1 G5/.5 Bb5/1.5 | B5/1 Ab5/.5 F5/1.5 | D5/1 F5/.5 G5/1.5 | Eb5/1.5 D5/.5 C5/1 | Ab5/1 G5/.5 F5/.5 Eb5/.5 C5/.5 | Eb5/1.5 F5/1.5 | Gb5/1 F5/.5 Eb5/.5 Bb4/1 | D5/1 Eb5/.5 F5/1.5`,
    BREAK,
    grid,
    0.66,
  )
  playModal(dry, FELT_PIANO, humanise([...notes, ...stabs, ...melody], grid, random, 6, 0.05), grid, random)
  filter(dry, 'highpass', 70)
  filter(dry, 'bell', 320, 0.8, -2)
  filter(dry, 'high-shelf', 3500, 0.7, 4)
  duck(dry, dropKicks, grid, 3, 0.4)
  return addReverb(dry, 0.22, { seconds: 2.2, preDelayMs: 20, brightness: 0.5, size: 1 })
}

const WIDE_SAWS: SynthPatch = {
  wave: 'saw',
  unison: 7,
  detuneCents: 34,
  width: 1,
  envelope: { attack: 0.02, decay: 0.6, sustain: 0.8, release: 0.22 },
  cutoffHz: 1500,
  sweepOctaves: 1.4,
  filterEnvelope: { attack: 0.01, decay: 0.4, sustain: 0.5, release: 0.2 },
  resonance: 0.8,
  keyFollow: 0.4,
  cutoffAt: overBars(grid, [
    [0, 1],
    [BUILD, 0.2],
    [DROP - 0.1, 1.3],
    [DROP, 1.6],
    [BREAK, 1.5],
    [BUILD_2, 0.2],
    [DROP_2 - 0.1, 1.5],
    [DROP_2, 1.8],
    [OUTRO - 2, 2.2],
    [OUTRO, 1],
  ]),
}

export const renderSaws = ({ random }: StemContext): Stereo => {
  const dry = createStereo(grid.frames)
  const rhythm = (bar: number): readonly Hit[] =>
    isBuild(bar)
      ? [[0, 2.98, 0.5]]
      : !isDrop(bar)
        ? []
        : bar % 4 === 3
          ? [
              [0, 0.7, 0.7],
              [0.75, 0.45, 0.6],
              [1.5, 0.45, 0.66],
              [2, 0.45, 0.66],
              [2.5, 0.45, 0.72],
            ]
          : [
              [0, 1.2, 0.7],
              [1.25, 0.2, 0.5],
              [1.5, 0.95, 0.68],
              [2.5, 0.45, 0.62],
            ]
  playSynth(dry, WIDE_SAWS, playChords(chords, voicings, grid, rhythm), grid, random)
  // The lead joins the second drop and answers the chops where they rest.
  const lead = [
    ...parseMelody(
      `_/1 G5/.5 _/1 C6/.5 | _/1 F5/.5 _/1.5 | _/1 D5/.5 _/.5 Eb5/.5 G5/.5 | G5/1.5 F5/.5 Eb5/1 | _/1 G5/.5 _/1 C6/.5 | _/1 F5/.5 _/1.5 | F5/1.5 D5/.5 B5/1 | C6/1.5 G5/1.5`,
      DROP_2,
      grid,
      0.6,
    ),
    ...parseMelody(`_/1 G5/.5 _/1 C6/.5 | _/1 F5/.5 _/1.5 | C6/1 Bb5/.5 Ab5/1 G5/.5 | F5/1.5 D5/1 _/.5`, DROP_2 + 8, grid, 0.64),
  ]
  playSynth(
    dry,
    {
      ...WIDE_SAWS,
      wave: 'square',
      unison: 3,
      detuneCents: 14,
      width: 0.5,
      glideSeconds: 0.07,
      vibratoCents: 16,
      cutoffHz: 1300,
      cutoffAt: () => 1.5,
    },
    lead,
    grid,
    random,
  )
  filter(dry, 'highpass', 170)
  filter(dry, 'bell', 300, 0.9, -2)
  duck(dry, dropKicks, grid, 9, 0.7)
  shape(
    dry,
    grid,
    overBars(grid, [
      [BUILD, 0.25],
      [DROP - 0.1, 0.9],
      [DROP, 1],
      [BREAK, 1],
      [BUILD_2, 0.25],
      [DROP_2 - 0.1, 0.9],
      [DROP_2, 1.05],
      [OUTRO, 1.05],
    ]),
  )
  const echoes = delay(send(dry, 0.12), 0.75, 0.3, grid)
  return addInto(addInto(dry, echoes), reverb(send(dry, 0.14), { seconds: 1.8, preDelayMs: 20, brightness: 0.6, size: 1 }))
}

const bellNotes = (): readonly Note[] => {
  const notes: Note[] = []
  // Groups of four sixteenths against the bar's groups of six: three against two.
  const order = [3, 1, 2, 0]
  for (let sixteenth = 0; sixteenth < 55 * 12; sixteenth++) {
    const bar = Math.floor(sixteenth / 12)
    const loud = isDrop(bar)
    if (bar >= BREAK && bar < BREAK + 4) continue
    if (!loud && !isBuild(bar) && sixteenth % 4 !== 0) continue
    if (isBuild(bar) && sixteenth % 2 !== 0) continue
    if (loud && sixteenth % 4 === 3) continue
    const beat = sixteenth / 4
    const voicing = voicings[chords.indexOf(chordAt(chords, beat))] ?? []
    const index = (order[sixteenth % 4] as number) + (Math.floor(sixteenth / 4) % 3 === 1 ? 1 : 0)
    const octave = sixteenth % 24 === 16 ? 24 : 12
    notes.push({
      startBeat: beat,
      lengthBeats: 1.5,
      midi: (voicing[index % voicing.length] as number) + octave,
      velocity: sixteenth % 4 === 0 ? 0.6 : 0.36,
    })
  }
  return notes
}

export const renderBells = ({ random }: StemContext): Stereo => {
  const dry = createStereo(grid.frames)
  playModal(dry, GLASS_BELL, humanise(bellNotes(), grid, random, 4, 0.06), grid, random)
  filter(dry, 'highpass', 300)
  duck(dry, dropKicks, grid, 4, 0.45)
  const echoes = delay(send(dry, 0.32), 0.75, 0.45, grid)
  return addInto(
    addInto(dry, echoes),
    reverb(addInto(send(dry, 0.22), echoes, 0.4), { seconds: 3.2, preDelayMs: 26, brightness: 0.7, size: 1.3 }),
  )
}
