// "Harbour Lights": 112 BPM, A minor, 4/4. Night-drive house; the hook climbs to a minor seventh over the tonic and falls home by step.
import { chordAt, type Hit, parseChords, playBass, playChords, voiceLead } from '../harmony.ts'
import { createGrid, humanise, type Note, parseMelody, transpose } from '../score.ts'
import {
  addInto,
  addReverb,
  chorus,
  compress,
  createStereo,
  delay,
  duck,
  ELECTRIC_PIANO,
  filter,
  LEAD,
  type Piece,
  playDrums,
  playModal,
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
  type Stroke,
  type SynthPatch,
  widen,
} from '../synthesis/index.ts'
import { RESTRICTED_TERMS } from '../terms.ts'
import { type DemoStem, type DemoWork, layOut, overBars, type StemContext } from '../work.ts'

const grid = createGrid(112, 4, 44, 3)

const sections = layOut([
  ['Intro', 4],
  ['Verse', 8],
  ['Build', 4],
  ['Chorus', 8],
  ['Break', 4],
  ['Lift', 4],
  ['Chorus', 8],
  ['Outro', 4],
])

const VERSE = 4
const BUILD = 12
const CHORUS = 16
const BREAK = 24
const LIFT = 28
const CHORUS_2 = 32
const OUTRO = 40

// The dominant keeps its leading note back: E7sus4 hangs, then G# pulls home. The break leans on the flat second before it.
const chords = parseChords(
  `Am9 Fmaj9 Cadd9 Em7
   Am9 Fmaj9 Cadd9 G6 Am9 Fmaj9 Dm9 E7sus4+E7
   Dm9 Em7 Fmaj9 E7sus4+E7
   Fmaj9 G6 Am9 Cadd9/E Fmaj9 G6 E7/G# Am9
   Dm9 Am9 Bbmaj7 E7sus4+E7
   Fmaj9 G6 Am9 E7sus4+E7b9
   Fmaj9 G6 Am9 Cadd9/E Fmaj9 G6 E7/G# Am9
   Fmaj9 Dm9 Am9 Am9`,
  0,
  grid,
)
const voicings = voiceLead(chords, 52, 74)

const inBars = (notes: readonly Note[], from: number, to: number): readonly Note[] =>
  notes.filter((note) => note.startBeat >= from * 4 - 0.5 && note.startBeat < to * 4 - 0.01)

// --- vocals -------------------------------------------------------------------------------------------------------------------------

const hook = (bar: number, velocity: number): readonly Note[] =>
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

const renderVocals = ({ random }: StemContext): Stereo => {
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
    sing(choir, { ...double, topHz: 4_500, breathiness: 0.1, vibratoCents: 18, timingMs: 22, tilt: 0.6, pan, detuneCents: index * 3 - 6, formantScale: 0.94 + index * 0.03 }, choirNotes(index), grid, random, 0.15)
  }
  addInto(dry, doubles)
  compress(dry, -14, 3, 8, 140, 3)
  filter(dry, 'highpass', 140)
  filter(dry, 'high-shelf', 6500, 0.7, 3)
  const echoes = delay(send(dry, 0.22), 0.75, 0.42, grid)
  const hall = reverb(addInto(send(dry, 0.2), choir, 0.55), { seconds: 2.4, preDelayMs: 28, brightness: 0.62, size: 1.1 })
  return addInto(addInto(addInto(dry, choir, 0.8), echoes), filter(hall, 'highpass', 220))
}

// --- drums --------------------------------------------------------------------------------------------------------------------------

