import {
  addInto,
  compress,
  createStereo,
  filter,
  type Piece,
  playDrums,
  readPattern,
  reverb,
  saturate,
  send,
  type Stereo,
  type Stroke,
} from '../../synthesis/index.ts'
import type { StemContext } from '../../work.ts'
import { BAR, grid, VERSE, BUILD, DROP, BREAK, BUILD_2, DROP_2, OUTRO, isDrop, isBuild } from './score.ts'

export const KIT: Readonly<Record<string, Piece>> = {
  kick: {
    sample: 'bd_tek',
    gain: 0.62,
    looseMs: 0.4,
    looseSemitones: 0.02,
    layer: { sample: 'bd_boom', gain: 0.2, semitones: 5, holdSeconds: 0.22, fadeSeconds: 0.12 },
  },
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
    if (at === 7)
      return { kick: 'X----- x-----', snare: '------ X-----', ghost: '---.-- --o-xx', tapHigh: '--.--o ------', hat: 'x-o-o- x-----' }
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
    return {
      kick: at < 3 ? 'x--x-- x--x--' : 'x--x-- ------',
      snare: rolls[at] as string,
      hat: 'o-o-o- o-o-o-',
      ...(at === 3 ? { tomHigh: '------ --X---', tomLow: '------ ----X-' } : {}),
    }
  }
  if (isDrop(bar)) {
    const at = bar < BREAK ? bar - DROP : bar - DROP_2
    const end = bar === BREAK - 1 || bar === OUTRO - 1
    if (end)
      return {
        kick: 'X-----  X-----',
        snare: '------ --xxXX',
        tomHigh: '---X-x ------',
        tomLow: '------ X-----',
        hat: 'x-x-x- ------',
        open: '---x-- ------',
      }
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
    return bar >= BREAK + 4
      ? { tapHigh: '--.--o --.-o-', tapLow: '------ o---.-', ...(bar === BUILD_2 - 1 ? { hat: '------ o-oxxx' } : {}) }
      : {}
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
export const dropKicks = kickBeats.filter((beat) => isDrop((beat + 0.01) / BAR))

export const renderDrums = ({ samples, random }: StemContext): Stereo => {
  const dry = createStereo(grid.frames)
  playDrums(dry, KIT, [...strokes, ...rolls], samples, grid, random, { swingUnitBeats: 0.25, swingAmount: 0.53 })
  const room = reverb(filter(send(dry, 0.16), 'highpass', 220), { seconds: 1.3, preDelayMs: 8, brightness: 0.5, size: 0.8 })
  return saturate(compress(addInto(dry, room), -9, 3, 10, 100, 2), 1.7)
}
