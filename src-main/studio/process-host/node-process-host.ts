// Children as plain Node processes: the command line and the tests.
import { fork } from 'node:child_process'
import { entryFile } from './entry-file.ts'
import type { ChildEntry, ChildExit, ChildPort, ForkOptions, ProcessHost } from './process-host.ts'

/** Children that were started before anyone asked for them, one of a kind. */
const ahead = new Map<ChildEntry, ChildPort>()

/** Starts a child that will surely be wanted: the next plain `fork` of that program takes it. */
export const forkAhead = (entry: ChildEntry): void => {
  if (!ahead.has(entry)) ahead.set(entry, start(entry, {}))
}

/** Ends those that nobody took; until then they hold this process open. */
export const endAhead = (): void => {
  for (const child of ahead.values()) child.kill()
  ahead.clear()
}

/** A process host on `child_process.fork`. Children end with this process: the channel closes and each leaves by itself. */
export const createNodeProcessHost = (): ProcessHost => ({
  fork: (entry, options: ForkOptions = {}): ChildPort => {
    const started = options.args || options.env || options.output ? undefined : ahead.get(entry)
    if (!started) return start(entry, options)
    ahead.delete(entry)
    return started
  },
})

const start = (entry: ChildEntry, options: ForkOptions): ChildPort => {
  const output = options.output ?? 'inherit'
  const child = fork(entryFile(entry), [...(options.args ?? [])], {
    env: { ...process.env, ...options.env },
    // A debugger or a coverage tool attached to the parent must not follow into the child.
    execArgv: ['--disable-warning=ExperimentalWarning'],
    serialization: 'advanced',
    // Standard output belongs to the parent's own report (`--json` prints one document and nothing else).
    stdio: ['ignore', output === 'inherit' ? 2 : 'ignore', output === 'inherit' ? 2 : 'ignore', 'ipc'],
  })
  let exit: ChildExit | undefined
  const leave = (code: number | null, signal: string | null = null): void => {
    if (exit) return
    exit = { code, signal }
    for (const listener of exitListeners) listener(exit)
  }
  const exitListeners = new Set<(exit: ChildExit) => void>()
  child.on('exit', (code, signal) => leave(code, signal))
  child.on('error', () => leave(null))
  return {
    get pid() {
      return child.pid
    },
    postMessage: (message) => {
      // A message to a child that is gone is lost, as with every port; `onExit` tells.
      if (child.connected) child.send(message as object, () => {})
    },
    onMessage: (listener) => {
      child.on('message', listener)
      return () => child.off('message', listener)
    },
    onExit: (listener) => {
      if (exit) queueMicrotask(() => listener(exit as ChildExit))
      else exitListeners.add(listener)
      return () => exitListeners.delete(listener)
    },
    kill: () => {
      child.kill()
    },
  }
}
