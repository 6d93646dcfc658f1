// What was heard in the works of the open remix, and how listening goes. Findings are only shown; nothing here edits.
import { useStore } from 'zustand'
import { createStore } from 'zustand/vanilla'
import type { ListeningProgress, PlaybackPreparing, WorkAnalysis } from '../../src-shared/protocol/index.ts'
import type { Problem, Result } from '../../src-shared/std/index.ts'
import { announce } from '../parts/index.ts'
import { request } from './bridge.ts'
import { toastProblem } from './notices.ts'
import { remixStore } from './remix-store.ts'

export interface ListeningState {
  /** By work. */
  readonly analyses: Readonly<Record<string, WorkAnalysis>>
  readonly running: Pick<ListeningProgress, 'subject' | 'fraction' | 'label'> | null
  readonly problem: Problem | null
  /** What playback still waits for; clips named there sound as before until then. */
  readonly preparing: PlaybackPreparing
}

const READY: PlaybackPreparing = { clipIds: [], fraction: 1, problem: null }

export const listeningStore = createStore<ListeningState>(() => ({ analyses: {}, running: null, problem: null, preparing: READY }))

export const useListening = <T>(select: (state: ListeningState) => T): T => useStore(listeningStore, select)

/** Runs one listening request with its progress shown; a newer one takes its place. */
export const listen = async <T>(subject: string, label: string, ask: (uid: string) => Promise<Result<T>>): Promise<Result<T> | null> => {
  const { uid } = remixStore.getState()
  if (uid === null) return null
  const running = { subject, fraction: 0, label }
  listeningStore.setState({ running, problem: null })
  const reply = await ask(uid)
  if (remixStore.getState().uid !== uid) return null
  // Whoever started later shows its own progress.
  const isMine = listeningStore.getState().running?.subject === subject
  if (isMine) listeningStore.setState({ running: null })
  if (!reply.ok && isMine && reply.error.code !== 'listening.cancelled') listeningStore.setState({ problem: reply.error })
  return reply
}

/** Has a work listened to, unless it was already. */
export const analyseWork = async (work: string, title: string): Promise<WorkAnalysis | null> => {
  const known = listeningStore.getState().analyses[work]
  if (known) return known
  const reply = await listen(work, `Listening to ${title}`, (uid) => request('analysis.work', { uid, work }))
  if (!reply?.ok) return null
  listeningStore.setState(({ analyses }) => ({ analyses: { ...analyses, [work]: reply.value } }))
  announce(`Listened to ${title}`)
  return reply.value
}

export const cancelListening = (): void => {
  const { uid } = remixStore.getState()
  if (uid !== null) void request('listening.cancel', { uid })
}

/** Keeps progress and what is being prepared up to date. */
export const startListening = (): void => {
  window.stemma.on('listening.progress', ({ subject, fraction, label }) => {
    const { running } = listeningStore.getState()
    if (running?.subject === subject) listeningStore.setState({ running: { subject, fraction, label } })
  })
  remixStore.subscribe((state, before) => {
    if (state.uid !== before.uid) listeningStore.setState({ analyses: {}, running: null, problem: null, preparing: READY })
  })
}

/** Takes over what the engine says about sounds that are being prepared. */
export const takePreparing = (preparing: PlaybackPreparing): void => {
  const { problem } = listeningStore.getState().preparing
  listeningStore.setState({ preparing })
  // Nothing stays silently as it was: what will not come is said once.
  if (preparing.problem && preparing.problem.message !== problem?.message) toastProblem(preparing.problem)
}
