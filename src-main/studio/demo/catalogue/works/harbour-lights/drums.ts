import {
  addInto,
  addReverb,
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
  type Stroke,
} from '../../synthesis/index.ts'
import type { StemContext } from '../../work.ts'
import { grid, VERSE, BUILD, CHORUS, BREAK, LIFT, CHORUS_2, OUTRO } from './score.ts'

export const KIT: Readonly<Record<string, Piece>> = {
  kick: {
    sample: 'bd_haus',
    gain: 0.62,
    looseMs: 0.4,
    looseSemitones: 0.02,
    semitones: -0.5,
    layer: { sample: 'bd_sone', gain: 0.22, holdSeconds: 0.16, fadeSeconds: 0.05 },
  },
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
    return {
      kick: bar < CHORUS - 1 ? 'x--- x--- x--- x---' : 'x--- x--- ---- ----',
      snare: rolls[bar - BUILD] as string,
      hat: 'x-o- x-o- x-o- x-o-',
      ...fills,
    }
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
    return {
      kick: bar < CHORUS_2 - 1 ? 'x--- x--- x--- x---' : 'x-x- x-x- ---- ----',
      snare: rolls[bar - LIFT] as string,
      hat: 'o-.- o-.- o-.- o-o-',
      ...(bar === CHORUS_2 - 1 ? { tomLow: '---- ---- ---- X-X-' } : {}),
    }
  }
  if (bar === OUTRO)
    return { crash: 'x--- ---- ---- ----', kick: 'X--- ---- x--- ----', hat: 'o-.- o-.- o-.- o-.-', rim: '---- o--- ---- o---' }
  return bar === OUTRO + 1 ? { kick: 'x--- ---- o--- ----', hat: '.-.- .-.- .---', rim: '---- .--- ---- ----' } : {}
}

const strokes: readonly Stroke[] = Array.from({ length: 44 }, (_, bar) => readPattern(drumBar(bar), bar * 4, 0.25)).flat()
export const kickBeats = strokes.filter((stroke) => stroke.piece === 'kick').map((stroke) => stroke.beat)

export const renderDrums = ({ samples, random }: StemContext): Stereo => {
  const dry = createStereo(grid.frames)
  playDrums(dry, KIT, strokes, samples, grid, random, { swingUnitBeats: 0.25, swingAmount: 0.545 })
  const room = reverb(filter(send(dry, 0.12), 'highpass', 250), { seconds: 0.7, preDelayMs: 6, brightness: 0.5, size: 0.55 })
  addInto(dry, room)
  return saturate(compress(dry, -9, 3, 14, 90, 2), 1.25)
}

export const PERCUSSION: Readonly<Record<string, Piece>> = {
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
    return {
      high: '--x. -x-. --x. -xx-',
      low: 'x--- ---x --x- ----',
      wood: '---x ---- ---x --x-',
      ...(bar >= CHORUS_2 ? { ride: 'x--- x--- x--- x---' } : {}),
    }
  }
  if (bar < LIFT) return bar === BREAK + 3 ? { high: '---- ---- --.o oxxX' } : {}
  if (bar < CHORUS_2) return { high: '--x- -x-- x--x --x-', low: 'x--- --x- ---- x---', snap: '---- x--- ---- x---' }
  return bar < OUTRO + 2 ? { snap: '---- o--- ---- o---' } : {}
}

export const renderPercussion = ({ samples, random }: StemContext): Stereo => {
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
