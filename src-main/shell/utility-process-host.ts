// Children as Electron utility processes; the same contract as the plain Node host of the command line.
import { type MessagePortMain, utilityProcess } from 'electron'
import { type ChildPort, entryFile, type ForkOptions, type ProcessHost } from '../studio/index.ts'

/** A process whose threads wait for one another does not hear the polite request, and Electron lets two seconds pass before it insists. */
const KILL_PATIENCE_MS = 200

/** A child of the app that can also be handed one end of a message channel. */
export interface UtilityChild extends ChildPort {
  postPort(message: unknown, port: MessagePortMain): void
}

export interface UtilityProcessHost extends ProcessHost {
  fork(entry: Parameters<ProcessHost['fork']>[0], options?: ForkOptions): UtilityChild
}

export const createUtilityProcessHost = (): UtilityProcessHost => ({
  fork: (entry, options = {}) => {
    const child = utilityProcess.fork(entryFile(entry), [...(options.args ?? [])], {
      serviceName: `stemma-${entry}`,
      env: { ...process.env, ...options.env },
      stdio: options.output === 'ignore' ? 'ignore' : 'inherit',
    })
    let exit: { readonly code: number | null } | undefined
    child.on('exit', (code) => {
      exit = { code }
    })
    return {
      get pid() {
        return child.pid
      },
      postMessage: (message) => {
        if (!exit) child.postMessage(message)
      },
      postPort: (message, port) => child.postMessage(message, [port]),
      onMessage: (listener) => {
        child.on('message', listener)
        return () => child.off('message', listener)
      },
      onExit: (listener) => {
        if (exit) queueMicrotask(() => listener(exit ?? { code: null }))
        const leave = (code: number): void => listener({ code })
        child.on('exit', leave)
        return () => child.off('exit', leave)
      },
      kill: () => {
        const { pid } = child
        child.kill()
        setTimeout(() => {
          if (exit || pid === undefined) return
          try {
            process.kill(pid, 'SIGKILL')
          } catch {
            // It ended in this very moment.
          }
        }, KILL_PATIENCE_MS).unref()
      },
    }
  },
})
