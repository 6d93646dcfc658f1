// A variation made: its styles run on the remix, and everything that is known of it without hearing it.
import { createHash } from 'node:crypto'
import { findStyle, runStyles, type Style, type StyleFacts } from '../../../src-engine/styles/index.ts'
import { assessRemix, type Assessment, denialsOfEdit } from '../../../src-shared/provenance/index.ts'
import { milliBpmAt, type Recipe, remixOf, type RemixSnapshot, type RenderPlan } from '../../../src-shared/remix/index.ts'
import { fail, ok, type Result } from '../../../src-shared/std/index.ts'
import { type Layout, layoutDistance, layoutOf } from './distance.ts'
import type { Variation } from './draw.ts'

export interface Made {
  readonly variation: Variation
  readonly snapshot: RemixSnapshot
  readonly plan: RenderPlan
  readonly summary: string
  readonly leftOut: readonly string[]
  readonly asks: readonly string[]
  readonly layout: Layout
  readonly structureDistance: number
  readonly milliBpm: number
}

/** The remix that variations are made of, assessed once. */
export interface Original {
  readonly snapshot: RemixSnapshot
  readonly assessment: Assessment
  readonly facts: StyleFacts
  readonly layout: Layout
  readonly likeness: string
}

export const readOriginal = (snapshot: RemixSnapshot, facts: StyleFacts): Result<Original> => {
  const assessment = assessRemix(snapshot, facts.terms)
  if (!assessment.ok) return assessment
  const { plan } = assessment.value
  if (plan.lengthFrames === 0) return fail('variations.empty', 'The remix plays nothing yet, so there is nothing to vary. Add clips first.')
  const layout = layoutOf(plan, plan.lengthFrames)
  return ok({ snapshot, assessment: assessment.value, facts, layout, likeness: likenessOf(layout, plan) })
}

const likenessOf = (layout: Layout, plan: RenderPlan): string =>
  createHash('sha256')
    .update(new Uint8Array(layout.buffer))
    .update(JSON.stringify(plan.tracks.map(({ devices, gainDb, pan, sends }) => [devices, gainDb, pan, sends])))
    .digest('base64')

/** What things are called, which nobody hears. */
const NAMES: ReadonlySet<string> = new Set(['id', 'name', 'title', 'clipId', 'deviceId', 'sendId', 'foundBy'])

const heardText = (plan: RenderPlan): string => JSON.stringify(plan, (key, value: unknown) => (NAMES.has(key) ? undefined : value))

/**
 * Runs the styles of a variation, one on the result of the other. What breaks the licence after all was bent is refused: `variations.illegal`.
 * Deterministic: the same original and variation give the same document, to the byte.
 */
export const makeVariation = (original: Original, variation: Variation): Result<Made> => {
  const steps: { readonly style: Style; readonly order: Recipe }[] = []
  for (const order of variation.recipes) {
    const style = findStyle(order.style)
    if (!style.ok) return style
    steps.push({ style: style.value, order })
  }
  const run = runStyles(steps, original.snapshot, { ...original.facts, keep: variation.keep })
  if (!run.ok) return run
  const { snapshot, assessment } = run.value
  const [denied] = denialsOfEdit(original.assessment.decisions, assessment.decisions)
  if (denied) return fail('variations.illegal', denied.message, { decision: denied })
  const { plan } = assessment
  if (plan.lengthFrames === 0) return fail('variations.silent', 'Nothing would be left to hear.')
  const layout = layoutOf(plan, original.assessment.plan.lengthFrames)
  const lengths = plan.lengthFrames / original.assessment.plan.lengthFrames
  const milliBpm = milliBpmAt(remixOf(snapshot).tempo, 0)
  // Under another tempo the same moments come at other times: where only that changed, bars are compared, not seconds.
  const ratio = milliBpm / milliBpmAt(remixOf(original.snapshot).tempo, 0)
  const scaled = Math.abs(lengths * ratio - 1) < 0.02 ? layoutOf(plan, plan.lengthFrames) : layout
  return ok({
    variation,
    snapshot,
    plan,
    summary: run.value.summaries.join(' · '),
    leftOut: [...new Set(run.value.leftOut.map(({ what, why }) => `${what}: ${why}`))],
    asks: [...new Set(run.value.asks)],
    layout: scaled,
    structureDistance: layoutDistance(original.layout, scaled),
    milliBpm,
  })
}

/** What is known of a variation without its document, which is made again from its recipe when it is needed. */
export interface Judged extends Omit<Made, 'variation' | 'snapshot' | 'plan'> {
  readonly lengthFrames: number
  /** Equal for variations that play the same through the same. */
  readonly likeness: string
  /** Its styles did nothing: it is the original. */
  readonly isUnchanged: boolean
}

/** Makes a variation and tells what it is. Codes: those of `makeVariation`. */
export const judgeVariation = (original: Original, variation: Variation): Result<Judged> => {
  const made = makeVariation(original, variation)
  if (!made.ok) return made
  const { variation: _, snapshot: __, plan, ...known } = made.value
  const likeness = likenessOf(known.layout, plan)
  // A likeness knows nothing of tempo, pitch and automation: what only changed there is not the original.
  const isUnchanged = likeness === original.likeness && heardText(plan) === heardText(original.assessment.plan)
  return ok({ ...known, lengthFrames: plan.lengthFrames, likeness, isUnchanged })
}
