// The tone of a sound as levels in third-octave bands, for matching one to another.
import type { SpectralProfile } from '../../src-shared/protocol/index.ts'
import { PROFILE_BANDS_HZ } from './stem-features.ts'

const FLOOR_DB = -120

/** Levels in dB to a tenth, -120 for nothing, of mean squares per band. */
export const profileOf = (bands: ArrayLike<number>): SpectralProfile => ({
  bandsHz: [...PROFILE_BANDS_HZ],
  levelsDb: Array.from(bands, (power) => (power > 1e-12 ? Math.round(100 * Math.log10(power)) / 10 : FLOOR_DB)),
})
