// The bridge between the sandboxed window and the app: one file, and the only names the window is given.
import { contextBridge, ipcRenderer, webUtils } from 'electron'
import type { StemmaBridge } from '../src-shared/protocol/index.ts'

const ENGINE_MESSAGE = 'stemma-engine-port'

type Listener = (event: unknown) => void
const listeners = new Map<string, Set<Listener>>()

ipcRenderer.on('stemma:event', (_event, name: string, payload: unknown) => {
  for (const listener of listeners.get(name) ?? []) listener(payload)
})

// A MessagePort cannot cross the context bridge; the page receives it as a message to its own window.
ipcRenderer.on('stemma:engine-port', (event) => {
  window.postMessage({ type: ENGINE_MESSAGE }, '*', event.ports)
})

const bridge: StemmaBridge = {
  engineMessage: ENGINE_MESSAGE,
  request: (name, payload) => ipcRenderer.invoke('stemma:request', name, payload),
  on: (name, listener) => {
    const set = listeners.get(name) ?? new Set<Listener>()
    listeners.set(name, set)
    set.add(listener as Listener)
    return () => set.delete(listener as Listener)
  },
  // The path goes straight to main and comes back as a token: the page never sees it. A file of the page's world is no `File` of this one.
  offerFile: async (file) => {
    let path: string
    try {
      path = webUtils.getPathForFile(file as File)
    } catch {
      return null
    }
    return path === '' ? null : ipcRenderer.invoke('stemma:offer-file', path)
  },
}

contextBridge.exposeInMainWorld('stemma', bridge)
