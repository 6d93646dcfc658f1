// Re-voicing a stem: its notes, found by a model or taken from the sound the clip plays, corrected by hand, for an instrument. Applied as one step.
import { useStore } from 'zustand'
import { createStore } from 'zustand/vanilla'
import { harmonise, readKey } from '../../src-shared/music/index.ts'
import { type Clip, type EditCommand, milliBpmAt, type Note, recordOf, recordsOf, remixOf } from '../../src-shared/remix/index.ts'
import type { Problem } from '../../src-shared/std/index.ts'
import { announce } from '../parts/index.ts'
import { cancelListening, edit, listen, newId, remixStore, request, settledSnapshot, viewStore } from '../state/index.ts'

export interface RevoiceState {
  /** The clip it was opened from; null while closed. */
  readonly clipId: string | null
  readonly stemId: string
  readonly title: string
  readonly milliBpm: number
  readonly beatsPerBar: number
  readonly phase: 'ask' | 'finding' | 'ready' | 'failed'
  readonly problem: Problem | null
  readonly notes: readonly Note[]
  /** URN of the model that found them; null where a person wrote them. */
  readonly model: string | null
  readonly modelName: string | null
  readonly chosen: ReadonlySet<number>
  /** Earlier and later states of the notes, for undo inside the roll. */
  readonly past: readonly (readonly Note[])[]
  readonly future: readonly (readonly Note[])[]
  readonly instrument: string
  readonly params: Readonly<Record<string, number>>
  readonly isForAll: boolean
  /** The made sound that is edited, where the clip plays one already. */
  readonly soundId: string | null
}

const CLOSED: RevoiceState = {
  clipId: null,
  stemId: '',
  title: '',
  milliBpm: 120_000,
  beatsPerBar: 4,
  phase: 'ask',
  problem: null,
  notes: [],
  model: null,
  modelName: null,
  chosen: new Set(),
  past: [],
  future: [],
  instrument: 'e-piano',
  params: {},
  isForAll: true,
  soundId: null,
}

export const revoiceStore = createStore<RevoiceState>(() => CLOSED)

export const useRevoice = <T>(select: (state: RevoiceState) => T): T => useStore(revoiceStore, select)

/** Opens the sheet for a clip: with the notes it plays, or with the offer to find those of its stem. */
export const openRevoice = (clip: Clip): void => {
  const snapshot = settledSnapshot()
  const stem = recordOf(snapshot, 'stem', clip.stemId)
  if (!stem) return
  const { tempo, meter } = remixOf(snapshot)
  const sound = clip.soundId === undefined ? undefined : recordOf(snapshot, 'sound', clip.soundId)
  const base: RevoiceState = {
    ...CLOSED,
    clipId: clip.id,
    stemId: stem.id,
    title: stem.title,
    milliBpm: clip.warp?.milliBpm ?? recordOf(snapshot, 'work', stem.workId)?.milliBpm ?? milliBpmAt(tempo, clip.startTick),
    beatsPerBar: meter[0] ? (meter[0].numerator * 4) / meter[0].denominator : 4,
    instrument: stem.role === 'bass' ? 'bass-round' : 'e-piano',
  }
  if (sound?.make.kind !== 'notes') {
    revoiceStore.setState(base)
    return
  }
  const { notes, instrument, model } = sound.make
  revoiceStore.setState({
    ...base,
    phase: 'ready',
    notes,
    model,
    instrument: instrument.name,
    params: instrument.params,
    soundId: sound.id,
  })
}

export const closeRevoice = (): void => {
  if (revoiceStore.getState().phase === 'finding') cancelListening()
  revoiceStore.setState(CLOSED)
}

/** Has the model find the notes. */
export const findNotes = async (): Promise<void> => {
  const { stemId, title } = revoiceStore.getState()
  revoiceStore.setState({ phase: 'finding', problem: null })
  const reply = await listen(stemId, `Finding the notes of ${title}`, (uid) => request('revoice.transcribe', { uid, stem: stemId }))
  if (revoiceStore.getState().stemId !== stemId || !reply) return
  if (!reply.ok) {
    const isCancelled = reply.error.code.endsWith('.cancelled') || reply.error.code === 'engine.cancelled'
    revoiceStore.setState(isCancelled ? { phase: 'ask' } : { phase: 'failed', problem: reply.error })
    return
  }
  const { notes, model } = reply.value
  if (notes.length === 0) {
    const message = `The model heard no notes in ${title}: nothing in it holds a pitch for long enough. Write them yourself, or choose another stem.`
    revoiceStore.setState({ phase: 'failed', problem: { code: 'notes.none', message } })
    return
  }
  revoiceStore.setState({ phase: 'ready', notes, model: model.urn, modelName: `${model.name} ${model.version}`, past: [], future: [] })
  announce(`${notes.length} notes found`)
}

