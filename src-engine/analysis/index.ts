// What can be known of sound: loudness, true peak, waveform peaks, acoustic fingerprint; and of music: onsets, tempo, beats, key, sections, drums,
// groove, tone.
export { createFingerprinter, type Fingerprinter, type FingerprinterOptions } from './fingerprint.ts'
export { createLoudnessMeter, type LoudnessMeter } from './loudness.ts'
export { createPowerSpectra, type PowerSpectra } from './fourier.ts'
export { transcribeDrums, type Transcription } from './drums.ts'
export { findGroove, type GrooveGrid } from './groove.ts'
export { isRelatedKey, isSameKey, keyName, parseKey } from './key.ts'
export { findOnsets, type Onset } from './onsets.ts'
export { profileOf } from './spectral-profile.ts'
export { extractFeatures, PROFILE_BANDS_HZ, type StemFeatures } from './stem-features.ts'
