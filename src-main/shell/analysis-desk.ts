// Listening in the window: one job at a time, with progress and cancel. What is found is only shown; edits are the user's.
import { randomUUID } from 'node:crypto'
import type {
  AppReplies,
  EngineClient,
  listeningRequestSchemas,
  PeaksReply,
  Transcription,
  WorkAnalysis,
} from '../../src-shared/protocol/index.ts'
import { applyEdits, recordOf, recordsOf } from '../../src-shared/remix/index.ts'
import { judgeOperation } from '../../src-shared/rights/index.ts'
import { fail, ok, type Result } from '../../src-shared/std/index.ts'
import { addWork, type Studio, termsOf } from '../studio/index.ts'
import type { RequestHandlers, SendEvent } from './ipc-router.ts'
import type { RemixDesk } from './remix-desk.ts'

export type ListeningHandlers = Pick<RequestHandlers, keyof typeof listeningRequestSchemas>

interface Hooks {
  readonly signal: AbortSignal
  readonly onProgress: (fraction: number, label: string) => void
}

export class AnalysisDesk {
  readonly #studio: Studio
  readonly #remixes: RemixDesk
  readonly #send: SendEvent
  #running: AbortController | undefined

  constructor({ studio, remixes, send }: { studio: Studio; remixes: RemixDesk; send: SendEvent }) {
    this.#studio = studio
    this.#remixes = remixes
    this.#send = send
  }

  stop(): void {
    this.#running?.abort()
  }

  /** A newer job takes the place of an older one: only what was asked last is waited for. */
  async #listen<T>(uid: string, subject: string, work: (hooks: Hooks) => Promise<Result<T>>): Promise<Result<T>> {
    this.#running?.abort()
    const controller = new AbortController()
    this.#running = controller
    const { signal } = controller
    const onProgress = (fraction: number, label: string): void => {
      if (!signal.aborted) this.#send('listening.progress', { uid, subject, fraction, label })
    }
    try {
      const found = await work({ signal, onProgress })
      return signal.aborted ? fail('listening.cancelled', 'Listening was stopped. Nothing was changed.') : found
    } finally {
      if (this.#running === controller) this.#running = undefined
    }
  }

