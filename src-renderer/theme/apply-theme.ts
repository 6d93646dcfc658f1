// Puts a theme on the page. Canvas drawings read their colours from the same tokens.
import type { Preferences } from '../../src-shared/protocol/index.ts'

/** Themes with the words that settings show. */
export const THEMES: readonly { readonly value: Preferences['theme']; readonly label: string }[] = [
  { value: 'dark', label: 'Dark' },
  { value: 'light', label: 'Light' },
  { value: 'contrast', label: 'High contrast' },
]

const listeners = new Set<() => void>()
let cache = new Map<string, string>()

/** Switches the page to a theme and tells canvases to draw anew. */
export const applyTheme = (theme: Preferences['theme']): void => {
  if (document.documentElement.dataset.theme === theme) return
  document.documentElement.dataset.theme = theme
  cache = new Map()
  for (const listener of listeners) listener()
}

let isWatchingRatio = false

/** A media query holds for one pixel ratio only: asked anew after each change. */
const watchRatio = (): void => {
  isWatchingRatio = true
  window.matchMedia(`(resolution: ${window.devicePixelRatio}dppx)`).addEventListener(
    'change',
    () => {
      for (const listener of listeners) listener()
      watchRatio()
    },
    { once: true },
  )
}

/** Calls back when what is drawn looks different now: after a change of theme, or of the screen's pixel ratio. Returns the way to stop. */
export const onLookChange = (listener: () => void): (() => void) => {
  listeners.add(listener)
  if (!isWatchingRatio) watchRatio()
  return () => listeners.delete(listener)
}

/** The value of a colour token (`--accent`) for drawing on a canvas. */
export const tokenColor = (name: string): string => {
  let value = cache.get(name)
  if (value === undefined) {
    value = getComputedStyle(document.documentElement).getPropertyValue(name).trim() || '#888888'
    cache.set(name, value)
  }
  return value
}
