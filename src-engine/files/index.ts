export type { AudioBlock, AudioInfo, AudioSource, Codec, Container } from './audio-source.ts'
export { closeDecodePool } from './decode-pool.ts'
export {
  type DecodedInfo,
  dropDecoded,
  type EnsureDecodedRequest,
  ensureDecoded,
  trimCache,
  type TrimCacheOptions,
} from './ensure-decoded.ts'
export { openAudio, type OpenAudio } from './open-audio.ts'
export { CACHE_SAMPLE_RATE, DECODER_VERSION } from './pcm-format.ts'
export { type FrameRange, isCacheDamage, openDecoded, type PcmSource } from './pcm-source.ts'
export { type PeakRequest, type Peaks, readPeaks } from './peaks.ts'
export { audioProblem, type AudioProblemCode } from './problems.ts'
