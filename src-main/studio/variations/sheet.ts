// The sheet of variations of one remix: what is in it, what it was made of and what its user is told, shared by everything that fills or plays it.
// Only what is marked is stored, and as recipes: documents and plans are made again when they are needed.
import { createHash } from 'node:crypto'
import { STYLES, type StyleFacts, type StyleNeed } from '../../../src-engine/styles/index.ts'
import type { EngineClient, PreviewReport, StemFile, VariationRow, VariationRun } from '../../../src-shared/protocol/index.ts'
import { encodeDocument, remixOf, type RemixSnapshot, type RenderPlan } from '../../../src-shared/remix/index.ts'
import { fail, ok, type Problem, type Result } from '../../../src-shared/std/index.ts'
import { type CompLane, compVariations } from './comp.ts'
import { type Layout, soundDistance } from './distance.ts'
import { featuresOf, type Variation } from './draw.ts'
import { type Judged, judgeVariation, type Made, makeVariation, type Original, readOriginal } from './make.ts'
import { type SharedOriginal, shareOriginal } from './make-pool.ts'
import type { MarkedVariation, MarkStore } from './marks.ts'
import { previewRange, rangeWithin } from './preview-range.ts'
import { learnRanker, type Ranker } from './ranker.ts'

/** What variations are made, heard and remembered with, and who is told of them. */
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
export interface Stretch {
  readonly fromTick: number
  readonly toTick: number
  readonly id: string | null
}

/** A variation in the sheet, and what is known of its sound so far. */
export interface Entry {
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
  dropped: { licence: 0, unfit: 0, loudness: 0, duplicates: 0 },
  fraction: 0,
  range: { fromFrame: 0, toFrame: 1 },
  problem: null,
}

/** Entries in the order they came, one original they are all of, and one run; `originalReport` is what is known of the original's sound. */
export class Sheet {
  readonly tools: VariationTools
  readonly entries = new Map<string, Entry>()
  originalReport: PreviewReport | undefined
  readonly #uid: string
  #current: RemixSnapshot
  #original: Original | undefined
  #shared: SharedOriginal | undefined
  /** The original as a file, to tell whether the remix was edited since. */
  #originalText = ''
  /** SHA-256 of that file, for marks. */
  #base = ''
  /** Why variations were refused in this run, and how often. */
  #refusals = new Map<string, number>()
  /** The stretch that `originalReport` is of. */
  #heard: VariationRun['range'] = RUN.range
  #run: VariationRun

  constructor(tools: VariationTools, snapshot: RemixSnapshot) {
    this.tools = tools
    this.#current = snapshot
    this.#uid = remixOf(snapshot).uid
    this.#run = { ...RUN, uid: this.#uid, learnedFrom: this.#learnedFrom(), isOutdated: false }
  }

  get run(): VariationRun {
    return this.#run
  }

  /** The remix as it is now, edited or not. */
  get current(): RemixSnapshot {
    return this.#current
  }

  /** The remix that the variations are of; undefined until it was read. */
  get original(): Original | undefined {
    return this.#original
  }

  /** The same for threads. */
  get shared(): SharedOriginal | undefined {
    return this.#shared
  }

