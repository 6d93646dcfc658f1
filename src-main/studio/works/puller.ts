// Pulling a work: enrol, lease, stems, each resumable. Works are pulled one after another, stems of a work three at a time.
import PQueue from 'p-queue'
import type { PullState, StemSummary, WorkSummary } from '../../../src-shared/protocol/index.ts'
import { fail, ok, type Problem, type Result } from '../../../src-shared/std/index.ts'
import type { Library } from '../library/index.ts'
import type { ServiceClient } from '../service-client/index.ts'
import type { StemFile, StemStore } from '../stem-store/index.ts'

const PARALLEL_STEMS = 3

export const stemFileOf = ({ contentSha256, bytes, mimeType, title }: StemSummary): StemFile => ({ contentSha256, bytes, mimeType, title })

export interface PullerTools {
  readonly stems: StemStore
  readonly library: Library
  readonly client: () => Promise<Result<ServiceClient>>
  /** Gets a fresh grant and lease; returns when the lease ends. */
  readonly lease: (work: string) => Promise<Result<{ readonly leaseEnds: string | null }>>
  readonly leaseEnds: (work: string) => string | null
  /** Decodes stems ahead, so that a remix opens at once; null where that is left to the first use. */
  readonly prepare: ((work: WorkSummary, signal: AbortSignal, onStem: (stem: string) => void) => Promise<Result<null>>) | null
  readonly onChanged: (work: string, state: PullState) => void
}

interface Running {
  readonly controller: AbortController
  readonly done: Promise<Result<WorkSummary>>
}

export class Puller {
  readonly #tools: PullerTools
  readonly #running = new Map<string, Running>()
  readonly #states = new Map<string, PullState>()

  constructor(tools: PullerTools) {
    this.#tools = tools
  }

  /** What this machine has of a work. */
  stateOf(work: WorkSummary): PullState {
    const known = this.#states.get(work.id)
    if (known && (this.#running.has(work.id) || known.state === 'failed' || known.state === 'paused')) return known
    const stems = work.stems.map((stem) => {
      const file = stemFileOf(stem)
      const isThere = this.#tools.stems.has(file)
      return {
        stem: stem.id,
        receivedBytes: isThere ? stem.bytes : this.#tools.stems.partialBytes(file),
        totalBytes: stem.bytes,
        state: isThere ? ('ready' as const) : ('waiting' as const),
      }
    })
    const isKnown = this.#tools.library.work(work.id) !== undefined
    const isReady = isKnown && stems.every(({ state }) => state === 'ready')
    const hasSome = stems.some(({ receivedBytes }) => receivedBytes > 0)
    return { state: isReady ? 'ready' : hasSome ? 'paused' : 'none', problem: null, stems, leaseEnds: this.#tools.leaseEnds(work.id) }
  }

  /** Starts or continues a pull; a second call while it runs joins it. */
  pull(work: WorkSummary): Promise<Result<WorkSummary>> {
    const running = this.#running.get(work.id)
    if (running) return running.done
    const controller = new AbortController()
    const done = this.#run(work, controller.signal).finally(() => this.#running.delete(work.id))
    this.#running.set(work.id, { controller, done })
    return done
  }

  pause(work: string): void {
    this.#running.get(work)?.controller.abort()
  }

  /** Pauses everything and waits for it. */
  async stop(): Promise<void> {
    const all = [...this.#running.values()]
    for (const { controller } of all) controller.abort()
    await Promise.all(all.map(({ done }) => done))
  }

  async #run(work: WorkSummary, signal: AbortSignal): Promise<Result<WorkSummary>> {
    let state: PullState = { ...this.stateOf(work), state: 'pulling', problem: null }
    const publish = (next: PullState): void => {
      state = next
      this.#states.set(work.id, next)
      this.#tools.onChanged(work.id, next)
    }
    const setStem = (stem: string, change: Partial<PullState['stems'][number]>): void =>
      publish({ ...state, stems: state.stems.map((one) => (one.stem === stem ? { ...one, ...change } : one)) })
    const end = (problem: Problem): Result<never> => {
      const isPaused = problem.code === 'stem.paused'
      publish({
        ...state,
        state: isPaused ? 'paused' : 'failed',
        problem: isPaused ? null : problem,
        stems: state.stems.map((one) => (one.state === 'receiving' ? { ...one, state: 'waiting' } : one)),
      })
      return { ok: false, error: problem }
    }
    publish(state)

    const lease = await this.#tools.lease(work.id)
    if (!lease.ok) return end(lease.error)
    publish({ ...state, leaseEnds: lease.value.leaseEnds })
    const client = await this.#tools.client()
    if (!client.ok) return end(client.error)
    // Known from here on: what has arrived so far belongs to a work that can be shown and continued offline.
    this.#tools.library.saveWork(work)

    const queue = new PQueue({ concurrency: PARALLEL_STEMS })
    const problems: Problem[] = []
    const stopOthers = new AbortController()
    const combined = AbortSignal.any([signal, stopOthers.signal])
    await queue.addAll(
      work.stems.map((stem) => async () => {
        if (combined.aborted) return
        const file = stemFileOf(stem)
        setStem(stem.id, { state: 'receiving' })
        let shown = 0
        const received = await this.#tools.stems.receive(
          file,
          (offset, inner) => client.value.downloadRange(stem.contentSha256, offset, inner),
          {
            signal: combined,
            onProgress: (receivedBytes) => {
              if (receivedBytes - shown < 256 * 1024 && receivedBytes < stem.bytes) return
              shown = receivedBytes
              setStem(stem.id, { receivedBytes })
            },
          },
        )
        if (received.ok) setStem(stem.id, { receivedBytes: stem.bytes, state: 'ready' })
        else {
          problems.push(received.error)
          stopOthers.abort()
        }
      }),
    )
    if (signal.aborted) return end({ code: 'stem.paused', message: `Pulling “${work.title}” is paused. What has arrived is kept.` })
    const problem = problems.find(({ code }) => code !== 'stem.paused') ?? problems[0]
    if (problem) return end(problem)
    if (this.#tools.prepare) {
      publish({ ...state, stems: state.stems.map((one) => ({ ...one, state: 'preparing' })) })
      const prepared = await this.#tools.prepare(work, signal, (stem) => setStem(stem, { state: 'ready' }))
      if (!prepared.ok)
        return signal.aborted ? end({ code: 'stem.paused', message: `Preparing “${work.title}” is paused.` }) : end(prepared.error)
    }
    publish({ ...state, state: 'ready', stems: state.stems.map((one) => ({ ...one, state: 'ready' })) })
    return ok(work)
  }
}

/** Finds a work by URN, exact title, or the only one that fits a query. Codes: `work.unknown`, `work.ambiguous`. */
export const findWork = (works: readonly WorkSummary[], reference: string): Result<WorkSummary> => {
  const wanted = reference.trim().toLowerCase()
  const exact = works.filter((work) => work.id.toLowerCase() === wanted || work.title.toLowerCase() === wanted)
  const found =
    exact.length > 0 ? exact : works.filter((work) => work.title.toLowerCase().includes(wanted) || work.id.toLowerCase().includes(wanted))
  const [work] = found
  if (!work) return fail('work.unknown', `There is no work “${reference}” in the catalogue. \`stemma catalogue\` lists what there is.`)
  if (found.length > 1)
    return fail(
      'work.ambiguous',
      `“${reference}” fits ${found.length} works: ${found.map(({ title }) => title).join(', ')}. Name one of them in full.`,
    )
  return ok(work)
}
