// A key combination as keycaps.
const WORDS: Readonly<Record<string, string>> = {
  Mod: 'Ctrl',
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
    {keys.split('+').map((key, i) => (
      <kbd key={`${i}-${key}`}>{key === '' ? '+' : (WORDS[key] ?? key)}</kbd>
    ))}
  </span>
)
