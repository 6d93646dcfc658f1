// "Paper Kites": kalimba, strings, air.
import { chordAt, playChords } from '../../harmony.ts'
import { humanise, type Note, parseMelody } from '../../score.ts'
import {
  addInto,
  addReverb,
  createStereo,
  delay,
  filter,
  KALIMBA,
  playModal,
  playSample,
  playSweep,
  playSynth,
  reverb,
  send,
  shape,
  type Stereo,
  type SynthPatch,
} from '../../synthesis/index.ts'
import { overBars, type StemContext } from '../../work.ts'
import { BAR, grid, VERSE, BUILD, CHORUS, BREAK, CHORUS_2, OUTRO, chords, voicings } from './score.ts'

const kalimbaNotes = (): readonly Note[] => {
  const notes: Note[] = []
  const order = [0, 2, 1, 3, 2, 1, 2]
  for (let eighth = 0; eighth < 37 * 7; eighth++) {
    const bar = Math.floor(eighth / 7)
    const place = eighth % 7
    if (bar >= VERSE && bar < VERSE + 4) continue
    if (bar >= BREAK && bar < CHORUS_2) continue
    const isSparse = bar < CHORUS
    if (isSparse && (place === 1 || place === 3)) continue
    const beat = eighth / 2
    const voicing = voicings[chords.indexOf(chordAt(chords, beat))] ?? []
    notes.push({
      startBeat: beat,
      lengthBeats: 1,
      midi: (voicing[(order[place] as number) % voicing.length] as number) + 12,
      velocity: place === 0 || place === 4 ? 0.62 : 0.46,
    })
  }
  // The break is its solo: the verse's first three notes, turned round and climbing.
  return [
    ...notes,
    ...parseMelody(
      `B5/.5 A5/.5 F#5/1 D5/.5 F#5/1 | G5/.5 A5/.5 B5/1 D6/.5 B5/1 | E6/.5 D6/.5 B5/.5 G5/.5 A5/.5 B5/.5 D6/.5 | E6/1 D6/.5 C#6/.5 A5/.5 B5/.5 C#6/.5`,
      BREAK,
      grid,
      0.64,
    ),
    ...parseMelody('D6/1 A5/1 F#5/1.5', 37, grid, 0.4),
  ]
}

export const renderKalimba = ({ random }: StemContext): Stereo => {
  const dry = createStereo(grid.frames)
  playModal(dry, KALIMBA, humanise(kalimbaNotes(), grid, random, 5, 0.06), grid, random)
  filter(dry, 'highpass', 200)
  const echoes = delay(send(dry, 0.3), 1.75, 0.35, grid)
  return addInto(
    addInto(dry, echoes),
    reverb(addInto(send(dry, 0.25), echoes, 0.3), { seconds: 2.2, preDelayMs: 24, brightness: 0.65, size: 1 }),
  )
}

const STRINGS: SynthPatch = {
  wave: 'saw',
  unison: 4,
  detuneCents: 16,
  width: 0.9,
  envelope: { attack: 0.38, decay: 1.5, sustain: 0.9, release: 0.6 },
  cutoffHz: 1150,
  sweepOctaves: 0.5,
  filterEnvelope: { attack: 0.5, decay: 1.5, sustain: 0.7, release: 0.6 },
  resonance: 0.75,
  keyFollow: 0.6,
  vibratoCents: 9,
  vibratoHz: 5.3,
  cutoffAt: overBars(grid, [
    [0, 0.6],
    [VERSE, 0.6],
    [BUILD, 0.7],
    [CHORUS, 1.5],
    [BREAK, 1.3],
    [BREAK, 0.7],
    [CHORUS_2, 1.7],
    [OUTRO, 1.2],
    [38, 0.5],
  ]),
}

