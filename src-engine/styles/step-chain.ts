// A style made of others: each is run on the result of the one before, as if they were applied by hand one after another, and the whole is one proposal.
// Whoever runs the steps hands each what it needs, which may have to be heard on the remix as the steps before left it.
import { applyEdits, type EditCommand, type Recipe, type RemixSnapshot } from '../../src-shared/remix/index.ts'
import { fail, ok, type Result } from '../../src-shared/std/index.ts'
import { type RecipeOrder, readOrder } from './recipe-order.ts'
import { MAX_STYLE_EDITS } from './stage.ts'
import { type LeftOut, Settings, type Style, type StyleRun, type StyleStep } from './style.ts'

export class StepChain {
  readonly steps: readonly StyleStep[]
  readonly #name: string
  readonly #before: RemixSnapshot
  readonly #recipe: Recipe
  readonly #runs: StyleRun[] = []
  readonly #commands: EditCommand[] = []
  readonly #leftOut: LeftOut[] = []

  constructor(name: string, steps: readonly StyleStep[], before: RemixSnapshot, recipe: Recipe) {
    this.#name = name
    this.steps = steps
    this.#before = before
    this.#recipe = recipe
  }

  /** The remix as the steps so far leave it. */
  get snapshot(): RemixSnapshot {
    return this.#runs.at(-1)?.snapshot ?? this.#before
  }

  /** Takes in what a step did. One that could do nothing is left out and said; the others go on. */
  add({ style }: StyleStep, run: Result<StyleRun>): void {
    if (!run.ok) {
      this.#leftOut.push({ what: style.label, why: run.error.message })
      return
    }
    const edits = run.value.commands.filter((command) => command.op !== 'recipe.add')
    if (this.#commands.length + edits.length > MAX_STYLE_EDITS) {
      this.#leftOut.push({
        what: style.label,
        why: `The steps together may make ${MAX_STYLE_EDITS} edits, or nobody could edit the remix after.`,
      })
      return
    }
    this.#commands.push(...edits)
    this.#leftOut.push(...run.value.leftOut)
    this.#runs.push(run.value)
  }

  /** Code: `style.nothing_legal`, where no step could do anything. */
  finish(): Result<StyleRun> {
    const last = this.#runs.at(-1)
    if (!last)
      return fail('style.nothing_legal', `“${this.#name}” can do nothing here: ${this.#leftOut.map(({ why }) => why).join(' ')}`, {
        leftOut: this.#leftOut,
      })
    const inputs = [...new Set([...this.#recipe.inputs, ...this.#runs.flatMap(({ recipe }) => recipe.inputs)])]
    const recipe: Recipe = { ...this.#recipe, inputs }
    const commands: readonly EditCommand[] = [...this.#commands, { op: 'recipe.add', recipe }]
    const applied = applyEdits(this.#before, commands, { newId: () => `${recipe.style}.never` })
    if (!applied.ok) return applied
    return ok({
      recipe,
      commands,
      snapshot: applied.value.snapshot,
      assessment: last.assessment,
      leftOut: this.#leftOut,
      asks: [...new Set(this.#runs.flatMap(({ asks }) => asks))],
      summary: `${this.#name}. ${this.#runs.map(({ summary }) => summary).join(' ')}`,
    })
  }
}

/** The steps of a style that is made of others; undefined for one that does its work itself. Codes: those of `readOrder` and `style.own_*`. */
export const stepChainOf = (style: Style, before: RemixSnapshot, order: RecipeOrder): Result<StepChain> | undefined => {
  if (!style.steps) return undefined
  const recipe = readOrder(style, order)
  if (!recipe.ok) return recipe
  const steps = style.steps(new Settings(recipe.value.params), recipe.value.seed)
  if (!steps.ok) return steps
  const name = recipe.value.params.name
  return ok(new StepChain(typeof name === 'string' ? name.slice(0, 100) : style.label, steps.value, before, recipe.value))
}
