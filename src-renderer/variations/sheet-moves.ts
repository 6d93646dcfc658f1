// Keys move over the sheet that is on screen; only it knows how many columns there are.
export type SheetMove = 'left' | 'right' | 'up' | 'down' | 'pageUp' | 'pageDown' | 'first' | 'last'

interface Sheet {
  readonly move: (move: SheetMove, isExtending: boolean) => void
  readonly focus: () => void
}

let sheet: Sheet | null = null

/** The sheet on screen; returns the way to let go of it. */
export const registerSheet = (next: Sheet): (() => void) => {
  sheet = next
  return () => {
    if (sheet === next) sheet = null
  }
}

export const moveInSheet = (move: SheetMove, isExtending = false): void => sheet?.move(move, isExtending)
export const focusSheet = (): void => sheet?.focus()
