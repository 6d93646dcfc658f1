// Listening: one thing sounds at a time, and what is asked for next takes over in place. Only the newest wish counts; main lets go of older ones.
import { useStore } from 'zustand'
import { createStore } from 'zustand/vanilla'
import { remixOf } from '../../src-shared/remix/index.ts'
import type { Problem } from '../../src-shared/std/index.ts'
import { frame as frameOf, frameAt, tick, tickAtFrame } from '../../src-shared/time/index.ts'
import { announce } from '../parts/index.ts'
import { notesListening } from '../pianoroll/index.ts'
import { onAudition, remixStore, request, SAMPLE_RATE, toastProblem, transportStore } from '../state/index.ts'
import { lastTick } from '../timeline/index.ts'
import { type Stretch, wholeOriginal } from './comp-stretches.ts'
import { activeRow, isListening, sheetRows, variationStore, type VariationsState } from './variation-store.ts'
import { matchedGainDb, nameOf, type PreviewRange, rangeOfRow } from './variation-words.ts'

/** Stands for the comp among what can be heard; no variation has this id. */
export const COMP = 'comp'

export interface AuditionState {
  /** What sounds or is about to: `id` null is the original. `isWhole` plays all of the remix, as a comp does, and no preview of it. */
  readonly heard: { readonly id: string | null; readonly isWhole: boolean } | null
  readonly isPlaying: boolean
  /** What is asked for does not sound yet: it is being rendered or put in place. */
  readonly isStarting: boolean
  /** The variation heard last, or the comp: A against the original. */
  readonly last: string | null
  /** What a comp is played with to be as loud as the original; null where that is not known yet. */
  readonly compGainDb: number | null
  /** Why the comp cannot be heard. */
  readonly compProblem: Problem | null
}

export const auditionStore = createStore<AuditionState>(() => ({
  heard: null,
  isPlaying: false,
  isStarting: false,
  last: null,
  compGainDb: null,
  compProblem: null,
}))

export const useAudition = <T>(select: (state: AuditionState) => T): T => useStore(auditionStore, select)

const at = { frame: 0, time: 0 }

/** Where the audition is now, in frames of the timeline; between reports it runs on by the clock. */
export const auditionFrame = (): number =>
  auditionStore.getState().isPlaying ? at.frame + Math.min(250, performance.now() - at.time) * (SAMPLE_RATE / 1000) : at.frame

const place = (frame: number): void => {
  at.frame = frame
  at.time = performance.now()
}

type Wish =
  | { readonly kind: 'start'; readonly id: string | null; readonly atFrame: number | null }
  | { readonly kind: 'comp'; readonly lanes: readonly Stretch[]; readonly atFrame: number | null }
  | { readonly kind: 'end' }
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

/** A comp that is still being measured is asked for again so often, this far apart. */
const MATCH_TRIES = 5
const MATCH_MS = 1_500
let matchTries = 0
let matching = 0

/** Takes over how loud a comp is played; where that is not known yet, it goes on in place once it is. */
const takeCompGain = (gainDb: number | null): void => {
  auditionStore.setState({ compGainDb: gainDb })
  clearTimeout(matching)
  if (gainDb !== null) matchTries = 0
  else if (matchTries++ < MATCH_TRIES)
    matching = window.setTimeout(() => auditionStore.getState().heard?.id === COMP && listenTo(COMP), MATCH_MS)
}

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
  const { atFrame } = wish
  const reply =
    wish.kind === 'comp'
      ? await request('audition.comp', { uid, lanes: wish.lanes.map((lane) => ({ ...lane })), atFrame })
      : await request('audition.start', { uid, id: wish.id, atFrame })
  // A newer wish is under way: main has let go of this one.
  if (mine !== turn) return
  if (reply.ok) {
    const state = 'state' in reply.value ? reply.value.state : reply.value
    place(state.frame)
    auditionStore.setState({ isPlaying: state.isPlaying, isStarting: false })
    if ('gainDb' in reply.value) takeCompGain(reply.value.gainDb)
    return
  }
  const isCancelled = reply.error.code.endsWith('cancelled')
  // What sounded before would go on: it is not what is asked for any more.
  if (wish.kind === 'comp' && !isCancelled) void request('audition.end', { uid })
  auditionStore.setState({
    heard: null,
    isPlaying: false,
    isStarting: false,
    ...(wish.kind === 'comp' && !isCancelled ? { compProblem: reply.error } : {}),
  })
  if (wish.kind !== 'comp' && !isCancelled) toastProblem(reply.error)
}

