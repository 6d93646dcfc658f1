// Opening, saving and closing a remix, and what follows from having one open: its peaks, its loop in the engine.
import { toast } from 'sonner'
import type { RemixView } from '../../src-shared/protocol/index.ts'
import { recordsOf, remixOf } from '../../src-shared/remix/index.ts'
import type { Result } from '../../src-shared/std/index.ts'
import { frameAt, tick } from '../../src-shared/time/index.ts'
import { request } from './bridge.ts'
import { loadLibrary } from './library-store.ts'
import { toastDone, toastProblem } from './notices.ts'
import { loadPeaks } from './peaks.ts'
import { clearRemix, remixStore, showRemix, takeReply } from './remix-store.ts'
import { connectEngine, SAMPLE_RATE, seek, sendLoop, stop, transportStore } from './transport.ts'
import { resetView, showScreen } from './view-store.ts'

let zoomAll = true

/** Whether the timeline should show the whole remix next: true once after a remix was opened. */
export const takeZoomAll = (): boolean => {
  const now = zoomAll
  zoomAll = false
  return now
}

const enter = (view: RemixView): void => {
  resetView()
  zoomAll = true
  showRemix(view)
  showScreen('remix')
  loadPeaks(
    view.uid,
    view.records.flatMap((record) => (record.type === 'stem' && !view.status.missingStems.includes(record.id) ? [record.id] : [])),
  )
  if (!transportStore.getState().isConnected) void connectEngine()
  if (view.isReadOnly)
    toast.info('Opened to look at', { description: 'This remix was made by a newer Stemma. It can be played, not changed.' })
  const { missingStems } = view.status
  if (missingStems.length > 0) {
    toast.warning(`${missingStems.length} ${missingStems.length === 1 ? 'stem is' : 'stems are'} not on this machine`, {
      description: 'Pull the work in the library; the clips keep their places until then.',
    })
  }
}

const enterIf = (reply: Result<RemixView | null>): boolean => {
  if (!reply.ok) {
    toastProblem(reply.error)
    return false
  }
  if (reply.value) enter(reply.value)
  return reply.value !== null
}

/** Leaves the open remix, if any. Main keeps unsaved work in its journal. */
export const closeRemix = async (): Promise<void> => {
  const { uid } = remixStore.getState()
  if (uid === null) return
  if (transportStore.getState().isPlaying) stop()
  seek(0)
  await request('remix.close', { uid })
  clearRemix()
  resetView()
}

const open = async (ask: () => Promise<Result<RemixView | null>>): Promise<boolean> => {
  await closeRemix()
  const isOpen = enterIf(await ask())
  void loadLibrary()
  return isOpen
}

export const createRemix = (work: string): Promise<boolean> => open(() => request('remix.create', { work }))
export const openRemix = (token: string | null = null): Promise<boolean> => open(() => request('remix.open', { token }))
export const openRecent = (recent: string): Promise<boolean> => open(() => request('remix.openRecent', { recent }))
export const recoverRemix = (uid: string): Promise<boolean> => open(() => request('remix.recover', { uid, action: 'open' }))

/** Throws away the unsaved work of a remix. */
export const discardRecovery = async (uid: string): Promise<void> => {
  const reply = await request('remix.recover', { uid, action: 'discard' })
  if (!reply.ok) toastProblem(reply.error)
  void loadLibrary()
}

/** Saves the open remix; `as` asks for a place. */
export const saveRemix = async (as = false): Promise<void> => {
  const { uid } = remixStore.getState()
  if (uid === null) return
  const reply = await request('remix.save', { uid, as })
  if (!reply.ok) return toastProblem(reply.error)
  if (reply.value) {
    remixStore.setState({ fileName: reply.value.fileName, isDirty: false })
    toastDone('Saved', reply.value.fileName)
    void loadLibrary()
  }
}

const loopFrames = (state: ReturnType<typeof remixStore.getState>): string => {
  if (state.uid === null || !state.confirmed.has('remix')) return 'null'
  const { loop, tempo } = remixOf(state.confirmed)
  if (!loop?.isEnabled) return 'null'
  return JSON.stringify({
    fromFrame: frameAt(tempo, loop.startTick, SAMPLE_RATE),
    toFrame: frameAt(tempo, tick(loop.startTick + loop.lengthTicks), SAMPLE_RATE),
  })
}

/** Keeps the engine's loop and the stems' peaks in step with the document. */
export const startRemixSession = (): void => {
  window.stemma.on('remix.changed', ({ uid, reply }) => {
    if (uid === remixStore.getState().uid) takeReply(reply, false)
  })
  let sent = 'null'
  let wasConnected = false
  const sync = (): void => {
    const next = loopFrames(remixStore.getState())
    const { isConnected } = transportStore.getState()
    if (isConnected && (next !== sent || !wasConnected)) {
      sent = next
      sendLoop(JSON.parse(next))
    }
    wasConnected = isConnected
  }
  remixStore.subscribe((state, before) => {
    if (state.confirmed === before.confirmed) return
    sync()
    if (state.uid !== null && state.uid === before.uid)
      loadPeaks(
        state.uid,
        recordsOf(state.confirmed, 'stem').map((stem) => stem.id),
      )
  })
  transportStore.subscribe((state, before) => {
    if (state.isConnected !== before.isConnected) sync()
  })
}
