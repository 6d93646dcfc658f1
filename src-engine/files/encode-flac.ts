// FLAC writer: libFLAC makes the frames; STREAMINFO with its MD5, the tags and the padding around them are written here (RFC 9639 section 8).
import { createHash } from 'node:crypto'
import { assert, ok, ProblemError, type Result } from '../../src-shared/std/index.ts'
import { type AudioEncoderSink, type EncodedInfo, type EncodeRequest, MIME_TYPES } from './encoder.ts'
import { loadLibFlac } from './libflac.ts'
import { encodeProblem, PartFile } from './part-file.ts'
import { PcmHasher, Quantiser } from './quantise.ts'
import { checkTags } from './tag-set.ts'
import { buildVorbisComment } from './tags-vorbis.ts'

const COMPRESSION = 5
const BLOCK_FRAMES = 4_096
/** fLaC, STREAMINFO, comments and padding together: the frames start here. */
const HEAD_BYTES = 32 * 1024
const STREAM_INFO_BYTES = 34

export const createFlacEncoder = async (request: EncodeRequest): Promise<Result<AudioEncoderSink>> => {
  const bitDepth = request.bitDepth === 16 ? 16 : 24
  const flac = await loadLibFlac()
  let file: PartFile
  try {
    file = new PartFile(request.path)
  } catch (thrown) {
    return { ok: false, error: encodeProblem(thrown, request.path) }
  }
  file.append(new Uint8Array(HEAD_BYTES))
  const quantiser = new Quantiser(bitDepth, request.isDithered ?? true)
  const hasher = new PcmHasher()
  // STREAMINFO's MD5 is over the packed little-endian interleaved samples.
  const md5 = createHash('md5')
  let samples = new Int32Array(0)
  let frames = 0
  let smallest = 0xff_ffff
  let largest = 0
  let thrown: unknown
  const encoder = flac.create_libflac_encoder(request.sampleRate, 2, bitDepth, COMPRESSION, 0, false, BLOCK_FRAMES)
  assert(encoder !== 0, 'libFLAC makes an encoder')
  let isOpen = true
  const release = (): void => {
    if (isOpen) flac.FLAC__stream_encoder_delete(encoder)
    isOpen = false
  }
  const status = flac.init_encoder_stream(
    encoder,
    (bytes, size, count) => {
      // Its own header blocks come with no samples; ours replace them.
      if (count === 0) return
      smallest = Math.min(smallest, size)
      largest = Math.max(largest, size)
      try {
        file.append(bytes.subarray(0, size))
      } catch (error) {
        // Exceptions must not cross the WebAssembly frames below.
        thrown ??= error
      }
    },
    undefined,
  )
  assert(status === 0, 'libFLAC opens its stream')
  const check = (): void => {
    if (thrown !== undefined) throw new ProblemError(encodeProblem(thrown, request.path))
  }
  return ok({
    write(left, right, count) {
      quantiser.write(left, right, count, (packed, wide, packedFrames) => {
        md5.update(packed)
        hasher.updateWide(wide)
        if (samples.length < wide.length) samples = new Int32Array(wide.length)
        for (let i = 0; i < wide.length; i++) samples[i] = (wide[i] as number) >> (32 - bitDepth)
        flac.FLAC__stream_encoder_process_interleaved(encoder, samples, packedFrames)
      })
      frames += count
      check()
      return undefined
    },
    finish: async ({ tags }): Promise<Result<EncodedInfo>> => {
      const checked = checkTags(tags)
      if (!checked.ok) {
        release()
        file.remove()
        return checked
      }
      try {
        flac.FLAC__stream_encoder_finish(encoder)
        release()
        check()
        const comment = buildVorbisComment(checked.value)
        const padding = HEAD_BYTES - 4 - 4 - STREAM_INFO_BYTES - 4 - comment.length - 4
        if (padding < 0) throw new RangeError('the tags do not fit the space reserved for them')
        const head = Buffer.alloc(HEAD_BYTES)
        head.write('fLaC', 0, 'latin1')
        head.writeUInt32BE(STREAM_INFO_BYTES, 4)
        head.writeUInt16BE(BLOCK_FRAMES, 8)
        head.writeUInt16BE(BLOCK_FRAMES, 10)
        head.writeUIntBE(frames === 0 ? 0 : smallest, 12, 3)
        head.writeUIntBE(largest, 15, 3)
        const packed = (BigInt(request.sampleRate) << 44n) | (1n << 41n) | (BigInt(bitDepth - 1) << 36n) | BigInt(frames)
        head.writeBigUInt64BE(packed, 18)
        md5.digest().copy(head, 26)
        const commentAt = 8 + STREAM_INFO_BYTES
        head.writeUInt32BE((4 << 24) | comment.length, commentAt)
        comment.copy(head, commentAt + 4)
        head.writeUInt32BE(0x8100_0000 + padding, commentAt + 4 + comment.length)
        file.patch(head, 0)
        const bytes = file.size
        file.close()
        return ok({ format: 'flac', mimeType: MIME_TYPES.flac, path: request.path, bytes, frames, pcmSha256: hasher.digest() })
      } catch (error) {
        release()
        file.remove()
        return { ok: false, error: encodeProblem(error, request.path) }
      }
    },
    abort: async () => {
      release()
      file.remove()
    },
  })
}