  /** The remix was edited: variations stay those of how it was, and say so. */
  noteEdited(snapshot: RemixSnapshot): void {
    this.#current = snapshot
    const isOutdated = this.#original !== undefined && encodeDocument(snapshot) !== this.#originalText
    if (isOutdated !== this.#run.isOutdated) this.tell({ isOutdated }, [])
  }

  /** Begins a run with nothing in the sheet. */
  begin(wanted: number): void {
    this.entries.clear()
    this.#refusals = new Map()
    this.#run = { ...RUN, uid: this.#uid, wanted, state: 'generating', learnedFrom: this.#learnedFrom(), isOutdated: false }
    this.tell({}, [])
  }

  /** Reads the remix as it is now; variations are of that from here on. Codes: `variations.cancelled`, those of `readOriginal`. */
  async read(needs: Iterable<StyleNeed>, signal: AbortSignal): Promise<Result<Original>> {
    const facts = await this.tools.facts(this.#current, needs, signal)
    // A run that was stopped must not write into the one that came after it.
    if (signal.aborted) return fail('variations.cancelled', 'Making variations was stopped.')
    const original = readOriginal(this.#current, facts)
    if (!original.ok) return original
    this.#original = original.value
    this.#shared = shareOriginal(this.#current, facts)
    const text = encodeDocument(this.#current)
    const range = previewRange(this.#current, original.value.assessment.plan, facts)
    // After an edit the original sounds otherwise, and so does another part of it: nothing may be compared with what was heard before.
    const isSame = text === this.#originalText && range.fromFrame === this.#heard.fromFrame && range.toFrame === this.#heard.toFrame
    const { original: before, ...run } = this.#run
    if (!isSame) this.originalReport = undefined
    this.#originalText = text
    this.#heard = range
    this.#base = createHash('sha256').update(text).digest('hex')
    this.#run = { ...run, range, ...(isSame && before ? { original: before } : {}) }
    return original
  }

  /** Makes a variation that somebody asked for and takes it in; one that cannot be made is refused, not counted. */
  add(variation: Variation): Result<Entry> {
    if (!this.#original) return unknown()
    const judged = judgeVariation(this.#original, variation)
    return judged.ok ? ok(this.#put(variation, judged.value)) : judged
  }

  /** Takes a drawn variation in; counted instead where it was refused, is the original or another one. */
  take(variation: Variation, judged: Result<Judged>, known?: Set<string>): Result<Entry> {
    if (!judged.ok) {
      this.countDropped(isByLicence(judged.error) ? 'licence' : 'unfit')
      this.#refusals.set(judged.error.message, (this.#refusals.get(judged.error.message) ?? 0) + 1)
      return judged
    }
    const { likeness, isUnchanged } = judged.value
    if (isUnchanged || known?.has(likeness) || this.entries.has(variation.id)) {
      this.countDropped('duplicates')
      return fail('variations.duplicate', 'This is the same as the original or another variation.')
    }
    known?.add(likeness)
    return ok(this.#put(variation, judged.value))
  }

  /** What refused most of what was drawn in this run; null where nothing was. */
  get mostRefused(): string | null {
    return [...this.#refusals].sort((left, right) => right[1] - left[1])[0]?.[0] ?? null
  }

  #put(variation: Variation, judged: Judged): Entry {
    const entry = this.#entryOf(variation, judged)
    this.entries.set(variation.id, entry)
    return entry
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

  /** Counts one that is not shown; told with what is told next. */
  countDropped(why: keyof VariationRun['dropped']): void {
    const { dropped } = this.#run
    this.#run = { ...this.#run, dropped: { ...dropped, [why]: dropped[why] + 1 } }
  }

  /** A variation as a remix, made again from its recipe. Codes: `variations.unknown`. */
  snapshotOf(id: string): Result<RemixSnapshot> {
    const made = this.#make(id)
    return made.ok ? ok(made.value.snapshot) : made
  }

  /** What plays a variation, or the original with null. Codes: `variations.unknown`. */
  planOf(id: string | null): Result<RenderPlan> {
    if (id === null) return this.#original ? ok(this.#original.assessment.plan) : unknown()
    const made = this.#make(id)
    return made.ok ? ok(made.value.plan) : made
  }

  #make(id: string): Result<Made> {
    const entry = this.entries.get(id)
    if (!entry || !this.#original) return unknown()
    return makeVariation(this.#original, entry.variation)
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
      const number = id === null ? '' : `#${this.entries.get(id)?.variation.number ?? ''}`
      wanted.push({ fromTick, toTick, snapshot: known.value, name: number })
    }
    return compVariations(this.#original.snapshot, wanted)
  }

  /** Stores what somebody thinks of a variation. Codes: `variations.unknown`, `disk.*`. */
  async note(id: string, change: (old: MarkedVariation) => MarkedVariation): Promise<Result<VariationRow>> {
    const entry = this.entries.get(id)
    if (!entry) return unknown()
    const { number, recipes, keep } = entry.variation
    const old = this.tools.marks.find(id)
    const { base, mark, tags } = change({ mark: null, tags: [], ...old, id, number, recipes: [...recipes], keep: [...keep] })
    // What was judged anew was judged on the remix as it is read now; a tag alone judges nothing.
    const made = old && mark === old.mark ? base : this.#base
    const marked = { id, number, recipes: [...recipes], keep: [...keep], mark, tags, ...(made ? { base: made } : {}) }
    const stored = await this.tools.marks.put(marked)
    if (!stored.ok) return stored
    const [row] = this.rows([entry])
    if (!row) return unknown()
    // Every mark teaches: all rows get a new guess. A run that began meanwhile has rows of its own.
    const isShown = this.entries.get(id) === entry
    this.tell({ learnedFrom: this.#learnedFrom() }, this.ranker() ? this.rows() : isShown ? [row] : [])
    return ok(row)
  }

  /** What was learned from the marks; null where there are too few. */
  ranker(): Ranker | null {
    return learnRanker(
      this.tools.marks.all.flatMap((one) =>
        one.mark === null ? [] : [{ features: featuresOf(one, STYLES), isLiked: one.mark === 'kept' }],
      ),
    )
  }

  #learnedFrom(): VariationRun['learnedFrom'] {
    const { all } = this.tools.marks
    return { kept: all.filter((one) => one.mark === 'kept').length, rejected: all.filter((one) => one.mark === 'rejected').length }
  }

  /** What is shown of these; of all where none are named. */
  rows(entries: readonly Entry[] = [...this.entries.values()]): VariationRow[] {
    const ranker = this.ranker()
    const original = this.originalReport
    return entries.map(({ variation, facts, report }) => {
      const marked = this.tools.marks.find(variation.id)
      const isOfEarlier = marked?.mark === 'kept' && marked.base !== undefined && marked.base !== this.#base
      return {
        ...facts,
        leftOut: isOfEarlier ? [OF_EARLIER, ...facts.leftOut] : facts.leftOut,
        soundDistance: report && original ? Math.round(soundDistance(original.signature, report.signature) * 1000) / 1000 : null,
        preview: report ? previewOf(report) : null,
        mark: marked?.mark ?? null,
        tags: marked?.tags ?? [],
        likelyPercent: ranker ? Math.round(ranker.score(featuresOf(variation, STYLES)) * 100) : null,
      }
    })
  }

  /** Changes the run and tells of it, with the rows that are new or changed and the ids of those that are gone. */
  tell(change: Partial<VariationRun>, rows: readonly VariationRow[], removed: readonly string[] = []): VariationRun {
    const original = this.originalReport
    this.#run = { ...this.#run, ...change, ...(original ? { original: previewOf(original) } : {}) }
    this.tools.onChanged({ run: this.#run, rows, removed })
    return this.#run
  }

  /** Ends the run with why it could not go on. */
  tellFailed(result: { readonly ok: false; readonly error: { readonly code: string; readonly message: string } }): Result<VariationRun> {
    this.tell({ state: 'done', problem: result.error.message }, [])
    return result
  }
}

/** Said of a kept variation that was another remix when it was kept. */
const OF_EARLIER = 'Kept of an earlier state of the remix: it is now made of the remix as it is, and may sound otherwise.'

/** Whether it is a licence that refuses a variation; otherwise its styles do not fit the remix. */
const isByLicence = ({ code }: Problem): boolean =>
  code === 'style.nothing_legal' || code === 'variations.illegal' || code.startsWith('licence.')

/** Refuses what names a variation that is not in the sheet. */
export const unknown = () =>
  fail('variations.unknown', 'This variation is not there any more. Generate again, with the same seed for the same variations.')

const previewOf = ({ loudness, peaks, isKept }: PreviewReport): NonNullable<VariationRow['preview']> => ({
  integratedLufs: loudness.integratedLufs,
  truePeakDb: loudness.truePeakDb,
  peaks,
  isReady: isKept,
})
