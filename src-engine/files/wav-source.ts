// WAV reader (RIFF, WAVE_FORMAT_PCM/IEEE_FLOAT/EXTENSIBLE; also RF64's ds64 sizes). Header claims are checked against the file, never allocated.
import { type AudioInfo, type AudioSource, MAX_SAMPLE_RATE, MIN_SAMPLE_RATE } from './audio-source.ts'
import { ascii, type FileBytes, u16le, u32le, u64le } from './file-bytes.ts'
import { audioError } from './problems.ts'

const PCM = 1
const IEEE_FLOAT = 3
const EXTENSIBLE = 0xfffe
const MAX_CHUNKS = 4096
const BLOCK_FRAMES = 16_384
/** Writers that stream to a pipe leave the sizes at this. */
const UNKNOWN_SIZE = 0xffff_ffff

export interface WavLayout {
  readonly tag: typeof PCM | typeof IEEE_FLOAT
  readonly channels: 1 | 2
  readonly sampleRate: number
  readonly bitDepth: number
  readonly bytesPerSample: number
  readonly dataOffset: number
  readonly frames: number
}

/** Finds `fmt ` and `data`. Throws `audio.*` problems. */
export const readWavLayout = (bytes: FileBytes, name: string): WavLayout => {
  let position = 12
  let format: Omit<WavLayout, 'dataOffset' | 'frames'> | undefined
  let dataSize64: number | undefined
  for (let count = 0; position + 8 <= bytes.size; count++) {
    if (count === MAX_CHUNKS) throw audioError('audio.bad_header', `"${name}" has more RIFF chunks than any real file.`)
    const head = bytes.peek(position, 8)
    const id = ascii(head, 0, 4)
    const size = u32le(head, 4)
    const body = position + 8
    if (id === 'ds64') dataSize64 = u64le(bytes.peek(body, 28), 8)
    if (id === 'fmt ') format = readFormat(bytes.peek(body, Math.min(size, 40)), size, name)
    if (id === 'data') {
      if (!format) throw audioError('audio.bad_header', `"${name}" has its sound before its format.`)
      const claimed = size === UNKNOWN_SIZE && dataSize64 !== undefined ? dataSize64 : size
      const available = bytes.size - body
      // A pipe-written file has no true size: its sound ends where the file ends. Any other overlong claim is a cut file.
      if (claimed > available && claimed !== UNKNOWN_SIZE)
        throw audioError('audio.truncated', `"${name}" is cut short: it promises ${claimed} bytes of sound and holds ${available}.`, {
          claimed,
          available,
        })
      const frames = Math.floor(Math.min(claimed, available) / (format.channels * format.bytesPerSample))
      return { ...format, dataOffset: body, frames }
    }
    if (size > bytes.size - body)
      throw audioError('audio.bad_header', `"${name}" has a chunk "${printable(id)}" that claims to be larger than the file.`)
    position = body + size + (size & 1)
  }
  throw audioError(format ? 'audio.truncated' : 'audio.bad_header', `"${name}" has no ${format ? 'sound' : 'format'} chunk.`)
}

const printable = (id: string): string => id.replace(/[^\x20-\x7e]/g, '?')

const readFormat = (fmt: Uint8Array, size: number, name: string): Omit<WavLayout, 'dataOffset' | 'frames'> => {
  if (size < 16 || fmt.length < 16) throw audioError('audio.bad_header', `"${name}" has a format chunk that is too short.`)
  const outerTag = u16le(fmt, 0)
  const tag = outerTag === EXTENSIBLE && fmt.length >= 40 ? u16le(fmt, 24) : outerTag
  const channels = u16le(fmt, 2)
  const sampleRate = u32le(fmt, 4)
  const blockAlign = u16le(fmt, 12)
  const bitDepth = u16le(fmt, 14)
  if (tag !== PCM && tag !== IEEE_FLOAT)
    throw audioError('audio.unsupported_codec', `"${name}" holds WAV codec 0x${tag.toString(16)}, which is not plain PCM.`, { tag })
  if (channels === 0) throw audioError('audio.bad_header', `"${name}" claims to have no channels.`)
  if (channels > 2) throw audioError('audio.too_many_channels', `"${name}" has ${channels} channels.`, { channels })
  if (sampleRate < MIN_SAMPLE_RATE || sampleRate > MAX_SAMPLE_RATE)
    throw audioError('audio.bad_header', `"${name}" claims a sample rate of ${sampleRate} Hz.`, { sampleRate })
  const bytesPerSample = blockAlign / channels
  const isSupported =
    tag === PCM
      ? [1, 2, 3, 4].includes(bytesPerSample) && bitDepth > 0 && bitDepth <= bytesPerSample * 8
      : bytesPerSample * 8 === bitDepth && (bitDepth === 32 || bitDepth === 64)
  if (!isSupported)
    throw audioError(
      'audio.unsupported_codec',
      `"${name}" holds ${bitDepth}-bit samples in ${blockAlign}-byte frames, which no reader here knows.`,
      { bitDepth, blockAlign },
    )
  return { tag, channels: channels === 1 ? 1 : 2, sampleRate, bitDepth, bytesPerSample }
}

