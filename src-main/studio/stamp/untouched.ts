// Signing must add credentials and nothing else. Compares a file before and after: sound and tags have to be the same bytes.
// Offsets that move (MP4 sample tables, RIFF and ID3 sizes) are the only thing a signer may rewrite.
import { createHash, type Hash } from 'node:crypto'
import { ContainerError, locateStore, openByteFile, type ByteFile, type Located } from '../verify/own/index.ts'

const BLOCK = 1024 * 1024

/** One buffer for the whole span: a fresh one per block would pile up until the next garbage collection. */
const hashSpan = async (file: ByteFile, hash: Hash, start: number, end: number): Promise<void> => {
  const buffer = Buffer.allocUnsafe(Math.min(BLOCK, Math.max(end - start, 1)))
  for (let at = start; at < end; ) {
    const { bytesRead } = await file.handle.read(buffer, 0, Math.min(buffer.length, end - at), at)
    if (bytesRead <= 0) throw new ContainerError('the file ends too early')
    hash.update(buffer.subarray(0, bytesRead))
    at += bytesRead
  }
}

const digestRiff = async (file: ByteFile, located: Located, hash: Hash): Promise<void> => {
  const end = 8 + (await file.read(4, 4)).readUInt32LE(0)
  let at = 12
  while (at + 8 <= end) {
    const length = (await file.read(at, 8)).readUInt32LE(4)
    const next = Math.min(at + 8 + length + (length & 1), file.size)
    if (at !== located.chunk?.start) await hashSpan(file, hash, at, Math.min(at + 8 + length, file.size))
    at = next
  }
}

/** End of the ID3v2 tag at the start, or 0. */
const id3End = async (file: ByteFile): Promise<number> => {
  const head = await file.read(0, 10)
  if (head.toString('latin1', 0, 3) !== 'ID3') return 0
  const size = [6, 7, 8, 9].reduce((sum, at) => sum * 128 + (head.readUInt8(at) & 127), 0)
  return 10 + size + ((head.readUInt8(5) & 0x10) !== 0 ? 10 : 0)
}

const decodeText = (body: Buffer): string => {
  const [encoding] = body
  const text = body.subarray(1)
  if (encoding === 1 || encoding === 2) {
    const isBigEndian = encoding === 2 || (text[0] === 0xfe && text[1] === 0xff)
    return new TextDecoder(isBigEndian ? 'utf-16be' : 'utf-16le').decode(text)
  }
  return new TextDecoder(encoding === 3 ? 'utf-8' : 'latin1').decode(text)
}

/** Frames of an ID3v2.3 or 2.4 tag but our own, as sorted text: the signer may write them in another order, version or encoding. */
const readFrames = async (file: ByteFile): Promise<readonly string[]> => {
  const end = await id3End(file)
  if (end === 0) return []
  const tag = await file.read(0, end)
  const isVersion4 = tag[3] === 4
  const frames: string[] = []
  let at = 10
  while (at + 10 <= end && tag[at] !== 0) {
    const id = tag.toString('latin1', at, at + 4)
    const size = isVersion4 ? [4, 5, 6, 7].reduce((sum, i) => sum * 128 + (tag.readUInt8(at + i) & 127), 0) : tag.readUInt32BE(at + 4)
    const body = tag.subarray(at + 10, at + 10 + size)
    const isOurs = id === 'GEOB' && body.includes('application/c2pa')
    if (!isOurs) {
      const content = id.startsWith('T') || id === 'COMM' ? decodeText(body).replaceAll('\u0000', ' ').trim() : body.toString('base64')
      frames.push(`${id === 'TYER' ? 'TDRC' : id} ${content}`)
    }
    at += 10 + size
  }
  return frames.sort()
}

const digestMp4 = async (file: ByteFile, located: Located, hash: Hash): Promise<void> => {
  for (const box of located.boxes) {
    if (box.start === located.chunk?.start || box.type === 'free') continue
    if (box.type !== 'moov') {
      await hashSpan(file, hash, box.start, box.start + box.length)
      continue
    }
    // Sample offsets inside moov move with the inserted box; the tags (udta) must not.
    const moov = await file.read(box.start, box.length)
    hash.update(String(box.length))
    for (let at = 8; at + 8 <= moov.length; ) {
      const length = moov.readUInt32BE(at)
      if (length < 8) break
      if (moov.toString('latin1', at + 4, at + 8) === 'udta') hash.update(moov.subarray(at, at + length))
      at += length
    }
  }
}

/** What of a file signing must leave alone, as one hash: equal for equal sound and tags. */
export const digestContent = async (path: string): Promise<string> => {
  const file = await openByteFile(path)
  try {
    const located = await locateStore(file)
    const hash = createHash('sha256')
    if (located.container === 'wav') await digestRiff(file, located, hash)
    else if (located.container === 'mp4') await digestMp4(file, located, hash)
    else {
      await hashSpan(file, hash, await id3End(file), file.size)
      for (const frame of await readFrames(file)) hash.update(`${frame}\n`)
    }
    return hash.digest('hex')
  } finally {
    await file.close()
  }
}
