// Works: found in the catalogue or here, leased, pulled, opened as a remix; and where their stems lie.
import { randomUUID } from 'node:crypto'
import { trimCache } from '../../../src-engine/files/index.ts'
import type { StemFile, StemSummary, WorkAnalysis, WorkSummary } from '../../../src-shared/protocol/index.ts'
import { createRemix, type RemixSnapshot, recordsOf } from '../../../src-shared/remix/index.ts'
import { fail, ok, type Result } from '../../../src-shared/std/index.ts'
import { type AnalyseHooks, analyseWork } from '../analysis/index.ts'
import type { EngineSupervisor } from '../engine-supervisor.ts'
import type { Library } from '../library/index.ts'
import type { Records } from '../licences/index.ts'
import type { ServiceConnection } from '../service-connection.ts'
import type { StampStem } from '../stamp/index.ts'
import type { StemStore } from '../stem-store/index.ts'
import { findWork, Puller, type PullerTools, stemFileOf } from './puller.ts'

const STEM_CAP_SETTING = 'stems.capBytes'
const DEFAULT_STEM_CAP_BYTES = 40e9
/** Of decoded audio and what analyses keep of it: made again in seconds, so it gets less room than what was delivered. */
const DECODED_CAP_SETTING = 'decoded.capBytes'
const DEFAULT_DECODED_CAP_BYTES = 20e9
/** What another process of this home may still be playing. */
const SPARE_MS = 3_600_000

export interface WorksTools {
  readonly library: Library
  readonly stems: StemStore
  readonly engine: EngineSupervisor
  readonly service: ServiceConnection
  readonly records: Records
  /** Folder of decoded audio. */
  readonly cacheDir: string
  /** Decodes stems as they arrive; otherwise when they are first needed. */
  readonly decodesAhead: boolean
  readonly onPull: PullerTools['onChanged']
  /** Sends receipts that wait. */
  readonly sync: () => Promise<Result<unknown>>
}

export class Works {
  readonly puller: Puller
  /** SHA-256 of stems that somebody has open, never removed; set by who opens remixes. */
  inUse: () => readonly string[] = () => []
  readonly #tools: WorksTools
  constructor(tools: WorksTools) {
    this.#tools = tools
    const { licences } = tools.records
    this.puller = new Puller({
      stems: tools.stems,
      library: tools.library,
      client: async () => {
        const connected = await tools.service.connect()
        return connected.ok ? ok(connected.value.client) : connected
      },
      lease: (work) => this.lease(work),
      leaseEnds: (work) => licences.grantsInForce({ works: [work] })[0]?.lease?.notAfter ?? null,
      prepare: tools.decodesAhead ? (work, signal, onStem) => this.#prepare(work, signal, onStem) : null,
      onChanged: tools.onPull,
    })
  }

  /** Works of the service that fit a query; those on this machine where the service cannot be reached. */
  async catalogue(query: string): Promise<Result<{ readonly works: readonly WorkSummary[]; readonly isOffline: boolean }>> {
    const guest = this.#tools.service.guest()
    const reply = guest.ok ? await guest.value.catalogue({ query }) : guest
    if (reply.ok) return ok({ works: reply.value.works, isOffline: false })
    const here = this.#tools.library.works()
    if (here.length === 0) return reply
    const words = query.toLowerCase().split(/\s+/).filter(Boolean)
    const works = here.filter((work) => {
      const text = [work.title, ...work.artists, work.key ?? '', ...work.stems.map((stem) => stem.role)].join(' ').toLowerCase()
      return words.every((word) => text.includes(word))
    })
    return ok({ works, isOffline: true })
  }

  /** Finds a work by URN or title, in the catalogue or, offline, on this machine. */
  async find(reference: string): Promise<Result<WorkSummary>> {
    const catalogue = await this.catalogue('')
    const here = this.#tools.library.works()
    const works = catalogue.ok ? catalogue.value.works : here
    const known = new Set(works.map((work) => work.id))
    const found = findWork([...works, ...here.filter((work) => !known.has(work.id))], reference)
    return !found.ok && !catalogue.ok ? catalogue : found
  }

