// The one place a remix changes: an immutable snapshot, transactions that become diffs, undo and redo, and gestures that can be taken back.
import { err, ok, type Result } from '../std/index.ts'
import { applyDiff, diffOf, invertDiff, isEmptyDiff } from './diff.ts'
import { EMPTY_HISTORY, type History, pushHistory } from './history.ts'
import type { RemixDiff, RemixSnapshot } from './records.ts'

/** What listeners hear after every change. */
export interface RemixChange {
  readonly snapshot: RemixSnapshot
  /** From what listeners last heard to `snapshot`. */
  readonly diff: RemixDiff
  /** `preview` is a step of a gesture that may still be taken back; `reset` is another document. The rest is for keeps: it belongs in the journal. */
  readonly kind: 'edit' | 'undo' | 'redo' | 'preview' | 'reset'
  /** Label and whole diff of what was committed; null for a preview and a reset. */
  readonly committed: { readonly label: string; readonly diff: RemixDiff } | null
}

export type RemixEdit = (snapshot: RemixSnapshot) => Result<RemixSnapshot>

/** Pointer-down to pointer-up. Each update starts from the mark, so a gesture is one step however many moves it took. */
export interface Gesture {
  /** The snapshot at the mark. */
  readonly mark: RemixSnapshot
  /** Replaces the effect so far by this edit of the mark; a refusal leaves the last good effect. */
  update(edit: RemixEdit): Result<RemixDiff>
  /** Ends the gesture as one history entry, or none if nothing changed. */
  commit(): RemixDiff
  /** Goes back to the mark without a trace. */
  bail(): void
}

export interface RemixStore {
  readonly snapshot: RemixSnapshot
  readonly history: History
  /** Runs a pure edit. A refusal changes nothing; an edit without effect leaves no history entry. */
  transact(label: string, edit: RemixEdit): Result<RemixDiff>
  beginGesture(label: string): Gesture
  /** The diff that was applied, or null if there was nothing to undo. */
  undo(): RemixDiff | null
  redo(): RemixDiff | null
  /** Undoes or redoes until `position` entries are done. */
  jumpTo(position: number): void
  /** Replaces everything, as when another file is opened: history starts anew. */
  reset(snapshot: RemixSnapshot): void
  subscribe(listener: (change: RemixChange) => void): () => void
}

/** A store over a snapshot. While a gesture runs, transactions, undo and redo first commit it. */
export const createRemixStore = (initial: RemixSnapshot): RemixStore => {
  let snapshot = initial
  let history = EMPTY_HISTORY
  let gesture: Gesture | null = null
  const listeners = new Set<(change: RemixChange) => void>()

  const publish = (next: RemixSnapshot, diff: RemixDiff, kind: RemixChange['kind'], committed: RemixChange['committed']): void => {
    snapshot = next
    for (const listener of [...listeners]) listener({ snapshot, diff, kind, committed })
  }

  const step = (kind: 'undo' | 'redo'): RemixDiff | null => {
    gesture?.commit()
    const entry = history.entries[kind === 'undo' ? history.position - 1 : history.position]
    if (!entry) return null
    const diff = kind === 'undo' ? invertDiff(entry.diff) : entry.diff
    history = { ...history, position: history.position + (kind === 'undo' ? -1 : 1) }
    publish(applyDiff(snapshot, diff), diff, kind, { label: entry.label, diff })
    return diff
  }

  return {
    get snapshot() {
      return snapshot
    },
    get history() {
      return history
    },
    transact(label, edit) {
      gesture?.commit()
      const result = edit(snapshot)
      if (!result.ok) return err(result.error)
      const diff = diffOf(snapshot, result.value)
      if (isEmptyDiff(diff)) return ok(diff)
      history = pushHistory(history, { label, diff })
      publish(applyDiff(snapshot, diff), diff, 'edit', { label, diff })
      return ok(diff)
    },
    beginGesture(label) {
      gesture?.commit()
      const mark = snapshot
      let isOver = false
      const current: Gesture = {
        mark,
        update(edit) {
          const result = edit(mark)
          if (!result.ok) return err(result.error)
          const diff = diffOf(snapshot, result.value)
          if (!isOver && !isEmptyDiff(diff)) publish(result.value, diff, 'preview', null)
          return ok(diff)
        },
        commit() {
          const diff = diffOf(mark, snapshot)
          if (isOver) return diff
          isOver = true
          gesture = null
          if (isEmptyDiff(diff)) return diff
          history = pushHistory(history, { label, diff })
          publish(snapshot, diffOf(snapshot, snapshot), 'edit', { label, diff })
          return diff
        },
        bail() {
          if (isOver) return
          isOver = true
          gesture = null
          const diff = diffOf(snapshot, mark)
          if (!isEmptyDiff(diff)) publish(mark, diff, 'preview', null)
        },
      }
      gesture = current
      return current
    },
    undo: () => step('undo'),
    redo: () => step('redo'),
    jumpTo(position) {
      gesture?.commit()
      const target = Math.max(0, Math.min(history.entries.length, Math.trunc(position)))
      while (history.position > target) step('undo')
      while (history.position < target) step('redo')
    },
    reset(next) {
      gesture = null
      history = EMPTY_HISTORY
      const diff = diffOf(snapshot, next)
      publish(next, diff, 'reset', null)
    },
    subscribe(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  }
}
