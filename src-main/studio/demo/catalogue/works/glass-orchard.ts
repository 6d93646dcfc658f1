// "Glass Orchard": 120 BPM, E flat major, 6/8. Half-time and wide; bells count in threes over the two, and the minor subdominant keeps returning.
import { chordAt, type Hit, parseChords, playBass, playChords, voiceLead } from '../harmony.ts'
import { createGrid, humanise, type Note, parseMelody } from '../score.ts'
import {
  addInto,
  addReverb,
  compress,
  createStereo,
  delay,
  duck,
  FELT_PIANO,
  filter,
  GLASS_BELL,
  LEAD,
  type Piece,
  playDrums,
  playModal,
  playSample,
  playSweep,
  playSynth,
  readPattern,
  reverb,
  RUBBED_GLASS,
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
import { OPEN_TERMS } from '../terms.ts'
import { type DemoStem, type DemoWork, layOut, overBars, type StemContext } from '../work.ts'

const BAR = 3
const grid = createGrid(120, BAR, 56, 4)

const sections = layOut([
  ['Intro', 4],
  ['Verse', 8],
  ['Build', 4],
  ['Drop', 8],
  ['Break', 8],
  ['Build', 4],
  ['Drop', 12],
  ['Outro', 8],
])

const VERSE = 4
const BUILD = 12
const DROP = 16
const BREAK = 24
const BUILD_2 = 32
const DROP_2 = 36
const OUTRO = 48

const chords = parseChords(
  `Ebmaj9 Cm9 Abmaj9 Abm6
   Ebmaj9 Gm7 Cm9 Bb6 Abmaj9 Ebmaj9/G Fm9 Bb7sus4+Bb7
   Abmaj9 Bb6 G7/B Cm9
   Abmaj9 Bb6 Cm9 Ebmaj9/G Abmaj9 Bb6 G7/B Cm9
   Abmaj9 Abm6 Gm7 Cm9 Fm9 Bb7sus4 Bmaj7 Bb7sus4
   Abmaj9 Bb6 G7/B Bb7sus4
   Abmaj9 Bb6 Cm9 Ebmaj9/G Abmaj9 Bb6 G7/B Cm9 Abmaj9 Bb6 Fm9 Bb7sus4+Bb7
   Ebmaj9 Gm7 Cm9 Bb6 Abmaj9 Abm6 Ebmaj9 Ebmaj9`,
  0,
  grid,
)
const voicings = voiceLead(chords, 53, 75)
const isDrop = (bar: number): boolean => (bar >= DROP && bar < BREAK) || (bar >= DROP_2 && bar < OUTRO)
const isBuild = (bar: number): boolean => (bar >= BUILD && bar < DROP) || (bar >= BUILD_2 && bar < DROP_2)

// --- vocals -------------------------------------------------------------------------------------------------------------------------

const chops = `Eb5/.5:da C5/.5:- _/.5 Eb5/.5:da G5/.5!:ah Eb5/.5:- | F5/.5:da D5/.5:- _/.5 F5/.5:da D5/.5:ah Bb4/.5:- |
   Eb5/.5:da C5/.5:- _/.5 G4/.5:da C5/.5:ah D5/.5:- | Eb5/1:ah D5/.5:- Bb4/1:oh _/.5 |
   Eb5/.5:da C5/.5:- _/.5 Eb5/.5:da G5/.5!:ah Eb5/.5:- | F5/.5:da D5/.5:- _/.5 F5/.5:da G5/.5:ah F5/.5:- |
   D5/1:ah B4/.5:- G4/.5:da B4/.5:- D5/.5:- | Eb5/1:ah D5/.5:- C5/1:- _/.5 |`

const lead: readonly Note[] = [
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
  ...parseMelody(`${chops} Eb5/.5:da C5/.5:- _/.5 Eb5/.5:da G5/.5!:ah Eb5/.5:- | F5/.5:da D5/.5:- _/.5 F5/.5:da Bb5/.5!:ah G5/.5:- | Ab5/1:ah G5/.5:- F5/1:- Eb5/.5:- | F5/1.5:ah D5/1:- _/.5`, DROP_2, grid, 0.86),
  ...parseMelody('_/.5 G4/.5:na Bb4/.5:- Bb4/1:oo G4/.5:- | _/.5 F4/.5:na G4/.5:- D5/1:oo Bb4/.5:- | _/.5 G4/.5:na C5/.5:- Eb5/1:oo D5/.5:- | Bb4/2.5:oo _/.5 | C5/2.5:oo _/.5 | B4/2.5:oo _/.5 | Bb4/2.8:oo _/.2', OUTRO, grid, 0.5),
]

const renderVocals = ({ random }: StemContext): Stereo => {
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
  for (const [index, pan] of [[0, 0.15], [1, -0.65], [2, 0.65]] as const) {
    const notes = chords.flatMap((chord, at): readonly Note[] => {
      const bar = Math.floor(chord.startBeat / BAR + 1e-6)
      const midi = (voicings[at] ?? [])[index]
      if (midi === undefined || !(isDrop(bar) || (bar >= BREAK + 4 && bar < BREAK + 8) || bar >= OUTRO + 4)) return []
      return [{ startBeat: chord.startBeat, lengthBeats: chord.lengthBeats, midi, velocity: isDrop(bar) ? 0.55 : 0.42, syllable: bar % 4 === 0 ? (isDrop(bar) ? 'ah' : 'oo') : '-' }]
    })
    sing(choir, { ...double, topHz: 4_500, breathiness: 0.09, vibratoCents: 18, timingMs: 24, tilt: 0.55, pan, detuneCents: index * 4 - 4, formantScale: 0.92 + index * 0.07 }, notes, grid, random, 0.16)
  }
  addInto(dry, doubles)
  compress(dry, -14, 3, 6, 120, 3)
  filter(dry, 'highpass', 150)
  filter(dry, 'high-shelf', 6500, 0.7, 3)
  const echoes = delay(send(dry, 0.24), 0.75, 0.45, grid)
  const hall = reverb(addInto(addInto(send(dry, 0.24), choir, 0.6), echoes, 0.3), { seconds: 3, preDelayMs: 30, brightness: 0.62, size: 1.25 })
  return addInto(addInto(addInto(dry, choir, 0.75), echoes), filter(hall, 'highpass', 220))
}

// --- drums --------------------------------------------------------------------------------------------------------------------------

const KIT: Readonly<Record<string, Piece>> = {
  kick: { sample: 'bd_tek', gain: 0.62, looseMs: 0.4, looseSemitones: 0.02, layer: { sample: 'bd_boom', gain: 0.2, semitones: 5, holdSeconds: 0.22, fadeSeconds: 0.12 } },
  snare: { sample: 'sn_zome', gain: 0.36, lateMs: 5, looseMs: 1, softHz: 2600, layer: { sample: 'elec_hi_snare', gain: 0.16, pan: -0.1 } },
  ghost: { sample: 'sn_dolf', gain: 0.2, pan: 0.12, looseMs: 2.5, softHz: 2200 },
  hat: { sample: 'hat_gem', gain: 0.14, pan: -0.25, looseMs: 1.6, softHz: 5000, looseSemitones: 0.3 },
  tick: { sample: 'hat_bdu', gain: 0.12, pan: 0.3, looseMs: 1.6, softHz: 5500, looseSemitones: 0.4 },
  open: { sample: 'drum_cymbal_open', gain: 0.14, pan: 0.2, looseMs: 1.2, holdSeconds: 0.25, fadeSeconds: 0.1 },
  crash: { sample: 'drum_splash_hard', gain: 0.25, pan: 0.3, looseMs: 0.5 },
  tapLow: { sample: 'elec_wood', gain: 0.26, pan: -0.4, looseMs: 2, holdSeconds: 0.25 },
  tapHigh: { sample: 'tbd_perc_blip', gain: 0.2, pan: 0.45, looseMs: 2, semitones: 7 },
  tomHigh: { sample: 'drum_tom_mid_hard', gain: 0.36, pan: 0.25, looseMs: 2, softHz: 1500 },
  tomLow: { sample: 'drum_tom_lo_hard', gain: 0.42, pan: -0.25, looseMs: 2, softHz: 1500 },
}

// Twelve sixteenths: two groups of six.
const drumBar = (bar: number): Readonly<Record<string, string>> => {
  if (bar < VERSE) return bar >= 2 ? { tapHigh: '--.--o --.-o-', ...(bar === 3 ? { kick: '------ ----xx' } : {}) } : {}
  if (bar < BUILD) {
    const at = bar - VERSE
    if (at === 7) return { kick: 'X----- x-----', snare: '------ X-----', ghost: '---.-- --o-xx', tapHigh: '--.--o ------', hat: 'x-o-o- x-----' }
    return {
      kick: at % 2 === 0 ? 'X----- --x---' : 'X---x- ------',
      ...(at < 4 ? { tapLow: '------ x---.-' } : { snare: '------ X-----', ghost: '----.- ---.--', tapLow: '---o-- ----o-' }),
      hat: at < 4 ? 'o-.-.- o-.-.-' : 'x-o-o- x-o-oo',
      tapHigh: '--.--o --.-o-',
      ...(at === 0 ? { crash: 'o----- ------' } : {}),
    }
  }
  if (isBuild(bar)) {
    const at = bar < DROP ? bar - BUILD : bar - BUILD_2
    const rolls = ['x----- x-----', 'x--x-- x--x--', 'x-x-x- x-x-x-', 'oxoxox xX----']
    return { kick: at < 3 ? 'x--x-- x--x--' : 'x--x-- ------', snare: rolls[at] as string, hat: 'o-o-o- o-o-o-', ...(at === 3 ? { tomHigh: '------ --X---', tomLow: '------ ----X-' } : {}) }
  }
  if (isDrop(bar)) {
    const at = bar < BREAK ? bar - DROP : bar - DROP_2
    const end = bar === BREAK - 1 || bar === OUTRO - 1
    if (end) return { kick: 'X-----  X-----', snare: '------ --xxXX', tomHigh: '---X-x ------', tomLow: '------ X-----', hat: 'x-x-x- ------', open: '---x-- ------' }
    return {
      kick: ['X----x --x---', 'X--x-- ---x--', 'X----x --x---', 'X--x-- --x--x'][at % 4] as string,
      snare: at % 4 === 3 ? '------ X---xx' : '------ X-----',
      ghost: at % 2 === 0 ? '--.--- ---.-.' : '----.- --.---',
      hat: at % 4 === 1 ? 'x-xxx- x-xxxx' : 'x-xxx- x-xxx-',
      tick: '-o---o -o---o',
      open: at % 2 === 0 ? '---x-- ---x--' : '---x-- ------',
      ...(at % 4 === 0 ? { crash: at % 8 === 0 ? 'X----- ------' : 'o----- ------' } : {}),
    }
  }
  if (bar < BUILD_2) {
    if (bar === BREAK) return { crash: 'x----- ------' }
    return bar >= BREAK + 4 ? { tapHigh: '--.--o --.-o-', tapLow: '------ o---.-', ...(bar === BUILD_2 - 1 ? { hat: '------ o-oxxx' } : {}) } : {}
  }
  if (bar === OUTRO) return { crash: 'x----- ------', kick: 'X----- ------', tapHigh: '--.--o --.-o-' }
  return bar < OUTRO + 4 ? { tapHigh: '--.--o --.-o-', tapLow: '------ o---.-' } : {}
}

const strokes: readonly Stroke[] = Array.from({ length: 56 }, (_, bar) => readPattern(drumBar(bar), bar * BAR, 0.25)).flat()
// Hats roll in thirty-seconds into every fourth bar of the drops.
const rolls: readonly Stroke[] = Array.from({ length: 56 }, (_, bar) => bar)
  .filter((bar) => isDrop(bar) && (bar - (bar < BREAK ? DROP : DROP_2)) % 4 === 2)
  .flatMap((bar) => readPattern({ hat: '.oox' }, bar * BAR + 2.5, 0.125))
const kickBeats = strokes.filter((stroke) => stroke.piece === 'kick').map((stroke) => stroke.beat)
const dropKicks = kickBeats.filter((beat) => isDrop((beat + 0.01) / BAR))

const renderDrums = ({ samples, random }: StemContext): Stereo => {
  const dry = createStereo(grid.frames)
  playDrums(dry, KIT, [...strokes, ...rolls], samples, grid, random, { swingUnitBeats: 0.25, swingAmount: 0.53 })
  const room = reverb(filter(send(dry, 0.16), 'highpass', 220), { seconds: 1.3, preDelayMs: 8, brightness: 0.5, size: 0.8 })
  return saturate(compress(addInto(dry, room), -9, 3, 10, 100, 2), 1.7)
}

// --- bass ---------------------------------------------------------------------------------------------------------------------------

const SUB: SynthPatch = {
  wave: 'triangle',
  unison: 1,
  detuneCents: 0,
  width: 0,
  sub: 0.7,
  subOctave: 0,
  envelope: { attack: 0.012, decay: 1, sustain: 0.8, release: 0.12 },
  cutoffHz: 320,
  sweepOctaves: 0.5,
  filterEnvelope: { attack: 0.01, decay: 0.3, sustain: 0.4, release: 0.1 },
  resonance: 0.8,
  glideSeconds: 0.06,
}

const GROWL: SynthPatch = {
  wave: 'saw',
  unison: 3,
  detuneCents: 24,
  width: 0.55,
  envelope: { attack: 0.008, decay: 0.6, sustain: 0.7, release: 0.09 },
  cutoffHz: 420,
  sweepOctaves: 1.4,
  filterEnvelope: { attack: 0.01, decay: 0.22, sustain: 0.3, release: 0.1 },
  resonance: 1.6,
  velocityOctaves: 1,
  glideSeconds: 0.06,
  // The filter breathes once per group of three.
  cutoffAt: (beat) => 1 + 0.55 * Math.sin((2 * Math.PI * beat) / 1.5 - 1.2),
}

const dropBass = (bar: number): string => (bar % 4 === 3 ? 'r/.75! r/.25 8/.5 r/.5! 5/.5 >/.5' : bar % 2 === 0 ? 'r/1.25! r/.25 _/.25 r/.75! 8/.5' : 'r/.75! r/.75 r/.75! 8/.25 5/.5')

const renderBass = ({ random }: StemContext): Stereo => {
  const quiet: readonly Note[] = [
    ...playBass(chords, grid, VERSE, 8, (bar) => (bar === BUILD - 1 ? 'r/1.5! r/1 >/.5' : bar % 2 === 0 ? 'r/2.5! _/.5' : 'r/1.5! r/1 5/.5'), 36),
    ...playBass(chords, grid, BUILD, 4, (bar) => (bar === DROP - 1 ? 'r/.5! r/.5 r/.5 r/.5! _/1' : 'r/.5! r/.5 r/.5 r/.5! r/.5 r/.5'), 36),
    ...playBass(chords, grid, BREAK + 4, 4, () => 'r/2.9', 36),
    ...playBass(chords, grid, BUILD_2, 4, (bar) => (bar === DROP_2 - 1 ? 'r/.5! r/.5 r/.5 r/.5! _/1' : 'r/.5! r/.5 r/.5 r/.5! r/.5 r/.5'), 36),
    ...playBass(chords, grid, OUTRO, 7, () => 'r/2.8', 36),
  ]
  const loud: readonly Note[] = [...playBass(chords, grid, DROP, 8, dropBass, 36), ...playBass(chords, grid, DROP_2, 12, dropBass, 36)]
  const low = createStereo(grid.frames)
  playSynth(low, SUB, [...quiet, ...loud], grid, random)
  const growl = createStereo(grid.frames)
  playSynth(growl, GROWL, humanise(loud, grid, random, 2, 0.04), grid, random)
  saturate(filter(growl, 'highpass', 90), 2.2)
  addInto(low, growl, 0.42)
  duck(low, dropKicks, grid, 7, 0.5)
  shape(low, grid, overBars(grid, [[0, 1], [BREAK, 1], [BREAK, 0.75], [BUILD_2, 0.75], [BUILD_2, 1], [OUTRO, 1], [OUTRO, 0.85], [54, 0.6], [55.5, 0.2]]))
  return filter(saturate(low, 1.4), 'highpass', 30)
}

// --- piano, chords, bells -----------------------------------------------------------------------------------------------------------

const renderPiano = ({ random }: StemContext): Stereo => {
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
    notes.push({ startBeat: beat, lengthBeats: Math.min(2, (bar + 1) * BAR - beat + 0.2), midi, velocity: (place === 0 ? 0.6 : place === 3 ? 0.52 : 0.42) + (isBuild(bar) ? (eighth % 24) * 0.008 : 0) })
  }
  const stabs = playChords(chords, voicings, grid, (bar): readonly Hit[] => (isDrop(bar) ? [[0, 1.3, 0.6], [1.5, 0.9, 0.52], [2.5, 0.45, 0.56]] : bar === 55 ? [[0, 2.9, 0.46]] : []), 0.015)
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
  cutoffAt: overBars(grid, [[0, 1], [BUILD, 0.2], [DROP - 0.1, 1.3], [DROP, 1.6], [BREAK, 1.5], [BUILD_2, 0.2], [DROP_2 - 0.1, 1.5], [DROP_2, 1.8], [OUTRO - 2, 2.2], [OUTRO, 1]]),
}