const KIT: Readonly<Record<string, Piece>> = {
  kick: { sample: 'bd_haus', gain: 0.62, looseMs: 0.4, looseSemitones: 0.02, semitones: -0.5, layer: { sample: 'bd_sone', gain: 0.22, holdSeconds: 0.16, fadeSeconds: 0.05 } },
  snare: { sample: 'sn_dub', gain: 0.34, lateMs: 4, looseMs: 1.2, softHz: 2500, layer: { sample: 'perc_snap', gain: 0.2, pan: 0.15 } },
  rim: { sample: 'tbd_perc_tap_2', gain: 0.3, pan: -0.25, lateMs: 2, looseMs: 2 },
  hat: { sample: 'hat_cab', gain: 0.15, pan: 0.22, lateMs: -1, looseMs: 1.8, softHz: 5000, looseSemitones: 0.25 },
  tick: { sample: 'drum_cymbal_closed', gain: 0.13, pan: 0.3, looseMs: 2, softHz: 4500, looseSemitones: 0.3 },
  open: { sample: 'drum_cymbal_open', gain: 0.13, pan: 0.18, looseMs: 1.2, holdSeconds: 0.2, fadeSeconds: 0.08 },
  crash: { sample: 'drum_splash_hard', gain: 0.24, pan: -0.3, looseMs: 0.5 },
  tomHigh: { sample: 'drum_tom_hi_hard', gain: 0.34, pan: 0.35, looseMs: 2, softHz: 1500 },
  tomMid: { sample: 'drum_tom_mid_hard', gain: 0.36, pan: 0, looseMs: 2, softHz: 1500 },
  tomLow: { sample: 'drum_tom_lo_hard', gain: 0.4, pan: -0.35, looseMs: 2, softHz: 1500 },
}

const drumBar = (bar: number): Readonly<Record<string, string>> => {
  if (bar < 2) return {}
  if (bar < VERSE) return { hat: 'o-.-o-.- o-.-o-..', ...(bar === VERSE - 1 ? { kick: '---- ---- ---- --xx' } : {}) }
  if (bar < BUILD) {
    const last = bar === BUILD - 1
    return {
      kick: last ? 'X--- --x- x-x- ----' : bar % 2 === 0 ? 'X--- --x- x--- ----' : 'X--- ---x x--- --x-',
      rim: bar < VERSE + 4 ? '---- x--- ---- x--.' : '--.- ---- --.- ---.',
      snare: bar < VERSE + 4 ? '---- ---- ---- ----' : last ? '---- X--- --.- x-xX' : '---- X--. ---- X---',
      hat: 'x-o-x-o- x-o-x-oo',
      tick: bar % 4 === 3 ? '---- ---- ---- -.-.' : '---- ---. ---- ----',
      ...(bar === VERSE ? { crash: 'o--- ---- ---- ----' } : {}),
    }
  }
  if (bar < CHORUS) {
    const rolls = ['---- x--- ---- x---', '---- x--- ---- x-x-', 'x-x- x-x- x-x- x-x-', 'oxox oxox xxxX ----']
    const fills = bar === CHORUS - 1 ? { tomHigh: '---- ---- ---- X---', tomMid: '---- ---- ---- -X--', tomLow: '---- ---- ---- --XX' } : {}
    return { kick: bar < CHORUS - 1 ? 'x--- x--- x--- x---' : 'x--- x--- ---- ----', snare: rolls[bar - BUILD] as string, hat: 'x-o- x-o- x-o- x-o-', ...fills }
  }
  const inChorus = bar < BREAK || (bar >= CHORUS_2 && bar < OUTRO)
  if (inChorus) {
    const start = bar < BREAK ? CHORUS : CHORUS_2
    const at = bar - start
    const fill = at === 3 || at === 7
    return {
      kick: fill && at === 7 ? 'X--- X--- X-x- ----' : bar % 2 === 0 ? 'X--- X--- X--- X---' : 'X--- X--- X--- X-x-',
      snare: at === 7 ? '---- X--- ---- ----' : fill ? '---- X--- ---- X-xx' : '---- X--. ---- X---',
      open: at === 7 ? '--x- --x- ---- ----' : '--x- --x- --x- --x-',
      hat: start === CHORUS ? 'o-.- o-.- o-.- o-.-' : 'oo-. oo-. oo-. oo-.',
      tick: 'x--x x--x x--x x--x',
      ...(at === 0 || at === 4 ? { crash: at === 0 ? 'X--- ---- ---- ----' : 'o--- ---- ---- ----' } : {}),
      ...(at === 7 ? { tomHigh: '---- ---- X-x- ----', tomMid: '---- ---- ---x X---', tomLow: '---- ---- ---- -xXX' } : {}),
    }
  }
  if (bar < LIFT) return bar === BREAK ? { crash: 'X--- ---- ---- ----' } : bar === LIFT - 1 ? { hat: '---- ---- o-o- oooo' } : {}
  if (bar < CHORUS_2) {
    const rolls = ['---- x--- ---- x---', '---- x--- ---- x---', 'o-o- o-o- x-x- x-x-', 'oooo xxxx xxXX ----']
    return { kick: bar < CHORUS_2 - 1 ? 'x--- x--- x--- x---' : 'x-x- x-x- ---- ----', snare: rolls[bar - LIFT] as string, hat: 'o-.- o-.- o-.- o-o-', ...(bar === CHORUS_2 - 1 ? { tomLow: '---- ---- ---- X-X-' } : {}) }
  }
  if (bar === OUTRO) return { crash: 'x--- ---- ---- ----', kick: 'X--- ---- x--- ----', hat: 'o-.- o-.- o-.- o-.-', rim: '---- o--- ---- o---' }
  return bar === OUTRO + 1 ? { kick: 'x--- ---- o--- ----', hat: '.-.- .-.- .---', rim: '---- .--- ---- ----' } : {}
}

