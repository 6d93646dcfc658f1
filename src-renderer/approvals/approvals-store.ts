// What the window knows of approvals: threads, this home's artist, how the open remix stands, answers being written, and a submission under way.
import { useStore } from 'zustand'
import { createStore } from 'zustand/vanilla'
import type { ApprovalNote, Verdict } from '../../src-shared/approvals/index.ts'
import type { ApprovalStanding, ApprovalSyncView, ApprovalThreadView, ArtistUsage, ArtistView } from '../../src-shared/protocol/index.ts'
import type { Problem, Result } from '../../src-shared/std/index.ts'
import { announce } from '../parts/index.ts'
import { openSheet, remixStore, request, showScreen, toastDone, toastProblem, viewStore } from '../state/index.ts'

export type ApprovalsTab = 'mine' | 'inbox' | 'usage' | 'artist'

export type SubmitPhase =
  | { readonly phase: 'form' }
  | { readonly phase: 'running'; readonly uid: string; readonly fraction: number; readonly label: string; readonly isCancelling: boolean }
  | { readonly phase: 'failed'; readonly problem: Problem }

/** An answer that is being written. It is kept until it is signed, also when the app ends. */
export interface AnswerDraft {
  readonly verdict: Verdict | null
  readonly conditions: readonly string[]
  readonly notes: readonly ApprovalNote[]
  /** Day the yes ends, `YYYY-MM-DD`; empty for no end. */
  readonly expires: string
}

export interface ApprovalsState {
  readonly threads: readonly ApprovalThreadView[] | null
  readonly artist: ArtistView | null
  readonly sync: ApprovalSyncView | null
  readonly problem: Problem | null
  readonly tab: ApprovalsTab
  /** Thread that is shown. */
  readonly selected: string | null
  /** Request that is shown where it is not the newest of its thread. */
  readonly version: string | null
  readonly standing: readonly ApprovalStanding[]
  readonly submit: SubmitPhase
  readonly drafts: Readonly<Record<string, AnswerDraft>>
  readonly usage: { readonly reply: ArtistUsage | null; readonly problem: Problem | null; readonly isLoading: boolean }
}

export const EMPTY_DRAFT: AnswerDraft = { verdict: null, conditions: [], notes: [], expires: '' }

const DRAFTS_KEY = 'stemma.answer-drafts'
const MAX_DRAFTS = 50

const readDrafts = (): Record<string, AnswerDraft> => {
  try {
    const value: unknown = JSON.parse(localStorage.getItem(DRAFTS_KEY) ?? '{}')
    return typeof value === 'object' && value !== null ? (value as Record<string, AnswerDraft>) : {}
  } catch {
    return {}
  }
}

export const approvalsStore = createStore<ApprovalsState>(() => ({
  threads: null,
  artist: null,
  sync: null,
  problem: null,
  tab: 'mine',
  selected: null,
  version: null,
  standing: [],
  submit: { phase: 'form' },
  drafts: readDrafts(),
  usage: { reply: null, problem: null, isLoading: false },
}))

export const useApprovals = <T>(select: (state: ApprovalsState) => T): T => useStore(approvalsStore, select)

/** Threads this device handed in, or those its artist may answer. */
export const threadsOf = (threads: readonly ApprovalThreadView[] | null, tab: ApprovalsTab): readonly ApprovalThreadView[] =>
  (threads ?? []).filter(({ isMine, mayAnswer }) => (tab === 'inbox' ? mayAnswer : isMine || !mayAnswer))

let isFirstLoad = true

/** Reads threads, artist and what waits to be sent. */
export const loadApprovals = async (): Promise<void> => {
  const reply = await request('approvals.list', {})
  if (!reply.ok) return approvalsStore.setState({ problem: reply.error })
  const { threads, artist, sync } = reply.value
  const { selected, tab } = approvalsStore.getState()
  // An artist who asks nobody for anything starts in the inbox.
  const nextTab = isFirstLoad && artist && !threads.some(({ isMine }) => isMine) ? 'inbox' : tab
  isFirstLoad = false
  const shown = threadsOf(threads, nextTab)
  approvalsStore.setState({
    threads,
    artist,
    sync,
    problem: null,
    tab: nextTab,
    selected: shown.some(({ id }) => id === selected) ? selected : (shown[0]?.id ?? null),
  })
}

let standingTurn = 0
let standingTimer: ReturnType<typeof setTimeout> | undefined
const SETTLE_MS = 150

