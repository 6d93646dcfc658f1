// Sorting, filtering and finding among the variations.
import { Search, X } from 'lucide-react'
import { useEffect, useMemo, useRef } from 'react'
import type { VariationRow } from '../../src-shared/protocol/index.ts'
import { classes, countOf, IconButton } from '../parts/index.ts'
import { focusSheet } from './sheet-moves.ts'
import { MARK_FILTERS, type MarkFilter, NO_FILTER, SORT_ORDERS, type SortOrder, stylesOf } from './shown-rows.ts'
import { styleLabel, useStyles } from './style-list.ts'
import { setFilter, useVariations } from './variation-store.ts'

const ORDER_WORDS: Readonly<Record<SortOrder, string>> = {
  drawn: 'As drawn',
  closest: 'Closest first',
  furthest: 'Furthest first',
  likely: 'Most likely first',
  kept: 'Kept first',
}

const MARK_WORDS: Readonly<Record<MarkFilter, string>> = {
  open: 'All but rejected',
  kept: 'Kept',
  unmarked: 'Not marked',
  rejected: 'Rejected',
  all: 'Everything',
}

let findField: HTMLInputElement | null = null
/** Puts the cursor into the search field. */
export const focusFind = (): void => findField?.focus()

/** The line over the sheet. */
export const SheetToolbar = ({ shown }: { shown: readonly VariationRow[] }) => {
  const rows = useVariations((state) => state.rows)
  const filter = useVariations((state) => state.filter)
  const styles = useStyles()
  const there = useMemo(() => stylesOf(rows.values()), [rows])
  const kept = useMemo(() => [...rows.values()].filter((row) => row.mark === 'kept').length, [rows])
  const field = useRef<HTMLInputElement>(null)
  useEffect(() => {
    findField = field.current
    return () => {
      findField = null
    }
  }, [])
  const isFiltered = filter.marks !== NO_FILTER.marks || filter.style !== null || filter.text !== ''
  return (
    <div className="vtools">
      <span className={classes('vfind', filter.text !== '' && 'is-on')}>
        <Search size={13} aria-hidden />
        <input
          ref={field}
          type="search"
          value={filter.text}
          placeholder="Find by words, tag or #number"
          aria-label="Find variations"
          maxLength={100}
          onChange={(event) => setFilter({ text: event.target.value })}
          onKeyDown={(event) => {
            if (event.key === 'Escape') setFilter({ text: '' })
            if (event.key === 'Escape' || event.key === 'Enter' || event.key === 'ArrowDown') {
              event.preventDefault()
              focusSheet()
            }
          }}
        />
      </span>
      <select
        className="select"
        aria-label="Sort"
        value={filter.order}
        onChange={(event) => setFilter({ order: event.target.value as SortOrder })}
      >
        {SORT_ORDERS.map((order) => (
          <option key={order} value={order}>
            {ORDER_WORDS[order]}
          </option>
        ))}
      </select>
      <select
        className="select"
        aria-label="Marks"
        value={filter.marks}
        onChange={(event) => setFilter({ marks: event.target.value as MarkFilter })}
      >
        {MARK_FILTERS.map((marks) => (
          <option key={marks} value={marks}>
            {MARK_WORDS[marks]}
          </option>
        ))}
      </select>
      <select
        className="select"
        aria-label="Style"
        value={filter.style ?? ''}
        onChange={(event) => setFilter({ style: event.target.value === '' ? null : event.target.value })}
      >
        <option value="">Every style</option>
        {there.map((style) => (
          <option key={style} value={style}>
            {styleLabel(styles, style)}
          </option>
        ))}
      </select>
      {isFiltered && <IconButton icon={X} label="Show all again" onClick={() => setFilter({ ...NO_FILTER, order: filter.order })} />}
      <span className="spacer" />
      <span className="vtools-count" role="status">
        {shown.length === rows.size
          ? countOf(rows.size, 'variation')
          : `${shown.length.toLocaleString('en')} of ${countOf(rows.size, 'variation')}`}
        {kept > 0 && `, ${kept} kept`}
      </span>
    </div>
  )
}
