// The plugins that play: one running instance for each device of the plan, kept over changes of the plan, started again after a crash, given up after a
// second one. Opening and states take their time beside the sound; only blocks are waited for, and never long.
import type { PluginStatus } from '../../../src-shared/plugins/index.ts'
import type { PlanPlugin, PlanTrack, RenderPlan } from '../../../src-shared/remix/index.ts'
import { REMIX_SAMPLE_RATE } from '../../../src-shared/remix/index.ts'
import type { Problem } from '../../../src-shared/std/index.ts'
import { type HostFailure, hostCommands, type SpawnHost } from '../client/index.ts'
import { constantValues } from './heard-plugins.ts'
import { HostPool } from './host-pool.ts'
import { LivePlugin } from './live-plugin.ts'
import { describeFailure, pluginCrashed, pluginDisabled, pluginFailed, pluginMissing } from './problems.ts'
import { type RackHost, SLOW_MS } from './rack-host.ts'
import { needsOwnHost, type PluginRegistry, type RegistryEntry } from './registry.ts'
import { baseValues, valuesById } from './values.ts'
import type { OpenVoice } from './voice.ts'

/** A block may be waited for so long: playback is further ahead of the clock than this. */
const DEADLINE_MS = 20
/** Right after one was late, for the others: several late ones must not add up to a gap. */
const HURRIED_MS = 8
const HURRY_MS = 40
/** A second crash within this time gives the plugin up. */
const CRASH_WINDOW_MS = 60_000
const STATUS_MS = 200
/** So long nothing has to play before plugins are moved. */
const QUIET_MS = 5_000

export type Grouping = 'chain' | 'together' | 'alone'

export interface RackListener {
  onStatus(devices: readonly PluginStatus[]): void
  onChanged(deviceId: string): void
  onCrashed(plugin: LivePlugin, how: 'crashed' | 'hung'): void
  onWarning(problem: Problem): void
  /** The mix has to be built anew: a latency is another. */
  onRouting(): void
}

export interface RackOptions {
  readonly registry: PluginRegistry
  readonly spawn: SpawnHost
  readonly listener: RackListener
  /** Keeps a warm host in reserve. */
  readonly keepsSpare: boolean
  /** How long a block is waited for at most; where nobody listens to a clock it may be longer. */
  readonly deadlineMs?: number
  /** How long a plugin may take to open or to give or take a state. */
  readonly slowMs?: number
}

export class PluginRack {
  readonly #options: RackOptions
  readonly #plugins = new Map<string, LivePlugin>()
  readonly #pool: HostPool
  /** Plugins that ended a host: they run alone for as long as the engine runs. */
  readonly #crashers = new Set<string>()
  /** Devices whose user was told that their plugin is missing. */
  readonly #told = new Set<string>()
  readonly #opening = new Set<Promise<void>>()
  #grouping: Grouping = 'chain'
  #lastLate = Number.NEGATIVE_INFINITY
  #timer: ReturnType<typeof setInterval> | undefined
  #lastStatus = ''
  /** Plugins that changed values by themselves; some do so with every block. */
  readonly #changed = new Set<string>()

