// Hearing the notes before they are in the remix. Main tries the edit on a copy and plays a window of it; what is changed meanwhile is heard in place,
// and the next window is asked for before one ends.
import { useStore } from 'zustand'
import { createStore } from 'zustand/vanilla'
import type { NotesPiece } from '../../src-shared/protocol/index.ts'
import type { Problem } from '../../src-shared/std/index.ts'
import { onAudition, remixStore, request, SAMPLE_RATE } from '../state/index.ts'
import { concernedClips, revoiceCommands, revoiceStore } from './revoice-store.ts'

export interface NotesListening {
  /** It plays, or is about to. */
  readonly isOn: boolean
  readonly isStarting: boolean
  /** Without the rest of the remix. */
  readonly isAlone: boolean
  readonly problem: Problem | null
}

const SILENT: NotesListening = { isOn: false, isStarting: false, isAlone: false, problem: null }

export const notesListening = createStore<NotesListening>(() => SILENT)
export const useNotesListening = <T>(select: (state: NotesListening) => T): T => useStore(notesListening, select)

/** Where the player is on the timeline, and what of the stem is heard there. */
const now: { frame: number; at: number; isPlaying: boolean; untilFrame: number; endFrame: number; pieces: readonly NotesPiece[] } = {
  frame: 0,
  at: 0,
  isPlaying: false,
  untilFrame: 0,
  endFrame: 0,
  pieces: [],
}
/** Frame of the stem where listening stopped or was sent to; null before. */
let mark: number | null = null
let turn = 0
let soon = 0
let settling = 0
/** Changes of a drag or of a held key are gathered. */
const GATHER_MS = 180
/** The next window is asked for so long before one ends. */
const AHEAD_FRAMES = 6 * SAMPLE_RATE
/** A player that changes over stops for a moment: only what lasts this long is an end. */
const SETTLE_MS = 400

const place = (frame: number): void => {
  now.frame = frame
  now.at = performance.now()
}

const timelineFrame = (): number =>
  now.isPlaying ? now.frame + Math.min(250, performance.now() - now.at) * (SAMPLE_RATE / 1000) : now.frame

/** Frame of the stem (48 kHz) that is heard now, or where listening will begin; null where none is. */
export const heardStemFrame = (): number | null => {
  if (!notesListening.getState().isOn || now.pieces.length === 0) return mark
  const frame = timelineFrame()
  const piece = now.pieces.findLast((one) => one.atFrame <= frame)
  if (!piece || frame > piece.atFrame + piece.lengthFrames) return null
  return piece.stemFrame + ((frame - piece.atFrame) * piece.stemLengthFrames) / piece.lengthFrames
}

const ask = async (fromFrame: number, isGoingOn: boolean): Promise<void> => {
  const state = revoiceStore.getState()
  const { uid } = remixStore.getState()
  const clips = concernedClips(state)
  if (uid === null || state.clipId === null) return
  const mine = ++turn
  const nowFrame = isGoingOn && now.isPlaying ? Math.round(timelineFrame()) : null
  const first = state.clipId
  const reply = await request('revoice.play', {
    uid,
    commands: [...revoiceCommands(state).commands],
    clips: [first, ...clips.filter((id) => id !== first)],
    isAlone: notesListening.getState().isAlone,
    fromFrame: Math.max(0, fromFrame),
    nowFrame,
  })
  // Something newer was asked for; main has let go of this.
  if (mine !== turn) return
  if (!reply.ok) {
    const isCancelled = reply.error.code.endsWith('cancelled')
    stopNotes()
    if (!isCancelled) notesListening.setState({ problem: reply.error })
    return
  }
  const { state: player, untilFrame, endFrame, pieces } = reply.value
  Object.assign(now, { untilFrame, endFrame, pieces, isPlaying: player.isPlaying })
  place(player.frame)
  notesListening.setState({ isStarting: false })
}

/** Plays the notes from a frame of the stem. */
export const playNotes = (fromFrame: number): void => {
  clearTimeout(soon)
  mark = fromFrame
  now.pieces = []
  now.isPlaying = false
  notesListening.setState({ isOn: true, isStarting: true, problem: null })
  void ask(fromFrame, false)
}

