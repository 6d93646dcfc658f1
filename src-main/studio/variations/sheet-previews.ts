// The sound of a sheet: its variations rendered and measured, the nearest tempo first, and sorted out by what was heard.
// A thousand previews do not fit: only the first and those asked for keep their sound, the others their measures.
import { availableParallelism } from 'node:os'
import type { PreviewReport, StemFile, VariationRun } from '../../../src-shared/protocol/index.ts'
import { milliBpmAt, remixOf, type RenderPlan } from '../../../src-shared/remix/index.ts'
import { fail, ok, type Result } from '../../../src-shared/std/index.ts'
import { layoutDistance, spectralDifferenceDb } from './distance.ts'
import type { Entry, Sheet } from './sheet.ts'

/** Previews are kept while they fit. */
const PREVIEW_BYTES = 700e6
/** So many rows from the top have their sound kept ready. */
const KEPT_READY = 48
const QUIETEST_LUFS = -45
/** Above this a preview clips. */
const LOUDEST_DBTP = 0
/** Two variations closer than both of these are one. */
const SAME_SOUND_DB = 0.35
const SAME_LAYOUT = 0.016

/** Renders into the entries of a sheet; without a signal of its own a request goes on until it is done. */
export class SheetPreviews {
  readonly #sheet: Sheet
  /** What is asked for one by one goes on when a run is stopped. */
  readonly #lasting = new AbortController().signal
  #pace = 0

  constructor(sheet: Sheet) {
    this.#sheet = sheet
  }

  /** Renders these and the original; resolves when all is done or it was stopped. Codes: those of the engine. */
  async render(queue: readonly string[], signal: AbortSignal): Promise<Result<VariationRun>> {
    this.#sheet.tell({ state: 'rendering' }, [])
    const original = await this.#renderOriginal(signal)
    // Whoever stopped it told so; from then on the sheet is another run's.
    if (signal.aborted) return ok(this.#sheet.run)
    if (!original.ok) return this.#sheet.tellFailed(original)
    const bpmOf = (id: string): number => this.#sheet.entries.get(id)?.facts.bpm ?? 0
    const own = milliBpmAt(remixOf(this.#sheet.current).tempo, 0) / 1000
    // Tempo by tempo, the nearest first: stems are stretched once for each, and what needs no stretching comes at once.
    const order = [...queue].sort((left, right) => Math.abs(bpmOf(left) - own) - Math.abs(bpmOf(right) - own))
    /** Rendered, by place in the order; each waits for those before it: which of two alike stays must not hang on which was done first. */
    const rendered = new Map<number, Result<null>>()
    const waiting = new Set(order)
    let next = 0
    let settled = 0
    let problem: string | null = null
    const settle = (at: number, result: Result<null>): void => {
      rendered.set(at, result)
      const shown: Entry[] = []
      const dropped: string[] = []
      for (let one = rendered.get(settled); one; one = rendered.get(++settled)) {
        const id = order[settled] ?? ''
        const entry = this.#sheet.entries.get(id)
        waiting.delete(id)
        if (!entry) continue
        if (!one.ok) problem ??= one.error.message
        const isKept = this.#sheet.tools.marks.find(id)?.mark === 'kept'
        if (one.ok && (isKept || !this.#sortOut(entry, waiting))) shown.push(entry)
        else {
          this.#sheet.entries.delete(id)
          dropped.push(id)
        }
      }
      const fraction = 0.1 + (0.9 * rendered.size) / queue.length
      this.#sheet.tell({ shown: this.#sheet.entries.size, fraction }, this.#sheet.rows(shown), dropped)
    }
    const work = async (): Promise<void> => {
      for (let at = next++; at < order.length && !signal.aborted; at = next++) {
        const entry = this.#sheet.entries.get(order[at] ?? '')
        const isKept = entry !== undefined && this.#sheet.tools.marks.find(entry.variation.id)?.mark === 'kept'
        const result = entry ? await this.renderOne(entry, at < KEPT_READY || isKept, signal) : ok(null)
        if (signal.aborted) return
        settle(at, result)
      }
    }
    await Promise.all(Array.from({ length: availableParallelism() * 2 }, work))
    if (signal.aborted) return ok(this.#sheet.run)
    const known = this.#sheet.run.problem
    const told = problem === null || known?.includes(problem) ? known : [known, problem].filter(Boolean).join(' ')
    return ok(this.#sheet.tell({ state: 'done', fraction: 1, problem: told }, []))
  }

  async #renderOriginal(signal: AbortSignal): Promise<Result<null>> {
    const plan = this.#sheet.planOf(null)
    if (!plan.ok) return plan
    if (this.#sheet.originalReport?.isKept) return ok(null)
    const report = await this.request(plan.value, this.#sheet.run.range, true, signal)
    if (!report.ok) return report
    if (signal.aborted) return fail('variations.cancelled', 'Making variations was stopped.')
    this.#sheet.originalReport = report.value
    return ok(null)
  }

  /** Renders one of the sheet; `keeps` its sound ready to play. */
  async renderOne(entry: Entry, keeps: boolean, signal = this.#lasting): Promise<Result<null>> {
    const plan = this.#sheet.planOf(entry.variation.id)
    if (!plan.ok) return plan
    const report = await this.request(plan.value, entry.range, keeps, signal)
    if (!report.ok) return report
    entry.report = report.value
    return ok(null)
  }

  /** Renders and measures a stretch of any plan. Codes: `stem.missing`, those of the engine. */
  async request(plan: RenderPlan, range: VariationRun['range'], keeps: boolean, signal = this.#lasting): Promise<Result<PreviewReport>> {
    const engine = await this.#sheet.tools.engine()
    if (!engine.ok) return engine
    const stems = [...this.#sheet.tools.stems(this.#sheet.current)]
    const report = await engine.value.request('preview.render', { plan, stems, range, keeps }, { signal })
    if (!report.ok) return missingStem(plan, stems) ?? report
    if (keeps && ++this.#pace % 16 === 0) await engine.value.request('preview.trim', { maxBytes: PREVIEW_BYTES })
    return report
  }

  /** Whether a rendered variation is not to be shown: too quiet, clipping, or all but the same as one that is; those that wait for their turn do not count. */
  #sortOut(entry: Entry, waiting: ReadonlySet<string>): boolean {
    const { report } = entry
    if (!report) return true
    const { integratedLufs, truePeakDb } = report.loudness
    if (integratedLufs === null || integratedLufs < QUIETEST_LUFS || truePeakDb > LOUDEST_DBTP) {
      this.#sheet.countDropped('loudness')
      return true
    }
    for (const other of this.#sheet.entries.values()) {
      if (other === entry || !other.report || waiting.has(other.variation.id)) continue
      const isSame =
        layoutDistance(entry.layout, other.layout) < SAME_LAYOUT &&
        spectralDifferenceDb(entry.report?.signature ?? [], other.report.signature) < SAME_SOUND_DB
      if (!isSame) continue
      this.#sheet.countDropped('duplicates')
      return true
    }
    return false
  }
}

/** Why a plan cannot be heard where the file of one of its stems is gone; undefined where it is something else. */
export const missingStem = (plan: RenderPlan, stems: readonly StemFile[]): ReturnType<typeof fail> | undefined => {
  const here = new Set(stems.map(({ contentSha256 }) => contentSha256))
  const missing = plan.sources.find(({ contentSha256 }) => !here.has(contentSha256))
  return missing && fail('stem.missing', `“${missing.title}” is not on this computer any more. Pull its work again.`)
}