export const renderStrings = ({ random }: StemContext): Stereo => {
  const dry = createStereo(grid.frames)
  const pad = playChords(chords, voicings, grid, (bar) => (bar < VERSE + 4 ? [] : [[0, BAR, 0.5]]))
  playSynth(dry, STRINGS, pad, grid, random)
  // A cello line in contrary motion to the refrain; violins take the refrain itself over in the last chorus.
  const cello = parseMelody(
    `B3/2 A3/1.5 | A3/2 C#4/1.5 | F#3/2 A3/1.5 | B3/2 F#3/1.5 | G3/2 E3/1.5 | G3/2 Bb3/1.5 | A3/2 F#3/1.5 | E3/2 C#4/1.5`,
    CHORUS,
    grid,
    0.72,
  )
  const cello2 = parseMelody('B3/2 A3/1.5 | A3/2 C#4/1.5 | F#3/2 A3/1.5 | B3/2 F#3/1.5 | G3/2 Bb3/1.5 | A3/3.5', CHORUS_2, grid, 0.76)
  const violins = parseMelody(
    'D6/1.5 B5/.5 A5/1.5 | E6/1.5 C#6/2 | C#6/1.5 A5/.5 E6/1.5 | D6/2 B5/1.5 | D6/1.5 E6/.5 Bb5/1.5 | A5/3.5',
    CHORUS_2,
    grid,
    0.52,
  )
  const solo: SynthPatch = {
    ...STRINGS,
    unison: 2,
    detuneCents: 7,
    width: 0.3,
    envelope: { attack: 0.12, decay: 1, sustain: 0.9, release: 0.35 },
    vibratoCents: 16,
    glideSeconds: 0.09,
  }
  playSynth(dry, { ...solo, cutoffHz: 900 }, humanise([...cello, ...cello2], grid, random, 8, 0.03), grid, random)
  playSynth(dry, { ...solo, width: 0.8, unison: 3, cutoffHz: 1600 }, violins, grid, random)
  filter(dry, 'highpass', 110)
  filter(dry, 'bell', 450, 0.8, -2)
  shape(
    dry,
    grid,
    overBars(grid, [
      [0, 0.7],
      [BUILD, 0.7],
      [CHORUS, 1.05],
      [CHORUS + 4, 0.9],
      [BREAK - 0.2, 1.05],
      [BREAK, 0.7],
      [CHORUS_2, 1.1],
      [OUTRO, 1],
      [37, 0.7],
      [38, 0.4],
    ]),
  )
  return addReverb(dry, 0.28, { seconds: 2.6, preDelayMs: 26, brightness: 0.5, size: 1.2 })
}

export const renderAir = ({ samples, random }: StemContext): Stereo => {
  const out = createStereo(grid.frames)
  const wet = createStereo(grid.frames)
  const wind = (fromBar: number, toBar: number, level: number): void => {
    for (let beat = fromBar * BAR; beat < toBar * BAR; ) {
      const lengthBeats = 6 + random() * 4
      const turn = random() * 6
      playSweep(
        out,
        {
          startBeat: beat,
          lengthBeats,
          hzAt: (part) => 500 + 350 * Math.sin(turn + part * 9),
          levelAt: (part) => level * Math.sin(Math.PI * part) ** 2 * (0.75 + 0.25 * Math.sin(turn + part * 23)),
          q: 1.2,
          width: 0.8,
          isPink: true,
        },
        grid,
        random,
      )
      beat += lengthBeats * 0.6
    }
  }
  wind(0, VERSE + 1, 0.09)
  wind(BREAK, CHORUS_2 - 1, 0.1)
  wind(OUTRO, 37, 0.09)
  // Kites: paper that flaps in a gust, nine times a second.
  for (const [beat, lengthBeats] of [
    [3, 3],
    [9, 2.5],
    [BREAK * BAR + 1, 3],
    [BREAK * BAR + 8, 3],
    [OUTRO * BAR + 2, 4],
  ] as const) {
    playSweep(
      out,
      {
        startBeat: beat,
        lengthBeats,
        hzAt: (part) => 2200 + 900 * Math.sin(part * 7),
        levelAt: (part) => 0.05 * Math.sin(Math.PI * part) ** 2 * Math.max(0, Math.sin(part * lengthBeats * 0.714 * 57)) ** 3,
        q: 0.9,
        width: 0.6,
      },
      grid,
      random,
    )
  }
  // Guitar harmonics, a second below where they were recorded: the fifth and the tonic.
  for (const bar of [0, 2, VERSE, BREAK, OUTRO, 36]) {
    playSample(wet, samples('guit_harmonics'), {
      frame: grid.frameAt(bar * BAR),
      gain: 0.3,
      semitones: -1.94,
      pan: bar % 4 === 0 ? 0.3 : -0.3,
    })
  }
  for (const bar of [VERSE, CHORUS, BREAK, CHORUS_2, OUTRO]) {
    playSample(out, samples('drum_splash_soft'), { frame: grid.frameAt(bar * BAR), gain: 0.2, isReversed: true, pan: -0.2 })
  }
  for (const [bar, lengthBars] of [
    [CHORUS - 2, 2],
    [CHORUS_2 - 1, 1],
  ] as const) {
    playSweep(
      out,
      {
        startBeat: bar * BAR,
        lengthBeats: lengthBars * BAR,
        hzAt: (part) => 600 * 9 ** part,
        levelAt: (part) => 0.1 * part ** 2 * (part > 0.98 ? (1 - part) / 0.02 : 1),
        q: 0.9,
        width: 0.9,
        isPink: true,
      },
      grid,
      random,
    )
  }
  for (const [beat, semitones] of [
    [CHORUS * BAR, 0],
    [CHORUS_2 * BAR, 0],
    [36 * BAR, -3],
  ] as const) {
    playSample(wet, samples('perc_bell2'), {
      frame: grid.frameAt(beat),
      gain: 0.12,
      semitones: semitones - 8.01,
      pan: 0.4,
      lowpassHz: 5000,
    })
  }
  filter(out, 'highpass', 90)
  addInto(out, wet, 0.7)
  return addInto(out, reverb(addInto(send(out, 0.1), wet, 0.6), { seconds: 3.2, preDelayMs: 30, brightness: 0.6, size: 1.3 }))
}