/** Asks how the open remix stands with its artists, a moment after the last edit. */
const loadStanding = (): void => {
  clearTimeout(standingTimer)
  standingTimer = setTimeout(async () => {
    const turn = ++standingTurn
    const { uid } = remixStore.getState()
    if (uid === null) return approvalsStore.setState({ standing: [] })
    const reply = await request('approvals.standing', { uid })
    if (turn === standingTurn && remixStore.getState().uid === uid) approvalsStore.setState({ standing: reply.ok ? reply.value : [] })
  }, SETTLE_MS)
}

export const showTab = (tab: ApprovalsTab): void => {
  approvalsStore.setState({ tab, version: null, selected: threadsOf(approvalsStore.getState().threads, tab)[0]?.id ?? null })
  if (tab === 'usage') void loadUsage()
}

/** Goes to a thread, wherever one is. */
export const showThread = (thread: string | null, version: string | null = null): void => {
  const found = approvalsStore.getState().threads?.find(({ id }) => id === thread)
  approvalsStore.setState({
    tab: found?.mayAnswer && !found.isMine ? 'inbox' : 'mine',
    selected: found?.id ?? approvalsStore.getState().selected,
    version,
  })
  showScreen('approvals')
}

export const selectThread = (selected: string): void => approvalsStore.setState({ selected, version: null })
export const selectVersion = (version: string): void => approvalsStore.setState({ version })

/** Sends and fetches now. */
export const syncApprovals = async (): Promise<void> => {
  const reply = await request('approvals.sync', {})
  if (!reply.ok) toastProblem(reply.error)
  await loadApprovals()
}

/** Opens the sheet that submits the open remix. */
export const openSubmit = (): void => {
  if (remixStore.getState().uid === null) return
  if (approvalsStore.getState().submit.phase === 'failed') approvalsStore.setState({ submit: { phase: 'form' } })
  openSheet('submit')
}

export const backToSubmitForm = (): void => approvalsStore.setState({ submit: { phase: 'form' } })

export interface SubmitAsked {
  readonly message: string
  readonly range: { readonly fromFrame: number; readonly toFrame: number } | null
  readonly loudnessTargetLufs: number | null
}

/** Hands the open remix in. */
export const submitRemix = async (asked: SubmitAsked): Promise<void> => {
  const { uid } = remixStore.getState()
  if (uid === null || approvalsStore.getState().submit.phase === 'running') return
  approvalsStore.setState({ submit: { phase: 'running', uid, fraction: 0, label: 'Starting', isCancelling: false } })
  const reply = await request('approvals.submit', { uid, ...asked })
  if (!reply.ok) return approvalsStore.setState({ submit: { phase: 'failed', problem: reply.error } })
  approvalsStore.setState({ submit: { phase: 'form' } })
  if (reply.value === null) return announce('Not submitted. Nothing was kept.')
  await loadApprovals()
  loadStanding()
  const [first] = reply.value.requests
  const thread = approvalsStore.getState().threads?.find(({ requests }) => requests.some(({ request: one }) => one.id === first))
  if (viewStore.getState().sheet === 'submit') openSheet(null)
  toastDone('Submitted', 'The artist gets it as soon as the rights service can be reached; it waits here until then.', {
    label: 'Show',
    run: () => showThread(thread?.id ?? null),
  })
}

export const cancelSubmit = async (): Promise<void> => {
  const { submit } = approvalsStore.getState()
  if (submit.phase !== 'running') return
  approvalsStore.setState({ submit: { ...submit, isCancelling: true } })
  await request('approvals.cancelSubmit', { uid: submit.uid })
}

const told = async <T>(work: Promise<Result<T>>, say: (value: T) => void): Promise<boolean> => {
  const reply = await work
  if (!reply.ok) {
    toastProblem(reply.error)
    return false
  }
  say(reply.value)
  await loadApprovals()
  return true
}

/** Changes the answer that is being written to a request; null forgets it. */
export const changeDraft = (id: string, change: Partial<AnswerDraft> | null): void => {
  const { [id]: before = EMPTY_DRAFT, ...others } = approvalsStore.getState().drafts
  const kept = Object.entries(others).slice(-MAX_DRAFTS)
  const drafts = Object.fromEntries(change === null ? kept : [...kept, [id, { ...before, ...change }]])
  approvalsStore.setState({ drafts })
  localStorage.setItem(DRAFTS_KEY, JSON.stringify(drafts))
}

