// WAV's own tags: bext version 2 (EBU Tech 3285), iXML, and the RIFF INFO list. INFO's "ISRC" means source, so it is never written.
import { freeFields, type LoudnessSummary, type TagSet } from './tag-set.ts'

/** A chunk with its padding byte. */
export const riffChunk = (id: string, body: Uint8Array): Buffer => {
  const head = Buffer.alloc(8)
  head.write(id, 0, 'latin1')
  head.writeUInt32LE(body.length, 4)
  return Buffer.concat([head, body, Buffer.alloc(body.length & 1)])
}

const BEXT_BYTES = 602
const HISTORY_BYTES = 126
export const BEXT_SPACE = 8 + BEXT_BYTES + HISTORY_BYTES
/** Space kept before the sound for iXML, filled up with blanks, which XML allows. */
export const IXML_SPACE = 16 * 1024

/** bext fields are ASCII of fixed size. */
const ascii = (target: Buffer, text: string, at: number, size: number): void => {
  target.write(
    text
      .normalize('NFKD')
      .replace(/[^\x20-\x7e]/g, '')
      .slice(0, size),
    at,
    'latin1',
  )
}

/** Loudness is stored in hundredths; 0x7fff says "not measured". */
const hundredths = (value: number | undefined): number =>
  value === undefined || !Number.isFinite(value) ? 0x7fff : Math.max(-32_768, Math.min(32_766, Math.round(value * 100)))

export interface BextFacts {
  readonly sampleRate: number
  readonly bitDepth: number
  readonly loudness: LoudnessSummary | undefined
}

export const buildBext = (tags: TagSet, { sampleRate, bitDepth, loudness }: BextFacts): Buffer => {
  const body = Buffer.alloc(BEXT_BYTES + HISTORY_BYTES)
  ascii(body, tags.title, 0, 256)
  ascii(body, tags.encoder ?? 'Stemma', 256, 32)
  ascii(body, (tags.receiptId ?? '').replaceAll('-', ''), 288, 32)
  // No origination date: the receipt holds the time, and the same export shall give the same bytes.
  body.writeUInt16LE(2, 346)
  body.writeInt16LE(hundredths(loudness?.integratedLufs), 412)
  body.writeInt16LE(hundredths(loudness?.rangeLu), 414)
  body.writeInt16LE(hundredths(loudness?.truePeakDbtp), 416)
  body.writeInt16LE(hundredths(loudness?.maxMomentaryLufs), 418)
  body.writeInt16LE(hundredths(loudness?.maxShortTermLufs), 420)
  ascii(body, `A=PCM,F=${sampleRate},W=${bitDepth},M=stereo,T=Stemma`, BEXT_BYTES, HISTORY_BYTES - 2)
  body.write('\r\n', body.length - 2, 'latin1')
  for (let i = body.length - 3; i >= BEXT_BYTES && body[i] === 0; i--) body[i] = 0x20
  return riffChunk('bext', body)
}

const xml = (text: string): string =>
  text.replace(/[&<>"]/g, (c) => (c === '&' ? '&amp;' : c === '<' ? '&lt;' : c === '>' ? '&gt;' : '&quot;'))

export const buildIxml = (tags: TagSet): Buffer => {
  const lines = freeFields(tags).flatMap(([name, values]) => values.map((value) => `    <${name}>${xml(value)}</${name}>`))
  const document = `<?xml version="1.0" encoding="UTF-8"?>\n<BWFXML>\n  <IXML_VERSION>2.10</IXML_VERSION>\n  <PROJECT>${xml(tags.title)}</PROJECT>\n  <NOTE>${xml(tags.comment ?? '')}</NOTE>\n  <USER>\n${lines.join('\n')}\n  </USER>\n</BWFXML>\n`
  const bytes = Buffer.from(document, 'utf8')
  const space = IXML_SPACE - 8
  if (bytes.length > space) throw new RangeError('the tags do not fit the space reserved for them')
  return riffChunk('iXML', Buffer.concat([bytes, Buffer.alloc(space - bytes.length, 0x20)]))
}

export const buildInfoList = (tags: TagSet): Buffer => {
  const entries: readonly (readonly [string, string | undefined])[] = [
    ['INAM', tags.title],
    ['IART', tags.artist],
    ['IEDT', tags.remixer],
    ['ICOP', tags.rights],
    ['ICMT', tags.comment],
    ['ITCH', tags.encoder],
    ['ISFT', tags.encoder],
  ]
  const body = entries.flatMap(([id, value]) => (value ? [riffChunk(id, Buffer.from(`${value}\0`, 'utf8'))] : []))
  return riffChunk('LIST', Buffer.concat([Buffer.from('INFO', 'latin1'), ...body]))
}
