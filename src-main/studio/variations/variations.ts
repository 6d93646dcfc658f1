// The variations of one remix: generated and rule-checked in threads so that nothing else waits, then rendered, measured, sorted out and shown as
// they come. Only what is marked is stored, and as recipes.
import { setImmediate, setTimeout } from 'node:timers/promises'
import { availableParallelism } from 'node:os'
import { STYLES, type StyleDescriptor, type StyleFacts, type StyleNeed } from '../../../src-engine/styles/index.ts'
import type {
  CompAudition,
  EngineClient,
  PreviewReport,
  StemFile,
  TransportState,
  VariationList,
  VariationRow,
  VariationRun,
} from '../../../src-shared/protocol/index.ts'
import {
  compilePlan,
  encodeDocument,
  milliBpmAt,
  recordsOf,
  remixOf,
  type RemixSnapshot,
  type RenderPlan,
  type Role,
} from '../../../src-shared/remix/index.ts'
import { assessRemix, denialsOfEdit } from '../../../src-shared/provenance/index.ts'
import { fail, ok, type Problem, type Result } from '../../../src-shared/std/index.ts'
import { type Layout, layoutDistance, soundDistance, spectralDifferenceDb } from './distance.ts'
import { drawLike, drawVariation, featuresOf, mixVariations, type Variation } from './draw.ts'
import { type Judged, judgeVariation, type Made, makeVariation, type Original, readOriginal } from './make.ts'
import { makePool, type SharedOriginal, shareOriginal, warmMakers } from './make-pool.ts'
import { type CompLane, compLoudness, compVariations } from './comp.ts'
import type { MarkedVariation, MarkStore } from './marks.ts'
import { previewRange, rangeWithin } from './preview-range.ts'
import { FEWEST_MARKS, learnRanker, type Ranker } from './ranker.ts'

/** Previews are kept while they fit. */
const PREVIEW_BYTES = 700e6
/** So many rows from the top have their sound kept ready. */
const KEPT_READY = 48
/** A thread makes so many before it tells of them. */
const BATCH = 16
/** Draws for each variation wanted, before a run ends with fewer. */
const MOST_DRAWS = 3
const QUIETEST_LUFS = -45
/** Above this a preview clips. */
const LOUDEST_DBTP = 0
/** Two variations closer than both of these are one. */
const SAME_SOUND_DB = 0.35
const SAME_LAYOUT = 0.016
const MOST_MATCH_DB = 18
/** So long listening to a comp waits for its loudness. */
const MEASURE_MS = 600
/** Longer than any remix: a comp that is one variation throughout. */
const COMP_TICKS = 2 ** 30

export interface VariationTools {
  readonly engine: () => Promise<Result<EngineClient>>
  /** Where the stems of a remix lie. */
  readonly stems: (snapshot: RemixSnapshot) => readonly StemFile[]
  /** What styles with these needs may know: licence terms, and what was heard in the stems. */
  readonly facts: (snapshot: RemixSnapshot, needs: Iterable<StyleNeed>, signal: AbortSignal) => Promise<StyleFacts>
  readonly marks: MarkStore
  readonly onChanged: (change: {
    readonly run: VariationRun
    readonly rows: readonly VariationRow[]
    readonly removed: readonly string[]
  }) => void
}

/** A stretch of the remix and the variation that plays it; `id` null is the remix as it was. */
interface Stretch {
  readonly fromTick: number
  readonly toTick: number
  readonly id: string | null
}

export interface VariationOrder {
  readonly count: number
  readonly seed: number
  /** Empty draws from all that fit. */
  readonly styles: readonly string[]
  readonly keep: readonly Role[]
  readonly isLearning: boolean
  /** Ends after the rules were checked, without rendering. */
  readonly isDry?: boolean
}

interface Entry {
  readonly variation: Variation
  readonly facts: Omit<VariationRow, 'mark' | 'tags' | 'likelyPercent' | 'preview' | 'soundDistance'>
  readonly layout: Layout
  report: PreviewReport | undefined
  /** Loudness as part of a comp, in LUFS: there the master is the original's. Missing until somebody listened to one. */
  compLufs?: number | null
  range: { readonly fromFrame: number; readonly toFrame: number }
}