/** Signs the answer that was written. */
export const sendAnswer = async (id: string, verdict: Verdict, draft: AnswerDraft): Promise<boolean> => {
  const expires = draft.expires === '' ? null : new Date(`${draft.expires}T23:59:59.000Z`).toISOString()
  const conditions = verdict === 'approve_with_conditions' ? [...draft.conditions] : []
  const isDone = await told(request('approvals.answer', { request: id, verdict, conditions, notes: [...draft.notes], expires }), () =>
    toastDone('Answer signed', 'It is sent as soon as the rights service can be reached.'),
  )
  if (isDone) changeDraft(id, null)
  return isDone
}

export const revokeAnswer = (answer: string, reason: string, since: string | null): Promise<boolean> =>
  told(request('approvals.revoke', { answer, reason, since }), () =>
    toastDone('Taken back for new exports', 'What was exported before stays valid.'),
  )

export const comment = (id: string, text: string, atMs: number | null): Promise<boolean> =>
  told(request('approvals.comment', { request: id, text, atMs: atMs === null ? null : Math.round(atMs) }), () => announce('Comment signed'))

export const remind = (id: string): Promise<boolean> =>
  told(request('approvals.remind', { request: id, text: 'A friendly reminder: this still waits for your answer.' }), () =>
    toastDone('Reminder signed', 'The artist sees it in the thread.'),
  )

const written = (work: Promise<Result<{ readonly fileName: string } | null>>, title: string): Promise<void> =>
  work.then((reply) => {
    if (!reply.ok) toastProblem(reply.error)
    else if (reply.value) toastDone(title, reply.value.fileName)
  })

export const exportReview = (id: string, format: 'stemma-review' | 'html'): Promise<void> =>
  written(request('approvals.exportReview', { request: id, format }), 'Review written')
export const exportAnswer = (id: string): Promise<void> => written(request('approvals.exportAnswer', { request: id }), 'Answer written')
export const exportArtistKey = (): Promise<void> => written(request('approvals.exportArtistKey', {}), 'Public key written')
export const exportSigningKey = (): Promise<void> => written(request('approvals.exportSigningKey', {}), 'Signing key written')

export const makeArtist = (name: string): Promise<boolean> =>
  told(request('approvals.makeArtist', { name }), () =>
    toastDone('You are an artist here', 'Send your public key to whoever writes the licence.'),
  )

/** Takes in a review, an answer, or an answer written in a browser; a dropped file by its token, else one picked in a dialog. */
export const takeIn = async (token: string | null): Promise<void> => {
  const reply = await request('approvals.import', { token })
  if (!reply.ok) return toastProblem(reply.error)
  if (reply.value === null) return
  await loadApprovals()
  const { draft, thread, sentence } = reply.value
  if (draft) {
    const { request: id, verdict, conditions, notes, expires } = draft
    changeDraft(id, { verdict, conditions, notes, expires: expires?.slice(0, 10) ?? '' })
    showThread(thread, id)
    approvalsStore.setState({ tab: 'inbox' })
  } else showThread(thread)
  toastDone(draft ? 'Check it, then sign' : 'Taken in', sentence)
}

/** Asks the service where the artist's stems were used. */
export const loadUsage = async (): Promise<void> => {
  if (approvalsStore.getState().artist === null) return
  approvalsStore.setState({ usage: { ...approvalsStore.getState().usage, isLoading: true } })
  const reply = await request('approvals.usage', {})
  const before = approvalsStore.getState().usage.reply
  approvalsStore.setState({
    usage: reply.ok ? { reply: reply.value, problem: null, isLoading: false } : { reply: before, problem: reply.error, isLoading: false },
  })
}

/** Keeps threads and the standing of the open remix in step with main. */
export const startApprovals = (): void => {
  let later: ReturnType<typeof setTimeout> | undefined
  window.stemma.on('approvals.changed', () => {
    clearTimeout(later)
    later = setTimeout(() => void loadApprovals(), 50)
    loadStanding()
  })
  window.stemma.on('approvals.progress', ({ uid, fraction, label }) => {
    const { submit } = approvalsStore.getState()
    if (submit.phase === 'running' && submit.uid === uid) approvalsStore.setState({ submit: { ...submit, fraction, label } })
  })
  remixStore.subscribe((state, before) => {
    if (state.uid !== before.uid || state.confirmed !== before.confirmed || state.status !== before.status) loadStanding()
  })
  void loadApprovals()
}