/** Ends listening; what is shown stays where it stopped. */
export const stopNotes = (): void => {
  const { isOn } = notesListening.getState()
  if (!isOn) return
  clearTimeout(soon)
  turn++
  mark = heardStemFrame() ?? mark
  now.isPlaying = false
  notesListening.setState({ isOn: false, isStarting: false })
  const { uid } = remixStore.getState()
  void request('revoice.stop', { uid: uid ?? 'none' })
}

let view = { fromFrame: 0, toFrame: 0 }

/** What of the stem is in view: listening begins there. */
export const seeNotes = (seen: { readonly fromFrame: number; readonly toFrame: number }): void => {
  view = seen
}

/** Plays from where it stopped if that is in view, else from where the view begins; or stops. */
export const toggleNotes = (): void => {
  if (notesListening.getState().isOn) stopNotes()
  else if (revoiceStore.getState().notes.length > 0)
    playNotes(mark !== null && mark >= view.fromFrame && mark < view.toFrame ? mark : view.fromFrame)
}

/** Sends the place to listen from to a frame of the stem; what plays goes on there. */
export const placeNotes = (frame: number): void => {
  mark = Math.max(0, frame)
  if (notesListening.getState().isOn) playNotes(mark)
}

/** What is heard is not what is shown any more: plays the newest, in place. */
const playAnew = (): void => {
  if (!notesListening.getState().isOn) return
  clearTimeout(soon)
  soon = window.setTimeout(() => void ask(heardStemFrame() ?? mark ?? 0, true), GATHER_MS)
}

export const setAlone = (isAlone: boolean): void => {
  notesListening.setState({ isAlone })
  playAnew()
}

let keyAt = 0
let keySoon = 0
/** A hand over the keys is faster than anyone listens. */
const KEY_MS = 70

/** Sounds one pitch briefly, unless the notes play already. */
export const playKey = (pitch: number, velocity = 90): void => {
  if (notesListening.getState().isOn) return
  clearTimeout(keySoon)
  const play = async (): Promise<void> => {
    keyAt = performance.now()
    const { stemId, instrument, params } = revoiceStore.getState()
    const { uid } = remixStore.getState()
    if (uid === null || stemId === '') return
    const order = { uid, stem: stemId, instrument: { name: instrument, params: { ...params } }, pitch, velocity }
    const reply = await request('revoice.playNote', order)
    if (!reply.ok && !reply.error.code.endsWith('cancelled')) notesListening.setState({ problem: reply.error })
  }
  const wait = KEY_MS - (performance.now() - keyAt)
  if (wait <= 0) void play()
  else keySoon = window.setTimeout(() => void play(), wait)
}

/** Follows the player and the notes while the sheet is there; returns what ends it. */
export const followNotes = (): (() => void) => {
  const endAudition = onAudition((name, payload) => {
    if (!notesListening.getState().isOn) return
    place(payload.frame)
    if (name === 'audition.changed' && 'isPlaying' in payload) {
      now.isPlaying = payload.isPlaying
      clearTimeout(settling)
      if (!payload.isPlaying)
        settling = window.setTimeout(() => {
          const { isOn, isStarting } = notesListening.getState()
          if (isOn && !isStarting && !now.isPlaying) stopNotes()
        }, SETTLE_MS)
    } else if (now.isPlaying && now.untilFrame < now.endFrame && payload.frame > now.untilFrame - AHEAD_FRAMES) {
      now.untilFrame = now.endFrame
      void ask(heardStemFrame() ?? mark ?? 0, true)
    }
  })
  const endStore = revoiceStore.subscribe((state, before) => {
    if (state.clipId !== before.clipId) {
      stopNotes()
      mark = null
      notesListening.setState({ ...SILENT, isAlone: notesListening.getState().isAlone })
      return
    }
    const isSame =
      state.notes === before.notes &&
      state.instrument === before.instrument &&
      state.params === before.params &&
      state.isForAll === before.isForAll
    if (isSame) return
    if (notesListening.getState().problem) notesListening.setState({ problem: null })
    if (state.notes.length === 0) stopNotes()
    else playAnew()
  })
  return () => {
    endAudition()
    endStore()
    stopNotes()
  }
}
