// The studio: everything the application does, without a window. The window, the command line and the tests drive this one object.
import { randomUUID } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs'
import { basename, join } from 'node:path'
import type { StemSummary, VerifyReport, WorkAnalysis, WorkSummary } from '../../src-shared/protocol/index.ts'
import { createRemix, devicesOf, type RemixSnapshot, recordsOf, remixOf } from '../../src-shared/remix/index.ts'
import { fail, ok, type Problem, type Result } from '../../src-shared/std/index.ts'
import { type AnalyseHooks, analyseWork } from './analysis/index.ts'
import { Approvals, ApprovalStore } from './approvals/index.ts'
import { EngineSupervisor } from './engine-supervisor.ts'
import { type ExportHooks, type ExportOrder, type ExportTools, exportRemix } from './exports/index.ts'
import { trimCache } from '../../src-engine/files/index.ts'
import { fileFailure } from './file-problems.ts'
import { freezeTrack } from './freeze.ts'
import { FrozenShelf } from './frozen-sounds.ts'
import { type Home, openHome } from './home/index.ts'
import { type Enrolment, ensureEnrolled, type Identity, openIdentity, type SecretBox } from './identity/index.ts'
import type { Ledger } from './ledger/index.ts'
import { Library } from './library/index.ts'
import { type Licences, openRecords, type Records } from './licences/index.ts'
import { OpenRemix, type OpenRemixTools } from './open-remix.ts'
import { ModelShelf } from './models/index.ts'
import { asInstalled, Plugins } from './plugins/index.ts'
import type { ProcessHost } from './process-host/index.ts'
import { receiptLookup } from './receipt-lookup.ts'
import { createServiceClient, type ServiceClient } from './service-client/index.ts'
import type { LicenceDesk, RemixSession } from './session/index.ts'
import { createSigner, type Signer } from './stamp/index.ts'
import { StemStore } from './stem-store/index.ts'
import { collectFacts, type FactTools, measureMix, ReferenceShelf } from './styles/index.ts'
import { Sync, type SyncSummary } from './sync/index.ts'
import { MarkStore, Variations, type VariationTools } from './variations/index.ts'
import { verifyFile } from './verify/index.ts'
import { findWork, Puller, type PullerTools, stemFileOf } from './works/index.ts'

export const APP_VERSION = '0.1.0'

const SERVICE_SETTING = 'service.url'
const STEM_CAP_SETTING = 'stems.capBytes'
/** Of each kind: stems as delivered, and their decoded audio. */
const DEFAULT_STEM_CAP_BYTES = 40e9

export interface StudioOptions {
  readonly homeDir: string
  /** Null takes the service this home last used. */
  readonly serviceUrl: string | null
  readonly host: ProcessHost
  readonly secrets: SecretBox
  /** `default` is the sound card; the command line needs none. */
  readonly output?: 'default' | 'silent'
  /** The window decodes stems as they arrive; the command line when they are first needed. */
  readonly decodesAhead?: boolean
  readonly onPull?: PullerTools['onChanged']
  /** What went wrong in the background, for a person to read. */
  readonly onProblem?: (problem: Problem) => void
  readonly clock?: () => number
}

/** Folders of temporary files whose process is gone. */
const removeStaleTemp = (dir: string): void => {
  for (const name of readdirSync(dir)) {
    const pid = Number(/^(\d+)-/.exec(name)?.[1] ?? 0)
    try {
      process.kill(pid, 0)
    } catch {
      rmSync(join(dir, name), { recursive: true, force: true })
    }
  }
}

export class Studio {
  readonly home: Home
  readonly library: Library
  readonly stems: StemStore
  readonly identity: Identity
  readonly engine: EngineSupervisor
  readonly signer: Signer
  readonly puller: Puller
  readonly desk: LicenceDesk
  /** Models of the user's own. */
  readonly models: ModelShelf
  /** Plugins of this machine. */
  readonly plugins: Plugins
  /** Sounds to match. */
  readonly references: ReferenceShelf
  readonly #records: Records
  readonly #options: StudioOptions
  readonly #tempDir: string
  readonly #frozen: FrozenShelf
  #serviceUrl: string | null
  #approvals: Approvals | undefined
  #connected: { readonly url: string; readonly client: ServiceClient; readonly enrolment: Enrolment } | undefined