const strokes: readonly Stroke[] = Array.from({ length: 44 }, (_, bar) => readPattern(drumBar(bar), bar * 4, 0.25)).flat()
const kickBeats = strokes.filter((stroke) => stroke.piece === 'kick').map((stroke) => stroke.beat)

const renderDrums = ({ samples, random }: StemContext): Stereo => {
  const dry = createStereo(grid.frames)
  playDrums(dry, KIT, strokes, samples, grid, random, { swingUnitBeats: 0.25, swingAmount: 0.545 })
  const room = reverb(filter(send(dry, 0.12), 'highpass', 250), { seconds: 0.7, preDelayMs: 6, brightness: 0.5, size: 0.55 })
  addInto(dry, room)
  return saturate(compress(dry, -9, 3, 14, 90, 2), 1.25)
}

const PERCUSSION: Readonly<Record<string, Piece>> = {
  snap: { sample: 'perc_snap2', gain: 0.3, pan: 0.3, lateMs: 3, looseMs: 3 },
  wood: { sample: 'elec_wood', gain: 0.22, pan: -0.5, semitones: 12, looseMs: 3, holdSeconds: 0.12 },
  high: { sample: 'tabla_na_s', gain: 0.22, pan: 0.55, looseMs: 3, softHz: 3000 },
  low: { sample: 'tabla_ghe8', gain: 0.3, pan: -0.35, looseMs: 3, softHz: 1200 },
  ride: { sample: 'ride_tri', gain: 0.1, pan: -0.45, looseMs: 2, holdSeconds: 0.6, fadeSeconds: 0.4 },
}

const percussionBar = (bar: number): Readonly<Record<string, string>> => {
  if (bar < VERSE) return {}
  if (bar < BUILD) return bar < VERSE + 4 ? { snap: '---- x--- ---- x---' } : { snap: '---- x--- ---- x---', wood: '--x- --.- -x-- ---.' }
  if (bar < CHORUS) return { high: '--x- -x-- x--x --x-', low: 'x--- --x- ---- x---' }
  if (bar < BREAK || (bar >= CHORUS_2 && bar < OUTRO)) {
    return { high: '--x. -x-. --x. -xx-', low: 'x--- ---x --x- ----', wood: '---x ---- ---x --x-', ...(bar >= CHORUS_2 ? { ride: 'x--- x--- x--- x---' } : {}) }
  }
  if (bar < LIFT) return bar === BREAK + 3 ? { high: '---- ---- --.o oxxX' } : {}
  if (bar < CHORUS_2) return { high: '--x- -x-- x--x --x-', low: 'x--- --x- ---- x---', snap: '---- x--- ---- x---' }
  return bar < OUTRO + 2 ? { snap: '---- o--- ---- o---' } : {}
}

const renderPercussion = ({ samples, random }: StemContext): Stereo => {
  const dry = createStereo(grid.frames)
  const hits = Array.from({ length: 44 }, (_, bar) => readPattern(percussionBar(bar), bar * 4, 0.25)).flat()
  playDrums(dry, PERCUSSION, hits, samples, grid, random, { swingUnitBeats: 0.25, swingAmount: 0.55 })
  for (let sixteenth = VERSE * 16; sixteenth < (OUTRO + 2) * 16; sixteenth++) {
    const bar = Math.floor(sixteenth / 16)
    if (bar >= BREAK && bar < LIFT) continue
    const isChorus = (bar >= CHORUS && bar < BREAK) || (bar >= CHORUS_2 && bar < OUTRO)
    const place = sixteenth % 4
    const velocity = (place === 0 ? 0.5 : place === 2 ? 0.85 : 0.28) * (isChorus ? 1 : 0.62)
    playShaker(dry, sixteenth / 4 + (place % 2 === 1 ? 0.02 : 0), velocity, 0.4, grid, random)
  }
  return addReverb(dry, 0.18, { seconds: 1.1, preDelayMs: 12, brightness: 0.6, size: 0.7 })
}

