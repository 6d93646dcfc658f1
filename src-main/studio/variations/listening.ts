// Listening to the variations of a sheet, and to what a comp of them would be: all as loud as the original, so that nothing pleases by being louder.
import { setTimeout } from 'node:timers/promises'
import type { CompAudition, PreviewReport, TransportState } from '../../../src-shared/protocol/index.ts'
import { assessRemix, denialsOfEdit } from '../../../src-shared/provenance/index.ts'
import { compilePlan } from '../../../src-shared/remix/index.ts'
import { fail, ok, type Result } from '../../../src-shared/std/index.ts'
import { compLoudness } from './comp.ts'
import { rangeWithin } from './preview-range.ts'
import { type Sheet, type Stretch, unknown } from './sheet.ts'
import { missingStem, type SheetPreviews } from './sheet-previews.ts'

const MOST_MATCH_DB = 18
/** So long listening to a comp waits for its loudness. */
const MEASURE_MS = 600
/** Longer than any remix: a comp that is one variation throughout. */
const COMP_TICKS = 2 ** 30

/** Plays and stops in the engine's transport; what had no preview gets one by being played. */
export class Listening {
  readonly #sheet: Sheet
  readonly #previews: SheetPreviews

  constructor(sheet: Sheet, previews: SheetPreviews) {
    this.#sheet = sheet
    this.#previews = previews
  }

  /** Plays a variation, or the original with null, at the original's loudness. */
  async audition(id: string | null, atFrame: number | null, signal: AbortSignal): Promise<Result<TransportState>> {
    const engine = await this.#sheet.tools.engine()
    if (!engine.ok) return engine
    const entry = id === null ? undefined : this.#sheet.entries.get(id)
    if (id !== null && !entry) return unknown()
    const report = entry ? entry.report : this.#sheet.originalReport
    const range = entry?.range ?? this.#sheet.run.range
    const gainDb = this.#matchDb(levelOf(report))
    if (report?.isKept) {
      const started = await engine.value.request('audition.preview', { key: report.key, ...range, atFrame, gainDb }, { signal })
      if (started.ok || started.error.code !== 'preview.gone') return started
    }
    const plan = this.#sheet.planOf(id)
    if (!plan.ok) return plan
    // So that it plays at once the next time, and its card shows what it is.
    if (entry)
      void this.#previews.renderOne(entry, true).then((rendered) => {
        if (rendered.ok && this.#sheet.entries.get(entry.variation.id) === entry) this.#sheet.tell({}, this.#sheet.rows([entry]))
      })
    const stems = [...this.#sheet.tools.stems(this.#sheet.current)]
    const state = await engine.value.request('audition.plan', { plan: plan.value, range, stems, atFrame, gainDb }, { signal })
    return state.ok ? state : (missingStem(plan.value, stems) ?? state)
  }

  /**
   * Plays what `comp` would make of the remix, from anywhere in it, as loud as the original. Nothing is changed. What the licence would refuse is
   * refused here too. Codes: those of `comp`, `licence.*`, `variations.silent`, those of the engine.
   */
  async auditionComp(lanes: readonly Stretch[], atFrame: number | null, signal: AbortSignal): Promise<Result<CompAudition>> {
    const comped = this.#sheet.comp(lanes)
    if (!comped.ok) return comped
    const original = this.#sheet.original
    if (!original) return unknown()
    const assessed = assessRemix(comped.value, original.facts.terms)
    if (!assessed.ok) return assessed
    const [denied] = denialsOfEdit(original.assessment.decisions, assessed.value.decisions)
    if (denied) return fail(denied.code, denied.message, { decision: denied })
    const { plan } = assessed.value
    if (plan.lengthFrames === 0) return fail('variations.silent', 'Nothing would be left to hear.')
    const engine = await this.#sheet.tools.engine()
    if (!engine.ok) return engine
    const measuring = Promise.all(
      lanes.map(async ({ fromTick, toTick, id }) => ({ share: toTick - fromTick, integratedLufs: await this.#levelInComp(id, toTick) })),
    )
    // Whoever wants to hear it does not wait for long; what is measured later counts the next time.
    const measured = await Promise.race([measuring, setTimeout(MEASURE_MS, null, { ref: false })])
    const own = measured && compLoudness(measured)
    const gainDb = own === null || levelOf(this.#sheet.originalReport) === null ? null : this.#matchDb(own)
    if (signal.aborted) return fail('preview.cancelled', 'The preview was cancelled.')
    const stems = [...this.#sheet.tools.stems(comped.value)]
    const range = { fromFrame: 0, toFrame: plan.lengthFrames }
    const state = await engine.value.request('audition.plan', { plan, range, stems, atFrame, gainDb: gainDb ?? 0 }, { signal })
    return state.ok ? ok({ state: state.value, gainDb }) : (missingStem(plan, stems) ?? state)
  }

  async endAudition(): Promise<Result<null>> {
    const engine = await this.#sheet.tools.engine()
    if (!engine.ok) return engine
    const stopped = await engine.value.request('audition.stop', {})
    return stopped.ok ? ok(null) : stopped
  }

  /** Loudness of a variation, or the original, as part of a comp; measured over the stretch that previews play, once. Null where it cannot be told. */
  async #levelInComp(id: string | null, toTick: number): Promise<number | null> {
    const entry = id === null ? undefined : this.#sheet.entries.get(id)
    if (!entry) return levelOf(this.#sheet.originalReport)
    if (entry.compLufs !== undefined) return entry.compLufs
    // Before its preview is there everything in it would have to be made first.
    if (!entry.report) return null
    const comped = this.#sheet.comp([{ fromTick: 0, toTick: Math.max(toTick, COMP_TICKS), id }])
    const plan = comped.ok ? compilePlan(comped.value) : comped
    if (!plan.ok) return null
    const report = await this.#previews.request(plan.value, rangeWithin(this.#sheet.run.range, plan.value.lengthFrames), false)
    if (!report.ok) return null
    entry.compLufs = levelOf(report.value)
    return entry.compLufs
  }

  /** Gain that makes something of this loudness as loud as the original; 0 where one of them was not measured. */
  #matchDb(own: number | null): number {
    const original = levelOf(this.#sheet.originalReport)
    if (own === null || original === null) return 0
    return Math.round(Math.max(-MOST_MATCH_DB, Math.min(MOST_MATCH_DB, original - own)) * 10) / 10
  }
}

const levelOf = (report: PreviewReport | undefined): number | null => report?.loudness.integratedLufs ?? null
