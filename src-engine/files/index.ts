// Audio files: decoding into the cache and reading it, waveform peaks, encoders, tags.
export type { AudioBlock, AudioInfo, AudioSource, Codec, Container } from './audio-source.ts'
export { type Batch, BatchSender, type WriteBatch } from './batch-sender.ts'
export { availableFormats, createEncoder, type FormatAvailability, refuseFile } from './create-encoder.ts'
export { closeDecodePool } from './decode-pool.ts'
export { createWavEncoder } from './encode-wav.ts'
export type { AudioEncoderSink, EncodedInfo, EncodeRequest, EncodeSettings, ExportFormat, FinishOptions } from './encoder.ts'
export {
  type DecodedInfo,
  describeDecoded,
  dropDecoded,
  type EnsureDecodedRequest,
  ensureDecoded,
} from './ensure-decoded.ts'
export { fingerprintFile } from './fingerprint-file.ts'
export { type FrozenNote, frozenDir, givenDir, readFrozenNote, trimFrozenNotes, writeFrozenNote } from './frozen-place.ts'
export { hashFilePcm } from './hash-pcm.ts'
export { hashSound } from './hash-sound.ts'
export { type OpenAudio, openAudio } from './open-audio.ts'
export { CACHE_SAMPLE_RATE, DECODER_VERSION, featuresPath, findingsPath, pcmPath, readPcmHeader } from './pcm-format.ts'
export { type FrameRange, isCacheDamage, openDecoded, type PcmSource } from './pcm-source.ts'
export { DUST, PcmWriter, type PcmWriterOptions } from './pcm-writer.ts'
export { type PeakRequest, type Peaks, readPeaks } from './peaks.ts'
export { type AudioProblemCode, audioProblem } from './problems.ts'
export { readTags } from './read-tags.ts'
export { type AudioFacts, probeAudio } from './probe-audio.ts'
export { INFO_LIST, infoText } from './riff-text.ts'
export { checkTags, type LoudnessSummary, type TagSet } from './tag-set.ts'
export { type TrimCacheOptions, trimCache } from './trim-cache.ts'
