// How the window tells: a toast for what happened elsewhere, a tip beside the pointer for what a gesture may not do.
import { toast } from 'sonner'
import { createStore } from 'zustand/vanilla'
import type { Problem } from '../../src-shared/std/index.ts'
import { announce } from '../parts/index.ts'

/** What a tip or a toast offers instead. */
export interface Alternative {
  readonly label: string
  readonly run: () => void
}

export interface Tip {
  readonly x: number
  readonly y: number
  readonly title: string
  readonly message: string
  readonly alternative: Alternative | null
  /** A tip of a running gesture goes with it; others stay a moment. */
  readonly isLive: boolean
}

/** The tip that floats beside the pointer, if any. */
export const tipStore = createStore<{ readonly tip: Tip | null }>(() => ({ tip: null }))

let pointer = { x: window.innerWidth / 2, y: window.innerHeight / 2 }
window.addEventListener('pointermove', (event) => (pointer = { x: event.clientX, y: event.clientY }), { passive: true, capture: true })
window.addEventListener('pointerdown', (event) => (pointer = { x: event.clientX, y: event.clientY }), { passive: true, capture: true })

/** Where the pointer was last, in window pixels. */
export const lastPointer = (): { readonly x: number; readonly y: number } => pointer

const TITLES: readonly (readonly [prefix: string, title: string])[] = [
  ['rights.', 'Not in the licence'],
  ['licence.', 'Not in the licence'],
  ['export.', 'Export stopped'],
  ['pull.', 'The pull stopped'],
  ['service.', 'The rights service'],
  ['engine.', 'Playback'],
  ['playback.', 'Playback'],
  ['stem.', 'Stem'],
  ['disk.', 'Disk'],
  ['file.', 'File'],
  ['verify.', 'Could not verify'],
  ['ledger.', 'Ledger'],
  ['sync.', 'Sync'],
  ['approval.', 'Approval'],
  ['pack.', 'Licence pack'],
  ['plugin', 'Plugin'],
  ['remix', 'Remix file'],
]

/** A short heading for a problem's code. */
export const titleOf = ({ code }: Problem): string => TITLES.find(([prefix]) => code.startsWith(prefix))?.[1] ?? 'Not possible here'

/** Shows a tip beside the pointer. */
export const showTip = (tip: Omit<Tip, 'x' | 'y' | 'isLive'> & { isLive?: boolean }): void => {
  const isLive = tip.isLive ?? false
  tipStore.setState({ tip: { ...tip, isLive, x: pointer.x, y: pointer.y } })
  if (!isLive) announce(`${tip.title}. ${tip.message}`)
}

export const hideTip = (): void => {
  if (tipStore.getState().tip) tipStore.setState({ tip: null })
}

/** Tells that something failed, out of the way of the work. */
export const toastProblem = (problem: Problem, alternative: Alternative | null = null): void => {
  toast.error(titleOf(problem), {
    id: problem.code,
    description: problem.message,
    duration: 9000,
    ...(alternative ? { action: { label: alternative.label, onClick: alternative.run } } : {}),
  })
}

/** Tells that something went well. */
export const toastDone = (title: string, description?: string, alternative: Alternative | null = null): void => {
  toast.success(title, {
    ...(description === undefined ? {} : { description }),
    ...(alternative ? { action: { label: alternative.label, onClick: alternative.run } } : {}),
  })
}
