// The contact sheet: thousands of cards of which only those in view are mounted. The grid holds the focus; cards are told by id.
// biome-ignore-start lint/a11y/useSemanticElements: a grid of places on a canvas, not a table.
import { useVirtualizer } from '@tanstack/react-virtual'
import { type MouseEvent, type PointerEvent, useCallback, useEffect, useLayoutEffect, useRef, useState } from 'react'
import type { VariationRow, VariationRun } from '../../src-shared/protocol/index.ts'
import { browseTo, useAudition } from './audition.ts'
import { registerSheet, type SheetMove } from './sheet-moves.ts'
import { select, selectThrough, sheetRows, useVariations, variationStore } from './variation-store.ts'
import { type Sounding, VariationCard } from './variation-card.tsx'

const LEAST_WIDTH = 208
const HEIGHT = 142
const GAP = 10
const PAD = 12
/** How long the pointer rests on a card before it plays: passing over does not. */
export const HOVER_MS = 120

/** Columns and their width in a sheet of some pixels. */
export const columnsIn = (width: number): { readonly columns: number; readonly cardWidth: number } => {
  const inside = Math.max(LEAST_WIDTH, width - 2 * PAD)
  const columns = Math.max(1, Math.floor((inside + GAP) / (LEAST_WIDTH + GAP)))
  return { columns, cardWidth: Math.floor((inside - GAP * (columns - 1)) / columns) }
}

const useWidth = (element: React.RefObject<HTMLElement | null>): number => {
  const [width, setWidth] = useState(0)
  useLayoutEffect(() => {
    const { current } = element
    if (!current) return
    setWidth(current.clientWidth)
    const observer = new ResizeObserver(() => setWidth(current.clientWidth))
    observer.observe(current)
    return () => observer.disconnect()
  }, [element])
  return width
}

/** Plays what the pointer rests on; scrolling under a resting pointer plays nothing. */
const useHover = (): { readonly onOver: (id: string, event: PointerEvent) => void; readonly onLeave: () => void } => {
  const timer = useRef<number>(0)
  const over = useRef<{ id: string; x: number; y: number }>({ id: '', x: -1, y: -1 })
  useEffect(() => () => clearTimeout(timer.current), [])
  const onLeave = useCallback(() => {
    clearTimeout(timer.current)
    over.current = { ...over.current, id: '' }
  }, [])
  const onOver = useCallback((id: string, event: PointerEvent) => {
    const { clientX, clientY, pointerType } = event
    const hasMoved = clientX !== over.current.x || clientY !== over.current.y
    if (pointerType !== 'mouse' || !hasMoved || event.buttons !== 0) return
    const isSame = over.current.id === id
    over.current = { id, x: clientX, y: clientY }
    if (isSame) return
    clearTimeout(timer.current)
    timer.current = window.setTimeout(() => browseTo(id), HOVER_MS)
  }, [])
  return { onOver, onLeave }
}

/** The sheet over the rows that the filter lets through. */
export const ContactSheet = ({ rows, runRange }: { rows: readonly VariationRow[]; runRange: VariationRun['range'] }) => {
  const scroller = useRef<HTMLDivElement>(null)
  const width = useWidth(scroller)
  const { columns, cardWidth } = columnsIn(width)
  const selection = useVariations((state) => state.selection)
  const pinned = useVariations((state) => state.pinned)
  const heardId = useAudition((state) => state.heard?.id ?? null)
  const isStarting = useAudition((state) => state.isStarting)
  const active = selection.at(-1) ?? null
  const chosen = new Set(selection)
  const virtualizer = useVirtualizer({
    count: Math.ceil(rows.length / columns),
    getScrollElement: () => scroller.current,
    estimateSize: () => HEIGHT + GAP,
    overscan: 3,
    paddingStart: PAD,
    paddingEnd: PAD,
    scrollPaddingStart: PAD,
    scrollPaddingEnd: PAD,
  })
  const { onOver, onLeave } = useHover()

  // Choosing elsewhere, on the map or by mixing, brings the card into view.
  const shownAt = active === null ? -1 : rows.findIndex((row) => row.id === active)
  const lastShown = useRef<string | null>(null)
  useEffect(() => {
    if (active !== lastShown.current && shownAt >= 0) virtualizer.scrollToIndex(Math.floor(shownAt / columns))
    lastShown.current = active
  }, [active, shownAt, columns, virtualizer])

  useEffect(
    () =>
      registerSheet({
        move: (move, isExtending) => {
          const all = sheetRows(variationStore.getState())
          if (all.length === 0) return
          const now = variationStore.getState().selection.at(-1)
          const at = all.findIndex((row) => row.id === now)
          const perPage = Math.max(1, Math.floor((scroller.current?.clientHeight ?? 0) / (HEIGHT + GAP))) * columns
          const step: Readonly<Record<SheetMove, number>> = {
            left: -1,
            right: 1,
            up: -columns,
            down: columns,
            pageUp: -perPage,
            pageDown: perPage,
            first: -all.length,
            last: all.length,
          }
          const wanted = at < 0 ? 0 : at + step[move]
          // Up from the first line and down from the last one stay where they are, in their column.
          const isOff = (move === 'up' || move === 'down') && (wanted < 0 || wanted >= all.length)
          const next = all[isOff && at >= 0 ? at : Math.max(0, Math.min(all.length - 1, wanted))]
          if (!next) return
          if (isExtending) {
            if (next.id !== now)
              variationStore.setState(({ selection: old }) => ({ selection: [...old.filter((id) => id !== next.id), next.id] }))
          } else select(next.id)
          browseTo(next.id)
        },
        focus: () => scroller.current?.focus(),
      }),
    [columns],
  )

  const onPress = useCallback((id: string, event: MouseEvent): void => {
    if (event.shiftKey) selectThrough(id)
    else select(id, event.ctrlKey || event.metaKey)
    browseTo(id)
  }, [])

  return (
    <div
      ref={scroller}
      className="sheet"
      role="grid"
      tabIndex={0}
      aria-label="Contact sheet"
      aria-multiselectable
      aria-rowcount={Math.ceil(rows.length / columns)}
      aria-colcount={columns}
      aria-activedescendant={shownAt < 0 ? undefined : `variation-${active}`}
      onPointerLeave={onLeave}
      onFocus={() => {
        const state = variationStore.getState()
        const first = sheetRows(state)[0]
        if (state.selection.length === 0 && first) select(first.id)
      }}
    >
      <div role="presentation" style={{ height: virtualizer.getTotalSize(), position: 'relative' }}>
        {width > 0 &&
          virtualizer.getVirtualItems().map((line) => (
            // biome-ignore lint/a11y/useFocusableInteractive: the grid holds the focus.
            <div key={line.key} role="row" aria-rowindex={line.index + 1}>
              {rows.slice(line.index * columns, (line.index + 1) * columns).map((row, column) => {
                const sounding: Sounding = heardId !== row.id ? 'no' : isStarting ? 'starting' : 'playing'
                return (
                  <VariationCard
                    key={row.id}
                    row={row}
                    runRange={runRange}
                    width={cardWidth}
                    height={HEIGHT}
                    x={PAD + column * (cardWidth + GAP)}
                    y={line.start}
                    rowIndex={line.index}
                    columnIndex={column}
                    isActive={row.id === active}
                    isSelected={chosen.has(row.id)}
                    isPinned={row.id === pinned}
                    sounding={sounding}
                    onPress={onPress}
                    onOver={onOver}
                  />
                )
              })}
            </div>
          ))}
      </div>
    </div>
  )
}
// biome-ignore-end lint/a11y/useSemanticElements: see above
