// "Harbour Lights": keys, arpeggio, pad.
import { chordAt, type Hit, playChords } from '../../harmony.ts'
import { humanise, type Note, parseMelody, transpose } from '../../score.ts'
import {
  addInto,
  addReverb,
  chorus,
  createStereo,
  delay,
  duck,
  ELECTRIC_PIANO,
  filter,
  playModal,
  playSynth,
  reverb,
  saturate,
  send,
  shape,
  type Stereo,
  type SynthPatch,
  widen,
} from '../../synthesis/index.ts'
import { overBars, type StemContext } from '../../work.ts'
import { kickBeats } from './drums.ts'
import { hook } from './vocals.ts'
import { grid, VERSE, BUILD, CHORUS, BREAK, LIFT, CHORUS_2, OUTRO, chords, voicings } from './score.ts'

const keysRhythm = (bar: number): readonly Hit[] => {
  if (bar < 2) return []
  if (bar < VERSE) return [[0, 3.8, 0.42]]
  if (bar < BUILD)
    return bar % 2 === 0
      ? [
          [0, 2.4, 0.52],
          [2.5, 1.3, 0.44],
        ]
      : [
          [0, 1.4, 0.5],
          [1.5, 1.9, 0.46],
          [3.5, 0.5, 0.52],
        ]
  if (bar < CHORUS)
    return [
      [0, 1.9, 0.5],
      [2, 1.4, 0.52],
      [3.5, 0.4, 0.56],
    ]
  if ((bar < BREAK || bar >= CHORUS_2) && bar < OUTRO)
    return [
      [0, 0.7, 0.68],
      [0.75, 0.7, 0.6],
      [1.5, 0.9, 0.66],
      [2.75, 0.6, 0.58],
      [3.5, 0.45, 0.64],
    ]
  if (bar < LIFT) return [[0, 3.9, 0.5]]
  if (bar < CHORUS_2)
    return [
      [0, 1.4, 0.54],
      [1.5, 1.4, 0.54],
      [3, 0.9, 0.58],
    ]
  return [[0, 3.9, 0.42]]
}

export const renderKeys = ({ random }: StemContext): Stereo => {
  const dry = createStereo(grid.frames)
  const notes = playChords(chords, voicings, grid, keysRhythm, 0.012)
  // The verse answers the voice: a falling third in the gap it leaves.
  const answers = [1, 3, 5].flatMap((at) => parseMelody(at === 3 ? '_/3 B5/.5 G5/.5' : '_/3 E5/.5 C5/.5', VERSE + at, grid, 0.5))
  const breakLine = parseMelody('A5/.5 C6/.5 _/3 | E5/.5 G5/.5 A5/1 _/2 | F5/.5 A5/.5 D6/1 _/2 | _/4', BREAK, grid, 0.5)
  playModal(dry, ELECTRIC_PIANO, humanise([...notes, ...answers, ...breakLine], grid, random, 5, 0.05), grid, random)
  saturate(dry, 1.4)
  chorus(dry, 2.2, 0.6, 0.35)
  // The stereo tremolo of the old electric pianos: one side swells as the other sinks.
  const framesPerTurn = 48_000 / 4.1
  for (let n = 0; n < grid.frames; n++) {
    const move = 0.2 * Math.sin((2 * Math.PI * n) / framesPerTurn)
    dry.left[n] = (dry.left[n] as number) * (1 + move)
    dry.right[n] = (dry.right[n] as number) * (1 - move)
  }
  duck(
    dry,
    kickBeats.filter((beat) => beat >= CHORUS * 4),
    grid,
    3,
    0.5,
  )
  filter(dry, 'highpass', 150)
  return addReverb(dry, 0.2, { seconds: 1.8, preDelayMs: 18, brightness: 0.5, size: 0.9 })
}

const ARP: SynthPatch = {
  wave: 'saw',
  unison: 3,
  detuneCents: 12,
  width: 0.6,
  envelope: { attack: 0.003, decay: 0.2, sustain: 0.12, release: 0.12 },
  cutoffHz: 520,
  sweepOctaves: 2.4,
  filterEnvelope: { attack: 0.002, decay: 0.16, sustain: 0.1, release: 0.1 },
  resonance: 1.7,
  keyFollow: 0.5,
  velocityOctaves: 1.5,
  cutoffAt: overBars(grid, [
    [0, 0.3],
    [VERSE, 1.1],
    [VERSE + 0.1, 0.55],
    [BUILD, 0.7],
    [CHORUS - 0.1, 2.6],
    [CHORUS, 1.7],
    [BREAK, 1.7],
    [LIFT, 0.5],
    [CHORUS_2 - 0.1, 3],
    [CHORUS_2, 2],
    [OUTRO, 1.4],
    [44, 0.3],
  ]),
}

