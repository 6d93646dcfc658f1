// Notes in the window, heard before they are in the remix: the edits are tried on a copy, and only the engine hears of the result.
import type { AppReplies, AppRequest, EngineClient, revoiceRequestSchemas, StemFile } from '../../src-shared/protocol/index.ts'
import { decodeEditCommands, recordOf, type RemixSnapshot, type RenderPlan } from '../../src-shared/remix/index.ts'
import { fail, ok, type Result } from '../../src-shared/std/index.ts'
import { planNote, planNotes, type Studio } from '../studio/index.ts'
import type { RequestHandlers } from './ipc-router.ts'
import type { RemixDesk } from './remix-desk.ts'

export type RevoiceHandlers = Pick<RequestHandlers, keyof typeof revoiceRequestSchemas>

export class RevoiceDesk {
  readonly #studio: Studio
  readonly #remixes: RemixDesk
  #running = new AbortController()

  constructor({ studio, remixes }: { studio: Studio; remixes: RemixDesk }) {
    this.#studio = studio
    this.#remixes = remixes
  }

  /** What was asked for last is heard; what is still being prepared gives way. */
  #begin(): AbortSignal {
    this.#running.abort()
    this.#running = new AbortController()
    return this.#running.signal
  }

  /** The engine, and the files of the stems that a plan reads. */
  async #ready(
    snapshot: RemixSnapshot,
    plan: RenderPlan,
  ): Promise<Result<{ readonly engine: EngineClient; readonly stems: readonly StemFile[] }>> {
    const locate = this.#studio.works.stemLocator(snapshot)
    const stems = new Map<string, StemFile>()
    for (const { stemId, title } of plan.sources) {
      const file = locate(stemId)
      if (!file) return fail('stem.missing', `The stem “${title}” is not on this computer. Pull its work again.`)
      stems.set(stemId, { path: file.path, contentSha256: file.contentSha256, name: file.name })
    }
    const engine = await this.#studio.engine.client()
    return engine.ok ? ok({ engine: engine.value, stems: [...stems.values()] }) : engine
  }

  async play({
    uid,
    commands,
    clips,
    isAlone,
    fromFrame,
    nowFrame,
  }: AppRequest<'revoice.play'>): Promise<Result<AppReplies['revoice.play']>> {
    const signal = this.#begin()
    const remix = this.#remixes.find(uid)
    if (!remix.ok) return remix
    const { session } = remix.value
    const decoded = decodeEditCommands(commands)
    if (!decoded.ok) return decoded
    const foreseen = session.foresee(decoded.value)
    if (!foreseen.ok) return foreseen
    const planned = planNotes(foreseen.value, { clipIds: clips, isAlone, fromFrame, nowFrame })
    if (!planned.ok) return planned
    const { plan, atFrame, untilFrame, endFrame, pieces } = planned.value
    const ready = await this.#ready(session.snapshot, plan)
    if (!ready.ok) return ready
    const { engine, stems } = ready.value
    const state = await engine.request('audition.plan', { plan, stems, atFrame: nowFrame === null ? atFrame : null, gainDb: 0 }, { signal })
    return state.ok ? ok({ state: state.value, untilFrame, endFrame, pieces }) : state
  }

  async playNote({
    uid,
    stem: stemId,
    instrument,
    pitch,
    velocity,
  }: AppRequest<'revoice.playNote'>): Promise<Result<AppReplies['revoice.playNote']>> {
    const signal = this.#begin()
    const remix = this.#remixes.find(uid)
    if (!remix.ok) return remix
    const { snapshot } = remix.value.session
    const stem = recordOf(snapshot, 'stem', stemId)
    if (!stem) return fail('edit.no_such_stem', 'There is no such stem in this remix.')
    const plan = planNote(stem, instrument, { pitch, velocity })
    const ready = await this.#ready(snapshot, plan)
    if (!ready.ok) return ready
    const { engine, stems } = ready.value
    return engine.request('audition.plan', { plan, stems, atFrame: 0, gainDb: 0 }, { signal })
  }

  async stop(): Promise<Result<null>> {
    this.#running.abort()
    const engine = await this.#studio.engine.client()
    if (!engine.ok) return engine
    const stopped = await engine.value.request('audition.stop', {})
    return stopped.ok ? ok(null) : stopped
  }
}

type Ready = <T>(work: (desk: RevoiceDesk) => Result<T> | Promise<Result<T>>) => Promise<Result<T>>

export const revoiceHandlers = (ready: Ready): RevoiceHandlers => ({
  'revoice.play': (order) => ready((desk) => desk.play(order)),
  'revoice.playNote': (order) => ready((desk) => desk.playNote(order)),
  'revoice.stop': () => ready((desk) => desk.stop()),
})
