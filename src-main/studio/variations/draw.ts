// What variations are drawn from: one to three styles with settings of their own, from close to far. Pure and seeded: the same remix, seed and
// styles give the same recipes on every machine.
import { createHash } from 'node:crypto'
import {
  createRandom,
  drawParams,
  type Random,
  type StyleDescriptor,
  type StyleGroup,
  type StyleParams,
} from '../../../src-engine/styles/index.ts'
import type { Recipe, Role } from '../../../src-shared/remix/index.ts'
import { canonicalText } from '../../../src-shared/std/index.ts'
import type { Features } from './ranker.ts'

/** A variation: styles run one after another on a remix, some roles left as they are. */
export interface Variation {
  /** `variationId` of its recipes and what it keeps: the same wherever and whenever it is drawn. */
  readonly id: string
  readonly number: number
  readonly recipes: readonly Recipe[]
  readonly keep: readonly Role[]
}

export interface DrawOptions {
  readonly seed: number
  /** Styles that fit the remix. */
  readonly styles: readonly StyleDescriptor[]
  readonly keep: readonly Role[]
}

/** What a variation is called by: 16 hex digits that say what it is, so that a mark never falls to another one. */
export const variationId = ({ recipes, keep }: Pick<Variation, 'recipes' | 'keep'>): string =>
  createHash('sha256')
    .update(canonicalText([recipes, [...new Set(keep)].sort()]))
    .digest('hex')
    .slice(0, 16)

/** Nearest and furthest that settings are drawn from the defaults. */
const NEAREST = 0.15

const STRUCTURE: ReadonlySet<StyleGroup> = new Set<StyleGroup>(['arrangement', 'groove'])

/** Whether a recipe's style changes when things play; otherwise how they sound. */
export const isStructural = (style: StyleDescriptor | undefined): boolean => style !== undefined && STRUCTURE.has(style.group)

/** Settings that change the tempo, and the steps they are drawn in: variations of one tempo share their stretched stems. */
const TEMPO_STEPS: Readonly<Record<string, number>> = { slow: 10, speed: 10, pace: 5 }

const onTempoGrid = (style: StyleDescriptor, params: StyleParams): Recipe['params'] => {
  const drawn: Record<string, Recipe['params'][string]> = { ...params }
  for (const parameter of style.parameters) {
    const step = TEMPO_STEPS[parameter.name]
    const value = drawn[parameter.name]
    if (parameter.kind !== 'number' || step === undefined || typeof value !== 'number') continue
    drawn[parameter.name] = Math.min(parameter.max, Math.max(parameter.min, Math.round(value / step) * step))
  }
  return drawn
}

const recipeOf = (style: StyleDescriptor, random: Random, spread: number): Recipe => ({
  style: style.id,
  version: style.version,
  params: onTempoGrid(style, drawParams(style, random.fork('params'), spread)),
  seed: random.below(0x7fffffff),
  inputs: [],
})

/** The variation of this number. `number` counts from 1 and does not depend on how many are drawn. */
export const drawVariation = (number: number, { seed, styles, keep }: DrawOptions): Variation => {
  const random = createRandom(`variation:${seed}:${number}`)
  // A low-discrepancy walk from close to far: any first thousand covers the map evenly.
  const far = (number * 0.618_033_988_75) % 1
  const spread = Math.round((NEAREST + (1 - NEAREST) * far) * 1000) / 1000
  const sound = styles.filter((style) => !isStructural(style))
  const arrangement = styles.filter((style) => style.group === 'arrangement')
  const groove = styles.filter((style) => style.group === 'groove')
  const chosen: StyleDescriptor[] = []
  if (arrangement.length > 0 && random.chance(sound.length === 0 ? 1 : 0.25 + 0.6 * far)) chosen.push(random.pick(arrangement))
  if (groove.length > 0 && random.chance(0.1 + 0.25 * far)) chosen.push(random.pick(groove))
  if (sound.length > 0 && (chosen.length === 0 || random.chance(0.8))) chosen.push(random.pick(sound))
  if (chosen.length === 0) chosen.push(random.pick(styles))
  const recipes = chosen.map((style, i) => recipeOf(style, random.fork(`${i}:${style.id}`), spread))
  return { id: variationId({ recipes, keep }), number, recipes, keep }
}

/** A variation like another: the same styles, settings a little elsewhere. */
export const drawLike = (like: Variation, number: number, { seed, styles }: DrawOptions): Variation => {
  const random = createRandom(`like:${seed}:${number}:${like.id}`)
  const recipes = like.recipes.map((recipe, i) => {
    const style = styles.find((one) => one.id === recipe.style)
    const own = random.fork(String(i))
    if (!style) return { ...recipe, seed: own.below(0x7fffffff) }
    const params = { ...recipe.params }
    for (const parameter of style.parameters) {
      const value = params[parameter.name]
      if (parameter.kind !== 'number' || typeof value !== 'number') continue
      const { min, max, step } = parameter
      const moved = value + own.between(-0.15, 0.15) * (max - min)
      params[parameter.name] = Math.min(max, Math.max(min, Math.round((min + Math.round((moved - min) / step) * step) * 1e6) / 1e6))
    }
    return { ...recipe, params: onTempoGrid(style, params), seed: own.below(0x7fffffff) }
  })
  return { id: variationId({ recipes, keep: like.keep }), number, recipes, keep: like.keep }
}

/** Sections of one with the sound of another; without recipes where neither has any. */
export const mixVariations = (
  sectionsOf: Variation,
  soundOf: Variation,
  { number, styles }: { readonly number: number; readonly styles: readonly StyleDescriptor[] },
): Variation => {
  const isStructure = (recipe: Recipe): boolean => isStructural(styles.find((style) => style.id === recipe.style))
  const recipes = [...sectionsOf.recipes.filter(isStructure), ...soundOf.recipes.filter((recipe) => !isStructure(recipe))]
  const keep = [...new Set([...sectionsOf.keep, ...soundOf.keep])]
  return { id: variationId({ recipes, keep }), number, recipes, keep }
}

/** What the local model sees of a variation: its styles and how far their settings go. */
export const featuresOf = ({ recipes }: Pick<Variation, 'recipes'>, styles: readonly StyleDescriptor[]): Features => {
  const features: Record<string, number> = {}
  for (const { style: id, params } of recipes) {
    features[`style:${id}`] = 1
    const style = styles.find((one) => one.id === id)
    for (const parameter of style?.parameters ?? []) {
      const value = params[parameter.name]
      const name = `${id}.${parameter.name}`
      if (parameter.kind === 'number' && typeof value === 'number' && parameter.max > parameter.min)
        features[name] = (value - parameter.default) / (parameter.max - parameter.min)
      else if (parameter.kind === 'toggle') features[name] = value === true ? 0.5 : -0.5
      else if (parameter.kind === 'choice') features[`${name}=${String(value)}`] = 0.5
    }
  }
  return features
}
