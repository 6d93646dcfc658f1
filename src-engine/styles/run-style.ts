// Running a style: settings read, the stage set, the style's steps, then the licence once more over the result. Pure: same remix, recipe and facts, same bytes.
import { applyEdits, type EditCommand, type Recipe, type RemixSnapshot, remixOf } from '../../src-shared/remix/index.ts'
import { fail, ok, type Result } from '../../src-shared/std/index.ts'
import type { StyleFacts } from './facts.ts'
import { capUsedTime, muteGone, judgeProposal, withoutCause } from './fit.ts'
import { createRandom, hashText32 } from './random.ts'
import { type RecipeOrder, readOrder } from './recipe-order.ts'
import { Stage, StyleStop } from './stage.ts'
import { stepChainOf } from './step-chain.ts'
import { Settings, type LeftOut, type Style, type StyleParams, type StyleRun } from './style.ts'

/** Text that stands for settings: names sorted, so that their order changes nothing. */
const paramsText = (params: StyleParams): string =>
  Object.keys(params)
    .sort()
    .map((name) => `${name}=${String(params[name])}`)
    .join('&')

/** A prefix that no id of the remix begins with, so that a style can be run twice. */
const freshPrefix = (snapshot: RemixSnapshot, text: string): string => {
  const base = `s${hashText32(text).toString(36)}`
  let prefix = base
  for (let i = 2; ; i++) {
    const dotted = `${prefix}.`
    let isTaken = false
    for (const id of snapshot.keys()) if (id.startsWith(dotted)) isTaken = true
    if (!isTaken) return prefix
    prefix = `${base}-${i}`
  }
}

/** Rounds a style may take to get within its licence. */
const MAX_ROUNDS = 12

/** A style's steps done, its licence not yet asked about the whole. */
interface Played {
  readonly stage: Stage
  readonly recipe: Recipe
}

const play = (style: Style, snapshot: RemixSnapshot, order: RecipeOrder, facts: StyleFacts, isLast: boolean): Result<Played> => {
  const read = readOrder(style, order)
  if (!read.ok) return read
  const recipe = read.value
  const { seed } = recipe
  const text = `${style.id}/${style.version}/${seed}/${paramsText(recipe.params)}/${recipe.inputs.join(',')}`
  const stage = new Stage({
    snapshot,
    facts,
    // Settings are not part of the seed: turning one knob must not throw all dice anew.
    random: createRandom(`${style.id}/${style.version}/${seed}`),
    idPrefix: freshPrefix(snapshot, text),
  })
  try {
    const legal = muteGone(stage)
    if (!legal.ok) return legal
    const done = style.run(stage, new Settings(recipe.params))
    if (done && !done.ok) return done
    if (stage.endTick <= 0)
      return fail('style.nothing_left', `“${style.label}” with these settings would leave nothing to hear. Choose others, or another seed.`)
    if (isLast) capUsedTime(stage)
    if (stage.endTick <= 0)
      return fail('style.nothing_legal', `“${style.label}” finds nothing here that the licence allows. Choose another style or seed.`)
  } catch (error) {
    if (error instanceof StyleStop)
      return fail('style.cannot', `“${style.label}” does not fit this remix: ${error.problem.message}`, { cause: error.problem.code })
    throw error
  }
  const noted: EditCommand = { op: 'recipe.add', recipe }
  stage.edit(noted)
  return ok({ stage, recipe })
}

/** What a style did in a line; refused where all it wanted was left out. */
const summaryOf = (style: Style, stage: Stage, changes: number, leftOut: readonly LeftOut[]): Result<string> => {
  if (changes > 0) return ok(`${style.label}: ${stage.says.join(', ')}.`)
  return leftOut.length === 0
    ? ok(`${style.label}: nothing to change here.`)
    : fail('style.nothing_legal', `“${style.label}” can do nothing here: ${leftOut[0]?.why ?? ''}`, { leftOut })
}

/**
 * Works out what a style would do. Codes: `style.bad_param`, `style.version`, `style.silent`, `style.nothing_legal`, and those of the style (`style.needs_…`).
 * Nothing is changed: `commands` are for `applyEdits` or a session, as one step.
 */
