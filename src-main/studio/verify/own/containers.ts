// Finds the manifest store inside WAV, MP3, FLAC and MP4 files (C2PA 2.2 annexes A.3.4, A.3.6, A.5). Reads headers only; audio is never loaded.
// Two stores in one file are refused: readers would disagree on which counts.
import { open, type FileHandle } from 'node:fs/promises'

export type AudioContainer = 'wav' | 'mp3' | 'flac' | 'mp4'

export interface Span {
  readonly start: number
  readonly length: number
}

/** A top-level MP4 box. */
export interface TopBox extends Span {
  readonly type: string
  /** UUID as hex, for `uuid` boxes. */
  readonly uuid: string | null
}

export interface Located {
  readonly container: AudioContainer | 'other'
  /** Bytes of the manifest store; null where the file carries none. */
  readonly store: Uint8Array | null
  /** The stretch the hard binding may leave out: exactly our chunk, frame or box. */
  readonly chunk: Span | null
  /** Top-level boxes, for MP4. */
  readonly boxes: readonly TopBox[]
}

export class ContainerError extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'ContainerError'
  }
}

/** A bare file handle with bounds: reads past the end throw `ContainerError`. */
export interface ByteFile {
  readonly size: number
  read(start: number, length: number): Promise<Buffer>
  readonly handle: FileHandle
  close(): Promise<void>
}

/** Stores above this are refused; an export with 40 signed stems has about half a megabyte. */
export const MAX_STORE_BYTES = 32 * 1024 * 1024
const MAX_CHUNKS = 100_000
const C2PA_UUID = 'd8fec3d61b0e483c92975828877ec481'
const C2PA_MIME = 'application/c2pa'

export const openByteFile = async (path: string): Promise<ByteFile> => {
  const handle = await open(path, 'r')
  const stat = await handle.stat()
  if (!stat.isFile()) {
    await handle.close()
    throw new ContainerError('this is not a file')
  }
  const { size } = stat
  return {
    size,
    handle,
    read: async (start, length) => {
      if (start < 0 || length < 0 || start + length > size) throw new ContainerError('the file ends too early')
      const bytes = Buffer.allocUnsafe(length)
      const { bytesRead } = await handle.read(bytes, 0, length, start)
      if (bytesRead !== length) throw new ContainerError('the file ends too early')
      return bytes
    },
    close: () => handle.close(),
  }
}

const readStore = async (file: ByteFile, start: number, length: number): Promise<Buffer> => {
  if (length > MAX_STORE_BYTES) throw new ContainerError('the manifest store is larger than 32 MB')
  return file.read(start, length)
}

const locateInRiff = async (file: ByteFile, head: Buffer): Promise<Located> => {
  if (head.toString('latin1', 8, 12) !== 'WAVE') throw new ContainerError('this RIFF file is not a WAV file')
  const riffEnd = 8 + head.readUInt32LE(4)
  if (riffEnd > file.size) throw new ContainerError('the file is cut off: its header promises more than there is')
  let found: { store: Buffer; chunk: Span } | undefined
  let at = 12
  for (let chunks = 0; at + 8 <= riffEnd; chunks++) {
    if (chunks > MAX_CHUNKS) throw new ContainerError('there are too many chunks')
    const header = await file.read(at, 8)
    const length = header.readUInt32LE(4)
    if (at + 8 + length > riffEnd) throw new ContainerError('a chunk is longer than the file')
    if (header.toString('latin1', 0, 4) === 'C2PA') {
      if (found) throw new ContainerError('the file holds two manifest stores')
      found = { store: await readStore(file, at + 8, length), chunk: { start: at, length: 8 + length } }
    }
    at += 8 + length + (length & 1)
  }
  return { container: 'wav', store: found?.store ?? null, chunk: found?.chunk ?? null, boxes: [] }
}

const synchsafe = (bytes: Buffer, at: number): number => {
  const value = bytes.readUInt32BE(at)
  if (value & 0x80808080) throw new ContainerError('the ID3 tag is malformed')
  return ((value >> 24) << 21) | (((value >> 16) & 127) << 14) | (((value >> 8) & 127) << 7) | (value & 127)
}

/** Start of the object inside a GEOB frame if its MIME type is C2PA's. */
const geobObject = (frame: Buffer): number | undefined => {
  const encoding = frame[0] ?? 255
  if (encoding > 3) return undefined
  const mimeEnd = frame.indexOf(0, 1)
  if (mimeEnd < 0 || frame.toString('latin1', 1, mimeEnd) !== C2PA_MIME) return undefined
  const skipText = (from: number): number => {
    if (encoding === 0 || encoding === 3) {
      const end = frame.indexOf(0, from)
      return end < 0 ? -1 : end + 1
    }
    for (let i = from; i + 1 < frame.length; i += 2) if (frame[i] === 0 && frame[i + 1] === 0) return i + 2
    return -1
  }
  const afterName = skipText(mimeEnd + 1)
  const afterDescription = afterName < 0 ? -1 : skipText(afterName)
  return afterDescription < 0 ? undefined : afterDescription
}

