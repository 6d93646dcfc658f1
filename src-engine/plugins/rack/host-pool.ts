// The children of the live rack: who shares one, and warm ones in reserve so that a crash is over in a moment, also where two end at once.
import { freemem } from 'node:os'
import type { HostReply, SpawnHost } from '../client/index.ts'
import type { LivePlugin } from './live-plugin.ts'
import { type HostLoss, RackHost } from './rack-host.ts'

/** The next reserve is started a little later, and never beside other hosts that are starting: what plays comes first. */
const SPARE_DELAY_MS = 300
/** A second reserve is kept where more than one host can be lost and the machine has so much room: each is a process of some 60 MB. */
const SECOND_SPARE_BYTES = 1 << 30
/** A reserve that ends so often by itself is given up. */
const MAX_SPARE_LOSSES = 3

export class HostPool {
  readonly #spawn: SpawnHost
  readonly #onLost: HostLoss
  readonly #keepsSpare: boolean
  readonly #slowMs: number
  readonly #hosts = new Map<string, RackHost>()
  /** Oldest first. */
  readonly #spares: RackHost[] = []
  /** Hosts that do not answer yet. */
  #starting = 0
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

  find(key: string): RackHost | undefined {
    return this.#hosts.get(key)
  }

  /** Ends hosts that nobody uses any more. */
  tidy(): void {
    for (const [key, host] of this.#hosts) {
      if (host.plugins.size > 0) continue
      this.#hosts.delete(key)
      host.close()
    }
    if (this.#hosts.size === 0) this.#dropSpares()
  }

  /** Process ids of the reserve, as far as it answers. */
  get spareProcessIds(): readonly number[] {
    return this.#spares.flatMap(({ processId }) => (processId === undefined ? [] : [processId]))
  }

  /** Process ids of all hosts in use. */
  get processIds(): readonly number[] {
    return [...this.#hosts.values()].flatMap(({ processId }) => (processId === undefined ? [] : [processId]))
  }

  dispose(): void {
    for (const host of this.#hosts.values()) host.close()
    this.#hosts.clear()
    this.#dropSpares()
  }

  #begin(key: string, environment: Readonly<Record<string, string>>): RackHost {
    const isPlain = Object.keys(environment).length === 0
    const host = (isPlain ? this.#spares.shift() : undefined) ?? this.#start(environment)
    host.key = key
    this.#hosts.set(key, host)
    this.#planSpare()
    return host
  }

  #start(environment: Readonly<Record<string, string>>): RackHost {
    this.#starting++
    const started = new RackHost(this.#spawn, environment, this.#slowMs, (host, how, culprit) => {
      if (this.#spares.includes(host)) {
        this.#spares.splice(this.#spares.indexOf(host), 1)
        this.#spareLosses++
        this.#planSpare()
        return
      }
      if (host.key !== null && this.#hosts.get(host.key) === host) this.#hosts.delete(host.key)
      this.#onLost(host, how, culprit)
    })
    void started.ready.then((ready) => {
      this.#starting--
      if (!ready.ok && this.#spares.includes(started)) {
        this.#spares.splice(this.#spares.indexOf(started), 1)
        this.#spareLosses++
      }
      this.#planSpare()
    })
    return started
  }

  /** How many are kept. */
  get #wanted(): number {
    if (!this.#keepsSpare || this.#hosts.size === 0 || this.#spareLosses >= MAX_SPARE_LOSSES) return 0
    return this.#hosts.size > 1 && (this.#spares.length > 1 || freemem() > SECOND_SPARE_BYTES) ? 2 : 1
  }

  #planSpare(): void {
    if (this.#spareTimer || this.#spares.length >= this.#wanted) return
    this.#spareTimer = setTimeout(() => {
      this.#spareTimer = undefined
      // Whoever starts last asks again.
      if (this.#starting > 0 || this.#spares.length >= this.#wanted) return
      this.#spares.push(this.#start({}))
    }, SPARE_DELAY_MS)
    this.#spareTimer.unref()
  }

  #dropSpares(): void {
    clearTimeout(this.#spareTimer)
    this.#spareTimer = undefined
    for (const spare of this.#spares.splice(0)) spare.close()
  }
}
