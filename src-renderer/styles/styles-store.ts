// What styles there are, which one is laid out with its settings, and what it would do. A proposal is asked anew whenever a setting or the remix changes.
import { useStore } from 'zustand'
import { createStore } from 'zustand/vanilla'
import type { ModelCard, StyleInfo, StyleOrder, StyleReport, WordsReport } from '../../src-shared/protocol/index.ts'
import type { Problem } from '../../src-shared/std/index.ts'
import { announce } from '../parts/index.ts'
import { remixStore, request, takeReply, toastDone, toastProblem } from '../state/index.ts'

export type Proposal =
  | { readonly state: 'none' }
  | { readonly state: 'asking'; readonly fraction: number; readonly label: string }
  | { readonly state: 'ready'; readonly report: StyleReport }
  | { readonly state: 'refused'; readonly problem: Problem }

export interface StylesState {
  readonly isOpen: boolean
  readonly styles: readonly StyleInfo[] | null
  readonly problem: Problem | null
  /** The style that is laid out; null shows the list. */
  readonly order: StyleOrder | null
  /** Name of an own style that was opened. */
  readonly ownName: string | null
  /** What it uses with its settings; null before that is known. */
  readonly needs: readonly string[] | null
  readonly proposal: Proposal
  readonly isApplying: boolean
  /** What the inputs of orders are called. */
  readonly inputTitles: Readonly<Record<string, string>>
  /** Models of the user's own; null before they were asked for. */
  readonly models: readonly ModelCard[] | null
  readonly wish: string
  readonly words: WordsReport | null
}

export const stylesStore = createStore<StylesState>(() => ({
  isOpen: false,
  styles: null,
  problem: null,
  order: null,
  ownName: null,
  needs: null,
  proposal: { state: 'none' },
  isApplying: false,
  inputTitles: {},
  models: null,
  wish: '',
  words: null,
}))

export const useStyles = <T>(select: (state: StylesState) => T): T => useStore(stylesStore, select)

/** How long typing and turning rest before main is asked. */
const REST_MS = 280

/** Styles whose working asks a trained model, so that it is said before they run. */
export const asksModel = ({ needs }: Pick<StyleInfo, 'needs'>): boolean =>
  needs.includes('notes') || needs.includes('phrases') || needs.includes('model')

/** Reads the list, once. */
export const loadStyles = async (): Promise<void> => {
  if (stylesStore.getState().styles !== null) return
  const reply = await request('styles.list', {})
  stylesStore.setState(reply.ok ? { styles: reply.value.styles, problem: null } : { problem: reply.error })
}

/** Opens or closes the panel. */
export const showStyles = (isOpen: boolean): void => {
  stylesStore.setState({ isOpen })
  if (isOpen) void loadStyles()
}

let turn = 0
let resting: ReturnType<typeof setTimeout> | undefined

const propose = async (): Promise<void> => {
  const mine = ++turn
  const { order } = stylesStore.getState()
  const { uid } = remixStore.getState()
  if (!order || uid === null) return
  stylesStore.setState({ proposal: { state: 'asking', fraction: 0, label: 'Working out what it would do' } })
  const used = await request('styles.needs', { uid, order })
  if (mine !== turn) return
  stylesStore.setState({ needs: used.ok ? used.value.needs : null })
  const reply = await request('styles.preview', { uid, order })
  if (mine !== turn) return
  stylesStore.setState({
    proposal: reply.ok ? { state: 'ready', report: reply.value } : { state: 'refused', problem: reply.error },
  })
}

const proposeSoon = (): void => {
  turn += 1
  clearTimeout(resting)
  resting = setTimeout(() => void propose(), REST_MS)
}

const lay = (order: StyleOrder | null, ownName: string | null = null): void => {
  const isSame = order !== null && order.style === stylesStore.getState().order?.style
  stylesStore.setState({ order, ownName, proposal: { state: 'none' }, ...(isSame ? {} : { needs: null }) })
  if (order) proposeSoon()
}

/** Lays out a style with its settings at their defaults. */
export const chooseStyle = ({ id, parameters }: StyleInfo): void =>
  lay({ style: id, params: Object.fromEntries(parameters.map((one) => [one.name, one.default])), seed: 1 })

/** Back to the list. */
export const leaveStyle = (): void => lay(null)

export const setParam = (name: string, value: number | string | boolean): void => {
  const { order, ownName } = stylesStore.getState()
  if (order) lay({ ...order, params: { ...order.params, [name]: value } }, ownName)
}

export const setSeed = (seed: number): void => {
  const { order, ownName } = stylesStore.getState()
  if (order) lay({ ...order, seed: Math.max(0, Math.min(0xffffffff, Math.round(seed))) }, ownName)
}

/** Other dice: the same style, another outcome. */
export const rollSeed = (): void => setSeed(crypto.getRandomValues(new Uint32Array(1))[0] ?? 1)