const renderSaws = ({ random }: StemContext): Stereo => {
  const dry = createStereo(grid.frames)
  const rhythm = (bar: number): readonly Hit[] =>
    isBuild(bar)
      ? [[0, 2.98, 0.5]]
      : !isDrop(bar)
        ? []
        : bar % 4 === 3
          ? [[0, 0.7, 0.7], [0.75, 0.45, 0.6], [1.5, 0.45, 0.66], [2, 0.45, 0.66], [2.5, 0.45, 0.72]]
          : [[0, 1.2, 0.7], [1.25, 0.2, 0.5], [1.5, 0.95, 0.68], [2.5, 0.45, 0.62]]
  playSynth(dry, WIDE_SAWS, playChords(chords, voicings, grid, rhythm), grid, random)
  // The lead joins the second drop and answers the chops where they rest.
  const lead = [
    ...parseMelody(`_/1 G5/.5 _/1 C6/.5 | _/1 F5/.5 _/1.5 | _/1 D5/.5 _/.5 Eb5/.5 G5/.5 | G5/1.5 F5/.5 Eb5/1 | _/1 G5/.5 _/1 C6/.5 | _/1 F5/.5 _/1.5 | F5/1.5 D5/.5 B5/1 | C6/1.5 G5/1.5`, DROP_2, grid, 0.6),
    ...parseMelody(`_/1 G5/.5 _/1 C6/.5 | _/1 F5/.5 _/1.5 | C6/1 Bb5/.5 Ab5/1 G5/.5 | F5/1.5 D5/1 _/.5`, DROP_2 + 8, grid, 0.64),
  ]
  playSynth(dry, { ...WIDE_SAWS, wave: 'square', unison: 3, detuneCents: 14, width: 0.5, glideSeconds: 0.07, vibratoCents: 16, cutoffHz: 1300, cutoffAt: () => 1.5 }, lead, grid, random)
  filter(dry, 'highpass', 170)
  filter(dry, 'bell', 300, 0.9, -2)
  duck(dry, dropKicks, grid, 9, 0.7)
  shape(dry, grid, overBars(grid, [[BUILD, 0.25], [DROP - 0.1, 0.9], [DROP, 1], [BREAK, 1], [BUILD_2, 0.25], [DROP_2 - 0.1, 0.9], [DROP_2, 1.05], [OUTRO, 1.05]]))
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
    notes.push({ startBeat: beat, lengthBeats: 1.5, midi: (voicing[index % voicing.length] as number) + octave, velocity: sixteenth % 4 === 0 ? 0.6 : 0.36 })
  }
  return notes
}