const RUN: Omit<VariationRun, 'uid' | 'learnedFrom' | 'isOutdated'> = {
  state: 'idle',
  wanted: 0,
  shown: 0,
  dropped: { licence: 0, loudness: 0, duplicates: 0 },
  fraction: 0,
  range: { fromFrame: 0, toFrame: 1 },
  problem: null,
}

export class Variations {
  readonly #tools: VariationTools
  readonly #uid: string
  readonly #entries = new Map<string, Entry>()
  #current: RemixSnapshot
  #original: Original | undefined
  #shared: SharedOriginal | undefined
  /** The original as a file, to tell whether the remix was edited since. */
  #originalText = ''
  #originalReport: PreviewReport | undefined
  #run: VariationRun
  #stop = new AbortController()
  /** What is asked for one by one goes on when a run is stopped. */
  readonly #lasting = new AbortController().signal
  #number = 0
  /** Draws of this run. */
  #drawn = 0
  #pace = 0

  constructor(tools: VariationTools, snapshot: RemixSnapshot) {
    this.#tools = tools
    this.#current = snapshot
    this.#uid = remixOf(snapshot).uid
    this.#run = { ...RUN, uid: this.#uid, learnedFrom: this.#learnedFrom(), isOutdated: false }
  }

  get run(): VariationRun {
    return this.#run
  }

