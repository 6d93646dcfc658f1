// The studio: everything the application does, without a window. The window, the command line and the tests drive this one object.
import { randomUUID } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs'
import { basename, join } from 'node:path'
import type { VerifyReport } from '../../src-shared/protocol/index.ts'
import { devicesOf, type RemixSnapshot, recordsOf, remixOf } from '../../src-shared/remix/index.ts'
import { fail, ok, type Problem, type Result } from '../../src-shared/std/index.ts'
import { Approvals, ApprovalStore } from './approvals/index.ts'
import { EngineSupervisor } from './engine-supervisor.ts'
import { type ExportHooks, type ExportOrder, exportRemix } from './exports/index.ts'
import { fileFailure } from './file-problems.ts'
import { freezeTrack } from './freeze.ts'
import { FrozenShelf } from './frozen-sounds.ts'
import { type Home, openHome } from './home/index.ts'
import { type Identity, openIdentity, type SecretBox } from './identity/index.ts'
import type { Ledger } from './ledger/index.ts'
import { Library } from './library/index.ts'
import { type Licences, openRecords, type Records } from './licences/index.ts'
import { OpenRemix, type OpenRemixTools } from './open-remix.ts'
import { ModelShelf } from './models/index.ts'
import { asInstalled, Plugins } from './plugins/index.ts'
import type { ProcessHost } from './process-host/index.ts'
import { receiptLookup } from './receipt-lookup.ts'
import { ServiceConnection } from './service-connection.ts'
import type { LicenceDesk, RemixSession } from './session/index.ts'
import { createSigner, type Signer } from './stamp/index.ts'
import { StemStore } from './stem-store/index.ts'
import { collectFacts, type FactTools, measureMix, ReferenceShelf } from './styles/index.ts'
import { Sync, type SyncSummary } from './sync/index.ts'
import { MarkStore, Variations, type VariationTools } from './variations/index.ts'
import { verifyFile } from './verify/index.ts'
import { Works, type WorksTools } from './works/index.ts'

export const APP_VERSION = '0.1.0'

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
  readonly onPull?: WorksTools['onPull']
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
  readonly service: ServiceConnection
  readonly works: Works
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
  #approvals: Approvals | undefined

  constructor(
    home: Home,
    options: StudioOptions,
    parts: { readonly library: Library; readonly identity: Identity; readonly records: Records },
  ) {
    const { library, identity } = parts
    this.home = home
    this.#options = options
    this.library = library
    this.identity = identity
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
    this.service = new ServiceConnection(options.serviceUrl, { library, identity, nowMs: () => this.licences.clock.nowMs })
    this.desk = {
      grantsFor: (stems) => {
        const wanted = new Set(stems)
        return this.licences.grantsInForce().filter(({ grant }) => grant.assets.some((asset) => wanted.has(asset.stem)))
      },
      context: (purpose, exceptIntent) => this.licences.context(purpose, exceptIntent === undefined ? {} : { exceptIntent }),
      installed: (snapshot) => asInstalled(snapshot, this.plugins.lookUp),
    }
    this.#frozen = new FrozenShelf({ cacheDir: home.pcmCache, desk: this.desk, engine: () => this.engine.client() })
    this.works = new Works({
      library,
      stems: this.stems,
      engine: this.engine,
      service: this.service,
      records: parts.records,
      cacheDir: home.pcmCache,
      decodesAhead: options.decodesAhead ?? false,
      onPull: options.onPull ?? (() => {}),
      sync: () => this.sync(),
    })
  }

  get ledger(): Ledger {
    return this.#records.ledger
  }

  get licences(): Licences {
    return this.#records.licences
  }

  get remixTools(): OpenRemixTools {
    return { journals: this.home.journals, desk: this.desk, onProblem: this.#options.onProblem ?? (() => {}), frozen: this.#frozen }
  }

  openRemix(path: string): Promise<Result<OpenRemix>> {
    return OpenRemix.open(this.remixTools, path)
  }

  /** Renders a track before its fader; the edits it returns make it play so. */
  async freeze(session: RemixSession, trackId: string, hooks: Parameters<typeof freezeTrack>[3] = {}): ReturnType<typeof freezeTrack> {
    const wanted = devicesOf(session.snapshot, trackId).flatMap(({ plugin, isEnabled }) => (plugin && isEnabled ? [plugin] : []))
    const scanned = await this.plugins.ensureScanned(wanted, hooks.signal ? { signal: hooks.signal } : {})
    if (!scanned.ok) return scanned
    return freezeTrack({ engine: () => this.engine.client(), stemFile: this.works.stemLocator(session.snapshot) }, session, trackId, hooks)
  }

  /** Threads with artists. Opened when first asked for: most starts never need them. */
  get approvals(): Approvals {
    this.#approvals ??= new Approvals({
      dir: this.home.approvals,
      tempDir: this.#tempDir,
      identity: this.identity,
      licences: this.licences,
      desk: this.desk,
      connect: (isForced) => this.service.connect({ isForced }),
      engine: () => this.engine.client(),
      stemLocator: (snapshot) => this.works.stemLocator(snapshot),
      originalOf: (id) => {
        const work = this.library.work(id)
        const remix = work && this.works.newRemix(work)
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

  /** What styles ask of the studio. */
  factTools(snapshot: RemixSnapshot): FactTools {
    const engine = () => this.engine.client()
    return {
      desk: this.desk,
      engine,
      stemFile: this.works.stemLocator(snapshot),
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
        const original = this.works.newRemix(work)
        if (!original.ok) return original
        const mix = await measureMix({ engine, stemFile: this.works.stemLocator(original.value) }, original.value, hooks)
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
          const locate = this.works.stemLocator(remix)
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
        stemFile: this.works.stemLocator(order.snapshot),
        onExported: (file) => this.library.noteExport({ ...file, createdAt: new Date(this.licences.clock.nowMs).toISOString() }),
      },
      { ...order, snapshot: asInstalled(order.snapshot, this.plugins.lookUp) },
      hooks,
    )
  }

  /** Pushes every receipt that waits and checks the proofs. */
  async sync(signal?: AbortSignal): Promise<Result<SyncSummary>> {
    if (this.service.url === null)
      return fail('service.none', 'No rights service is known yet. Name one with --service URL once; it is remembered.')
    return this.newSync(this.service.url).run(signal ? { signal } : {})
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
    const [enrolment] = enrolments.filter(({ url }) => url === this.service.url).concat(enrolments)
    const guest = this.service.guest()
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
    await this.works.puller.stop()
    this.works.trimDecoded()
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