export const runStyle = (style: Style, snapshot: RemixSnapshot, order: RecipeOrder, facts: StyleFacts): Result<StyleRun> => {
  const chain = stepChainOf(style, snapshot, order)
  if (chain) {
    if (!chain.ok) return chain
    for (const step of chain.value.steps) chain.value.add(step, runStyle(step.style, chain.value.snapshot, step.order, facts))
    return chain.value.finish()
  }
  const played = play(style, snapshot, order, facts, true)
  return played.ok ? settle(style, snapshot, played.value) : played
}

/** What several styles did, one on the result of the other. */
export type StyleChain = Pick<StyleRun, 'snapshot' | 'assessment' | 'leftOut' | 'asks'> & { readonly summaries: readonly string[] }

/**
 * Runs styles one after another and asks the licence about the end of it; time caps are kept there too. Where that end is refused, each is run and bent
 * by itself. Codes: those of `runStyle`.
 */
export const runStyles = (
  steps: readonly { readonly style: Style; readonly order: RecipeOrder }[],
  before: RemixSnapshot,
  facts: StyleFacts,
): Result<StyleChain> => {
  const leftOut: LeftOut[] = []
  const asks: string[] = []
  const summaries: string[] = []
  let snapshot = before
  for (const [i, { style, order }] of steps.entries()) {
    const played = play(style, snapshot, order, facts, i === steps.length - 1)
    if (!played.ok) return played
    const { stage } = played.value
    const summary = summaryOf(style, stage, stage.commands.length - 1, stage.leftOut)
    if (!summary.ok) return summary
    summaries.push(summary.value)
    leftOut.push(...stage.leftOut)
    asks.push(...stage.asks)
    snapshot = stage.finish()
  }
  const judged = judgeProposal(before, snapshot, facts)
  if (!judged.ok) return judged
  return judged.value.refused.length === 0
    ? ok({ snapshot, assessment: judged.value.assessment, leftOut, asks, summaries })
    : runEach(steps, before, facts)
}

const runEach: typeof runStyles = (steps, before, facts) => {
  let last: StyleRun | undefined
  const runs: StyleRun[] = []
  for (const { style, order } of steps) {
    const run = runStyle(style, last?.snapshot ?? before, order, facts)
    if (!run.ok) return run
    last = run.value
    runs.push(last)
  }
  if (!last) return fail('style.nothing_left', 'There is no style to run.')
  return ok({
    snapshot: last.snapshot,
    assessment: last.assessment,
    leftOut: runs.flatMap((one) => one.leftOut),
    asks: runs.flatMap((one) => one.asks),
    summaries: runs.map((one) => one.summary),
  })
}

const illegal = (style: Style, why: string): ReturnType<typeof fail> =>
  fail('style.nothing_legal', `“${style.label}” finds nothing here that the licence allows: ${why}`)

/** Takes off what the licence still refuses, by its cause, until nothing new is against it. */
const settle = (style: Style, before: RemixSnapshot, { stage, recipe }: Played): Result<StyleRun> => {
  let commands: readonly EditCommand[] = stage.commands
  let after = stage.finish()
  const leftOut: LeftOut[] = [...stage.leftOut]
  let last = ''
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const judged = judgeProposal(before, after, stage.facts)
    if (!judged.ok) return judged
    const [first] = judged.value.refused
    if (!first) {
      const summary = summaryOf(style, stage, commands.length - 1, leftOut)
      if (!summary.ok) return summary
      const { assessment } = judged.value
      return ok({ recipe, commands, snapshot: after, assessment, leftOut, asks: stage.asks, summary: summary.value })
    }
    let fewer = commands
    for (const one of judged.value.refused) {
      if (one.causeId !== undefined) fewer = withoutCause(fewer, one.causeId)
      if (!leftOut.some(({ why }) => why === one.message)) leftOut.push({ what: one.op ?? 'a step', why: one.message })
    }
    if (fewer.length === commands.length) return illegal(style, first.message)
    const redone = applyEdits(before, fewer, { newId: () => `${recipe.style}.never` })
    if (!redone.ok) return illegal(style, first.message)
    last = first.message
    commands = fewer
    after = redone.value.snapshot
  }
  return illegal(style, last)
}

/** For tests and documents: the recipes a remix was made with. */
export const recipesOf = (snapshot: RemixSnapshot): readonly Recipe[] => remixOf(snapshot).recipes ?? []
