import { addInto, createStereo, filter, playSample, playSweep, playSynth, reverb, send, type Stereo } from '../../synthesis/index.ts'
import type { StemContext } from '../../work.ts'
import { PAD } from './keys.ts'
import { grid, VERSE, BUILD, CHORUS, BREAK, LIFT, CHORUS_2, OUTRO } from './score.ts'

export const renderEffects = ({ samples, random }: StemContext): Stereo => {
  const out = createStereo(grid.frames)
  const wet = createStereo(grid.frames)
  // Waves: slow swells of pink noise, never quite the same length.
  const waves = (fromBeat: number, toBeat: number): void => {
    for (let beat = fromBeat; beat < toBeat; ) {
      const lengthBeats = 7 + random() * 3
      playSweep(
        out,
        {
          startBeat: beat,
          lengthBeats,
          hzAt: (part) => 350 + 500 * Math.sin(Math.PI * part) ** 2,
          levelAt: (part) => 0.09 * Math.sin(Math.PI * part) ** 2,
          q: 0.6,
          width: 0.9,
          isPink: true,
        },
        grid,
        random,
      )
      beat += lengthBeats * 0.62
    }
  }
  waves(0, VERSE * 4 + 4)
  waves(BREAK * 4, LIFT * 4 - 6)
  waves(OUTRO * 4, 44 * 4 - 6)
  // A buoy bell on the fifth of the key, far away.
  for (const [beat, gain] of [
    [2, 0.2],
    [9.5, 0.13],
    [BREAK * 4 + 3, 0.16],
    [BREAK * 4 + 11.5, 0.1],
    [OUTRO * 4 + 6, 0.14],
    [OUTRO * 4 + 12, 0.08],
  ] as const) {
    playSample(wet, samples('perc_bell'), { frame: grid.frameAt(beat), gain, semitones: -17.49, pan: random() - 0.5, lowpassHz: 3200 })
  }
  const risers = [
    [BUILD, CHORUS],
    [LIFT, CHORUS_2],
  ] as const
  for (const [from, to] of risers) {
    const lengthBeats = (to - from) * 4 - 0.5
    playSweep(
      out,
      {
        startBeat: from * 4,
        lengthBeats,
        hzAt: (part) => 300 * 26 ** part,
        levelAt: (part) => 0.13 * part ** 1.8 * (part > 0.97 ? (1 - part) / 0.03 : 1),
        q: 1.4,
        width: 0.8,
      },
      grid,
      random,
    )
    playSynth(
      out,
      {
        ...PAD,
        wave: 'triangle',
        unison: 3,
        sweepOctaves: 0,
        cutoffHz: 3000,
        cutoffAt: () => 1,
        vibratoCents: 30,
        vibratoHz: 7,
        glideSeconds: 6,
      },
      [
        { startBeat: from * 4, lengthBeats: 0.02, midi: 57, velocity: 0.01 },
        { startBeat: from * 4 + 0.03, lengthBeats: lengthBeats - 0.3, midi: 81, velocity: 0.16 },
      ],
      grid,
      random,
    )
  }
  for (const bar of [VERSE, CHORUS, BREAK, CHORUS_2, OUTRO]) {
    playSample(out, samples('drum_splash_hard'), { frame: grid.frameAt(bar * 4), gain: 0.22, isReversed: true, pan: 0.2, semitones: -2 })
  }
  for (const bar of [CHORUS, CHORUS_2]) {
    playSample(out, samples('misc_cineboom'), {
      frame: grid.frameAt(bar * 4),
      gain: 0.42,
      fromSeconds: 0.5,
      holdSeconds: 2.2,
      fadeSeconds: 1.5,
      attackSeconds: 0.004,
      lowpassHz: 2200,
    })
    playSweep(
      out,
      {
        startBeat: bar * 4,
        lengthBeats: 8,
        hzAt: (part) => 7000 * 0.04 ** part,
        levelAt: (part) => 0.1 * (1 - part) ** 2 * Math.min(1, part * 40),
        q: 0.8,
        width: 1,
      },
      grid,
      random,
    )
  }
  playSample(wet, samples('ambi_dark_woosh'), { frame: grid.frameAt(BREAK * 4), gain: 0.24, lowpassHz: 3000 })
  filter(out, 'highpass', 45)
  addInto(out, wet, 0.6)
  return addInto(out, reverb(addInto(send(out, 0.12), wet, 0.7), { seconds: 3.4, preDelayMs: 30, brightness: 0.55, size: 1.35 }))
}
