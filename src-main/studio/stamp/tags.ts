// Ordinary tags of a file, for showing. Bounded: a hostile tag may be megabytes of text.
import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'

const MAX_TAGS = 200
const MAX_VALUE = 1_000
/** Binary frames, and our own store. */
const HIDDEN = /^(GEOB|PRIV|APIC|METADATA_BLOCK_PICTURE|covr|MCDI|id3v2)/i

const textOf = (value: unknown): string | undefined => {
  if (typeof value === 'string') return value
  if (typeof value === 'number' || typeof value === 'boolean') return String(value)
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return undefined
  // Comments and user texts come as small records.
  const record = value as Readonly<Record<string, unknown>>
  const inner = record.text ?? record.value
  return Array.isArray(inner) ? inner.map(String).join('; ') : typeof inner === 'string' ? inner : undefined
}

/** Tags by the name the container gives them; empty where there are none or they cannot be read. */
export const readTags = async (path: string, mimeType: string): Promise<readonly { readonly name: string; readonly value: string }[]> => {
  try {
    // Only a verification needs the parser; a stamp should not wait for it to load.
    const { parseStream } = await import('music-metadata')
    const { INFO_LIST, infoText } = await import('../../../src-engine/files/index.ts')
    // By MIME type, since a name may lie: a FLAC file behind an ID3 tag would be taken for MP3.
    const stream = createReadStream(path, { highWaterMark: 1 << 20 })
    const { size } = await stat(path)
    const { native } = await parseStream(stream, { mimeType, size }, { duration: false, skipCovers: true }).finally(() => stream.destroy())
    const tags: { name: string; value: string }[] = []
    for (const [source, list] of Object.entries(native)) {
      for (const { id, value } of list) {
        const text = HIDDEN.test(id) ? undefined : textOf(value)
        if (text === undefined || text === '' || tags.length >= MAX_TAGS) continue
        tags.push({ name: id.slice(0, 100), value: (source === INFO_LIST ? infoText(text) : text).slice(0, MAX_VALUE) })
      }
    }
    return tags
  } catch {
    return []
  }
}
