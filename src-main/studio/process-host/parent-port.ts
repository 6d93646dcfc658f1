// The child's end: the same calls over `process.send` (Node) and `process.parentPort` (Electron's utility process).
import { saveCompiledCode } from './compiled-code.ts'

export interface ParentPort {
  postMessage(message: unknown): void
  onMessage(listener: (message: unknown) => void): void
}

/** Shape of Electron's `process.parentPort`, so that nothing here needs Electron's types. */
interface ElectronParentPort {
  postMessage(message: unknown): void
  on(event: 'message', listener: (event: { readonly data: unknown }) => void): void
}

/** The port to the process that started this one. Throws where there is none. The child leaves when the parent goes. */
export const parentPort = (): ParentPort => {
  const electron = (process as unknown as { readonly parentPort?: ElectronParentPort }).parentPort
  if (electron) {
    return {
      postMessage: (message) => electron.postMessage(message),
      onMessage: (listener) => electron.on('message', (event) => listener(event.data)),
    }
  }
  const send = process.send?.bind(process)
  if (!send) throw new Error('this program is started by Stemma, not by hand')
  process.on('disconnect', () => process.exit(0))
  saveCompiledCode()
  return {
    postMessage: (message) => {
      send(message)
    },
    onMessage: (listener) => {
      process.on('message', listener)
    },
  }
}
