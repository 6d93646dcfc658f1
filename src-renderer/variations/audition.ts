// Listening: one thing sounds at a time, and what is asked for next takes over in place. Only the newest wish counts; main lets go of older ones.
import { useStore } from 'zustand'
import { createStore } from 'zustand/vanilla'
import { announce } from '../parts/index.ts'
import { onAudition, request, SAMPLE_RATE, toastProblem, transportStore } from '../state/index.ts'
import { activeRow, isListening, variationStore } from './variation-store.ts'
import { matchedGainDb, nameOf, rangeOfRow } from './variation-words.ts'

export interface AuditionState {
  /** What sounds or is about to: `id` null is the original. */
  readonly heard: { readonly id: string | null } | null
  readonly isPlaying: boolean
  /** What is asked for does not sound yet: it is being rendered or put in place. */
  readonly isStarting: boolean
  /** The variation heard last: A against the original. */
  readonly last: string | null
}

export const auditionStore = createStore<AuditionState>(() => ({ heard: null, isPlaying: false, isStarting: false, last: null }))

export const useAudition = <T>(select: (state: AuditionState) => T): T => useStore(auditionStore, select)

const at = { frame: 0, time: 0 }

/** Where the audition is now, in frames of the timeline; between reports it runs on by the clock. */
export const auditionFrame = (): number =>
  auditionStore.getState().isPlaying ? at.frame + Math.min(250, performance.now() - at.time) * (SAMPLE_RATE / 1000) : at.frame

const place = (frame: number): void => {
  at.frame = frame
  at.time = performance.now()
}

type Wish = { readonly kind: 'start'; readonly id: string | null; readonly atFrame: number | null } | { readonly kind: 'end' }
let turn = 0
let soon = 0
let askedAt = 0
let settling = 0
/** A player that changes over stops for a moment: only what lasts this long is an end. */
const SETTLE_MS = 300
/** Held arrow keys run over cards faster than anyone listens. */
const PACE_MS = 70
/** The remix whose variation was asked for last: ending is said to it, also after another remix was opened. */
let lastUid: string | null = null

const ask = async (wish: Wish): Promise<void> => {
  const mine = ++turn
  const { uid } = variationStore.getState()
  askedAt = performance.now()
  if (wish.kind === 'end') {
    if (lastUid !== null) await request('audition.end', { uid: lastUid })
    return
  }
  if (uid === null) return
  lastUid = uid
  const reply = await request('audition.start', { uid, id: wish.id, atFrame: wish.atFrame })
  // A newer wish is under way: main has let go of this one.
  if (mine !== turn) return
  if (reply.ok) {
    place(reply.value.frame)
    auditionStore.setState({ isPlaying: reply.value.isPlaying, isStarting: false })
    return
  }
  auditionStore.setState({ heard: null, isPlaying: false, isStarting: false })
  if (!reply.error.code.endsWith('cancelled')) toastProblem(reply.error)
}

/** Sends the newest wish, at once unless one was sent just now. */
const wishFor = (wish: Wish): void => {
  clearTimeout(soon)
  const wait = wish.kind === 'end' ? 0 : PACE_MS - (performance.now() - askedAt)
  if (wait <= 0) void ask(wish)
  else soon = window.setTimeout(() => void ask(wish), wait)
}

const rangeOf = (id: string | null): { readonly fromFrame: number; readonly toFrame: number } | null => {
  const { run, rows } = variationStore.getState()
  if (!run) return null
  const row = id === null ? undefined : rows.get(id)
  return row ? rangeOfRow(run.range, row) : run.range
}

/** Plays a variation, or the original with null. Where something sounds already it takes over in place; else it starts where listening stopped. */
export const listenTo = (id: string | null, fromStart = false): void => {
  const { heard, isPlaying, last } = auditionStore.getState()
  const range = rangeOf(id)
  if (!range) return
  const isGoingOn = heard !== null && isPlaying && !fromStart
  const isInside = at.frame > range.fromFrame && at.frame < range.toFrame - SAMPLE_RATE
  const atFrame = isGoingOn ? null : isInside && !fromStart ? Math.round(at.frame) : range.fromFrame
  auditionStore.setState({ heard: { id }, isStarting: true, last: id ?? last })
  wishFor({ kind: 'start', id, atFrame })
}

