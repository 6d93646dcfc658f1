// Styles of the user's own: a JSON recipe of built-in styles with settings. Everything in it comes from outside and is bounded; docs/formats/recipe.md.
import { z } from 'zod'
import { fail, ok, type Result } from '../../src-shared/std/index.ts'
import type { RecipeOrder } from './recipe-order.ts'
import { MAX_TEXT, readParams, type ParamValue, type Style, type StyleStep, text } from './style.ts'

export const OWN_STYLE_FORMAT = 'stemma-style'
export const OWN_STYLE_VERSION = 1
/** A file larger than this is no style. */
export const MAX_OWN_STYLE_BYTES = 64 * 1024
export const MAX_STEPS = 12

const paramValue = z.union([z.number().min(-1e9).max(1e9), z.string().max(MAX_TEXT), z.boolean()])
const paramName = z.string().regex(/^[a-z][\w-]{0,60}$/i)
const stepSchema = z.strictObject({
  style: z.string().regex(/^[a-z][a-z0-9-]{0,60}$/),
  params: z.record(paramName, paramValue).optional(),
  seed: z.int().min(0).max(0xffffffff).optional(),
  inputs: z.array(z.string().min(1).max(300)).max(4).optional(),
})
const stepsSchema = z.array(stepSchema).min(1).max(MAX_STEPS)

export const ownStyleSchema = z.strictObject({
  format: z.literal(OWN_STYLE_FORMAT),
  v: z.literal(OWN_STYLE_VERSION),
  name: z.string().trim().min(1).max(100),
  description: z.string().max(500).optional(),
  author: z.string().max(200).optional(),
  steps: stepsSchema,
})
export type OwnStyle = z.infer<typeof ownStyleSchema>
type Step = OwnStyle['steps'][number]

/** Steps may not contain steps: what composes stays flat, so that nothing can go on for ever. */
const checkSteps = (steps: readonly Step[], styleById: (id: string) => Style | undefined): Result<null> => {
  for (const [i, step] of steps.entries()) {
    const style = styleById(step.style)
    if (!style || step.style === 'own')
      return fail('style.own_unknown_step', `Step ${i + 1} asks for the style “${step.style}”, which this Stemma does not have.`, {
        step: i + 1,
      })
    const params = readParams(style, step.params ?? {})
    if (!params.ok) return fail('style.own_bad_step', `Step ${i + 1}: ${params.error.message}`, { step: i + 1 })
  }
  return ok(null)
}

const explain = (error: z.ZodError): string => {
  const [issue] = error.issues
  const where = issue && issue.path.length > 0 ? `${issue.path.join('.')}: ` : ''
  return `${where}${issue?.message ?? 'it is not valid'}`.slice(0, 300)
}

/**
 * Reads a style file. Codes: `style.own_too_large`, `style.own_not_json`, `style.own_malformed`, `style.own_newer`, `style.own_unknown_step`, `style.own_bad_step`.
 */
export const decodeOwnStyle = (json: string, styleById: (id: string) => Style | undefined): Result<OwnStyle> => {
  if (json.length > MAX_OWN_STYLE_BYTES)
    return fail(
      'style.own_too_large',
      `A style file has at most ${MAX_OWN_STYLE_BYTES >> 10} KB; this one has ${Math.ceil(json.length / 1024)}.`,
    )
  let value: unknown
  try {
    value = JSON.parse(json)
  } catch {
    return fail('style.own_not_json', 'The style file is not JSON. Open it in an editor and look for a missing comma or bracket.')
  }
  if (typeof value === 'object' && value !== null && 'v' in value && typeof value.v === 'number' && value.v > OWN_STYLE_VERSION)
    return fail(
      'style.own_newer',
      `The style was saved by a newer Stemma (version ${value.v} of the format); this one reads version ${OWN_STYLE_VERSION}. Update it.`,
    )
  const decoded = ownStyleSchema.safeParse(value)
  if (!decoded.success) return fail('style.own_malformed', `The style file cannot be used: ${explain(decoded.error)}.`)
  const steps = checkSteps(decoded.data.steps, styleById)
  return steps.ok ? ok(decoded.data) : steps
}

/** The recipe that runs an own style; self-contained, so that the remix can be made again without the file. Code: `style.own_too_large`. */
export const orderOfOwnStyle = ({ name, steps }: OwnStyle, seed: number): Result<RecipeOrder> => {
  const written = JSON.stringify(steps)
  return written.length > MAX_TEXT
    ? fail(
        'style.own_too_large',
        `The steps of “${name}” take ${written.length} characters written down; a recipe holds ${MAX_TEXT}. Leave out settings that are at their default.`,
      )
    : ok({ style: 'own', params: { name, steps: written }, seed })
}