/** Begins with no notes: whatever is played then was written by hand. */
export const startEmpty = (): void => revoiceStore.setState({ phase: 'ready', notes: [], model: null })

const MAX_STEPS = 200

/** Takes over changed notes as a step of its own. */
export const setNotes = (notes: readonly Note[], chosen: ReadonlySet<number> = revoiceStore.getState().chosen): void =>
  revoiceStore.setState((state) =>
    state.notes === notes ? { chosen } : { notes, chosen, past: [...state.past, state.notes].slice(-MAX_STEPS), future: [] },
  )

export const chooseNotes = (chosen: ReadonlySet<number>): void => revoiceStore.setState({ chosen })

export const undoNotes = (): void =>
  revoiceStore.setState(({ past, notes, future }) => {
    const before = past.at(-1)
    return before ? { notes: before, past: past.slice(0, -1), future: [notes, ...future], chosen: new Set() } : {}
  })

export const redoNotes = (): void =>
  revoiceStore.setState(({ past, notes, future }) => {
    const [next, ...rest] = future
    return next ? { notes: next, past: [...past, notes], future: rest, chosen: new Set() } : {}
  })

export const setInstrument = (instrument: string): void => revoiceStore.setState({ instrument })
export const setInstrumentParam = (name: string, value: number): void =>
  revoiceStore.setState(({ params }) => ({ params: { ...params, [name]: value } }))
export const setForAll = (isForAll: boolean): void => revoiceStore.setState({ isForAll })

/** Moves the notes into another key: each degree becomes the same degree of it where the remix's key is known. */
export const reharmonise = (key: string): void => {
  const to = readKey(key)
  const { key: now } = remixOf(settledSnapshot())
  if (to) setNotes(harmonise(revoiceStore.getState().notes, { from: now === null ? null : (readKey(now) ?? null), to }), new Set())
}

/** Clips that will play the notes. */
export const concernedClips = ({ clipId, stemId, isForAll }: Pick<RevoiceState, 'clipId' | 'stemId' | 'isForAll'>): readonly string[] => {
  if (clipId === null) return []
  return isForAll ? recordsOf(settledSnapshot(), 'clip').flatMap((clip) => (clip.stemId === stemId ? [clip.id] : [])) : [clipId]
}

/** The edits that put the notes into the remix. */
export const revoiceCommands = (state: RevoiceState): { readonly commands: readonly EditCommand[]; readonly label: string } => {
  const notes = [...state.notes].sort((left, right) => left.startFrame - right.startFrame || left.pitch - right.pitch)
  const make = { kind: 'notes' as const, instrument: { name: state.instrument, params: { ...state.params } }, notes, model: state.model }
  const soundId = state.soundId ?? newId()
  const made: EditCommand =
    state.soundId === null
      ? { op: 'sound.add', id: soundId, stemId: state.stemId, name: `${state.title}, re-voiced`, make }
      : { op: 'sound.set', soundId, make }
  return {
    commands: [made, { op: 'clip.sound', clipIds: [...concernedClips(state)], soundId }],
    label: `Re-voice ${state.title}`,
  }
}

/** Puts the notes into the remix as one undo step. Main may refuse by the licence; then the sheet stays open and the words stand in it. */
export const applyRevoice = async (): Promise<void> => {
  const state = revoiceStore.getState()
  if (state.clipId === null || remixStore.getState().uid === null) return
  const { commands, label } = revoiceCommands(state)
  if (await edit(commands, label)) {
    closeRevoice()
    announce(`${state.title} is played anew; its sound is being prepared`)
  }
}

/** Lets clips play their stem again. */
export const playStemAgain = (clip: Clip): void => {
  const { clipIds } = viewStore.getState()
  const ids = clipIds.includes(clip.id) ? [...clipIds] : [clip.id]
  void edit([{ op: 'clip.sound', clipIds: ids, soundId: null }], 'Play the stem again')
}
