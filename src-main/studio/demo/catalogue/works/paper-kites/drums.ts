import {
  addInto,
  compress,
  createStereo,
  filter,
  type Piece,
  playDrums,
  playShaker,
  readPattern,
  reverb,
  saturate,
  send,
  type Stereo,
} from '../../synthesis/index.ts'
import type { StemContext } from '../../work.ts'
import { BAR, grid, VERSE, BUILD, CHORUS, BREAK, CHORUS_2, OUTRO } from './score.ts'

// The right-hand drum rings a little above D sharp: brought down to the tonic.
const TABLA_TO_D = -1.2

export const KIT: Readonly<Record<string, Piece>> = {
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
    if (at === 3 || at === 7)
      return {
        ghe: 'X--- ---- ------',
        na: '--x- x-x- ------',
        te: '-.-. -.-. ------',
        tun: '---- ---- X-----',
        ke: '---- ---- --.xx-',
        deep: '---- ---- -----x',
      }
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
    return {
      kick: 'x--- ---- ------',
      deep: 'X--- ---- ------',
      ghe: '---- x--- x--x--',
      na: '--x- x-x- --x-x-',
      te: '-o-o -o-o -o-o-o',
      brush: at === 2 ? '---- ---- ---o-o' : '---- ---- ------',
    }
  }
  const chorus = (at: number, last: number): Readonly<Record<string, string>> =>
    at === last
      ? {
          kick: 'X--- ---- X-----',
          brush: '---- X--- ------',
          na: '--x- x-x- xoxXxX',
          ghe: 'X--- ---x x-x-X-',
          hat: 'x-o- x-o- x-----',
          swell: '---- ---- ------',
        }
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
  if (bar < CHORUS_2)
    return bar === BREAK
      ? { deep: 'x--- ---- ------', swell: 'o--- ---- ------' }
      : bar === CHORUS_2 - 1
        ? { na: '---- ---- o-oxxX', ghe: '---- x--- x-x-xX' }
        : {}
  if (bar < OUTRO) return chorus(bar - CHORUS_2, 5)
  if (bar === OUTRO) return { deep: 'x--- ---- ------', na: '--o- o-o- --o-o-', te: '-.-. -.-. -.-.-.' }
  return bar === OUTRO + 1 ? { deep: 'o--- ---- ------', na: '--.- .--- ------' } : {}
}

export const renderDrums = ({ samples, random }: StemContext): Stereo => {
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
