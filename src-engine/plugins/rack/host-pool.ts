// The children of the live rack: who shares one, and a warm one in reserve so that a crash is over in a moment.
import type { HostReply, SpawnHost } from '../client/index.ts'
import type { LivePlugin } from './live-plugin.ts'
import { type HostLoss, RackHost } from './rack-host.ts'

/** The next reserve is started a little later: what plays again comes first. */
const SPARE_DELAY_MS = 300
/** A reserve that ends so often by itself is given up. */
const MAX_SPARE_LOSSES = 3

export class HostPool {
  readonly #spawn: SpawnHost
  readonly #onLost: HostLoss
  readonly #keepsSpare: boolean
  readonly #slowMs: number
  readonly #hosts = new Map<string, RackHost>()
  #spare: RackHost | undefined
  #spareTimer: ReturnType<typeof setTimeout> | undefined
  #spareLosses = 0

  constructor(spawn: SpawnHost, { keepsSpare, slowMs }: { readonly keepsSpare: boolean; readonly slowMs: number }, onLost: HostLoss) {
    this.#slowMs = slowMs
    this.#spawn = spawn
    this.#keepsSpare = keepsSpare
    this.#onLost = onLost
  }

  /** The host of a group, started where it is not there. The plugin counts as being in it from now on. */
  async take(plugin: LivePlugin, key: string, environment: Readonly<Record<string, string>>): Promise<HostReply<RackHost>> {
    const host = this.#hosts.get(key) ?? this.#begin(key, environment)
    host.plugins.add(plugin)
    const ready = await host.ready
    if (ready.ok) return { ok: true, value: host }
    host.plugins.delete(plugin)
    if (this.#hosts.get(key) === host) this.#hosts.delete(key)
    return ready
  }

  /** Ends hosts that nobody uses any more. */
  tidy(): void {
    for (const [key, host] of this.#hosts) {
      if (host.plugins.size > 0) continue
      this.#hosts.delete(key)
      host.close()
    }
    if (this.#hosts.size === 0) this.#dropSpare()
  }

  /** Process ids of all hosts in use. */
  get processIds(): readonly number[] {
    return [...this.#hosts.values()].flatMap(({ processId }) => (processId === undefined ? [] : [processId]))
  }

  dispose(): void {
    for (const host of this.#hosts.values()) host.close()
    this.#hosts.clear()
    this.#dropSpare()
  }

  #begin(key: string, environment: Readonly<Record<string, string>>): RackHost {
    const isPlain = Object.keys(environment).length === 0
    const spare = isPlain ? this.#spare : undefined
    if (spare) this.#spare = undefined
    const host = spare ?? this.#start(environment)
    host.key = key
    this.#hosts.set(key, host)
    this.#planSpare()
    return host
  }

  #start(environment: Readonly<Record<string, string>>): RackHost {
    return new RackHost(this.#spawn, environment, this.#slowMs, (host, how, culprit) => {
      if (host === this.#spare) {
        this.#spare = undefined
        this.#spareLosses++
        this.#planSpare()
        return
      }
      if (host.key !== null && this.#hosts.get(host.key) === host) this.#hosts.delete(host.key)
      this.#onLost(host, how, culprit)
    })
  }

  #planSpare(): void {
    if (!this.#keepsSpare || this.#spare || this.#spareTimer || this.#spareLosses >= MAX_SPARE_LOSSES) return
    this.#spareTimer = setTimeout(() => {
      this.#spareTimer = undefined
      this.#spare ??= this.#start({})
    }, SPARE_DELAY_MS)
    this.#spareTimer.unref()
  }

  #dropSpare(): void {
    clearTimeout(this.#spareTimer)
    this.#spareTimer = undefined
    this.#spare?.close()
    this.#spare = undefined
  }
}
