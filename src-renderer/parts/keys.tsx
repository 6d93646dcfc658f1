// A key combination as keycaps.
import { withKeys } from './with-keys.ts'

const isMac = navigator.platform.startsWith('Mac')

const WORDS: Readonly<Record<string, string>> = {
  Mod: isMac ? '⌘' : 'Ctrl',
  Alt: isMac ? '⌥' : 'Alt',
  Escape: 'Esc',
  PageUp: 'Page ↑',
  PageDown: 'Page ↓',
  ArrowLeft: '←',
  ArrowRight: '→',
  ArrowUp: '↑',
  ArrowDown: '↓',
  Delete: 'Del',
  Space: 'Space',
}

/** `Mod+Shift+Z` drawn as keycaps. */
export const Keys = ({ keys }: { keys: string }) => (
  <span className="keys">
    {withKeys(keys === '+' ? ['+'] : keys.split('+'), String).map(({ key: place, item: key }) => (
      <kbd key={place}>{WORDS[key] ?? key}</kbd>
    ))}
  </span>
)
