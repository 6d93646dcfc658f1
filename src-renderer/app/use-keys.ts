// Keys to commands. Ignored while typing; dialogs and menus keep their own keys.
import { useEffect } from 'react'
import { viewStore } from '../state/index.ts'
import { HOLDING_ROLES, isTakenByRole } from './key-rules.ts'
import { canRun, COMMANDS, type Command, runCommand } from './commands.ts'

/** Commands by keys; one key may mean another thing in another place. */
const byKeys = new Map<string, Command[]>()
for (const command of COMMANDS) {
  for (const keys of command.keys) byKeys.set(keys.toLowerCase(), [...(byKeys.get(keys.toLowerCase()) ?? []), command])
}

/** A key event as `mod+shift+z`. Signs that need Shift (`?`, `+`) are named by what they write. */
export const keyText = (event: Pick<KeyboardEvent, 'key' | 'code' | 'ctrlKey' | 'metaKey' | 'altKey' | 'shiftKey'>): string => {
  const key = event.key === ' ' ? 'space' : event.key.toLowerCase()
  const isSign = key.length === 1 && !/[a-z0-9]/.test(key)
  return [event.ctrlKey || event.metaKey ? 'mod' : '', event.altKey ? 'alt' : '', event.shiftKey && !isSign ? 'shift' : '', key]
    .filter(Boolean)
    .join('+')
}

const isTyping = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement &&
  (target.isContentEditable ||
    target instanceof HTMLTextAreaElement ||
    target instanceof HTMLSelectElement ||
    (target instanceof HTMLInputElement && !/^(checkbox|radio|range|button)$/.test(target.type)))

/** Whether the focused element answers this key itself. */
const isTaken = (event: KeyboardEvent): boolean => {
  const { target } = event
  if (!(target instanceof HTMLElement)) return false
  const role = target.closest(HOLDING_ROLES)?.getAttribute('role')
  if (role && isTakenByRole(role, event)) return true
  const isControl = target.matches('button, a, [role="button"], [role="spinbutton"], [role="slider"], [role="separator"], [role="option"]')
  if (event.key === 'Enter') return isControl
  // Space plays wherever the focus rests after a click on a button, unless the keyboard put it there.
  if (event.key === ' ') return isControl && target.matches(':focus-visible')
  return event.key.startsWith('Arrow') && target.matches('[role="separator"], [role="slider"], [role="spinbutton"]')
}

/** Installs the keys and the app menu's commands. */
export const useKeys = (): void => {
  useEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      if (event.defaultPrevented || isTyping(event.target) || isTaken(event)) return
      const command = byKeys.get(keyText(event))?.find(canRun)
      if (!command) return
      if (viewStore.getState().sheet !== null) return
      event.preventDefault()
      command.run()
    }
    window.addEventListener('keydown', onKey)
    const stop = window.stemma.on('menu.command', ({ command }) => runCommand(command))
    return () => {
      window.removeEventListener('keydown', onKey)
      stop()
    }
  }, [])
}
