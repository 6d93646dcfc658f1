// Vorbis comment block (Vorbis I specification section 5, without the framing bit), as FLAC carries it.
import { freeFields, type TagSet } from './tag-set.ts'

const VENDOR = 'Stemma'

const field = (text: string): Buffer => {
  const bytes = Buffer.from(text, 'utf8')
  const size = Buffer.alloc(4)
  size.writeUInt32LE(bytes.length)
  return Buffer.concat([size, bytes])
}

export const buildVorbisComment = (tags: TagSet): Buffer => {
  const named: readonly (readonly [string, string | undefined])[] = [
    ['TITLE', tags.title],
    ['ARTIST', tags.artist],
    ['REMIXER', tags.remixer],
    ['ORIGINALARTIST', tags.originalArtist],
    ['ORIGINALTITLE', tags.originalTitle],
    ['COPYRIGHT', tags.rights],
    ['COPYRIGHTURL', tags.licenceUrl],
    ['AUDIOSOURCEWEBPAGE', tags.sourceUrl],
    ['ENCODEDBY', tags.encoder],
    ['COMMENT', tags.comment],
  ]
  const fields = [
    ...named.flatMap(([name, value]) => (value ? [`${name}=${value}`] : [])),
    ...freeFields(tags).flatMap(([name, values]) => values.map((value) => `${name}=${value}`)),
  ]
  const count = Buffer.alloc(4)
  count.writeUInt32LE(fields.length)
  return Buffer.concat([field(VENDOR), count, ...fields.map(field)])
}