/** With seed 1 a step is as it was saved; other seeds throw every step anew. One that was written without a seed takes the run's, by its place. */
const seedOf = (step: Step, i: number, seed: number): number => (step.seed === undefined ? seed + i : step.seed + seed - 1) >>> 0

const readSteps = (written: string, styleById: (id: string) => Style | undefined): Result<readonly Step[]> => {
  let value: unknown
  try {
    value = JSON.parse(written)
  } catch {
    return fail('style.own_not_json', 'The steps of this style are not JSON.')
  }
  const steps = stepsSchema.safeParse(value)
  if (!steps.success) return fail('style.own_malformed', `The steps of this style cannot be used: ${explain(steps.error)}.`)
  const known = checkSteps(steps.data, styleById)
  return known.ok ? ok(steps.data) : known
}

/** A recipe as a step: only what differs from the defaults, since the steps of a style have to fit into one recipe. */
const stepOf = (order: RecipeOrder, style: Style | undefined): Step => {
  const isDefault = (name: string, value: ParamValue): boolean => style?.parameters.find((one) => one.name === name)?.default === value
  const params = Object.fromEntries(Object.entries(order.params ?? {}).filter(([name, value]) => !isDefault(name, value)))
  const inputs = order.inputs ?? []
  return {
    style: order.style,
    ...(Object.keys(params).length > 0 ? { params } : {}),
    seed: order.seed ?? 1,
    ...(inputs.length > 0 ? { inputs: [...inputs] } : {}),
  }
}

/**
 * An own style out of recipes, for saving and sharing; own styles among them become their steps. What comes out opens, and runs as the recipes did.
 * Codes: `style.nothing_to_save`, `style.own_too_many_steps`, `style.own_needs_reference`, and those of `decodeOwnStyle` and `orderOfOwnStyle`.
 */
export const ownStyleOf = (
  name: string,
  recipes: readonly RecipeOrder[],
  styleById: (id: string) => Style | undefined,
): Result<OwnStyle> => {
  if (recipes.length === 0) return fail('style.nothing_to_save', 'No style was run on this remix yet, so there is none to save.')
  const steps: Step[] = []
  for (const recipe of recipes) {
    if (recipe.style !== 'own') {
      steps.push(stepOf(recipe, styleById(recipe.style)))
      continue
    }
    const within = readSteps(String(recipe.params?.steps ?? '[]'), styleById)
    if (!within.ok) return within
    steps.push(...within.value.map((step, i) => ({ ...step, seed: seedOf(step, i, recipe.seed ?? 1) })))
  }
  if (steps.length > MAX_STEPS)
    return fail(
      'style.own_too_many_steps',
      `${steps.length} styles are too many for one: a style of your own has up to ${MAX_STEPS} steps. Save the ones you want by themselves.`,
      { steps: steps.length },
    )
  for (const [i, step] of steps.entries()) {
    const style = styleById(step.style)
    if (style?.needs.includes('reference') && !step.inputs)
      return fail(
        'style.own_needs_reference',
        `Step ${i + 1}, “${style.label}”, has nothing to match yet. Choose a sound, then save the style.`,
      )
  }
  const style = decodeOwnStyle(
    JSON.stringify({ format: OWN_STYLE_FORMAT, v: OWN_STYLE_VERSION, name, steps } satisfies OwnStyle),
    styleById,
  )
  if (!style.ok) return style
  const order = orderOfOwnStyle(style.value, 1)
  return order.ok ? style : order
}

/** The style that carries out steps of other styles. */
export const createOwnStyle = (styleById: (id: string) => Style | undefined): Style => ({
  id: 'own',
  version: 2,
  group: 'own',
  label: 'Own style',
  description: 'A list of styles with settings, saved by you or shared with you.',
  parameters: [
    text('name', 'Name', 'what the style is called', 'Own style'),
    text('steps', 'Steps', 'JSON: a list of {"style", "params", "seed", "inputs"}', '[]'),
  ],
  // Each step is heard for by itself.
  needs: [],
  run: () => fail('style.own_within', 'A style of your own cannot be a step of something else; run its steps instead.'),
  steps: (params, seed) => {
    const steps = readSteps(params.text('steps'), styleById)
    if (!steps.ok) return steps
    return ok(
      steps.value.flatMap((step, i): StyleStep[] => {
        const style = styleById(step.style)
        return style ? [{ style, order: { ...step, seed: seedOf(step, i, seed) } }] : []
      }),
    )
  },
})
