// WAV writer: bext and iXML stand before the sound, as broadcast tools want them, in space kept for them; INFO and ID3 follow the sound.
import { ok, type Problem, ProblemError, type Result } from '../../src-shared/std/index.ts'
import type { Kernels } from '../kernels/index.ts'
import { type AudioEncoderSink, type EncodedInfo, type EncodeRequest, MIME_TYPES } from './encoder.ts'
import { encodeProblem, PartFile } from './part-file.ts'
import { PcmHasher, Quantiser } from './quantise.ts'
import { checkTags } from './tag-set.ts'
import { buildId3 } from './tags-id3.ts'
import { BEXT_SPACE, buildBext, buildInfoList, buildIxml, IXML_SPACE, riffChunk } from './tags-riff.ts'

/** RIFF sizes are 32-bit; room for the tags behind the sound and for the manifest that signing adds. */
const MAX_DATA_BYTES = 2 ** 32 - 1 - 64 * 1024 * 1024

const tooLong = (): Problem => ({
  code: 'encode.too_long',
  message: 'The export is longer than a WAV file can hold (4 GB). Export a shorter range, fewer bits, or FLAC.',
})

const frameBytesOf = (request: EncodeRequest): number => ((request.bitDepth ?? 24) / 8) * 2

/** The problem with an export that is known to be too long, if it is. */
export const refuseLongWav = (request: EncodeRequest): Problem | undefined =>
  (request.expectedFrames ?? 0) * frameBytesOf(request) > MAX_DATA_BYTES ? tooLong() : undefined

/** A WAV file, written in the calling thread; `kernels` are those it has loaded already. */
export const createWavEncoder = (request: EncodeRequest, kernels?: Kernels): Result<AudioEncoderSink> => {
  const bitDepth = request.bitDepth ?? 24
  const frameBytes = frameBytesOf(request)
  const refused = refuseLongWav(request)
  if (refused) return { ok: false, error: refused }
  let file: PartFile
  try {
    file = new PartFile(request.path)
  } catch (thrown) {
    return { ok: false, error: encodeProblem(thrown, request.path) }
  }
  const isFloat = bitDepth === 32
  const quantiser = isFloat ? undefined : new Quantiser(bitDepth === 16 ? 16 : 24, request.isDithered ?? true, kernels)
  const hasher = isFloat ? undefined : new PcmHasher()
  let interleaved = new Float32Array(0)
  let frames = 0
  const fmt = Buffer.alloc(isFloat ? 18 : 16)
  fmt.writeUInt16LE(isFloat ? 3 : 1, 0)
  fmt.writeUInt16LE(2, 2)
  fmt.writeUInt32LE(request.sampleRate, 4)
  fmt.writeUInt32LE(request.sampleRate * frameBytes, 8)
  fmt.writeUInt16LE(frameBytes, 12)
  fmt.writeUInt16LE(bitDepth, 14)
  const fmtChunk = riffChunk('fmt ', fmt)
  const bextAt = 12 + fmtChunk.length
  const factBytes = isFloat ? 12 : 0
  const dataAt = bextAt + BEXT_SPACE + IXML_SPACE + factBytes
  file.append(new Uint8Array(dataAt + 8))
  return ok({
    write(left, right, count) {
      if ((frames + count) * frameBytes > MAX_DATA_BYTES) throw new ProblemError(tooLong())
      try {
        if (quantiser)
          quantiser.write(left, right, count, (packed, wide) => {
            file.append(packed)
            hasher?.updateWide(wide)
          })
        else {
          if (interleaved.length < count * 2) interleaved = new Float32Array(count * 2)
          for (let i = 0; i < count; i++) {
            interleaved[i * 2] = left[i] as number
            interleaved[i * 2 + 1] = right[i] as number
          }
          file.append(new Uint8Array(interleaved.buffer, 0, count * 8))
        }
      } catch (thrown) {
        throw new ProblemError(encodeProblem(thrown, request.path))
      }
      frames += count
      return undefined
    },
    finish: async ({ tags: given, loudness }): Promise<Result<EncodedInfo>> => {
      const checked = checkTags(given)
      if (!checked.ok) {
        file.remove()
        return checked
      }
      const tags = checked.value
      try {
        const dataBytes = frames * frameBytes
        if (dataBytes & 1) file.append(new Uint8Array(1))
        file.append(buildInfoList(tags))
        file.append(riffChunk('id3 ', buildId3(tags)))
        const head = Buffer.alloc(dataAt + 8)
        head.write('RIFF', 0, 'latin1')
        head.writeUInt32LE(file.size - 8, 4)
        head.write('WAVE', 8, 'latin1')
        fmtChunk.copy(head, 12)
        buildBext(tags, { sampleRate: request.sampleRate, bitDepth, loudness }).copy(head, bextAt)
        buildIxml(tags).copy(head, bextAt + BEXT_SPACE)
        if (isFloat) {
          const fact = Buffer.alloc(4)
          fact.writeUInt32LE(frames)
          riffChunk('fact', fact).copy(head, dataAt - factBytes)
        }
        head.write('data', dataAt, 'latin1')
        head.writeUInt32LE(dataBytes, dataAt + 4)
        file.patch(head, 0)
        const bytes = file.size
        file.close()
        return ok({ format: 'wav', mimeType: MIME_TYPES.wav, path: request.path, bytes, frames, pcmSha256: hasher?.digest() ?? null })
      } catch (thrown) {
        file.remove()
        return { ok: false, error: encodeProblem(thrown, request.path) }
      }
    },
    abort: async () => file.remove(),
  })
}
