// Fresh plugins for one render, opened before it starts: one host for each thread of the render, and one more for each plugin that must not share.
// Plugins that are switched off or on silent tracks are left out, so that nothing has to be installed for what is not heard.
import type { PlanPlugin, PlanTrack, RenderPlan } from '../../../src-shared/remix/index.ts'
import { REMIX_SAMPLE_RATE } from '../../../src-shared/remix/index.ts'
import { err, ok, type Problem, type Result } from '../../../src-shared/std/index.ts'
import { connectHost, type HostConnection, hostCommands, type SpawnedHost, type SpawnHost } from '../client/index.ts'
import { constantValues, heardPlugins } from './heard-plugins.ts'
import { type OpenedVoice, type Voices, type VoicesTicket, voicesOver } from './offline-voice.ts'
import { exportHostFailed, exportPluginFailed, exportPluginMissing } from './problems.ts'
import { needsOwnHost, type PluginRegistry, type RegistryEntry } from './registry.ts'

/** Instantiating takes up to a second; a state of many samples takes longer. */
const OPEN_MS = 60_000

/** How a render gets its plugins; whoever gives these knows what is installed and how hosts start. */
export interface OfflineTools {
  readonly prepare: (plan: RenderPlan, groups: TrackGroups, signal?: AbortSignal) => Promise<Result<OfflinePlugins>>
}

/** What opening them takes. */
export interface OfflineNeeds {
  readonly registry: PluginRegistry
  readonly spawn: SpawnHost
}

interface Wanted {
  readonly track: PlanTrack
  readonly device: PlanPlugin
  readonly entry: RegistryEntry
}

/** Hosts of one thread. */
interface Group {
  readonly connections: HostConnection[]
  readonly voices: OpenedVoice[]
}

export class OfflinePlugins {
  readonly #groups: readonly Group[]
  readonly #spawned: readonly SpawnedHost[]
  readonly #latencies: ReadonlyMap<string, number>
  /** The longest that any of them says it rings; null where one does not say. */
  readonly tailFrames: number | null

  constructor(groups: readonly Group[], spawned: readonly SpawnedHost[]) {
    const voices = groups.flatMap((group) => group.voices)
    this.#groups = groups
    this.#spawned = spawned
    this.#latencies = new Map(voices.map((voice) => [voice.deviceId, voice.latencyFrames]))
    this.tailFrames = voices.reduce<number | null>(
      (most, { tailFrames }) => (most === null || tailFrames === null ? null : Math.max(most, tailFrames)),
      0,
    )
  }

  /** 0 for plugins that are left out. */
  latencyOf(deviceId: string): number {
    return this.#latencies.get(deviceId) ?? 0
  }

  /** The plugins of a group for the thread that renders it; this thread can use them no more. */
  handOver(group: number): VoicesTicket {
    const { connections, voices } = this.#groups[group]!
    return { hosts: connections.map((connection) => connection.handOver()), voices }
  }

  /** The plugins of a group on this thread. */
  voices(group: number, onWarning: (problem: Problem) => void): Voices {
    const { connections, voices } = this.#groups[group]!
    return voicesOver(connections, voices, onWarning)
  }

  /** Ends all hosts: their plugins have nothing to say any more, and some would hang on the way out. */
  dispose(): void {
    for (const spawned of this.#spawned) spawned.kill()
    for (const { connections } of this.#groups) for (const connection of connections) connection.close()
  }
}

/** Ids of tracks by the thread that renders them; tracks in no group belong to the last. */
export type TrackGroups = readonly (readonly string[])[]

/** Opens what a render hears. Codes: `export.plugin_missing`, `export.plugin_failed`, `export.plugin_host_failed`, `export.cancelled`. */
export const prepareOffline = async (
  plan: RenderPlan,
  groups: TrackGroups,
  { registry, spawn }: OfflineNeeds,
  signal?: AbortSignal,
): Promise<Result<OfflinePlugins>> => {
  const wanted: Wanted[] = []
  for (const named of heardPlugins(plan)) {
    const entry = registry.find(named.device.plugin)
    if (!entry) return err(exportPluginMissing(named))
    wanted.push({ ...named, entry })
  }
  const spawned: SpawnedHost[] = []
  const connections: HostConnection[] = []
  const start = async (environment: Readonly<Record<string, string>>): Promise<Result<HostConnection>> => {
    const connected = await connectHost(
      (endpoint, added) => {
        const child = spawn(endpoint, added)
        spawned.push(child)
        return child
      },
      { environment },
    )
    if (!connected.ok) return err(exportHostFailed('message' in connected.error ? connected.error.message : 'they took too long to start.'))
    connections.push(connected.value)
    return connected
  }
  const opening = groups.map((_, index) => {
    const own = wanted.filter(({ track }) => {
      const at = groups.findIndex((ids) => ids.includes(track.id))
      return (at < 0 ? groups.length - 1 : at) === index
    })
    return openGroup(own, start, signal)
  })
  const opened = await Promise.all(opening)
  const failed = opened.find((group) => !group.ok)
  if ((failed && !failed.ok) || signal?.aborted) {
    for (const child of spawned) child.kill()
    for (const connection of connections) connection.close()
    return failed && !failed.ok ? failed : err(CANCELLED)
  }
  return ok(
    new OfflinePlugins(
      opened.flatMap((group) => (group.ok ? [group.value] : [])),
      spawned,
    ),
  )
}

const CANCELLED: Problem = { code: 'export.cancelled', message: 'The export was cancelled; nothing was written.' }

const openGroup = async (
  wanted: readonly Wanted[],
  start: (environment: Readonly<Record<string, string>>) => Promise<Result<HostConnection>>,
  signal: AbortSignal | undefined,
): Promise<Result<Group>> => {
  const group: Group = { connections: [], voices: [] }
  let shared: number | undefined
  for (const one of wanted) {
    if (signal?.aborted) return err(CANCELLED)
    let host = needsOwnHost(one.entry) ? undefined : shared
    if (host === undefined) {
      const started = await start(one.entry.environment)
      if (!started.ok) return started
      host = group.connections.push(started.value) - 1
      if (!needsOwnHost(one.entry)) shared = host
    }
    const opened = await openVoice(one, host, group.connections[host]!)
    if (!opened.ok) return opened
    group.voices.push(opened.value)
  }
  return ok(group)
}

const openVoice = async ({ track, device, entry }: Wanted, host: number, connection: HostConnection): Promise<Result<OpenedVoice>> => {
  const values = constantValues(device)
  const reply = await connection.callLater(
    hostCommands.open({
      format: entry.format,
      id: entry.id,
      path: entry.path,
      sampleRate: REMIX_SAMPLE_RATE,
      isOffline: true,
      takesShortBlocks: entry.takesShortBlocks ?? false,
      state: device.state === null ? null : Buffer.from(device.state, 'base64'),
      values,
    }),
    OPEN_MS,
  )
  if (!reply.ok) return err(exportPluginFailed({ track, device }, reply.error))
  const { instance, descriptor, latencyFrames, tailFrames } = reply.value
  const indexes: Record<string, number> = {}
  descriptor.parameters.forEach(({ id }, index) => {
    if (Object.hasOwn(device.params, id)) indexes[id] = index
  })
  return ok({ deviceId: device.deviceId, host, instance, latencyFrames, tailFrames, indexes, values })
}
