// ID3v2.4 writer (id3.org id3v2.4.0-structure and -frames): UTF-8 text, several values separated by NUL, sync-safe sizes everywhere.
import { freeFields, type TagSet } from './tag-set.ts'

const syncSafe = (size: number): Buffer => Buffer.from([(size >> 21) & 127, (size >> 14) & 127, (size >> 7) & 127, size & 127])

const frame = (id: string, body: Buffer): Buffer => Buffer.concat([Buffer.from(id, 'latin1'), syncSafe(body.length), Buffer.alloc(2), body])

const UTF8 = Buffer.from([3])
const NUL = Buffer.from([0])

const text = (id: string, value: string | undefined): Buffer[] =>
  value ? [frame(id, Buffer.concat([UTF8, Buffer.from(value, 'utf8')]))] : []
/** URL frames are Latin-1 without an encoding byte. */
const url = (id: string, value: string | undefined): Buffer[] =>
  value ? [frame(id, Buffer.from(encodeURI(value).replace(/%25/g, '%'), 'latin1'))] : []
const userText = (name: string, values: readonly string[]): Buffer =>
  frame('TXXX', Buffer.concat([UTF8, Buffer.from(name, 'utf8'), NUL, Buffer.from(values.join('\0'), 'utf8')]))

/** A whole tag. With `totalBytes` it is padded to exactly that size, so it can be written over a reserved space. */
export const buildId3 = (tags: TagSet, totalBytes?: number): Buffer => {
  const frames = [
    ...text('TIT2', tags.title),
    ...text('TPE1', tags.artist),
    ...text('TPE4', tags.remixer),
    ...text('TOPE', tags.originalArtist),
    ...text('TOAL', tags.originalTitle),
    ...text('TCOP', tags.rights),
    ...url('WCOP', tags.licenceUrl),
    ...url('WOAS', tags.sourceUrl),
    ...text('TENC', tags.encoder),
    ...(tags.comment ? [frame('COMM', Buffer.concat([UTF8, Buffer.from('eng', 'latin1'), NUL, Buffer.from(tags.comment, 'utf8')]))] : []),
    ...freeFields(tags).map(([name, values]) => userText(name, values)),
  ]
  const body = Buffer.concat(frames)
  const size = totalBytes === undefined ? body.length : totalBytes - 10
  if (body.length > size) throw new RangeError('the tags do not fit the space reserved for them')
  return Buffer.concat([Buffer.from('ID3\x04\x00\x00', 'latin1'), syncSafe(size), body, Buffer.alloc(size - body.length)])
}
