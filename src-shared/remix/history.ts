// Undo and redo as a list of labelled diffs and a position in it. Immutable: the store swaps one history for the next.
import type { RemixDiff } from './records.ts'

export interface HistoryEntry {
  /** What the user did: `Split Vocals`. Menus show it after Undo and Redo. */
  readonly label: string
  readonly diff: RemixDiff
}

export interface History {
  readonly entries: readonly HistoryEntry[]
  /** How many entries are done; the rest can be redone. */
  readonly position: number
}

export const EMPTY_HISTORY: History = { entries: [], position: 0 }

/** Entries kept for undo; older ones are forgotten first. */
export const HISTORY_LIMIT = 10_000

/** Adds a done entry; what could be redone before is gone. */
export const pushHistory = (history: History, entry: HistoryEntry): History => {
  const entries = [...history.entries.slice(0, history.position), entry].slice(-HISTORY_LIMIT)
  return { entries, position: entries.length }
}
