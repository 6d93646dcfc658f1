// Hosts that the engine's owner forks: a packaged app lets only its main process start programs of ours.
import { hostArguments, type SpawnHost } from '../client/index.ts'

export interface HostOwner {
  fork(hostId: string, args: readonly string[], environment: Readonly<Record<string, string>>): void
  kill(hostId: string): void
}

export interface OwnerHosts {
  readonly spawn: SpawnHost
  /** The owner says that a host ended, or could not be started. */
  exited(hostId: string): void
}

/** Starts hosts by asking the owner. */
export const ownerHosts = (owner: HostOwner): OwnerHosts => {
  const running = new Map<string, (() => void)[]>()
  let count = 0
  return {
    spawn: (endpoint, environment) => {
      const hostId = `host-${process.pid}-${++count}`
      const listeners: (() => void)[] = []
      running.set(hostId, listeners)
      owner.fork(hostId, hostArguments(endpoint), environment)
      return {
        onExit: (listener) => {
          if (running.has(hostId)) listeners.push(listener)
          else queueMicrotask(listener)
        },
        kill: () => {
          if (running.has(hostId)) owner.kill(hostId)
        },
      }
    },
    exited: (hostId) => {
      const listeners = running.get(hostId)
      running.delete(hostId)
      for (const listener of listeners ?? []) listener()
    },
  }
}
