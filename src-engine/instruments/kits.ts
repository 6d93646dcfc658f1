// Drum kits of CC0 one-shots: for each drum a recording, its level, and where there is one a softer recording for soft strokes.
import type { KitName } from '../../src-shared/music/index.ts'
import type { Hit } from '../../src-shared/remix/index.ts'

export interface KitPiece {
  readonly sample: string
  readonly gainDb: number
  /** Played below half force. */
  readonly soft?: string
  /** -1 left … 1 right. */
  readonly place: number
}

export type Kit = Readonly<Record<Hit['drum'], KitPiece>>

const piece = (sample: string, gainDb: number, place = 0, soft?: string): KitPiece => ({
  sample,
  gainDb,
  place,
  ...(soft === undefined ? {} : { soft }),
})

export const KIT_PIECES: Readonly<Record<KitName, Kit>> = {
  acoustic: {
    kick: piece('drum_bass_hard', -7, 0, 'drum_bass_soft'),
    snare: piece('drum_snare_hard', -9, 0.05, 'drum_snare_soft'),
    hat: piece('drum_cymbal_closed', -17, 0.3),
    tom: piece('drum_tom_mid_hard', -11, -0.2, 'drum_tom_mid_soft'),
    clap: piece('perc_snap', -13, -0.1),
    perc: piece('drum_cowbell', -18, -0.35),
  },
  electronic: {
    kick: piece('bd_808', -6),
    snare: piece('elec_snare', -10),
    hat: piece('hat_bdu', -17, 0.2),
    tom: piece('elec_fuzz_tom', -12, -0.2),
    clap: piece('elec_hi_snare', -13),
    perc: piece('elec_blip', -16, -0.3),
  },
  'lo-fi': {
    kick: piece('bd_boom', -7),
    snare: piece('elec_lo_snare', -11),
    hat: piece('hat_raw', -19, 0.15),
    tom: piece('drum_tom_lo_soft', -11, -0.2),
    clap: piece('perc_snap2', -14),
    perc: piece('elec_wood', -16, -0.3),
  },
  club: {
    kick: piece('bd_haus', -5),
    snare: piece('sn_zome', -10),
    hat: piece('hat_zild', -17, 0.2),
    tom: piece('elec_hollow_kick', -12, -0.2),
    clap: piece('sn_generic', -11),
    perc: piece('elec_tick', -16, -0.3),
  },
  tabla: {
    kick: piece('tabla_ghe1', -7),
    snare: piece('tabla_na', -10, 0.1),
    hat: piece('tabla_te1', -15, 0.2),
    tom: piece('tabla_tun1', -11, -0.1),
    clap: piece('tabla_tas1', -13, 0.1),
    perc: piece('tabla_ke1', -14, -0.2),
  },
}

export const kitOf = (name: string): Kit | undefined => (Object.hasOwn(KIT_PIECES, name) ? KIT_PIECES[name as KitName] : undefined)
