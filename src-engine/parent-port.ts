// The engine's end of the channel to its owner: a utility process's port under Electron, the IPC channel of a plain child process elsewhere.
import * as module from 'node:module'

export interface MessageEnd {
  postMessage(message: unknown): void
  onMessage(listener: (message: unknown) => void): void
  onClose(listener: () => void): void
}

/** A message from the owner, with the window ports that came along (Electron only). */
export interface OwnerEnd extends MessageEnd {
  onPort(listener: (message: unknown, port: MessageEnd) => void): void
}

/** Electron's MessagePortMain and parentPort, as far as they are used; nothing here needs Electron's types. */
interface ElectronPort {
  postMessage(message: unknown): void
  on(event: 'message', listener: (event: { readonly data: unknown; readonly ports: readonly ElectronPort[] }) => void): void
  on(event: 'close', listener: () => void): void
  start?(): void
}

const endOf = (port: ElectronPort): MessageEnd => ({
  postMessage: (message) => port.postMessage(message),
  onMessage: (listener) => {
    port.on('message', (event) => listener(event.data))
    port.start?.()
  },
  onClose: (listener) => port.on('close', listener),
})

/** Newer than the oldest runtime the app has to run on. */
const { flushCompileCache } = module as { readonly flushCompileCache?: () => void }
const FLUSH_MS = 1_000

/** The channel to whoever started this process. Throws where there is none. */
export const ownerPort = (): OwnerEnd => {
  const electron = (process as unknown as { readonly parentPort?: ElectronPort }).parentPort
  if (electron) {
    return {
      postMessage: (message) => electron.postMessage(message),
      onMessage: (listener) => electron.on('message', (event) => event.ports.length === 0 && listener(event.data)),
      onPort: (listener) =>
        electron.on('message', (event) => {
          for (const port of event.ports) listener(event.data, endOf(port))
        }),
      // A utility process is ended by Electron together with its owner.
      onClose: () => {},
    }
  }
  if (!process.send) throw new Error('the audio engine is started by Stemma, not by hand')
  const send = process.send.bind(process)
  // The engine is ended from outside, too late to save what it compiled.
  if (process.env.NODE_COMPILE_CACHE) setTimeout(() => flushCompileCache?.(), FLUSH_MS).unref()
  return {
    postMessage: (message) => {
      if (process.connected) send(message, undefined, undefined, () => {})
    },
    onMessage: (listener) => void process.on('message', listener),
    onPort: () => {},
    onClose: (listener) => void process.on('disconnect', listener),
  }
}
