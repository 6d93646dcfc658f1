// What can be known of sound: loudness, true peak, waveform peaks, acoustic fingerprint.
export { createFingerprinter, type Fingerprinter, type FingerprinterOptions } from './fingerprint.ts'
export { createLoudnessMeter, type LoudnessMeter } from './loudness.ts'
export { createPeakBuilder, PEAK_FRAMES, type PeakBuilder, type PeakPyramid } from './peaks.ts'
export { createPowerSpectra, type PowerSpectra } from './fourier.ts'
