// "Paper Kites": 84 BPM, D major, 7/8 as 2+2+3. Fingerpicked folk; the minor subdominant darkens each chorus before it comes home.
import { chordAt, bassNote, parseChords, playBass, playChords, voiceLead } from '../harmony.ts'
import { createGrid, humanise, type Note, parseMelody, transpose } from '../score.ts'
import {
  addInto,
  addReverb,
  compress,
  createStereo,
  delay,
  filter,
  KALIMBA,
  LEAD,
  NYLON_GUITAR,
  type Piece,
  playDrums,
  playModal,
  playPlucked,
  playSample,
  playShaker,
  playSweep,
  playSynth,
  readPattern,
  reverb,
  samplesOf,
  saturate,
  send,
  shape,
  type Singer,
  sing,
  type Stereo,
  type SynthPatch,
  UPRIGHT_BASS,
} from '../synthesis/index.ts'
import { EXPIRED_TERMS } from '../terms.ts'
import { type DemoStem, type DemoWork, layOut, overBars, type StemContext } from '../work.ts'

const BAR = 3.5
const grid = createGrid(84, BAR, 38, 3.5)

const sections = layOut([
  ['Intro', 4],
  ['Verse', 8],
  ['Build', 4],
  ['Chorus', 8],
  ['Break', 4],
  ['Chorus', 6],
  ['Outro', 4],
])

const VERSE = 4
const BUILD = 12
const CHORUS = 16
const BREAK = 24
const CHORUS_2 = 28
const OUTRO = 34

