// "Paper Kites": strings that are plucked.
import { chordAt, bassNote, playBass, playChords } from '../../harmony.ts'
import { humanise, type Note } from '../../score.ts'
import {
  addInto,
  addReverb,
  compress,
  createStereo,
  filter,
  NYLON_GUITAR,
  playPlucked,
  playSynth,
  saturate,
  shape,
  type Stereo,
  type SynthPatch,
  UPRIGHT_BASS,
} from '../../synthesis/index.ts'
import { overBars, type StemContext } from '../../work.ts'
import { BAR, grid, VERSE, BUILD, CHORUS, BREAK, CHORUS_2, OUTRO, chords, voicings } from './score.ts'

const bassLine: readonly Note[] = [
  ...playBass(chords, grid, VERSE, 8, (bar) => (bar % 4 === 3 ? 'r/2! 5/1 >/.5' : bar % 2 === 0 ? 'r/2! 5/1.5' : 'r/2! r/1 5/.5'), 40),
  ...playBass(chords, grid, BUILD, 4, (bar) => (bar === CHORUS - 1 ? 'r/.5! r/.5 r/.5 r/.5 r/.5! 5/.5 >/.5' : 'r/1! r/1 r/1 >/.5'), 40),
  ...playBass(chords, grid, CHORUS, 8, (bar) => (bar % 2 === 0 ? 'r/1! 5/.5 r/.5 8/.5 5/.5 >/.5' : 'r/1.5! r/.5 5/1 >/.5'), 40),
  ...playBass(chords, grid, BREAK, 4, () => 'r/3.4', 40),
  ...playBass(chords, grid, CHORUS_2, 6, (bar) => (bar % 2 === 0 ? 'r/1! 5/.5 r/.5 8/.5 5/.5 >/.5' : 'r/1.5! 8/.5 5/1 >/.5'), 40),
  ...playBass(chords, grid, OUTRO, 3, () => 'r/2 5/1.5', 40),
  ...playBass(chords, grid, OUTRO + 3, 1, () => 'r/3.5', 40),
]

export const renderBass = ({ random }: StemContext): Stereo => {
  const dry = createStereo(grid.frames)
  playPlucked(dry, UPRIGHT_BASS, humanise(bassLine, grid, random, 5, 0.05), grid, random)
  // The wood of the instrument: one low and one middle resonance, and a round sine under the string.
  const body: SynthPatch = {
    wave: 'triangle',
    unison: 1,
    detuneCents: 0,
    width: 0,
    envelope: { attack: 0.012, decay: 0.9, sustain: 0.35, release: 0.12 },
    cutoffHz: 260,
    sweepOctaves: 0.6,
    filterEnvelope: { attack: 0.004, decay: 0.3, sustain: 0.2, release: 0.1 },
    resonance: 0.8,
  }
  const round = createStereo(grid.frames)
  playSynth(round, body, bassLine, grid, random)
  addInto(dry, round, 0.55)
  filter(dry, 'bell', 95, 1.2, 3)
  filter(dry, 'bell', 700, 1, -3)
  compress(dry, -16, 3, 15, 160, 3)
  shape(
    dry,
    grid,
    overBars(grid, [
      [0, 1],
      [OUTRO, 1],
      [37, 0.75],
      [38, 0.3],
    ]),
  )
  return filter(saturate(dry, 1.3), 'highpass', 34)
}

export const renderGuitar = ({ random }: StemContext): Stereo => {
  const one = createStereo(grid.frames)
  const two = createStereo(grid.frames)
  // Thumb, then fingers: two, two and three. The second guitar answers on the other side in the choruses with higher shapes.
  const pick = [-1, 1, 0, 2, -2, 1, 3]
  const strummed: Note[] = []
  for (let bar = 0; bar < 38; bar++) {
    const isBreak = bar >= BREAK && bar < CHORUS_2
    const isChorus = (bar >= CHORUS && bar < BREAK) || (bar >= CHORUS_2 && bar < OUTRO)
    if (bar === 37) break
    for (let eighth = 0; eighth < 7; eighth++) {
      if (isBreak && eighth % 2 === 1 && bar < BREAK + 2) continue
      const beat = bar * BAR + eighth / 2
      const chord = chordAt(chords, beat + 0.01)
      const voicing = voicings[chords.indexOf(chord)] ?? []
      const finger = pick[eighth] as number
      const thumb = bassNote(chord, 47)
      const midi =
        finger === -1 ? thumb : finger === -2 ? thumb + (chord.bass === chord.root ? 7 : 12) : (voicing[finger % voicing.length] as number)
      const accent = eighth === 0 ? 0.16 : eighth === 2 || eighth === 4 ? 0.07 : 0
      strummed.push({
        startBeat: beat,
        lengthBeats: Math.min(2.2, (bar + 1) * BAR - beat + 0.3),
        midi,
        velocity: (isChorus ? 0.6 : 0.5) + accent,
      })
      if (isChorus && (eighth === 3 || eighth === 6))
        strummed.push({ startBeat: beat + 0.25, lengthBeats: 1, midi: voicing[1] as number, velocity: 0.36 })
    }
  }
  playPlucked(one, { ...NYLON_GUITAR, pan: -0.35 }, humanise(strummed, grid, random, 7, 0.07), grid, random)
  const high = playChords(
    chords,
    voicings.map((voicing) => voicing.map((midi) => midi + 12).slice(0, 3)),
    grid,
    (bar) =>
      (bar >= CHORUS && bar < BREAK) || (bar >= CHORUS_2 && bar < OUTRO)
        ? [
            [0, 0.9, 0.4],
            [1, 0.9, 0.34],
            [2, 1.4, 0.44],
          ]
        : [],
    0.035,
  )
  playPlucked(two, { ...NYLON_GUITAR, pan: 0.55, brightness: 0.5, position: 0.13 }, humanise(high, grid, random, 8, 0.06), grid, random)
  const last = playChords(chords, voicings, grid, (bar) => (bar === 37 ? [[0, 3.4, 0.5]] : []), 0.09)
  playPlucked(one, { ...NYLON_GUITAR, pan: -0.2 }, last, grid, random)
  addInto(one, two, 0.8)
  filter(one, 'bell', 110, 1.4, 3)
  filter(one, 'bell', 230, 1.2, 2)
  filter(one, 'highpass', 75)
  filter(one, 'high-shelf', 5000, 0.7, 3)
  saturate(compress(one, -14, 3, 3, 120, 3), 2.3)
  return addReverb(one, 0.2, { seconds: 1.3, preDelayMs: 14, brightness: 0.6, size: 0.75 })
}
