// Which panels around the arrangement are open. A narrow window folds the library away by itself, so that the lanes keep their room.
import type { PanelImperativeHandle } from 'react-resizable-panels'
import { useStore } from 'zustand'
import { createStore } from 'zustand/vanilla'

export type PanelName = 'library' | 'below' | 'inspector'

/** Below this width of the window the library folds away; the rail still leads to all works. */
export const NARROW_WINDOW = '(max-width: 1180px)'

const handles = new Map<PanelName, PanelImperativeHandle>()
const panelsStore = createStore<Readonly<Record<PanelName, boolean>>>(() => ({ library: true, below: true, inspector: true }))

/** Whether a panel is open. */
export const usePanelOpen = (name: PanelName): boolean => useStore(panelsStore, (panels) => panels[name])

/** A ref that makes a panel known while it is mounted. */
export const panelRef =
  (name: PanelName) =>
  (handle: PanelImperativeHandle | null): void => {
    if (handle) handles.set(name, handle)
    else handles.delete(name)
  }

/** Reads whether a panel is open; called whenever its size changed. */
export const notePanel = (name: PanelName): void => {
  const isOpen = handles.get(name)?.isCollapsed() !== true
  if (panelsStore.getState()[name] !== isOpen) panelsStore.setState({ [name]: isOpen })
}

/** Folds a panel away or opens it as wide as it was. */
export const togglePanel = (name: PanelName): void => {
  const handle = handles.get(name)
  if (handle?.isCollapsed()) handle.expand()
  else handle?.collapse()
}

/** Folds the library away while the window is narrow and brings back what was folded by this; returns the way to stop. */
export const foldWhileNarrow = (): (() => void) => {
  const query = window.matchMedia(NARROW_WINDOW)
  let hasFolded = false
  const apply = (): void => {
    const library = handles.get('library')
    if (!library || library.isCollapsed() === query.matches) return
    if (query.matches) library.collapse()
    else if (hasFolded) library.expand()
    hasFolded = query.matches
  }
  apply()
  query.addEventListener('change', apply)
  return () => query.removeEventListener('change', apply)
}
