// Where each track's row lies, so that gestures can find the row under the pointer without asking the page.
export interface Row {
  readonly trackId: string
  readonly top: number
  readonly height: number
}

let rows: readonly Row[] = []

/** Takes over the layout of the rows as shown. */
export const setRows = (next: readonly Row[]): void => {
  rows = next
}

/** The rows as shown. */
export const allRows = (): readonly Row[] => rows

/** The row at a height; above the first and below the last the nearest one. */
export const rowAtY = (y: number): Row | undefined => rows.find((row) => y < row.top + row.height) ?? rows.at(-1)

/** Tracks whose rows a span of heights touches. */
export const rowsBetween = (fromY: number, toY: number): ReadonlySet<string> =>
  new Set(rows.filter((row) => row.top < toY && row.top + row.height > fromY).map((row) => row.trackId))
