// Comping: who plays when. Stretches cover the remix without gaps; choosing one lays it over what was there. Pure.
import { barTicks, type MeterPoint } from '../../src-shared/time/index.ts'

/** A stretch of the remix and the variation that plays it; `id` null is the remix as it is. */
export interface Stretch {
  readonly fromTick: number
  readonly toTick: number
  readonly id: string | null
}

/** A named part of the ruler. */
export interface Part {
  readonly fromTick: number
  readonly toTick: number
  readonly name: string
  readonly color: string | null
}

/** Everything is the original. */
export const wholeOriginal = (endTick: number): readonly Stretch[] => [{ fromTick: 0, toTick: Math.max(1, endTick), id: null }]

/** Lays a stretch over the others; neighbours of one variation become one. */
export const chooseStretch = (stretches: readonly Stretch[], chosen: Stretch): readonly Stretch[] => {
  if (chosen.toTick <= chosen.fromTick) return stretches
  const cut = stretches.flatMap((stretch): readonly Stretch[] => [
    { ...stretch, toTick: Math.min(stretch.toTick, chosen.fromTick) },
    { ...stretch, fromTick: Math.max(stretch.fromTick, chosen.toTick) },
  ])
  const sorted = [...cut.filter(({ fromTick, toTick }) => toTick > fromTick), chosen].sort((left, right) => left.fromTick - right.fromTick)
  const merged: Stretch[] = []
  for (const stretch of sorted) {
    const last = merged.at(-1)
    if (last && last.id === stretch.id && last.toTick === stretch.fromTick) merged[merged.length - 1] = { ...last, toTick: stretch.toTick }
    else merged.push(stretch)
  }
  return merged
}

/** Stretches without those of variations that are gone: the original plays there. */
export const withoutGone = (stretches: readonly Stretch[], isThere: (id: string) => boolean): readonly Stretch[] =>
  stretches.reduce<readonly Stretch[]>(
    (all, stretch) => (stretch.id === null || isThere(stretch.id) ? all : chooseStretch(all, { ...stretch, id: null })),
    stretches,
  )

/** Bar lines from 0 to the end, both included. */
export const barLines = (meter: readonly MeterPoint[], endTick: number): readonly number[] => {
  const lines: number[] = []
  for (const [i, point] of meter.entries()) {
    const until = Math.min(endTick, meter[i + 1]?.atTick ?? Number.POSITIVE_INFINITY)
    for (let at: number = point.atTick; at < until && lines.length < 20_000; at += barTicks(point)) lines.push(at)
  }
  return [...lines, endTick]
}

const BARS_WITHOUT_SECTIONS = 8

/** Sections of the ruler without gaps or overlaps; every eight bars where there are none. */
export const partsOf = (
  sections: readonly { readonly atTick: number; readonly lengthTicks: number | null; readonly name: string; readonly color: string }[],
  meter: readonly MeterPoint[],
  endTick: number,
): readonly Part[] => {
  const named = sections
    .filter(({ lengthTicks, atTick }) => lengthTicks !== null && lengthTicks > 0 && atTick < endTick)
    .sort((left, right) => left.atTick - right.atTick)
  if (named.length === 0) {
    const lines = barLines(meter, endTick)
    const starts = lines.slice(0, -1).filter((_, i) => i % BARS_WITHOUT_SECTIONS === 0)
    return starts.map((fromTick, i) => ({
      fromTick,
      toTick: starts[i + 1] ?? endTick,
      name: `Bar ${i * BARS_WITHOUT_SECTIONS + 1}`,
      color: null,
    }))
  }
  const parts: Part[] = []
  let at = 0
  for (const [i, section] of named.entries()) {
    const end = Math.min(endTick, section.atTick + (section.lengthTicks ?? 0), named[i + 1]?.atTick ?? Number.POSITIVE_INFINITY)
    if (section.atTick > at) parts.push({ fromTick: at, toTick: section.atTick, name: '–', color: null })
    if (end > section.atTick) parts.push({ fromTick: section.atTick, toTick: end, name: section.name, color: section.color })
    at = Math.max(at, end)
  }
  if (at < endTick) parts.push({ fromTick: at, toTick: endTick, name: '–', color: null })
  return parts
}

/** The cells between `lines` that a swipe from one position to another touches. */
export const touchedRange = (
  lines: readonly number[],
  from: number,
  to: number,
): { readonly fromTick: number; readonly toTick: number } | null => {
  const [low, high] = [Math.min(from, to), Math.max(from, to)]
  const last = lines.length - 2
  if (last < 0) return null
  const cellAt = (position: number): number => {
    let cell = 0
    while (cell < last && (lines[cell + 1] ?? 0) <= position) cell++
    return cell
  }
  const first = cellAt(low)
  // A swipe that ends exactly on a line does not touch the cell behind it.
  const end = high > low && lines.includes(high) ? Math.max(first, cellAt(high - 1)) : cellAt(high)
  return { fromTick: lines[first] ?? 0, toTick: lines[end + 1] ?? 1 }
}

/** What a swipe over `range` in one lane reads like: `Verse and Drop`, `bars 9 to 12`. */
export const barsText = (
  lines: readonly number[],
  { fromTick, toTick }: { readonly fromTick: number; readonly toTick: number },
): string => {
  const from = lines.findIndex((line) => line >= fromTick) + 1
  const to = lines.findIndex((line) => line >= toTick)
  return to <= from ? `bar ${from}` : `bars ${from} to ${to}`
}
