// Where variations lie on the map: the original in the lower left corner, further in structure to the right, further in sound to the top.
import type { VariationRow } from '../../src-shared/protocol/index.ts'

export interface MapSize {
  readonly width: number
  readonly height: number
  readonly pad: number
  /** Below the axis: room for what was not measured yet. */
  readonly padBelow: number
}

export interface MapPlace {
  readonly row: VariationRow
  readonly x: number
  readonly y: number
}

export type Direction = 'left' | 'right' | 'up' | 'down'

/** Many variations change sound only and would lie on one line; a few pixels by their id keep them apart. */
const SPREAD = 5

const spreadOf = (id: string): number => {
  let hash = 2166136261
  for (let i = 0; i < id.length; i++) hash = Math.imul(hash ^ id.charCodeAt(i), 16777619)
  return ((hash >>> 0) % 1000) / 1000 - 0.5
}

/** Furthest value of each axis, rounded up so that the map does not move with every new row. */
export const extentOf = (rows: readonly VariationRow[]): { readonly structure: number; readonly sound: number } => {
  let structure = 0
  let sound = 0
  for (const row of rows) {
    structure = Math.max(structure, row.structureDistance)
    sound = Math.max(sound, row.soundDistance ?? 0)
  }
  const rounded = (value: number): number => Math.max(0.2, Math.min(1, Math.ceil(value * 10) / 10))
  return { structure: rounded(structure), sound: rounded(sound) }
}

/** Pixels of each row. Rows whose sound was not measured yet lie on the lower edge. */
export const placesOf = (rows: readonly VariationRow[], { width, height, pad, padBelow }: MapSize): readonly MapPlace[] => {
  const extent = extentOf(rows)
  const [across, up] = [Math.max(1, width - 2 * pad), Math.max(1, height - pad - padBelow)]
  /** The close ones are the many: a root gives them room. */
  const scaled = (value: number, most: number): number => Math.sqrt(Math.max(0, value) / most)
  const within = (value: number, size: number): number => Math.max(4, Math.min(size - 4, value))
  return rows.map((row) => ({
    row,
    x: within(pad + scaled(row.structureDistance, extent.structure) * across + spreadOf(row.id) * SPREAD, width),
    y:
      row.soundDistance === null
        ? height - 11
        : within(height - padBelow - scaled(row.soundDistance, extent.sound) * up + spreadOf(`${row.id}:y`) * SPREAD, height),
  }))
}

/** The place nearest to a point, within `reach` pixels; null where none is. */
export const placeAt = (places: readonly MapPlace[], x: number, y: number, reach: number): MapPlace | null => {
  let best: MapPlace | null = null
  let least = reach * reach
  for (const place of places) {
    const distance = (place.x - x) ** 2 + (place.y - y) ** 2
    if (distance > least) continue
    least = distance
    best = place
  }
  return best
}

/** The next place in a direction, for arrow keys: near ones first, straight ahead before aside. */
export const placeBeside = (places: readonly MapPlace[], id: string | null, direction: Direction): MapPlace | null => {
  const from = places.find(({ row }) => row.id === id)
  if (!from) return places[0] ?? null
  let best: MapPlace | null = null
  let least = Number.POSITIVE_INFINITY
  for (const place of places) {
    const [dx, dy] = [place.x - from.x, place.y - from.y]
    const [ahead, aside] = { left: [-dx, dy], right: [dx, dy], up: [-dy, dx], down: [dy, dx] }[direction] as [number, number]
    if (place === from || ahead <= 0.5) continue
    const cost = ahead + 2 * Math.abs(aside)
    if (cost >= least) continue
    least = cost
    best = place
  }
  return best
}