/** Sends the newest wish, at once unless one was sent just now. */
const wishFor = (wish: Wish): void => {
  clearTimeout(soon)
  const wait = wish.kind === 'end' ? 0 : PACE_MS - (performance.now() - askedAt)
  if (wait <= 0) void ask(wish)
  else soon = window.setTimeout(() => void ask(wish), wait)
}

/** Where the remix that is comped ends, and how time runs in its comp: `ratio` is that of its tempo to the remix's. */
const compTime = () => {
  const { run, rows, stretches } = variationStore.getState()
  const { confirmed } = remixStore.getState()
  if (!run || !confirmed.has('remix')) return null
  const { tempo } = remixOf(confirmed)
  const endTick = Math.max(1, lastTick(confirmed))
  const lanes = stretches ?? wholeOriginal(endTick)
  // Only what runs at one tempo can be put together: the first stretch tells it.
  const first = rows.get(lanes[0]?.id ?? '')
  const ratio = first ? first.bpm / ((tempo[0]?.milliBpm ?? 120_000) / 1000) : 1
  return { tempo, endTick, lanes, ratio }
}

/** Frame of the comp that a position of the remix is heard at. */
const compFrame = (atTick: number): number => {
  const time = compTime()
  return time ? Math.round(frameAt(time.tempo, tick(Math.max(0, Math.round(atTick))), SAMPLE_RATE) / time.ratio) : 0
}

/** Position of the remix, in ticks, that sounds now; of a variation in another tempo as well. */
export const heardTick = (): number | null => {
  const { heard } = auditionStore.getState()
  const time = compTime()
  if (!time) return null
  const { rows } = variationStore.getState()
  const own = rows.get(heard?.id ?? '')
  const bpm = (time.tempo[0]?.milliBpm ?? 120_000) / 1000
  const ratio = heard?.id === COMP || heard === null ? time.ratio : own ? own.bpm / bpm : 1
  return tickAtFrame(time.tempo, frameOf(Math.round(auditionFrame())), SAMPLE_RATE) * ratio
}

/** The whole of the remix, as its comp plays it. */
export const wholeRange = (): PreviewRange => {
  const time = compTime()
  return { fromFrame: 0, toFrame: Math.max(1, time ? compFrame(time.endTick) : 1) }
}

const rangeOf = (id: string | null): { readonly fromFrame: number; readonly toFrame: number } | null => {
  const { run, rows } = variationStore.getState()
  if (!run) return null
  const row = id === null ? undefined : rows.get(id)
  return row ? rangeOfRow(run.range, row) : run.range
}

/** Plays a variation, the comp, or the original with null. Where something sounds already it takes over in place; else it starts where listening stopped. */
export const listenTo = (id: string | null, fromStart = false): void => {
  const { heard, isPlaying, last } = auditionStore.getState()
  // Against a comp, the original is heard as a whole, too.
  const isWhole = id === COMP || (id === null && heard?.isWhole === true)
  const range = isWhole ? wholeRange() : rangeOf(id)
  if (!range) return
  const isGoingOn = heard !== null && isPlaying && !fromStart
  const isInside = at.frame > range.fromFrame && at.frame < range.toFrame - SAMPLE_RATE
  // From a comp to a preview: the preview may lie elsewhere.
  const isApart = heard?.isWhole === true && !isWhole && !isInside
  const atFrame = isGoingOn && !isApart ? null : isInside && !fromStart ? Math.round(at.frame) : startOf(id, range)
  auditionStore.setState({ heard: { id, isWhole }, isStarting: true, last: id ?? last, compProblem: null })
  wishFor(isWhole ? { kind: 'comp', lanes: lanesOf(id), atFrame } : { kind: 'start', id, atFrame })
}

/** Where listening begins that was not stopped anywhere: of a comp, where its first variation does. */
const startOf = (id: string | null, { fromFrame }: PreviewRange): number => {
  const chosen = id === COMP ? variationStore.getState().stretches?.find((stretch) => stretch.id !== null) : undefined
  return chosen ? compFrame(chosen.fromTick) : fromFrame
}

