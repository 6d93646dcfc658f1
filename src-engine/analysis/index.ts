// What can be known of sound: loudness, true peak, waveform peaks, acoustic fingerprint; and of music: onsets, tempo, beats, key, sections, drums,
// groove, tone.
export { createFingerprinter, type Fingerprinter } from './fingerprint.ts'
export { createLoudnessMeter, type LoudnessMeter } from './loudness.ts'
export { createPowerSpectra } from './fourier.ts'
export type { Transcription } from './drums.ts'
export { findGroove } from './groove.ts'
export { isSameKey, keyName, parseKey } from './key.ts'
export { findOnsets } from './onsets.ts'
export { extractFeatures, type StemFeatures } from './stem-features.ts'
