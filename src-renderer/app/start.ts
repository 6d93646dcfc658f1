// Everything the window listens to, started once before the first drawing.
import { startApprovals } from '../approvals/index.ts'
import {
  loadPreferences,
  startExports,
  startLedger,
  startLibrary,
  startListening,
  startPlugins,
  startRemixSession,
  startTransport,
} from '../state/index.ts'
import { startAudition, startVariations } from '../variations/index.ts'
import { startStyles } from '../styles/index.ts'

/** Connects the window to main and to the engine. */
export const start = (): void => {
  void loadPreferences()
  startLibrary()
  startLedger()
  startRemixSession()
  startTransport()
  startExports()
  startListening()
  startPlugins()
  startStyles()
  startVariations()
  startAudition()
  startApprovals()
  // A file dropped beside a drop area would navigate the window away.
  window.addEventListener('dragover', (event) => event.preventDefault())
  window.addEventListener('drop', (event) => event.preventDefault())
}
