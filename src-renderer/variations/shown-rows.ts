// Which variations the sheet shows, and in which order. Pure; ties go by number, then id, so that nothing jumps.
import type { VariationRow } from '../../src-shared/protocol/index.ts'
import { distanceOf } from './variation-words.ts'

export const SORT_ORDERS = ['drawn', 'closest', 'furthest', 'likely', 'kept'] as const
export type SortOrder = (typeof SORT_ORDERS)[number]

export const MARK_FILTERS = ['open', 'kept', 'unmarked', 'rejected', 'all'] as const
/** `open` hides what was rejected. */
export type MarkFilter = (typeof MARK_FILTERS)[number]

export interface SheetFilter {
  readonly order: SortOrder
  readonly marks: MarkFilter
  readonly style: string | null
  /** Words that all have to occur in the number, the summary, the tags or the styles. */
  readonly text: string
}

export const NO_FILTER: SheetFilter = { order: 'drawn', marks: 'open', style: null, text: '' }

const passes = (row: VariationRow, { marks, style }: SheetFilter, words: readonly string[]): boolean => {
  if (marks === 'open' && row.mark === 'rejected') return false
  if (marks === 'unmarked' && row.mark !== null) return false
  if ((marks === 'kept' || marks === 'rejected') && row.mark !== marks) return false
  if (style !== null && !row.styles.includes(style)) return false
  if (words.length === 0) return true
  const text = `#${row.number} ${row.summary} ${row.tags.join(' ')} ${row.styles.join(' ')}`.toLowerCase()
  return words.every((word) => text.includes(word))
}

const rank = (row: VariationRow, order: SortOrder): number => {
  switch (order) {
    case 'drawn':
      return 0
    case 'closest':
      return distanceOf(row)
    case 'furthest':
      return -distanceOf(row)
    case 'likely':
      return -(row.likelyPercent ?? -1)
    case 'kept':
      return row.mark === 'kept' ? 0 : row.mark === null ? 1 : 2
  }
}

/** The rows that pass, in order. */
export const shownRows = (rows: Iterable<VariationRow>, filter: SheetFilter): readonly VariationRow[] => {
  const words = filter.text.toLowerCase().split(/\s+/).filter(Boolean)
  const ranked: { readonly row: VariationRow; readonly rank: number }[] = []
  for (const row of rows) if (passes(row, filter, words)) ranked.push({ row, rank: rank(row, filter.order) })
  return ranked
    .sort((left, right) => left.rank - right.rank || left.row.number - right.row.number || (left.row.id < right.row.id ? -1 : 1))
    .map(({ row }) => row)
}

/** Styles that occur, by how often. */
export const stylesOf = (rows: Iterable<VariationRow>): readonly string[] => {
  const counts = new Map<string, number>()
  for (const { styles } of rows) for (const style of styles) counts.set(style, (counts.get(style) ?? 0) + 1)
  return [...counts].sort((left, right) => right[1] - left[1] || (left[0] < right[0] ? -1 : 1)).map(([style]) => style)
}
