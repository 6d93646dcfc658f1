// The window's mirror of the open remix. Main owns the document: edits go out as commands, one request at a time, and are shown at once from the
// same pure edits; what main answers is what stays.
import { useStore } from 'zustand'
import { createStore } from 'zustand/vanilla'
import {
  type EditReply,
  type HistoryView,
  type LicenceNotice,
  RENEW_LICENCE,
  type RemixStatus,
  type RemixView,
} from '../../src-shared/protocol/index.ts'
import {
  type AnyRecord,
  applyDiff,
  applyEdits,
  type EditCommand,
  diffOf,
  isEmptyDiff,
  type RemixSnapshot,
} from '../../src-shared/remix/index.ts'
import type { Problem, Result } from '../../src-shared/std/index.ts'
import { request } from './bridge.ts'
import { newId } from './ids.ts'
import { type Alternative, showTip, titleOf, toastDone, toastProblem } from './notices.ts'

interface Batch {
  readonly commands: readonly EditCommand[]
}

export interface RemixState {
  readonly uid: string | null
  readonly fileName: string | null
  readonly isDirty: boolean
  readonly isReadOnly: boolean
  /** What main has confirmed. */
  readonly confirmed: RemixSnapshot
  /** Sent or waiting to be sent. */
  readonly pending: readonly Batch[]
  /** What is shown: confirmed, then pending, then the running gesture. */
  readonly snapshot: RemixSnapshot
  readonly isPreviewing: boolean
  readonly history: HistoryView
  readonly status: RemixStatus | null
}

const EMPTY: RemixSnapshot = new Map()

const CLOSED: RemixState = {
  uid: null,
  fileName: null,
  isDirty: false,
  isReadOnly: false,
  confirmed: EMPTY,
  pending: [],
  snapshot: EMPTY,
  isPreviewing: false,
  history: { entries: [], index: 0 },
  status: null,
}

export const remixStore = createStore<RemixState>(() => CLOSED)

export const useRemix = <T>(select: (state: RemixState) => T): T => useStore(remixStore, select)

/** The snapshot that is shown now. */
export const shownSnapshot = (): RemixSnapshot => remixStore.getState().snapshot

/** The snapshot a new gesture starts from: everything that was decided, nothing that is being dragged. */
export const settledSnapshot = (): RemixSnapshot => fold(remixStore.getState())

const fold = ({ confirmed, pending }: Pick<RemixState, 'confirmed' | 'pending'>): RemixSnapshot => {
  let snapshot = confirmed
  for (const { commands } of pending) {
    const result = applyEdits(snapshot, commands, { newId })
    if (result.ok) snapshot = result.value.snapshot
  }
  return snapshot
}

/** Shows a remix that main opened. */
export const showRemix = (view: RemixView): void => {
  const snapshot = new Map<string, AnyRecord>(view.records.map((record) => [record.id, record]))
  remixStore.setState({
    ...CLOSED,
    uid: view.uid,
    fileName: view.fileName,
    isDirty: view.isDirty,
    isReadOnly: view.isReadOnly,
    confirmed: snapshot,
    snapshot,
    history: view.history,
    status: view.status,
  })
}

/** Lets go of the remix. */
export const clearRemix = (): void => remixStore.setState(CLOSED)

/** Takes over what main says has changed. */
export const takeReply = (reply: EditReply, isOfPending: boolean): void => {
  const state = remixStore.getState()
  const confirmed = applyDiff(state.confirmed, reply.diff)
  const pending = isOfPending ? state.pending.slice(1) : state.pending
  remixStore.setState({
    confirmed,
    pending,
    history: reply.history,
    status: reply.status,
    isDirty: reply.isDirty,
    ...(state.isPreviewing ? {} : { snapshot: fold({ confirmed, pending }) }),
  })
}

/** Shows a gesture's result so far without deciding it. */
export const preview = (snapshot: RemixSnapshot): void => remixStore.setState({ snapshot, isPreviewing: true })

let heard: { readonly command: EditCommand | null } | undefined
let isTelling = false

/**
 * Lets the edit of a running gesture be heard; null goes back to what was decided. One request at a time, the latest wins. An edit that is made
 * ends the gesture by itself.
 */
export const hear = (command: EditCommand | null): void => {
  heard = { command }
  if (!isTelling) void tellHeard()
}

const tellHeard = async (): Promise<void> => {
  isTelling = true
  // A gesture that ends in an edit must not be heard going back first.
  await Promise.resolve()
  for (let next = heard; next; next = heard) {
    heard = undefined
    const { uid, pending } = remixStore.getState()
    // What main has not taken in yet would be undone for the ear by a gesture on top of what it knows.
    if (uid !== null && (next.command === null || pending.length === 0))
      await request('remix.hear', { uid, commands: next.command && [next.command] })
  }
  isTelling = false
}

