// Which rights service the app talks to: one that was named, or the built-in one with the demo catalogue.
import type { AppInfo } from '../../src-shared/protocol/index.ts'
import { fail, type Problem, type Result } from '../../src-shared/std/index.ts'
import { APP_VERSION, type EmbeddedService, ensureDemoPacks, type ProcessHost, startEmbeddedService, type Studio } from '../studio/index.ts'
import type { SendEvent } from './ipc-router.ts'

export class ServiceDesk {
  readonly #studio: Studio
  readonly #host: ProcessHost
  readonly #send: SendEvent
  readonly #named: string | null
  readonly #abort = new AbortController()
  #embedded: EmbeddedService | undefined
  /** Settles when the service answers, or will not. */
  #started: Promise<void> = Promise.resolve()
  #state: AppInfo['service']

  constructor({ studio, host, send, named }: { studio: Studio; host: ProcessHost; send: SendEvent; named: string | null }) {
    this.#studio = studio
    this.#host = host
    this.#send = send
    this.#named = named
    this.#state = { state: 'offline', name: named ?? 'Demo catalogue', isDemo: named === null }
  }

  get state(): AppInfo['service'] {
    return this.#state
  }

  #setState(state: AppInfo['service']['state']): void {
    if (this.#state.state === state) return
    this.#state = { ...this.#state, state }
    this.#send('service.changed', this.#state)
  }

  /** Starts what has to run. Problems are told in the window; work on this machine goes on without a service. */
  async start(onProblem: (problem: Problem) => void): Promise<void> {
    this.#started = this.#startService(onProblem)
    await this.#started
    if (this.#embedded) void this.#fillCatalogue(onProblem)
  }

  async #startService(onProblem: (problem: Problem) => void): Promise<void> {
    if (this.#named !== null) {
      this.#studio.service.use(this.#named)
      return this.check()
    }
    const started = await startEmbeddedService(this.#host, { dataDir: this.#studio.home.service })
    if (!started.ok) return onProblem(started.error)
    if (this.#abort.signal.aborted) return started.value.stop()
    this.#embedded = started.value
    this.#studio.service.use(started.value.url)
    started.value.onLost(() => this.#setState('offline'))
    this.#setState('online')
    this.#send('catalogue.changed', {})
  }

  async #fillCatalogue(onProblem: (problem: Problem) => void): Promise<void> {
    const packs = await ensureDemoPacks({
      dir: this.#studio.home.demo,
      homeDir: this.#studio.home.dir,
      signer: this.#studio.signer,
      appVersion: APP_VERSION,
      signal: this.#abort.signal,
      onProgress: (fraction, label) => this.#send('catalogue.preparing', { fraction, label }),
    })
    this.#send('catalogue.preparing', null)
    if (this.#abort.signal.aborted) return
    if (!packs.ok) return onProblem(packs.error)
    for (const path of packs.value) {
      const imported = await this.#embedded?.importPack(path)
      if (imported && !imported.ok) onProblem(imported.error)
      this.#send('catalogue.changed', {})
    }
  }

  /** Asks the service whether it is there. */
  async check(): Promise<void> {
    const client = this.#studio.service.guest()
    const health = client.ok ? await client.value.health() : client
    this.#setState(health.ok ? 'online' : 'offline')
  }

  /** Takes a pack into the catalogue of the built-in service. */
  async importPack(path: string): Promise<Result<{ readonly work: string; readonly title: string }>> {
    await this.#started
    if (!this.#embedded) {
      return fail(
        'pack.no_own_service',
        'Packs are published by the rights service that is connected. Ask who runs it to publish this pack, or start Stemma without a service of its own.',
      )
    }
    const imported = await this.#embedded.importPack(path)
    if (imported.ok) this.#send('catalogue.changed', {})
    return imported
  }

  async stop(): Promise<void> {
    this.#abort.abort()
    await this.#embedded?.stop()
  }
}