  constructor(
    home: Home,
    options: StudioOptions,
    parts: { readonly library: Library; readonly identity: Identity; readonly records: Records },
  ) {
    this.home = home
    this.#options = options
    this.library = parts.library
    this.identity = parts.identity
    this.#records = parts.records
    this.stems = new StemStore(home.stems)
    this.engine = new EngineSupervisor(options.host, { cacheDir: home.pcmCache, modelsDir: home.models }, options.output ?? 'silent')
    this.signer = createSigner(options.host)
    this.models = new ModelShelf(home.models, () => this.engine.client())
    this.references = new ReferenceShelf(home.references, () => this.engine.client())
    this.plugins = new Plugins({
      dir: home.plugins,
      host: options.host,
      onProblem: options.onProblem ?? (() => {}),
      now: () => this.licences.clock.nowMs,
    })
    this.plugins.attach(this.engine)
    this.#tempDir = join(home.temp, `${process.pid}-${randomUUID().slice(0, 8)}`)
    // Where the library was rebuilt the setting is gone; the enrolment still says which service this device belongs to.
    this.#serviceUrl = options.serviceUrl ?? parts.library.setting(SERVICE_SETTING) ?? parts.identity.enrolments().at(-1)?.url ?? null
    if (options.serviceUrl !== null) parts.library.setSetting(SERVICE_SETTING, options.serviceUrl)
    this.desk = {
      grantsFor: (stems) => {
        const wanted = new Set(stems)
        return this.licences.grantsInForce().filter(({ grant }) => grant.assets.some((asset) => wanted.has(asset.stem)))
      },
      context: (purpose, exceptIntent) => this.licences.context(purpose, exceptIntent === undefined ? {} : { exceptIntent }),
      installed: (snapshot) => asInstalled(snapshot, this.plugins.lookUp),
    }
    this.#frozen = new FrozenShelf({ cacheDir: home.pcmCache, desk: this.desk, engine: () => this.engine.client() })
    this.puller = new Puller({
      stems: this.stems,
      library: this.library,
      client: async () => {
        const connected = await this.connect()
        return connected.ok ? ok(connected.value.client) : connected
      },
      lease: (work) => this.lease(work),
      leaseEnds: (work) => this.licences.grantsInForce({ works: [work] })[0]?.lease?.notAfter ?? null,
      prepare: options.decodesAhead ? (work, signal, onStem) => this.#prepare(work, signal, onStem) : null,
      onChanged: options.onPull ?? (() => {}),
    })
  }

  get ledger(): Ledger {
    return this.#records.ledger
  }

  get licences(): Licences {
    return this.#records.licences
  }

  get serviceUrl(): string | null {
    return this.#serviceUrl
  }

  /** Points the studio at a service and remembers it. */
  setService(url: string): void {
    this.#serviceUrl = url
    this.#connected = undefined
    this.library.setSetting(SERVICE_SETTING, url)
  }