  list(): VariationList {
    return { run: this.#run, rows: this.#rows([...this.#entries.values()]) }
  }

  /** The remix was edited: variations stay those of how it was, and say so. */
  noteEdited(snapshot: RemixSnapshot): void {
    this.#current = snapshot
    const isOutdated = this.#original !== undefined && encodeDocument(snapshot) !== this.#originalText
    if (isOutdated !== this.#run.isOutdated) this.#tell({ isOutdated }, [])
  }

  /** Generates and renders; resolves when all is done or it was stopped. What could not be made is told in the run's `problem`. Codes: `variations.*`, those of the engine. */
  async start(order: VariationOrder): Promise<Result<VariationRun>> {
    this.stop()
    this.#stop = new AbortController()
    const { signal } = this.#stop
    this.#entries.clear()
    this.#number = 0
    this.#drawn = 0
    this.#run = { ...RUN, uid: this.#uid, wanted: order.count, state: 'generating', learnedFrom: this.#learnedFrom(), isOutdated: false }
    this.#tell({}, [])
    warmMakers()
    const styles = fittingStyles(order.styles, this.#current)
    if (!styles.ok) return this.#failed(styles)
    const read = await this.#read(styles.value, signal)
    if (!read.ok) return this.#failed(read)
    const restored = this.#restore(read.value)
    if (restored.length > 0) this.#tell({}, restored)
    const ranker = order.isLearning ? this.#ranker() : null
    const known = new Set<string>()
    const draw = (count: number): Promise<string[]> => this.#generate(order, count, { styles: styles.value, ranker, known, signal })
    const queue = await draw(order.count)
    if (signal.aborted) return ok(this.#tell({ state: 'stopped' }, []))
    if (queue.length === 0 && restored.length === 0) {
      const { licence } = this.#run.dropped
      const why = licence > 0 ? `the licence refused all ${licence} that were tried` : 'these styles change nothing here'
      return this.#failed(
        fail('variations.none', `No variation could be made: ${why}. Choose other styles, another seed, or keep fewer roles.`),
      )
    }
    if (order.isDry) return ok(this.#tell({ state: 'done', fraction: 1 }, []))
    let rendered = await this.#render([...restored.map(({ id }) => id), ...queue], signal)
    // What listening sorted out is drawn anew, while there are draws left.
    while (rendered.ok && !signal.aborted && this.#entries.size < order.count) {
      const more = await draw(order.count - this.#entries.size)
      if (more.length === 0) return ok(this.#tell({ state: 'done', fraction: 1 }, []))
      rendered = await this.#render(more, signal)
    }
    return rendered
  }

  stop(): VariationRun {
    this.#stop.abort()
    return this.#run.state === 'generating' || this.#run.state === 'rendering' ? this.#tell({ state: 'stopped' }, []) : this.#run
  }

  /** A variation as a remix. Codes: `variations.unknown`. */
  snapshotOf(id: string): Result<RemixSnapshot> {
    const made = this.#make(id)
    return made.ok ? ok(made.value.snapshot) : made
  }

  planOf(id: string): Result<RenderPlan> {
    const made = this.#make(id)
    return made.ok ? ok(made.value.plan) : made
  }

  async mark(id: string, mark: VariationRow['mark']): Promise<Result<VariationRow>> {
    return this.#note(id, (old) => ({ ...old, mark }))
  }

  async tag(id: string, tags: readonly string[]): Promise<Result<VariationRow>> {
    return this.#note(id, (old) => ({ ...old, tags: [...new Set(tags)] }))
  }

  /** Sections of one with the sound of another, rendered like the others. */
  async mix(sectionsOf: string, soundOf: string): Promise<Result<VariationRow>> {
    const left = this.#entries.get(sectionsOf)
    const right = this.#entries.get(soundOf)
    if (!left || !right) return unknown()
    const number = ++this.#number
    const variation = mixVariations(left.variation, right.variation, { id: `m${number}`, number, styles: STYLES })
    if (variation.recipes.length === 0)
      return fail('variations.nothing_to_mix', 'One has no sections of its own and the other no sound of its own; there is nothing to mix.')
    const added = this.#add(variation)
    if (!added.ok) return added
    const rendered = await this.#renderOne(added.value, true, this.#lasting)
    if (!rendered.ok) {
      // What cannot be heard is no variation, and must not stay in the sheet as one.
      this.#entries.delete(variation.id)
      return rendered
    }
    const [row] = this.#rows([added.value])
    this.#tell({ shown: this.#entries.size }, row ? [row] : [])
    return row ? ok(row) : unknown()
  }

  /** More of what was kept, by the local model. Codes: `variations.too_few_marks`. */
  async more(count: number): Promise<Result<VariationRun>> {
    const ranker = this.#ranker()
    const liked = this.#tools.marks.all.filter((one) => one.mark === 'kept')
    const refusal = this.refusesMore()
    if (!ranker || refusal) return fail(refusal?.code ?? 'variations.unknown', refusal?.message ?? '')
    this.stop()
    this.#stop = new AbortController()
    const { signal } = this.#stop
    const seed = liked.reduce((sum, one) => (Math.imul(sum, 31) + one.number) >>> 0, this.#number)
    const candidates: Variation[] = []
    for (let i = 0; i < count * 6; i++) {
      const like = liked[i % liked.length] as MarkedVariation
      const number = this.#number + i + 1
      candidates.push(
        i % 3 === 2
          ? drawVariation(number, { seed, styles: STYLES.filter(drawsFreely), keep: like.keep })
          : drawLike(like, number, { seed, styles: STYLES, keep: like.keep }),
      )
    }
    candidates.sort(
      (left, right) => ranker.score(featuresOf(right, STYLES)) - ranker.score(featuresOf(left, STYLES)) || left.number - right.number,
    )
    const fresh: Entry[] = []
    this.#tell({ state: 'generating', wanted: this.#run.wanted + count }, [])
    for (const candidate of candidates) {
      if (fresh.length >= count || signal.aborted) break
      const added = this.#add({ ...candidate, id: `l${++this.#number}`, number: this.#number })
      if (added.ok) fresh.push(added.value)
      await setImmediate()
    }
    // They are there before they are rendered, as when generating.
    this.#tell({ shown: this.#entries.size }, this.#rows(fresh))
    return this.#render(
      fresh.map(({ variation }) => variation.id),
      signal,
    )
  }

  /** Why there can be no more like those that were kept, or null. */
  refusesMore(): Problem | null {
    if (!this.#original) return { code: 'variations.unknown', message: 'Generate variations first; then there is something to keep.' }
    return this.#ranker()
      ? null
      : {
          code: 'variations.too_few_marks',
          message: `Keep and reject at least ${FEWEST_MARKS} of each first; then there is something to learn from.`,
        }
  }

  /** The remix that plays stretches of several variations; `id` null is the remix as it was. */
  comp(lanes: readonly Stretch[]): Result<RemixSnapshot> {
    if (!this.#original) return unknown()
    const snapshots = new Map<string, Result<RemixSnapshot>>()
    const wanted: CompLane[] = []
    for (const { fromTick, toTick, id } of lanes) {
      const known = id === null ? ok(this.#original.snapshot) : (snapshots.get(id) ?? this.snapshotOf(id))
      if (id !== null) snapshots.set(id, known)
      if (!known.ok) return known
      const number = id === null ? '' : `#${this.#entries.get(id)?.variation.number ?? ''}`
      wanted.push({ fromTick, toTick, snapshot: known.value, name: number })
    }
    return compVariations(this.#original.snapshot, wanted)
  }

  /** Plays a variation, or the original with null, at the original's loudness. */
  async audition(id: string | null, atFrame: number | null, signal: AbortSignal): Promise<Result<TransportState>> {
    const engine = await this.#tools.engine()
    if (!engine.ok) return engine
    const entry = id === null ? undefined : this.#entries.get(id)
    if (id !== null && !entry) return unknown()
    const report = entry ? entry.report : this.#originalReport
    const range = entry?.range ?? this.#run.range
    const gainDb = this.#matchDb(levelOf(report))
    if (report?.isKept) {
      const started = await engine.value.request('audition.preview', { key: report.key, ...range, atFrame, gainDb }, { signal })
      if (started.ok || started.error.code !== 'preview.gone') return started
    }
    const plan = id === null ? this.#planOfOriginal() : this.planOf(id)
    if (!plan.ok) return plan
    // So that it plays at once the next time, and its card shows what it is.
    if (entry) void this.#renderOne(entry, true, this.#lasting).then((rendered) => rendered.ok && this.#tell({}, this.#rows([entry])))
    const stems = [...this.#tools.stems(this.#current)]
    const state = await engine.value.request('audition.plan', { plan: plan.value, range, stems, atFrame, gainDb }, { signal })
    return state.ok ? state : (missingStem(plan.value, stems) ?? state)
  }

  /**
   * Plays what `comp` would make of the remix, from anywhere in it, as loud as the original. Nothing is changed. What the licence would refuse is
   * refused here too. Codes: those of `comp`, `licence.*`, `variations.silent`, those of the engine.
   */
  async auditionComp(lanes: readonly Stretch[], atFrame: number | null, signal: AbortSignal): Promise<Result<CompAudition>> {
    const comped = this.comp(lanes)
    if (!comped.ok) return comped
    const original = this.#original
    if (!original) return unknown()
    const assessed = assessRemix(comped.value, original.facts.terms)
    if (!assessed.ok) return assessed
    const [denied] = denialsOfEdit(original.assessment.decisions, assessed.value.decisions)
    if (denied) return fail(denied.code, denied.message, { decision: denied })
    const { plan } = assessed.value
    if (plan.lengthFrames === 0) return fail('variations.silent', 'Nothing would be left to hear.')
    const engine = await this.#tools.engine()
    if (!engine.ok) return engine
    const measuring = Promise.all(
      lanes.map(async ({ fromTick, toTick, id }) => ({ share: toTick - fromTick, integratedLufs: await this.#levelInComp(id, toTick) })),
    )
    // Whoever wants to hear it does not wait for long; what is measured later counts the next time.
    const measured = await Promise.race([measuring, setTimeout(MEASURE_MS, null, { ref: false })])
    const own = measured && compLoudness(measured)
    const gainDb = own === null || levelOf(this.#originalReport) === null ? null : this.#matchDb(own)
    if (signal.aborted) return fail('preview.cancelled', 'The preview was cancelled.')
    const stems = [...this.#tools.stems(comped.value)]
    const range = { fromFrame: 0, toFrame: plan.lengthFrames }
    const state = await engine.value.request('audition.plan', { plan, range, stems, atFrame, gainDb: gainDb ?? 0 }, { signal })
    return state.ok ? ok({ state: state.value, gainDb }) : (missingStem(plan, stems) ?? state)
  }

  async endAudition(): Promise<Result<null>> {
    const engine = await this.#tools.engine()
    if (!engine.ok) return engine
    const stopped = await engine.value.request('audition.stop', {})
    return stopped.ok ? ok(null) : stopped
  }

  /** Loudness of a variation, or the original, as part of a comp; measured over the stretch that previews play, once. Null where it cannot be told. */
  async #levelInComp(id: string | null, toTick: number): Promise<number | null> {
    const entry = id === null ? undefined : this.#entries.get(id)
    if (!entry) return levelOf(this.#originalReport)
    if (entry.compLufs !== undefined) return entry.compLufs
    // Before its preview is there everything in it would have to be made first.
    if (!entry.report) return null
    const comped = this.comp([{ fromTick: 0, toTick: Math.max(toTick, COMP_TICKS), id }])
    const plan = comped.ok ? compilePlan(comped.value) : comped
    if (!plan.ok) return null
    const report = await this.#request(plan.value, rangeWithin(this.#run.range, plan.value.lengthFrames), false, this.#lasting)
    if (!report.ok) return null
    entry.compLufs = levelOf(report.value)
    return entry.compLufs
  }

  /** Gain that makes something of this loudness as loud as the original; 0 where one of them was not measured. */
  #matchDb(own: number | null): number {
    const original = levelOf(this.#originalReport)
    if (own === null || original === null) return 0
    return Math.round(Math.max(-MOST_MATCH_DB, Math.min(MOST_MATCH_DB, original - own)) * 10) / 10
  }

  #planOfOriginal(): Result<RenderPlan> {
    return this.#original ? ok(this.#original.assessment.plan) : unknown()
  }

  async #read(styles: readonly StyleDescriptor[], signal: AbortSignal): Promise<Result<Original>> {
    const needs = new Set(styles.filter(drawsFreely).flatMap((style) => style.needs))
    const facts = await this.#tools.facts(this.#current, needs, signal)
    const original = readOriginal(this.#current, facts)
    if (!original.ok) return original
    this.#original = original.value
    this.#shared = shareOriginal(this.#current, facts)
    this.#originalText = encodeDocument(this.#current)
    this.#run = { ...this.#run, range: previewRange(this.#current, original.value.assessment.plan, facts) }
    return original
  }

  /** What was kept in earlier runs comes first. */
  #restore(_original: Original): readonly VariationRow[] {
    const added: Entry[] = []
    for (const kept of this.#tools.marks.all) {
      if (kept.mark !== 'kept') continue
      const entry = this.#add({ id: kept.id, number: kept.number, recipes: kept.recipes, keep: kept.keep })
      if (entry.ok) added.push(entry.value)
    }
    return this.#rows(added)
  }

  async #generate(
    order: VariationOrder,
    count: number,
    tools: {
      readonly styles: readonly StyleDescriptor[]
      readonly ranker: Ranker | null
      /** What those that were taken in are like. */
      readonly known: Set<string>
      readonly signal: AbortSignal
    },
  ): Promise<string[]> {
    const { styles, ranker, known, signal } = tools
    const queue: string[] = []
    while (queue.length < count && !signal.aborted) {
      const drawn: Variation[] = []
      while (drawn.length < count - queue.length && this.#drawn < order.count * MOST_DRAWS) {
        const number = ++this.#drawn
        this.#number = Math.max(this.#number, number)
        const variation = drawVariation(number, { seed: order.seed, styles, keep: order.keep })
        if (this.#entries.has(variation.id) || this.#tools.marks.find(variation.id)?.mark === 'rejected') continue
        // Learning only steers: the seed still decides what there is to choose from.
        if (ranker && ranker.score(featuresOf(variation, STYLES)) < 0.35 && number <= order.count * (MOST_DRAWS - 1)) continue
        drawn.push(variation)
      }
      if (drawn.length === 0) break
      for await (const batch of this.#judgeAll(drawn, signal)) {
        const fresh: Entry[] = []
        for (const [variation, judged] of batch) {
          const added = this.#take(variation, judged, known)
          if (added.ok) fresh.push(added.value)
        }
        queue.push(...fresh.map(({ variation }) => variation.id))
        const fraction = (0.1 * queue.length) / count
        this.#tell({ state: 'generating', shown: this.#entries.size, fraction }, this.#rows(fresh))
      }
    }
    this.#tell({ shown: this.#entries.size, fraction: 0.1 }, [])
    return queue
  }

  /** What each variation is, made by threads, batch by batch in their order. Ends early when it is stopped. */
  async *#judgeAll(
    variations: readonly Variation[],
    signal: AbortSignal,
  ): AsyncGenerator<readonly (readonly [Variation, Result<Judged>])[]> {
    const original = this.#original
    const shared = this.#shared
    if (!original || !shared) return
    const size = Math.max(4, Math.min(BATCH, Math.ceil(variations.length / (availableParallelism() * 4))))
    const jobs = Array.from({ length: Math.ceil(variations.length / size) }, (_, i) => {
      const batch = variations.slice(i * size, (i + 1) * size)
      return { batch, made: makePool.run({ original: shared, variations: batch }, { signal }) }
    })
    for (const { batch, made } of jobs) {
      const results = await made
      if (signal.aborted) return
      // A thread that died took its batch along: it is made here.
      yield batch.map((variation, i) => [variation, results.ok ? (results.value[i] ?? unknown()) : judgeVariation(original, variation)])
    }
  }

  /** Makes a variation and takes it in, unless the licence refuses it. */
  #add(variation: Variation): Result<Entry> {
    return this.#original ? this.#take(variation, judgeVariation(this.#original, variation)) : unknown()
  }

  /** Takes a variation in, unless the licence refused it or it is one that is `known`. */
  #take(variation: Variation, judged: Result<Judged>, known?: Set<string>): Result<Entry> {
    const { dropped } = this.#run
    if (!judged.ok) {
      this.#run = { ...this.#run, dropped: { ...dropped, licence: dropped.licence + 1 } }
      return judged
    }
    if (known?.has(judged.value.likeness)) {
      this.#run = { ...this.#run, dropped: { ...dropped, duplicates: dropped.duplicates + 1 } }
      return fail('variations.duplicate', 'This is the same as another variation.')
    }
    known?.add(judged.value.likeness)
    const entry = this.#entryOf(variation, judged.value)
    this.#entries.set(variation.id, entry)
    return ok(entry)
  }

  #entryOf(variation: Variation, { lengthFrames, summary, leftOut, asks, structureDistance, layout, milliBpm }: Judged): Entry {
    return {
      variation,
      layout,
      report: undefined,
      range: rangeWithin(this.#run.range, lengthFrames),
      facts: {
        id: variation.id,
        number: variation.number,
        summary,
        styles: variation.recipes.map((recipe) => recipe.style),
        leftOut,
        asks,
        lengthMs: Math.round(lengthFrames / 48),
        bpm: milliBpm / 1000,
        structureDistance,
      },
    }
  }

  async #render(queue: readonly string[], signal: AbortSignal): Promise<Result<VariationRun>> {
    this.#tell({ state: 'rendering' }, [])
    const original = await this.#renderOriginal(signal)
    if (!original.ok) return signal.aborted ? ok(this.#tell({ state: 'stopped' }, [])) : this.#failed(original)
    const bpmOf = (id: string): number => this.#entries.get(id)?.facts.bpm ?? 0
    const own = milliBpmAt(remixOf(this.#current).tempo, 0) / 1000
    // Tempo by tempo, the nearest first: stems are stretched once for each, and what needs no stretching comes at once.
    const order = [...queue].sort((left, right) => Math.abs(bpmOf(left) - own) - Math.abs(bpmOf(right) - own))
    let next = 0
    let done = 0
    let problem: string | null = null
    const work = async (): Promise<void> => {
      for (let at = next++; at < order.length && !signal.aborted; at = next++) {
        const entry = this.#entries.get(order[at] ?? '')
        if (!entry) continue
        const isKept = this.#tools.marks.find(entry.variation.id)?.mark === 'kept'
        const rendered = await this.#renderOne(entry, at < KEPT_READY || isKept, signal)
        if (signal.aborted) return
        done++
        if (!rendered.ok) problem ??= rendered.error.message
        const isDropped = !rendered.ok || (!isKept && this.#sortOut(entry))
        if (isDropped) this.#entries.delete(entry.variation.id)
        const rows = isDropped ? [] : this.#rows([entry])
        this.#tell({ shown: this.#entries.size, fraction: 0.1 + (0.9 * done) / queue.length }, rows, isDropped ? [entry.variation.id] : [])
      }
    }
    await Promise.all(Array.from({ length: availableParallelism() * 2 }, work))
    if (signal.aborted) return ok(this.#tell({ state: 'stopped' }, []))
    return ok(this.#tell({ state: 'done', fraction: 1, problem }, []))
  }

  async #renderOriginal(signal: AbortSignal): Promise<Result<null>> {
    const plan = this.#planOfOriginal()
    if (!plan.ok) return plan
    if (this.#originalReport?.isKept) return ok(null)
    const report = await this.#request(plan.value, this.#run.range, true, signal)
    if (!report.ok) return report
    this.#originalReport = report.value
    return ok(null)
  }

  async #renderOne(entry: Entry, keeps: boolean, signal: AbortSignal): Promise<Result<null>> {
    const made = this.#make(entry.variation.id)
    if (!made.ok) return made
    const report = await this.#request(made.value.plan, entry.range, keeps, signal)
    if (!report.ok) return report
    entry.report = report.value
    return ok(null)
  }

  async #request(plan: RenderPlan, range: VariationRun['range'], keeps: boolean, signal: AbortSignal): Promise<Result<PreviewReport>> {
    const engine = await this.#tools.engine()
    if (!engine.ok) return engine
    const stems = [...this.#tools.stems(this.#current)]
    const report = await engine.value.request('preview.render', { plan, stems, range, keeps }, { signal })
    if (!report.ok) return missingStem(plan, stems) ?? report
    if (keeps && ++this.#pace % 16 === 0) await engine.value.request('preview.trim', { maxBytes: PREVIEW_BYTES })
    return report
  }

  /** Whether a rendered variation is not to be shown: too quiet, clipping, or all but the same as one that is. */
  #sortOut(entry: Entry): boolean {
    const { report } = entry
    if (!report) return true
    const { loudness, duplicates } = this.#run.dropped
    const { integratedLufs, truePeakDb } = report.loudness
    if (integratedLufs === null || integratedLufs < QUIETEST_LUFS || truePeakDb > LOUDEST_DBTP) {
      this.#run = { ...this.#run, dropped: { ...this.#run.dropped, loudness: loudness + 1 } }
      return true
    }
    for (const other of this.#entries.values()) {
      if (other === entry || !other.report) continue
      const isSame =
        layoutDistance(entry.layout, other.layout) < SAME_LAYOUT &&
        spectralDifferenceDb(entry.report?.signature ?? [], other.report.signature) < SAME_SOUND_DB
      if (!isSame) continue
      this.#run = { ...this.#run, dropped: { ...this.#run.dropped, duplicates: duplicates + 1 } }
      return true
    }
    return false
  }

  #make(id: string): Result<Made> {
    const entry = this.#entries.get(id)
    if (!entry || !this.#original) return unknown()
    return makeVariation(this.#original, entry.variation)
  }

  async #note(id: string, change: (old: MarkedVariation) => MarkedVariation): Promise<Result<VariationRow>> {
    const entry = this.#entries.get(id)
    if (!entry) return unknown()
    const { number, recipes, keep } = entry.variation
    const old = this.#tools.marks.find(id) ?? { id, number, recipes: [...recipes], keep: [...keep], mark: null, tags: [] }
    const stored = await this.#tools.marks.put(change(old))
    if (!stored.ok) return stored
    const [row] = this.#rows([entry])
    if (!row) return unknown()
    // Every mark teaches: all rows get a new guess.
    this.#tell({ learnedFrom: this.#learnedFrom() }, this.#ranker() ? this.list().rows : [row])
    return ok(row)
  }

  #ranker(): Ranker | null {
    return learnRanker(
      this.#tools.marks.all.flatMap((one) =>
        one.mark === null ? [] : [{ features: featuresOf(one, STYLES), isLiked: one.mark === 'kept' }],
      ),
    )
  }

  #learnedFrom(): VariationRun['learnedFrom'] {
    const { all } = this.#tools.marks
    return { kept: all.filter((one) => one.mark === 'kept').length, rejected: all.filter((one) => one.mark === 'rejected').length }
  }

  #rows(entries: readonly Entry[]): VariationRow[] {
    const ranker = this.#ranker()
    const original = this.#originalReport
    return entries.map(({ variation, facts, report }) => {
      const marked = this.#tools.marks.find(variation.id)
      return {
        ...facts,
        soundDistance: report && original ? Math.round(soundDistance(original.signature, report.signature) * 1000) / 1000 : null,
        preview: report ? previewOf(report) : null,
        mark: marked?.mark ?? null,
        tags: marked?.tags ?? [],
        likelyPercent: ranker ? Math.round(ranker.score(featuresOf(variation, STYLES)) * 100) : null,
      }
    })
  }

  #failed(result: { readonly ok: false; readonly error: { readonly code: string; readonly message: string } }): Result<VariationRun> {
    this.#tell({ state: 'done', problem: result.error.message }, [])
    return result
  }

  #tell(change: Partial<VariationRun>, rows: readonly VariationRow[], removed: readonly string[] = []): VariationRun {
    const original = this.#originalReport
    this.#run = { ...this.#run, ...change, ...(original ? { original: previewOf(original) } : {}) }
    this.#tools.onChanged({ run: this.#run, rows, removed })
    return this.#run
  }
}

/** Why a plan cannot be heard where the file of one of its stems is gone; undefined where it is something else. */
const missingStem = (plan: RenderPlan, stems: readonly StemFile[]): ReturnType<typeof fail> | undefined => {
  const here = new Set(stems.map(({ contentSha256 }) => contentSha256))
  const missing = plan.sources.find(({ contentSha256 }) => !here.has(contentSha256))
  return missing && fail('stem.missing', `“${missing.title}” is not on this computer any more. Pull its work again.`)
}

const levelOf = (report: PreviewReport | undefined): number | null => report?.loudness.integratedLufs ?? null

const previewOf = ({ loudness, peaks, isKept }: PreviewReport): NonNullable<VariationRow['preview']> => ({
  integratedLufs: loudness.integratedLufs,
  truePeakDb: loudness.truePeakDb,
  peaks,
  isReady: isKept,
})

const unknown = () =>
  fail('variations.unknown', 'This variation is not there any more. Generate again, with the same seed for the same variations.')

/** Styles that can be drawn without being given something first: a reference, words, a model. */
const drawsFreely = (style: StyleDescriptor): boolean =>
  (style.group === 'sound' || style.group === 'arrangement' || style.group === 'groove') && !style.needs.includes('reference')

const fittingStyles = (wanted: readonly string[], snapshot: RemixSnapshot): Result<readonly StyleDescriptor[]> => {
  for (const id of wanted) {
    if (!STYLES.some((style) => style.id === id))
      return fail('style.unknown', `There is no style “${id}”; there are ${STYLES.map((style) => style.id).join(', ')}.`)
  }
  const hasSecondWork = recordsOf(snapshot, 'work').length > 1
  const fitting = STYLES.filter(
    (style) =>
      drawsFreely(style) && (hasSecondWork || !style.needs.includes('second-work')) && (wanted.length === 0 || wanted.includes(style.id)),
  )
  return fitting.length > 0
    ? ok(fitting)
    : fail(
        'variations.no_style',
        `${wanted.join(', ')} cannot be drawn at random: ${wanted.length === 1 ? 'it needs' : 'they need'} something you choose first.`,
      )
}
