// Makes damaged and hostile files out of stamped ones, for the tests: each function returns new bytes.
import { locateStore, openByteFile, type Located } from './own/index.ts'

export const locate = async (path: string): Promise<Located> => {
  const file = await openByteFile(path)
  try {
    return await locateStore(file)
  } finally {
    await file.close()
  }
}

export const flip = (bytes: Buffer, at: number): Buffer => {
  const copy = Buffer.from(bytes)
  copy[at] = (copy[at] ?? 0) ^ 0x01
  return copy
}

/** Flips the first byte of the `nth` place where `text` stands. */
export const flipText = (bytes: Buffer, text: string, from = 0): Buffer => {
  const at = bytes.indexOf(text, from, 'latin1')
  if (at < 0) throw new Error(`no “${text}” in the file`)
  return flip(bytes, at + 2)
}

const withRiffLength = (bytes: Buffer): Buffer => {
  bytes.writeUInt32LE(bytes.length - 8, 4)
  return bytes
}

/** A WAV without its C2PA chunk, as an editor that drops unknown chunks leaves it. */
export const stripWav = (bytes: Buffer, { chunk }: Located): Buffer =>
  chunk ? withRiffLength(Buffer.concat([bytes.subarray(0, chunk.start), bytes.subarray(chunk.start + chunk.length)])) : bytes

/** A WAV with one more chunk at its end. */
export const appendChunk = (bytes: Buffer, id: string, body: Buffer): Buffer => {
  const header = Buffer.alloc(8)
  header.write(id, 0, 'latin1')
  header.writeUInt32LE(body.length, 4)
  return withRiffLength(Buffer.concat([bytes, header, body, Buffer.alloc(body.length & 1)]))
}

/** The chunk of one WAV in front of the end of another. */
export const transplantWav = (from: Buffer, { chunk }: Located, onto: Buffer): Buffer =>
  chunk ? withRiffLength(Buffer.concat([onto, from.subarray(chunk.start, chunk.start + chunk.length)])) : onto
