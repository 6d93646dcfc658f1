// Handing a variation in for approval: an approval is of the remix as it is, so the variation becomes the remix first.
import { openSheet, showScreen, stop, transportStore } from '../state/index.ts'
import { endListening } from './audition.ts'
import { applyVariation } from './variation-store.ts'

/** Applies a variation and opens the sheet that submits the remix. */
export const submitVariation = async (id: string): Promise<void> => {
  endListening()
  if (transportStore.getState().isPlaying) stop()
  if (!(await applyVariation(id))) return
  showScreen('remix')
  openSheet('submit')
}
