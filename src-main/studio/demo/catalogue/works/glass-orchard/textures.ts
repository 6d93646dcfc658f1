// "Glass Orchard": textures.
import { playChords } from '../../harmony.ts'
import {
  addInto,
  createStereo,
  filter,
  playModal,
  playSample,
  playSweep,
  reverb,
  RUBBED_GLASS,
  send,
  type Stereo,
  widen,
} from '../../synthesis/index.ts'
import type { StemContext } from '../../work.ts'
import { BAR, grid, VERSE, BUILD, DROP, BREAK, BUILD_2, DROP_2, OUTRO, chords, voicings, isDrop } from './score.ts'

export const renderTextures = ({ samples, random }: StemContext): Stereo => {
  const out = createStereo(grid.frames)
  const wet = createStereo(grid.frames)
  // Glasses rubbed at the rim, on root and fifth, under the quiet parts.
  const glasses = playChords(
    chords,
    chords.map((chord, at) =>
      [60 + ((chord.root + 12) % 12) + 12, (voicings[at] ?? [])[2] as number].map((midi) => (midi > 80 ? midi - 12 : midi)),
    ),
    grid,
    (bar) => (bar < VERSE + 4 || (bar >= BREAK && bar < BUILD_2) || bar >= OUTRO ? [[0, 3, 0.5]] : []),
  )
  playModal(out, RUBBED_GLASS, glasses, grid, random)
  // A recorded glass harmonica in A, brought to E flat, and one rubbed glass, to G or E flat. No third is held into the minor.
  for (const [bar, gain, holdSeconds] of [
    [0, 0.2, 4.6],
    [BREAK, 0.22, 1.2],
    [OUTRO, 0.18, 4.6],
  ] as const) {
    playSample(wet, samples('ambi_glass_hum'), {
      frame: grid.frameAt(bar * BAR),
      gain,
      semitones: -6,
      holdSeconds,
      fadeSeconds: 1.6,
      attackSeconds: 1,
    })
  }
  for (const [bar, pan] of [
    [2, 0.5],
    [VERSE + 4, -0.5],
    [BREAK + 4, 0.5],
    [OUTRO + 4, -0.4],
  ] as const) {
    playSample(wet, samples('ambi_glass_rub'), {
      frame: grid.frameAt(bar * BAR),
      gain: 0.12,
      semitones: bar === 2 || bar === OUTRO + 4 ? -3 : 1,
      pan,
      attackSeconds: 0.3,
    })
  }
  for (const bar of [VERSE, DROP, DROP + 4, BREAK, DROP_2, DROP_2 + 4, DROP_2 + 8, OUTRO]) {
    playSample(wet, samples('elec_chime'), { frame: grid.frameAt(bar * BAR), gain: 0.11, pan: random() - 0.5, lowpassHz: 7000 })
  }
  for (const bar of [VERSE, DROP, BREAK, DROP_2, OUTRO]) {
    playSample(out, samples('drum_splash_hard'), { frame: grid.frameAt(bar * BAR), gain: 0.2, isReversed: true, pan: 0.25, semitones: -3 })
  }
  for (const [from, to] of [
    [BUILD, DROP],
    [BUILD_2, DROP_2],
  ] as const) {
    playSweep(
      out,
      {
        startBeat: from * BAR,
        lengthBeats: (to - from) * BAR - 0.4,
        hzAt: (part) => 260 * 30 ** part,
        levelAt: (part) => 0.13 * part ** 1.7 * (part > 0.97 ? (1 - part) / 0.03 : 1),
        q: 1.5,
        width: 0.8,
      },
      grid,
      random,
    )
    playSample(out, samples('misc_cineboom'), {
      frame: grid.frameAt(to * BAR),
      gain: 0.42,
      fromSeconds: 0.5,
      holdSeconds: 2,
      fadeSeconds: 1.4,
      attackSeconds: 0.004,
      lowpassHz: 2000,
      semitones: -1,
    })
    playSweep(
      out,
      {
        startBeat: to * BAR,
        lengthBeats: 6,
        hzAt: (part) => 8000 * 0.03 ** part,
        levelAt: (part) => 0.09 * (1 - part) ** 2 * Math.min(1, part * 40),
        q: 0.8,
        width: 1,
      },
      grid,
      random,
    )
  }
  // Leaves: specks of high noise at random, thicker in the quiet parts.
  for (let beat = 0; beat < 54 * BAR; beat += 0.4 + random() * 1.3) {
    if (isDrop(beat / BAR)) continue
    const hz = 2500 + random() * 5000
    playSweep(
      out,
      {
        startBeat: beat,
        lengthBeats: 0.05 + random() * 0.08,
        hzAt: () => hz,
        levelAt: (part) => 0.05 * Math.sin(Math.PI * part) ** 2,
        q: 3,
        width: random(),
      },
      grid,
      random,
    )
  }
  filter(out, 'highpass', 45)
  addInto(out, wet, 0.7)
  return widen(addInto(out, reverb(addInto(send(out, 0.16), wet, 0.6), { seconds: 3.8, preDelayMs: 34, brightness: 0.6, size: 1.4 })), 1.1)
}
