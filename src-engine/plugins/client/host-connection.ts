// What the engine sees of a plugin host: typed calls with a deadline each. A call blocks the thread that makes it, or is awaited (`callLater`)
// while that thread goes on; the host does one thing at a time, and whatever else is asked of it meanwhile fails as `busy`.
import type { PluginDescriptor, PluginRef } from '../../../src-shared/plugins/index.ts'
import type { Result } from '../../../src-shared/std/index.ts'
import type { HostEndpoint, ProcessReport, ProcessRequest, TransportKind } from '../transport/index.ts'

/** A process that was asked for. */
export interface SpawnedHost {
  /** Called once, also where the process could not be started. */
  onExit(listener: () => void): void
  kill(): void
}

/** Starts the program `plugin-host` with `hostArguments(endpoint)` and these additions to the environment. */
export type SpawnHost = (endpoint: HostEndpoint, environment: Readonly<Record<string, string>>) => SpawnedHost

/**
 * `late`: no reply before the deadline; the host may still be at it, and its reply will be dropped. `busy`: it still works on something else, nothing
 * was sent. `gone`: the process ended or talks nonsense; every later call fails the same way. `refused`: the plugin (or the host) said no, in a sentence.
 */
export type HostFailure =
  | { readonly kind: 'late' }
  | { readonly kind: 'busy' }
  | { readonly kind: 'gone'; readonly message: string }
  | { readonly kind: 'refused'; readonly message: string }

export type HostReply<T> = Result<T, HostFailure>

/** Number of a plugin instance within its host. */
export type InstanceId = number

export interface OpenPlugin extends PluginRef {
  readonly path: string
  readonly sampleRate: number
  readonly isOffline: boolean
  /** What a scan found out; absent is false. */
  readonly takesShortBlocks?: boolean
  /** Loaded before the values. */
  readonly state?: Uint8Array | null
  /** By parameter id; ids that the plugin does not have are ignored. */
  readonly values?: Readonly<Record<string, number>>
}

export interface PluginTiming {
  readonly latencyFrames: number
  /** Null where the plugin does not say. */
  readonly tailFrames: number | null
}

/** An instance, active and ready to process. */
export interface OpenedPlugin extends PluginTiming {
  readonly instance: InstanceId
  readonly descriptor: PluginDescriptor
  /** All values, by index. */
  readonly values: Float64Array
}

/** Something to ask a host for; made by `hostCommands`. */
export interface HostCommand<T> {
  readonly name: string
  readonly body: unknown
  readonly attachment: Uint8Array | null
  readonly decode: (body: unknown, attachment: Uint8Array) => T
}

/** A connection in a form that `postMessage` can carry to another thread, where `adoptHost` takes it on. The thread it came from lets go of it. */
export interface HostTicket {
  readonly processId: number
  readonly transport: TransportKind
  readonly descriptors: { readonly request: number; readonly reply: number; readonly leash: number; readonly process: number | null }
  readonly memory: SharedArrayBuffer | null
  readonly sequence: number
}

/** The engine's end of a host that is up. Belongs to one thread at a time. */
export interface HostConnection {
  readonly processId: number
  readonly transport: TransportKind
  /** Set once the host has ended. */
  readonly gone: string | null
  /** The instance that was being run when the host ended, hung or was last heard of. */
  suspect(): InstanceId | null
  call<T>(command: HostCommand<T>, deadlineMs: number): HostReply<T>
  /** The same without blocking. Calls wait for one another. */
  callLater<T>(command: HostCommand<T>, deadlineMs: number): Promise<HostReply<T>>
  /** Leaves `output` alone where it fails. */
  run(request: ProcessRequest, deadlineMs: number): HostReply<ProcessReport>
  /** Lets another thread have the connection; throws while something is on its way. */
  handOver(): HostTicket
  /** Ends the process at once: what is to be kept was saved before. */
  close(): void
}