const renderBells = ({ random }: StemContext): Stereo => {
  const dry = createStereo(grid.frames)
  playModal(dry, GLASS_BELL, humanise(bellNotes(), grid, random, 4, 0.06), grid, random)
  filter(dry, 'highpass', 300)
  duck(dry, dropKicks, grid, 4, 0.45)
  const echoes = delay(send(dry, 0.32), 0.75, 0.45, grid)
  return addInto(addInto(dry, echoes), reverb(addInto(send(dry, 0.22), echoes, 0.4), { seconds: 3.2, preDelayMs: 26, brightness: 0.7, size: 1.3 }))
}

// --- textures -----------------------------------------------------------------------------------------------------------------------

const renderTextures = ({ samples, random }: StemContext): Stereo => {
  const out = createStereo(grid.frames)
  const wet = createStereo(grid.frames)
  // Glasses rubbed at the rim, on root and fifth, under the quiet parts.
  const glasses = playChords(
    chords,
    chords.map((chord, at) => [60 + ((chord.root + 12) % 12) + 12, (voicings[at] ?? [])[2] as number].map((midi) => (midi > 80 ? midi - 12 : midi))),
    grid,
    (bar) => (bar < VERSE + 4 || (bar >= BREAK && bar < BUILD_2) || bar >= OUTRO ? [[0, 3, 0.5]] : []),
  )
  playModal(out, RUBBED_GLASS, glasses, grid, random)
  // A recorded glass harmonica in A, brought to E flat, and one rubbed glass, to G.
  for (const [bar, gain] of [[0, 0.2], [BREAK, 0.22], [OUTRO, 0.18]] as const) {
    playSample(wet, samples('ambi_glass_hum'), { frame: grid.frameAt(bar * BAR), gain, semitones: -6, holdSeconds: 4.6, fadeSeconds: 1.6, attackSeconds: 1 })
  }
  for (const [bar, pan] of [[2, 0.5], [VERSE + 4, -0.5], [BREAK + 4, 0.5], [OUTRO + 4, -0.4]] as const) {
    playSample(wet, samples('ambi_glass_rub'), { frame: grid.frameAt(bar * BAR), gain: 0.12, semitones: bar === 2 ? -3 : 1, pan, attackSeconds: 0.3 })
  }
  for (const bar of [VERSE, DROP, DROP + 4, BREAK, DROP_2, DROP_2 + 4, DROP_2 + 8, OUTRO]) {
    playSample(wet, samples('elec_chime'), { frame: grid.frameAt(bar * BAR), gain: 0.11, pan: random() - 0.5, lowpassHz: 7000 })
  }
  for (const bar of [VERSE, DROP, BREAK, DROP_2, OUTRO]) {
    playSample(out, samples('drum_splash_hard'), { frame: grid.frameAt(bar * BAR), gain: 0.2, isReversed: true, pan: 0.25, semitones: -3 })
  }
  for (const [from, to] of [[BUILD, DROP], [BUILD_2, DROP_2]] as const) {
    playSweep(out, { startBeat: from * BAR, lengthBeats: (to - from) * BAR - 0.4, hzAt: (part) => 260 * 30 ** part, levelAt: (part) => 0.13 * part ** 1.7 * (part > 0.97 ? (1 - part) / 0.03 : 1), q: 1.5, width: 0.8 }, grid, random)
    playSample(out, samples('misc_cineboom'), { frame: grid.frameAt(to * BAR), gain: 0.42, fromSeconds: 0.5, holdSeconds: 2, fadeSeconds: 1.4, attackSeconds: 0.004, lowpassHz: 2000, semitones: -1 })
    playSweep(out, { startBeat: to * BAR, lengthBeats: 6, hzAt: (part) => 8000 * 0.03 ** part, levelAt: (part) => 0.09 * (1 - part) ** 2 * Math.min(1, part * 40), q: 0.8, width: 1 }, grid, random)
  }
  // Leaves: specks of high noise at random, thicker in the quiet parts.
  for (let beat = 0; beat < 54 * BAR; beat += 0.4 + random() * 1.3) {
    if (isDrop(beat / BAR)) continue
    const hz = 2500 + random() * 5000
    playSweep(out, { startBeat: beat, lengthBeats: 0.05 + random() * 0.08, hzAt: () => hz, levelAt: (part) => 0.05 * Math.sin(Math.PI * part) ** 2, q: 3, width: random() }, grid, random)
  }
  filter(out, 'highpass', 45)
  addInto(out, wet, 0.7)
  return widen(addInto(out, reverb(addInto(send(out, 0.16), wet, 0.6), { seconds: 3.8, preDelayMs: 34, brightness: 0.6, size: 1.4 })), 1.1)
}