const arpNotes = (): readonly Note[] => {
  const notes: Note[] = []
  // Three against four: the figure of three notes turns round within the bar and never lands twice the same way.
  const order = [0, 2, 1, 3, 2, 4, 3, 1]
  for (let sixteenth = 0; sixteenth < 42 * 16; sixteenth++) {
    const bar = sixteenth / 16
    const isChorus = (bar >= CHORUS && bar < BREAK) || (bar >= CHORUS_2 && bar < OUTRO)
    const isBuild = (bar >= BUILD && bar < CHORUS) || (bar >= LIFT && bar < CHORUS_2)
    if (bar >= BREAK && bar < LIFT) continue
    if (!isChorus && !isBuild && sixteenth % 2 === 1) continue
    if (bar >= VERSE && bar < VERSE + 4 && sixteenth % 16 >= 8) continue
    const beat = sixteenth / 4
    const chord = chordAt(chords, beat)
    const voicing = voicings[chords.indexOf(chord)] ?? []
    const step = isChorus || isBuild ? sixteenth : sixteenth / 2
    const place = order[step % order.length] as number
    const midi = (voicing[place % voicing.length] as number) + 12 * (1 + Math.floor(place / voicing.length))
    const accent = sixteenth % 3 === 0 ? 0.2 : 0
    notes.push({ startBeat: beat, lengthBeats: 0.22, midi, velocity: (isChorus ? 0.6 : 0.5) + accent })
  }
  return notes
}

export const renderArp = ({ random }: StemContext): Stereo => {
  const dry = createStereo(grid.frames)
  playSynth(dry, ARP, humanise(arpNotes(), grid, random, 2, 0.05), grid, random)
  // The last chorus doubles the hook an octave up, softly.
  const hookLead = transpose(hook(CHORUS_2, 0.55), 12)
  playSynth(
    dry,
    {
      ...ARP,
      wave: 'triangle',
      unison: 2,
      envelope: { attack: 0.02, decay: 0.6, sustain: 0.6, release: 0.2 },
      glideSeconds: 0.06,
      vibratoCents: 14,
    },
    hookLead,
    grid,
    random,
  )
  filter(dry, 'highpass', 260)
  duck(
    dry,
    kickBeats.filter((beat) => beat >= CHORUS * 4),
    grid,
    4,
    0.5,
  )
  const echoes = delay(send(dry, 0.4), 0.75, 0.5, grid)
  return addInto(
    addInto(dry, echoes),
    reverb(addInto(send(dry, 0.12), echoes, 0.25), { seconds: 2, preDelayMs: 20, brightness: 0.6, size: 1 }),
  )
}

export const PAD: SynthPatch = {
  wave: 'saw',
  unison: 5,
  detuneCents: 22,
  width: 1,
  envelope: { attack: 0.5, decay: 2, sustain: 0.85, release: 0.9 },
  cutoffHz: 620,
  sweepOctaves: 0.8,
  filterEnvelope: { attack: 1.2, decay: 2, sustain: 0.6, release: 1 },
  resonance: 0.8,
  keyFollow: 0.3,
  cutoffAt: overBars(grid, [
    [0, 0.5],
    [VERSE, 1.2],
    [VERSE + 0.1, 0.6],
    [BUILD, 0.8],
    [CHORUS - 0.1, 3],
    [CHORUS, 1.9],
    [BREAK, 1.9],
    [BREAK + 0.2, 0.8],
    [LIFT, 1],
    [CHORUS_2 - 0.1, 3.5],
    [CHORUS_2, 2.2],
    [OUTRO, 1.6],
    [44, 0.5],
  ]),
}

export const renderPad = ({ random }: StemContext): Stereo => {
  const dry = createStereo(grid.frames)
  const notes = playChords(chords, voicings, grid, (bar) => (bar >= VERSE && bar < VERSE + 4 ? [] : [[0, 4, 0.6]]))
  playSynth(dry, PAD, notes, grid, random)
  filter(dry, 'highpass', 190)
  shape(
    dry,
    grid,
    overBars(grid, [
      [0, 0.2],
      [2, 0.8],
      [VERSE, 0.8],
      [VERSE + 4, 0.5],
      [BUILD, 0.6],
      [CHORUS, 1],
      [CHORUS, 0.85],
      [BREAK, 0.85],
      [BREAK, 0.75],
      [CHORUS_2, 1],
      [OUTRO, 0.95],
      [43, 0.6],
      [44, 0.25],
    ]),
  )
  duck(
    dry,
    kickBeats.filter((beat) => beat >= CHORUS * 4),
    grid,
    9,
    0.75,
  )
  return widen(addReverb(dry, 0.22, { seconds: 3, preDelayMs: 25, brightness: 0.45, size: 1.3 }), 1.15)
}
