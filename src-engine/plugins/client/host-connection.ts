// What the engine sees of a plugin host: typed calls with a deadline each. A call blocks the thread that makes it, or is awaited (`callLater`)
// while that thread goes on; the host does one thing at a time, and whatever else is asked of it meanwhile fails as `busy`.
import type { PluginDescriptor, PluginRef } from '../../../src-shared/plugins/index.ts'
import type { Result } from '../../../src-shared/std/index.ts'
import type { NoteEvent, ParameterEvent, Timeline } from '../instance.ts'

export const TRANSPORTS = ['shm', 'pipe'] as const
export type TransportKind = (typeof TRANSPORTS)[number]

/** Where a host that is being started finds its engine. Plain data: it travels as an argument. */
export interface HostEndpoint {
  readonly transport: TransportKind
  /** Private folder with the pipes; removed as soon as both ends are open. */
  readonly folder: string
  /** Name of the shared memory; null with pipes alone. Gone as soon as both ends have mapped it. */
  readonly memory: string | null
  /** The host ends with this process. */
  readonly engineProcess: number
}

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

export interface ParameterValue {
  /** Index in the descriptor's parameters. */
  readonly parameter: number
  readonly value: number
}

export interface OpenPlugin extends PluginRef {
  readonly path: string
  readonly sampleRate: number
  readonly isOffline: boolean
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

/** Two channels of one block. */
export type StereoBlock = readonly [Float32Array, Float32Array]

/** One instance of a chain, and what happens to it; frames count from the start of the request, ascending. */
export interface ProcessStep {
  readonly instance: InstanceId
  readonly parameters: readonly ParameterEvent[]
  readonly notes: readonly NoteEvent[]
  readonly sidechain: StereoBlock | null
}

/** Most frames and steps of one request. */
export const MAX_REQUEST_FRAMES = 4_096
export const MAX_STEPS = 32

/** A block through one instance, or through a chain of them in one round trip. `output` may be `input`. */
export interface ProcessRequest {
  readonly frames: number
  readonly input: StereoBlock
  readonly output: StereoBlock
  readonly steps: readonly ProcessStep[]
  /** At the first frame; the host carries it on through the request at this tempo and meter. */
  readonly timeline: Timeline
  /** Asks for the values of output parameters. */
  readonly wantsOutputs: boolean
}

export interface StepReport {
  /** Samples that were no number, infinite or beyond 36 dBFS, and were silenced. */
  readonly scrubbedSamples: number
  readonly cpuMicroseconds: number
  readonly latencyFrames: number
  /** The plugin changed parameters by itself: read all values again. */
  readonly hasNewValues: boolean
  /** The latency is another than in the reply before. */
  readonly hasNewLatency: boolean
  /** Output parameters, where they were asked for. */
  readonly outputs: readonly ParameterValue[]
}

export interface ProcessReport {
  /** As the steps of the request. */
  readonly steps: readonly StepReport[]
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