  constructor(options: RackOptions) {
    this.#options = options
    this.#pool = new HostPool(options.spawn, { keepsSpare: options.keepsSpare, slowMs: options.slowMs ?? SLOW_MS }, (host, how, culprit) =>
      this.#hostLost(host, how, culprit),
    )
  }

  /** For the mix. */
  readonly openVoice: OpenVoice = (_track, { deviceId }) => this.#plugins.get(deviceId)

  get hostProcessIds(): readonly number[] {
    return this.#pool.processIds
  }

  /** Hosts that are ready before they are needed. */
  get spareProcessIds(): readonly number[] {
    return this.#pool.spareProcessIds
  }

  find(deviceId: string): LivePlugin | undefined {
    return this.#plugins.get(deviceId)
  }

  /** Takes the plan that plays: starts what is new, ends what is gone, loads states that are others. */
  load(plan: RenderPlan | null): void {
    const wanted = new Map<string, { readonly track: PlanTrack; readonly device: PlanPlugin }>()
    for (const track of plan?.tracks ?? [])
      for (const device of track.devices) if (device.kind === 'plugin') wanted.set(device.deviceId, { track, device })
    for (const plugin of [...this.#plugins.values()]) {
      const now = wanted.get(plugin.deviceId)?.device.plugin
      if (now?.format === plugin.device.plugin.format && now.id === plugin.device.plugin.id) continue
      this.#remove(plugin)
    }
    for (const { track, device } of wanted.values()) {
      const plugin = this.#plugins.get(device.deviceId)
      if (plugin) this.#update(plugin, device, track)
      else this.#add(device, track)
    }
    this.#pool.tidy()
    this.#watch()
  }

  group(mode: Grouping): void {
    if (mode === this.#grouping) return
    this.#grouping = mode
    for (const plugin of this.#plugins.values()) if (plugin.state === 'ready') this.#reopen(plugin, 'loading')
    this.#pool.tidy()
  }

  /** The registry has other entries: what was missing may be there now. */
  registryChanged(): void {
    for (const plugin of this.#plugins.values()) {
      if (plugin.state === 'missing' || (plugin.state === 'failed' && this.#entryOf(plugin))) this.#reopen(plugin, 'loading')
    }
  }

  reload(plugin: LivePlugin): void {
    plugin.crashes = []
    this.#told.delete(plugin.deviceId)
    this.#reopen(plugin, 'loading')
  }

  /** Resolves when no plugin is being opened any more, or the time is over. */
  async settled(timeoutMs: number): Promise<void> {
    const until = performance.now() + timeoutMs
    while (this.#opening.size > 0 && performance.now() < until) {
      let timer: ReturnType<typeof setTimeout> | undefined
      const over = new Promise<void>((resolve) => {
        timer = setTimeout(resolve, until - performance.now())
      })
      await Promise.race([Promise.all(this.#opening), over])
      clearTimeout(timer)
    }
  }

  statuses(): readonly PluginStatus[] {
    return [...this.#plugins.values()].map((plugin) => plugin.status())
  }

  dispose(): void {
    clearInterval(this.#timer)
    this.#timer = undefined
    for (const plugin of this.#plugins.values()) plugin.attempt++
    this.#plugins.clear()
    this.#pool.dispose()
  }

  #add(device: PlanPlugin, track: PlanTrack): void {
    const plugin = new LivePlugin(device, track, {
      deadlineMs: () => {
        const { deadlineMs = DEADLINE_MS } = this.#options
        return performance.now() - this.#lastLate < HURRY_MS ? Math.min(deadlineMs, HURRIED_MS) : deadlineMs
      },
      onLate: () => {
        this.#lastLate = performance.now()
      },
      onNewLatency: () => this.#options.listener.onRouting(),
      onNewValues: (changed) => this.#changed.add(changed.deviceId),
    })
    plugin.onReset = ({ host, instance }) => {
      if (host && instance !== null) host.call(plugin, hostCommands.reset(instance))
    }
    plugin.isAlone = this.#crashers.has(keyOf(plugin))
    this.#plugins.set(device.deviceId, plugin)
    this.#open(plugin)
  }

  #remove(plugin: LivePlugin): void {
    const { host, instance } = plugin
    plugin.attempt++
    this.#plugins.delete(plugin.deviceId)
    plugin.detach('loading', null)
    if (host && instance !== null && host.plugins.size > 0) host.end(plugin, instance)
  }

  #update(plugin: LivePlugin, device: PlanPlugin, track: LivePlugin['track']): void {
    const hasMoved = track.id !== plugin.track.id
    const { stateSha256 } = device.plugin
    // Turned since it was captured, the instance is not what was captured any more.
    if (plugin.captured && stateSha256 === plugin.stateSha256 && JSON.stringify(device.params) !== JSON.stringify(plugin.device.params))
      plugin.captured = null
    plugin.device = device
    plugin.track = track
    if (hasMoved && this.#grouping === 'chain' && plugin.state === 'ready') this.#reopen(plugin, 'loading')
    if (stateSha256 === plugin.stateSha256) return
    plugin.stateSha256 = stateSha256
    if (plugin.captured && plugin.captured.stateSha256 === stateSha256) {
      // It came out of this very instance.
      plugin.rebase(plugin.captured.values)
      plugin.captured = null
      return
    }
    plugin.captured = null
    if (plugin.state !== 'ready') return
    if (device.state === null) this.#reopen(plugin, 'loading')
    else {
      // What was there before must not be put back over what is being loaded.
      plugin.rebase(new Map())
      this.#track(this.#loadState(plugin, Buffer.from(device.state, 'base64')))
    }
  }

  async #loadState(plugin: LivePlugin, state: Uint8Array): Promise<void> {
    const { host, instance, attempt } = plugin
    if (!host || instance === null) return
    const loaded = await host.callLater(plugin, hostCommands.loadState(instance, state))
    if (plugin.attempt !== attempt || plugin.host !== host) return
    if (!loaded.ok) {
      plugin.message = `The plugin ${describeFailure(loaded.error)}.`
      return
    }
    const values = await host.callLater(plugin, hostCommands.values(instance))
    if (plugin.host !== host || !values.ok) return
    plugin.rebase(valuesById(plugin, values.value))
    plugin.retime(loaded.value)
    this.#options.listener.onChanged(plugin.deviceId)
  }

  #reopen(plugin: LivePlugin, state: 'loading' | 'restarting'): void {
    const { host, instance } = plugin
    plugin.detach(state, null)
    if (host && instance !== null && host.plugins.size > 0 && !host.isOver) host.end(plugin, instance)
    this.#open(plugin)
    this.#pool.tidy()
  }

  #track(work: Promise<void>): void {
    this.#opening.add(work)
    void work.finally(() => this.#opening.delete(work))
  }

  #open(plugin: LivePlugin): void {
    plugin.attempt++
    this.#track(this.#openNow(plugin, plugin.attempt))
  }

  async #openNow(plugin: LivePlugin, attempt: number): Promise<void> {
    const entry = this.#entryOf(plugin)
    const named = { track: plugin.track, device: plugin.device }
    if (!entry) {
      const problem = pluginMissing(named)
      plugin.detach('missing', problem.message)
      this.#tellOnce(plugin, problem)
      return
    }
    const home = this.#hostKey(plugin, entry)
    // A host does one thing at a time: opened there, the plugin would silence its neighbours for as long as it takes.
    plugin.isGuest = this.#pool.find(home)?.isPlayingFor(plugin) ?? false
    const taken = await this.#pool.take(plugin, plugin.isGuest ? ownKey(plugin) : home, entry.environment)
    if (plugin.attempt !== attempt) {
      if (taken.ok && plugin.host !== taken.value) this.#leave(plugin, taken.value)
      return
    }
    if (!taken.ok) return this.#fail(plugin, taken.error)
    const host = taken.value
    const { device } = plugin
    const values = constantValues(device)
    const state = device.state === null ? null : Buffer.from(device.state, 'base64')
    const opened = await host.callLater(
      plugin,
      hostCommands.open({
        format: entry.format,
        id: entry.id,
        path: entry.path,
        sampleRate: REMIX_SAMPLE_RATE,
        isOffline: false,
        takesShortBlocks: entry.takesShortBlocks ?? false,
        state,
        // With a state, its own values have to be known before those of the plan cover them.
        values: state ? {} : values,
      }),
    )
    if (plugin.attempt !== attempt) {
      if (opened.ok && !host.isOver) host.end(plugin, opened.value.instance)
      if (plugin.host !== host) this.#leave(plugin, host)
      return
    }
    if (!opened.ok) {
      // Where the host went with it, that is dealt with there.
      if (opened.error.kind === 'refused' || opened.error.kind === 'busy') {
        host.plugins.delete(plugin)
        this.#fail(plugin, opened.error)
      }
      return
    }
    plugin.stateSha256 = device.plugin.stateSha256
    plugin.attach(host, opened.value, baseValues(opened.value, state !== null), state ? {} : values)
    if (plugin.device.plugin.stateSha256 !== plugin.stateSha256) this.#update(plugin, plugin.device, plugin.track)
    this.#options.listener.onChanged(plugin.deviceId)
  }

  /** An older try that came to nothing: unless a newer one shares the host, it is not in it. */
  #leave(plugin: LivePlugin, host: RackHost): void {
    const isComing = this.#plugins.get(plugin.deviceId) === plugin && (plugin.state === 'loading' || plugin.state === 'restarting')
    if (!isComing) host.plugins.delete(plugin)
    this.#pool.tidy()
  }

  #fail(plugin: LivePlugin, failure: HostFailure): void {
    const problem = pluginFailed({ track: plugin.track, device: plugin.device }, failure)
    plugin.detach('failed', problem.message)
    this.#tellOnce(plugin, problem)
  }

  #tellOnce(plugin: LivePlugin, problem: Problem): void {
    if (this.#told.has(plugin.deviceId)) return
    this.#told.add(plugin.deviceId)
    this.#options.listener.onWarning(problem)
  }

  #hostLost(host: RackHost, how: 'crashed' | 'hung', culprit: LivePlugin | null): void {
    const here = [...host.plugins]
    // Where nobody can tell who it was, each is given a host of its own: next time it shows. Who was being closed is gone already.
    const guilty = culprit === null ? here : here.filter((plugin) => plugin === culprit)
    const innocent = here.filter((plugin) => !guilty.includes(plugin))
    for (const plugin of here) plugin.detach('restarting', 'The plugin is being started again; until then the sound passes by it.')
    // The reserve goes to those who did nothing.
    for (const plugin of innocent) this.#open(plugin)
    for (const plugin of guilty) this.#convict(plugin, how)
  }

  #convict(plugin: LivePlugin, how: 'crashed' | 'hung'): void {
    const now = performance.now()
    const named = { track: plugin.track, device: plugin.device }
    plugin.crashes = [...plugin.crashes.filter((at) => now - at < CRASH_WINDOW_MS), now]
    plugin.isAlone = true
    this.#crashers.add(keyOf(plugin))
    this.#options.listener.onCrashed(plugin, how)
    if (plugin.crashes.length > 1) {
      const problem = pluginDisabled(named, how)
      plugin.attempt++
      plugin.state = 'disabled'
      plugin.message = problem.message
      this.#options.listener.onWarning(problem)
      return
    }
    this.#options.listener.onWarning(pluginCrashed(named, how))
    this.#open(plugin)
  }

  #entryOf(plugin: LivePlugin): RegistryEntry | undefined {
    return this.#options.registry.find(plugin.device.plugin)
  }

  #hostKey(plugin: LivePlugin, entry: RegistryEntry): string {
    if (plugin.isAlone || needsOwnHost(entry) || this.#grouping === 'alone') return ownKey(plugin)
    return this.#grouping === 'chain' ? `track ${plugin.track.id}` : 'all'
  }

  /** Guests go where they belong when nothing plays; opened anew they are as the remix says, as in every export. */
  #bringHome(): void {
    for (const plugin of this.#plugins.values()) {
      const entry = plugin.isGuest && plugin.state === 'ready' && !plugin.host?.isSounding(QUIET_MS) && this.#entryOf(plugin)
      if (entry && !this.#pool.find(this.#hostKey(plugin, entry))?.isSounding(QUIET_MS)) this.#reopen(plugin, 'loading')
    }
  }

  /** Tells how all fare while there is anybody to tell of. */
  #watch(): void {
    if (this.#plugins.size > 0) {
      this.#timer ??= setInterval(() => this.#tell(), STATUS_MS).unref()
      return
    }
    clearInterval(this.#timer)
    this.#timer = undefined
    this.#tell()
  }

  #tell(): void {
    this.#bringHome()
    const devices = this.statuses()
    for (const deviceId of this.#changed) this.#options.listener.onChanged(deviceId)
    this.#changed.clear()
    for (const plugin of this.#plugins.values()) plugin.wantOutputs()
    const text = JSON.stringify(devices)
    if (text === this.#lastStatus) return
    this.#lastStatus = text
    this.#options.listener.onStatus(devices)
  }
}

/** The key of a host that nobody shares. */
const ownKey = ({ deviceId }: LivePlugin): string => `device ${deviceId}`

const keyOf = ({ device }: LivePlugin): string => `${device.plugin.format}\n${device.plugin.id}`
