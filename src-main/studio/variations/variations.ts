// The variations of one remix, as callers use them: generated and rule-checked in threads so that nothing else waits, then rendered, measured,
// sorted out and shown as they come.
import { randomUUID } from 'node:crypto'
import { setImmediate } from 'node:timers/promises'
import { availableParallelism } from 'node:os'
import { STYLES, type StyleDescriptor } from '../../../src-engine/styles/index.ts'
import type { CompAudition, TransportState, VariationList, VariationRow, VariationRun } from '../../../src-shared/protocol/index.ts'
import { recordsOf, remixOf, type RemixSnapshot, type RenderPlan, type Role } from '../../../src-shared/remix/index.ts'
import { fail, ok, type Problem, type Result } from '../../../src-shared/std/index.ts'
import { drawLike, drawVariation, featuresOf, mixVariations, type Variation } from './draw.ts'
import { Listening } from './listening.ts'
import { type Judged, judgeVariation } from './make.ts'
import { makePool, warmMakers } from './make-pool.ts'
import type { MarkedVariation } from './marks.ts'
import { FEWEST_MARKS, type Ranker } from './ranker.ts'
import { type Entry, Sheet, type Stretch, unknown, type VariationTools } from './sheet.ts'
import { SheetPreviews } from './sheet-previews.ts'

/** A thread makes so many before it tells of them. */
const BATCH = 16
/** Draws for each variation wanted, before a run ends with fewer. */
const MOST_DRAWS = 3
/** Of the kept ones that cannot be made so many are named. */
const MOST_NAMED = 3

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

export class Variations {
  readonly #sheet: Sheet
  readonly #previews: SheetPreviews
  readonly #listening: Listening
  #stop = new AbortController()
  /** The highest number there is; `more` and `mix` go on from it. */
  #number = 0
  #isOpened = false
  /** Draws of this run. */
  #drawn = 0

  constructor(tools: VariationTools, snapshot: RemixSnapshot) {
    this.#sheet = new Sheet(tools, snapshot)
    this.#previews = new SheetPreviews(this.#sheet)
    this.#listening = new Listening(this.#sheet, this.#previews)
  }

  get run(): VariationRun {
    return this.#sheet.run
  }

