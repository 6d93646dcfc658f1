// The window's mirror of the variations of the open remix: rows as main reports them, what is chosen and filtered, and what is done with them.
import { useStore } from 'zustand'
import { createStore } from 'zustand/vanilla'
import type { VariationEvents, VariationRow, VariationRun } from '../../src-shared/protocol/index.ts'
import type { Role } from '../../src-shared/remix/index.ts'
import type { Problem } from '../../src-shared/std/index.ts'
import { announce, countOf } from '../parts/index.ts'
import { preferencesStore, remixStore, request, setPreferences, toastDone, toastProblem, undo } from '../state/index.ts'
import { type Stretch, withoutGone } from './comp-stretches.ts'
import { NO_FILTER, type SheetFilter, shownRows } from './shown-rows.ts'
import { nameOf } from './variation-words.ts'

export interface Setup {
  readonly count: number
  readonly seed: number
  readonly styles: readonly string[]
  readonly keep: readonly Role[]
  readonly isLearning: boolean
}

export interface VariationsState {
  /** The remix these are of; null before the view was opened. */
  readonly uid: string | null
  readonly run: VariationRun | null
  readonly rows: ReadonlyMap<string, VariationRow>
  /** Why the list could not be had. */
  readonly problem: Problem | null
  /** A request that takes a moment is under way: its name in words. */
  readonly busy: string | null
  readonly setup: Setup
  readonly filter: SheetFilter
  /** Chosen variations; the last one is the one that keys act on and A of a comparison. */
  readonly selection: readonly string[]
  /** B of a comparison. */
  readonly pinned: string | null
  readonly isComping: boolean
  /** Null until something was swiped. */
  readonly stretches: readonly Stretch[] | null
}

const NO_ROWS: ReadonlyMap<string, VariationRow> = new Map()
const FRESH = {
  uid: null,
  run: null,
  rows: NO_ROWS,
  problem: null,
  busy: null,
  setup: { count: 200, seed: 1, styles: [], keep: [], isLearning: false },
  filter: NO_FILTER,
  selection: [],
  pinned: null,
  isComping: false,
  stretches: null,
} as const satisfies VariationsState

export const variationStore = createStore<VariationsState>(() => FRESH)

export const useVariations = <T>(select: (state: VariationsState) => T): T => useStore(variationStore, select)

let known: { rows: VariationsState['rows']; filter: SheetFilter; shown: readonly VariationRow[] } | undefined

/** The rows of the sheet, in order; computed once for all who ask. */
export const sheetRows = ({ rows, filter }: Pick<VariationsState, 'rows' | 'filter'>): readonly VariationRow[] => {
  if (known?.rows !== rows || known.filter !== filter) known = { rows, filter, shown: shownRows(rows.values(), filter) }
  return known.shown
}

/** The variation that keys act on. */
export const activeRow = ({ rows, selection }: VariationsState): VariationRow | null => rows.get(selection.at(-1) ?? '') ?? null

export const setFilter = (patch: Partial<SheetFilter>): void =>
  variationStore.setState(({ filter }) => ({ filter: { ...filter, ...patch } }))

export const setSetup = (patch: Partial<Setup>): void => variationStore.setState(({ setup }) => ({ setup: { ...setup, ...patch } }))

/** A seed nobody chose. */
export const rollSeed = (): void => setSetup({ seed: crypto.getRandomValues(new Uint32Array(1))[0] ?? 1 })

/** Chooses a variation; `isAdded` keeps the others, or lets go of it where it was chosen. */
export const select = (id: string, isAdded = false): void =>
  variationStore.setState(({ selection }) => {
    if (!isAdded) return { selection: [id] }
    const others = selection.filter((one) => one !== id)
    return { selection: others.length < selection.length && selection.length > 1 ? others : [...others, id] }
  })

/** Chooses everything between the one that keys act on and another, as the sheet shows them. */
export const selectThrough = (id: string): void => {
  const state = variationStore.getState()
  const ids = sheetRows(state).map((row) => row.id)
  const from = ids.indexOf(state.selection.at(-1) ?? id)
  const to = ids.indexOf(id)
  if (from < 0 || to < 0) {
    select(id)
    return
  }
  const between = ids.slice(Math.min(from, to), Math.max(from, to) + 1)
  variationStore.setState({ selection: [...between.filter((one) => one !== id), id] })
}

/** Whether browsing plays. */
export const isListening = (): boolean => preferencesStore.getState().listenWhileBrowsing !== false
export const toggleListening = (): void => setPreferences({ listenWhileBrowsing: !isListening() })

