// Plugin hosts of an engine: it asks for them, this process forks them, since a packaged app lets nobody else start its programs. They talk to the engine
// past us; all that is told here is that they started and ended.
import type { EngineClient } from '../../src-shared/protocol/index.ts'
import type { ChildPort, ProcessHost } from './process-host/index.ts'

/** A plugin that hangs hears no polite request. */
const endNow = (child: ChildPort): void => {
  const { pid } = child
  if (pid === undefined) {
    child.kill()
    return
  }
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // It ended in this very moment.
  }
}

/** Forks the hosts that an engine asks for, and ends them with it. */
export const servePluginHosts = (host: ProcessHost, client: EngineClient): void => {
  const running = new Map<string, ChildPort>()
  client.on('plugins.fork', ({ hostId, args, environment }) => {
    const child = host.fork('plugin-host', { args, env: environment, title: 'Stemma plugin host', output: 'ignore' })
    running.set(hostId, child)
    child.onExit(({ code }) => {
      running.delete(hostId)
      void client.request('plugins.hostExited', { hostId, code })
    })
    void client.request('plugins.hostStarted', { hostId, pid: child.pid ?? null })
  })
  client.on('plugins.kill', ({ hostId }) => {
    const child = running.get(hostId)
    if (child) endNow(child)
  })
  client.onLost(() => {
    for (const child of running.values()) endNow(child)
    running.clear()
  })
}