  /** A client that needs no enrolment. Codes: `service.none`, `service.bad_url`. */
  guest(): Result<ServiceClient> {
    if (this.#serviceUrl === null) {
      return fail('service.none', 'No rights service is known yet. Name one with --service URL once; it is remembered.')
    }
    return createServiceClient({ url: this.#serviceUrl, token: () => this.#connected?.enrolment.token })
  }

  /** Enrols this device with the service, or renews what is about to end. `isFresh` fetches the service's keys anew, `isForced` enrols where it forgot this device. Codes: `service.*`, `enrol.*`, `trust.*`. */
  async connect({
    isFresh = false,
    isForced = false,
  }: {
    readonly isFresh?: boolean
    readonly isForced?: boolean
  } = {}): Promise<Result<{ readonly client: ServiceClient; readonly enrolment: Enrolment }>> {
    const guest = this.guest()
    if (!guest.ok) return guest
    if (!isFresh && !isForced && this.#connected?.url === guest.value.url) return ok(this.#connected)
    const enrolment = await ensureEnrolled(guest.value, this.identity, { nowMs: this.licences.clock.nowMs, isForced })
    if (!enrolment.ok) return enrolment
    const client = createServiceClient({ url: guest.value.url, token: () => enrolment.value.token })
    if (!client.ok) return client
    this.#connected = { url: guest.value.url, client: client.value, enrolment: enrolment.value }
    return ok(this.#connected)
  }

  /** Works of the service that fit a query; those on this machine where the service cannot be reached. */
  async catalogue(query: string): Promise<Result<{ readonly works: readonly WorkSummary[]; readonly isOffline: boolean }>> {
    const guest = this.guest()
    const local = (): WorkSummary[] => {
      const words = query.toLowerCase().split(/\s+/).filter(Boolean)
      return this.library.works().filter((work) => {
        const text = [work.title, ...work.artists, work.key ?? '', ...work.stems.map((stem) => stem.role)].join(' ').toLowerCase()
        return words.every((word) => text.includes(word))
      })
    }
    if (!guest.ok) return this.library.works().length > 0 ? ok({ works: local(), isOffline: true }) : guest
    const reply = await guest.value.catalogue({ query })
    if (reply.ok) return ok({ works: reply.value.works, isOffline: false })
    return this.library.works().length > 0 ? ok({ works: local(), isOffline: true }) : reply
  }

  /** Finds a work by URN or title, in the catalogue or, offline, on this machine. */
  async findWork(reference: string): Promise<Result<WorkSummary>> {
    const catalogue = await this.catalogue('')
    const works = catalogue.ok ? catalogue.value.works : this.library.works()
    const known = new Set(works.map((work) => work.id))
    const found = findWork([...works, ...this.library.works().filter((work) => !known.has(work.id))], reference)
    return !found.ok && !catalogue.ok ? catalogue : found
  }

  /** Gets a fresh grant and lease. Receipts that the service still lacks are synced first where it asks for them. */
  async lease(work: string): Promise<Result<{ readonly leaseEnds: string | null }>> {
    // A work of a label that is new to the catalogue comes with new authorities to trust.
    const ask = async (isForced = false) => {
      const connected = await this.connect({ isFresh: true, isForced })
      if (!connected.ok) return connected
      const { client, enrolment } = connected.value
      return this.licences.lease(client, enrolment, { work, ledgerHead: this.ledger.head(enrolment.issuer) })
    }
    let reply = await ask()
    if (!reply.ok && reply.error.code === 'service.unauthorised') reply = await ask(true)
    if (!reply.ok && (reply.error.code === 'lease.receipts_missing' || reply.error.code === 'lease.ledger_forked')) {
      const synced = await this.sync()
      if (!synced.ok) return synced
      reply = await ask()
    }
    return reply.ok ? ok({ leaseEnds: reply.value.lease?.notAfter ?? null }) : reply
  }

  /** Pulls a work, continuing where an earlier pull stopped. Other works' stems make room where the store is over its cap. */
  async pull(work: WorkSummary): Promise<Result<WorkSummary>> {
    const pulled = await this.puller.pull(work)
    if (pulled.ok) {
      await Promise.all(work.stems.map((stem) => this.stems.touch(stemFileOf(stem))))
      await this.trim(work.stems.map((stem) => stem.contentSha256))
    }
    return pulled
  }

  /** Keeps stems and decoded audio within their caps, least recently used first; `pinned` (SHA-256) stay. */
  async trim(pinned: readonly string[]): Promise<void> {
    const keep = new Set(pinned)
    const cap = Number(this.library.setting(STEM_CAP_SETTING) ?? DEFAULT_STEM_CAP_BYTES)
    await this.stems.evict(cap, keep)
    trimCache({ cacheDir: this.home.pcmCache, maxBytes: cap, keep })
  }

  async #prepare(work: WorkSummary, signal: AbortSignal, onStem: (stem: string) => void): Promise<Result<null>> {
    const stems = work.stems.map((stem) => ({
      path: this.stems.pathOf(stemFileOf(stem)),
      contentSha256: stem.contentSha256,
      name: stem.title,
    }))
    const engine = await this.engine.client()
    if (!engine.ok) return engine
    const prepared = await engine.value.request('sources.prepare', { stems }, { signal })
    if (!prepared.ok) return prepared
    for (const stem of work.stems) onStem(stem.id)
    return ok(null)
  }

  get remixTools(): OpenRemixTools {
    return { journals: this.home.journals, desk: this.desk, onProblem: this.#options.onProblem ?? (() => {}), frozen: this.#frozen }
  }

  /** A new remix of a pulled work. Codes: `work.not_pulled`. */
  newRemix(work: WorkSummary): Result<RemixSnapshot> {
    const missing = work.stems.filter((stem) => !this.stems.has(stemFileOf(stem)))
    if (missing.length > 0) {
      return fail(
        'work.not_pulled',
        `${missing.length} of ${work.stems.length} stems of “${work.title}” are not on this computer yet. Pull the work first.`,
      )
    }
    return ok(createRemix({ ...work, stems: work.stems }, { newId: randomUUID, now: this.licences.clock.nowMs }))
  }

  openRemix(path: string): Promise<Result<OpenRemix>> {
    return OpenRemix.open(this.remixTools, path)
  }

  /** Renders a track before its fader; the edits it returns make it play so. */
  async freeze(session: RemixSession, trackId: string, hooks: Parameters<typeof freezeTrack>[3] = {}): ReturnType<typeof freezeTrack> {
    const wanted = devicesOf(session.snapshot, trackId).flatMap(({ plugin, isEnabled }) => (plugin && isEnabled ? [plugin] : []))
    const scanned = await this.plugins.ensureScanned(wanted, hooks.signal ? { signal: hooks.signal } : {})
    if (!scanned.ok) return scanned
    return freezeTrack({ engine: () => this.engine.client(), stemFile: this.stemLocator(session.snapshot) }, session, trackId, hooks)
  }

  /** Threads with artists. Opened when first asked for: most starts never need them. */
  get approvals(): Approvals {
    this.#approvals ??= new Approvals({
      dir: this.home.approvals,
      tempDir: this.#tempDir,
      identity: this.identity,
      licences: this.licences,
      desk: this.desk,
      connect: (isForced) => this.connect({ isForced }),
      engine: () => this.engine.client(),
      stemLocator: (snapshot) => this.stemLocator(snapshot),
      originalOf: (id) => {
        const work = this.library.work(id)
        const remix = work && this.newRemix(work)
        return remix?.ok ? remix.value : null
      },
      work: (id) => this.library.work(id),
    })
    return this.#approvals
  }

  /** Whether this home ever took part in an approval. */
  get hasApprovals(): boolean {
    return this.#approvals !== undefined || ApprovalStore.exists(this.home.approvals) || this.identity.artist() !== null
  }

  /** Where the stems of a remix lie on disk. */
  stemLocator(snapshot: RemixSnapshot): ExportTools['stemFile'] {
    const summaries = new Map(
      recordsOf(snapshot, 'work').flatMap((work) => this.library.work(work.id)?.stems.map((stem) => [stem.id, stem] as const) ?? []),
    )
    return (stemId) => {
      const stem = summaries.get(stemId)
      if (!stem || !this.stems.has(stemFileOf(stem))) return undefined
      const { title, role, contentSha256, mimeType, c2pa } = stem
      return { id: stemId, path: this.stems.pathOf(stemFileOf(stem)), name: title, title, role, contentSha256, mimeType, c2pa }
    }
  }

  /** Stems that a remix names and this machine does not have. */
  missingStems(snapshot: RemixSnapshot): string[] {
    const locate = this.stemLocator(snapshot)
    return recordsOf(snapshot, 'stem')
      .filter((stem) => locate(stem.id) === undefined)
      .map((stem) => stem.id)
  }

  /** What the engine hears in a work that is on this computer. Nothing is changed by it. */
  analyse(work: WorkSummary, hooks: AnalyseHooks = {}): Promise<Result<WorkAnalysis>> {
    const fileOf = (stem: StemSummary) =>
      this.stems.has(stemFileOf(stem))
        ? { path: this.stems.pathOf(stemFileOf(stem)), contentSha256: stem.contentSha256, name: stem.title }
        : undefined
    return analyseWork({ engine: () => this.engine.client(), fileOf }, work, hooks)
  }

  /** What styles ask of the studio. */
  factTools(snapshot: RemixSnapshot): FactTools {
    const engine = () => this.engine.client()
    return {
      desk: this.desk,
      engine,
      stemFile: this.stemLocator(snapshot),
      work: (id) => this.library.work(id),
      model: (wanted) => this.models.find(wanted),
      reference: async (input, hooks) => {
        const file = this.references.find(input)
        if (file) return ok(file)
        const work = this.library.work(input)
        if (!work)
          return fail(
            'reference.unknown',
            'The sound to match is not known on this computer. Choose its file, or pull its work, and run the style again.',
          )
        const original = this.newRemix(work)
        if (!original.ok) return original
        const mix = await measureMix({ engine, stemFile: this.stemLocator(original.value) }, original.value, hooks)
        return mix.ok ? ok({ title: work.title, profile: mix.value.profile, integratedLufs: mix.value.integratedLufs }) : mix
      },
    }
  }

  /** The variations of a remix as it is now; `onChanged` hears of rows as they come. */
  variations(snapshot: RemixSnapshot, onChanged: VariationTools['onChanged']): Variations {
    const onProblem = this.#options.onProblem ?? (() => {})
    return new Variations(
      {
        engine: () => this.engine.client(),
        stems: (remix) => {
          const locate = this.stemLocator(remix)
          return recordsOf(remix, 'stem').flatMap((stem) => {
            const file = locate(stem.id)
            return file ? [{ path: file.path, contentSha256: file.contentSha256, name: file.name }] : []
          })
        },
        facts: async (remix, needs, signal) => {
          return (await collectFacts(this.factTools(remix), remix, needs, { signal })).facts
        },
        marks: new MarkStore(this.home.variations, remixOf(snapshot).uid, onProblem),
        onChanged,
      },
      snapshot,
    )
  }

  /** Starts the engine ahead of an export, so that it is up by the time the remix is read. */
  warmUp(): void {
    void this.engine.engine()
  }

  async export(order: ExportOrder, hooks: ExportHooks = {}): ReturnType<typeof exportRemix> {
    const engine = await this.engine.client()
    if (!engine.ok) return engine
    const wanted = recordsOf(order.snapshot, 'device').flatMap(({ plugin, isEnabled }) => (plugin && isEnabled ? [plugin] : []))
    const scanned = await this.plugins.ensureScanned(wanted, hooks.signal ? { signal: hooks.signal } : {})
    if (!scanned.ok) return scanned
    try {
      mkdirSync(this.#tempDir, { recursive: true, mode: 0o700 })
    } catch (error) {
      return fileFailure(error, this.#tempDir)
    }
    return exportRemix(
      {
        engine: engine.value,
        abandonEngine: () => this.engine.abandon(),
        signer: this.signer,
        ledger: this.ledger,
        desk: this.desk,
        approvals: (grants, wanted) =>
          grants.some(({ grant }) => grant.approval) ? this.approvals.judgeExport(grants, wanted) : { approvals: {}, carried: [] },
        appVersion: APP_VERSION,
        claimKeyPem: this.identity.claimKeyPem,
        tempDir: this.#tempDir,
        enrolmentFor: (issuer) => this.identity.enrolment(issuer),
        stemFile: this.stemLocator(order.snapshot),
        onExported: (file) => this.library.noteExport({ ...file, createdAt: new Date(this.licences.clock.nowMs).toISOString() }),
      },
      { ...order, snapshot: asInstalled(order.snapshot, this.plugins.lookUp) },
      hooks,
    )
  }

  /** Pushes every receipt that waits and checks the proofs. */
  async sync(signal?: AbortSignal): Promise<Result<SyncSummary>> {
    if (this.#serviceUrl === null)
      return fail('service.none', 'No rights service is known yet. Name one with --service URL once; it is remembered.')
    return this.newSync(this.#serviceUrl).run(signal ? { signal } : {})
  }

  newSync(url: string): Sync {
    return new Sync({ ledger: this.ledger, identity: this.identity, url, clock: () => this.licences.clock.nowMs })
  }

  /** PEM of every authority that a pinned service vouches for. */
  get anchors(): string[] {
    return [...new Set(this.identity.enrolments().flatMap((enrolment) => enrolment.trust.anchors))]
  }

  /** Reads a file and says whether it is intact, who signed it, and what it is made of. */
  verify(path: string): Promise<Result<VerifyReport>> {
    if (!existsSync(path))
      return Promise.resolve(fail('file.missing', `${basename(path)} was not found. It may have been moved or deleted.`))
    const enrolments = this.identity.enrolments()
    const [enrolment] = enrolments.filter(({ url }) => url === this.#serviceUrl).concat(enrolments)
    const guest = this.guest()
    return verifyFile(path, {
      signer: this.signer,
      anchors: this.anchors,
      logKey: enrolment?.trust.logKey ?? null,
      receipts: receiptLookup(this.ledger, this.identity, guest.ok ? guest.value : null),
      revocations: this.licences.revocations(),
      now: () => this.licences.clock.nowMs,
      ...(this.hasApprovals ? { judgeApproval: (carried, made) => this.approvals.judgePast(carried, made) } : {}),
    })
  }

  async close(): Promise<void> {
    await this.puller.stop()
    await this.plugins.close()
    this.signer.dispose()
    this.engine.dispose()
    rmSync(this.#tempDir, { recursive: true, force: true })
    this.#approvals?.close()
    this.library.close()
    this.#records.close()
  }
}

/** Opens the studio over a home folder. Codes: `disk.*`, `identity.*`, `ledger.*`. */
export const openStudio = async (options: StudioOptions): Promise<Result<Studio>> => {
  let home: Home
  try {
    home = openHome(options.homeDir)
    removeStaleTemp(home.temp)
  } catch (error) {
    return fileFailure(error, options.homeDir)
  }
  const identity = openIdentity(home.identity, options.secrets)
  if (!identity.ok) return identity
  const records = await openRecords({
    dir: home.ledger,
    key: identity.value,
    app: { name: 'Stemma', version: APP_VERSION },
    ...(options.clock ? { clock: options.clock } : {}),
  })
  if (!records.ok) return records
  try {
    return ok(new Studio(home, options, { library: Library.open(home.library), identity: identity.value, records: records.value }))
  } catch (error) {
    records.value.close()
    return fileFailure(error, home.library)
  }
}
