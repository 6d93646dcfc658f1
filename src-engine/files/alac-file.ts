// Wraps some ALAC packets as a small MP4 of its own (index first), since the decoder takes whole files only.
import { assert } from '../../src-shared/std/index.ts'

export interface AlacChunk {
  /** Body of the `alac` box: version, flags and the 24-byte magic cookie. */
  readonly cookie: Uint8Array
  readonly sampleRate: number
  readonly channels: number
  readonly framesPerPacket: number
  readonly frames: number
  readonly sizes: Uint32Array
  readonly payload: Uint8Array
}

const u32 = (value: number): number[] => [(value >>> 24) & 255, (value >>> 16) & 255, (value >>> 8) & 255, value & 255]
const u16 = (value: number): number[] => [(value >>> 8) & 255, value & 255]
const zeros = (count: number): number[] => new Array<number>(count).fill(0)
const box = (type: string, ...parts: readonly (readonly number[])[]): number[] => {
  const body = parts.flat()
  return [...u32(body.length + 8), ...[...type].map((c) => c.charCodeAt(0)), ...body]
}
const MATRIX = [...u32(0x10000), ...zeros(12), ...u32(0x10000), ...zeros(12), ...u32(0x4000_0000)]

/** Bytes of the file; its decoded sound has `frames` frames. */
export const alacChunkFile = ({ cookie, sampleRate, channels, framesPerPacket, frames, sizes, payload }: AlacChunk): ArrayBuffer => {
  assert(sizes.length < 65_536, 'a chunk holds few packets')
  const last = frames - (sizes.length - 1) * framesPerPacket
  const stts =
    sizes.length > 1
      ? [...u32(2), ...u32(sizes.length - 1), ...u32(framesPerPacket), ...u32(1), ...u32(last)]
      : [...u32(1), ...u32(1), ...u32(last)]
  const entry = box(
    'alac',
    zeros(6),
    u16(1),
    zeros(8),
    u16(channels),
    u16(16),
    zeros(4),
    u16(Math.min(sampleRate, 65_535)),
    zeros(2),
    box('alac', [...cookie]),
  )
  const ftyp = box('ftyp', [0x4d, 0x34, 0x41, 0x20], u32(0), [0x4d, 0x34, 0x41, 0x20])
  const build = (dataOffset: number): number[] =>
    box(
      'moov',
      box('mvhd', zeros(12), u32(sampleRate), u32(frames), u32(0x10000), [1, 0], zeros(10), MATRIX, zeros(24), u32(2)),
      box(
        'trak',
        box('tkhd', [0, 0, 0, 7], zeros(8), u32(1), zeros(4), u32(frames), zeros(12), [1, 0], zeros(2), MATRIX, zeros(8)),
        box(
          'mdia',
          box('mdhd', zeros(12), u32(sampleRate), u32(frames), zeros(4)),
          box('hdlr', zeros(8), [0x73, 0x6f, 0x75, 0x6e], zeros(13)),
          box(
            'minf',
            box('smhd', zeros(8)),
            box('dinf', box('dref', zeros(4), u32(1), box('url ', [0, 0, 0, 1]))),
            box(
              'stbl',
              box('stsd', zeros(4), u32(1), entry),
              box('stts', zeros(4), stts),
              box('stsc', zeros(4), u32(1), u32(1), u32(sizes.length), u32(1)),
              box('stsz', zeros(8), u32(sizes.length), [...sizes].flatMap(u32)),
              box('stco', zeros(4), u32(1), u32(dataOffset)),
            ),
          ),
        ),
      ),
    )
  const head = [...ftyp, ...build(ftyp.length + build(0).length + 8), ...u32(payload.length + 8), 0x6d, 0x64, 0x61, 0x74]
  const file = new Uint8Array(head.length + payload.length)
  file.set(head)
  file.set(payload, head.length)
  return file.buffer
}
