// What an export says about itself in ordinary tags, before the signed manifest is added. Names per container: docs/formats/tags.md.
import { type Result, fail, ok } from '../../src-shared/std/index.ts'

export interface TagSet {
  /** "X (Name Remix)". */
  readonly title: string
  /** The original artist. */
  readonly artist: string
  readonly remixer?: string
  readonly originalArtist?: string
  readonly originalTitle?: string
  readonly rights?: string
  readonly licenceUrl?: string
  readonly sourceUrl?: string
  readonly encoder?: string
  /** The AI statement in words. */
  readonly comment?: string
  /** IPTC digital source type URI. */
  readonly digitalSourceType?: string
  readonly containsAi?: 'All' | 'Partly' | 'None'
  /** Recording codes of the stems: a relation. A remix never carries the original's own ISRC. */
  readonly sourceIsrcs?: readonly string[]
  readonly receiptId?: string
  /** Further fields, upper-case names. */
  readonly extra?: Readonly<Record<string, string>>
}

/** Fields that live under one name in every container that takes free names (ID3 TXXX, Vorbis, MP4 `----`). */
export const FREE_FIELDS = {
  digitalSourceType: 'DIGITALSOURCETYPE',
  containsAi: 'CONTAINSAI',
  sourceIsrcs: 'SOURCE_ISRC',
  receiptId: 'STEMMA_RECEIPT',
} as const

const MAX_FIELD = 2_000
const MAX_ISRCS = 256
const MAX_EXTRA = 64
/** Names that would claim the original's identity for the remix, or another field's meaning. */
const FORBIDDEN = new Set(['ISRC', 'TSRC', 'TITLE', 'ARTIST'])

/** Checks lengths and names; control characters are removed, for they end fields in some containers. */
export const checkTags = (tags: TagSet): Result<TagSet> => {
  const refuse = (what: string) => fail('encode.bad_tags', `The tags cannot be written: ${what}. Shorten or remove that field.`)
  const clean = (text: string): string => text.replace(/(?![\t\n])\p{Cc}/gu, '').slice(0, MAX_FIELD)
  if ((tags.sourceIsrcs?.length ?? 0) > MAX_ISRCS) return refuse(`more than ${MAX_ISRCS} source recording codes`)
  const extra = Object.entries(tags.extra ?? {})
  if (extra.length > MAX_EXTRA) return refuse(`more than ${MAX_EXTRA} extra fields`)
  for (const [name] of extra)
    if (!/^[A-Z][A-Z0-9_]{1,39}$/.test(name) || FORBIDDEN.has(name))
      return refuse(`"${clean(name).slice(0, 40)}" is no permitted field name`)
  const cleaned = Object.fromEntries(
    Object.entries(tags).map(([key, value]) => [key, typeof value === 'string' ? clean(value) : value]),
  ) as unknown as TagSet
  return ok({
    ...cleaned,
    ...(tags.sourceIsrcs ? { sourceIsrcs: tags.sourceIsrcs.map((code) => clean(code).slice(0, 32)) } : {}),
    ...(tags.extra ? { extra: Object.fromEntries(extra.map(([name, value]) => [name, clean(value)])) } : {}),
  })
}

/** Free-named fields as (name, values) pairs, extra ones last. */
export const freeFields = (tags: TagSet): readonly (readonly [string, readonly string[]])[] => {
  const fields: (readonly [string, readonly string[]])[] = []
  if (tags.digitalSourceType) fields.push([FREE_FIELDS.digitalSourceType, [tags.digitalSourceType]])
  if (tags.containsAi) fields.push([FREE_FIELDS.containsAi, [tags.containsAi]])
  if (tags.sourceIsrcs?.length) fields.push([FREE_FIELDS.sourceIsrcs, tags.sourceIsrcs])
  if (tags.receiptId) fields.push([FREE_FIELDS.receiptId, [tags.receiptId]])
  for (const [name, value] of Object.entries(tags.extra ?? {})) fields.push([name, [value]])
  return fields
}

/** What the meters said about the whole export; written into `bext` and as ReplayGain-free plain fields nowhere else. */
export interface LoudnessSummary {
  readonly integratedLufs: number
  readonly rangeLu: number
  readonly truePeakDbtp: number
  readonly maxMomentaryLufs: number
  readonly maxShortTermLufs: number
}
