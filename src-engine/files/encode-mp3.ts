// MP3 writer: LAME (WebAssembly, LGPL-2.1 code inside an MIT package) makes the frames; ID3v2.4 and a LAME info frame with exact delay and padding
// are written here, so that players that know them, and our own reader, give back the exact length.
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { createEncoder } from 'wasm-media-encoders'
import { ok, ProblemError, type Result } from '../../src-shared/std/index.ts'
import { type AudioEncoderSink, type EncodedInfo, type EncodeRequest, MIME_TYPES } from './encoder.ts'
import { buildInfoFrame, FrameLedger } from './mp3-info-frame.ts'
import { encodeProblem, PartFile } from './part-file.ts'
import { checkTags } from './tag-set.ts'
import { buildId3 } from './tags-id3.ts'

const ID3_BYTES = 16 * 1024
/** The info frame is a valid frame of silence at this size; 320 kbit/s at 48 kHz. */
const INFO_FRAME_BYTES = 960
/** LAME's own delay at 48 kHz. */
const ENCODER_DELAY = 576
const SAMPLES_PER_FRAME = 1_152

export const createMp3Encoder = async (request: EncodeRequest): Promise<Result<AudioEncoderSink>> => {
  const isVariable = request.mp3Quality === 'v0'
  const wasm = readFileSync(createRequire(import.meta.url).resolve('wasm-media-encoders/wasm/mp3'))
  const lame = await createEncoder('audio/mpeg', wasm)
  lame.configure({ sampleRate: request.sampleRate, channels: 2, ...(isVariable ? { vbrQuality: 0 } : { bitrate: 320 }) })
  let file: PartFile
  try {
    file = new PartFile(request.path)
  } catch (thrown) {
    return { ok: false, error: encodeProblem(thrown, request.path) }
  }
  file.append(new Uint8Array(ID3_BYTES + INFO_FRAME_BYTES))
  const ledger = new FrameLedger()
  let frames = 0
  const take = (bytes: Uint8Array): void => {
    ledger.add(bytes)
    file.append(bytes)
  }
  return ok({
    write(left, right, count) {
      try {
        take(lame.encode([left.subarray(0, count), right.subarray(0, count)]))
      } catch (thrown) {
        throw new ProblemError(encodeProblem(thrown, request.path))
      }
      frames += count
      return undefined
    },
    finish: async ({ tags }): Promise<Result<EncodedInfo>> => {
      const checked = checkTags(tags)
      if (!checked.ok) {
        file.remove()
        return checked
      }
      try {
        take(lame.finalize())
        const padding = ledger.frames * SAMPLES_PER_FRAME - ENCODER_DELAY - frames
        file.patch(buildId3(checked.value, ID3_BYTES), 0)
        file.patch(buildInfoFrame({ ledger, frameBytes: INFO_FRAME_BYTES, isVariable, delay: ENCODER_DELAY, padding }), ID3_BYTES)
        const bytes = file.size
        file.close()
        return ok({ format: 'mp3', mimeType: MIME_TYPES.mp3, path: request.path, bytes, frames, pcmSha256: null })
      } catch (thrown) {
        file.remove()
        return { ok: false, error: encodeProblem(thrown, request.path) }
      }
    },
    abort: async () => file.remove(),
  })
}
