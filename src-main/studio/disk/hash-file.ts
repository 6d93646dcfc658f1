// SHA-256 of files of any size, a piece at a time.
import { createHash, type Hash } from 'node:crypto'
import { createReadStream } from 'node:fs'

const PIECE_BYTES = 1 << 20

/** SHA-256 of a file, hex. With `hash` the file is added to what that has seen already. Throws the file system's errors. */
export const hashFile = async (path: string, hash?: Hash): Promise<string> => {
  const into = hash ?? createHash('sha256')
  for await (const piece of createReadStream(path, { highWaterMark: PIECE_BYTES })) into.update(piece as Buffer)
  return into.copy().digest('hex')
}