/** Plays from a part 0..1 of a variation's preview. */
export const listenFrom = (id: string | null, part: number): void => {
  const range = rangeOf(id)
  if (!range) return
  const { last } = auditionStore.getState()
  auditionStore.setState({ heard: { id }, isStarting: true, last: id ?? last })
  wishFor({
    kind: 'start',
    id,
    atFrame: Math.round(range.fromFrame + Math.max(0, Math.min(0.999, part)) * (range.toFrame - range.fromFrame)),
  })
}

/** Ends listening. */
export const endListening = (): void => {
  const { heard, isPlaying } = auditionStore.getState()
  if (heard === null && !isPlaying) return
  place(auditionFrame())
  auditionStore.setState({ heard: null, isPlaying: false, isStarting: false })
  wishFor({ kind: 'end' })
}

/** Space: stops, or plays what is chosen. */
export const toggleListeningNow = (): void => {
  if (auditionStore.getState().heard !== null) endListening()
  else listenTo(activeRow(variationStore.getState())?.id ?? auditionStore.getState().last)
}

/** Plays while browsing, if that is wanted. */
export const browseTo = (id: string): void => {
  if (isListening() && auditionStore.getState().heard?.id !== id) listenTo(id)
}

const say = (id: string | null): void => {
  const row = id === null ? null : variationStore.getState().rows.get(id)
  announce(row ? `Now ${nameOf(row)}` : 'Now the original')
}

/** The variation that a comparison calls A: what is chosen, else what was heard last. */
export const sideA = (): string | null => {
  const state = variationStore.getState()
  return activeRow(state)?.id ?? auditionStore.getState().last
}

/** X: between a variation and the original. */
export const compareOriginal = (): void => {
  const { heard, last } = auditionStore.getState()
  const { rows } = variationStore.getState()
  const variation = last !== null && rows.has(last) ? last : sideA()
  const next = heard?.id === null ? variation : null
  listenTo(next)
  say(next)
}

/** B: pins what is chosen as B, then goes between A and B. */
export const comparePair = (): void => {
  const { pinned } = variationStore.getState()
  const a = sideA()
  if (a === null) return
  if (pinned === null || pinned === a) {
    pinB(pinned === a ? null : a)
    return
  }
  const next = auditionStore.getState().heard?.id === pinned ? a : pinned
  listenTo(next)
  say(next)
}

/** Pins a variation as B; null lets go. */
export const pinB = (id: string | null): void => {
  variationStore.setState({ pinned: id })
  const row = id === null ? null : variationStore.getState().rows.get(id)
  announce(row ? `${nameOf(row)} is B. Choose another one, then B goes between the two.` : 'Nothing is pinned')
}

/** Gain that what sounds is played with, to be as loud as the original. */
export const gainOf = (id: string | null): number => {
  const { run, rows } = variationStore.getState()
  return id === null ? 0 : matchedGainDb(rows.get(id)?.preview?.integratedLufs, run?.original?.integratedLufs)
}

/** Follows the engine's player. */
export const startAudition = (): void => {
  onAudition((name, payload) => {
    place(payload.frame)
    if (name === 'audition.position' || !('isPlaying' in payload)) return
    const { isPlaying } = payload
    auditionStore.setState({ isPlaying })
    clearTimeout(settling)
    // Where one takes over from another the player stops for a moment: only what lasts is an end.
    if (!isPlaying)
      settling = window.setTimeout(() => !auditionStore.getState().isStarting && auditionStore.setState({ heard: null }), SETTLE_MS)
  })
  // Two things at once help nobody: the remix takes over.
  transportStore.subscribe((state, before) => {
    if (state.isPlaying && !before.isPlaying) endListening()
  })
  variationStore.subscribe((state, before) => {
    if (state.uid === before.uid) return
    endListening()
    auditionStore.setState({ last: null })
  })
}
