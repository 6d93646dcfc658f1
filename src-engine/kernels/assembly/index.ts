// Everything the kernels offer to TypeScript; the other side of `../exports.ts`.
export * from './convert'
export {
  compressorCreate,
  compressorDispose,
  compressorProcess,
  compressorReduction,
  compressorReset,
  compressorSet,
  compressorTail,
} from './compressor'
export { delayCreate, delayDispose, delayProcess, delayReset, delaySet, delayTail } from './delay'
export { eqCreate, eqDispose, eqProcess, eqReset, eqSet, eqTail } from './eq'
export { fingerprintDownsample, fingerprintMono, fingerprintSpectra, fingerprintWindow } from './fingerprint'
export { filterCreate, filterDispose, filterProcess, filterReset, filterSet, filterTail } from './filter'
export {
  limiterCreate,
  limiterDispose,
  limiterLatency,
  limiterProcess,
  limiterReduction,
  limiterReset,
  limiterSet,
  limiterTail,
} from './limiter'
export { dbOfGain, gainOfDb, log10 } from './math'
export { alloc, free } from './memory'
export * from './mix'
export { reverbCreate, reverbDispose, reverbProcess, reverbReset, reverbSet, reverbTail } from './reverb'
export {
  saturationCreate,
  saturationDispose,
  saturationLatency,
  saturationProcess,
  saturationReset,
  saturationSet,
  saturationTail,
} from './saturation'
export {
  loudnessCreate,
  loudnessDispose,
  loudnessIntegrated,
  loudnessMaximum,
  loudnessPush,
  loudnessRange,
  loudnessRecent,
  loudnessSamplePeak,
  loudnessTruePeak,
} from './loudness'
export { peaksClose, peaksExtend, peaksHalve, peaksOf } from './peaks'
export { resamplerCapacity, resamplerCreate, resamplerDispose, resamplerFlush, resamplerPush, resamplerReset } from './resample'
