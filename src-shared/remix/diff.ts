// Differences between snapshots: computed, applied, inverted, joined. History, journal and plan deltas are all made of these.
import { canonicalText } from '../std/index.ts'
import { byId } from './snapshot.ts'
import type { AnyRecord, RemixDiff, RemixSnapshot } from './records.ts'

export const EMPTY_DIFF: RemixDiff = { added: [], updated: [], removed: [] }

export const isEmptyDiff = (diff: RemixDiff): boolean => diff.added.length + diff.updated.length + diff.removed.length === 0

/** Field by field: the state of a plugin is megabytes that hardly ever change, and need not be written out to see that. */
const isSame = (left: AnyRecord, right: AnyRecord): boolean => {
  if (left === right) return true
  const [old, made] = [left, right] as unknown as readonly [Readonly<Record<string, unknown>>, Readonly<Record<string, unknown>>]
  return [...new Set([...Object.keys(old), ...Object.keys(made)])].every((key) => {
    const [a, b] = [old[key], made[key]]
    return a === b || (a !== undefined && b !== undefined && canonicalText(a) === canonicalText(b))
  })
}

/** What changed from one snapshot to another; records that are equal in content are not in it. Sorted by id. */
export const diffOf = (before: RemixSnapshot, after: RemixSnapshot): RemixDiff => {
  if (before === after) return EMPTY_DIFF
  const added: AnyRecord[] = []
  const updated: { before: AnyRecord; after: AnyRecord }[] = []
  const removed: AnyRecord[] = []
  for (const [id, record] of after) {
    const old = before.get(id)
    if (!old) added.push(record)
    else if (!isSame(old, record)) updated.push({ before: old, after: record })
  }
  for (const [id, record] of before) if (!after.has(id)) removed.push(record)
  return { added: added.sort(byId), updated: updated.sort((left, right) => byId(left.after, right.after)), removed: removed.sort(byId) }
}

/** The snapshot after a diff. Records the diff does not name are shared with the old one. */
export const applyDiff = (snapshot: RemixSnapshot, diff: RemixDiff): RemixSnapshot => {
  if (isEmptyDiff(diff)) return snapshot
  const next = new Map(snapshot)
  for (const record of diff.removed) next.delete(record.id)
  for (const record of diff.added) next.set(record.id, record)
  for (const { after } of diff.updated) next.set(after.id, after)
  return next
}

/** The diff that goes back. */
export const invertDiff = (diff: RemixDiff): RemixDiff => ({
  added: diff.removed,
  updated: diff.updated.map(({ before, after }) => ({ before: after, after: before })),
  removed: diff.added,
})
