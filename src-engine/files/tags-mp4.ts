// iTunes-style metadata for MP4 (the `ilst` box as QuickTime and iTunes write it), and the boxes around it.
import { freeFields, type TagSet } from './tag-set.ts'

export const box = (type: string, ...parts: readonly Uint8Array[]): Buffer => {
  const body = Buffer.concat(parts)
  const head = Buffer.alloc(8)
  head.writeUInt32BE(body.length + 8)
  head.write(type, 4, 'latin1')
  return Buffer.concat([head, body])
}

const data = (value: string): Buffer => box('data', Buffer.from([0, 0, 0, 1, 0, 0, 0, 0]), Buffer.from(value, 'utf8'))
const full = (type: string, text: string): Buffer => box(type, Buffer.alloc(4), Buffer.from(text, 'utf8'))
const free = (name: string, values: readonly string[]): Buffer =>
  box('----', full('mean', 'com.apple.iTunes'), full('name', name), ...values.map(data))

/** The `udta` box with everything the tags say. */
export const buildMp4Metadata = (tags: TagSet): Buffer => {
  const standard: readonly (readonly [string, string | undefined])[] = [
    ['\u00a9nam', tags.title],
    ['\u00a9ART', tags.artist],
    ['cprt', tags.rights],
    ['\u00a9too', tags.encoder],
    ['\u00a9cmt', tags.comment],
  ]
  const named: readonly (readonly [string, string | undefined])[] = [
    ['REMIXER', tags.remixer],
    ['ORIGINALARTIST', tags.originalArtist],
    ['ORIGINALTITLE', tags.originalTitle],
    ['COPYRIGHTURL', tags.licenceUrl],
    ['AUDIOSOURCEWEBPAGE', tags.sourceUrl],
  ]
  const items = [
    ...standard.flatMap(([type, value]) => (value ? [box(type, data(value))] : [])),
    ...named.flatMap(([name, value]) => (value ? [free(name, [value])] : [])),
    ...freeFields(tags).map(([name, values]) => free(name, values)),
  ]
  const handler = box('hdlr', Buffer.alloc(8), Buffer.from('mdirappl', 'latin1'), Buffer.alloc(9))
  return box('udta', box('meta', Buffer.alloc(4), handler, box('ilst', ...items)))
}