const lanesOf = (id: string | null): readonly Stretch[] => {
  const time = compTime()
  const endTick = time?.endTick ?? 1
  return id === COMP ? (time?.lanes ?? wholeOriginal(endTick)) : wholeOriginal(endTick)
}

/** Plays the comp from a position of the remix. */
export const listenToComp = (fromTick: number): void => {
  auditionStore.setState({ heard: { id: COMP, isWhole: true }, isStarting: true, last: COMP, compProblem: null })
  wishFor({ kind: 'comp', lanes: lanesOf(COMP), atFrame: compFrame(fromTick) })
}

/** Plays the comp from where it stopped, or ends listening to it. */
export const toggleComp = (): void => {
  matchTries = 0
  if (auditionStore.getState().heard?.id === COMP) endListening()
  else listenTo(COMP)
}

/** Plays from a part 0..1 of a variation's preview. */
export const listenFrom = (id: string | null, part: number): void => {
  const range = rangeOf(id)
  if (!range) return
  const { last } = auditionStore.getState()
  auditionStore.setState({ heard: { id, isWhole: false }, isStarting: true, last: id ?? last })
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

/** Whether Space means the comp: its lanes have the focus, or it was heard last. */
const isCompMeant = (): boolean =>
  variationStore.getState().isComping && (auditionStore.getState().last === COMP || document.activeElement?.closest('.vcomp') != null)

/** Space: stops, or plays what is chosen. */
export const toggleListeningNow = (): void => {
  if (auditionStore.getState().heard !== null) endListening()
  else if (isCompMeant()) listenTo(COMP)
  else listenTo(activeRow(variationStore.getState())?.id ?? auditionStore.getState().last)
}

/** Plays while browsing, if that is wanted. */
export const browseTo = (id: string): void => {
  if (isListening() && auditionStore.getState().heard?.id !== id) listenTo(id)
}

const say = (id: string | null): void => {
  const row = id === null ? null : variationStore.getState().rows.get(id)
  announce(id === COMP ? 'Now the comp' : row ? `Now ${nameOf(row)}` : 'Now the original')
}

/** The variation that a comparison calls A: what is chosen, else what was heard last. */
export const sideA = (): string | null => {
  const { last } = auditionStore.getState()
  return activeRow(variationStore.getState())?.id ?? (last === COMP ? null : last)
}

/** X: between a variation and the original. */
export const compareOriginal = (): void => {
  const { heard, last } = auditionStore.getState()
  const { rows } = variationStore.getState()
  const variation = last !== null && (rows.has(last) || last === COMP) ? last : sideA()
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
  if (id === COMP) return auditionStore.getState().compGainDb ?? 0
  const { run, rows } = variationStore.getState()
  return id === null ? 0 : matchedGainDb(rows.get(id)?.preview?.integratedLufs, run?.original?.integratedLufs)
}

/** The lanes were closed: nobody sees what a comp is made of any more. */
const leaveComp = (): void => {
  const { heard, last } = auditionStore.getState()
  if (heard?.isWhole === true) endListening()
  auditionStore.setState({ last: last === COMP ? null : last, compProblem: null })
}

/** What was heard has left the sheet, since it was rejected: the one that is chosen now goes on in its place. */
const leaveRejected = (state: VariationsState, before: VariationsState): void => {
  const id = auditionStore.getState().heard?.id
  if (id == null || state.rows.get(id)?.mark !== 'rejected' || before.rows.get(id)?.mark === 'rejected') return
  if (sheetRows(state).some((row) => row.id === id)) return
  const next = activeRow(state)
  if (next) listenTo(next.id)
  else endListening()
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
  // Two things at once help nobody: the remix takes over, and so do notes that are listened to.
  transportStore.subscribe((state, before) => {
    if (state.isPlaying && !before.isPlaying) endListening()
  })
  notesListening.subscribe((state, before) => {
    if (state.isOn && !before.isOn) endListening()
  })
  variationStore.subscribe((state, before) => {
    if (state.rows !== before.rows) leaveRejected(state, before)
    if (state.uid !== before.uid) {
      endListening()
      auditionStore.setState({ last: null, compProblem: null })
    } else if (before.isComping && !state.isComping) leaveComp()
    else if (state.stretches !== before.stretches) {
      // What was changed is heard at once, where it is.
      if (auditionStore.getState().heard?.id === COMP) listenTo(COMP)
      else auditionStore.setState({ compProblem: null })
    }
  })
}
