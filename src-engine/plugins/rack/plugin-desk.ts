// What the engine's server knows of plugins without having loaded any: what is installed, how they are grouped, and the way to everything else, which is
// loaded with the first plan that holds a plugin.
import type { EnginePluginEvents, EnginePluginReplies, enginePluginRequestSchemas } from '../../../src-shared/protocol/index.ts'
import type { z } from 'zod'
import type { PluginRef } from '../../../src-shared/plugins/index.ts'
import type { RenderPlan } from '../../../src-shared/remix/index.ts'
import { ok, type Problem, type Result } from '../../../src-shared/std/index.ts'
import type { EnginePlugins } from './engine-plugins.ts'
import { openEnginePlugins, prepareOffline } from './load-late.ts'
import type { OfflineTools } from './offline-plugins.ts'
import type { Grouping } from './plugin-rack.ts'
import { PluginRegistry } from './registry.ts'
import type { OpenVoice } from './voice.ts'

type Handled = Exclude<keyof EnginePluginReplies, 'plugins.freeze' | 'plugins.takeFrozen'>
type DeskHandlers = {
  readonly [N in Handled]: (
    payload: z.infer<(typeof enginePluginRequestSchemas)[N]>,
  ) => Result<EnginePluginReplies[N]> | Promise<Result<EnginePluginReplies[N]>>
}

export type RackName = 'remix' | 'preview'

export interface PluginDeskOptions {
  tell<N extends keyof EnginePluginEvents>(event: N, payload: EnginePluginEvents[N]): void
  onWarning(problem: Problem): void
  /** That mix has to be built anew: a plugin has another latency. */
  onRouting(rack: RackName): void
}

export const hasPlugins = (plan: RenderPlan | null): boolean =>
  plan?.tracks.some((track) => track.devices.some((device) => device.kind === 'plugin')) ?? false

export class PluginDesk {
  readonly #options: PluginDeskOptions
  readonly #registry = new PluginRegistry()
  #grouping: Grouping = 'chain'
  #forks: 'owner' | 'engine' = 'engine'
  #opening: Promise<EnginePlugins> | undefined
  #plugins: EnginePlugins | undefined

  constructor(options: PluginDeskOptions) {
    this.#options = options
  }

  /** Who starts host children from now on. */
  begin(forks: 'owner' | 'engine'): void {
    this.dispose()
    this.#forks = forks
  }

  /** Loads what runs plugins where a plan holds any, so that `load` and `voices` have them. */
  async prepareFor(plan: RenderPlan | null): Promise<void> {
    if (hasPlugins(plan)) await this.#open()
  }

  /** Takes the plan that plays, frozen tracks already reduced to their sound. */
  load(rack: RackName, plan: RenderPlan | null): void {
    this.#plugins?.load(rack, plan)
  }

  /** Resolves when what is being opened plays, or that takes too long. */
  async ready(rack: RackName): Promise<void> {
    await this.#plugins?.ready(rack)
  }

  voices(rack: RackName): OpenVoice {
    return (track, device) => this.#plugins?.voices(rack)(track, device)
  }

  /** Whether a plugin is on this machine. */
  readonly isInstalled = (plugin: PluginRef): boolean => this.#registry.find(plugin) !== undefined

  /** For renders; loads nothing by itself. */
  readonly offline: OfflineTools = {
    prepare: async (plan, groups, signal) =>
      prepareOffline(plan, groups, { registry: this.#registry, spawn: (await this.#open()).spawn }, signal),
  }

  dispose(): void {
    const opening = this.#opening
    this.#opening = undefined
    this.#plugins = undefined
    void opening?.then((plugins) => plugins.dispose())
  }

  readonly handlers: DeskHandlers = {
    'plugins.registry': ({ entries }) => {
      this.#registry.replace(entries)
      this.#plugins?.registryChanged()
      return ok(null)
    },
    'plugins.grouping': ({ mode }) => {
      this.#grouping = mode
      this.#plugins?.group(mode)
      return ok(null)
    },
    'plugins.statuses': () => ok({ devices: this.#plugins?.statuses() ?? [] }),
    'plugins.hostStarted': () => ok(null),
    'plugins.hostExited': ({ hostId }) => {
      this.#plugins?.hostExited(hostId)
      return ok(null)
    },
    'plugins.texts': async (payload) => (await this.#open()).handlers['plugins.texts'](payload),
    'plugins.presets': async (payload) => (await this.#open()).handlers['plugins.presets'](payload),
    'plugins.loadPreset': async (payload) => (await this.#open()).handlers['plugins.loadPreset'](payload),
    'plugins.captureState': async (payload) => (await this.#open()).handlers['plugins.captureState'](payload),
    'plugins.loadState': async (payload) => (await this.#open()).handlers['plugins.loadState'](payload),
    'plugins.reload': async (payload) => (await this.#open()).handlers['plugins.reload'](payload),
  }

  #open(): Promise<EnginePlugins> {
    const { tell, onWarning, onRouting } = this.#options
    const owner = {
      fork: (hostId: string, args: readonly string[], environment: Readonly<Record<string, string>>) =>
        tell('plugins.fork', { hostId, args, environment }),
      kill: (hostId: string) => tell('plugins.kill', { hostId }),
    }
    const open = async (): Promise<EnginePlugins> => {
      const plugins = await openEnginePlugins(this.#registry, this.#forks === 'owner' ? owner : undefined, {
        onStatus: (devices) => tell('plugins.status', { devices }),
        onChanged: (deviceId) => tell('plugins.changed', { deviceId }),
        onCrashed: (crash) => tell('plugins.crashed', crash),
        onWarning,
        onRouting,
      })
      plugins.group(this.#grouping)
      return plugins
    }
    if (this.#opening) return this.#opening
    const opening = open()
    this.#opening = opening
    void opening.then((plugins) => {
      if (this.#opening === opening) this.#plugins = plugins
    })
    return opening.then(async (plugins) => plugins)
  }
}
