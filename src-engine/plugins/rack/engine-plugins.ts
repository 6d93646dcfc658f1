// Everything an engine has to do with plugins: what is installed, the rack that plays the remix, the one beside it that plays previews, and the tools of
// renders. Native code is loaded with the first plugin.
import type { PluginStatus } from '../../../src-shared/plugins/index.ts'
import type { EnginePluginEvents } from '../../../src-shared/protocol/index.ts'
import type { RenderPlan } from '../../../src-shared/remix/index.ts'
import type { Problem } from '../../../src-shared/std/index.ts'
import { type SpawnHost, spawnNodeHost } from '../client/index.ts'
import type { LivePlugin } from './live-plugin.ts'
import { type HostOwner, type OwnerHosts, ownerHosts } from './owner-hosts.ts'
import { type Grouping, PluginRack, type RackListener } from './plugin-rack.ts'
import type { PluginRegistry } from './registry.ts'
import { type RackHandlers, rackHandlers } from './requests.ts'
import type { OpenVoice } from './voice.ts'

export interface EnginePluginsListener {
  onStatus(devices: readonly PluginStatus[]): void
  onChanged(deviceId: string): void
  onCrashed(crash: EnginePluginEvents['plugins.crashed']): void
  onWarning(problem: Problem): void
  /** The remix' mix, or that of a preview, has to be built anew. */
  onRouting(rack: 'remix' | 'preview'): void
}

/** Longest that play waits for plugins that are being opened. */
const PATIENCE_MS = 3_000

export class EnginePlugins {
  readonly #registry: PluginRegistry
  readonly #hosts: OwnerHosts | undefined
  readonly #remix: PluginRack
  readonly #preview: PluginRack
  readonly handlers: RackHandlers

  /** `owner` forks hosts; undefined has this process start them itself. */
  constructor(registry: PluginRegistry, owner: HostOwner | undefined, listener: EnginePluginsListener) {
    this.#registry = registry
    this.#hosts = owner && ownerHosts(owner)
    const rack = (name: 'remix' | 'preview'): PluginRack => {
      const isRemix = name === 'remix'
      const told: RackListener = {
        onStatus: (devices) => isRemix && listener.onStatus(devices),
        onChanged: (deviceId) => isRemix && listener.onChanged(deviceId),
        onCrashed: (plugin, how) => listener.onCrashed(describeCrash(plugin, how)),
        onWarning: (problem) => listener.onWarning(problem),
        onRouting: () => listener.onRouting(name),
      }
      return new PluginRack({ registry: this.#registry, spawn: this.spawn, listener: told, keepsSpare: isRemix })
    }
    this.#remix = rack('remix')
    this.#preview = rack('preview')
    this.handlers = rackHandlers(() => this.#remix)
  }

  /** Starts a host. */
  get spawn(): SpawnHost {
    return this.#hosts?.spawn ?? spawnNodeHost
  }

  /** Process id of the host that a plugin of the remix runs in. */
  hostProcessIdOf(deviceId: string): number | undefined {
    return this.#remix.find(deviceId)?.host?.processId
  }

  voices(rack: 'remix' | 'preview'): OpenVoice {
    return (rack === 'remix' ? this.#remix : this.#preview).openVoice
  }

  /** Takes the plan that plays, frozen tracks already reduced to their sound. */
  load(rack: 'remix' | 'preview', plan: RenderPlan | null): void {
    ;(rack === 'remix' ? this.#remix : this.#preview).load(plan)
  }

  /** Resolves when everything that is being opened plays, or that takes too long. */
  ready(rack: 'remix' | 'preview'): Promise<void> {
    return (rack === 'remix' ? this.#remix : this.#preview).settled(PATIENCE_MS)
  }

  registryChanged(): void {
    this.#remix.registryChanged()
    this.#preview.registryChanged()
  }

  group(mode: Grouping): void {
    this.#remix.group(mode)
  }

  statuses(): readonly PluginStatus[] {
    return this.#remix.statuses()
  }

  hostExited(hostId: string): void {
    this.#hosts?.exited(hostId)
  }

  dispose(): void {
    this.#remix.dispose()
    this.#preview.dispose()
  }
}

const describeCrash = ({ device, deviceId }: LivePlugin, how: 'crashed' | 'hung'): EnginePluginEvents['plugins.crashed'] => ({
  deviceId,
  format: device.plugin.format,
  id: device.plugin.id,
  name: device.plugin.name,
  how,
})
