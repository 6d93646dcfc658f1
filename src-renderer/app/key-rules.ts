// Which keys a focused element answers itself; the rest are the app's. A tab or choice that was clicked keeps the focus, and must not swallow Ctrl+Z.

/** Roles whose elements hold keys back from the app: those that hold all of them first. */
const TAKES_ALL: ReadonlySet<string> = new Set(['menu', 'dialog', 'alertdialog'])
const MOVES: ReadonlySet<string> = new Set(['ArrowLeft', 'ArrowRight', 'ArrowUp', 'ArrowDown', 'Home', 'End', 'PageUp', 'PageDown'])

/** Selector of the elements that `isTakenByRole` knows. */
export const HOLDING_ROLES = '[role="menu"], [role="dialog"], [role="alertdialog"], [role="tablist"], [role="radiogroup"], [role="listbox"]'

/** Whether an element of this role answers the key: menus and dialogs all, lists and tabs only what moves in them. */
export const isTakenByRole = (
  role: string,
  { key, ctrlKey, metaKey, altKey }: Pick<KeyboardEvent, 'key' | 'ctrlKey' | 'metaKey' | 'altKey'>,
): boolean => TAKES_ALL.has(role) || (MOVES.has(key) && !ctrlKey && !metaKey && !altKey)