  list(): VariationList {
    return { run: this.#sheet.run, rows: this.#sheet.rows() }
  }

  /** The remix was edited: variations stay those of how it was, and say so. */
  noteEdited(snapshot: RemixSnapshot): void {
    this.#sheet.noteEdited(snapshot)
  }

  /** Generates and renders; resolves when all is done or it was stopped. What could not be made is told in the run's `problem`. Codes: `variations.*`, those of the engine. */
  async start(order: VariationOrder): Promise<Result<VariationRun>> {
    this.stop()
    this.#stop = new AbortController()
    const { signal } = this.#stop
    this.#number = 0
    this.#drawn = 0
    this.#sheet.begin(order.count)
    void warmMakers()
    const styles = fittingStyles(order.styles, this.#sheet.current)
    if (!styles.ok) return this.#sheet.tellFailed(styles)
    const read = await this.#sheet.read(new Set(styles.value.flatMap((style) => style.needs)), signal)
    // Whoever stopped it told so; from then on the sheet is another run's.
    if (signal.aborted) return ok(this.#sheet.run)
    if (!read.ok) return this.#sheet.tellFailed(read)
    const restored = this.#restore()
    const ranker = order.isLearning ? this.#sheet.ranker() : null
    const known = new Set<string>()
    const draw = (count: number): Promise<string[]> => this.#generate(order, count, { styles: styles.value, ranker, known, signal })
    const queue = await draw(order.count)
    if (signal.aborted) return ok(this.#sheet.run)
    if (queue.length === 0 && restored.length === 0) return this.#sheet.tellFailed(nothingMade(this.#sheet))
    if (order.isDry) return ok(this.#sheet.tell({ state: 'done', fraction: 1 }, []))
    let rendered = await this.#previews.render([...restored.map(({ id }) => id), ...queue], signal)
    // What listening sorted out is drawn anew, while there are draws left.
    while (rendered.ok && !signal.aborted && this.#sheet.entries.size < order.count) {
      const more = await draw(order.count - this.#sheet.entries.size)
      if (signal.aborted) break
      if (more.length === 0) return ok(this.#sheet.tell({ state: 'done', fraction: 1 }, []))
      rendered = await this.#previews.render(more, signal)
    }
    return signal.aborted ? ok(this.#sheet.run) : rendered
  }

  /** Puts what was kept earlier into a sheet that is still empty, told as rows; nothing is rendered before somebody listens. */
  async open(): Promise<void> {
    const kept = this.#sheet.tools.marks.all.filter(({ mark }) => mark === 'kept')
    if (this.#isOpened || this.#sheet.run.state !== 'idle' || kept.length === 0) return
    this.#isOpened = true
    const { signal } = this.#stop
    const wanted = new Set(kept.flatMap(({ recipes }) => recipes.map(({ style }) => style)))
    const needs = STYLES.filter(({ id }) => wanted.has(id)).flatMap((style) => style.needs)
    const read = await this.#sheet.read(new Set(needs), signal)
    if (read.ok && !signal.aborted) this.#restore()
  }

  stop(): VariationRun {
    this.#stop.abort()
    return this.#sheet.run.state === 'generating' || this.#sheet.run.state === 'rendering'
      ? this.#sheet.tell({ state: 'stopped' }, [])
      : this.#sheet.run
  }

  /** A variation as a remix. Codes: `variations.unknown`. */
  snapshotOf(id: string): Result<RemixSnapshot> {
    return this.#sheet.snapshotOf(id)
  }

  /** A variation as a remix of its own: with a uid that nothing bears yet, so that its requests, journal and marks are its own. Codes: `variations.unknown`. */
  remixOfItsOwn(id: string): Result<RemixSnapshot> {
    const made = this.#sheet.snapshotOf(id)
    if (!made.ok) return made
    const remix = remixOf(made.value)
    return ok(new Map(made.value).set(remix.id, { ...remix, uid: `urn:uuid:${randomUUID()}` }))
  }

  planOf(id: string): Result<RenderPlan> {
    return this.#sheet.planOf(id)
  }

  mark(id: string, mark: VariationRow['mark']): Promise<Result<VariationRow>> {
    return this.#sheet.note(id, (old) => ({ ...old, mark }))
  }

  tag(id: string, tags: readonly string[]): Promise<Result<VariationRow>> {
    return this.#sheet.note(id, (old) => ({ ...old, tags: [...new Set(tags)] }))
  }

  /** Sections of one with the sound of another, rendered like the others. */
  async mix(sectionsOf: string, soundOf: string): Promise<Result<VariationRow>> {
    const left = this.#sheet.entries.get(sectionsOf)
    const right = this.#sheet.entries.get(soundOf)
    if (!left || !right) return unknown()
    const variation = mixVariations(left.variation, right.variation, { number: this.#number + 1, styles: STYLES })
    if (variation.recipes.length === 0)
      return fail('variations.nothing_to_mix', 'One has no sections of its own and the other no sound of its own; there is nothing to mix.')
    const there = this.#sheet.entries.get(variation.id)
    if (there) {
      const [row] = this.#sheet.rows([there])
      return row ? ok(row) : unknown()
    }
    const added = this.#sheet.add(variation)
    if (!added.ok) return added
    this.#number = variation.number
    const rendered = await this.#previews.renderOne(added.value, true)
    // Another run began meanwhile: its sheet is not this one's.
    if (this.#sheet.entries.get(variation.id) !== added.value) return unknown()
    if (!rendered.ok) {
      // What cannot be heard is no variation, and must not stay in the sheet as one.
      this.#sheet.entries.delete(variation.id)
      return rendered
    }
    const [row] = this.#sheet.rows([added.value])
    this.#sheet.tell({ shown: this.#sheet.entries.size }, row ? [row] : [])
    return row ? ok(row) : unknown()
  }

  /** More of what was kept, by the local model. Codes: `variations.too_few_marks`. */
  async more(count: number): Promise<Result<VariationRun>> {
    const ranker = this.#sheet.ranker()
    const liked = this.#sheet.tools.marks.all.filter((one) => one.mark === 'kept')
    const refusal = this.refusesMore()
    const { original } = this.#sheet
    if (!ranker || !original || refusal) return fail(refusal?.code ?? 'variations.unknown', refusal?.message ?? '')
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
    this.#sheet.tell({ state: 'generating', wanted: this.#sheet.run.wanted + count }, [])
    for (const candidate of candidates) {
      if (fresh.length >= count || signal.aborted) break
      if (this.#sheet.tools.marks.find(candidate.id)?.mark === 'rejected') continue
      const added = this.#sheet.take({ ...candidate, number: this.#number + 1 }, judgeVariation(original, candidate))
      if (added.ok) {
        fresh.push(added.value)
        this.#number++
      }
      await setImmediate()
    }
    if (signal.aborted) return ok(this.#sheet.run)
    // They are there before they are rendered, as when generating.
    this.#sheet.tell({ shown: this.#sheet.entries.size }, this.#sheet.rows(fresh))
    return this.#previews.render(
      fresh.map(({ variation }) => variation.id),
      signal,
    )
  }

  /** Why there can be no more like those that were kept, or null. */
  refusesMore(): Problem | null {
    if (!this.#sheet.original) return { code: 'variations.unknown', message: 'Generate variations first; then there is something to keep.' }
    return this.#sheet.ranker()
      ? null
      : {
          code: 'variations.too_few_marks',
          message: `Keep and reject at least ${FEWEST_MARKS} of each first; then there is something to learn from.`,
        }
  }

  /** The remix that plays stretches of several variations; `id` null is the remix as it was. */
  comp(lanes: readonly Stretch[]): Result<RemixSnapshot> {
    return this.#sheet.comp(lanes)
  }

  /** Plays a variation, or the original with null, at the original's loudness. */
  audition(id: string | null, atFrame: number | null, signal: AbortSignal): Promise<Result<TransportState>> {
    return this.#listening.audition(id, atFrame, signal)
  }

  /** Plays what `comp` would make of the remix, and changes nothing. Codes: those of `Listening.auditionComp`. */
  auditionComp(lanes: readonly Stretch[], atFrame: number | null, signal: AbortSignal): Promise<Result<CompAudition>> {
    return this.#listening.auditionComp(lanes, atFrame, signal)
  }

  endAudition(): Promise<Result<null>> {
    return this.#listening.endAudition()
  }

  /** What was kept in earlier runs comes first; what cannot be made of the remix any more is named with its reason. */
  #restore(): readonly VariationRow[] {
    const added: Entry[] = []
    const lost: string[] = []
    for (const kept of this.#sheet.tools.marks.all) {
      if (kept.mark !== 'kept') continue
      const entry = this.#sheet.add({ id: kept.id, number: kept.number, recipes: kept.recipes, keep: kept.keep })
      if (entry.ok) added.push(entry.value)
      else lost.push(`#${kept.number}, which you kept, cannot be made of the remix as it is: ${entry.error.message}`)
      this.#number = Math.max(this.#number, kept.number)
    }
    const rows = this.#sheet.rows(added)
    const more = lost.length > MOST_NAMED ? [`The same holds for ${lost.length - MOST_NAMED} more that you kept.`] : []
    const problem = lost.length === 0 ? null : [...lost.slice(0, MOST_NAMED), ...more].join(' ')
    if (rows.length > 0 || problem) this.#sheet.tell({ shown: this.#sheet.entries.size, problem }, rows)
    return rows
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
    this.#sheet.tell({ state: 'generating' }, [])
    while (queue.length < count && !signal.aborted) {
      const drawn: Variation[] = []
      while (drawn.length < count - queue.length && this.#drawn < order.count * MOST_DRAWS) {
        const number = ++this.#drawn
        this.#number = Math.max(this.#number, number)
        const variation = drawVariation(number, { seed: order.seed, styles, keep: order.keep })
        if (this.#sheet.entries.has(variation.id) || this.#sheet.tools.marks.find(variation.id)?.mark === 'rejected') continue
        // Learning only steers: the seed still decides what there is to choose from.
        if (ranker && ranker.score(featuresOf(variation, STYLES)) < 0.35 && number <= order.count * (MOST_DRAWS - 1)) continue
        drawn.push(variation)
      }
      if (drawn.length === 0) break
      for await (const batch of this.#judgeAll(drawn, signal)) {
        const fresh: Entry[] = []
        for (const [variation, judged] of batch) {
          const added = this.#sheet.take(variation, judged, known)
          if (added.ok) fresh.push(added.value)
        }
        queue.push(...fresh.map(({ variation }) => variation.id))
        const fraction = (0.1 * queue.length) / count
        this.#sheet.tell({ state: 'generating', shown: this.#sheet.entries.size, fraction }, this.#sheet.rows(fresh))
      }
    }
    if (!signal.aborted) this.#sheet.tell({ shown: this.#sheet.entries.size, fraction: 0.1 }, [])
    return queue
  }

  /** What each variation is, made by threads, batch by batch in their order. Ends early when it is stopped. */
  async *#judgeAll(
    variations: readonly Variation[],
    signal: AbortSignal,
  ): AsyncGenerator<readonly (readonly [Variation, Result<Judged>])[]> {
    const { original, shared } = this.#sheet
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
}

const nothingMade = (sheet: Sheet) => {
  const { licence, unfit } = sheet.run.dropped
  const causes = [
    ...(licence > 0 ? [`the licence refused ${licence}`] : []),
    ...(unfit > 0 ? [`${unfit} ${unfit === 1 ? 'does' : 'do'} not fit this remix`] : []),
  ]
  const why = causes.length > 0 ? `of what was drawn ${causes.join(' and ')}` : 'these styles change nothing here'
  const often = sheet.mostRefused === null ? '' : ` Most often: ${sheet.mostRefused}`
  return fail('variations.none', `No variation could be made: ${why}.${often} Choose other styles, another seed, or keep fewer roles.`)
}

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