const merge = ({ run, rows, removed }: VariationEvents['variations.changed']): void => {
  const state = variationStore.getState()
  if (run.uid !== state.uid) return
  let next = state.rows
  if (rows.length > 0 || removed.length > 0) {
    const changed = new Map(state.rows)
    for (const id of removed) changed.delete(id)
    for (const row of rows) changed.set(row.id, row)
    next = changed
  }
  const isGone = next.size < state.rows.size || removed.length > 0
  variationStore.setState({
    run,
    rows: next,
    ...(isGone
      ? {
          selection: state.selection.filter((id) => next.has(id)),
          pinned: state.pinned !== null && next.has(state.pinned) ? state.pinned : null,
          stretches: state.stretches && withoutGone(state.stretches, (id) => next.has(id)),
        }
      : {}),
  })
  // Reports are gathered on their way: where a run ended with another number than was told, the list is asked for.
  if (isRunning(state.run) && !isRunning(run) && next.size !== run.shown) void reloadRows(run.uid)
}

const reloadRows = async (uid: string): Promise<void> => {
  const reply = await request('variations.list', { uid })
  if (!reply.ok || variationStore.getState().uid !== uid) return
  variationStore.setState({ run: reply.value.run, rows: new Map(reply.value.rows.map((row) => [row.id, row])) })
}

/** Reads what there is for the open remix; once for each remix unless it failed. */
export const loadVariations = async (isAgain = false): Promise<void> => {
  const { uid } = remixStore.getState()
  const state = variationStore.getState()
  if (uid === null || (state.uid === uid && !isAgain)) return
  variationStore.setState({ ...FRESH, uid, setup: { ...FRESH.setup, count: state.setup.count } })
  const reply = await request('variations.list', { uid })
  if (variationStore.getState().uid !== uid) return
  if (!reply.ok) return variationStore.setState({ problem: reply.error })
  const { run, rows } = reply.value
  variationStore.setState(({ rows: newer, run: newerRun }) => ({
    problem: null,
    run: newerRun ?? run,
    rows: new Map([...rows.map((row) => [row.id, row] as const), ...newer]),
  }))
}

/** Follows what main reports, and forgets with the remix. */
export const startVariations = (): void => {
  window.stemma.on('variations.changed', merge)
  remixStore.subscribe((state, before) => {
    if (state.uid !== before.uid) variationStore.setState({ ...FRESH })
  })
}

const withUid = async (busy: string | null, act: (uid: string) => Promise<Problem | null>): Promise<boolean> => {
  const { uid } = variationStore.getState()
  if (uid === null) return false
  if (busy !== null) variationStore.setState({ busy })
  const problem = await act(uid)
  if (busy !== null) variationStore.setState({ busy: null })
  if (problem && !problem.code.endsWith('cancelled')) toastProblem(problem)
  return problem === null
}

const problemOf = (reply: { readonly ok: true } | { readonly ok: false; readonly error: Problem }): Problem | null =>
  reply.ok ? null : reply.error

export const isRunning = (run: VariationRun | null): boolean => run?.state === 'generating' || run?.state === 'rendering'

/** Generates anew, with what the setup bar says. What was there goes; what was kept comes back first. */
export const generate = async (): Promise<void> => {
  const { setup } = variationStore.getState()
  await withUid(null, async (uid) => {
    variationStore.setState({ rows: NO_ROWS, selection: [], pinned: null, stretches: null })
    const reply = await request('variations.start', {
      uid,
      count: setup.count,
      seed: setup.seed,
      styles: [...setup.styles],
      keep: [...setup.keep],
      isLearning: setup.isLearning,
    })
    if (!reply.ok) return reply.error
    variationStore.setState({ run: reply.value, problem: null })
    return null
  })
}

export const stopGenerating = (): Promise<boolean> =>
  withUid(null, async (uid) => {
    const reply = await request('variations.stop', { uid })
    if (reply.ok) variationStore.setState({ run: reply.value })
    return problemOf(reply)
  })

const putRow = (row: VariationRow): void => variationStore.setState(({ rows }) => ({ rows: new Map(rows).set(row.id, row) }))

