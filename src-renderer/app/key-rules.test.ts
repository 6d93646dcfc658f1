import { describe, expect, it } from 'vitest'
import { isTakenByRole } from './key-rules.ts'

const press = (key: string, modifiers: { ctrlKey?: boolean; altKey?: boolean } = {}) => ({
  key,
  ctrlKey: false,
  metaKey: false,
  altKey: false,
  ...modifiers,
})

describe('keys that a focused element keeps', () => {
  it('leaves undo, save, play and tools to the app after a tab or a choice was clicked', () => {
    for (const role of ['tablist', 'radiogroup', 'listbox']) {
      expect(isTakenByRole(role, press('z', { ctrlKey: true }))).toBe(false)
      expect(isTakenByRole(role, press(' '))).toBe(false)
      expect(isTakenByRole(role, press('s'))).toBe(false)
      expect(isTakenByRole(role, press('?'))).toBe(false)
      expect(isTakenByRole(role, press('ArrowLeft', { altKey: true }))).toBe(false)
    }
  })

  it('lets arrows, Home and End move among tabs, choices and rows', () => {
    for (const role of ['tablist', 'radiogroup', 'listbox'])
      for (const key of ['ArrowLeft', 'ArrowDown', 'Home', 'End', 'PageDown']) expect(isTakenByRole(role, press(key))).toBe(true)
  })

  it('keeps every key in menus and dialogs', () => {
    for (const role of ['menu', 'dialog', 'alertdialog'])
      for (const event of [press('s'), press('z', { ctrlKey: true }), press('Delete')]) expect(isTakenByRole(role, event)).toBe(true)
  })
})
