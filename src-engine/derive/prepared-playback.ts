// Between `plan.load` and the transport: what is missing is derived in the background while what there is plays on, and then takes its place.
import type { PlaybackPreparing } from '../../src-shared/protocol/index.ts'
import type { PlanSource, RenderPlan } from '../../src-shared/remix/index.ts'
import type { Problem } from '../../src-shared/std/index.ts'
import { deriveKey } from '../derive-key.ts'
import { derivedSourcesOf, ensureDerived, isDerived } from './ensure-derived.ts'
import { playablePlan } from './playable-plan.ts'

export interface PreparedPlaybackOptions {
  readonly cacheDir: string
  readonly modelsDir: string | null
  /** Plays a plan from now on. */
  readonly load: (plan: RenderPlan | null) => void
  /** Timeline frame of the playhead: what comes next is derived first. */
  readonly position: () => number
  readonly onPreparing: (state: PlaybackPreparing) => void
}

export class PreparedPlayback {
  readonly #options: PreparedPlaybackOptions
  #wanted: RenderPlan | undefined
  /** What the transport was given last; all of it was ready then. */
  #playing: RenderPlan | undefined
  #running: AbortController | undefined

  constructor(options: PreparedPlaybackOptions) {
    this.#options = options
  }

  /** Takes the plan that plays as soon as its sounds are ready; null unloads. */
  load(plan: RenderPlan | null): void {
    const before = this.#running
    this.#running = undefined
    this.#wanted = plan ?? undefined
    const missing = plan ? this.#missing(plan) : []
    if (plan === null || missing.length === 0) {
      this.#give(plan)
      if (before) this.#options.onPreparing({ clipIds: [], fraction: 1, problem: null })
    } else this.#prepare(plan, missing)
    // Last: sounds that both need go on without a break.
    before?.abort()
  }

  /** Looks again: a derived sound may have been removed, or found damaged, since it was loaded. */
  refresh(): void {
    const plan = this.#wanted
    if (plan && !this.#running && this.#missing(plan).length > 0) this.load(plan)
  }

  dispose(): void {
    this.#running?.abort()
    this.#running = undefined
    this.#wanted = undefined
  }

  #missing(plan: RenderPlan): readonly PlanSource[] {
    return derivedSourcesOf(plan).filter((source) => !isDerived(this.#options.cacheDir, source))
  }

  #give(plan: RenderPlan | null): void {
    this.#playing = plan ?? undefined
    this.#options.load(plan)
  }

  #prepare(plan: RenderPlan, missing: readonly PlanSource[]): void {
    const controller = new AbortController()
    this.#running = controller
    const { cacheDir, modelsDir, position, onPreparing } = this.#options
    const unready = new Set(missing.map(deriveKey))
    const fractions = new Map([...unready].map((key) => [key, 0]))
    let problem: Problem | null = null
    let waiting: readonly string[] = []
    const isCurrent = (): boolean => this.#running === controller
    const tell = (): void =>
      onPreparing({ clipIds: waiting, fraction: [...fractions.values()].reduce((sum, one) => sum + one, 0) / fractions.size, problem })
    const swap = (): void => {
      // What plays now may itself have lost a sound meanwhile: it is left out rather than read.
      const before = this.#playing
      const playable = playablePlan(plan, before && withoutLost(before, cacheDir), (source) => !unready.has(deriveKey(source)))
      waiting = playable.waiting
      this.#give(playable.plan)
      tell()
    }
    swap()
    const one = async (source: PlanSource): Promise<void> => {
      const key = deriveKey(source)
      const derived = await ensureDerived([source], {
        cacheDir,
        modelsDir,
        signal: controller.signal,
        onProgress: (fraction) => {
          fractions.set(key, Math.max(fraction, fractions.get(key) ?? 0))
          if (isCurrent()) tell()
        },
      })
      if (!isCurrent()) return
      fractions.set(key, 1)
      if (derived.ok) unready.delete(key)
      else problem ??= derived.error
      swap()
    }
    void Promise.all(inOrderOfHearing(plan, missing, position()).map(one)).then(() => {
      if (isCurrent()) this.#running = undefined
    })
  }
}

/** Sources by when they are heard next: first what comes after the playhead, then what lies before it. */
const inOrderOfHearing = (plan: RenderPlan, sources: readonly PlanSource[], frame: number): readonly PlanSource[] => {
  const next = new Map<PlanSource, number>()
  for (const clip of plan.tracks.flatMap((track) => track.clips)) {
    const source = plan.sources[clip.source]
    if (!source) continue
    const wait = clip.startFrame + clip.lengthFrames > frame ? Math.max(0, clip.startFrame - frame) : plan.lengthFrames + clip.startFrame
    next.set(source, Math.min(wait, next.get(source) ?? Number.POSITIVE_INFINITY))
  }
  return [...sources].sort((a, b) => (next.get(a) ?? 0) - (next.get(b) ?? 0))
}

const withoutLost = (plan: RenderPlan, cacheDir: string): RenderPlan => {
  const lost = new Set(
    plan.sources.flatMap((source, index) => ((source.make || source.warp) && !isDerived(cacheDir, source) ? [index] : [])),
  )
  if (lost.size === 0) return plan
  return {
    ...plan,
    tracks: plan.tracks.map((track) => ({
      ...track,
      clips: track.clips.filter((clip) => clip.isPlayedByInstrument === true || !lost.has(clip.source)),
    })),
  }
}
