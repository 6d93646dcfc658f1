// "Harbour Lights": bass.
import { playBass } from '../../harmony.ts'
import { humanise, type Note } from '../../score.ts'
import { createStereo, duck, filter, playSynth, saturate, type Stereo, type SynthPatch } from '../../synthesis/index.ts'
import { overBars, type StemContext } from '../../work.ts'
import { kickBeats } from './drums.ts'
import { grid, VERSE, BUILD, CHORUS, BREAK, LIFT, CHORUS_2, OUTRO, chords } from './score.ts'

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
  ...playBass(
    chords,
    grid,
    CHORUS,
    8,
    (bar) =>
      bar % 4 === 3 ? '_/.5 r/.5! 8/.25 r/.25 _/.5 r/.5! _/.25 5/.25 8/.5 >/.5' : '_/.5 r/.5! 8/.25 r/.25 _/.5 r/.5! _/.25 r/.25 8/.5 5/.5',
    38,
  ),
  ...playBass(chords, grid, BREAK, 4, () => 'r/3.5', 38),
  ...playBass(chords, grid, LIFT, 3, () => 'r/.5! r/.5 r/.5 r/.5 r/.5 r/.5 r/.5 8/.5', 38),
  ...playBass(chords, grid, LIFT + 3, 1, () => 'r/.5! r/.5 r/.5 r/.5 r/1! _/1', 38),
  ...playBass(
    chords,
    grid,
    CHORUS_2,
    8,
    (bar) =>
      bar % 4 === 3 ? '_/.5 r/.5! 8/.25 r/.25 _/.5 r/.5! 5/.25 8/.25 r/.5 >/.5' : '_/.5 r/.5! 8/.25 r/.25 _/.5 r/.5! _/.25 r/.25 8/.5 5/.5',
    38,
  ),
  ...playBass(chords, grid, OUTRO, 2, () => 'r/3.5', 38),
  ...playBass(chords, grid, OUTRO + 2, 1, () => 'r/4', 38),
]

export const renderBass = ({ random }: StemContext): Stereo => {
  const dry = createStereo(grid.frames)
  playSynth(dry, BASS, humanise(bassLine, grid, random, 2, 0.03), grid, random)
  duck(dry, kickBeats, grid, 7, 0.45)
  saturate(dry, 1.6)
  return filter(filter(dry, 'highpass', 32), 'bell', 240, 0.9, -2)
}
