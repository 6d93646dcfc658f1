// Where audio starts after an ID3v2 prefix. C2PA signing puts one before FLAC, taggers put one before MP3 and AAC.
import { ascii, type FileBytes } from './file-bytes.ts'
import { audioError } from './problems.ts'

/** Offset of the first byte after every ID3v2 tag at the start of the file (id3v2.4 section 3.1). Throws if a tag claims to reach past the end. */
export const skipId3 = (bytes: FileBytes, name: string): number => {
  let position = 0
  for (let count = 0; count < 16; count++) {
    const head = bytes.peek(position, 10)
    if (head.length < 10 || ascii(head, 0, 3) !== 'ID3') return position
    const size = (((head[6] ?? 0) & 127) << 21) | (((head[7] ?? 0) & 127) << 14) | (((head[8] ?? 0) & 127) << 7) | ((head[9] ?? 0) & 127)
    const hasFooter = ((head[5] ?? 0) & 0x10) !== 0
    position += 10 + size + (hasFooter ? 10 : 0)
    if (position > bytes.size)
      throw audioError('audio.bad_header', `"${name}" starts with a tag that claims to be larger than the file.`, { size })
  }
  throw audioError('audio.bad_header', `"${name}" starts with more tags than any real file.`)
}
