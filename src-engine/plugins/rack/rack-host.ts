// One host child of the live rack. Late once, nobody waits for it again until it has caught up; a quarter of a second without a word and it counts as
// hung, unless the machine gave it no time. However it ends, `onLost` hears of it once, with the plugin that was being run.
import {
  connectHost,
  type HostCommand,
  type HostConnection,
  hostCommands,
  type HostFailure,
  type HostReply,
  type ProcessReport,
  type ProcessRequest,
  type SpawnedHost,
  type SpawnHost,
} from '../client/index.ts'
import type { LivePlugin } from './live-plugin.ts'
import { readProgress, wasStarved } from './starved.ts'

/** A host that was late and says nothing for so long hangs. */
const HANG_MS = 250
/** The same where it gets too little time to answer. */
const STARVED_HANG_MS = 1_500
/** Commands that take no time, between two blocks: playback is further ahead than this. */
const QUICK_MS = 15
/** So long after its last block a host plays no more. */
const SOUNDING_MS = 500
/** Instantiating takes up to a second, and states may hold samples. */
export const SLOW_MS = 10_000

export type HostLoss = (host: RackHost, how: 'crashed' | 'hung', culprit: LivePlugin | null) => void

const BUSY: HostReply<never> = { ok: false, error: { kind: 'busy' } }

export class RackHost {
  /** Who may share it; null while nobody has it. */
  key: string | null = null
  readonly plugins = new Set<LivePlugin>()
  readonly #onLost: HostLoss
  readonly #slowMs: number
  #spawned: SpawnedHost | undefined
  #connection: HostConnection | undefined
  /** Resolves when it answers, or with why it does not. */
  readonly ready: Promise<HostReply<null>>
  #isSettling = false
  #isOver = false
  /** What it was last asked to do something with. */
  #busyWith: LivePlugin | null = null
  #ranAt = Number.NEGATIVE_INFINITY

  /** `slowMs`: how long opening and states may take before the plugin counts as hung. */
  constructor(spawn: SpawnHost, environment: Readonly<Record<string, string>>, slowMs: number, onLost: HostLoss) {
    this.#onLost = onLost
    this.#slowMs = slowMs
    this.ready = this.#connect(spawn, environment)
  }

  get isOver(): boolean {
    return this.#isOver
  }

  get processId(): number | undefined {
    return this.#connection?.processId
  }

  /** Whether it ran a block just now. */
  isSounding(quietMs = SOUNDING_MS): boolean {
    return performance.now() - this.#ranAt < quietMs
  }

  /** Whether others play in it, who would miss blocks if it were kept busy with this one. */
  isPlayingFor(newcomer: LivePlugin): boolean {
    return this.isSounding() && [...this.plugins].some((plugin) => plugin !== newcomer && plugin.state === 'ready')
  }

  /** One block. `busy` where it is still at something else: nothing was sent. */
  run(plugin: LivePlugin, request: ProcessRequest, deadlineMs: number): HostReply<ProcessReport> {
    const connection = this.#connection
    if (!connection || this.#isSettling || this.#isOver) return BUSY
    this.#busyWith = plugin
    this.#ranAt = performance.now()
    return this.#judge(connection.run(request, deadlineMs))
  }

  /** A command that is done at once. */
  call<T>(plugin: LivePlugin, command: HostCommand<T>): HostReply<T> {
    const connection = this.#connection
    if (!connection || this.#isSettling || this.#isOver) return BUSY
    this.#busyWith = plugin
    return this.#judge(connection.call(command, QUICK_MS))
  }

  /** A command that may take its time; blocks are bypassed meanwhile. One that takes too long hangs. */
  async callLater<T>(plugin: LivePlugin, command: HostCommand<T>): Promise<HostReply<T>> {
    const connection = this.#connection
    if (!connection || this.#isOver) return { ok: false, error: { kind: 'gone', message: 'The plugin host ended.' } }
    this.#busyWith = plugin
    const reply = await connection.callLater(command, this.#slowMs)
    if (!reply.ok && reply.error.kind === 'late') this.#lose('hung')
    else if (!reply.ok && reply.error.kind === 'gone') this.#lose('crashed')
    return reply
  }

  /** Ends an instance between two blocks, so that the others do not miss one; what takes longer is waited for beside the sound. */
  end(plugin: LivePlugin, instance: number): void {
    const connection = this.#connection
    if (!connection || this.#isOver) return
    this.#busyWith = plugin
    const command = hostCommands.close(instance)
    const reply: HostReply<unknown> = this.#isSettling ? BUSY : connection.call(command, QUICK_MS)
    if (reply.ok) return
    if (reply.error.kind === 'busy') void this.callLater(plugin, command)
    else if (reply.error.kind === 'late') void this.callLater(plugin, hostCommands.ping())
    else if (reply.error.kind === 'gone') this.#lose('crashed')
  }

  /** Ends it; nobody is told. */
  close(): void {
    this.#isOver = true
    this.#connection?.close()
    this.#spawned?.kill()
  }

  async #connect(spawn: SpawnHost, environment: Readonly<Record<string, string>>): Promise<HostReply<null>> {
    const connected = await connectHost(
      (endpoint, added) => {
        const spawned = spawn(endpoint, added)
        this.#spawned = spawned
        spawned.onExit(() => this.#lose('crashed'))
        return spawned
      },
      { environment },
    )
    if (!connected.ok) {
      this.#isOver = true
      return connected
    }
    if (this.#isOver) connected.value.close()
    this.#connection = connected.value
    return { ok: true, value: null }
  }

  #judge<T>(reply: HostReply<T>): HostReply<T> {
    if (!reply.ok) this.#react(reply.error)
    return reply
  }

  #react(failure: HostFailure): void {
    if (failure.kind === 'gone') this.#lose('crashed')
    else if (failure.kind === 'late') void this.#settle()
  }

  /** Waits, without blocking anybody, until it has caught up. */
  async #settle(): Promise<void> {
    if (this.#isSettling || !this.#connection) return
    const connection = this.#connection
    this.#isSettling = true
    for (const start = performance.now(); !this.#isOver; ) {
      const before = readProgress(connection.processId)
      const since = performance.now()
      const reply = await connection.callLater(hostCommands.ping(), HANG_MS)
      if (reply.ok) break
      const now = performance.now()
      const mayCome = reply.error.kind !== 'gone' && now - start < STARVED_HANG_MS
      if (mayCome && wasStarved(before, readProgress(connection.processId), now - since)) continue
      this.#lose(reply.error.kind === 'gone' ? 'crashed' : 'hung')
    }
    this.#isSettling = false
  }

  #lose(how: 'crashed' | 'hung'): void {
    if (this.#isOver) return
    const suspect = this.#connection?.suspect() ?? null
    const culprit = [...this.plugins].find((plugin) => plugin.instance !== null && plugin.instance === suspect) ?? this.#busyWith
    this.close()
    this.#onLost(this, how, culprit)
  }
}