/** Names what a style reads beside the remix: a sound to match, or a model of one's own. `title` is what the panel calls it. */
export const setInput = (input: string, title: string): void => {
  const { order, ownName } = stylesStore.getState()
  if (!order) return
  stylesStore.setState({ inputTitles: { ...stylesStore.getState().inputTitles, [input]: title } })
  lay({ ...order, inputs: [input] }, ownName)
}

/** Picks an audio file to match. */
export const pickReference = async (): Promise<void> => {
  const reply = await request('styles.reference', { token: null })
  if (!reply.ok) toastProblem(reply.error)
  else if (reply.value) setInput(reply.value.sha256, reply.value.title)
}

/** The models there are, asked when a style first needs one. */
export const loadModels = async (): Promise<void> => {
  const reply = await request('models.list', {})
  if (reply.ok) stylesStore.setState({ models: reply.value.models })
  else toastProblem(reply.error)
}

/** Adds a model of the user's own; what is empty is taken from the file. */
export const addModel = async (stated: { readonly name: string; readonly version: string; readonly licence: string }): Promise<boolean> => {
  const said = (text: string): string | null => (text.trim() === '' ? null : text.trim())
  const reply = await request('models.add', {
    token: null,
    name: said(stated.name),
    version: said(stated.version),
    licence: said(stated.licence),
  })
  if (!reply.ok) {
    toastProblem(reply.error)
    return false
  }
  if (!reply.value) return false
  await loadModels()
  setInput(reply.value.sha256, reply.value.name)
  return true
}

/** Applies what is laid out as one undo step. */
export const applyLaidOut = async (): Promise<void> => {
  const { order, isApplying, styles, ownName } = stylesStore.getState()
  const { uid } = remixStore.getState()
  if (!order || uid === null || isApplying) return
  stylesStore.setState({ isApplying: true })
  const reply = await request('styles.apply', { uid, order })
  stylesStore.setState({ isApplying: false })
  if (!reply.ok) {
    stylesStore.setState({ proposal: { state: 'refused', problem: reply.error } })
    announce(reply.error.message)
    return
  }
  if (remixStore.getState().uid !== uid) return
  takeReply(reply.value.reply, false)
  const label = ownName ?? styles?.find(({ id }) => id === order.style)?.label ?? 'Style'
  const { leftOut } = reply.value.report
  toastDone(`${label} applied`, `${reply.value.report.summary}${leftOut.length > 0 ? ` ${leftOut.length} left out.` : ''}`)
}

let wording: ReturnType<typeof setTimeout> | undefined
let wordTurn = 0

/** Reads a wish while it is typed. */
export const setWish = (wish: string): void => {
  stylesStore.setState({ wish, ...(wish.trim() === '' ? { words: null } : {}) })
  clearTimeout(wording)
  const mine = ++wordTurn
  if (wish.trim() === '') {
    if (stylesStore.getState().order?.style === 'words') lay(null)
    return
  }
  wording = setTimeout(async () => {
    const { uid } = remixStore.getState()
    if (uid === null) return
    const reply = await request('styles.words', { uid, text: wish })
    if (mine !== wordTurn) return
    if (!reply.ok) return toastProblem(reply.error)
    stylesStore.setState({ words: reply.value })
  }, REST_MS)
}

/** Lays out the wish as a style. */
export const layOutWish = (): void => {
  const { wish, words } = stylesStore.getState()
  if (!words?.isUsable) return
  lay({ style: 'words', params: { text: wish, strength: 100 }, seed: 1 })
  stylesStore.setState({ needs: words.needs })
}

/** Opens a style file and lays it out. */
export const openStyleFile = async (token: string | null = null): Promise<void> => {
  const reply = await request('styles.open', { token })
  if (!reply.ok) return toastProblem(reply.error)
  if (reply.value) lay(reply.value.order, reply.value.name)
}

/** Saves what is laid out, or with nothing laid out all styles that were run on the remix, as a style of the user's own. */
export const saveStyleFile = async (name: string): Promise<void> => {
  const { order } = stylesStore.getState()
  const { uid } = remixStore.getState()
  if (uid === null || name.trim() === '') return
  const reply = await request('styles.save', { uid, name: name.trim(), orders: order ? [order] : null })
  if (!reply.ok) return toastProblem(reply.error)
  if (reply.value) toastDone('Style saved', reply.value.fileName)
}

/** Keeps the proposal in step with the remix and with how listening goes. */
export const startStyles = (): void => {
  window.stemma.on('styles.progress', ({ fraction, label }) => {
    if (stylesStore.getState().proposal.state === 'asking') stylesStore.setState({ proposal: { state: 'asking', fraction, label } })
  })
  remixStore.subscribe((state, before) => {
    if (state.uid !== before.uid) lay(null)
    else if (state.confirmed !== before.confirmed && stylesStore.getState().order && stylesStore.getState().isOpen) proposeSoon()
  })
}
