// Starts the engine process when it is first needed and again after it was lost. The studio never touches audio itself.
import { EngineClient, type OutputState } from '../../src-shared/protocol/index.ts'
import { ok, type Result } from '../../src-shared/std/index.ts'
import { servePluginHosts } from './plugin-hosts.ts'
import type { ChildPort, ProcessHost } from './process-host/index.ts'

export interface RunningEngine {
  readonly client: EngineClient
  /** The process, for whoever can hand it a window's port. */
  readonly child: ChildPort
  readonly output: OutputState
}

export class EngineSupervisor {
  readonly #host: ProcessHost
  readonly #folders: { readonly cacheDir: string; readonly modelsDir: string }
  readonly #output: 'default' | 'silent'
  #running: Promise<Result<RunningEngine>> | undefined
  #isDisposed = false
  readonly #lost = new Set<() => void>()
  readonly #started = new Set<(engine: RunningEngine) => void>()

  constructor(host: ProcessHost, folders: { readonly cacheDir: string; readonly modelsDir: string }, output: 'default' | 'silent') {
    this.#host = host
    this.#folders = folders
    this.#output = output
  }

  /** The running engine, started if need be. Codes: `engine.lost`, and those of `engine.open`. */
  engine(): Promise<Result<RunningEngine>> {
    this.#running ??= this.#start()
    return this.#running
  }

  /** The engine where one was started already; nothing is started. */
  running(): Promise<Result<RunningEngine>> | undefined {
    return this.#running
  }

  async client(): Promise<Result<EngineClient>> {
    const engine = await this.engine()
    return engine.ok ? ok(engine.value.client) : engine
  }

  async #start(): Promise<Result<RunningEngine>> {
    const child = this.#host.fork('engine', { title: 'Stemma audio engine' })
    const client = new EngineClient({
      postMessage: (message) => child.postMessage(message),
      onMessage: (listener) => child.onMessage(listener),
      onExit: (listener) => child.onExit(() => listener()),
    })
    client.onLost(() => {
      this.#running = undefined
      if (!this.#isDisposed) for (const listener of [...this.#lost]) listener()
    })
    servePluginHosts(this.#host, client)
    const opened = await client.request('engine.open', { ...this.#folders, output: this.#output, forks: 'owner' })
    if (!opened.ok) {
      child.kill()
      this.#running = undefined
      return opened
    }
    const engine: RunningEngine = { client, child, output: opened.value.output }
    for (const listener of [...this.#started]) listener(engine)
    return ok(engine)
  }

  /** Called after each start. */
  onStarted(listener: (engine: RunningEngine) => void): void {
    this.#started.add(listener)
  }

  /** Called when the engine ended although nobody stopped it. */
  onLost(listener: () => void): void {
    this.#lost.add(listener)
  }

  /** Ends an engine that does not answer any more; the next use starts another. Whoever waits for it gets `engine.lost`. */
  abandon(): void {
    void this.#running?.then((engine) => {
      if (engine.ok) engine.value.child.kill()
    })
  }

  dispose(): void {
    this.#isDisposed = true
    this.abandon()
  }
}
