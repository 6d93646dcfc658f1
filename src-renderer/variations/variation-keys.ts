// What keys and the palette do in the variations.
import { showScreen, viewStore } from '../state/index.ts'
import { comparePair, compareOriginal, toggleListeningNow } from './audition.ts'
import { moveInSheet, type SheetMove } from './sheet-moves.ts'
import { focusFind } from './sheet-toolbar.tsx'
import { focusTags, pairOf } from './variation-detail.tsx'
import {
  activeRow,
  applyVariation,
  generate,
  isRunning,
  mixVariations,
  setFilter,
  stopGenerating,
  toggleListening,
  toggleMark,
  variationStore,
} from './variation-store.ts'

/** Whether keys go to the variations: their screen is shown, or they have the focus below the arrangement. */
export const areVariationsActive = (): boolean => {
  const { screen } = viewStore.getState()
  return screen === 'variations' || (screen === 'remix' && document.activeElement?.closest('.variations') != null)
}

const withActive = (act: (id: string) => unknown): void => {
  const row = activeRow(variationStore.getState())
  if (row) void act(row.id)
}

/** By then another screen is drawn. */
const SCREEN_MS = 60

const tag = (): void => {
  if (viewStore.getState().screen === 'variations') focusTags()
  else {
    showScreen('variations')
    setTimeout(focusTags, SCREEN_MS)
  }
}

const mix = (): void => {
  const { rows, selection, pinned } = variationStore.getState()
  const pair = pairOf(rows, selection, pinned)
  if (pair) void mixVariations(pair[0].id, pair[1].id)
}

/** Out of one thing at a time: the comp lanes, a search, a choice. */
const leave = (): void => {
  const { isComping, filter } = variationStore.getState()
  if (isComping) variationStore.setState({ isComping: false })
  else if (filter.text !== '') setFilter({ text: '' })
  else variationStore.setState({ selection: [] })
}

export const variationKeys = {
  move: (move: SheetMove, isExtending = false) => moveInSheet(move, isExtending),
  listen: toggleListeningNow,
  original: compareOriginal,
  pair: comparePair,
  keep: () => void toggleMark('kept'),
  reject: () => void toggleMark('rejected'),
  tag,
  apply: () => withActive(applyVariation),
  mix,
  comp: () => variationStore.setState(({ isComping }) => ({ isComping: !isComping })),
  browse: toggleListening,
  find: focusFind,
  leave,
  generate: () => void (isRunning(variationStore.getState().run) ? stopGenerating() : generate()),
} as const