// --- bass ---------------------------------------------------------------------------------------------------------------------------

const BASS: SynthPatch = {
  wave: 'saw',
  unison: 2,
  detuneCents: 9,
  width: 0,
  sub: 0.75,
  subOctave: 0,
  envelope: { attack: 0.004, decay: 0.5, sustain: 0.7, release: 0.07 },
  cutoffHz: 170,
  sweepOctaves: 2.3,
  filterEnvelope: { attack: 0.003, decay: 0.24, sustain: 0.22, release: 0.1 },
  resonance: 1.1,
  keyFollow: 0.4,
  velocityOctaves: 1.6,
  glideSeconds: 0.05,
  cutoffAt: overBars(grid, [
    [0, 0.8],
    [BUILD, 0.9],
    [CHORUS - 0.2, 1.8],
    [CHORUS, 1.35],
    [BREAK, 0.8],
    [LIFT, 0.8],
    [CHORUS_2 - 0.2, 2],
    [CHORUS_2, 1.5],
    [44, 0.7],
  ]),
}

const bassLine: readonly Note[] = [
  ...playBass(chords, grid, VERSE, 8, (bar) => (bar % 2 === 0 ? 'r/1.5! r/.5 _/.5 5/.5 r/.5 _/.5' : 'r/1.5! r/.5 _/.5 r/.5 8/.5 >/.5'), 38),
  ...playBass(chords, grid, BUILD, 3, () => 'r/.5! r/.5 r/.5 r/.5 r/.5 r/.5 r/.5 r/.5', 38),
  ...playBass(chords, grid, BUILD + 3, 1, () => 'r/.5! r/.5 r/.5 r/.5 r/.5! r/.5 _/1', 38),
  ...playBass(chords, grid, CHORUS, 8, (bar) => (bar % 4 === 3 ? '_/.5 r/.5! 8/.25 r/.25 _/.5 r/.5! _/.25 5/.25 8/.5 >/.5' : '_/.5 r/.5! 8/.25 r/.25 _/.5 r/.5! _/.25 r/.25 8/.5 5/.5'), 38),
  ...playBass(chords, grid, BREAK, 4, () => 'r/3.5', 38),
  ...playBass(chords, grid, LIFT, 3, () => 'r/.5! r/.5 r/.5 r/.5 r/.5 r/.5 r/.5 8/.5', 38),
  ...playBass(chords, grid, LIFT + 3, 1, () => 'r/.5! r/.5 r/.5 r/.5 r/1! _/1', 38),
  ...playBass(chords, grid, CHORUS_2, 8, (bar) => (bar % 4 === 3 ? '_/.5 r/.5! 8/.25 r/.25 _/.5 r/.5! 5/.25 8/.25 r/.5 >/.5' : '_/.5 r/.5! 8/.25 r/.25 _/.5 r/.5! _/.25 r/.25 8/.5 5/.5'), 38),
  ...playBass(chords, grid, OUTRO, 2, () => 'r/3.5', 38),
  ...playBass(chords, grid, OUTRO + 2, 1, () => 'r/4', 38),
]

const renderBass = ({ random }: StemContext): Stereo => {
  const dry = createStereo(grid.frames)
  playSynth(dry, BASS, humanise(bassLine, grid, random, 2, 0.03), grid, random)
  duck(dry, kickBeats, grid, 7, 0.45)
  saturate(dry, 1.6)
  return filter(filter(dry, 'highpass', 32), 'bell', 240, 0.9, -2)
}

// --- keys, arpeggio, pad ------------------------------------------------------------------------------------------------------------

