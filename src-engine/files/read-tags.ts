// Reads back ordinary tags from any container, as untrusted text: bounded, mapped to the names we write, everything else left out.
import { basename } from 'node:path'
import { err, ok, type Result } from '../../src-shared/std/index.ts'
import { audioProblem } from './problems.ts'
import { INFO_LIST, infoText } from './riff-text.ts'
import { FREE_FIELDS, type TagSet } from './tag-set.ts'

const MAX_TEXT = 4_000
const MAX_VALUES = 256
/** Where each field stands in ID3v2.4, Vorbis comments and MP4, in the order of preference, and last in RIFF INFO. */
const PLACES = {
  title: ['TIT2', 'TITLE', '\u00a9nam', 'INAM'],
  artist: ['TPE1', 'ARTIST', '\u00a9ART', 'IART'],
  remixer: ['TPE4', 'REMIXER', 'IEDT'],
  originalArtist: ['TOPE', 'ORIGINALARTIST'],
  originalTitle: ['TOAL', 'ORIGINALTITLE'],
  rights: ['TCOP', 'COPYRIGHT', 'cprt', 'ICOP'],
  licenceUrl: ['WCOP', 'COPYRIGHTURL'],
  sourceUrl: ['WOAS', 'AUDIOSOURCEWEBPAGE'],
  encoder: ['TENC', 'ENCODEDBY', '\u00a9too', 'ISFT'],
  comment: ['COMM', 'COMMENT', '\u00a9cmt', 'ICMT'],
} as const

/** Prefixes under which free names appear in a parser's list. */
const FREE_PREFIXES = ['TXXX:', '----:com.apple.iTunes:']

const textOf = (value: unknown): string[] => {
  if (typeof value === 'string') return [value.slice(0, MAX_TEXT)]
  if (Array.isArray(value)) return value.flatMap(textOf)
  if (typeof value === 'object' && value !== null) {
    const { text, url } = value as { text?: unknown; url?: unknown }
    return [...textOf(text), ...textOf(url)]
  }
  return []
}

/** The tags of a file; empty title and artist when it has none. */
export const readTags = async (path: string): Promise<Result<TagSet>> => {
  const values = new Map<string, string[]>()
  try {
    const { parseFile } = await import('music-metadata')
    const { native } = await parseFile(path, { duration: false, skipCovers: true })
    for (const [source, list] of Object.entries(native)) {
      for (const { id, value } of list) {
        const prefix = FREE_PREFIXES.find((candidate) => id.startsWith(candidate))
        const name = prefix ? id.slice(prefix.length).toUpperCase() : id.startsWith('COMM') ? 'COMM' : id
        const known = values.get(name) ?? []
        for (const raw of textOf(value)) {
          const text = source === INFO_LIST ? infoText(raw) : raw
          if (known.length < MAX_VALUES && !known.includes(text)) known.push(text)
        }
        values.set(name, known)
      }
    }
  } catch {
    return err(audioProblem('audio.tags_unreadable', `The tags of "${basename(path)}" could not be read.`))
  }
  const first = (names: readonly string[]): string | undefined =>
    names.map((name) => values.get(name)?.[0]).find((value) => value !== undefined && value !== '')
  const optional = Object.entries(PLACES).flatMap(([field, names]) => {
    const value = field === 'title' || field === 'artist' ? undefined : first(names)
    return value === undefined ? [] : [[field, value] as const]
  })
  const containsAi = first([FREE_FIELDS.containsAi])
  const digitalSourceType = first([FREE_FIELDS.digitalSourceType])
  const receiptId = first([FREE_FIELDS.receiptId])
  const sourceIsrcs = values.get(FREE_FIELDS.sourceIsrcs)
  const known = new Set<string>([...Object.values(PLACES).flat(), ...Object.values(FREE_FIELDS)])
  const extra = [...values]
    .filter(([name, [value]]) => name.startsWith('STEMMA_') && !known.has(name) && value !== undefined)
    .map(([name, [value]]) => [name, value ?? ''] as const)
  return ok({
    title: first(PLACES.title) ?? '',
    artist: first(PLACES.artist) ?? '',
    ...Object.fromEntries(optional),
    ...(containsAi === 'All' || containsAi === 'Partly' || containsAi === 'None' ? { containsAi } : {}),
    ...(digitalSourceType === undefined ? {} : { digitalSourceType }),
    ...(receiptId === undefined ? {} : { receiptId }),
    ...(sourceIsrcs ? { sourceIsrcs } : {}),
    ...(extra.length > 0 ? { extra: Object.fromEntries(extra) } : {}),
  })
}
