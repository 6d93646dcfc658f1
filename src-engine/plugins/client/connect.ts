// Starts a host and meets it; takes one over from another thread. Plain Node can start one here; the app has its main process do it.
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { z } from 'zod'
import {
  type EngineEnds,
  type HostEndpoint,
  Pipe,
  pipesOf,
  prepareEndpoint,
  TRANSPORTS,
  type TransportKind,
  viewMemory,
  watchProcess,
} from '../transport/index.ts'
import { ChannelConnection } from './channel-connection.ts'
import type { HostCommand, HostConnection, HostReply, HostTicket, SpawnHost } from './host-connection.ts'

export interface ConnectOptions {
  /** Tests and benchmarks force one; otherwise `STEMMA_PLUGIN_TRANSPORT`, else shared memory on Linux where it can be had, else the pipe. */
  readonly transport?: TransportKind
  /** Added to the host's environment, as some plugins need. */
  readonly environment?: Readonly<Record<string, string>>
  readonly timeoutMs?: number
}

const START_TIMEOUT_MS = 15_000
const LOOK_MS = 2

/** Arguments of the program `plugin-host`. */
export const hostArguments = (endpoint: HostEndpoint): readonly string[] => ['--endpoint', JSON.stringify(endpoint)]

/** The first thing said: who is there, and whether the memory was found. */
const hello: HostCommand<{ readonly processId: number; readonly hasMemory: boolean }> = {
  name: 'hello',
  body: {},
  attachment: null,
  decode: (body) => z.object({ processId: z.int().min(1), hasMemory: z.boolean() }).parse(body),
}

/** On macOS memory is written but untried, so that nobody gets it unasked; Windows has the pipe alone. */
const wantedTransport = (asked: TransportKind | undefined): TransportKind =>
  asked ?? TRANSPORTS.find((kind) => kind === process.env.STEMMA_PLUGIN_TRANSPORT) ?? (process.platform === 'linux' ? 'shm' : 'pipe')

/** Starts a host and waits until it answers. Fails as `gone` where it ends first, as `late` where it takes too long, and as `refused` where there are no pipes. */
export const connectHost = async (
  spawnHost: SpawnHost,
  { transport, environment = {}, timeoutMs = START_TIMEOUT_MS }: ConnectOptions = {},
): Promise<HostReply<HostConnection>> => {
  const until = performance.now() + timeoutMs
  let rendezvous: ReturnType<typeof prepareEndpoint>
  try {
    rendezvous = prepareEndpoint(wantedTransport(transport))
  } catch (error) {
    return {
      ok: false,
      error: { kind: 'refused', message: `Plugins cannot be run here: ${error instanceof Error ? error.message : 'no pipes'}.` },
    }
  }
  let hasEnded = false
  // Qt plugins abort where there is no display, and none is of use here.
  const spawned = spawnHost(rendezvous.endpoint, { QT_QPA_PLATFORM: 'offscreen', ...environment })
  spawned.onExit(() => {
    hasEnded = true
  })
  const giveUp = (error: { readonly kind: 'late' } | { readonly kind: 'gone'; readonly message: string }): HostReply<HostConnection> => {
    spawned.kill()
    rendezvous.dismantle(true)
    return { ok: false, error }
  }
  let ends: EngineEnds | null = null
  for (;;) {
    ends = rendezvous.tryOpen()
    if (ends) break
    if (hasEnded) return giveUp({ kind: 'gone', message: 'The plugin host did not start.' })
    if (performance.now() >= until) return giveUp({ kind: 'late' })
    await delay(LOOK_MS)
  }
  const pipes = pipesOf(ends.reply, ends.request)
  const pipe = new Pipe(pipes)
  const first = new ChannelConnection({ processId: 0, ends, watch: null, pipe, memory: null, sequence: 0 })
  const answer = await first.callLater(hello, until - performance.now())
  if (!answer.ok) return giveUp(answer.error.kind === 'late' ? answer.error : { kind: 'gone', message: 'The plugin host did not start.' })
  const { processId, hasMemory } = answer.value
  const watch = watchProcess(processId)
  pipes.watch(watch)
  rendezvous.dismantle(false)
  const memory = hasMemory ? rendezvous.memory : null
  if (!memory) rendezvous.memory?.release()
  return { ok: true, value: new ChannelConnection({ processId, ends, watch, pipe, memory, sequence: 1 }) }
}

/** Takes on a connection that another thread handed over. */
export const adoptHost = ({ processId, descriptors, memory, sequence }: HostTicket): HostConnection => {
  const { process: watch, ...ends } = descriptors
  const pipes = pipesOf(ends.reply, ends.request)
  pipes.watch(watch)
  return new ChannelConnection({ processId, ends, watch, pipe: new Pipe(pipes), memory: memory && viewMemory(memory), sequence })
}

const hostEntry = (): string =>
  import.meta.filename.endsWith('.ts') ? join(import.meta.dirname, '../host/main.ts') : join(import.meta.dirname, 'plugin-host.js')

/** Hosts as plain children of this process: tests and benchmarks, and engines without an owner that can fork. */
export const spawnNodeHost: SpawnHost = (endpoint, environment) => {
  const child = spawn(process.execPath, [hostEntry(), ...hostArguments(endpoint)], {
    stdio: 'ignore',
    env: { ...process.env, ...environment },
  })
  child.unref()
  return {
    onExit: (listener) => {
      child.once('exit', listener)
      child.once('error', listener)
    },
    kill: () => {
      child.kill('SIGKILL')
    },
  }
}