  analyse(uid: string, workId: string): Promise<Result<WorkAnalysis>> {
    return this.#listen(uid, workId, async (hooks) => {
      const remix = this.#remixes.find(uid)
      if (!remix.ok) return remix
      const work = this.#studio.library.work(workId)
      if (!work) return fail('work.not_pulled', 'This work is not on this computer. Pull it in the library first.')
      return this.#studio.works.analyse(work, hooks)
    })
  }

  transcribe(uid: string, stemId: string): Promise<Result<Transcription>> {
    return this.#listen(uid, stemId, async ({ signal, onProgress }) => {
      const remix = this.#remixes.find(uid)
      if (!remix.ok) return remix
      const { snapshot } = remix.value.session
      const stem = recordOf(snapshot, 'stem', stemId)
      if (!stem) return fail('edit.no_such_stem', 'There is no such stem in this remix.')
      const refusal = termsOf(snapshot, this.#studio.desk, 'edit')
        .grants.filter(({ grant }) => grant.assets.some((asset) => asset.stem === stemId))
        .map(({ grant }) => judgeOperation(grant, stem.role, stem.title, { op: 'ai.transcribe', fromMs: 0, toMs: 1 }))
        .find((judged) => judged?.effect === 'deny' && judged.code !== 'licence.model_not_allowed')
      if (refusal) return fail(refusal.code, refusal.message)
      const client = await this.#prepared(stemId, (fraction) => onProgress(fraction * 0.2, `Decoding ${stem.title}`), signal)
      if (!client.ok) return client
      return client.value.request(
        'ai.transcribe',
        { contentSha256: stem.contentSha256 },
        { signal, onProgress: ({ fraction }) => onProgress(0.2 + fraction * 0.8, `Finding the notes of ${stem.title}`) },
      )
    })
  }

  async #prepared(stemId: string, onProgress: (fraction: number) => void, signal: AbortSignal): Promise<Result<EngineClient>> {
    const open = this.#remixes.open
    const file = open && this.#studio.works.stemLocator(open.session.snapshot)(stemId)
    if (!file) return fail('stem.missing', 'This stem is not on this computer. Pull its work again.')
    const engine = await this.#studio.engine.client()
    if (!engine.ok) return engine
    const { path, contentSha256, name } = file
    const prepared = await engine.value.request(
      'sources.prepare',
      { stems: [{ path, contentSha256, name }] },
      { signal, onProgress: ({ fraction }) => onProgress(fraction) },
    )
    return prepared.ok ? engine : prepared
  }

  async soundPeaks(uid: string, clipId: string): Promise<Result<PeaksReply>> {
    const remix = this.#remixes.find(uid)
    if (!remix.ok) return remix
    const plan = remix.value.session.plan
    if (!plan.ok) return plan
    const clip = plan.value.tracks.flatMap((track) => track.clips).find((one) => one.clipId === clipId)
    const source = clip && plan.value.sources[clip.source]
    const file = source && this.#studio.works.stemLocator(remix.value.session.snapshot)(source.stemId)
    if (!source || !file) return fail('stem.missing', 'The stem behind this clip is not on this computer. Pull its work again.')
    const engine = await this.#studio.engine.client()
    if (!engine.ok) return engine
    const { path, contentSha256, name } = file
    return engine.value.request('sources.derivedPeaks', { source, stems: [{ path, contentSha256, name }] })
  }

  addWork(uid: string, workId: string): Result<AppReplies['remix.addWork']> {
    const remix = this.#remixes.find(uid)
    if (!remix.ok) return remix
    const work = this.#studio.library.work(workId)
    const isHere = work && this.#studio.works.newRemix(work)
    if (!work || !isHere?.ok) {
      return isHere && !isHere.ok ? isHere : fail('work.not_pulled', 'This work is not on this computer yet. Pull it in the library first.')
    }
    const before = remix.value.session.snapshot
    const added = applyEdits(before, [addWork(work)], { newId: randomUUID })
    if (!added.ok) return added
    const whole = this.#remixes.replace(uid, added.value.snapshot, `Add ${work.title}`)
    // A licence that takes only part of the work at once still lets it be chosen from: muted, nothing of it is used yet.
    const clipIds = recordsOf(added.value.snapshot, 'clip').flatMap((clip) => (before.has(clip.id) ? [] : [clip.id]))
    const muted = whole.ok ? whole : applyEdits(added.value.snapshot, [{ op: 'clip.set', clipIds, isMuted: true }], { newId: randomUUID })
    if (!muted.ok) return muted
    const reply = whole.ok || !('snapshot' in muted.value) ? whole : this.#remixes.replace(uid, muted.value.snapshot, `Add ${work.title}`)
    if (!reply.ok) return reply
    this.#send('remix.changed', { uid, reply: reply.value })
    return ok({ mutedBecause: whole.ok ? null : whole.error.message })
  }
}

type Ready = <T>(work: (desk: AnalysisDesk) => Result<T> | Promise<Result<T>>) => Promise<Result<T>>

export const listeningHandlers = (ready: Ready): ListeningHandlers => ({
  'analysis.work': ({ uid, work }) => ready((desk) => desk.analyse(uid, work)),
  'revoice.transcribe': ({ uid, stem }) => ready((desk) => desk.transcribe(uid, stem)),
  'listening.cancel': () =>
    ready<AppReplies['listening.cancel']>((desk) => {
      desk.stop()
      return ok(null)
    }),
  'remix.addWork': ({ uid, work }) => ready((desk) => desk.addWork(uid, work)),
  'remix.soundPeaks': ({ uid, clip }) => ready((desk) => desk.soundPeaks(uid, clip)),
})
