// What can be known of sound: loudness, true peak, waveform peaks.
export { createLoudnessMeter, type LoudnessMeter } from './loudness.ts'
export { createPeakBuilder, PEAK_FRAMES, type PeakBuilder, type PeakPyramid } from './peaks.ts'
