// Places in a list that is kept in order by fractional keys: a move changes one record, not all.

/** An order key between two neighbours; past either end, one further. */
const orderBetween = (before: number | undefined, after: number | undefined): number => {
  if (before === undefined) return after === undefined ? 0 : after - 1
  return after === undefined ? before + 1 : (before + after) / 2
}

/**
 * Gives `moving` the order key that puts it at `index` among `others` (sorted). Where keys have become too close to halve, all are
 * numbered anew.
 */
export const placeAt = <T extends { readonly id: string; readonly order: number }>(
  others: readonly T[],
  moving: T,
  index: number,
): readonly T[] => {
  const at = Math.max(0, Math.min(others.length, index))
  const before = others[at - 1]?.order
  const after = others[at]?.order
  const order = orderBetween(before, after)
  if ((before === undefined || order > before) && (after === undefined || order < after)) return [{ ...moving, order }]
  return [...others.slice(0, at), moving, ...others.slice(at)].map((item, i) => ({ ...item, order: i }))
}
