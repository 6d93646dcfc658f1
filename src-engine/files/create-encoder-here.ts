// Picks the encoder for a format, in the calling thread. Each is loaded when wanted: two of them bring a WebAssembly codec along.
import { type Result, unreachable } from '../../src-shared/std/index.ts'
import type { AudioEncoderSink, EncodeRequest } from './encoder.ts'

export const createEncoderHere = async (request: EncodeRequest): Promise<Result<AudioEncoderSink>> => {
  switch (request.format) {
    case 'wav':
      return (await import('./encode-wav.ts')).createWavEncoder(request)
    case 'flac':
      return (await import('./encode-flac.ts')).createFlacEncoder(request)
    case 'mp3':
      return (await import('./encode-mp3.ts')).createMp3Encoder(request)
    case 'm4a':
      return (await import('./encode-m4a.ts')).createM4aEncoder(request)
    default:
      return unreachable(request.format)
  }
}