const stems: readonly DemoStem[] = [
  { file: 'vocals', title: 'Vocals', role: 'vocals', samples: [], gainDb: -3.9, render: renderVocals },
  { file: 'drums', title: 'Drums', role: 'drums', samples: samplesOf(KIT), gainDb: -4.8, render: renderDrums },
  { file: 'bass', title: 'Bass', role: 'bass', samples: [], gainDb: -11.3, render: renderBass },
  { file: 'felt-piano', title: 'Felt piano', role: 'keys', samples: [], gainDb: -11.4, render: renderPiano },
  { file: 'wide-saws', title: 'Wide saws', role: 'synth', samples: [], gainDb: -19.8, render: renderSaws },
  { file: 'glass-bells', title: 'Glass bells', role: 'synth', samples: [], gainDb: -7.5, render: renderBells },
  { file: 'textures', title: 'Glass and air', role: 'effects', samples: ['ambi_glass_hum', 'ambi_glass_rub', 'elec_chime', 'drum_splash_hard', 'misc_cineboom'], gainDb: -10, render: renderTextures },
]

export const GLASS_ORCHARD: DemoWork = {
  id: 'glass-orchard',
  title: 'Glass Orchard',
  artists: ['Orchard Static'],
  tempo: 120,
  key: 'Eb major',
  meter: '6/8',
  year: 2026,
  coverColors: ['#0b3d3a', '#9fe8c8'],
  grid,
  sections,
  grant: OPEN_TERMS,
  stems,
}