/** Marks the given variations, or takes the mark away where all of them have it. Shown at once. */
export const toggleMark = (mark: 'kept' | 'rejected', ids: readonly string[] = variationStore.getState().selection): Promise<boolean> => {
  const { rows } = variationStore.getState()
  const chosen = ids.flatMap((id) => rows.get(id) ?? [])
  if (chosen.length === 0) return Promise.resolve(false)
  const next = chosen.every((row) => row.mark === mark) ? null : mark
  const changed = new Map(rows)
  for (const row of chosen) changed.set(row.id, { ...row, mark: next })
  const word = next === null ? 'No mark' : next === 'kept' ? 'Kept' : 'Rejected'
  announce(`${word}: ${chosen.length === 1 && chosen[0] ? nameOf(chosen[0]) : countOf(chosen.length, 'variation')}`)
  const { filter } = variationStore.getState()
  const stays = new Set(shownRows(changed.values(), filter).map(({ id }) => id))
  moveOnFrom(new Set(chosen.flatMap(({ id }) => (stays.has(id) ? [] : [id]))))
  variationStore.setState({ rows: changed })
  return withUid(null, async (uid) => {
    for (const row of chosen) {
      const reply = await request('variations.mark', { uid, id: row.id, mark: next })
      putRow(reply.ok ? reply.value : row)
      if (!reply.ok) return reply.error
    }
    return null
  })
}

/** What its new mark takes off the sheet: the next one that stays is chosen, so that keys go on from there. */
const moveOnFrom = (gone: ReadonlySet<string>): void => {
  const state = variationStore.getState()
  if (gone.size === 0) return
  const shown = sheetRows(state)
  const at = shown.findIndex((row) => gone.has(row.id))
  const next = shown.slice(at).find((row) => !gone.has(row.id)) ?? shown.slice(0, Math.max(0, at)).findLast((row) => !gone.has(row.id))
  if (state.selection.some((id) => gone.has(id))) variationStore.setState({ selection: next ? [next.id] : [] })
}

export const setTags = (id: string, tags: readonly string[]): Promise<boolean> =>
  withUid(null, async (uid) => {
    const reply = await request('variations.tag', { uid, id, tags: [...tags] })
    if (reply.ok) putRow(reply.value)
    return problemOf(reply)
  })

/** Makes the remix this variation, as one step. */
export const applyVariation = (id: string): Promise<boolean> =>
  withUid('Applying', async (uid) => {
    const reply = await request('variations.apply', { uid, id })
    const row = variationStore.getState().rows.get(id)
    if (reply.ok && row) {
      toastDone(`The remix is now ${nameOf(row)}`, 'One step in the history; Undo brings back how it was.', { label: 'Undo', run: undo })
    }
    return problemOf(reply)
  })

/** Saves a variation as a remix file of its own. */
export const saveVariation = (id: string): Promise<boolean> =>
  withUid(null, async (uid) => {
    const reply = await request('variations.save', { uid, id })
    if (reply.ok && reply.value) toastDone('Saved as a remix of its own', reply.value.fileName)
    return problemOf(reply)
  })

/** Sections of one with the sound of another, as a new variation that is chosen then. */
export const mixVariations = (sectionsOf: string, soundOf: string): Promise<boolean> =>
  withUid('Mixing', async (uid) => {
    const reply = await request('variations.mix', { uid, sectionsOf, soundOf })
    if (!reply.ok) return reply.error
    putRow(reply.value)
    variationStore.setState(({ filter }) => ({ selection: [reply.value.id], filter: { ...NO_FILTER, order: filter.order } }))
    const { rows } = variationStore.getState()
    const name = (id: string): string => nameOf(rows.get(id) ?? reply.value)
    toastDone(`${nameOf(reply.value)} is a mix`, `Sections of ${name(sectionsOf)}, sound of ${name(soundOf)}.`)
    return null
  })

const MORE = 24

/** More of what was kept, by the local model. */
export const moreLikeThese = (): Promise<boolean> =>
  withUid(null, async (uid) => {
    const reply = await request('variations.more', { uid, count: MORE })
    if (reply.ok) variationStore.setState({ run: reply.value })
    return problemOf(reply)
  })

/** Makes the remix what was swiped together. The refusal, in words, where that is not possible. */
export const applyComp = async (): Promise<Problem | null> => {
  const { uid, stretches } = variationStore.getState()
  if (uid === null || !stretches) return null
  variationStore.setState({ busy: 'Comping' })
  const reply = await request('variations.comp', { uid, lanes: stretches.map((stretch) => ({ ...stretch })) })
  variationStore.setState({ busy: null })
  if (!reply.ok) return reply.error
  const used = new Set(stretches.flatMap(({ id }) => id ?? [])).size
  toastDone(
    'The remix is now your comp',
    `${countOf(used, 'variation')} in ${countOf(stretches.length, 'stretch', 'stretches')}; one step in the history.`,
    {
      label: 'Undo',
      run: undo,
    },
  )
  return null
}