const keysRhythm = (bar: number): readonly Hit[] => {
  if (bar < 2) return []
  if (bar < VERSE) return [[0, 3.8, 0.42]]
  if (bar < BUILD) return bar % 2 === 0 ? [[0, 2.4, 0.52], [2.5, 1.3, 0.44]] : [[0, 1.4, 0.5], [1.5, 1.9, 0.46], [3.5, 0.5, 0.52]]
  if (bar < CHORUS) return [[0, 1.9, 0.5], [2, 1.4, 0.52], [3.5, 0.4, 0.56]]
  if ((bar < BREAK || bar >= CHORUS_2) && bar < OUTRO) return [[0, 0.7, 0.68], [0.75, 0.7, 0.6], [1.5, 0.9, 0.66], [2.75, 0.6, 0.58], [3.5, 0.45, 0.64]]
  if (bar < LIFT) return [[0, 3.9, 0.5]]
  if (bar < CHORUS_2) return [[0, 1.4, 0.54], [1.5, 1.4, 0.54], [3, 0.9, 0.58]]
  return [[0, 3.9, 0.42]]
}

const renderKeys = ({ random }: StemContext): Stereo => {
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
  duck(dry, kickBeats.filter((beat) => beat >= CHORUS * 4), grid, 3, 0.5)
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

const renderArp = ({ random }: StemContext): Stereo => {
  const dry = createStereo(grid.frames)
  playSynth(dry, ARP, humanise(arpNotes(), grid, random, 2, 0.05), grid, random)
  // The last chorus doubles the hook an octave up, softly.
  const hookLead = transpose(hook(CHORUS_2, 0.55), 12)
  playSynth(dry, { ...ARP, wave: 'triangle', unison: 2, envelope: { attack: 0.02, decay: 0.6, sustain: 0.6, release: 0.2 }, glideSeconds: 0.06, vibratoCents: 14 }, hookLead, grid, random)
  filter(dry, 'highpass', 260)
  duck(dry, kickBeats.filter((beat) => beat >= CHORUS * 4), grid, 4, 0.5)
  const echoes = delay(send(dry, 0.4), 0.75, 0.5, grid)
  return addInto(addInto(dry, echoes), reverb(addInto(send(dry, 0.12), echoes, 0.25), { seconds: 2, preDelayMs: 20, brightness: 0.6, size: 1 }))
}

const PAD: SynthPatch = {
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

const renderPad = ({ random }: StemContext): Stereo => {
  const dry = createStereo(grid.frames)
  const notes = playChords(chords, voicings, grid, (bar) => (bar >= VERSE && bar < VERSE + 4 ? [] : [[0, 4, 0.6]]))
  playSynth(dry, PAD, notes, grid, random)
  filter(dry, 'highpass', 190)
  shape(dry, grid, overBars(grid, [[0, 0.2], [2, 0.8], [VERSE, 0.8], [VERSE + 4, 0.5], [BUILD, 0.6], [CHORUS, 1], [CHORUS, 0.85], [BREAK, 0.85], [BREAK, 0.75], [CHORUS_2, 1], [OUTRO, 0.95], [43, 0.6], [44, 0.25]]))
  duck(dry, kickBeats.filter((beat) => beat >= CHORUS * 4), grid, 9, 0.75)
  return widen(addReverb(dry, 0.22, { seconds: 3, preDelayMs: 25, brightness: 0.45, size: 1.3 }), 1.15)
}

// --- effects ------------------------------------------------------------------------------------------------------------------------

const renderEffects = ({ samples, random }: StemContext): Stereo => {
  const out = createStereo(grid.frames)
  const wet = createStereo(grid.frames)
  // Waves: slow swells of pink noise, never quite the same length.
  const waves = (fromBeat: number, toBeat: number): void => {
    for (let beat = fromBeat; beat < toBeat; ) {
      const lengthBeats = 7 + random() * 3
      playSweep(out, { startBeat: beat, lengthBeats, hzAt: (part) => 350 + 500 * Math.sin(Math.PI * part) ** 2, levelAt: (part) => 0.09 * Math.sin(Math.PI * part) ** 2, q: 0.6, width: 0.9, isPink: true }, grid, random)
      beat += lengthBeats * 0.62
    }
  }
  waves(0, VERSE * 4 + 4)
  waves(BREAK * 4, LIFT * 4 - 6)
  waves(OUTRO * 4, 44 * 4 - 6)
  // A buoy bell on the fifth of the key, far away.
  for (const [beat, gain] of [[2, 0.2], [9.5, 0.13], [BREAK * 4 + 3, 0.16], [BREAK * 4 + 11.5, 0.1], [OUTRO * 4 + 6, 0.14], [OUTRO * 4 + 12, 0.08]] as const) {
    playSample(wet, samples('perc_bell'), { frame: grid.frameAt(beat), gain, semitones: -16.87, pan: random() - 0.5, lowpassHz: 3200 })
  }
  const risers = [[BUILD, CHORUS], [LIFT, CHORUS_2]] as const
  for (const [from, to] of risers) {
    const lengthBeats = (to - from) * 4 - 0.5
    playSweep(out, { startBeat: from * 4, lengthBeats, hzAt: (part) => 300 * 26 ** part, levelAt: (part) => 0.13 * part ** 1.8 * (part > 0.97 ? (1 - part) / 0.03 : 1), q: 1.4, width: 0.8 }, grid, random)
    playSynth(out, { ...PAD, wave: 'triangle', unison: 3, sweepOctaves: 0, cutoffHz: 3000, cutoffAt: () => 1, vibratoCents: 30, vibratoHz: 7, glideSeconds: 6 }, [
      { startBeat: from * 4, lengthBeats: 0.02, midi: 57, velocity: 0.01 },
      { startBeat: from * 4 + 0.03, lengthBeats: lengthBeats - 0.3, midi: 81, velocity: 0.16 },
    ], grid, random)
  }
  for (const bar of [VERSE, CHORUS, BREAK, CHORUS_2, OUTRO]) {
    playSample(out, samples('drum_splash_hard'), { frame: grid.frameAt(bar * 4), gain: 0.22, isReversed: true, pan: 0.2, semitones: -2 })
  }
  for (const bar of [CHORUS, CHORUS_2]) {
    playSample(out, samples('misc_cineboom'), { frame: grid.frameAt(bar * 4), gain: 0.42, fromSeconds: 0.5, holdSeconds: 2.2, fadeSeconds: 1.5, attackSeconds: 0.004, lowpassHz: 2200 })
    playSweep(out, { startBeat: bar * 4, lengthBeats: 8, hzAt: (part) => 7000 * 0.04 ** part, levelAt: (part) => 0.1 * (1 - part) ** 2 * Math.min(1, part * 40), q: 0.8, width: 1 }, grid, random)
  }
  playSample(wet, samples('ambi_dark_woosh'), { frame: grid.frameAt(BREAK * 4), gain: 0.24, lowpassHz: 3000 })
  filter(out, 'highpass', 45)
  addInto(out, wet, 0.6)
  return addInto(out, reverb(addInto(send(out, 0.12), wet, 0.7), { seconds: 3.4, preDelayMs: 30, brightness: 0.55, size: 1.35 }))
}

const stems: readonly DemoStem[] = [
  { file: 'vocals', title: 'Vocals', role: 'vocals', samples: [], gainDb: -4.4, render: renderVocals },
  { file: 'drums', title: 'Drums', role: 'drums', samples: samplesOf(KIT), gainDb: -5, render: renderDrums },
  { file: 'percussion', title: 'Percussion', role: 'drums', samples: samplesOf(PERCUSSION), gainDb: -6, render: renderPercussion },
  { file: 'bass', title: 'Bass', role: 'bass', samples: [], gainDb: -10.5, render: renderBass },
  { file: 'electric-piano', title: 'Electric piano', role: 'keys', samples: [], gainDb: -14, render: renderKeys },
  { file: 'arpeggio', title: 'Arpeggio', role: 'synth', samples: [], gainDb: -16.5, render: renderArp },
  { file: 'pad', title: 'Pad', role: 'synth', samples: [], gainDb: -19.5, render: renderPad },
  { file: 'sea-and-risers', title: 'Sea and risers', role: 'effects', samples: ['perc_bell', 'drum_splash_hard', 'misc_cineboom', 'ambi_dark_woosh'], gainDb: -7, render: renderEffects },
]

export const HARBOUR_LIGHTS: DemoWork = {
  id: 'harbour-lights',
  title: 'Harbour Lights',
  artists: ['Quay & Lantern'],
  tempo: 112,
  key: 'A minor',
  meter: '4/4',
  year: 2025,
  coverColors: ['#12324a', '#f2a65a'],
  grid,
  sections,
  grant: RESTRICTED_TERMS,
  stems,
}
