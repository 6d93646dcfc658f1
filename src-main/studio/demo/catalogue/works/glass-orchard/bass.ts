// "Glass Orchard": bass.
import { playBass } from '../../harmony.ts'
import { humanise, type Note } from '../../score.ts'
import { addInto, createStereo, duck, filter, playSynth, saturate, shape, type Stereo, type SynthPatch } from '../../synthesis/index.ts'
import { overBars, type StemContext } from '../../work.ts'
import { dropKicks } from './drums.ts'
import { grid, VERSE, BUILD, DROP, BREAK, BUILD_2, DROP_2, OUTRO, chords } from './score.ts'

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

const dropBass = (bar: number): string =>
  bar % 4 === 3 ? 'r/.75! r/.25 8/.5 r/.5! 5/.5 >/.5' : bar % 2 === 0 ? 'r/1.25! r/.25 _/.25 r/.75! 8/.5' : 'r/.75! r/.75 r/.75! 8/.25 5/.5'

export const renderBass = ({ random }: StemContext): Stereo => {
  const quiet: readonly Note[] = [
    ...playBass(
      chords,
      grid,
      VERSE,
      8,
      (bar) => (bar === BUILD - 1 ? 'r/1.5! r/1 >/.5' : bar % 2 === 0 ? 'r/2.5! _/.5' : 'r/1.5! r/1 5/.5'),
      36,
    ),
    ...playBass(chords, grid, BUILD, 4, (bar) => (bar === DROP - 1 ? 'r/.5! r/.5 r/.5 r/.5! _/1' : 'r/.5! r/.5 r/.5 r/.5! r/.5 r/.5'), 36),
    ...playBass(chords, grid, BREAK + 4, 4, () => 'r/2.9', 36),
    ...playBass(
      chords,
      grid,
      BUILD_2,
      4,
      (bar) => (bar === DROP_2 - 1 ? 'r/.5! r/.5 r/.5 r/.5! _/1' : 'r/.5! r/.5 r/.5 r/.5! r/.5 r/.5'),
      36,
    ),
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
  shape(
    low,
    grid,
    overBars(grid, [
      [0, 1],
      [BREAK, 1],
      [BREAK, 0.75],
      [BUILD_2, 0.75],
      [BUILD_2, 1],
      [OUTRO, 1],
      [OUTRO, 0.85],
      [54, 0.6],
      [55.5, 0.2],
    ]),
  )
  return filter(saturate(low, 1.4), 'highpass', 30)
}
