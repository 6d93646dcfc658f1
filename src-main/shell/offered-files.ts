// Files that a user dropped on the window: preload sends the path here, the page gets a token that works once.
import { randomUUID } from 'node:crypto'
import { type BrowserWindow, ipcMain } from 'electron'

const MAX_OFFERED = 200

export class OfferedFiles {
  readonly #paths = new Map<string, string>()

  constructor(window: BrowserWindow) {
    ipcMain.handle('stemma:offer-file', (event, path: unknown) => {
      if (event.sender !== window.webContents || typeof path !== 'string' || path.length > 4_096) return null
      return this.add(path)
    })
    window.on('closed', () => ipcMain.removeHandler('stemma:offer-file'))
  }

  /** A token for a path. */
  add(path: string): string {
    if (this.#paths.size >= MAX_OFFERED) this.#paths.delete(this.#paths.keys().next().value ?? '')
    const token = randomUUID()
    this.#paths.set(token, path)
    return token
  }

  /** The path behind a token, once. */
  take(token: string): string | undefined {
    const path = this.#paths.get(token)
    this.#paths.delete(token)
    return path
  }
}
