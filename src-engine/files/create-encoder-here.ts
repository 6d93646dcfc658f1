// Picks the encoder for a format, in the calling thread.
import { unreachable, type Result } from '../../src-shared/std/index.ts'
import { createFlacEncoder } from './encode-flac.ts'
import { createM4aEncoder } from './encode-m4a.ts'
import { createMp3Encoder } from './encode-mp3.ts'
import { createWavEncoder } from './encode-wav.ts'
import type { AudioEncoderSink, EncodeRequest } from './encoder.ts'

export const createEncoderHere = async (request: EncodeRequest): Promise<Result<AudioEncoderSink>> => {
  switch (request.format) {
    case 'wav':
      return createWavEncoder(request)
    case 'flac':
      return createFlacEncoder(request)
    case 'mp3':
      return createMp3Encoder(request)
    case 'm4a':
      return createM4aEncoder(request)
    default:
      return unreachable(request.format)
  }
}