  /** Gets a fresh grant and lease. Receipts that the service still lacks are synced first where it asks for them. */
  async lease(work: string): Promise<Result<{ readonly leaseEnds: string | null }>> {
    const { service, records, sync } = this.#tools
    // A work of a label that is new to the catalogue comes with new authorities to trust.
    const ask = async (isForced = false) => {
      const connected = await service.connect({ isFresh: true, isForced })
      if (!connected.ok) return connected
      const { client, enrolment } = connected.value
      return records.licences.lease(client, enrolment, { work, ledgerHead: records.ledger.head(enrolment.issuer) })
    }
    let reply = await ask()
    if (!reply.ok && reply.error.code === 'service.unauthorised') reply = await ask(true)
    if (!reply.ok && (reply.error.code === 'lease.receipts_missing' || reply.error.code === 'lease.ledger_forked')) {
      const synced = await sync()
      if (!synced.ok) return synced
      reply = await ask()
    }
    return reply.ok ? ok({ leaseEnds: reply.value.lease?.notAfter ?? null }) : reply
  }

  /** Pulls a work, continuing where an earlier pull stopped. Other works' stems make room where the store is over its cap. */
  async pull(work: WorkSummary): Promise<Result<WorkSummary>> {
    const pulled = await this.puller.pull(work)
    if (pulled.ok) {
      await Promise.all(work.stems.map((stem) => this.#tools.stems.touch(stemFileOf(stem))))
      await this.trim(work.stems.map((stem) => stem.contentSha256))
    }
    return pulled
  }

  /** Keeps stems and decoded audio within their caps, least recently used first; `pinned` (SHA-256) and what is in use stay. */
  async trim(pinned: readonly string[]): Promise<void> {
    const { library, stems } = this.#tools
    const keep = new Set([...pinned, ...this.inUse()])
    await stems.evict(Number(library.setting(STEM_CAP_SETTING) ?? DEFAULT_STEM_CAP_BYTES), keep)
    this.trimDecoded(pinned)
  }

  /** Keeps decoded audio within its cap: nothing that was delivered goes, and what goes is decoded again when it is needed. */
  trimDecoded(pinned: readonly string[] = []): void {
    const { library, cacheDir } = this.#tools
    const maxBytes = Number(library.setting(DECODED_CAP_SETTING) ?? DEFAULT_DECODED_CAP_BYTES)
    trimCache({ cacheDir, maxBytes, keep: new Set([...pinned, ...this.inUse()]), spareMs: SPARE_MS })
  }

  async #prepare(work: WorkSummary, signal: AbortSignal, onStem: (stem: string) => void): Promise<Result<null>> {
    const engine = await this.#tools.engine.client()
    if (!engine.ok) return engine
    const stems = work.stems.flatMap((stem) => this.#fileOf(stem) ?? [])
    const prepared = await engine.value.request('sources.prepare', { stems }, { signal })
    if (!prepared.ok) return prepared
    for (const stem of work.stems) onStem(stem.id)
    return ok(null)
  }

  /** Where a stem lies; undefined where it is not on this computer. */
  #fileOf(stem: StemSummary): StemFile | undefined {
    const { stems } = this.#tools
    const file = stemFileOf(stem)
    return stems.has(file) ? { path: stems.pathOf(file), contentSha256: stem.contentSha256, name: stem.title } : undefined
  }

  /** A new remix of a pulled work. Codes: `work.not_pulled`. */
  newRemix(work: WorkSummary): Result<RemixSnapshot> {
    const missing = work.stems.filter((stem) => !this.#fileOf(stem))
    if (missing.length > 0) {
      return fail(
        'work.not_pulled',
        `${missing.length} of ${work.stems.length} stems of “${work.title}” are not on this computer yet. Pull the work first.`,
      )
    }
    return ok(createRemix({ ...work, stems: work.stems }, { newId: randomUUID, now: this.#tools.records.licences.clock.nowMs }))
  }

  /** Where the stems of a remix lie on disk; undefined for those that are not on this computer. */
  stemLocator(snapshot: RemixSnapshot): (stemId: string) => (StampStem & StemFile) | undefined {
    const summaries = new Map(
      recordsOf(snapshot, 'work').flatMap((work) => this.#tools.library.work(work.id)?.stems.map((stem) => [stem.id, stem] as const) ?? []),
    )
    return (stemId) => {
      const stem = summaries.get(stemId)
      const file = stem && this.#fileOf(stem)
      if (!file) return undefined
      const { title, role, mimeType, c2pa } = stem
      return { ...file, id: stemId, title, role, mimeType, c2pa }
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
    return analyseWork({ engine: () => this.#tools.engine.client(), fileOf: (stem) => this.#fileOf(stem) }, work, hooks)
  }
}
