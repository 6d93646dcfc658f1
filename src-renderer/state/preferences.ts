// Preferences: kept by main, mirrored here. Changes apply at once and are written behind.
import { useStore } from 'zustand'
import { createStore } from 'zustand/vanilla'
import type { Preferences } from '../../src-shared/protocol/index.ts'
import type { SnapGrid } from '../../src-shared/remix/index.ts'
import { applyTheme } from '../theme/index.ts'
import { request } from './bridge.ts'

/** What applies until main has answered. */
const STANDARD: Preferences = {
  theme: 'dark',
  snap: '1/16',
  ripple: 'off',
  followPlayhead: true,
  panels: {},
  loudnessTargetLufs: -14,
  creditsSheet: false,
}

export const preferencesStore = createStore<Preferences>(() => STANDARD)

export const usePreference = <K extends keyof Preferences>(key: K): Preferences[K] => useStore(preferencesStore, (state) => state[key])

/** Reads preferences once at start. */
export const loadPreferences = async (): Promise<void> => {
  const reply = await request('preferences.get', {})
  if (reply.ok) preferencesStore.setState({ ...STANDARD, ...reply.value })
  applyTheme(preferencesStore.getState().theme)
}

/** Changes preferences here and in main. */
export const setPreferences = (patch: Partial<Preferences>): void => {
  preferencesStore.setState(patch)
  if (patch.theme) applyTheme(patch.theme)
  void request('preferences.set', { patch: { ...patch } })
}

/** Sizes of panels as they were left, by panel; undefined unless all of them are known. */
export const rememberedLayout = (ids: readonly string[]): Record<string, number> | undefined => {
  const { panels } = preferencesStore.getState()
  const entries = ids.map((id) => [id, panels[id]] as const)
  return entries.every(([, size]) => typeof size === 'number')
    ? Object.fromEntries(entries.map(([id, size]) => [id, size ?? 0]))
    : undefined
}

/** Keeps the sizes of panels. */
export const rememberLayout = (layout: Readonly<Record<string, number>>): void => {
  const { panels } = preferencesStore.getState()
  if (Object.entries(layout).some(([id, size]) => Math.abs((panels[id] ?? -1) - size) > 0.05))
    setPreferences({ panels: { ...panels, ...layout } })
}

const GRIDS: readonly SnapGrid[] = ['off', 'bar', 'beat', '1/8', '1/16', '1/32', '1/8t', '1/16t']

/** Snap grids with their words. */
export const SNAP_CHOICES: readonly { readonly value: SnapGrid; readonly label: string }[] = [
  { value: 'bar', label: 'Bar' },
  { value: 'beat', label: 'Beat' },
  { value: '1/8', label: '1/8' },
  { value: '1/16', label: '1/16' },
  { value: '1/32', label: '1/32' },
  { value: '1/8t', label: '1/8 triplet' },
  { value: '1/16t', label: '1/16 triplet' },
  { value: 'off', label: 'Off' },
]

/** The snap grid as a preference says it; unknown words are off. */
export const snapGridOf = (snap: string): SnapGrid => GRIDS.find((grid) => grid === snap) ?? 'off'

/** Switches snap off, and on again with the grid that was set last. */
export const toggleSnap = (): void => {
  const { snap, lastSnap } = preferencesStore.getState()
  if (snap !== 'off') setPreferences({ snap: 'off', lastSnap: snap })
  else setPreferences({ snap: typeof lastSnap === 'string' && lastSnap !== 'off' ? lastSnap : '1/16' })
}