/** Back to what was decided. */
export const endPreview = (): void => {
  const state = remixStore.getState()
  if (state.isPreviewing) remixStore.setState({ snapshot: fold(state), isPreviewing: false })
}

const isCommand = (value: unknown): value is EditCommand => typeof value === 'object' && value !== null && 'op' in value

/** The edits a legal alternative stands for; none where it is something else. */
const commandsOf = (offered: unknown): readonly EditCommand[] => {
  if (typeof offered !== 'object' || offered === null || !('command' in offered)) return []
  const { command } = offered
  return (Array.isArray(command) ? command : [command]).filter(isCommand)
}

/** The legal alternative a refusal carries, as an action. */
export const alternativeOf = (offered: unknown): Alternative | null => {
  if (typeof offered !== 'object' || offered === null || !('label' in offered) || !('command' in offered)) return null
  const { label, command } = offered
  if (typeof label !== 'string') return null
  if (command === RENEW_LICENCE) return { label, run: () => void renewLicence() }
  const commands = commandsOf(offered)
  return commands.length === 0 ? null : { label, run: () => void edit(commands) }
}

/** Asks the rights service for the licences of the open remix anew. */
export const renewLicence = async (): Promise<void> => {
  const { uid } = remixStore.getState()
  if (uid === null) return
  const reply = await request('licence.renew', { uid })
  if (reply.ok) toastDone('The licence is up to date')
  else toastProblem(reply.error)
}

/** The alternative of a licence notice. */
export const noticeAlternative = (notice: LicenceNotice): Alternative | null =>
  notice.alternative ? alternativeOf(notice.alternative) : null

/** What makes a remix lawful that several notices deny, in one undo step; null where one of them can be followed by itself. */
export const allAlternatives = (notices: readonly LicenceNotice[]): Alternative | null => {
  const denied = notices.filter(({ effect, alternative }) => effect === 'deny' && commandsOf(alternative).length > 0)
  if (denied.length < 2) return null
  const commands = denied.flatMap(({ alternative }) => commandsOf(alternative))
  return { label: `Do all ${denied.length} in one step`, run: () => void edit(commands, 'Keep to the licence') }
}

/** Tells why an edit was refused, beside the pointer. */
export const showRefusal = (problem: Problem): void =>
  showTip({ title: titleOf(problem), message: problem.message, alternative: alternativeOf(problem.details?.alternative) })

let queue: Promise<unknown> = Promise.resolve()

const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
  const next = queue.then(work, work)
  queue = next.catch(() => undefined)
  return next
}

/**
 * Decides an edit: shown at once, sent in turn. An edit without effect is not sent and leaves no undo step; a refusal is shown beside the pointer.
 * True if main accepted it.
 */
export const edit = async (commands: readonly EditCommand[], label: string | null = null): Promise<boolean> => {
  const before = remixStore.getState()
  if (before.uid === null || commands.length === 0) return false
  const { uid } = before
  if (heard?.command === null) heard = undefined
  const base = fold(before)
  const local = applyEdits(base, commands, { newId })
  if (!local.ok) {
    endPreview()
    showRefusal({ ...local.error, message: local.error.message.replace(/^Edit \d+ \([^)]*\): /, '') })
    return false
  }
  if (isEmptyDiff(diffOf(base, local.value.snapshot))) {
    endPreview()
    return false
  }
  remixStore.setState({ pending: [...before.pending, { commands }], snapshot: local.value.snapshot, isPreviewing: false })
  return inTurn(async () => {
    const reply = await request('remix.edit', { uid, commands: [...commands], label })
    if (remixStore.getState().uid !== uid) return false
    if (reply.ok) {
      takeReply(reply.value, true)
      return true
    }
    const state = remixStore.getState()
    const pending = state.pending.slice(1)
    remixStore.setState({ pending, ...(state.isPreviewing ? {} : { snapshot: fold({ confirmed: state.confirmed, pending }) }) })
    showRefusal(reply.error)
    return false
  })
}

const travel = (send: (uid: string) => Promise<Result<EditReply>>): void => {
  const { uid } = remixStore.getState()
  if (uid === null) return
  void inTurn(async () => {
    const reply = await send(uid)
    if (remixStore.getState().uid !== uid) return
    if (reply.ok) takeReply(reply.value, false)
    else toastProblem(reply.error)
  })
}

export const undo = (): void => travel((uid) => request('remix.undo', { uid }))
export const redo = (): void => travel((uid) => request('remix.redo', { uid }))
/** Goes to a place in the history; `index` edits are applied then. */
export const jumpTo = (index: number): void => travel((uid) => request('remix.jump', { uid, index }))

/** Text for undo and redo with what they would do; null where there is nothing. */
export const undoText = ({ entries, index }: HistoryView): string | null => (index > 0 ? `Undo ${entries[index - 1]?.label ?? ''}` : null)
export const redoText = ({ entries, index }: HistoryView): string | null =>
  index < entries.length ? `Redo ${entries[index]?.label ?? ''}` : null