const chords = parseChords(
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
const voicings = voiceLead(chords, 54, 74)

// --- vocals -------------------------------------------------------------------------------------------------------------------------

const refrain = `D5/1:la B4/.5:- D5/.5:la F#5/1.5!:ah | E5/1:la C#5/.5:- E5/.5:la C#5/1:ah A4/.5:- | C#5/1:la A4/.5:- C#5/.5:la E5/1.5:ah |
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
const second: readonly Note[] = [
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

const renderVocals = ({ random }: StemContext): Stereo => {
  const dry = createStereo(grid.frames)
  const singer: Singer = { ...LEAD, formantScale: 1.0, tilt: 0.42, vibratoHz: 5.1, vibratoCents: 24, breathiness: 0.06, timingMs: 9 }
  sing(dry, { ...singer, pan: 0.06 }, lead, grid, random, 0.5)
  sing(dry, { ...singer, pan: -0.45, formantScale: 0.92, breathBefore: false, timingMs: 16 }, second, grid, random, 0.36)
  const tenor: Singer = { ...singer, formantScale: 0.86, pan: 0.4, breathBefore: false, timingMs: 14, tilt: 0.3, detuneCents: -4 }
  sing(dry, tenor, transpose(lead.filter((note) => note.startBeat >= CHORUS_2 * BAR - 0.1 && note.startBeat < OUTRO * BAR - 0.1), -12), grid, random, 0.34)
  const choir = createStereo(grid.frames)
  for (const [index, pan] of [[0, -0.5], [1, 0.55], [2, -0.1]] as const) {
    const notes = chords.flatMap((chord, at): readonly Note[] => {
      const bar = chord.startBeat / BAR
      const midi = (voicings[at] ?? [])[index]
      if (midi === undefined || !((bar >= CHORUS + 4 && bar < BREAK) || (bar >= CHORUS_2 && bar < OUTRO + 2))) return []
      return [{ startBeat: chord.startBeat, lengthBeats: chord.lengthBeats, midi, velocity: 0.45, syllable: bar % 2 === 0 ? 'oo' : '-' }]
    })
    sing(choir, { ...singer, topHz: 4_500, formantScale: 0.9 + index * 0.06, breathBefore: false, timingMs: 20, vibratoCents: 16, tilt: 0.6, breathiness: 0.1, pan, detuneCents: 4 - index * 4 }, notes, grid, random, 0.16)
  }
  compress(dry, -15, 2.5, 10, 160, 2.5)
  filter(dry, 'highpass', 120)
  filter(dry, 'high-shelf', 6000, 0.7, 2.5)
  const room = reverb(addInto(send(dry, 0.24), choir, 0.6), { seconds: 1.9, preDelayMs: 22, brightness: 0.55, size: 0.95 })
  return addInto(addInto(addInto(dry, choir, 0.8), delay(send(dry, 0.12), 0.5, 0.3, grid)), filter(room, 'highpass', 200))
}

// --- tabla and drums ----------------------------------------------------------------------------------------------------------------

// The right-hand drum rings a little above D sharp: brought down to the tonic.
const TABLA_TO_D = -1.2

const KIT: Readonly<Record<string, Piece>> = {
  ghe: { sample: 'tabla_ghe4', gain: 0.5, pan: -0.2, looseMs: 4, softHz: 700, semitones: -1 },
  deep: { sample: 'tabla_ghe2', gain: 0.42, pan: -0.2, looseMs: 4, softHz: 900, semitones: 0.25, holdSeconds: 0.7, fadeSeconds: 0.4 },
  na: { sample: 'tabla_na', gain: 0.36, pan: 0.22, looseMs: 4, softHz: 2400, semitones: TABLA_TO_D },
  tun: { sample: 'tabla_tun2', gain: 0.34, pan: 0.18, looseMs: 4, softHz: 2000, semitones: TABLA_TO_D, holdSeconds: 0.7, fadeSeconds: 0.3 },
  te: { sample: 'tabla_te2', gain: 0.3, pan: 0.26, looseMs: 5, softHz: 2500, semitones: TABLA_TO_D },
  ke: { sample: 'tabla_ke3', gain: 0.22, pan: -0.24, looseMs: 5, softHz: 1500 },
  kick: { sample: 'drum_bass_soft', gain: 0.55, looseMs: 3, softHz: 900 },
  brush: { sample: 'drum_snare_soft', gain: 0.26, pan: 0.05, lateMs: 6, looseMs: 4, softHz: 1600, semitones: 1 },
  hat: { sample: 'drum_cymbal_pedal', gain: 0.13, pan: 0.35, looseMs: 4, softHz: 4000 },
  swell: { sample: 'drum_cymbal_soft', gain: 0.2, pan: -0.35, looseMs: 3 },
}

const drumBar = (bar: number): Readonly<Record<string, string>> => {
  if (bar < VERSE - 1) return {}
  if (bar === VERSE - 1) return { ke: '---- ---- ---.-.', na: '---- ---- o-oxox' }
  if (bar < BUILD) {
    const at = bar - VERSE
    if (at === 3 || at === 7) return { ghe: 'X--- ---- ------', na: '--x- x-x- ------', te: '-.-. -.-. ------', tun: '---- ---- X-----', ke: '---- ---- --.xx-', deep: '---- ---- -----x' }
    return {
      deep: 'X--- ---- ------',
      ghe: '---- ---- x--.--',
      na: at % 2 === 0 ? '--x- x-x- --x-x-' : '--x- x--x --x-xo',
      te: '-.-. -.-. -.-.-.',
    }
  }
  if (bar < CHORUS) {
    const at = bar - BUILD
    if (at === 3) return { kick: 'x--- x--- x-x-X-', na: 'oxox oxox xxXxXX', ghe: 'x--- x--- x-xxXX', brush: '---- ---- ----xX' }
    return { kick: 'x--- ---- ------', deep: 'X--- ---- ------', ghe: '---- x--- x--x--', na: '--x- x-x- --x-x-', te: '-o-o -o-o -o-o-o', brush: at === 2 ? '---- ---- ---o-o' : '---- ---- ------' }
  }
  const chorus = (at: number, last: number): Readonly<Record<string, string>> =>
    at === last
      ? { kick: 'X--- ---- X-----', brush: '---- X--- ------', na: '--x- x-x- xoxXxX', ghe: 'X--- ---x x-x-X-', hat: 'x-o- x-o- x-----', swell: '---- ---- ------' }
      : {
          kick: at % 2 === 0 ? 'X--- ---- X--x--' : 'X--- --x- X-----',
          brush: at % 4 === 3 ? '---- X--. ---Xx.' : '---- X--. ---X-.',
          ghe: 'X--- ---- x--x--',
          na: '--x- x-x- --x-x-',
          tun: at % 2 === 1 ? '---- ---- ----x-' : '---- ---- ------',
          te: '-.-. -.-. -.-.-.',
          hat: 'x-o- x-o- x-o-o-',
          ...(at === 0 || at === 4 ? { swell: 'X--- ---- ------' } : {}),
        }
  if (bar < BREAK) return chorus(bar - CHORUS, 7)
  if (bar < CHORUS_2) return bar === BREAK ? { deep: 'x--- ---- ------', swell: 'o--- ---- ------' } : bar === CHORUS_2 - 1 ? { na: '---- ---- o-oxxX', ghe: '---- x--- x-x-xX' } : {}
  if (bar < OUTRO) return chorus(bar - CHORUS_2, 5)
  if (bar === OUTRO) return { deep: 'x--- ---- ------', na: '--o- o-o- --o-o-', te: '-.-. -.-. -.-.-.' }
  return bar === OUTRO + 1 ? { deep: 'o--- ---- ------', na: '--.- .--- ------' } : {}
}

const renderDrums = ({ samples, random }: StemContext): Stereo => {
  const dry = createStereo(grid.frames)
  const strokes = Array.from({ length: 38 }, (_, bar) => readPattern(drumBar(bar), bar * BAR, 0.25)).flat()
  playDrums(dry, KIT, strokes, samples, grid, random, { swingUnitBeats: 0.25, swingAmount: 0.5 })
  for (let eighth = BUILD * 7; eighth < OUTRO * 7; eighth++) {
    const bar = Math.floor(eighth / 7)
    if (bar >= BREAK && bar < CHORUS_2) continue
    const place = eighth % 7
    const isAccent = place === 0 || place === 2 || place === 4
    for (const half of [0, 1]) playShaker(dry, eighth / 2 + half * 0.25, half === 1 ? 0.16 : isAccent ? 0.5 : 0.3, 0.35, grid, random)
  }
  const room = reverb(filter(send(dry, 0.2), 'highpass', 180), { seconds: 1.1, preDelayMs: 10, brightness: 0.5, size: 0.7 })
  return saturate(compress(addInto(dry, room), -13, 3, 8, 110, 3), 2.2)
}

// --- strings that are plucked -------------------------------------------------------------------------------------------------------

const bassLine: readonly Note[] = [
  ...playBass(chords, grid, VERSE, 8, (bar) => (bar % 4 === 3 ? 'r/2! 5/1 >/.5' : bar % 2 === 0 ? 'r/2! 5/1.5' : 'r/2! r/1 5/.5'), 40),
  ...playBass(chords, grid, BUILD, 4, (bar) => (bar === CHORUS - 1 ? 'r/.5! r/.5 r/.5 r/.5 r/.5! 5/.5 >/.5' : 'r/1! r/1 r/1 >/.5'), 40),
  ...playBass(chords, grid, CHORUS, 8, (bar) => (bar % 2 === 0 ? 'r/1! 5/.5 r/.5 8/.5 5/.5 >/.5' : 'r/1.5! r/.5 5/1 >/.5'), 40),
  ...playBass(chords, grid, BREAK, 4, () => 'r/3.4', 40),
  ...playBass(chords, grid, CHORUS_2, 6, (bar) => (bar % 2 === 0 ? 'r/1! 5/.5 r/.5 8/.5 5/.5 >/.5' : 'r/1.5! 8/.5 5/1 >/.5'), 40),
  ...playBass(chords, grid, OUTRO, 3, () => 'r/2 5/1.5', 40),
  ...playBass(chords, grid, OUTRO + 3, 1, () => 'r/3.5', 40),
]

const renderBass = ({ random }: StemContext): Stereo => {
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
  shape(dry, grid, overBars(grid, [[0, 1], [OUTRO, 1], [37, 0.75], [38, 0.3]]))
  return filter(saturate(dry, 1.3), 'highpass', 34)
}

const renderGuitar = ({ random }: StemContext): Stereo => {
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
      const midi = finger === -1 ? thumb : finger === -2 ? thumb + (chord.bass === chord.root ? 7 : 12) : (voicing[finger % voicing.length] as number)
      const accent = eighth === 0 ? 0.16 : eighth === 2 || eighth === 4 ? 0.07 : 0
      strummed.push({ startBeat: beat, lengthBeats: Math.min(2.2, (bar + 1) * BAR - beat + 0.3), midi, velocity: (isChorus ? 0.6 : 0.5) + accent })
      if (isChorus && (eighth === 3 || eighth === 6)) strummed.push({ startBeat: beat + 0.25, lengthBeats: 1, midi: voicing[1] as number, velocity: 0.36 })
    }
  }
  playPlucked(one, { ...NYLON_GUITAR, pan: -0.35 }, humanise(strummed, grid, random, 7, 0.07), grid, random)
  const high = playChords(
    chords,
    voicings.map((voicing) => voicing.map((midi) => midi + 12).slice(0, 3)),
    grid,
    (bar) => ((bar >= CHORUS && bar < BREAK) || (bar >= CHORUS_2 && bar < OUTRO) ? [[0, 0.9, 0.4], [1, 0.9, 0.34], [2, 1.4, 0.44]] : []),
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

// --- kalimba, strings, air ----------------------------------------------------------------------------------------------------------

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
    notes.push({ startBeat: beat, lengthBeats: 1, midi: (voicing[(order[place] as number) % voicing.length] as number) + 12, velocity: place === 0 || place === 4 ? 0.62 : 0.46 })
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

const renderKalimba = ({ random }: StemContext): Stereo => {
  const dry = createStereo(grid.frames)
  playModal(dry, KALIMBA, humanise(kalimbaNotes(), grid, random, 5, 0.06), grid, random)
  filter(dry, 'highpass', 200)
  const echoes = delay(send(dry, 0.3), 1.75, 0.35, grid)
  return addInto(addInto(dry, echoes), reverb(addInto(send(dry, 0.25), echoes, 0.3), { seconds: 2.2, preDelayMs: 24, brightness: 0.65, size: 1 }))
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
  cutoffAt: overBars(grid, [[0, 0.6], [VERSE, 0.6], [BUILD, 0.7], [CHORUS, 1.5], [BREAK, 1.3], [BREAK, 0.7], [CHORUS_2, 1.7], [OUTRO, 1.2], [38, 0.5]]),
}

const renderStrings = ({ random }: StemContext): Stereo => {
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
  const violins = parseMelody('D6/1.5 B5/.5 A5/1.5 | E6/1.5 C#6/2 | C#6/1.5 A5/.5 E6/1.5 | D6/2 B5/1.5 | D6/1.5 E6/.5 Bb5/1.5 | A5/3.5', CHORUS_2, grid, 0.52)
  const solo: SynthPatch = { ...STRINGS, unison: 2, detuneCents: 7, width: 0.3, envelope: { attack: 0.12, decay: 1, sustain: 0.9, release: 0.35 }, vibratoCents: 16, glideSeconds: 0.09 }
  playSynth(dry, { ...solo, cutoffHz: 900 }, humanise([...cello, ...cello2], grid, random, 8, 0.03), grid, random)
  playSynth(dry, { ...solo, width: 0.8, unison: 3, cutoffHz: 1600 }, violins, grid, random)
  filter(dry, 'highpass', 110)
  filter(dry, 'bell', 450, 0.8, -2)
  shape(dry, grid, overBars(grid, [[0, 0.7], [BUILD, 0.7], [CHORUS, 1.05], [CHORUS + 4, 0.9], [BREAK - 0.2, 1.05], [BREAK, 0.7], [CHORUS_2, 1.1], [OUTRO, 1], [37, 0.7], [38, 0.4]]))
  return addReverb(dry, 0.28, { seconds: 2.6, preDelayMs: 26, brightness: 0.5, size: 1.2 })
}

const renderAir = ({ samples, random }: StemContext): Stereo => {
  const out = createStereo(grid.frames)
  const wet = createStereo(grid.frames)
  const wind = (fromBar: number, toBar: number, level: number): void => {
    for (let beat = fromBar * BAR; beat < toBar * BAR; ) {
      const lengthBeats = 6 + random() * 4
      const turn = random() * 6
      playSweep(out, { startBeat: beat, lengthBeats, hzAt: (part) => 500 + 350 * Math.sin(turn + part * 9), levelAt: (part) => level * Math.sin(Math.PI * part) ** 2 * (0.75 + 0.25 * Math.sin(turn + part * 23)), q: 1.2, width: 0.8, isPink: true }, grid, random)
      beat += lengthBeats * 0.6
    }
  }
  wind(0, VERSE + 1, 0.09)
  wind(BREAK, CHORUS_2 - 1, 0.1)
  wind(OUTRO, 37, 0.09)
  // Kites: paper that flaps in a gust, nine times a second.
  for (const [beat, lengthBeats] of [[3, 3], [9, 2.5], [BREAK * BAR + 1, 3], [BREAK * BAR + 8, 3], [OUTRO * BAR + 2, 4]] as const) {
    playSweep(out, { startBeat: beat, lengthBeats, hzAt: (part) => 2200 + 900 * Math.sin(part * 7), levelAt: (part) => 0.05 * Math.sin(Math.PI * part) ** 2 * Math.max(0, Math.sin(part * lengthBeats * 0.714 * 57)) ** 3, q: 0.9, width: 0.6 }, grid, random)
  }
  // Guitar harmonics, a second below where they were recorded: the fifth and the tonic.
  for (const bar of [0, 2, VERSE, BREAK, OUTRO, 36]) {
    playSample(wet, samples('guit_harmonics'), { frame: grid.frameAt(bar * BAR), gain: 0.3, semitones: -1.94, pan: bar % 4 === 0 ? 0.3 : -0.3 })
  }
  for (const bar of [VERSE, CHORUS, BREAK, CHORUS_2, OUTRO]) {
    playSample(out, samples('drum_splash_soft'), { frame: grid.frameAt(bar * BAR), gain: 0.2, isReversed: true, pan: -0.2 })
  }
  for (const [bar, lengthBars] of [[CHORUS - 2, 2], [CHORUS_2 - 1, 1]] as const) {
    playSweep(out, { startBeat: bar * BAR, lengthBeats: lengthBars * BAR, hzAt: (part) => 600 * 9 ** part, levelAt: (part) => 0.1 * part ** 2 * (part > 0.98 ? (1 - part) / 0.02 : 1), q: 0.9, width: 0.9, isPink: true }, grid, random)
  }
  for (const [beat, semitones] of [[CHORUS * BAR, 0], [CHORUS_2 * BAR, 0], [36 * BAR, -3]] as const) {
    playSample(wet, samples('perc_bell2'), { frame: grid.frameAt(beat), gain: 0.12, semitones: semitones - 8.01, pan: 0.4, lowpassHz: 5000 })
  }
  filter(out, 'highpass', 90)
  addInto(out, wet, 0.7)
  return addInto(out, reverb(addInto(send(out, 0.1), wet, 0.6), { seconds: 3.2, preDelayMs: 30, brightness: 0.6, size: 1.3 }))
}

const stems: readonly DemoStem[] = [
  { file: 'vocals', title: 'Vocals', role: 'vocals', samples: [], gainDb: -3.0, render: renderVocals },
  { file: 'tabla-and-brushes', title: 'Tabla and brushes', role: 'drums', samples: samplesOf(KIT), gainDb: -6.5, render: renderDrums },
  { file: 'bass', title: 'Upright bass', role: 'bass', samples: [], gainDb: -8.8, render: renderBass },
  { file: 'guitars', title: 'Guitars', role: 'guitar', samples: [], gainDb: -6.6, render: renderGuitar },
  { file: 'kalimba', title: 'Kalimba', role: 'keys', samples: [], gainDb: -7, render: renderKalimba },
  { file: 'strings', title: 'Strings', role: 'other', samples: [], gainDb: -19.5, render: renderStrings },
  { file: 'air', title: 'Wind and air', role: 'effects', samples: ['guit_harmonics', 'drum_splash_soft', 'perc_bell2'], gainDb: -3, render: renderAir },
]

export const PAPER_KITES: DemoWork = {
  id: 'paper-kites',
  title: 'Paper Kites',
  artists: ['The Paper Almanac'],
  tempo: 84,
  key: 'D major',
  meter: '7/8',
  year: 2023,
  coverColors: ['#f4e3c1', '#d1495b'],
  grid,
  sections,
  grant: EXPIRED_TERMS,
  stems,
}
