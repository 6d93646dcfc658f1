/** Pairs each item with a key of its own: its text, and its count where texts repeat. For lists without ids that never reorder. */
export const withKeys = <T>(
  items: readonly T[],
  textOf: (item: T) => string,
): readonly { readonly key: string; readonly item: T; readonly place: number }[] => {
  const seen = new Map<string, number>()
  return items.map((item, place) => {
    const text = textOf(item)
    const count = (seen.get(text) ?? 0) + 1
    seen.set(text, count)
    return { key: count === 1 ? text : `${text} ${count}`, item, place }
  })
}
