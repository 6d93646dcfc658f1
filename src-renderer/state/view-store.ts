// What is seen and chosen: selection, zoom, scroll, screen. View state only: never an undo step, never sent to main.
import { useStore } from 'zustand'
import { createStore } from 'zustand/vanilla'

export type Screen = 'library' | 'remix' | 'variations' | 'verify' | 'ledger' | 'approvals'
export type Sheet = 'export' | 'settings' | 'palette' | 'help' | 'submit' | 'plugins' | null
export type BottomTab = 'mixer' | 'variations' | 'lineage' | 'history' | 'ledger'

export interface OpenLane {
  readonly ownerId: string
  readonly param: string
  /** What only a plugin knows of its parameter. */
  readonly shape?: { readonly label: string; readonly min: number; readonly max: number; readonly value: number }
}

export interface ViewState {
  readonly screen: Screen
  readonly sheet: Sheet
  readonly bottomTab: BottomTab
  /** Chosen clips, in the order they were chosen; the last is the one the inspector names. */
  readonly clipIds: readonly string[]
  readonly trackId: string | null
  readonly deviceId: string | null
  /** Pixels per tick. */
  readonly scale: number
  /** Automation lanes that are open: parameter by track. */
  readonly lanes: Readonly<Record<string, OpenLane>>
  /** The track a device is being chosen for; with `replaces`, the device whose place it takes. */
  readonly picking: { readonly trackId: string; readonly replaces: string | null } | null
  /** The plugin whose editor is open in a sheet of its own. */
  readonly editing: string | null
  /** A clip or track whose name is being typed. */
  readonly renaming: string | null
}

export const viewStore = createStore<ViewState>(() => ({
  screen: 'library',
  sheet: null,
  bottomTab: 'mixer',
  clipIds: [],
  trackId: null,
  deviceId: null,
  scale: 0.02,
  lanes: {},
  picking: null,
  editing: null,
  renaming: null,
}))

export const useView = <T>(select: (state: ViewState) => T): T => useStore(viewStore, select)

export const showScreen = (screen: Screen): void => viewStore.setState({ screen, sheet: null })
export const openSheet = (sheet: Sheet): void => viewStore.setState({ sheet })

/** Chooses clips; the track of the last one is given by the caller. */
export const selectClips = (clipIds: readonly string[], trackId?: string | null): void =>
  viewStore.setState({ clipIds, deviceId: null, ...(trackId === undefined ? {} : { trackId }) })

export const selectTrack = (trackId: string | null): void =>
  viewStore.setState((view) => ({ trackId, clipIds: [], deviceId: view.trackId === trackId ? view.deviceId : null }))

/** Forgets everything that belongs to one remix. */
export const resetView = (): void =>
  viewStore.setState({ clipIds: [], trackId: null, deviceId: null, lanes: {}, picking: null, editing: null, renaming: null })
