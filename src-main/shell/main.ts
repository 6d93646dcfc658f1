// Entry of the app: one window. It owns no audio and no files; those live in the engine and the studio.
import { join } from 'node:path'
import { app, BrowserWindow, session } from 'electron'

const openWindow = async (): Promise<void> => {
  const window = new BrowserWindow({
    width: 1440,
    height: 900,
    minWidth: 960,
    minHeight: 600,
    show: false,
    backgroundColor: '#16161a',
    webPreferences: {
      preload: join(import.meta.dirname, '../preload/index.cjs'),
      contextIsolation: true,
      sandbox: true,
      nodeIntegration: false,
    },
  })
  // The window shows our own page and nothing else, whatever content tries.
  window.webContents.setWindowOpenHandler(() => ({ action: 'deny' }))
  window.webContents.on('will-navigate', (event) => event.preventDefault())
  window.once('ready-to-show', () => window.show())
  await window.loadFile(join(import.meta.dirname, '../renderer/index.html'))
}

const start = async (): Promise<void> => {
  await app.whenReady()
  session.defaultSession.setPermissionRequestHandler((_contents, _permission, decide) => decide(false))
  app.on('window-all-closed', () => app.quit())
  await openWindow()
}

start().catch((error: unknown) => {
  process.stderr.write(`Stemma could not start: ${String(error)}\n`)
  app.exit(1)
})