export const openWav = (bytes: FileBytes, name: string): AudioSource => {
  const layout = readWavLayout(bytes, name)
  const info: AudioInfo = {
    container: 'wav',
    codec: 'pcm',
    sampleRate: layout.sampleRate,
    channels: layout.channels,
    bitDepth: layout.tag === PCM ? layout.bitDepth : null,
    isLossless: true,
    lengthFrames: layout.frames,
  }
  return {
    info,
    ...(layout.tag === PCM && layout.bytesPerSample === 2 ? { s16Offset: layout.dataOffset } : {}),
    async *blocks() {
      const { channels, bytesPerSample, tag, frames } = layout
      const frameBytes = channels * bytesPerSample
      const raw = new Uint8Array(BLOCK_FRAMES * frameBytes)
      const planes = Array.from({ length: channels }, () => new Float32Array(BLOCK_FRAMES))
      for (let done = 0; done < frames; ) {
        const count = Math.min(BLOCK_FRAMES, frames - done)
        const part = raw.subarray(0, count * frameBytes)
        if (bytes.readInto(part, layout.dataOffset + done * frameBytes) < part.length)
          throw audioError('audio.truncated', `"${name}" became shorter while it was read.`)
        convertInterleaved(part, count, channels, bytesPerSample, tag === IEEE_FLOAT, planes)
        done += count
        yield { frames: count, channels: planes }
      }
    },
  }
}

/** Little-endian interleaved samples to planar float: integers by 2^(bits-1), as every other decoder here does. */
export const convertInterleaved = (
  raw: Uint8Array,
  frames: number,
  channels: number,
  bytesPerSample: number,
  isFloat: boolean,
  planes: readonly Float32Array[],
): void => {
  const view = new DataView(raw.buffer, raw.byteOffset, raw.byteLength)
  for (let channel = 0; channel < channels; channel++) {
    const out = planes[channel] as Float32Array
    if (isFloat) {
      if (bytesPerSample === 4) for (let i = 0; i < frames; i++) out[i] = finite(view.getFloat32((i * channels + channel) * 4, true))
      else for (let i = 0; i < frames; i++) out[i] = finite(view.getFloat64((i * channels + channel) * 8, true))
    } else if (bytesPerSample === 2) {
      const samples = new Int16Array(raw.buffer, raw.byteOffset, frames * channels)
      for (let i = 0; i < frames; i++) out[i] = (samples[i * channels + channel] as number) / 32768
    } else if (bytesPerSample === 3) {
      for (let i = 0, at = channel * 3; i < frames; i++, at += channels * 3)
        out[i] = (((raw[at] as number) << 8) | ((raw[at + 1] as number) << 16) | ((raw[at + 2] as number) << 24)) / 2147483648
    } else if (bytesPerSample === 4)
      for (let i = 0; i < frames; i++) out[i] = view.getInt32((i * channels + channel) * 4, true) / 2147483648
    else for (let i = 0; i < frames; i++) out[i] = ((raw[i * channels + channel] as number) - 128) / 128
  }
}

/** A NaN in one stem would silence a whole mix, so damage becomes silence here. */
const finite = (sample: number): number => (Number.isFinite(sample) ? sample : 0)