const locateInId3 = async (file: ByteFile, head: Buffer): Promise<Located & { readonly audioStart: number }> => {
  const version = head[3] ?? 0
  const flags = head[5] ?? 0
  const end = 10 + synchsafe(head, 6)
  if (end > file.size) throw new ContainerError('the ID3 tag is longer than the file')
  const audioStart = end + (flags & 0x10 ? 10 : 0)
  const none = { container: 'mp3' as const, store: null, chunk: null, boxes: [], audioStart }
  if (version < 3 || version > 4) return none
  let at = 10
  if (flags & 0x40) {
    const extended = await file.read(10, 4)
    at += version === 4 ? synchsafe(extended, 0) : 4 + extended.readUInt32BE(0)
  }
  let found: { store: Buffer; chunk: Span } | undefined
  for (let frames = 0; at + 10 <= end; frames++) {
    if (frames > MAX_CHUNKS) throw new ContainerError('the ID3 tag holds too many frames')
    const header = await file.read(at, 10)
    if (header[0] === 0) break
    const length = version === 4 ? synchsafe(header, 4) : header.readUInt32BE(4)
    if (at + 10 + length > end) throw new ContainerError('an ID3 frame is longer than its tag')
    if (header.toString('latin1', 0, 4) === 'GEOB') {
      // The MIME type stands at the front: no need to load a large object that is not ours.
      const front = await file.read(at + 10, Math.min(length, 1_024))
      const object = geobObject(front)
      if (object !== undefined) {
        if (found) throw new ContainerError('the file holds two manifest stores')
        if (flags & 0x80 || (header.readUInt16BE(8) & 0x000f) !== 0) {
          throw new ContainerError('the manifest store is compressed or encoded inside the ID3 tag')
        }
        const start = at + 10 + object
        found = { store: await readStore(file, start, length - object), chunk: { start, length: length - object } }
      }
    }
    at += 10 + length
  }
  return { ...none, store: found?.store ?? null, chunk: found?.chunk ?? null }
}

const readTopBoxes = async (file: ByteFile): Promise<readonly TopBox[]> => {
  const boxes: TopBox[] = []
  let at = 0
  while (at < file.size) {
    if (boxes.length > MAX_CHUNKS) throw new ContainerError('there are too many boxes')
    const header = await file.read(at, Math.min(32, file.size - at))
    if (header.length < 8) throw new ContainerError('the file is cut off inside a box')
    let length = header.readUInt32BE(0)
    let headerLength = 8
    const type = header.toString('latin1', 4, 8)
    if (length === 1) {
      if (header.length < 16) throw new ContainerError('the file is cut off inside a box')
      const long = header.readBigUInt64BE(8)
      if (long > BigInt(file.size - at)) throw new ContainerError('a box is longer than the file')
      length = Number(long)
      headerLength = 16
    } else if (length === 0) {
      length = file.size - at
    }
    if (length < headerLength || length > file.size - at) throw new ContainerError('a box is longer than the file')
    const uuid = type === 'uuid' && length >= headerLength + 16 ? header.toString('hex', headerLength, headerLength + 16) : null
    boxes.push({ type, start: at, length, uuid })
    at += length
  }
  return boxes
}

const locateInMp4 = async (file: ByteFile): Promise<Located> => {
  const boxes = await readTopBoxes(file)
  const ours = boxes.filter((box) => box.uuid === C2PA_UUID)
  if (ours.length > 1) throw new ContainerError('the file holds two manifest stores')
  const [box] = ours
  if (!box) return { container: 'mp4', store: null, chunk: null, boxes }
  const body = await readStore(file, box.start + 24, box.length - 24)
  // Version and flags, the purpose as text, an offset of eight bytes, then the store.
  const end = body.indexOf(0, 4)
  if (end < 0 || body.toString('latin1', 4, end) !== 'manifest') throw new ContainerError('the C2PA box does not hold a manifest')
  return { container: 'mp4', store: body.subarray(end + 9), chunk: { start: box.start, length: box.length }, boxes }
}

/** Finds the manifest store of an audio file by its content, whatever its name says. Throws `ContainerError` on malformed files. */
export const locateStore = async (file: ByteFile): Promise<Located> => {
  const head = await file.read(0, Math.min(16, file.size))
  if (head.length < 12) throw new ContainerError('the file is too short to be audio')
  const magic = head.toString('latin1', 0, 4)
  if (magic === 'RIFF') return locateInRiff(file, head)
  if (magic.startsWith('ID3')) {
    const { audioStart, ...located } = await locateInId3(file, head)
    const isFlac = audioStart + 4 <= file.size && (await file.read(audioStart, 4)).toString('latin1') === 'fLaC'
    return { ...located, container: isFlac ? 'flac' : 'mp3' }
  }
  const none = { store: null, chunk: null, boxes: [] }
  if (magic === 'fLaC') return { container: 'flac', ...none }
  if (head.toString('latin1', 4, 8) === 'ftyp') return locateInMp4(file)
  if (head[0] === 0xff && ((head[1] ?? 0) & 0xe0) === 0xe0) return { container: 'mp3', ...none }
  return { container: 'other', ...none }
}
